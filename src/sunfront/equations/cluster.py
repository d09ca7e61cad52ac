"""A cluster of satellites that works as one computer; after Suncatcher, arXiv 2511.19468."""

from math import pi

from sunfront.equation import equation


@equation("MW")
def cluster_it_power(cluster_nodes, node_it_power):
    """IT power of one cluster.

    Source: definition.
    """
    return cluster_nodes * node_it_power


@equation("km")
def cluster_radius(cluster_nodes, neighbor_distance):
    """Radius of a disc-shaped cluster in which each node takes a square of side neighbor_distance.

    Source: geometry; Suncatcher: 81 nodes, 100 to 200 m apart, within 1 km.
    """
    return (cluster_nodes / pi) ** 0.5 * neighbor_distance
