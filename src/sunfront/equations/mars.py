"""A pod on the surface of Mars: day and night, weak sunlight, dust. A first-order model, for comparison."""

from sunfront.equation import SHARE, equation


@equation("1", within=SHARE)
def eclipse_fraction(martian_night_share):
    """Share of the year without sunlight.

    Source: definition.
    """
    return martian_night_share


@equation("min", within=("0", "recharge_period"))
def longest_eclipse(martian_day, martian_night_share):
    """Length of a night; dust storms are neglected.

    Source: definition.
    """
    return martian_day * martian_night_share


@equation("1", within=SHARE)
def array_pointing(martian_irradiance_ratio, martian_dust_loss):
    """Sunlight on a tracking array relative to that at the Earth's distance, less losses by dust in the air and on it.

    Source: definition.
    """
    return martian_irradiance_ratio * (1 - martian_dust_loss)


@equation("K")
def array_temperature(
    solar_constant,
    array_absorptance,
    exported_flux,
    array_pointing,
    array_emissivity_front,
    array_emissivity_back,
    array_infrared_flux,
    stefan_boltzmann,
):
    """Temperature of a tracking array at noon in the sunlight of Mars, both faces radiating; convection is neglected.

    Source: energy balance; Gilmore, vol. 1, 2nd ed., ch. 2.
    """
    emissivity = array_emissivity_front + array_emissivity_back
    absorbed = (array_absorptance * solar_constant - exported_flux) * array_pointing + emissivity * array_infrared_flux
    return (absorbed / (emissivity * stefan_boltzmann)) ** 0.25


@equation("min")
def recharge_period(martian_day):
    """Time from one night to the next.

    Source: definition.
    """
    return martian_day


@equation("W/m^2")
def array_infrared_flux(martian_surroundings_temperature, stefan_boltzmann):
    """Infrared of ground and sky on a face of the array.

    Source: Stefan-Boltzmann law.
    """
    return stefan_boltzmann * martian_surroundings_temperature**4


@equation("K")
def sink_temperature(martian_surroundings_temperature):
    """Temperature of black surroundings that would heat the radiator as ground and sky do; convection is neglected.

    Source: definition.
    """
    return martian_surroundings_temperature
