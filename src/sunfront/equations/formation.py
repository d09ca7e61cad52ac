"""Nodes that fly close together and exchange data over short laser links: what the links carry, weigh and draw."""

from sunfront.equation import equation


@equation("1")
def neighbor_fresnel_number(link_aperture, laser_wavelength, neighbor_distance):
    """Fresnel number of a link between neighbours: above 1 all light arrives, and about so many beams side by side.

    Source: Goodman, Introduction to Fourier Optics, 3rd ed., sec. 4.2.
    """
    return (link_aperture / 2) ** 2 / (laser_wavelength * neighbor_distance)


@equation("Gbit/s")
def link_capacity(link_channels, channel_rate):
    """Data rate of one link, each way.

    Source: definition.
    """
    return link_channels * channel_rate


@equation("Gbit/s")
def formation_link_capacity(links_per_node, link_capacity):
    """Data rate of one node's links to its neighbours, each way.

    Source: definition.
    """
    return links_per_node * link_capacity


@equation("Gbit/s")
def cross_node_bandwidth(node_it_power, cross_node_intensity):
    """Data rate that a node's accelerators ask of the links when the formation works as one computer.

    Source: definition.
    """
    return node_it_power * cross_node_intensity


@equation("Gbit/s")
def formation_link_margin(formation_link_capacity, cross_node_bandwidth):
    """Data rate of the links left over.

    Source: definition.
    """
    return formation_link_capacity - cross_node_bandwidth


@equation("W")
def link_terminal_power(link_capacity, link_energy):
    """Electric power of one terminal, at work all the time.

    Source: definition.
    """
    return link_capacity * link_energy


@equation("kW")
def node_housekeeping_power(node_bus_power, links_per_node, link_terminal_power):
    """Power of what a node has whatever its size, its terminals included.

    Source: sum of the parts.
    """
    return node_bus_power + links_per_node * link_terminal_power


@equation("kg")
def bus_mass(nodes, node_bus_mass, links_per_node, link_terminal_mass):
    """Mass of what a node has whatever its size, its terminals included, over a stack.

    Source: sum of the parts.
    """
    return nodes * (node_bus_mass + links_per_node * link_terminal_mass)


@equation("m/s")
def avoidance_delta_v(collision_avoidance_rate, formation_keeping_rate, service_life):
    """Velocity change of collision avoidance and formation flight over the life.

    Source: definition.
    """
    return (collision_avoidance_rate + formation_keeping_rate) * service_life
