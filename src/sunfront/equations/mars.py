"""A pod on the surface of Mars: day and night, thin sunlight, dust. A row to compare with, of the first order."""

from sunfront.equation import equation


@equation("1")
def eclipse_fraction(martian_night_share):
    """Share of the year without the Sun.

    Source: definition.
    """
    return martian_night_share


@equation("min")
def longest_eclipse(martian_day, martian_night_share):
    """Length of a night; dust storms are left out.

    Source: definition.
    """
    return martian_day * martian_night_share


@equation("1")
def array_pointing(martian_irradiance_ratio, martian_dust_loss):
    """Sunlight on a tracking array over that at the Earth's distance, dust in the air and on the glass deducted.

    Source: definition.
    """
    return martian_irradiance_ratio * (1 - martian_dust_loss)


@equation("min")
def recharge_period(martian_day):
    """Time from one night to the next.

    Source: definition.
    """
    return martian_day


@equation("W/m^2")
def array_infrared_flux(martian_surroundings_temperature, stefan_boltzmann):
    """Infrared of ground and sky on a face.

    Source: Stefan-Boltzmann law.
    """
    return stefan_boltzmann * martian_surroundings_temperature**4


@equation("K")
def sink_temperature(martian_surroundings_temperature):
    """Temperature of black surroundings that would warm the radiator as ground and sky do; the thin air is left out.

    Source: definition.
    """
    return martian_surroundings_temperature
