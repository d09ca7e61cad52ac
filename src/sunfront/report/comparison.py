"""Several runs side by side: their frontiers, what they assume differently, and where the cost differs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunfront import display
from sunfront.analysis.budgets import budgets
from sunfront.arrays import Array
from sunfront.errors import RunError, UserError
from sunfront.library.architectures import COST_ELEMENTS
from sunfront.library.parameters import parse_yaml
from sunfront.report import sentences
from sunfront.report.assembly import embedded, environment, packed, script, text
from sunfront.report.figures.front import bound
from sunfront.report.page_data import picked_rows, quantities, read, shown_columns
from sunfront.runs.results import Results
from sunfront.runs.run import Run
from sunfront.runs.settings import read_settings
from sunfront.units import unit


@dataclass(frozen=True)
class Difference:
    """What runs do not agree on: a name, and what each run says."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Bridge:
    """The way from one design's cost of compute to another's, USD/J, by what it is spent on.

    Attributes:
        steps: Pairs (element, difference), which add up to the difference of the costs: each element is a part of its
            cost, so that no order among them matters.
    """

    start: float
    steps: tuple[tuple[str, float], ...]
    end: float

    @property
    def ratio(self) -> float:
        """How many times the first cost the second is."""
        return self.end / self.start


def labels(runs: Sequence[Run]) -> list[str]:
    """A name for each run: the study, with engine or run id where that is needed to tell them apart."""
    names = [each.results.record.study for each in runs]
    for more in ([each.results.record.engine.name for each in runs], [each.folder.name for each in runs]):
        names = [f"{name} {m}" if names.count(name) > 1 else name for name, m in zip(names, more, strict=True)]
    return names


def differences(runs: Sequence[Run]) -> tuple[list[Difference], list[Difference], dict[str, list[str]]]:
    """What the studies ask differently; which assumptions differ; and by run, those that no other run has, with their
    values."""
    studies = [parse_yaml((r.folder / "study.yaml").read_text("utf-8")) for r in runs]
    settings = [read_settings(r.folder) for r in runs]
    keys = dict.fromkeys(key for study in studies for key in study if key != "parameters")
    asked = [Difference(key, tuple(_told(study.get(key)) for study in studies)) for key in keys]
    names = dict.fromkeys(name for given in settings for name in given)
    holders = {name: [i for i, given in enumerate(settings) if name in given] for name in names}
    assumed = [
        Difference(name, tuple(given[name].value if name in given else "-" for given in settings))
        for name in names
        if len(holders[name]) > 1
    ]
    lone = {
        label: [f"{name} = {settings[i][name].value}" for name in names if holders[name] == [i] and len(runs) > 1]
        for i, label in enumerate(labels(runs))
    }
    return [d for d in asked if len(set(d.values)) > 1], [d for d in assumed if len(set(d.values)) > 1], lone


def bridge(first: dict[str, float], second: dict[str, float]) -> Bridge:
    """From one cost to another, element by element; elements that differ by rounding alone do not differ.

    Args:
        first, second: Elements of the cost of compute, USD/J.

    Raises:
        RunError: The steps miss the end by more than rounding.
    """
    import math

    names = [n for n in (*COST_ELEMENTS, *first, *second) if n in first or n in second]
    pairs = {name: (first.get(name, 0.0), second.get(name, 0.0)) for name in names}
    steps = tuple((name, 0.0 if math.isclose(a, b, rel_tol=1e-13) else b - a) for name, (a, b) in pairs.items())
    start, end = math.fsum(first.values()), math.fsum(second.values())
    if not math.isclose(math.fsum([start, *(step for _, step in steps)]), end, rel_tol=1e-12):
        raise RunError("the steps from one cost of compute to the other do not add up")
    return Bridge(start, steps, end)


def elements(run: Run, row: int) -> dict[str, float] | None:
    """The elements of a design's cost of compute, USD/J; None where the study gives a sum itself."""
    budget = budgets(run).get("cost")
    return None if budget is None else {name: float(part[row]) for name, part in budget.parts.items()}


def island(runs: Sequence[Run]) -> dict[str, Any]:
    """The data of the page: the fronts of all runs in one table.

    Raises:
        UserError: A run has no front, or the runs have no quantity in common.
    """

    for each in runs:
        if each.results.front.empty:
            raise UserError(f"{each.folder} has no design to compare")
    fronts = [each.results.front_rows for each in runs]
    first = runs[0].results
    columns = [n for n in shown_columns(first) if all(n in r.results.units for r in runs)]
    labels_of = {
        name: list(dict.fromkeys(label for r in runs for label in r.results.labels[name]))
        for name in columns
        if all(name in r.results.labels for r in runs)
    }
    if not columns:
        raise UserError("the runs have no quantity in common")
    names = labels(runs)
    starts = np.cumsum([0, *(len(front) for front in fronts)])
    places = [
        {int(row): int(start) + i for i, row in enumerate(front)} for start, front in zip(starts, fronts, strict=False)
    ]
    picked = {
        f"{name}: {what}": place[row]
        for name, r, place in zip(names, runs, places, strict=True)
        for what, row in _compared(r.results).items()
    }
    return {
        "study": "comparison",
        "rows": [int(row) for front in fronts for row in front],
        "groups": {"labels": names, "of": [i for i, front in enumerate(fronts) for _ in front]},
        "columns": columns,
        "values": {
            name: packed(
                np.concatenate(
                    [
                        r.results.table.relabeled(name, labels_of[name])[front]
                        if name in labels_of
                        else _column(r, front, name, first.units[name])
                        for r, front in zip(runs, fronts, strict=True)
                    ]
                )
            )
            for name in columns
        },
        "front": list(range(int(starts[-1]))),
        "picked": picked,
        "objectives": [{"sense": o.sense, "name": o.name} for o in first.objectives if o.name in columns],
        "variables": [name for name in first.record.variables if name in columns],
        "constraints": [],
        "bound": [],
        "bounds": _bounds(runs),
        "others": [],
        "cost": _cost(runs, fronts),
        "quantities": _texts(runs, [*columns, "compute_cost"], labels_of),
    }


