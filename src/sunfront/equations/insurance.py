"""Losses before service, and their insurance: launches that fail, and nodes that are dead on arrival."""

from sunfront.equation import SHARE, equation, larger


@equation("1", within=SHARE)
def delivered_share(launch_failure_rate, infant_loss_share):
    """Expected share of the fleet that enters service.

    Source: independent losses of launches, and of nodes after separation.
    """
    return (1 - launch_failure_rate) * (1 - infant_loss_share)


@equation("1", within=SHARE)
def insurance_rate(insured_share, premium_rate, delivered_share):
    """Premium relative to the price of hardware and launch.

    No insurer asks for less than the loss that is expected, so that no fleet earns by losing nodes.

    Source: definition; a fair premium is the expected loss.
    """
    return insured_share * larger(premium_rate, 1 - delivered_share)


@equation("MUSD")
def insured_value(compute_capex, node_capex, transport_capex, insured_share):
    """Price of hardware and transport that is insured.

    Source: definition.
    """
    return (compute_capex + node_capex + transport_capex) * insured_share


@equation("MUSD")
def insurance_cost(compute_capex, node_capex, transport_capex, insurance_rate):
    """Premium for insuring hardware and transport.

    Source: definition.
    """
    return (compute_capex + node_capex + transport_capex) * insurance_rate


@equation("MUSD")
def expected_claim(insured_value, delivered_share):
    """Expected payment of the insurers: the insured value of what does not enter service.

    Source: expectation of the loss.
    """
    return insured_value * (1 - delivered_share)
