"""What a taxed loss is worth: the model uses it against other income of the owners, which not all owners have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sunfront.cash_flow.table import CashFlow, cash_flow
from sunfront.display import best_scale, format_number
from sunfront.errors import Unverified, UserError
from sunfront.problem.problem import Problem
from sunfront.units import unit

#: Share of the net present value by which the two must differ to be told.
TOLD = 0.005


def loss_notes(problem: Problem, designs: Iterable[Mapping[str, float]]) -> list[str]:
    """A note on the first of some designs whose net present value needs other income of the owners."""
    if "present_value_of_tax" not in problem.model or problem.values.get("tax_rate") == 0:
        return []
    for design in designs:
        try:
            found = loss_note(cash_flow(problem, design))
        except (Unverified, UserError):
            continue
        if found:
            return [found]
    return []


def loss_note(flow: CashFlow) -> str:
    """What a net present value would be without other income of the owners; empty if that is nearly the same."""
    alone = flow.npv_without_other_income
    if flow.npv - alone <= TOLD * abs(flow.npv):
        return ""
    millions = [unit("MUSD").from_si(value) for value in (flow.npv, alone)]
    text, factor = best_scale(millions[0], "MUSD")
    values = [f"{format_number(value * factor)} {text}" for value in millions]
    return (
        f"tax: losses are used against other income of the owners, which is within the npv of {values[0]}; "
        f"carried forward to later profits of the fleet alone, it would be {values[1]}"
    )