def _bounds(runs: Sequence[Run]) -> list[list[Any]]:
    """The proved staircase of each run that has the objectives of the first."""
    asked = runs[0].results.objectives
    return [bound(r.results).tolist() if r.results.objectives == asked else [] for r in runs]


def _cost(runs: Sequence[Run], fronts: Sequence[NDArray[np.intp]]) -> dict[str, Any] | None:
    """The elements of the cost of every design; None where some run has no account of it."""

    found = [budgets(r).get("cost") for r in runs]
    if any(budget is None for budget in found):
        return None
    present = [budget for budget in found if budget is not None]
    from_si = unit(present[0].unit).from_si
    names = dict.fromkeys(name for budget in present for name in budget.parts)
    parts = []
    for name in [n for n in COST_ELEMENTS if n in names] + [n for n in names if n not in COST_ELEMENTS]:
        columns = [
            budget.parts[name][front] if name in budget.parts else np.zeros(len(front))
            for budget, front in zip(present, fronts, strict=True)
        ]
        parts.append({"name": name, "words": display.words(name), "values": packed(from_si(np.concatenate(columns)))})
    return {"scales": display.unit_scales(present[0].unit), "parts": parts}


def _column(run: Run, front: NDArray[np.intp], name: str, shown: str) -> Array:
    results = run.results
    values = read(results.designs[name].to_numpy(float)[front], results, name)
    if results.units[name] == shown:
        return values
    converted: Array = unit(shown).from_si(unit(results.units[name]).to_si(values))
    return converted


def _texts(runs: Sequence[Run], names: Iterable[str], labels_of: Mapping[str, list[str]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in reversed(runs):
        elements_of = budgets(each).get("cost")
        found |= quantities(each, {*names, *(elements_of.parts if elements_of else ())})
    for name, known in labels_of.items():
        found[name]["labels"] = known
    return found


def _told(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_told(inner)}" for key, inner in value.items())
    return "; ".join(map(str, value)) if isinstance(value, list) else str(value)


def summary(runs: Sequence[Run]) -> list[str]:
    """In sentences: the least cost of compute of each run's front, and its ratio to the first run's."""
    said = []
    costs = []
    for name, each in zip(labels(runs), runs, strict=True):
        what, row = next(iter(_compared(each.results).items()))
        cost = float(each.results.designs["compute_cost"].iloc[row])
        costs.append(cost)
        ratio = f", {_ratio(cost, costs[0])}" if len(costs) > 1 else ""
        said.append(f"{name} ({what}): cost of compute {display.format_scaled(cost, 'USD/kWh')}{ratio}")
    return said


def _compared(results: Results) -> dict[str, int]:
    """Rows of the designs of a front that are compared, by what they are: the one of least cost of compute first."""
    picked = picked_rows(results)
    cheapest = int(results.front_rows[int(results.front["compute_cost"].to_numpy(float).argmin())])
    known = next((what for what, row in picked.items() if row == cheapest), "lowest compute cost")
    return {known: cheapest} | {what: row for what, row in picked.items() if row != cheapest}


def _ratio(cost: float, first: float) -> str:
    """The larger over the smaller, in words."""
    if cost < first:
        return f"the first costs {first / cost:.3g} times as much"
    return f"{cost / first:.3g} times the first"


def bridges(runs: Sequence[Run]) -> dict[str, Bridge]:
    """From the first run's least cost of compute to that of each other run, where both have an account of cost."""
    rows = [next(iter(_compared(each.results).values())) for each in runs]
    found = [elements(each, row) for each, row in zip(runs, rows, strict=True)]
    first = found[0]
    if first is None:
        return {}
    return {
        name: bridge(first, second)
        for name, second in zip(labels(runs)[1:], found[1:], strict=True)
        if second is not None
    }


def render(runs: Sequence[Run]) -> str:
    """The page that compares runs."""
    from markupsafe import Markup

    asked, assumed, lone = differences(runs)
    data = island(runs)
    return (
        environment()
        .get_template("compare.html")
        .render(
            names=labels(runs),
            records=[r.results.record for r in runs],
            standings=[sentences.headline(r.results) for r in runs],
            answers=[sentences.answer(r.results) for r in runs],
            summary=summary(runs),
            asked=asked,
            assumed=assumed,
            lone=lone.items(),
            cost=data["cost"] is not None,
            style=Markup(text("style.css")),
            script=Markup(script(SCRIPTS)),
            data=Markup(embedded(data)),
        )
    )


SCRIPTS = ("data", "state", "svg", "canvas", "scatter", "parallel", "table", "bridge", "tip", "theme", "compare")


def write(runs: Sequence[Run], path: Path) -> None:
    """Write the page that compares runs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(runs), "utf-8")
