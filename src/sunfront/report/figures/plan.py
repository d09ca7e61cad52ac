"""The figures of a plan: power in service, what is bought, money, and supplies over time; and the front of plans."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from sunfront.arrays import Array
from sunfront.display import best_scale
from sunfront.report.figures.style import BLUE, GRAY, GREEN, ORANGE, VERMILION, new_figure, style_axes
from sunfront.runs.plan_tables import tables
from sunfront.runs.plans import PlanRun
from sunfront.units import unit

if TYPE_CHECKING:
    import pandas as pd

COLORS = (BLUE, ORANGE, GREEN, VERMILION, "#CC79A7", "#56B4E9", GRAY)


@dataclass(frozen=True)
class PlanCurves:
    """What the figure shows of one plan.

    Attributes:
        dates: Ends of the periods in years; array (periods,).
        length: Of a period in years.
        horizon: Date at which the last purchase may end.
        served, bought: By product, MW in service and units; arrays (periods,).
        balance: Cumulative money, MUSD; array (periods,).
        used: Share of each supply that is used, by name; arrays (periods,).
    """

    dates: Array
    length: float
    horizon: float
    served: dict[str, Array]
    bought: dict[str, Array]
    balance: Array
    used: dict[str, Array]


def all_curves(run: PlanRun) -> list[PlanCurves]:
    """The curves of each plan of a run."""
    return [_curves(run, frame) for frame in tables(run)]


def _curves(run: PlanRun, frame: pd.DataFrame) -> PlanCurves:
    plan = run.study.plan
    horizon = plan.horizon
    dates = (horizon.start + horizon.months * (np.arange(len(frame)) + 1.0)) / 12
    end = (horizon.start + horizon.months * horizon.count) / 12
    names = [p.name for p in plan.products]
    used = {}
    for s in plan.supplies:
        offered = frame[f"{s.name} offered"].to_numpy()
        share = frame[f"{s.name} used"].to_numpy() / np.where(offered > 0, offered, np.inf)
        used[s.name] = np.where(dates <= end + 1e-9, share, np.nan)
    return PlanCurves(
        dates,
        horizon.months / 12,
        end,
        {name: frame[f"{name} in service"].to_numpy() for name in names},
        {name: frame[f"{name} bought"].to_numpy() for name in names},
        frame["balance"].to_numpy(),
        used,
    )


def draw_plan(data: PlanCurves) -> Any:
    """Draw the curves as a matplotlib figure of four panels."""
    figure, panels = new_figure(2, 2, size=(9.0, 6.2))
    (power, bought), (money, supply) = panels
    bottom = np.zeros(len(data.dates))
    for name, color in zip(data.served, COLORS, strict=False):
        power.fill_between(data.dates, bottom, bottom + data.served[name], color=color, alpha=0.8, lw=0, label=name)
        bottom = bottom + data.served[name]
    power.set_ylabel("IT power in service (MW)")
    inside = data.dates <= data.horizon + 1e-9
    bottom = np.zeros(int(inside.sum()))
    for name, color in zip(data.bought, COLORS, strict=False):
        values = data.bought[name][inside]
        bought.bar(data.dates[inside] - data.length / 2, values, 0.9 * data.length, bottom, color=color, label=name)
        bottom = bottom + values
    bought.set_ylabel("Units bought in a period")
    symbol, factor = best_scale(float(np.abs(data.balance).max(initial=0.0)), "MUSD")
    money.plot(data.dates, factor * data.balance, color=BLUE, lw=1.6)
    money.axhline(0, color="#444444", lw=0.8)
    money.set_ylabel(f"Cumulative cash ({symbol})")
    edges = np.append(data.dates[:1] - data.length, data.dates)  # a share is that of the period before its date
    for (name, share), color in zip(data.used.items(), COLORS, strict=False):
        supply.plot(edges, 100 * np.append(share[:1], share), color=color, lw=1.4, drawstyle="steps-pre", label=name)
    supply.set_ylabel("Supply used (%)")
    supply.set_ylim(0, 105)
    for axes in (power, bought, supply):
        if axes.get_legend_handles_labels()[0]:
            axes.legend(frameon=False, fontsize=8)
    for axes in (power, bought, money, supply):
        axes.xaxis.get_major_locator().set_params(integer=True, nbins=8)  # years
        style_axes(axes)
    return figure


#: Most dates that an axis names, and most letters of a line of its label.
MOST_DATES, LABEL = 8, 36


def draw_front(run: PlanRun) -> Any:
    """Draw the plans of a front of two objectives; each point links to ``#plan-N`` of the page."""
    plan = run.study.plan
    figure, panels = new_figure(1, 1, size=(6.0, 3.6))
    axes = np.ravel(panels)[0]
    columns = []
    for i, (objective, label) in enumerate(zip(plan.objectives, ("x", "y"), strict=True)):
        goal, horizon = objective.goal, plan.horizon
        values = np.array([point.simulation.scores[i] for point in run.points])
        if goal.kind == "date":  # the end of the period, as a date in years
            shown, symbol = (horizon.start + horizon.months * (values + 1)) / 12, ""
        else:
            shown = unit(goal.unit).from_si(values)
            symbol, factor = best_scale(float(np.abs(shown).max(initial=0.0)), goal.unit)
            shown = factor * shown
        columns.append(shown)
        if goal.kind == "date":
            reached = sorted(set(values[np.isfinite(values)]))
            at = reached[:: -(-len(reached) // MOST_DATES) or 1]
            ends = [(horizon.start + horizon.months * (t + 1)) / 12 for t in at]
            getattr(axes, f"set_{label}ticks")(ends, [f"end of {horizon.label(round(t))}" for t in at])
        text = f"{goal.text} ({symbol})" if symbol else goal.text
        getattr(axes, f"set_{label}label")(fill(text, LABEL))
    points = axes.scatter(*columns, s=45, color=BLUE, zorder=3)
    points.set_urls([f"#plan-{i}" for i in range(len(run.points))])
    for i, place in enumerate(zip(*columns, strict=True)):
        axes.annotate(str(i), place, textcoords="offset points", xytext=(6, 4), fontsize=8)
    style_axes(axes)
    return figure
