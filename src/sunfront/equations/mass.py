"""Amounts, masses and stowed volume of one stack, the nodes that one launch carries."""

from sunfront.equation import SHARE, equation


@equation("1")
def nodes(nodes_per_launch):
    """Number of nodes in one stack.

    Source: definition.
    """
    return nodes_per_launch


@equation("m^2")
def array_area(nodes, node_array_area):
    """Solar array area of a stack.

    Source: definition.
    """
    return nodes * node_array_area


@equation("m^2")
def radiator_area(nodes, node_radiator_area):
    """Radiator planform area of a stack.

    Source: definition.
    """
    return nodes * node_radiator_area


@equation("kg")
def array_mass(array_area, array_areal_mass, array_packing, cell_added_mass):
    """Mass of a stack's arrays including booms and drives, and cells heavier or lighter than silicon.

    Source: definition.
    """
    return array_area * (array_areal_mass + array_packing * cell_added_mass)


@equation("1", within=SHARE)
def tube_area_share(tube_diameter, fin_length):
    """Area of the tubes relative to the panel's: fin_length is half of their pitch.

    Source: definition.
    """
    return tube_diameter / (2 * fin_length)


@equation("kg/m^2")
def radiator_areal_mass(
    radiator_substrate_areal_mass,
    fin_thickness,
    fin_density,
    radiator_sides,
    radiator_coating_areal_mass,
    tube_area_share,
    tube_wall,
    tube_wall_density,
    segment_valve_mass,
    loop_segment_area,
):
    """Mass of a radiator panel per planform area: frame, fins, a coating on each face, walls of tubes, and valves.

    One fin serves both faces, as in fin_conduction.

    Source: sum of the parts.
    """
    panel = radiator_substrate_areal_mass + fin_thickness * fin_density + radiator_sides * radiator_coating_areal_mass
    return panel + tube_area_share * tube_wall * tube_wall_density + segment_valve_mass / loop_segment_area


@equation("kg")
def radiator_mass(radiator_area, radiator_areal_mass):
    """Mass of a stack's radiator panels.

    Source: definition.
    """
    return radiator_area * radiator_areal_mass


@equation("kg")
def layout_boom_mass(nodes, wing_offset, radiator_offset, layout_boom_specific_mass):
    """Mass of a stack's booms that keep radiators and arrays apart, and of the harness and lines along them.

    Two to the wings, or one to the radiator.

    Source: definition.
    """
    return nodes * layout_boom_specific_mass * (2 * wing_offset + radiator_offset)


@equation("kg")
def cooling_loop_mass(
    heat_load, cooling_loop_specific_mass, bypass_valve_specific_mass, dark_radiator_share, layout_boom_mass
):
    """Mass of a stack's pumps, lines and coolant, of a valve past the radiators, and of the booms that hold these off.

    The valve's mass goes with the share of the coolant that it can lead past the radiator.

    Source: sum of the parts.
    """
    valve = bypass_valve_specific_mass * (1 - dark_radiator_share)
    return heat_load * (cooling_loop_specific_mass + valve) + layout_boom_mass


@equation("kg")
def power_electronics_mass(electrical_load, power_electronics_specific_mass):
    """Mass of a stack's power electronics and harness.

    Source: definition.
    """
    return electrical_load * power_electronics_specific_mass


@equation("kg")
def battery_mass(battery_energy, battery_specific_energy):
    """Mass of a stack's batteries.

    Source: definition.
    """
    return battery_energy / battery_specific_energy


@equation("kg")
def compute_mass(accelerators, accelerator_mass):
    """Mass of a stack's accelerators including their boards.

    Source: definition.
    """
    return accelerators * accelerator_mass


@equation("kg")
def shield_mass(accelerators, shielded_area_per_accelerator, shield_thickness, shield_density):
    """Mass of a stack's radiation shields.

    Source: definition.
    """
    return accelerators * shielded_area_per_accelerator * shield_thickness * shield_density


@equation("kg")
def fixed_bus_mass(nodes, node_bus_mass):
    """Mass of a stack's equipment that does not depend on the size of a node.

    Source: definition.
    """
    return nodes * node_bus_mass


@equation("kg")
def bus_mass(fixed_bus_mass):
    """Mass of a stack's buses: what every node has.

    Source: definition.
    """
    return fixed_bus_mass


@equation("kg")
def subsystem_mass(array_mass, radiator_mass, cooling_loop_mass, power_electronics_mass, battery_mass, shield_mass):
    """Mass of a stack's arrays, radiators and loops, power electronics, batteries and shields.

    Source: sum of the parts.
    """
    return array_mass + radiator_mass + cooling_loop_mass + power_electronics_mass + battery_mass + shield_mass


@equation("kg")
def equipment_mass(subsystem_mass, bus_mass):
    """Mass of a stack without propellant, structure and compute.

    Source: sum of the parts.
    """
    return subsystem_mass + bus_mass


@equation("kg")
def structure_mass(equipment_mass, compute_mass, structure_fraction):
    """Mass of a stack's structure.

    Source: SMAD, 3rd ed., sec. 10.3: structure as a share of what it carries.
    """
    return structure_fraction * (equipment_mass + compute_mass)


@equation("kg")
def platform_mass(equipment_mass, structure_mass, growth_mass, margin_mass):
    """Mass of a stack without propellant and compute, but including structure, growth and margin for the compute.

    Source: definition.
    """
    return equipment_mass + structure_mass + growth_mass + margin_mass


@equation("kg")
def dry_mass(platform_mass, compute_mass):
    """Mass of a stack without propellant.

    Source: definition.
    """
    return platform_mass + compute_mass


@equation("t")
def stack_mass(dry_mass, propellant_mass):
    """Mass of one stack at separation.

    Source: definition.
    """
    return dry_mass + propellant_mass


@equation("kg")
def node_mass(stack_mass, nodes):
    """Mass of one node at separation.

    Source: definition.
    """
    return stack_mass / nodes


@equation("W/kg")
def specific_power(it_power, stack_mass):
    """IT power per mass of the stack.

    Source: definition.
    """
    return it_power / stack_mass


@equation("m^3")
def stowed_volume(
    array_area,
    array_power_density,
    array_stowed_power_density,
    radiator_area,
    radiator_stowed_thickness,
    it_power,
    compute_volume,
    nodes,
    node_bus_volume,
):
    """Stowed volume of a stack.

    Source: NASA NTRS 20150006022 for the array; sum of the parts.
    """
    folded_array = array_area * array_power_density / array_stowed_power_density
    folded_radiator = radiator_area * radiator_stowed_thickness
    return folded_array + folded_radiator + it_power * compute_volume + nodes * node_bus_volume
