"""A radiator held level, one face up and one down, that no joint turns edge-on to the Sun."""

from sunfront.equation import cos, equation


@equation("1")
def radiator_sun_incidence(least_beta_angle):
    """Sunlight on the faces over that on a face square to the Sun, where orbit and year put most of it.

    A panel settles within minutes, so that the worst point of the orbit counts, where the Sun is highest over the
    horizon, and not the mean over the revolution, which is a little over half of it.

    Source: geometry: the Sun is at most 90 deg less the beta angle over the horizon of the satellite.
    """
    return cos(least_beta_angle)
