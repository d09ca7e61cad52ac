"""The data of a run's report page: JSON with every number computed, in display units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunfront import display
from sunfront.analysis.budgets import SPLITS, Budget, budgets
from sunfront.analysis.maps import NOISE, DesignMap, design_maps, map_quantities
from sunfront.arrays import Array
from sunfront.problem import decisions
from sunfront.problem.front import evenly
from sunfront.problem.problem import Problem
from sunfront.report import sentences
from sunfront.report.descriptions import CASH_AXES, RANKING_CRITERIA, describe_quantities
from sunfront.report.figures.cash_flow import cash_curves
from sunfront.report.figures.front import bound_corners
from sunfront.report.figures.style import NARROW
from sunfront.report.html import pack_column, pack_floats
from sunfront.runs.results import Results
from sunfront.runs.run import Run
from sunfront.units import unit

#: Largest number of designs on a page, on the front and off the front each. The run's table has all designs.
MAX_DESIGNS = 10_000

#: Costs of what compute sells, in whose units the page can show the cost of compute.
COSTS = ("accelerator_hour_cost", "token_cost")

#: Areas in the drawing of a node. The model has their totals over a stack.
NODE_AREAS = ("array_area", "radiator_area")


def run_data(run: Run, live: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Build the data of a run's page.

    Args:
        live: What the page needs to compute its designs itself. Without it the page holds maps that are computed here.
    """
    results, problem = run.results, run.study.problem
    rows = shown_rows(results)
    columns = ordered_columns(results)
    position = {int(row): i for i, row in enumerate(rows)}
    highlighted = highlighted_rows(results)
    found = {name: each for name, each in budgets(run).items() if len(each.parts) > 1} if len(rows) else {}
    mapped = map_quantities(problem)
    maps = design_maps(run, list(dict.fromkeys(highlighted.values())), mapped) if live is None else []
    described = {*columns, *mapped, *(n for b in found.values() for n in b.parts), *NODE_AREAS}
    criteria, limits = _ranking_criteria(results, rows), constraint_limits(run)
    return {
        "study": results.record.study,
        "runs": None,
        "table_rows": [int(row) for row in rows],
        "columns": [*columns, *criteria],
        "values": {
            **{name: pack_column(column_values(results, name, limits)[rows]) for name in columns},
            **{name: pack_column(values) for name, values in criteria.items()},
        },
        "front": np.flatnonzero(results.on_front[rows]).tolist(),
        "highlighted": {label: position[row] for label, row in highlighted.items()},
        "objectives": [{"sense": o.sense, "name": o.name} for o in results.objectives],
        "variables": results.record.variables,
        "constraints": _constraints(run),
        "shadow_prices": _shadow_prices(results, position),
        "bound": bound_corners(results).tolist(),
        "spread": _spread(run, columns, rows),
        "cost_units": _cost_units(run),
        "other_engines": [
            _other_engine(other, columns, limits) for other in run.other_engines if other.kind != "sensitivity"
        ],
        "budgets": {name: _budget(name, budget, rows) for name, budget in found.items()},
        "node": _node_sizes(run, rows),
        "cash": _cash(run, position),
        "maps": [_design_map(found, problem, position[found.design]) for found in maps],
        "mapped": mapped,
        "narrow": NARROW,
        "bounds_of": _ranges(problem),
        "live": live,
        "quantities": describe_quantities(run, described)
        | {name: RANKING_CRITERIA[name] for name in criteria}
        | CASH_AXES,
    }


def ordered_columns(results: Results) -> list[str]:
    """Columns of the run's table: objectives first, then variables, then the rest."""
    objectives = [o.name for o in results.objectives]
    return list(dict.fromkeys([*objectives, *results.record.variables, *results.designs.columns]))


