"""The figures of a plan: power in service, what is bought, money, and supplies over time; and the front of plans."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from sunfront.arrays import Array
from sunfront.cash_flow.vintages import purchase_problem
from sunfront.display import best_scale
from sunfront.engines.plan.amounts import has
from sunfront.engines.plan.engine import PlanPoint
from sunfront.engines.plan.simulator import Simulator
from sunfront.problem.plan import Plan, Product
from sunfront.problem.problem import as_columns
from sunfront.report.figures.style import BLUE, GRAY, GREEN, ORANGE, VERMILION, new_figure, style_axes
from sunfront.runs.plan_tables import POWER, bought_column
from sunfront.runs.plans import PlanRun
from sunfront.units import unit

if TYPE_CHECKING:
    import pandas as pd

COLORS = (BLUE, ORANGE, GREEN, VERMILION, "#CC79A7", "#56B4E9", GRAY)

#: Hatch of areas, and marker and style of lines, of the first names as many as colors, the next, and so on.
HATCHES, MARKERS, LINES = ("", "////", "....", "xxxx"), "o^sD", ("-", "--", ":", "-.")

#: Letters in a row of the legend of products, with those that the patch of each takes.
LEGEND, PATCH = 120, 7


@dataclass(frozen=True)
class _Look:
    """What a name is drawn with; different for as many names as there are colors and hatches."""

    color: str
    hatch: str
    marker: str
    line: str

    @property
    def area(self) -> dict[str, Any]:
        """Arguments of an area or a bar."""
        return {"facecolor": self.color, "hatch": self.hatch, "edgecolor": "white", "lw": 0}


def _looks(names: Iterable[str]) -> dict[str, _Look]:
    looks = [_Look(color, *look) for look in zip(HATCHES, MARKERS, LINES, strict=True) for color in COLORS]
    return dict(zip(names, cycle(looks), strict=False))


@dataclass(frozen=True)
class PlanCurves:
    """What the figure shows of one plan.

    Attributes:
        dates: Ends of the periods in years; array (periods,).
        length: Of a period in years.
        horizon: Date at which the last purchase may end.
        purchased: Dates at which the periods of purchases begin, by product; arrays (purchases,).
        served: MW in service of each purchase, by product; arrays (purchases, periods).
        bought, opened: Units by product, modules by supply; arrays (periods,).
        stored: Units built in a period and in store at its end, by column of products with a store; arrays (periods,).
        net, balance: Money of each period, and cumulative; MUSD; arrays (periods,).
        used: Share of each supply that is used, by name; arrays (periods,).
        prices, costs: Of compute by product, as it is bought in each period, at the first year of service; USD/kWh,
            arrays (periods,). Costs are those of the purchase, without those of the program, such as development. Of
            products that learn, at the prices that learning leaves, where they are bought. Of products that the plan
            sizes there are none.
    """

    dates: Array
    length: float
    horizon: float
    purchased: dict[str, Array]
    served: dict[str, Array]
    bought: dict[str, Array]
    stored: dict[str, Array]
    opened: dict[str, Array]
    net: Array
    balance: Array
    used: dict[str, Array]
    prices: dict[str, Array]
    costs: dict[str, Array]


def curves_of(run: PlanRun, numbers: Iterable[int]) -> Iterator[tuple[int, PlanCurves]]:
    """The curves of some plans of a run, each with its number."""
    plan = run.study.plan
    own = [_money(plan, p, {}) for p in plan.products]  # of products without learning, the same in all plans
    for i in numbers:
        point = run.points[i]
        money = {
            p.name: _money(plan, p, run.simulator.learned_prices(p.name, point.decisions)) if p.learning else values
            for p, values in zip(plan.products, own, strict=True)
        }
        prices, costs = ({name: x[what] for name, x in money.items() if what in x} for what in MONEY)
        yield i, _curves(plan, point, run.simulator, run.table(i), prices, costs)


#: What is told of a product with a store, beside what is launched.
STORED = ("built", "in store")

#: What a customer pays for compute, and what it costs.
MONEY = ("compute_price", "compute_cost")


def _money(plan: Plan, product: Product, learned: Mapping[int, Mapping[str, float]]) -> dict[str, Array]:
    """Price and cost of a product as it is bought in each period, in their display unit, without development.

    NaN before it is available; and where it is not bought, of one that learns.

    Args:
        learned: Prices of what is bought, by period.
    """
    names = [] if product.is_sized else [name for name in MONEY if has(product, name)]
    found = {name: np.full(plan.horizon.count, np.nan) for name in names}
    for t in learned if product.learning else range(product.available, plan.horizon.count):
        problem = purchase_problem(product, t, plan.horizon.begin(t), plan.horizon.length, learned.get(t))
        for name, values in problem.evaluate(as_columns(product.design), names).items():
            found[name][t] = unit("USD/kWh").from_si(values[0])
    return found


def _curves(
    plan: Plan,
    point: PlanPoint,
    simulator: Simulator,
    frame: pd.DataFrame,
    prices: dict[str, Array],
    costs: dict[str, Array],
) -> PlanCurves:
    horizon = plan.horizon
    dates = (horizon.start + horizon.months * (np.arange(len(frame)) + 1.0)) / 12
    end = (horizon.start + horizon.months * horizon.count) / 12
    used = {}
    for s in plan.supplies:
        offered = frame[f"{s.name} offered"].to_numpy()
        share = frame[f"{s.name} used"].to_numpy() / np.where(offered > 0, offered, np.inf)
        used[s.name] = np.where(dates <= end + 1e-9, share, np.nan)
    served = {p.name: simulator.in_service(p.name, point.decisions, POWER) for p in plan.products}
    when = {p.name: np.flatnonzero(point.decisions.units[p.name]) for p in plan.products}
    return PlanCurves(
        dates,
        horizon.months / 12,
        end,
        {name: (horizon.start + horizon.months * at) / 12 for name, at in when.items()},
        {name: np.asarray(unit("MW").from_si(power[when[name]])) for name, power in served.items()},
        {p.name: frame[bought_column(p)].to_numpy() for p in plan.products},
        {f"{name} {what}": frame[f"{name} {what}"].to_numpy() for name in point.decisions.stored for what in STORED},
        {s.name: frame[f"{s.name} modules opened"].to_numpy() for s in plan.supplies if s.modules is not None},
        (frame["earned"] - frame["paid"]).to_numpy(),
        frame["balance"].to_numpy(),
        used,
        prices,
        costs,
    )


def draw_plan(data: PlanCurves) -> Any:
    """Draw the curves as a matplotlib figure of six panels."""
    looks = _looks(data.served)
    columns = max(1, LEGEND // (max(map(len, looks), default=0) + PATCH))
    figure, panels = new_figure(3, 2, size=(9.0, 9.2 + 0.2 * -(-len(looks) // columns)))
    (power, vintages), (bought, money), (supply, price) = panels
    _draw_power(power, data, looks)
    _draw_vintages(vintages, data, looks)
    _draw_bought(bought, data, looks)
    _draw_money(money, data)
    for name, look in _looks(data.used).items():
        supply.plot(*_steps(data, 100 * data.used[name]), color=look.color, ls=look.line, lw=1.4, label=name, **STEPS)
    supply.set_ylabel("Supply used (%)")
    supply.set_ylim(0, 105)
    _draw_money_of_compute(price, data, looks)
    for axes in (bought, supply):
        if axes.get_legend_handles_labels()[0]:
            axes.legend(frameon=False, fontsize=8)
    for axes in np.ravel(panels):
        axes.xaxis.get_major_locator().set_params(integer=True, nbins=8)  # years
        style_axes(axes)
    _name_products(figure, looks, columns)
    return figure


#: How ``_steps`` are drawn: a value is that of the period before its date.
STEPS = {"drawstyle": "steps-pre"}


def _steps(data: PlanCurves, values: Array) -> tuple[Array, Array]:
    """Dates and values of a curve that has one value in each of the first periods."""
    ends = data.dates[: len(values)]
    return np.append(ends[:1] - data.length, ends), np.append(values[:1], values)


def _name_products(figure: Any, looks: dict[str, _Look], columns: int) -> None:
    """One legend of the products for all panels, below them."""
    from matplotlib.patches import Patch

    patches = [Patch(label=name, **look.area) for name, look in looks.items()]
    figure.legend(handles=patches, loc="outside lower center", ncols=columns, frameon=False, fontsize=8)


def _draw_money_of_compute(axes: Any, data: PlanCurves, looks: dict[str, _Look]) -> None:
    """Price and cost of compute by product; the marker shows a period without a neighbor."""
    from matplotlib.lines import Line2D

    middles, shown = data.dates - data.length / 2, []
    for what, curves, style, face in (("price", data.prices, "-", ""), ("cost", data.costs, "--", "white")):
        for name, values in curves.items():
            look = {"color": looks[name].color, "marker": looks[name].marker, "ms": 3, "mfc": face or looks[name].color}
            axes.plot(middles[: len(values)], values, lw=1.4, ls=style, label=f"{what}, {name}", **look)
        told = f"{what}, without development" if what == "cost" else what
        if curves:
            shown.append(
                Line2D([], [], color="#444444", lw=1.4, ls=style, marker="o", ms=3, mfc=face or "#444444", label=told)
            )
    axes.set_ylabel("Compute by purchase (USD/kWh)")
    axes.set_xlim(data.dates[0] - data.length, data.horizon)
    axes.set_ylim(bottom=0)
    if shown:
        axes.legend(handles=shown, frameon=False, fontsize=8)


def _draw_power(axes: Any, data: PlanCurves, looks: dict[str, _Look]) -> None:
    """Stacked areas by product; a line between what was bought in different periods."""
    bottom = np.zeros(len(data.dates))
    for name, look in looks.items():
        top = bottom + data.served[name].sum(axis=0)
        axes.fill_between(data.dates, bottom, top, alpha=0.8, label=name, **look.area)
        for power in data.served[name][:-1]:
            bottom = bottom + power
            axes.plot(data.dates[power > 0], bottom[power > 0], color="white", lw=0.4)
        bottom = top
    axes.set_ylabel("IT power in service (MW)")


def _draw_vintages(axes: Any, data: PlanCurves, looks: dict[str, _Look]) -> None:
    """A bar from first to last service of what is bought in each period, at the date of its purchase."""
    height = 0.9 * data.length / max(len(looks), 1)
    for k, (name, look) in enumerate(looks.items()):
        for date, power in zip(data.purchased[name], data.served[name], strict=True):
            served = np.flatnonzero(power > 0)
            if len(served):
                begin, end = data.dates[served[0]] - data.length, data.dates[served[-1]]
                axes.barh(date + (k + 0.5) * height, end - begin, height, begin, **look.area)
    axes.set_ylabel("Purchase")
    axes.set_ylim(data.horizon, data.dates[0] - data.length)
    axes.yaxis.get_major_locator().set_params(integer=True, nbins=8)
    axes.set_xlabel("In service")


def _draw_bought(axes: Any, data: PlanCurves, looks: dict[str, _Look]) -> None:
    """Units bought or launched as stacked bars, built and in store as steps, modules opened as points."""
    inside = data.dates <= data.horizon + 1e-9
    bottom, middles = np.zeros(int(inside.sum())), data.dates[inside] - data.length / 2
    for name, look in looks.items():
        values = data.bought[name][inside]
        some = values > 0
        axes.bar(middles[some], values[some], 0.9 * data.length, bottom[some], **look.area)
        bottom = bottom + values
    for (name, values), style in zip(data.stored.items(), cycle((":", "-"))):
        axes.plot(*_steps(data, values[inside]), style, color="#222222", lw=1.2, label=name, **STEPS)
    for (name, opened), marker in zip(data.opened.items(), cycle("ov^sD<>ph*"), strict=False):
        values = opened[inside]
        is_opened = values > 0
        axes.plot(middles[is_opened], values[is_opened], marker, color="#222222", ms=5, label=f"modules of {name}")
    axes.set_xlim(data.dates[0] - data.length, data.horizon)
    axes.set_ylabel("Units")


def _draw_money(axes: Any, data: PlanCurves) -> None:
    """Money of each period as bars, cumulative as a line, with its lowest point."""
    symbol, factor = best_scale(float(np.abs(data.balance).max(initial=0.0)), "MUSD")
    some = data.net != 0
    middles = data.dates[some] - data.length / 2
    axes.bar(middles, factor * data.net[some], 0.9 * data.length, color=GRAY, label="a period")
    axes.plot(data.dates, factor * data.balance, color=BLUE, lw=1.6, label="cumulative")
    lowest = int(np.argmin(data.balance))
    if data.balance[lowest] < 0:
        place = data.dates[lowest], factor * data.balance[lowest]
        axes.plot(*place, "o", color=VERMILION, ms=5)
        axes.annotate(f"{place[1]:.4g}", place, textcoords="offset points", xytext=(6, -2), fontsize=8, color=VERMILION)
    axes.axhline(0, color="#444444", lw=0.8)
    axes.set_ylabel(f"Cash ({symbol})")
    axes.legend(frameon=False, fontsize=8)


#: Most dates that an axis names, and most letters of a line of its label.
MOST_DATES, LABEL = 8, 36


def draw_front(run: PlanRun, numbered: Container[int]) -> Any:
    """Draw the plans of a front of two objectives; each point links to ``#plan-N`` of the page.

    Args:
        numbered: Plans whose number is shown.
    """
    plan = run.study.plan
    beyond = _beyond(run)
    figure, panels = new_figure(1, 1, size=(5.0, 3.6 + 0.15 * len(beyond)))
    axes = np.ravel(panels)[0]
    columns, hollow = [], []
    for i, (objective, label) in enumerate(zip(plan.objectives, ("x", "y"), strict=True)):
        goal, horizon = objective.goal, plan.horizon
        values = np.array([point.simulation.scores[i] for point in run.points])
        values = np.append(values, [each[i] for each in beyond])
        if goal.kind == "date":  # the end of the period, as a date in years
            shown, symbol = (horizon.start + horizon.months * (values + 1)) / 12, ""
        else:
            shown = unit(goal.unit).from_si(values)
            symbol, factor = best_scale(float(np.abs(shown).max(initial=0.0)), goal.unit)
            shown = factor * shown
        columns.append(shown[: len(run.points)])
        hollow.append(shown[len(run.points) :])
        if goal.kind == "date":
            reached = sorted(set(values[np.isfinite(values)]))
            at = reached[:: -(-len(reached) // MOST_DATES) or 1]
            ends = [(horizon.start + horizon.months * (t + 1)) / 12 for t in at]
            getattr(axes, f"set_{label}ticks")(ends, [f"end of {horizon.label(round(t))}" for t in at])
        text = f"{goal.text} ({symbol})" if symbol else goal.text
        getattr(axes, f"set_{label}label")(fill(text, LABEL))
    sizes = [45 if i in numbered else 15 for i in range(len(run.points))]
    points = axes.scatter(*columns, s=sizes, color=BLUE, zorder=3)
    points.set_urls([f"#plan-{i}" for i in range(len(run.points))])
    rises = plan.objectives[0].sense != plan.objectives[1].sense  # a number stands beside the front
    is_dated = any(objective.goal.kind == "date" for objective in plan.objectives)  # one plan a date: level with it
    side = {"xytext": (-6 if rises else 6, 0 if is_dated else 4), "ha": "right" if rises else "left"}
    side["va"] = "center" if is_dated else "baseline"
    for i, place in enumerate(zip(*columns, strict=True)):
        if i in numbered:
            axes.annotate(str(i), place, textcoords="offset points", fontsize=8, **side)
    if beyond:
        axes.scatter(*hollow, s=30, facecolor="none", edgecolor=GRAY, label="with what is missing, for nothing")
        figure.legend(loc="outside upper right", frameon=False, fontsize=8)
    axes.margins(x=0.1)  # room for the numbers
    style_axes(axes)
    return figure


def _beyond(run: PlanRun) -> list[tuple[float, ...]]:
    """Scores of what dates before the earliest would bring if more were offered, of a front of npv and a date."""
    kinds = [objective.goal.kind for objective in run.study.plan.objectives]
    if sorted(kinds) != ["date", "npv"]:
        return []
    best = {date.period: [way.npv for way in date.ways if way.npv is not None] for date in run.record.earlier}
    return [tuple(max(npv) if kind == "npv" else float(t) for kind in kinds) for t, npv in best.items() if npv]
