"""Designs of a former run, from which a search starts."""

from __future__ import annotations

import numpy as np

from sunfront.arrays import Array
from sunfront.display import format_range, format_value
from sunfront.engines.search.unit_cube import UnitCube
from sunfront.errors import UserError
from sunfront.problem.problem import Problem
from sunfront.problem.table import DesignTable

_PATH = ("engine", "warm_start")


def warm_start_points(problem: Problem, folder: str, former: DesignTable) -> Array:
    """Return the points of the unit cube (designs, variables) of every design of a former run.

    Raises:
        UserError: The run has no design, or its designs do not fit the problem's variables; names the variable.
    """
    if not len(former):
        raise UserError(f"warm_start: {folder} has no design", _PATH)
    names = {v.name for v in problem.variables}
    for name in former.variables:
        if name not in names:
            raise UserError(f"warm_start: {folder} has the variable {name}, which this study does not have", _PATH)
    columns = {}
    for v in problem.variables:
        if v.name not in former.variables:
            raise UserError(f"warm_start: {folder} does not have {v.name}, a variable of this study", _PATH)
        try:
            values = former.column(v)
        except UserError as error:
            raise UserError(f"warm_start: {folder}: {error.message}", _PATH) from None
        columns[v.name] = values
        is_outside = v.outside_domain(values)
        if is_outside.any():
            value = format_value(float(values[np.argmax(is_outside)]), v.unit)
            raise UserError(
                f"warm_start: {folder} has a design with {v.name} = {value}, which is not among this study's values "
                f"({format_range(v.low, v.high, v.unit)})",
                _PATH,
            )
    return UnitCube(problem.variables).points(columns)
