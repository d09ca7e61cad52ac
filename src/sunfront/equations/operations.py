"""What the accelerators do: operations and tokens, what they cost, and whether they meet the need of a buyer."""

from sunfront.equation import SIGNED, equation


@equation("Eflop/s")
def fleet_fp8_rate(stacks, accelerators, accelerator_fp8_rate):
    """Dense FP8 operations per second of all accelerators that the campaign places.

    Source: definition.
    """
    return stacks * accelerators * accelerator_fp8_rate


@equation("Eflop/s")
def fleet_bf16_rate(stacks, accelerators, accelerator_bf16_rate):
    """Dense BF16 operations per second of all accelerators that the campaign places.

    Source: definition.
    """
    return stacks * accelerators * accelerator_bf16_rate


@equation("USD/Eflop")
def fp8_operation_cost(compute_cost, accelerator_power, accelerator_fp8_rate, operation_utilization):
    """Cost of compute per FP8 operation that a model uses.

    Source: compute_cost per IT energy, over the operations that this energy does.
    """
    return compute_cost * accelerator_power / (accelerator_fp8_rate * operation_utilization)


@equation("USD/Eflop")
def bf16_operation_cost(compute_cost, accelerator_power, accelerator_bf16_rate, operation_utilization):
    """Cost of compute per BF16 operation that a model uses.

    Source: as fp8_operation_cost.
    """
    return compute_cost * accelerator_power / (accelerator_bf16_rate * operation_utilization)


@equation("token/s")
def served_token_rate(sold_power, tokens_per_energy):
    """Tokens that customers use of the fleet, at the start of service.

    Source: definition.
    """
    return sold_power * tokens_per_energy


@equation("token/s", within=SIGNED)
def demand_margin(served_token_rate, token_demand):
    """Tokens that the fleet serves beyond what a buyer needs.

    Source: definition.
    """
    return served_token_rate - token_demand


@equation("1", within=SIGNED)
def isolation_margin(isolation, required_isolation):
    """Isolation of the hardware beyond what a buyer requires.

    Source: definition.
    """
    return isolation - required_isolation


@equation("MUSD")
def equivalent_annual_cost(compute_cost, discounted_energy, discounted_service, year):
    """Level payment of each year of service that is worth as much as all cost, whatever share of the fleet is used.

    Source: equivalent annual cost; Brealey, Myers and Allen, Principles of Corporate Finance, ch. 6.
    """
    return compute_cost * discounted_energy * year / discounted_service
