"""A data centre on the ground: halls are nodes, a site is a stack, the grid supplies power.

Presets for other power sources and for rented halls replace the price of the plant, the price of electricity and its
availability.
"""

from sunfront.equation import SHARE, SIGNED, equation, mean_decay


@equation("1")
def nodes(nodes_per_site):
    """Number of halls at one site.

    Source: definition.
    """
    return nodes_per_site


@equation("1")
def stacks(sites):
    """Number of sites that the campaign builds.

    Source: definition.
    """
    return sites


@equation("kW")
def facility_load(it_power, power_usage_effectiveness):
    """Electric power of a site at full load, including cooling and losses.

    Source: definition of PUE; ISO/IEC 30134-2.
    """
    return it_power * power_usage_effectiveness


@equation("kW", within=SIGNED)
def power_margin(site_power, facility_load):
    """Power available at a site minus its full load.

    Source: definition.
    """
    return site_power - facility_load


@equation("1", within=SHARE)
def availability(power_availability):
    """Share of the year in which the accelerators have power.

    Source: definition.
    """
    return power_availability


@equation("K")
def package_base_temperature(facility_water_temperature, coolant_temperature_rise):
    """Temperature at the base of the packages: that of the coolant at their outlet.

    Source: definition.
    """
    return facility_water_temperature + coolant_temperature_rise


@equation("MUSD")
def power_capex(stacks, it_power, shell_specific_cost, shell_power_share, facility_load, power_plant_specific_cost):
    """Price of the sites' electrical plant and of the power plant or grid connection that supplies it.

    Source: definition.
    """
    inside = it_power * shell_specific_cost * shell_power_share
    return stacks * (inside + facility_load * power_plant_specific_cost)


@equation("MUSD")
def cooling_capex(stacks, it_power, shell_specific_cost, shell_cooling_share):
    """Price of the sites' cooling plant.

    Source: definition.
    """
    return stacks * it_power * shell_specific_cost * shell_cooling_share


@equation("MUSD")
def structure_capex(stacks, it_power, shell_specific_cost, shell_power_share, shell_cooling_share):
    """Price of the sites' land and buildings.

    Source: definition.
    """
    return stacks * it_power * shell_specific_cost * (1 - shell_power_share - shell_cooling_share)


@equation("MUSD")
def node_capex(power_capex, cooling_capex, structure_capex):
    """Price of the halls and the plant that supplies them, without accelerators.

    Source: sum of the parts.
    """
    return power_capex + cooling_capex + structure_capex


@equation("MUSD")
def transport_capex(stacks, accelerators, accelerator_mass, freight_price):
    """Price of transporting the accelerators to the sites.

    Source: definition.
    """
    return stacks * accelerators * accelerator_mass * freight_price


@equation("1", within=("-inf", "1"))
def node_residual_share(infrastructure_life, host_service, discount_force):
    """Residual value of halls and plant when their last accelerators retire, relative to their price.

    Level payments over infrastructure_life recover the price; the payments after host_service are the residual value.
    If the accelerators outlive the halls it is negative, since halls must be bought again.

    Source: outstanding balance of a loan, Kellison, The Theory of Interest, 3rd ed., sec. 5.2.
    """
    left = infrastructure_life - host_service
    to_come = left * mean_decay(discount_force * left)
    return to_come / (infrastructure_life * mean_decay(discount_force * infrastructure_life))


@equation("MUSD")
def annual_energy_cost(stacks, facility_load, availability, utilization, idle_power_share, electricity_price, year):
    """Price of one year of electricity, or of fuel for it, while power is available.

    Accelerators that customers do not use draw a share of their full power.

    Source: definition.
    """
    load = idle_power_share + (1 - idle_power_share) * utilization
    return stacks * facility_load * load * availability * electricity_price * year


@equation("MUSD")
def annual_rent(stacks, it_power, colocation_rent, year):
    """Rent of the halls for one year.

    Source: definition.
    """
    return stacks * it_power * colocation_rent * year


@equation("MUSD")
def annual_opex(annual_upkeep, annual_fixed_cost, annual_energy_cost, annual_rent):
    """Cost of one year of operation.

    Source: sum of the parts.
    """
    return annual_upkeep + annual_fixed_cost + annual_energy_cost + annual_rent


@equation("MUSD")
def replacement_capex(compute_capex, transport_capex):
    """Cost of replacing all accelerators; the halls outlive them.

    Source: definition.
    """
    return compute_capex + transport_capex


@equation("MUSD")
def refresh_capex(compute_capex, transport_capex):
    """Cost of exchanging all accelerators for new ones, with their freight.

    Source: definition.
    """
    return compute_capex + transport_capex


@equation("USD/kWh")
def levelized_energy(annual_energy_cost, discounted_service, year, discounted_energy):
    """Part of compute_cost spent on electricity or fuel.

    Source: as compute_cost.
    """
    return annual_energy_cost * (discounted_service / year) / discounted_energy


@equation("USD/kWh")
def levelized_rent(annual_rent, discounted_service, year, discounted_energy):
    """Part of compute_cost spent on rent.

    Source: as compute_cost.
    """
    return annual_rent * (discounted_service / year) / discounted_energy


@equation("USD/kW")
def infrastructure_annual_cost(
    infrastructure_intensity,
    infrastructure_life,
    discount_force,
    node_capex,
    opex_rate,
    annual_energy_cost,
    annual_rent,
    fleet_it_power,
    year,
):
    """Capital cost without accelerators, levelized over the life of halls and plant, plus upkeep, energy and rent.

    Source: capital recovery by a continuous annuity; Kellison, 3rd ed., ch. 4.
    """
    annuity = infrastructure_life * mean_decay(discount_force * infrastructure_life)
    operation = (node_capex * opex_rate * year + annual_energy_cost + annual_rent) / fleet_it_power
    return infrastructure_intensity * year / annuity + operation


@equation("USD/MWh")
def site_electricity_cost(
    electricity_price, power_plant_specific_cost, infrastructure_life, discount_force, opex_rate, availability
):
    """Levelized cost of electricity at the site, including its plant or grid connection.

    Source: levelized cost, IEA/NEA, Projected Costs of Generating Electricity 2020, ch. 2.
    """
    annuity = infrastructure_life * mean_decay(discount_force * infrastructure_life)
    return electricity_price + power_plant_specific_cost * (1 / annuity + opex_rate) / availability


@equation("t")
def annual_emissions(stacks, facility_load, availability, emission_factor, year):
    """Carbon dioxide emitted for one year of electricity.

    Source: definition.
    """
    return stacks * facility_load * availability * emission_factor * year


@equation("m^3")
def annual_water(stacks, it_power, availability, water_usage_effectiveness, year):
    """Water that cooling consumes in one year.

    Source: definition of WUE; ISO/IEC 30134-9.
    """
    return stacks * it_power * availability * water_usage_effectiveness * year
