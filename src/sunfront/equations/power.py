"""Electric power from the array to the accelerators: array, loads, batteries, availability; totals over one stack."""

from math import pi

from sunfront.equation import SHARE, SIGNED, cos, equation, exp, fourth_root, log


@equation("W/m^2", within=("0", "solar_constant"))
def exported_flux(solar_constant, cell_efficiency, array_packing):
    """Electric power per array area that leaves the array, in the heat balance of its temperature.

    Source: definition.
    """
    return cell_efficiency * array_packing * solar_constant


@equation("K")
def array_temperature(
    solar_constant,
    array_absorptance,
    exported_flux,
    array_emissivity_front,
    array_emissivity_back,
    array_infrared_flux,
    stefan_boltzmann,
):
    """Temperature of a Sun-pointing array that exports its power, both faces radiating.

    The exported power is computed at the reference efficiency, which makes the array 1 K too cold. Albedo (below
    23 W/m² on the back, in season) is neglected, another 1 K.

    Source: energy balance; Gilmore, vol. 1, 2nd ed., ch. 2.
    """
    emissivity = array_emissivity_front + array_emissivity_back
    absorbed = array_absorptance * solar_constant - exported_flux + emissivity * array_infrared_flux
    return fourth_root(absorbed / (emissivity * stefan_boltzmann))


@equation("W/m^2", within=("0", "solar_constant"))
def array_power_density(
    solar_constant,
    cell_efficiency,
    cell_temperature_coefficient,
    cell_reference_temperature,
    array_temperature,
    array_packing,
    array_efficiency_losses,
):
    """Electric power of the new array in sunlight per area.

    Source: Wertz & Larson, Space Mission Analysis and Design, 3rd ed., sec. 11.4.
    """
    hot = 1 + cell_temperature_coefficient * (array_temperature - cell_reference_temperature)
    return solar_constant * cell_efficiency * hot * array_packing * array_efficiency_losses


@equation("1", within=SHARE)
def array_remaining_power(
    array_annual_degradation,
    displacement_damage,
    displacement_damage_slope,
    displacement_damage_scale,
    host_service,
    year,
):
    """Share of the array's power that remains at the end of life: of weathering times of particles.

    Source: SMAD, 3rd ed., eq. 11-7, times Messenger et al. 2001, Prog. Photovolt. 9:103.
    """
    weathered = exp(log(1 - array_annual_degradation * year) * (host_service / year))
    damage = displacement_damage / displacement_damage_scale
    return weathered * (1 - displacement_damage_slope * log(1 + damage) / log(10))


@equation("1", within=SHARE)
def array_pointing(array_sun_tracking, least_beta_angle):
    """Sunlight on the array relative to one normal to the Sun in the worst season: Sun-tracking, or in the orbit plane.

    Source: geometry; Vallado, 4th ed., sec. 5.3.
    """
    return array_sun_tracking + (1 - array_sun_tracking) * cos(pi / 2 - least_beta_angle)


@equation("kW")
def array_power(array_area, array_power_density, array_remaining_power, aphelion_flux_ratio, array_pointing):
    """Electric power of a stack's arrays in sunlight at the end of life, in the worst season.

    The Earth is at aphelion in early July, within two weeks of the longest eclipses of an orbit with its ascending node
    at 18 h. With the node at 6 h, the longest eclipses fall near perihelion, and the array has 6 % in reserve then.

    Source: definition; the lower array temperature at aphelion, worth 0.5 %, is neglected.
    """
    return array_area * array_power_density * array_remaining_power * aphelion_flux_ratio * array_pointing


@equation("kW")
def heat_load(it_power, power_conversion_loss, nodes, node_housekeeping_power, pump_power_fraction):
    """Heat that a stack's radiators must reject: all electric power except that of the thrusters.

    The pump's power is a share of the heat and becomes heat itself; the loop is solved in closed form.

    Source: energy balance.
    """
    return (it_power * (1 + power_conversion_loss) + nodes * node_housekeeping_power) / (1 - pump_power_fraction)


@equation("kW")
def electrical_load(heat_load, propulsion_power):
    """Electric power that a stack needs in sunlight, without battery charging.

    Source: definition.
    """
    return heat_load + propulsion_power


@equation("kW")
def dark_load(battery_share, electrical_load, keep_warm_share):
    """Power that a stack draws from its batteries in eclipse: a share of the load, and what keeps the rest warm.

    Source: energy balance.
    """
    return electrical_load * (battery_share + (1 - battery_share) * keep_warm_share)


@equation("kW")
def charging_power(dark_load, longest_eclipse, recharge_period, battery_efficiency):
    """Power that recharges the batteries in the sunlight between two of the longest eclipses.

    Source: energy balance over recharge_period; SMAD, 3rd ed., eq. 11-5.
    """
    return dark_load * longest_eclipse / ((recharge_period - longest_eclipse) * battery_efficiency)


@equation("kW", within=SIGNED)
def power_margin(array_power, electrical_load, charging_power):
    """Array power minus load and charging power at the end of life, in the orbit with the longest eclipse.

    Source: definition.
    """
    return array_power - electrical_load - charging_power


@equation("1", within=SHARE)
def availability(eclipse_fraction, annual_eclipses, restart_time, year, battery_share):
    """Share of the year in which the accelerators compute; in eclipse and while they restart, the share on batteries.

    Source: definition.
    """
    return 1 - (eclipse_fraction + annual_eclipses * restart_time / year) * (1 - battery_share)
