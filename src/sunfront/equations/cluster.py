"""A cluster of satellites that is one computer; after Suncatcher, arXiv 2511.19468."""

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
    """Radius of a cluster that fills a disc, each node with a square of neighbor_distance.

    Source: geometry; Suncatcher: 81 nodes, 100 to 200 m apart, within 1 km.
    """
    return (cluster_nodes / pi) ** 0.5 * neighbor_distance
