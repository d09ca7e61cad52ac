"""Where the totals of one design go, as waterfalls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sunfront.analysis.budgets import budgets
from sunfront.display import best_scale, format_number, words
from sunfront.report.figures.style import BLUE, GREEN, GREY, blank, quiet
from sunfront.runs.run import Run
from sunfront.units import unit


@dataclass(frozen=True)
class Waterfall:
    """Steps that add up to a total, in ``unit``.

    Attributes:
        steps: Pairs (words, value).
    """

    title: str
    unit: str
    steps: tuple[tuple[str, float], ...]
    total: float


def budget_data(run: Run) -> list[Waterfall] | None:
    """The budgets of the design to look at first: the knee, else the best in the first objective."""
    results = run.results
    if results.front.empty:
        return None
    suggested = results.suggestions
    row = int(results.front_rows[suggested.get("knee", next(iter(suggested.values())))])
    found = []
    for budget in budgets(run).values():
        read = unit(budget.unit).from_si
        text, factor = best_scale(float(read(budget.total[row])), budget.unit)
        steps = tuple((words(name), float(read(part[row]) * factor)) for name, part in budget.parts.items())
        found.append(Waterfall(budget.title, text, steps, float(read(budget.total[row]) * factor)))
    return found or None


def draw_budgets(data: list[Waterfall]) -> Any:
    """A matplotlib figure of waterfalls, two beside each other."""
    rows = (len(data) + 1) // 2
    figure, axes = blank(rows, 2, (10.5, 0.7 + 2.9 * rows))
    for axis, waterfall in zip(axes.flat, data, strict=False):
        draw_waterfall(axis, waterfall)
    for axis in list(axes.flat)[len(data) :]:
        axis.set_axis_off()
    return figure


def draw_waterfall(axes: Any, data: Waterfall) -> None:
    """Bars from left to right, each beginning where the one above ended."""
    at = 0.0
    for i, (_, value) in enumerate(data.steps):
        axes.barh(i, value, left=at, color=BLUE if value >= 0 else GREEN, height=0.66)
        at += value
    axes.barh(len(data.steps), data.total, color=GREY, height=0.66)
    labels = [f"{name}  {format_number(value, 3)}" for name, value in (*data.steps, ("Total", data.total))]
    axes.set_yticks(range(len(labels)), labels, fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel(data.unit, fontsize=8)
    axes.tick_params(axis="x", labelsize=8)
    axes.set_title(data.title, fontsize=10, loc="left")
    quiet(axes, "x")
