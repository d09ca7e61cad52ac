"""Heat from the junction to space.

The radiator is steered edge-on to the Sun and turns one face to the Earth; both faces radiate. Sunlight on a panel
that is not steered, and the panel's view of the satellite's own array, are not modelled.
"""

from sunfront.equation import equation


@equation("K")
def sink_temperature(earth_infrared_flux, earth_radius, orbital_radius, radiator_sides, stefan_boltzmann):
    """Temperature of the surroundings that would leave the radiator as cold as the Earth's infrared does.

    One face sees the Earth, with the view factor (R/r)^2; the absorbed flux is shared by all radiating faces.

    Source: Gilmore, vol. 1, 2nd ed., ch. 2; sunlight and albedo on the faces are left out.
    """
    seen = earth_infrared_flux * (earth_radius / orbital_radius) ** 2
    return (seen / (radiator_sides * stefan_boltzmann)) ** 0.25


@equation("W/m^2")
def radiator_net_flux(
    radiator_temperature,
    sink_temperature,
    radiator_emissivity,
    radiator_sides,
    fin_efficiency,
    stefan_boltzmann,
):
    """Net heat rejected per unit of radiator planform area.

    The temperature is that at the root of the fins, against which their efficiency is defined.

    Source: Stefan-Boltzmann law; Gilmore, vol. 1, 2nd ed., ch. 6.
    """
    black = stefan_boltzmann * (radiator_temperature**4 - sink_temperature**4)
    return radiator_sides * fin_efficiency * radiator_emissivity * black


@equation("kW")
def heat_rejection(radiator_area, radiator_net_flux):
    """Heat that a stack's radiators reject at their temperature.

    Source: definition.
    """
    return radiator_area * radiator_net_flux


@equation("kW")
def thermal_margin(heat_rejection, heat_load):
    """Heat rejection left over.

    Source: definition.
    """
    return heat_rejection - heat_load


@equation("K")
def junction_temperature(
    radiator_temperature,
    loop_temperature_drop,
    coolant_temperature_rise,
    accelerator_package_power,
    accelerator_thermal_resistance,
):
    """Temperature of the hottest junction: root of the fins, loop, coolant at its outlet, package.

    Source: series thermal resistances; Gilmore, vol. 1, 2nd ed., ch. 8.
    """
    coolant = radiator_temperature + loop_temperature_drop + coolant_temperature_rise / 2
    return coolant + accelerator_package_power * accelerator_thermal_resistance


@equation("K")
def junction_margin(junction_temperature_limit, junction_temperature):
    """How far the junction stays below its limit.

    Source: definition.
    """
    return junction_temperature_limit - junction_temperature