def shown_rows(results: Results) -> NDArray[np.intp]:
    """Rows of the run's table that the page shows: all, or an even selection on the front and off the front."""
    parts = (np.flatnonzero(results.on_front), np.flatnonzero(~results.on_front))
    return np.sort(np.concatenate([rows[evenly(len(rows), MAX_DESIGNS)] for rows in parts]))


def highlighted_rows(results: Results) -> dict[str, int]:
    """Rows of the suggested designs by label, as ``knee``, the one to look at first before the others."""
    if not (found := results.suggestions):
        return {}
    keys = dict.fromkeys((results.main_suggestion, *found))
    return {sentences.suggestion_label(results, key): int(results.front_rows[found[key]]) for key in keys}


def column_values(results: Results, name: str, limits: Mapping[str, tuple[float, float]]) -> Array:
    """A column of the run's table in its display unit; array (designs,).

    Args:
        limits: By name, the limit of a constrained quantity and the distance from it that is a solver's tolerance:
            what is nearer is at the limit.
    """
    values: Array = unit(results.units[name]).from_si(results.designs[name].to_numpy(float))
    values[results.is_empty(name, results.designs)] = np.nan
    if name in limits:
        limit, noise = limits[name]
        values[abs(values - limit) <= noise] = limit
    return values


def _ranking_criteria(results: Results, rows: NDArray[np.intp]) -> dict[str, Array]:
    """The ranking criteria of the designs on the page; NaN off the front. None if the front has nothing to rank."""
    if len(results.objectives) < 2 or len(results.front) < 2:
        return {}
    front_values = {"closeness_to_ideal": decisions.closeness(results.scores)}
    contributions = decisions.contributions(results.scores)
    if contributions is not None:
        front_values["hypervolume_contribution"] = 100 * contributions
    found = {}
    for name, values in front_values.items():
        all_values = np.full(len(results.designs), np.nan)
        all_values[results.front_rows] = values
        found[name] = all_values[rows]
    return found


def _constraints(run: Run) -> list[dict[str, Any]]:
    problem = run.study.problem
    found = []
    for c in problem.constraints:
        u = unit(problem.unit(c.name))
        scale = problem.constraint_scales[c] / u.factor
        limit = u.from_si(c.limit)
        found.append(
            {"name": c.name, "sense": c.sense, "limit": limit, "scale": scale, "noise": NOISE * scale, "text": str(c)}
        )
    return found


def constraint_limits(run: Run) -> dict[str, tuple[float, float]]:
    """The limit of each constrained quantity, and the distance from it that is a solver's tolerance; display units."""
    return {c["name"]: (c["limit"], c["noise"]) for c in _constraints(run)}


def _spread(run: Run, columns: Iterable[str], rows: NDArray[np.intp]) -> dict[str, list[str]]:
    """By column, the 5th and 95th percentile over the samples of the designs on the front; NaN off the front."""
    results, problem = run.results, run.study.problem
    stored = results.record.uncertainty.percentiles if results.record.uncertainty is not None else {}
    found = {}
    for name in columns:
        quantity = problem.statistics[name][0] if name in problem.statistics else name
        if f"p5 {quantity}" in stored:
            ends = []
            for share in (5, 95):
                values = np.full(len(results.designs), np.nan)
                values[results.front_rows] = unit(results.units[name]).from_si(
                    np.array(stored[f"p{share} {quantity}"], float)
                )
                ends.append(pack_column(values[rows]))
            found[name] = ends
    return found


def _shadow_prices(results: Results, position: Mapping[int, int]) -> dict[str, list[tuple[int, str]]]:
    """By the text of a constraint, the designs that it binds and what it costs there, as text."""
    found: dict[str, list[tuple[int, str]]] = {}
    for p in results.record.shadow_prices:
        if p.design in position and p.price:
            found.setdefault(p.constraint, []).append((position[p.design], sentences.shadow_price(results, p)))
    return found


