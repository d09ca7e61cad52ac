"""A pod on a peak of almost eternal light near a pole of the Moon, where the Sun moves along the horizon.

Arrays and radiators stand upright on a mast. The array tracks the Sun; the radiator stays edge-on to it.
"""

from sunfront.equation import SHARE, SIGNED, cos, equation, larger, log


@equation("1", within=SHARE, valid={"mast_height": ("2 m", "10 m")})
def eclipse_fraction(mast_height, low_mast_height, low_mast_illumination, mast_illumination_gain):
    """Share of the year without sunlight, at least zero.

    Source: Glaeser et al., illumination at Connecting Ridge at 2 m and 10 m; logarithmic interpolation.
    """
    dark = 1 - low_mast_illumination - mast_illumination_gain * log(mast_height / low_mast_height)
    return larger(dark, 0.0)


@equation("min", within=("0", "recharge_period"))
def longest_eclipse(lunar_dark_spell):
    """Longest time without sunlight.

    Source: as lunar_dark_spell.
    """
    return lunar_dark_spell


@equation("min")
def recharge_period(lunar_day):
    """Least time from one dark spell to the next: a lunation.

    Source: definition.
    """
    return lunar_day


@equation("W/m^2")
def array_infrared_flux(regolith_temperature, regolith_emissivity, stefan_boltzmann):
    """Infrared of the ground on an upright face, whose view factor to it is one half.

    Source: Gilmore, vol. 1, 2nd ed., ch. 2.
    """
    return regolith_emissivity * stefan_boltzmann * regolith_temperature**4 / 2


@equation("1", within=SHARE)
def array_pointing(polar_sun_elevation):
    """Sunlight on an upright array relative to an array normal to the Sun.

    Source: geometry.
    """
    return cos(polar_sun_elevation)


@equation("MW", within=SIGNED)
def polar_power_margin(polar_power, stacks, array_power, eclipse_fraction):
    """Mean yearly power for which the peaks have room, minus the power of the fleet's arrays; arrays shade each other.

    Source: definition.
    """
    return polar_power - stacks * array_power * (1 - eclipse_fraction)


@equation("K")
def sink_temperature(array_infrared_flux, stefan_boltzmann):
    """Temperature of black surroundings that would heat an upright radiator as the ground does.

    Source: as array_infrared_flux.
    """
    return (array_infrared_flux / stefan_boltzmann) ** 0.25


@equation("kg")
def bus_mass(fixed_bus_mass, array_area, mast_height, mast_specific_mass):
    """Mass of a stack's equipment that does not depend on pod size, and of its masts.

    Source: sum of the parts; a mast's mass is proportional to the array area and to the height.
    """
    return fixed_bus_mass + array_area * mast_height * mast_specific_mass


@equation("t")
def regolith_moved(it_power, regolith_cover_area, regolith_cover_depth, regolith_density):
    """Mass of the soil that shields a stack's pods.

    Source: definition.
    """
    return it_power * regolith_cover_area * regolith_cover_depth * regolith_density


@equation("kg")
def shield_mass(regolith_moved, excavator_specific_mass):
    """Mass of the machines that a stack carries to cover its pods with soil.

    Source: definition; the soil is local.
    """
    return regolith_moved * excavator_specific_mass
