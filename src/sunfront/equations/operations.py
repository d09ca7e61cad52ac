"""Arithmetic of the accelerators: floating-point operations per second, and what one operation costs."""

from sunfront.equation import equation


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
