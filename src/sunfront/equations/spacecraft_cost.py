"""What nodes that fly cost: their parts by mass, their transport by the launch."""

from sunfront.equation import equation


@equation("MUSD")
def power_capex(stacks, array_mass, power_electronics_mass, battery_mass, node_specific_cost):
    """Price of the fleet's arrays, power electronics and batteries.

    Source: cost per dry mass; McCalip 2025, Starlink v1.5.
    """
    return stacks * (array_mass + power_electronics_mass + battery_mass) * node_specific_cost


@equation("MUSD")
def cooling_capex(stacks, radiator_mass, cooling_loop_mass, node_specific_cost):
    """Price of the fleet's radiators and coolant loops.

    Source: as power_capex.
    """
    return stacks * (radiator_mass + cooling_loop_mass) * node_specific_cost


@equation("MUSD")
def structure_capex(stacks, bus_mass, shield_mass, structure_mass, node_specific_cost):
    """Price of the fleet's buses, shields and structures.

    Source: as power_capex.
    """
    return stacks * (bus_mass + shield_mass + structure_mass) * node_specific_cost


@equation("MUSD")
def transport_capex(launches, launch_price):
    """Price of the campaign's launches.

    Source: definition.
    """
    return launches * launch_price


@equation("MUSD")
def annual_opex(annual_upkeep):
    """Cost of one year of operation: upkeep alone, since sunlight is free.

    Source: definition.
    """
    return annual_upkeep


@equation("USD/kg")
def breakeven_launch_price(
    launch_specific_price,
    npv,
    capital_discount,
    opex_rate,
    discounted_service,
    launches,
    launcher_reference_payload,
    insurance_rate,
):
    """Price per mass to the reference orbit at which the net present value is zero; negative: not even for free.

    Without meaning where a study gives capex itself.

    Source: the net present value is linear in the price.
    """
    cost_of_one = launches * launcher_reference_payload * (1 + insurance_rate)
    return launch_specific_price + npv / (cost_of_one * (capital_discount + opex_rate * discounted_service))
