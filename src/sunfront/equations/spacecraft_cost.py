"""Cost of nodes that are launched: parts by mass, transport by launch."""

from sunfront.equation import equation, exp, log


@equation("t")
def cumulative_node_mass(node_mass_to_date, launches, launcher_reference_payload):
    """Cumulative mass of similar nodes built by the middle of the campaign, assuming full launches.

    Counting nodes instead would make every cost nonlinear in the amounts; the number of launches is fixed per catalogue
    option, so costs stay linear. Stacks lighter than the launcher's payload to the reference orbit learn less than
    computed here: at two thirds of it, nodes cost up to 10 % more.

    Source: as cumulative_launched_mass.
    """
    return node_mass_to_date + launches / 2 * launcher_reference_payload


@equation("USD/kg")
def node_specific_price(node_specific_cost, cumulative_node_mass, node_learning_mass, node_learning_rate):
    """Price per dry mass of a node without accelerators, on the learning curve.

    Source: Wright 1936, J. Aeronaut. Sci. 3:122; slopes of 85-95 % for spacecraft, SMAD, 3rd ed., sec. 20.4.
    """
    exponent = log(1 - node_learning_rate) / log(2)
    return node_specific_cost * exp(exponent * log(cumulative_node_mass / node_learning_mass))


@equation("MUSD")
def power_capex(stacks, array_mass, power_electronics_mass, battery_mass, node_specific_price, cell_capex):
    """Price of the fleet's arrays, power electronics and batteries.

    Source: cost per dry mass; McCalip 2025, Starlink v1.5; cells that cost more by their power.
    """
    return stacks * (array_mass + power_electronics_mass + battery_mass) * node_specific_price + cell_capex


@equation("MUSD")
def cooling_capex(stacks, radiator_mass, cooling_loop_mass, node_specific_price):
    """Price of the fleet's radiators and coolant loops.

    Source: as power_capex.
    """
    return stacks * (radiator_mass + cooling_loop_mass) * node_specific_price


@equation("MUSD")
def structure_capex(stacks, bus_mass, shield_mass, structure_mass, growth_mass, margin_mass, node_specific_price):
    """Price of the fleet's buses, shields and structures, and of the growth and margin of all dry parts.

    The price per mass is that of finished satellites, which have grown, and used up their margin.

    Source: as power_capex.
    """
    built = bus_mass + shield_mass + structure_mass + growth_mass + margin_mass
    return stacks * built * node_specific_price


@equation("MUSD")
def transport_capex(stacks, launch_price, launch_share_paid):
    """Price of the campaign's launches.

    Source: definition.
    """
    return stacks * launch_price * launch_share_paid


@equation("MUSD")
def annual_opex(annual_upkeep):
    """Cost of one year of operation: only upkeep, since sunlight is free.

    Source: definition.
    """
    return annual_upkeep


@equation("MUSD")
def replacement_capex(capex):
    """Cost of replacing the whole fleet: nodes, accelerators, transport and insurance.

    Failed accelerators are not exchanged in orbit; new nodes replace them.

    Source: definition.
    """
    return capex


@equation("MUSD")
def refresh_capex(compute_capex, stacks, accelerators, accelerator_mass, launch_price, delivered_payload):
    """Cost of new accelerators for all nodes, carried by further launches at their price per mass.

    The exchange itself costs nothing here, so it is for places where people or robots are at hand.

    Source: definition.
    """
    return compute_capex + stacks * accelerators * accelerator_mass * (launch_price / delivered_payload)
