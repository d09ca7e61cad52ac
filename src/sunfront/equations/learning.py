"""What a fleet's nodes cost after their buyer has learned to build them: from the first unit to mass production."""

from itertools import pairwise

from sunfront.equation import concave_broken_line, equation, log


@equation("MUSD")
def node_capex(hardware_value, node_value_knots, node_value_to_date, node_learning_value, node_learning_rate):
    """Price of the fleet's nodes without accelerators, on the learning curve of their builder.

    The average price of a run falls by node_learning_rate with each doubling of the run, so that a run of value X at
    the reference prices costs X (X / node_learning_value)^b, with 2^b = 1 - node_learning_rate. What was built before
    counts in full: the fleet costs the difference of the curve between node_value_to_date and the end of the run.
    The law is a line between knots of the fleet's value, the same for every engine. It is exact at the knots. Between
    two of them, whose ratio is the root of ten, it is too low by less than 4 % without heritage, and less with it.

    Source: Wright 1936, J. Aeronaut. Sci. 3:122, cumulative average.
    """
    exponent = 1 + log(1 - node_learning_rate) / log(2)
    cost = [
        node_learning_value * ((node_value_to_date + knot) / node_learning_value) ** exponent
        for knot in node_value_knots
    ]
    slopes = [
        (after - before) / (end - start)
        for (before, after), (start, end) in zip(pairwise(cost), pairwise(node_value_knots), strict=True)
    ]
    return concave_broken_line(hardware_value, node_value_knots[:-1], slopes)


@equation("1")
def node_learning_factor(node_capex, hardware_value):
    """Price of the fleet's nodes relative to their value at the prices of a run of node_learning_value.

    Source: definition.
    """
    return node_capex / hardware_value


@equation("MUSD")
def power_capex(power_value, assembly_test_share, node_learning_factor):
    """Price of the fleet's arrays, power electronics and batteries, with their share of assembly and test.

    Source: share of node_capex.
    """
    return power_value * (1 + assembly_test_share) * node_learning_factor


@equation("MUSD")
def cooling_capex(cooling_value, assembly_test_share, node_learning_factor):
    """Price of the fleet's radiators and coolant loops, with their share of assembly and test.

    Source: as power_capex.
    """
    return cooling_value * (1 + assembly_test_share) * node_learning_factor


@equation("MUSD")
def structure_capex(structure_value, assembly_test_share, node_learning_factor):
    """Price of the fleet's buses, links, shields and structures, with their share of assembly and test.

    Source: as power_capex.
    """
    return structure_value * (1 + assembly_test_share) * node_learning_factor
