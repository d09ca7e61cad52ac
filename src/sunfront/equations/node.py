"""Equations of every architecture: accelerators in nodes, nodes in stacks, stacks in a fleet.

A node is a satellite, a pod on the Moon or a data hall. A stack is the nodes delivered together: those of one launch,
or the halls of one site. A fleet is all stacks of the campaign. Amounts are totals over one stack.
"""

from sunfront.equation import equation


@equation("1")
def accelerators(nodes, node_accelerators):
    """Number of accelerators in a stack.

    Source: definition.
    """
    return nodes * node_accelerators


@equation("kW")
def it_power(accelerators, accelerator_power):
    """Power of a stack's accelerators including their share of memory, network and boards.

    Source: definition.
    """
    return accelerators * accelerator_power


@equation("kW")
def node_it_power(it_power, nodes):
    """IT power of one node.

    Source: definition.
    """
    return it_power / nodes


@equation("MW")
def fleet_it_power(stacks, it_power):
    """IT power of all nodes that the campaign places.

    Source: definition.
    """
    return stacks * it_power
