"""Designs of a former run, with which a search begins."""

from __future__ import annotations

import numpy as np

from sunfront.arrays import Array
from sunfront.display import format_range, format_value
from sunfront.engines.search.unit_cube import Genome
from sunfront.errors import UserError
from sunfront.problem.problem import Problem
from sunfront.problem.table import DesignTable

_PATH = ("engine", "warm_start")


def warm_genes(problem: Problem, folder: str, former: DesignTable) -> Array:
    """The genes (designs, variables) of every design of a former run.

    Raises:
        UserError: It has no design, or its designs do not fit the problem's variables; names the culprit.
    """
    if not len(former):
        raise UserError(f"warm_start: {folder} holds no design", _PATH)
    ours = {v.name for v in problem.variables}
    for name in former.variables:
        if name not in ours:
            raise UserError(f"warm_start: {folder} decides {name}, which is no variable of this study", _PATH)
    columns = {}
    for v in problem.variables:
        if v.name not in former.variables:
            raise UserError(f"warm_start: {folder} does not decide {v.name}, a variable of this study", _PATH)
        try:
            given = former.column(v)
        except UserError as error:
            raise UserError(f"warm_start: {folder}: {error.message}", _PATH) from None
        columns[v.name] = given
        off = v.outside_domain(given)
        if off.any():
            value = format_value(float(given[np.argmax(off)]), v.unit)
            span = format_range(v.low, v.high, v.unit)
            raise UserError(
                f"warm_start: {folder} has a design with {v.name} = {value}, "
                f"which is none of this study's values ({span})",
                _PATH,
            )
    return Genome(problem.variables).genes(columns)
