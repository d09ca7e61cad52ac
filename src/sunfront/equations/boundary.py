"""Cost and power of the same design within other system boundaries, for comparison with published numbers.

capital_intensity and compute_cost include everything; infrastructure_intensity and infrastructure_annual_cost exclude
the accelerators; transport_intensity and transport_annual_cost include only the launches. All are per IT power; divide
by electrical_load_ratio to get them per electric power of the whole satellite.
"""

from sunfront.equation import equation, mean_decay


@equation("1")
def electrical_load_ratio(electrical_load, it_power):
    """Ratio of the electric power of a whole satellite in sunlight to its IT power.

    Source: definition.
    """
    return electrical_load / it_power


@equation("W/kg")
def array_specific_power(array_area, array_power_density, array_mass):
    """Electric power of the new array in sunlight per array mass, as in data sheets.

    Source: definition.
    """
    return array_area * array_power_density / array_mass


@equation("USD/kW")
def infrastructure_annual_cost(
    infrastructure_intensity, discount_force, host_service, node_capex, opex_rate, fleet_it_power, year
):
    """Capital and upkeep per year without accelerators, levelized over the time in service, per IT power.

    Source: capital recovery by a continuous annuity; Kellison, 3rd ed., ch. 4.
    """
    annuity = host_service * mean_decay(discount_force * host_service)
    return infrastructure_intensity * year / annuity + node_capex * opex_rate * year / fleet_it_power


@equation("USD/kW")
def transport_intensity(transport_capex, fleet_it_power):
    """Price of the launches per IT power.

    Source: definition.
    """
    return transport_capex / fleet_it_power


@equation("USD/kW")
def transport_annual_cost(transport_intensity, host_service, year):
    """Price of the launches per IT power and year, spread evenly over the service life without interest.

    Source: Suncatcher, arXiv 2511.19468, which compares it with the power bill of a data centre on the ground.
    """
    return transport_intensity * year / host_service


@equation("1")
def sunlight_energy_ratio(solar_constant, eclipse_fraction, ground_irradiance, ground_capacity_factor):
    """Ratio of the yearly solar energy on an array in orbit to that on the same array on the ground.

    Source: definition.
    """
    return solar_constant * (1 - eclipse_fraction) / (ground_irradiance * ground_capacity_factor)
