"""What the page knows: one JSON island with every number already computed, in the units in which people read them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunfront import display
from sunfront.analysis.budgets import SPLITS, Budget, budgets
from sunfront.analysis.maps import DesignMap, design_maps, map_quantities
from sunfront.arrays import Array
from sunfront.library.architectures import SHIPPED
from sunfront.library.presets import preset
from sunfront.problem import decisions
from sunfront.problem.problem import Problem
from sunfront.report import sentences
from sunfront.report.assembly import packed
from sunfront.report.figures.front import bound
from sunfront.runs.results import Results
from sunfront.runs.run import Run, runs_beside
from sunfront.units import unit

#: Designs in a page beside the front, and of the front; the table of the run holds all.
MOST = 10_000

#: What the page says of the measures by which a design of a front may be chosen.
MERITS = {
    "closeness_to_ideal": {
        "words": "Closeness to the ideal",
        "unit": "1",
        "scales": display.unit_scales("1"),
        "summary": "Distance to the worst over the sum of the distances to the worst and to the best of the front in "
        "every objective, these weighted alike (TOPSIS): 1 is best in everything.",
        "text": "",
        "source": "Hwang and Yoon, Multiple Attribute Decision Making (1981) ch. 3",
    },
    "hypervolume_contribution": {
        "words": "Hypervolume contribution",
        "unit": "%",
        "scales": display.unit_scales("%"),
        "summary": "Share of the front's hypervolume that this design alone covers: what leaving it out would lose.",
        "text": "",
        "source": "moocore.hv_contributions, from 1 % of the range below the worst",
    },
}

#: What the drawing of a node needs: totals over a stack, shown for one node.
DRAWN = ("array_area", "radiator_area")


def island(run: Run) -> dict[str, Any]:
    """The data of the page of one run."""

    results, problem = run.results, run.study.problem
    rows = shown_rows(results)
    columns = shown_columns(results)
    front = np.flatnonzero(results.on_front[rows])
    place = {int(row): i for i, row in enumerate(rows)}
    picked = picked_rows(results)
    found = budgets(run) if len(rows) else {}
    maps = design_maps(run, list(dict.fromkeys(picked.values())), map_quantities(problem))
    named = {*columns, *map_quantities(problem), *(n for b in found.values() for n in b.parts), *DRAWN}
    merits = _merits(results, rows)
    return {
        "study": results.record.study,
        "groups": None,
        "rows": [int(row) for row in rows],
        "columns": [*columns, *merits],
        "values": {
            **{name: packed(read(results.designs[name].to_numpy(float)[rows], results, name)) for name in columns},
            **{name: packed(values) for name, values in merits.items()},
        },
        "front": front.tolist(),
        "picked": {what: place[row] for what, row in picked.items()},
        "objectives": [{"sense": o.sense, "name": o.name} for o in results.objectives],
        "variables": results.record.variables,
        "constraints": _constraints(run),
        "shadow_prices": [
            {"design": place[p.design], "constraint": p.constraint, "words": sentences.shadow_price(results, p)}
            for p in results.record.shadow_prices
            if p.design in place and p.price
        ],
        "bound": bound(results).tolist(),
        "others": [_other(other, columns) for other in runs_beside(run) if other.kind != "sensitivity"],
        "budgets": {name: _budget(name, budget, rows) for name, budget in found.items()},
        "drawing": _drawing(run, rows),
        "regions": [_region(region, problem, place[region.design]) for region in maps],
        "quantities": quantities(run, named) | {name: MERITS[name] for name in merits},
    }


def shown_columns(results: Results) -> list[str]:
    """Columns for people: objectives, variables, then the rest."""
    objectives = [o.name for o in results.objectives]
    return list(dict.fromkeys([*objectives, *results.record.variables, *results.designs.columns]))


def shown_rows(results: Results) -> NDArray[np.intp]:
    """Rows of the designs in the page: all, or the front and others evenly through the table."""

    parts = []
    for rows in (np.flatnonzero(results.on_front), np.flatnonzero(~results.on_front)):
        few = len(rows) <= MOST
        parts.append(rows if few else rows[np.linspace(0, len(rows) - 1, MOST).astype(int)])
    return np.sort(np.concatenate(parts))


def picked_rows(results: Results) -> dict[str, int]:
    """Rows of the designs that speak for the front, by what they are; the one to begin with first."""
    found: dict[str, int] = {}
    for what, at in sorted(results.suggestions.items(), key=lambda item: item[0] != "knee"):
        found[sentences.landmark(results, what)] = int(results.front_rows[at])
    return found


def quantities(run: Run, names: Iterable[str]) -> dict[str, Any]:
    """What each quantity or statistic is: words, unit, equation, source."""
    problem, settings = run.study.problem, run.study.settings
    model, statistics = problem.model, problem.statistics
    categories = {v.name: v for v in problem.variables if v.labels}
    found = {}
    for name in sorted(names):
        if name in model:
            eq = model[name]
            read = run.results.units.get(name, eq.unit)
            facts = {"summary": eq.summary, "text": eq.text, "source": eq.source}
        elif name in settings:
            setting = settings[name]
            read = setting.unit
            source = setting.source if setting.origin == SHIPPED else f"set by {setting.origin}"
            facts = {"summary": "A variable or parameter.", "text": "", "source": source}
        elif name in statistics:
            quantity, statistic = statistics[name]
            read = run.results.units[name]
            summary = f"{(type(statistic).__doc__ or '').splitlines()[0]} Of: {model[quantity].summary}"
            facts = {"summary": summary, "text": model[quantity].text, "source": model[quantity].source}
        elif name in categories:
            read = "1"
            choices = (f"{label}: {preset(label).title}" for label in categories[name].labels)
            facts = {"summary": "; ".join(choices) + "."}
        else:  # what is left over in a budget
            continue
        if name in run.results.record.variables:
            facts["text"], facts["source"] = "", "a variable of this study"
        found[name] = {"words": display.words(name), "unit": read, "scales": display.unit_scales(read), **facts}
        if name in categories:
            found[name]["labels"] = list(categories[name].labels)
    return found


def read(values: Array, results: Results, name: str) -> Array:
    """Values of a column, SI, in the unit in which people read it."""
    read: Array = unit(results.units[name]).from_si(values)
    if name.endswith("_margin"):
        read[abs(read) < 1e-6] = 0.0  # what is left of a binding margin after rounding is nothing
    return read


def _merits(results: Results, rows: NDArray[np.intp]) -> dict[str, Array]:
    """What decides between the designs of a front, of all rows; NaN beside the front, nothing without a choice."""

    if len(results.objectives) < 2 or len(results.front) < 2:
        return {}
    found = {
        "closeness_to_ideal": decisions.closeness(results.scores),
        "hypervolume_contribution": 100 * decisions.contributions(results.scores),
    }
    merits = {}
    for name, values in found.items():
        of_all = np.full(len(results.designs), np.nan)
        of_all[results.front_rows] = values
        merits[name] = of_all[rows]
    return merits


def _constraints(run: Run) -> list[dict[str, Any]]:
    problem = run.study.problem
    found = []
    for c in problem.constraints:
        u = unit(problem.unit(c.name))
        scale = problem.constraint_scales[c] / u.factor
        found.append({"name": c.name, "sense": c.sense, "limit": u.from_si(c.limit), "scale": scale, "text": str(c)})
    return found


def _other(other: Results, columns: list[str]) -> dict[str, Any]:
    front = other.front
    return {
        "label": other.record.engine.name,
        "values": {name: packed(read(front[name].to_numpy(float), other, name)) for name in columns if name in front},
    }


def _budget(name: str, budget: Budget, rows: NDArray[np.intp]) -> dict[str, Any]:
    from_si = unit(budget.unit).from_si
    return {
        "title": budget.title,
        "scales": display.unit_scales(budget.unit),
        "words": "Total" if SPLITS[name].per else display.words(budget.quantity),
        "parts": [
            {"name": name, "words": display.words(name), "values": packed(from_si(part[rows]))}
            for name, part in budget.parts.items()
        ],
    }


def _drawing(run: Run, rows: NDArray[np.intp]) -> dict[str, str] | None:
    """Areas (m²) of one node's array and radiator and the volume (m³) of its body; None where a node has none."""

    problem, designs = run.study.problem, run.results.designs
    if not len(rows) or not all(name in problem.model for name in (*DRAWN, "nodes", "stowed_volume")):
        return None
    found = run.evaluate([*DRAWN, "nodes"])
    bare = {**problem.values} | {v.name: designs[v.name].to_numpy(float) for v in problem.variables}
    # The body is what is stowed when nothing is folded.
    volume = problem.model.evaluate(bare | dict.fromkeys(DRAWN, 0.0), ["stowed_volume"])["stowed_volume"]
    drawn = {"array": found["array_area"], "radiator": found["radiator_area"], "body": volume}
    return {
        name: packed((np.broadcast_to(total, len(designs)) / found["nodes"])[rows]) for name, total in drawn.items()
    }


def _region(region: DesignMap, problem: Problem, place: int) -> dict[str, Any]:
    def shown(name: str, values: Array) -> Any:
        return unit(problem.unit(name)).from_si(values)

    return {
        "design": place,
        "across": region.across,
        "up": region.up,
        "x": shown(region.across, region.x).tolist(),
        "y": shown(region.up, region.y).tolist(),
        "values": {name: packed(shown(name, values)) for name, values in region.values.items()},
    }
