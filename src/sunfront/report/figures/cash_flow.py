"""The cash of the suggested designs over time (J-curve), and what the present value of one of them is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sunfront.arrays import Array
from sunfront.cash_flow.table import CashFlow
from sunfront.display import best_scale, words
from sunfront.report.figures.budgets import Waterfall, draw_waterfall
from sunfront.report.figures.style import BLUE, GREEN, ORANGE, VERMILION, new_figure, style_axes
from sunfront.report.sentences import main_suggestion, suggestion_label
from sunfront.runs.cash_flows import suggested_cash_flows
from sunfront.runs.run import Run
from sunfront.units import unit

#: Display unit of money.
MONEY = "MUSD"


@dataclass(frozen=True)
class CashCurve:
    """All money received minus all money paid up to a date, of one design.

    Attributes:
        label: Why the design is suggested.
        row: Row of the design in the front.
        years: Dates, counted from the decision; array (dates,).
        cumulative, discounted: As paid, and valued at the decision; arrays (dates,), MUSD.
        steps: Pairs (element, present value in MUSD). They add up to the net present value.
    """

    label: str
    row: int
    years: Array
    cumulative: Array
    discounted: Array
    steps: tuple[tuple[str, float], ...]


def cash_curves(run: Run) -> list[CashCurve] | None:
    """Curves of the suggested designs by quarter, the main one first; None if the run has none."""
    found = []
    for row, flow in suggested_cash_flows(run, "quarter").items():
        label = ", ".join(suggestion_label(run.results, reason) for reason in run.results.reasons_for(row))
        found.append(_curve(label, row, flow))
    if not found:
        return None
    main = main_suggestion(run.results)[1]
    return sorted(found, key=lambda curve: curve.row != main)


def _curve(label: str, row: int, flow: CashFlow) -> CashCurve:
    from_si = unit(MONEY).from_si
    years = np.arange(len(flow.net) + 1) / 4
    curves = [from_si(np.concatenate([[0.0], np.cumsum(values)])) for values in (flow.net, flow.net_discounted)]
    steps = tuple((name, float(from_si(value))) for name, value in flow.present_values.items() if value)
    return CashCurve(label, row, years, curves[0], curves[1], steps)


def draw_curves(data: list[CashCurve]) -> Any:
    """Draw cumulative cash against time as a matplotlib figure: solid as paid, dashed discounted."""
    figure, axes = new_figure(size=(7.2, 4.2))
    largest = max(float(np.abs(curve.cumulative).max()) for curve in data)
    symbol, factor = best_scale(largest, MONEY)
    for curve, color in zip(data, (BLUE, ORANGE, GREEN, VERMILION, "#CC79A7"), strict=False):
        axes.plot(curve.years, factor * curve.cumulative, color=color, lw=1.6, label=curve.label)
        axes.plot(curve.years, factor * curve.discounted, color=color, lw=1.2, ls="--")
    axes.axhline(0, color="#444444", lw=0.8)
    axes.set_xlabel("Years from the decision")
    axes.set_ylabel(f"Cumulative cash ({symbol})")
    axes.set_title("solid: as paid; dashed: discounted", fontsize=9, loc="left")
    axes.legend(frameon=False, fontsize=9)
    style_axes(axes)
    return figure


def waterfall_data(run: Run) -> Waterfall | None:
    """The elements of the net present value of the design to look at first."""
    curves = cash_curves(run)
    if curves is None:
        return None
    main = curves[0]
    total = sum(value for _, value in main.steps)
    symbol, factor = best_scale(max(abs(value) for _, value in main.steps), MONEY)
    steps = tuple((words(name), value * factor) for name, value in main.steps)
    return Waterfall(f"Present values: {main.label}", symbol, steps, total * factor, "NPV")


def draw_present_values(data: Waterfall) -> Any:
    """Draw the elements of a net present value as a matplotlib figure."""
    figure, axes = new_figure(size=(7.2, 1.0 + 0.3 * len(data.steps)))
    draw_waterfall(axes, data, gain=GREEN, loss=ORANGE)
    return figure
