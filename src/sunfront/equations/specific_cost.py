"""Hardware of nodes at one price per dry mass, as many publications state it, and with one learning curve for all."""

from sunfront.equation import equation


@equation("MUSD")
def power_value(stacks, array_mass, power_electronics_mass, battery_mass, node_specific_cost):
    """Value of the fleet's arrays, power electronics and batteries.

    Source: price per dry mass.
    """
    return stacks * (array_mass + power_electronics_mass + battery_mass) * node_specific_cost


@equation("MUSD")
def cooling_value(
    stacks, equipment_mass, array_mass, power_electronics_mass, battery_mass, bus_mass, shield_mass, node_specific_cost
):
    """Value of the fleet's radiators and coolant loops, or heat-spreading sheets.

    Source: price per dry mass; what is left of the equipment.
    """
    rest = equipment_mass - array_mass - power_electronics_mass - battery_mass - bus_mass - shield_mass
    return stacks * rest * node_specific_cost


@equation("MUSD")
def structure_value(stacks, bus_mass, shield_mass, structure_mass, growth_mass, margin_mass, node_specific_cost):
    """Value of the fleet's buses, shields and structures, and of the growth and margin of all dry parts.

    The price per mass is that of finished satellites, which have grown, and used up their margin.

    Source: price per dry mass.
    """
    built = bus_mass + shield_mass + structure_mass + growth_mass + margin_mass
    return stacks * built * node_specific_cost
