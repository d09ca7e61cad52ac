"""Sentences and a table about the dates of a plan: the earliest, its price, and what those before it would take."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from sunfront.engines.plan.earlier import Earlier, Way
from sunfront.engines.plan.explanation import Shortage
from sunfront.problem.plan import Goal
from sunfront.runs.plans import PlanRun
from sunfront.units import unit


def value_text(run: PlanRun, goal: Goal, value: float) -> str:
    """Value of a goal with its unit; a date is the period at whose end it is reached."""
    if goal.kind == "date":
        return f"end of {run.study.plan.horizon.label(round(value))}" if math.isfinite(value) else "never"
    return run.text(value, goal.unit) if value > -math.inf else "none"


def _end(run: PlanRun, period: int) -> str:
    return f"end of {run.study.plan.horizon.label(period)}"


def _amount(run: PlanRun, s: Shortage) -> str:
    """What is missing, of whole things rounded up."""
    return f"{math.ceil(unit(s.unit).from_si(s.amount) - 1e-6):,}" if s.unit == "1" else run.text(s.amount, s.unit)


def missing_text(run: PlanRun, s: Shortage) -> str:
    """What is missing of one thing, and when."""
    text = _amount(run, s)
    span = "" if not s.when else f", {s.when[0]}" if s.when[0] == s.when[1] else f", {s.when[0]} to {s.when[1]}"
    if s.kind == "supply":
        return f"{text} more of {s.name}{' in all' * (len(set(s.when)) > 1)}{span}"
    if s.kind == "at_most":
        return f"{text} more units of {s.name} than its at_most"
    return f"{text} more capital" if s.kind == "capital" else f"'{s.name}' is missed by {text}"


def earliest_dates(run: PlanRun) -> dict[str, str]:
    """By its name, each date that a plan of a front reaches first, unless that is the plan which is shown first."""
    found = {}
    for i, objective in enumerate(run.study.plan.objectives):
        if objective.goal.kind != "date" or not run.points:
            continue
        first = int(np.argmin([point.simulation.scores[i] for point in run.points]))
        simulation = run.points[first].simulation
        if first:
            date = value_text(run, objective.goal, simulation.scores[i])
            npv = run.text(simulation.npv, "MUSD")
            found[f"earliest {objective.goal.text}"] = f"{date}, in plan {first} with npv {npv}"
    return found


def _npv_by_date(run: PlanRun) -> dict[int, float]:
    """The largest npv by each date of the plans of a front, reached then or earlier; empty without dates."""
    if (index := run.study.plan.date_index) is None:
        return {}
    found: dict[int, float] = {}
    best = -math.inf
    for t, npv in sorted((round(point.simulation.scores[index]), point.simulation.npv) for point in run.points):
        found[t] = best = max(best, npv)
    return found


def price_of_year(run: PlanRun) -> tuple[int, int, float] | None:
    """The earliest date of a front, that of a year later or the next, and the npv that it costs; None without two."""
    npv, year = _npv_by_date(run), run.study.plan.horizon.year
    if len(npv) < 2:
        return None
    first = min(npv)
    later = max([t for t in npv if first < t <= first + year] or sorted(npv)[1:2])
    return first, later, npv[later] - npv[first]


def price_of_dates(run: PlanRun) -> dict[str, str]:
    """What the earliest date of a front costs, against one a year later or the latest; and each year before the latest.

    Empty without two dates.
    """
    if (found := price_of_year(run)) is None:
        return {}
    npv, year = _npv_by_date(run), run.study.plan.horizon.year
    first, later, cost = found
    text = f"{_end(run, first)} costs {run.text(cost, 'MUSD')} of npv more than {_end(run, later)}"
    prices = {"price of an earlier date": text}
    ends = [t for t in range(max(npv), first - 1, -year) if t in npv]
    if len(ends) > 2 and ends[0] - ends[-1] == year * (len(ends) - 1):
        years = [f"{_end(run, t)} {run.text(npv[after] - npv[t], 'MUSD')}" for after, t in pairwise(ends)]
        prices[f"npv that each year earlier costs, from {_end(run, ends[0])} back"] = ", ".join(years)
    return prices


def _ways(date: Earlier) -> list[Way]:
    """What would do for a date, other than to want less."""
    return [way for way in date.ways if len(way.shortages) > 1 or not way.shortages[0].is_target]


def _way_text(run: PlanRun, way: Way) -> str:
    return " and ".join(missing_text(run, s) for s in way.shortages)


def binding_of_earliest(run: PlanRun) -> dict[str, str]:
    """What binds the earliest date: what the period before it would take. Empty if this is not known."""
    npv = _npv_by_date(run)
    date = next((date for date in run.record.earlier if date.period == min(npv, default=0) - 1), None)
    ways = [] if date is None else _ways(date)
    if date is None or not ways:
        return {}
    names = " or ".join(" and ".join(s.name for s in way.shortages) for way in ways)
    texts = " or ".join(_way_text(run, way) for way in ways)
    return {"what binds the earliest date": f"{names}; {_end(run, date.period)} would take {texts}"}


def earlier_rows(run: PlanRun) -> tuple[list[str], list[tuple[str, ...]]]:
    """Heads and rows of the table of dates before the earliest: what each lacks, what would do, and its price."""
    known = _npv_by_date(run)
    npv = dict(known)
    for date in run.record.earlier:
        if found := [way.npv for way in date.ways if way.npv is not None]:
            npv[date.period] = max(found)
    year = run.study.plan.horizon.year
    rows: list[tuple[str, ...]] = []
    for date in run.record.earlier:
        first = (_end(run, date.period), _missed(run, date))
        against = (known[min(known)], npv.get(date.period + year))
        for i, way in enumerate(_ways(date)):
            start = ("or", "") if i else first
            rows.append((*start, _way_text(run, way), *_money(run, way, against)))
        if not _ways(date):
            rows.append((*first, "-", "-", "-", "-"))
    prices = ["price against the earliest, what is missing not paid", "price against a year later"]
    return ["before the earliest", "missed by", "what would do", "npv with it", *prices], rows


def _missed(run: PlanRun, date: Earlier) -> str:
    """By how much a date is missed, or another target would be, if all else is as it is."""
    alone = [way.shortages[0] for way in date.ways if way not in _ways(date)]
    return ", ".join(_amount(run, s) if s.name == date.target else missing_text(run, s) for s in alone)


def _money(run: PlanRun, way: Way, against: tuple[float | None, ...]) -> list[str]:
    """The net present value of a way, and how much less that is than others."""
    if way.npv is None:
        return ["-"] * (1 + len(against))
    prices = ["-" if npv is None else run.text(npv - way.npv, "MUSD") for npv in against]
    return [run.text(way.npv, "MUSD"), *prices]


def earlier_notes(run: PlanRun) -> list[str]:
    """Sentences below the table of dates before the earliest."""
    notes = []
    if any(way.npv is not None for date in run.record.earlier for way in date.ways):
        notes.append(
            "What is missing is offered for nothing, modules too: what it costs comes on top of a price. Prices that "
            "follow a timeline stay as they are, though what is missing might lower them."
        )
    if any(_fills_fractions(run, date) for date in run.record.earlier):
        notes.append("Less would do than is missed: it also fills up the fractions of a unit that periods offer.")
    return notes


def _fills_fractions(run: PlanRun, date: Earlier) -> bool:
    """Whether less of the very quantity that is missed would do."""
    index = run.study.plan.date_index
    goal = run.study.plan.objectives[index or 0].goal
    same = [s.name for s in run.study.plan.supplies if s.quantity == goal.quantity and s.per_time]
    missed = [s.amount for way in date.ways for s in way.shortages if s.name == date.target]
    enough = [s.amount for way in _ways(date) for s in way.shortages if s.kind == "supply" and s.name in same]
    return any(math.ceil(less - 1e-6) < amount - 1e-6 for less in enough for amount in missed)
