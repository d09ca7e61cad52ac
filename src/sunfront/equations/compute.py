"""Tokens, and losses of accelerators."""

from sunfront.equation import equation


@equation("token/s")
def token_rate(fleet_it_power, tokens_per_energy):
    """Token rate of the fleet at full load.

    Source: definition.
    """
    return fleet_it_power * tokens_per_energy


@equation("1/year")
def node_attrition_rate(node_loss_rate):
    """Continuous rate at which whole nodes are lost.

    Source: definition.
    """
    return node_loss_rate


@equation("1/year")
def attrition_rate(accelerator_failure_rate, pause_failure_rate, node_attrition_rate):
    """Continuous rate at which accelerators are lost: by themselves, by pauses in eclipse, or with their node.

    Source: exponential survival; independent hazards add.
    """
    return accelerator_failure_rate + pause_failure_rate + node_attrition_rate


@equation("1/year")
def fleet_decline_rate(attrition_rate, replacement_share, avoidance_loss_rate):
    """Continuous rate at which the fleet's compute declines: the losses that are not replaced.

    Nodes that have no propellant left to avoid collisions are not replaced: their successors would fare the same.

    Source: definition.
    """
    return attrition_rate * (1 - replacement_share) + avoidance_loss_rate
