"""Satellites in close formation, one computer by short laser links; after Suncatcher, arXiv 2511.19468."""

from math import pi

from sunfront.equation import equation


@equation("1")
def neighbor_fresnel_number(telescope_aperture, laser_wavelength, neighbor_distance):
    """Fresnel number of a link between neighbours: above 1 all light arrives, and about so many beams side by side.

    Source: Goodman, Introduction to Fourier Optics, 3rd ed., sec. 4.2.
    """
    return (telescope_aperture / 2) ** 2 / (laser_wavelength * neighbor_distance)


@equation("Gbit/s")
def formation_link_capacity(links_per_node, link_channels, channel_rate):
    """Data rate of one node's links to its neighbours, each way.

    Source: definition.
    """
    return links_per_node * link_channels * channel_rate


@equation("Gbit/s")
def cross_node_bandwidth(node_it_power, cross_node_intensity):
    """Data rate that a node's accelerators ask of the links when the cluster works as one computer.

    Source: definition.
    """
    return node_it_power * cross_node_intensity


@equation("Gbit/s")
def formation_link_margin(formation_link_capacity, cross_node_bandwidth):
    """Data rate of the links left over.

    Source: definition.
    """
    return formation_link_capacity - cross_node_bandwidth


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


@equation("MW")
def cluster_it_power(cluster_nodes, node_it_power):
    """IT power of one cluster.

    Source: definition.
    """
    return cluster_nodes * node_it_power


@equation("km")
def cluster_radius(cluster_nodes, neighbor_distance):
    """Radius of a cluster that fills a disc, each node with a square of neighbor_distance.

    Source: geometry; Suncatcher: 81 nodes, 100 to 200 m apart, within 1 km.
    """
    return (cluster_nodes / pi) ** 0.5 * neighbor_distance