def _cost_units(run: Run) -> dict[str, float]:
    """By cost of a product, how many times the cost of compute it is, in display units; only if so in all designs."""
    model = run.study.problem.model
    if run.results.front.empty or not all(name in model for name in ("compute_cost", *COSTS)):
        return {}
    found = run.evaluate(["compute_cost", *COSTS])
    shown = {name: unit(model[name].unit).from_si(np.asarray(values, float)) for name, values in found.items()}
    ratios = {name: np.unique(np.round(shown[name] / shown["compute_cost"], 12)) for name in COSTS}
    return {name: float(ratio[0]) for name, ratio in ratios.items() if len(ratio) == 1 and np.isfinite(ratio[0])}


def _ranges(problem: Problem) -> dict[str, list[float]]:
    """The range of each variable that is a number, in display units: that of an axis on which all designs are one."""
    return {
        v.name: [float(unit(v.unit).from_si(end)) for end in (v.low, v.high)] for v in problem.variables if not v.labels
    }


def _other_engine(other: Results, columns: list[str], limits: Mapping[str, tuple[float, float]]) -> dict[str, Any]:
    """The front of another engine's run of the same problem."""
    return {
        "label": other.record.engine.name,
        "values": {
            name: pack_floats(column_values(other, name, limits)[other.front_rows])
            for name in columns
            if name in other.designs
        },
    }


def _budget(key: str, budget: Budget, rows: NDArray[np.intp]) -> dict[str, Any]:
    from_si = unit(budget.unit).from_si
    return {
        "title": budget.title,
        "scales": display.unit_scales(budget.unit),
        "factor": unit(budget.unit).factor,
        "total": SPLITS[key].total,
        "per": SPLITS[key].per,
        "label": "Total" if SPLITS[key].per else display.words(budget.quantity),
        "parts": [
            {"name": name, "label": display.words(name), "values": pack_column(from_si(part[rows]))}
            for name, part in budget.parts.items()
        ],
    }


def _node_sizes(run: Run, rows: NDArray[np.intp]) -> dict[str, str] | None:
    """Areas of the array and radiator (m²) and volume of the body (m³) of one node; None if a node lacks one."""
    problem, designs = run.study.problem, run.results.designs
    if not len(rows) or not all(name in problem.model for name in (*NODE_AREAS, "nodes", "stowed_volume")):
        return None
    found = run.evaluate([*NODE_AREAS, "nodes"])
    inputs = {**problem.values} | {v.name: designs[v.name].to_numpy(float) for v in problem.variables}
    # The body is the stowed volume of a node without array and radiator.
    volume = problem.model.evaluate(inputs | dict.fromkeys(NODE_AREAS, 0.0), ["stowed_volume"])["stowed_volume"]
    totals = {"array": found["array_area"], "radiator": found["radiator_area"], "body": volume}
    return {
        name: pack_column((np.broadcast_to(total, len(designs)) / found["nodes"])[rows])
        for name, total in totals.items()
    }


def _cash(run: Run, position: dict[int, int]) -> list[dict[str, Any]]:
    """The cash of the suggested designs over time, and the elements of their present values; in MUSD."""
    return [
        {
            "design": position[int(run.results.front_rows[curve.row])],
            "label": curve.label,
            "years": pack_floats(curve.years),
            "cumulative": pack_floats(curve.cumulative),
            "discounted": pack_floats(curve.discounted),
            "steps": [{"label": display.words(name), "value": value} for name, value in curve.steps],
        }
        for curve in cash_curves(run) or []
    ]


def _design_map(found: DesignMap, problem: Problem, position: int) -> dict[str, Any]:
    def displayed(name: str, values: Array) -> Any:
        return unit(problem.unit(name)).from_si(values)

    return {
        "design": position,
        "across": found.across,
        "up": found.up,
        "x": displayed(found.across, found.x).tolist(),
        "y": displayed(found.up, found.y).tolist(),
        "values": {name: pack_floats(displayed(name, values)) for name, values in found.values.items()},
    }
