"""The data of the page that compares runs: the fronts of all runs in one table, in the first run's display units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunfront import display
from sunfront.arrays import Array
from sunfront.errors import UserError
from sunfront.report.cost_bridge import COST, compared_rows, cost_parts, element_order
from sunfront.report.descriptions import describe_quantities
from sunfront.report.differences import run_labels
from sunfront.report.figures.front import bound_corners
from sunfront.report.figures.style import NARROW
from sunfront.report.html import pack_column
from sunfront.report.page_data import column_values, constraint_limits, ordered_columns
from sunfront.runs.run import Run
from sunfront.units import unit


def comparison_data(runs: Sequence[Run]) -> dict[str, Any]:
    """Build the data of the page that compares runs.

    Raises:
        UserError: A run has no front, or the runs have no quantity in common.
    """
    for run in runs:
        if run.results.front.empty:
            raise UserError(f"{run.folder} has no feasible design to compare; leave it out")
    first = runs[0].results
    columns = [name for name in ordered_columns(first) if all(name in run.results.units for run in runs)]
    if not columns:
        raise UserError("the runs have no quantity in common; compare runs that share an objective or a metric")
    choices = {
        name: list(dict.fromkeys(label for run in runs for label in run.results.labels[name]))
        for name in columns
        if all(name in run.results.labels for run in runs)
    }
    labels = run_labels(runs)
    fronts = [run.results.front_rows for run in runs]
    starts = np.cumsum([0, *(len(front) for front in fronts)]).tolist()
    positions = [
        {int(row): start + i for i, row in enumerate(front)} for start, front in zip(starts, fronts, strict=False)
    ]
    return {
        "study": "comparison",
        "runs": {"labels": labels, "indices": [i for i, front in enumerate(fronts) for _ in front]},
        "table_rows": [int(row) for front in fronts for row in front],
        "columns": columns,
        "values": {name: pack_column(_joined_column(runs, name, choices.get(name))) for name in columns},
        "front": list(range(starts[-1])),
        "highlighted": {
            f"{label}: {design}": position[row]
            for label, run, position in zip(labels, runs, positions, strict=True)
            for design, row in compared_rows(run.results).items()
        },
        "objectives": [{"sense": o.sense, "name": o.name} for o in first.objectives if o.name in columns],
        "variables": [name for name in first.record.variables if name in columns],
        "constraints": [],
        "bound": [],
        "bounds": _bounds(runs),
        "narrow": NARROW,
        "bounds_of": {},
        "live": None,
        "other_engines": [],
        "cost": _cost(runs, fronts),
        "quantities": _quantities(runs, choices),
    }


def _joined_column(runs: Sequence[Run], name: str, choices: list[str] | None) -> Array:
    """A column of all fronts, in the first run's display unit; of a preset variable, numbers of ``choices``."""
    parts = []
    shown_unit = runs[0].results.units[name]
    for run in runs:
        results = run.results
        if choices is not None:
            values = results.table.relabeled(name, choices)
        else:
            values = column_values(results, name, constraint_limits(run))
            if results.units[name] != shown_unit:
                values = unit(shown_unit).from_si(unit(results.units[name]).to_si(values))
        parts.append(values[results.front_rows])
    return np.concatenate(parts)


def _bounds(runs: Sequence[Run]) -> list[list[Any]]:
    """Corners of each run's proved bound; empty for a run without proof, or with other objectives than the first."""
    objectives = runs[0].results.objectives
    return [bound_corners(r.results).tolist() if r.results.objectives == objectives else [] for r in runs]


def _cost(runs: Sequence[Run], fronts: Sequence[NDArray[np.intp]]) -> dict[str, Any]:
    """Elements of every design's cost of compute. If a run's study sets a sum of them, its whole cost is one part."""
    found = [cost_parts(run) for run in runs]
    shown_unit = runs[0].study.problem.model[COST].unit
    parts = []
    for name in element_order(dict.fromkeys(name for each in found for name in each)):
        columns = [
            each[name][front] if name in each else np.zeros(len(front))
            for each, front in zip(found, fronts, strict=True)
        ]
        values = pack_column(unit(shown_unit).from_si(np.concatenate(columns)))
        parts.append({"name": name, "label": "Not split" if name == COST else display.words(name), "values": values})
    return {"scales": display.unit_scales(shown_unit), "parts": parts, "split": [COST not in each for each in found]}


def _quantities(runs: Sequence[Run], choices: Mapping[str, list[str]]) -> dict[str, Any]:
    """Descriptions of quantities and cost elements; the first run that has a quantity describes it."""
    found: dict[str, Any] = {}
    for run in reversed(runs):
        found |= describe_quantities(run, {*ordered_columns(run.results), COST, *cost_parts(run)})
    for name, labels in choices.items():
        found[name]["choices"] = labels
    return found
