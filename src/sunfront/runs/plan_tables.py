"""The tables of a plan: by period, and by calendar year."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sunfront.cash_flow.learning import CHARGED
from sunfront.cash_flow.vintages import vintage_problem
from sunfront.engines.plan.engine import PlanPoint
from sunfront.engines.plan.prices import module_of
from sunfront.engines.plan.simulator import Simulator
from sunfront.problem.plan import Learned, Plan, Product, as_bought
from sunfront.problem.variables import Variable
from sunfront.runs.csv_table import write_csv_table
from sunfront.runs.files import replacing
from sunfront.runs.plans import PlanRun
from sunfront.units import unit, unit_label

if TYPE_CHECKING:
    import pandas as pd

#: The file with every plan of a run by period.
PLAN_TABLE = "plan.csv"

#: The file with what one more of each supply is worth by period, of plan 0.
PRICE_TABLE = "worth.csv"

#: The file with a row for each plan of a front, and that with what dates before the earliest would take.
FRONT_TABLE, EARLIER_TABLE = "front.csv", "earlier.csv"

#: Columns of what learning leaves of prices, with their display units.
LEARNED = {"nodes": ("price of nodes", "MUSD"), "launches": ("price of launch", "USD/kg")}

#: What is counted in service: IT power, which every architecture computes.
POWER = "fleet_it_power"


def period_table(plan: Plan, point: PlanPoint, simulator: Simulator) -> pd.DataFrame:
    """A row for each period, after the horizon too; in display units, which ``attrs["units"]`` holds.

    Columns of each product: units bought, or with a store units built, in store at the end of the period, and launched;
    IT power in service at the end of the period, mean power sold, units retired early, and the design that is bought if
    the plan sizes it, NaN where nothing is bought; of presets their names; the price that learning leaves of the
    nodes of a unit, and of a launched kilogram. Of each supply: what is used, what there is,
    and modules opened. Then money paid and earned, and the cumulative balance.
    """
    import pandas as pd

    horizon, periods = plan.horizon, simulator.periods
    columns: dict[str, np.ndarray] = {}
    units: dict[str, str] = {}
    labels: dict[str, Variable] = {}

    def add(name: str, values: np.ndarray, display_unit: str, beyond: float = 0.0) -> None:
        full = np.full(periods, beyond)
        full[: len(values)] = unit(display_unit).from_si(values)
        columns[name], units[name] = full, display_unit

    for p in plan.products:
        if p.store is not None:
            add(f"{p.name} built", point.decisions.built[p.name], "1")
            add(f"{p.name} in store", point.decisions.in_store[p.name], "1")
        add(bought_column(p), point.decisions.units[p.name], "1")
    for p in plan.products:
        bought = point.decisions.units[p.name]
        add(f"{p.name} in service", simulator.in_service(p.name, point.decisions, POWER).sum(axis=0), "MW")
        add(f"{p.name} sold", point.simulation.power[p.name], "MW")
        if p.name in point.decisions.retired:
            add(f"{p.name} retired early", point.decisions.retired[p.name].sum(axis=0), "1")
        for v in p.problem.variables if p.is_sized else ():
            chosen = np.where(bought > 0, point.decisions.designs[p.name][v.name], np.nan)
            add(f"{p.name} {v.name}", chosen, v.unit, np.nan)
            if v.labels:
                labels[f"{p.name} {v.name}"] = v
        for kind in p.learning:
            add(f"{p.name} {LEARNED[kind][0]}", _learned(simulator, point, p, kind), LEARNED[kind][1], np.nan)
    for s in plan.supplies:
        add(f"{s.name} used", point.simulation.used[s.name], s.unit)
        add(f"{s.name} offered", point.simulation.offered[s.name], s.unit)
        if s.modules is not None:
            add(f"{s.name} modules opened", point.decisions.modules[s.name], "1")
    add("paid", point.simulation.paid, "MUSD")
    add("earned", point.simulation.earned, "MUSD")
    add("balance", point.simulation.balance, "MUSD")
    dates = [horizon.label(t) for t in range(periods)]
    frame = pd.DataFrame(columns, index=pd.Index(dates, name="period")) + 0.0  # no "-0"
    for name, v in labels.items():
        frame[name] = frame[name].map(v.text, na_action="ignore").astype(object)
    frame.attrs["units"] = units
    frame.attrs["designs"] = [f"{p.name} {v.name}" for p in plan.products if p.is_sized for v in p.problem.variables]
    frame.attrs["designs"] += [f"{p.name} {LEARNED[kind][0]}" for p in plan.products for kind in p.learning]
    frame.attrs["years"] = [horizon.year_of(t) for t in range(periods)]
    return frame


def _learned(simulator: Simulator, point: PlanPoint, product: Product, kind: Learned) -> np.ndarray:
    """What learning leaves of a price, where a product is bought, else NaN; array (periods,): USD, or USD/kg."""
    horizon = simulator.plan.horizon
    found = np.full(horizon.count, np.nan)
    for t, prices in simulator.learned_prices(product.name, point.decisions).items():
        found[t] = prices[CHARGED[kind]]
        if kind == "nodes":  # of a unit, where the charge is that of a campaign
            bought = as_bought(product, point.decisions, t)
            found[t] /= float(vintage_problem(bought, t, horizon.begin(t), horizon.length).values["stacks"])
    return found


def bought_column(product: Product) -> str:
    """Name of the column of units that begin to serve: with a store it is another number than that of units built."""
    return f"{product.name} {'launched' if product.store else 'bought'}"


def year_table(frame: pd.DataFrame, supplies: tuple[str, ...] = ()) -> pd.DataFrame:
    """Add up a table by period over calendar years: what is bought and paid as sums, stocks at the end of the year.

    Of designs and learned prices it has the one that is bought last in the year, NaN where nothing is bought.

    Args:
        supplies: Names of the supplies that are used up by buying, whose use and offer are sums.
    """
    import pandas as pd

    summed = {f"{name} {kind}" for name in supplies for kind in ("used", "offered")} | {"paid", "earned"}
    summed |= {
        name for name in frame.columns if name.endswith((" bought", " built", " launched", " opened", " retired early"))
    }
    grouped = frame.groupby(np.array(frame.attrs["years"]))
    columns = {}
    for name in frame.columns:
        group = grouped[name]
        columns[name] = group.sum() if name in summed else group.mean() if name.endswith(" sold") else group.last()
    found = pd.DataFrame(columns)
    found.index.name = "year"
    found.attrs |= {key: frame.attrs[key] for key in ("units", "designs")}
    return found


def price_table(run: PlanRun) -> pd.DataFrame:
    """What one more of each supply adds to the net present value of plan 0, a row for each period.

    In MUSD for one of the supply's display unit, and in USD for a USD of capital. Of a supply with modules, also
    what one more module is worth that is opened in a period, less its cost, at these prices.
    """
    import pandas as pd

    plan, periods = run.study.plan, run.record.periods
    modules = [module_of(s.name) for s in plan.supplies]
    columns = {
        name: np.full(periods, np.nan if name in modules else 0.0)  # none is opened after the horizon
        for name in dict.fromkeys(p.supply for p in run.record.prices)
    }
    for price in run.record.prices:
        columns[price.supply][price.period] = price.price
    units = {"capital": "USD/USD"}
    for s in plan.supplies:
        if s.name not in columns:
            continue
        if (module := module_of(s.name)) in columns:
            columns[module] = columns[module] / 1e6
            units[module] = "MUSD"
        columns[s.name] = columns[s.name] * unit(s.unit).factor / 1e6
        units[s.name] = "MUSD" if s.unit == "1" else f"MUSD/{s.unit}"
    dates = [plan.horizon.label(t) for t in range(periods)]
    frame = pd.DataFrame(columns, index=pd.Index(dates, name="period"))
    frame.attrs["units"] = {name: units[name] for name in frame.columns}
    return frame


def front_table(run: PlanRun) -> pd.DataFrame:
    """A row for each plan of the front: objectives, npv, peak funding, units bought or launched; in display units.

    A date is the period at whose end it is reached; empty if it never is.
    """
    import pandas as pd

    plan, columns, units = run.study.plan, {}, {}
    for i, objective in enumerate(plan.objectives):
        goal, values = objective.goal, np.array([point.simulation.scores[i] for point in run.points])
        is_date = goal.kind == "date"
        columns[goal.text] = [_label(plan, t) for t in values] if is_date else unit(goal.unit).from_si(values)
        units[goal.text] = "1" if is_date else goal.unit
    for name in ("npv", "peak_funding"):
        values = np.array([getattr(point.simulation, name) for point in run.points])
        columns[name], units[name] = unit("MUSD").from_si(values), "MUSD"
    for p in plan.products:
        name = bought_column(p)
        columns[name], units[name] = [float(point.decisions.units[p.name].sum()) for point in run.points], "1"
    frame = pd.DataFrame(columns, index=pd.RangeIndex(len(run.points), name="plan"))
    frame.attrs["units"] = units
    return frame


def _label(plan: Plan, period: float) -> str:
    return plan.horizon.label(round(period)) if np.isfinite(period) else ""


def earlier_table(run: PlanRun) -> pd.DataFrame:
    """A row for each thing that is missing for a date before the earliest.

    Things with the same date and way would do together. ``npv``, in MUSD, is that of the best plan that has them; NaN
    of a target that is missed, which has ``missed`` as its kind.
    """
    import pandas as pd

    label = run.study.plan.horizon.label
    rows = [
        {
            "date": label(date.period), "way": n, "kind": "missed" if s.is_target else s.kind, "missing": s.name,
            "amount": unit(s.unit).from_si(s.amount), "unit": s.unit,
            "from": s.when[0] if s.when else "", "to": s.when[-1] if s.when else "",
            "npv": np.nan if way.npv is None else way.npv / 1e6,
        }
        for date in run.record.earlier
        for n, way in enumerate(date.ways)
        for s in way.shortages
    ]  # fmt: skip
    frame = pd.DataFrame(rows).set_index("date")
    frame.attrs["units"] = dict.fromkeys(frame.columns, "1") | {"npv": "MUSD"}
    return frame


def _write(path: Path, frame: pd.DataFrame) -> None:
    with replacing(path) as new:
        write_csv_table(new, frame, map(unit_label, frame.attrs["units"].values()), frame.index.names)


def write_tables(run: PlanRun) -> None:
    """Write the tables of a run, in display units, which the heads name.

    ``plan.csv``, every plan of the front by period; ``front.csv``, see ``front_table``, of several plans;
    ``worth.csv``, see ``price_table``, if something has a price; ``earlier.csv``, see ``earlier_table``, if dates
    before the earliest were looked at.
    """
    import pandas as pd

    frames = [period_table(run.study.plan, point, run.simulator) for point in run.points]
    if not frames:
        return
    if len(frames) > 1:
        _write(run.folder / FRONT_TABLE, front_table(run))
    if run.record.earlier:
        _write(run.folder / EARLIER_TABLE, earlier_table(run))
    units = frames[0].attrs["units"]
    for frame in frames:
        frame.attrs = {}
    joined = pd.concat(frames, keys=range(len(frames)), names=["plan"])
    joined.attrs["units"] = units
    _write(run.folder / PLAN_TABLE, joined)
    if run.record.prices:
        _write(run.folder / PRICE_TABLE, price_table(run))
