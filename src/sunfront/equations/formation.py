"""Nodes in close formation connected by short laser links: data rate, mass and power of the links."""

from sunfront.equation import SIGNED, equation, larger


@equation("1")
def neighbor_fresnel_number(link_aperture, laser_wavelength, neighbor_distance):
    """Fresnel number of a link between neighbors: above 1 all light arrives; also about the number of parallel beams.

    Source: Goodman, Introduction to Fourier Optics, 3rd ed., sec. 4.2.
    """
    return (link_aperture / 2) ** 2 / (laser_wavelength * neighbor_distance)


@equation("Gbit/s")
def link_capacity(link_channels, channel_rate):
    """Data rate of one link in each direction.

    Source: definition.
    """
    return link_channels * channel_rate


@equation("Gbit/s")
def formation_link_capacity(links_per_node, link_capacity):
    """Data rate of one node's links to its neighbors in each direction.

    Source: definition.
    """
    return links_per_node * link_capacity


@equation("Gbit/s")
def cross_node_bandwidth(node_it_power, cross_node_intensity):
    """Data rate that a node's accelerators require when the formation works as one computer.

    Source: definition.
    """
    return node_it_power * cross_node_intensity


@equation("Gbit/s", within=SIGNED)
def formation_link_margin(formation_link_capacity, cross_node_bandwidth):
    """Data rate of a node's links minus the rate that its accelerators require.

    Source: definition.
    """
    return formation_link_capacity - cross_node_bandwidth


@equation("W")
def link_terminal_power(link_capacity, link_energy):
    """Electric power of one link terminal in continuous operation.

    Source: definition.
    """
    return link_capacity * link_energy


@equation("kW")
def node_housekeeping_power(node_bus_power, links_per_node, link_terminal_power):
    """Power of a node's equipment that does not depend on its size, including link terminals.

    Source: sum of the parts.
    """
    return node_bus_power + links_per_node * link_terminal_power


@equation("kg")
def fixed_bus_mass(nodes, node_bus_mass, links_per_node, link_terminal_mass):
    """Mass of a stack's equipment that does not depend on the size of a node, including link terminals.

    Source: sum of the parts.
    """
    return nodes * (node_bus_mass + links_per_node * link_terminal_mass)


@equation("MUSD")
def node_equipment_price(node_bus_price, node_link_price, links_per_node, link_terminal_price):
    """Price of a node's equipment that does not depend on its size, including terminals of links to its neighbors.

    Source: sum of the parts.
    """
    return node_bus_price + node_link_price + links_per_node * link_terminal_price


@equation("m/s")
def avoidance_delta_v(collision_avoidance_rate, formation_keeping_rate, host_service, avoidance_budget):
    """Velocity change of a node in service for formation keeping, and collision avoidance within what the tanks hold.

    Source: definition.
    """
    avoided = avoidance_budget * (1 - larger(1 - collision_avoidance_rate * host_service / avoidance_budget, 0.0))
    return avoided + formation_keeping_rate * host_service
