"""A level radiator, one face up and one down, that is not steered edge-on to the Sun."""

from sunfront.equation import SHARE, cos, equation


@equation("1", within=SHARE)
def radiator_sun_incidence(least_beta_angle):
    """Sunlight on the faces relative to a face normal to the Sun, at the worst point of orbit and year.

    A panel reaches equilibrium within minutes, so the worst point of the orbit counts, where the Sun is highest above
    the local horizontal, and not the mean over the orbit, which is a little over half of it.

    Source: geometry: the Sun's elevation over the local horizontal is at most 90 deg minus the beta angle.
    """
    return cos(least_beta_angle)
