"""A bus whose equipment grows with its satellite, from a demonstrator of tens of kilograms up."""

from sunfront.equation import equation


@equation("kg")
def node_bus_mass(smallest_bus_mass, bus_areal_mass, node_array_area):
    """Mass of a satellite's equipment besides attitude control and propulsion, by the size of its array.

    Source: assumption: a straight line from the smallest bus to that of the base design of starlink_bus, which meets
    the flown buses of satellites of 100-150 kg (15 kg).
    """
    return smallest_bus_mass + bus_areal_mass * node_array_area


@equation("kW")
def node_housekeeping_power(smallest_housekeeping_power, housekeeping_areal_power, node_array_area):
    """Electric power of a satellite's bus, by the size of its array.

    Source: as node_bus_mass.
    """
    return smallest_housekeeping_power + housekeeping_areal_power * node_array_area


@equation("kg/m")
def layout_boom_specific_mass(layout_boom_loading, node_array_area):
    """Mass per length of the booms between wings and radiator, with the harness along them, by the size of the array.

    Source: assumption: both carry what grows with the array, the current and the inertia of the wings.
    """
    return layout_boom_loading * node_array_area


@equation("m^3")
def node_bus_volume(node_bus_mass, bus_density):
    """Stowed volume of a satellite's bus.

    Source: definition.
    """
    return node_bus_mass / bus_density
