"""The same design by other boundaries, so that its numbers can be set beside published ones.

capital_intensity and compute_cost hold everything, infrastructure_intensity and infrastructure_annual_cost all but
the accelerators, transport_intensity and transport_annual_cost the launches alone. All count IT power: over
electrical_load_ratio they count the power of the whole satellite.
"""

from sunfront.equation import equation, mean_decay


@equation("1")
def electrical_load_ratio(electrical_load, it_power):
    """Electric power of a whole satellite in sunlight over its IT power: the bus load in the boundary or out of it.

    Source: definition.
    """
    return electrical_load / it_power


@equation("W/kg")
def array_specific_power(array_area, array_power_density, array_mass):
    """Electric power of the new array in sunlight per mass of the array, as data sheets give it.

    Source: definition.
    """
    return array_area * array_power_density / array_mass


@equation("USD/kW")
def infrastructure_annual_cost(infrastructure_intensity, opex_rate, discount_force, service_life, year):
    """Capital and operation without accelerators, levelised over the service life, for one year.

    Source: capital recovery by a continuous annuity; Kellison, 3rd ed., ch. 4.
    """
    annuity = service_life * mean_decay(discount_force * service_life)
    return infrastructure_intensity * year * (1 / annuity + opex_rate)


@equation("USD/kW")
def transport_intensity(transport_capex, fleet_it_power):
    """Price of the launches per IT power.

    Source: definition.
    """
    return transport_capex / fleet_it_power


@equation("USD/kW")
def transport_annual_cost(transport_intensity, service_life, year):
    """Price of the launches per IT power for one year, in equal parts over the life and without interest.

    Source: Suncatcher, arXiv 2511.19468, which sets it beside the power bill of a data centre on the ground.
    """
    return transport_intensity * year / service_life


@equation("1")
def sunlight_energy_ratio(solar_constant, eclipse_fraction, ground_irradiance, ground_capacity_factor):
    """Energy that falls on an array in orbit over a year, over that on the same array on the ground.

    Source: definition.
    """
    return solar_constant * (1 - eclipse_fraction) / (ground_irradiance * ground_capacity_factor)
