"""What a taxed loss is worth: the model uses it against other income of the owners, which not all owners have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sunfront.cash_flow.table import cash_flow
from sunfront.display import format_value
from sunfront.errors import Unverified, UserError
from sunfront.problem.problem import Problem

#: Share of the net present value by which the two must differ to be told.
TOLD = 0.005


def loss_notes(problem: Problem, designs: Iterable[Mapping[str, float]]) -> list[str]:
    """A note on the first of some designs whose net present value needs other income of the owners."""
    if "present_value_of_tax" not in problem.model or problem.values.get("tax_rate") == 0:
        return []
    for design in designs:
        try:
            flow = cash_flow(problem, design)
        except (Unverified, UserError):
            continue
        alone = flow.npv_without_other_income
        if flow.npv - alone > TOLD * abs(flow.npv):
            values = [format_value(value, problem.unit("npv"), 4) for value in (flow.npv, alone)]
            return [
                f"tax: losses are used against other income of the owners, which is within the npv of {values[0]}; "
                f"carried forward to later profits of the fleet alone, it would be {values[1]}"
            ]
    return []
