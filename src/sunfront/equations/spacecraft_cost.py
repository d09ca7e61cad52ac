"""What nodes that fly cost: their parts by mass, their transport by the launch."""

from sunfront.equation import equation, exp, log


@equation("t")
def cumulative_node_mass(node_mass_to_date, launches, launcher_reference_payload):
    """Mass of like nodes built by the middle of the campaign, its launches counted as full.

    A count of nodes would make every cost a curve in the amounts; launches are an option of a catalogue, for which
    costs stay linear. Stacks lighter than the launcher's payload to the reference orbit learn less than is said here:
    at two thirds of it, nodes are up to 10 % dearer.

    Source: as cumulative_launched_mass.
    """
    return node_mass_to_date + launches / 2 * launcher_reference_payload


@equation("USD/kg")
def node_specific_price(node_specific_cost, cumulative_node_mass, node_learning_mass, node_learning_rate):
    """Price per dry mass of a node without its accelerators, on the learning curve.

    Source: Wright 1936, J. Aeronaut. Sci. 3:122; slopes of 85-95 % for spacecraft, SMAD, 3rd ed., sec. 20.4.
    """
    exponent = log(1 - node_learning_rate) / log(2)
    return node_specific_cost * exp(exponent * log(cumulative_node_mass / node_learning_mass))


@equation("MUSD")
def power_capex(stacks, array_mass, power_electronics_mass, battery_mass, node_specific_price):
    """Price of the fleet's arrays, power electronics and batteries.

    Source: cost per dry mass; McCalip 2025, Starlink v1.5.
    """
    return stacks * (array_mass + power_electronics_mass + battery_mass) * node_specific_price


@equation("MUSD")
def cooling_capex(stacks, radiator_mass, cooling_loop_mass, node_specific_price):
    """Price of the fleet's radiators and coolant loops.

    Source: as power_capex.
    """
    return stacks * (radiator_mass + cooling_loop_mass) * node_specific_price


@equation("MUSD")
def structure_capex(stacks, bus_mass, shield_mass, structure_mass, node_specific_price):
    """Price of the fleet's buses, shields and structures.

    Source: as power_capex.
    """
    return stacks * (bus_mass + shield_mass + structure_mass) * node_specific_price


@equation("MUSD")
def transport_capex(stacks, launch_price, launch_share_paid):
    """Price of the campaign's launches.

    Source: definition.
    """
    return stacks * launch_price * launch_share_paid


@equation("MUSD")
def annual_opex(annual_upkeep):
    """Cost of one year of operation: upkeep alone, since sunlight is free.

    Source: definition.
    """
    return annual_upkeep


@equation("MUSD")
def replacement_capex(capex):
    """What it costs to replace the whole fleet: nodes, accelerators and their transport, bought and insured anew.

    Accelerators that fail in orbit are not exchanged there: new nodes make up for them.

    Source: definition.
    """
    return capex
