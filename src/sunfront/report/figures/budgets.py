"""Budgets of one design as waterfall charts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sunfront.analysis.budgets import budgets
from sunfront.display import best_scale, format_number, words
from sunfront.report.figures.style import BLUE, GRAY, GREEN, new_figure, style_axes
from sunfront.report.sentences import main_suggestion
from sunfront.runs.run import Run
from sunfront.units import unit


@dataclass(frozen=True)
class Waterfall:
    """Steps that add up to a total, in ``unit``.

    Attributes:
        steps: Pairs (label, value).
        end: Label of the total.
        start: Label and value of the bar that the steps begin at; None if they begin at zero.
    """

    title: str
    unit: str
    steps: tuple[tuple[str, float], ...]
    total: float
    end: str = "Total"
    start: tuple[str, float] | None = None


def budget_data(run: Run) -> list[Waterfall] | None:
    """Budgets of the design to look at first; None if the run has none."""
    results = run.results
    if results.front.empty:
        return None
    row = int(results.front_rows[main_suggestion(results)[1]])
    found = []
    for budget in budgets(run).values():
        from_si = unit(budget.unit).from_si
        total = float(from_si(budget.total[row]))
        symbol, factor = best_scale(total, budget.unit)
        steps = tuple((words(name), float(from_si(part[row]) * factor)) for name, part in budget.parts.items())
        found.append(Waterfall(budget.title, symbol, steps, total * factor))
    return found or None


def draw_budgets(data: list[Waterfall]) -> Any:
    """Draw waterfall charts as a matplotlib figure, two per row."""
    rows = (len(data) + 1) // 2
    figure, axes = new_figure(rows, 2, (10.5, 0.7 + 2.9 * rows))
    for axis, waterfall in zip(axes.flat, data, strict=False):
        draw_waterfall(axis, waterfall)
    for axis in list(axes.flat)[len(data) :]:
        axis.set_axis_off()
    return figure


def draw_waterfall(axes: Any, data: Waterfall, gain: str = BLUE, loss: str = GREEN) -> None:
    """Draw one bar per step, from the end of the previous bar, and the total below."""
    first = [data.start] if data.start else []
    for i, (_, value) in enumerate(first):
        axes.barh(i, value, color=GRAY, height=0.66)
    reached = sum(value for _, value in first)
    for i, (_, value) in enumerate(data.steps, len(first)):
        axes.barh(i, value, left=reached, color=gain if value >= 0 else loss, height=0.66)
        reached += value
    axes.barh(len(first) + len(data.steps), data.total, color=GRAY, height=0.66)
    bars = (*first, *data.steps, (data.end, data.total))
    labels = [f"{name}  {format_number(value, 3)}" for name, value in bars]
    axes.set_yticks(range(len(labels)), labels, fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel(data.unit, fontsize=8)
    axes.tick_params(axis="x", labelsize=8)
    axes.set_title(data.title, fontsize=10, loc="left")
    style_axes(axes, "x")
