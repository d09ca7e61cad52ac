"""Why a front bends: what a design at one end costs and weighs more than one at the other, part by part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sunfront.analysis.budgets import Budget, budgets
from sunfront.display import format_change, format_value, phrase
from sunfront.report.sentences import suggestion_label
from sunfront.runs.run import Run

#: Parts that are named, the largest first.
PARTS_SHOWN = 3

#: Share of the largest change below which a part is not named.
LEAST_SHARE = 0.1


def reasons(run: Run) -> list[str]:
    """Sentences on how cost of compute and mass per power change from the first design of the front to the last.

    Each names the parts that change most. A budget that the study does not compute has no sentence.
    """
    results = run.results
    rows = [int(row) for row in results.front_rows]
    if results.kind != "front" or len(rows) < 2:
        return []
    found, ends = budgets(run), (rows[0], rows[-1])
    totals: list[tuple[str, dict[str, tuple[float, ...]], str]] = []
    if (cost := found.get("cost")) is not None:
        totals.append(("the cost of compute", _at(cost, ends), cost.unit))
    if (mass := found.get("mass")) is not None:
        power = run.evaluate(["node_it_power"])["node_it_power"]
        per_power = {
            name: tuple(x / float(power[row]) for x, row in zip(pair, ends, strict=True))
            for name, pair in _at(mass, ends).items()
        }
        totals.append(("the mass of a node per IT power", per_power, "kg/kW"))
    first, last = (suggestion_label(results, str(results.objectives[i])) for i in (0, -1))
    changes = [_change(*total) for total in totals]
    return [f"From the {first} to the {last}, {text}." for text in changes if text]


def _at(budget: Budget, rows: Sequence[int]) -> dict[str, tuple[float, ...]]:
    """The parts of a budget in some designs."""
    return {name: tuple(float(part[row]) for row in rows) for name, part in budget.parts.items()}


def _change(what: str, parts: Mapping[str, tuple[float, ...]], display_unit: str) -> str:
    """How a sum changes from its first value to its last, and which parts change most; empty if none does."""
    start, end = (sum(pair[i] for pair in parts.values()) for i in (0, -1))
    changes = sorted(((pair[-1] - pair[0], name) for name, pair in parts.items()), key=lambda pair: -abs(pair[0]))
    if abs(changes[0][0]) <= 1e-6 * abs(start):
        return ""
    named = [
        f"{phrase(name)} {'+' if change > 0 else ''}{format_change(change, display_unit, 3)}"
        for change, name in changes[:PARTS_SHOWN]
        if abs(change) >= LEAST_SHARE * abs(changes[0][0])
    ]
    span = f"{format_value(start, display_unit)} to {format_value(end, display_unit)}"
    return f"{what} goes from {span}: {', '.join(named)}"
