"""Hardware of nodes by part, at the prices of a production run of node_learning_value.

The value of a fleet at these prices is linear in its parts; ``learning`` makes it the price that the fleet costs.
"""

from sunfront.equation import equation


@equation("MUSD")
def power_value(
    stacks,
    cell_power,
    array_specific_price,
    electrical_load,
    conversion_specific_price,
    battery_energy,
    battery_specific_price,
):
    """Value of the fleet's arrays by power, power electronics by load and batteries by capacity.

    Source: prices by part, as in spacedc-mdao 0.4.2 and odc 3.1.
    """
    arrays = cell_power * array_specific_price
    return stacks * (arrays + electrical_load * conversion_specific_price + battery_energy * battery_specific_price)


@equation("MUSD")
def cooling_value(stacks, radiator_area, radiator_specific_price, heat_load, cooling_loop_specific_price):
    """Value of the fleet's radiators by area and coolant loops by heat.

    Source: as power_value.
    """
    return stacks * (radiator_area * radiator_specific_price + heat_load * cooling_loop_specific_price)


@equation("MUSD")
def node_equipment_price(node_bus_price, node_link_price):
    """Price of a node's equipment that does not depend on its size: bus, and links to the ground and to other nodes.

    Source: sum of the parts.
    """
    return node_bus_price + node_link_price


@equation("MUSD")
def structure_value(
    stacks,
    nodes,
    node_equipment_price,
    structure_specific_price,
    bus_mass,
    shield_mass,
    structure_mass,
    growth_mass,
    margin_mass,
):
    """Value of the fleet's buses, links, shields and structures, and of the growth and margin of all dry parts.

    Equipment of a bus is paid by the node. What grows with the node, and what it weighs more in the end than its parts
    were estimated to, is paid by mass.

    Source: as power_value.
    """
    by_mass = bus_mass + shield_mass + structure_mass + growth_mass + margin_mass
    return stacks * (nodes * node_equipment_price + by_mass * structure_specific_price)


@equation("MUSD")
def hardware_value(power_value, cooling_value, structure_value, assembly_test_share):
    """Value of the fleet's nodes without accelerators, with their assembly and test.

    Source: sum of the parts.
    """
    return (power_value + cooling_value + structure_value) * (1 + assembly_test_share)
