"""A pod on a peak of almost eternal light near a pole of the Moon: the Sun goes round the horizon.

Arrays and radiators stand upright on a mast; the array turns with the Sun, the radiator's plane holds it.
"""

from sunfront.equation import cos, equation, larger, log


@equation("1", valid={"mast_height": ("2 m", "10 m")})
def eclipse_fraction(mast_height, low_mast_height, low_mast_illumination, mast_illumination_gain):
    """Share of the year without the Sun, none below zero.

    Source: Glaeser et al., illumination at Connecting Ridge at 2 m and 10 m; logarithm between.
    """
    dark = 1 - low_mast_illumination - mast_illumination_gain * log(mast_height / low_mast_height)
    return larger(dark, 0.0)


@equation("min")
def longest_eclipse(lunar_dark_spell):
    """Longest time without the Sun.

    Source: as lunar_dark_spell.
    """
    return lunar_dark_spell


@equation("min")
def recharge_period(lunar_day):
    """Time from one dark spell to the next at the earliest: a lunation.

    Source: definition.
    """
    return lunar_day


@equation("W/m^2")
def array_infrared_flux(regolith_temperature, regolith_emissivity, stefan_boltzmann):
    """The ground's infrared on an upright face, which sees it in half of its view.

    Source: Gilmore, vol. 1, 2nd ed., ch. 2.
    """
    return regolith_emissivity * stefan_boltzmann * regolith_temperature**4 / 2


@equation("1")
def array_pointing(polar_sun_elevation):
    """Share of the sunlight that an upright array meets face-on.

    Source: geometry.
    """
    return cos(polar_sun_elevation)


@equation("MW")
def polar_power_margin(polar_power, stacks, array_power, eclipse_fraction):
    """Power that the peaks have room for beside the fleet's arrays, mean over the year: one array shades the next.

    Source: definition.
    """
    return polar_power - stacks * array_power * (1 - eclipse_fraction)


@equation("K")
def sink_temperature(array_infrared_flux, stefan_boltzmann):
    """Temperature of black surroundings that would warm an upright radiator as the ground does.

    Source: as array_infrared_flux.
    """
    return (array_infrared_flux / stefan_boltzmann) ** 0.25


@equation("kg")
def bus_mass(nodes, node_bus_mass, array_area, mast_height, mast_specific_mass):
    """Mass of what a pod has whatever its size, and of the masts, over a stack.

    Source: sum of the parts; a mast in proportion to what it carries and to its height.
    """
    return nodes * node_bus_mass + array_area * mast_height * mast_specific_mass


@equation("t")
def regolith_moved(it_power, regolith_cover_area, regolith_cover_depth, regolith_density):
    """Soil that shields a stack's pods.

    Source: definition.
    """
    return it_power * regolith_cover_area * regolith_cover_depth * regolith_density


@equation("kg")
def shield_mass(regolith_moved, excavator_specific_mass):
    """Mass of the machines that a stack brings to cover its pods.

    Source: definition; the soil itself is there.
    """
    return regolith_moved * excavator_specific_mass
