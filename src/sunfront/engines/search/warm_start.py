"""Designs of a former run, with which a search begins."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sunfront.arrays import Array
from sunfront.engines.search.unit_cube import Genome
from sunfront.errors import UserError
from sunfront.problem.problem import Problem
from sunfront.runs.results import Results
from sunfront.units import show

_PATH = ("engine", "warm_start")


def warm_genes(problem: Problem, folder: str) -> Array:
    """The genes (designs, variables) of every design of a run.

    Raises:
        UserError: It is no run, or its designs do not fit the problem's variables, which is named.
    """
    try:
        former = Results.load(Path(folder))
    except UserError as error:
        raise UserError(f"warm_start: {error.message}", _PATH) from None
    if former.designs.empty:
        raise UserError(f"warm_start: {folder} holds no design", _PATH)
    ours = {v.name for v in problem.variables}
    for name in former.record["variables"]:
        if name not in ours:
            raise UserError(f"warm_start: {folder} decides {name}, which is no variable of this study", _PATH)
    columns = {}
    for v in problem.variables:
        if v.name not in former.record["variables"]:
            raise UserError(f"warm_start: {folder} does not decide {v.name}, a variable of this study", _PATH)
        try:
            given = former.column(v)
        except UserError as error:
            raise UserError(f"warm_start: {folder}: {error.message}", _PATH) from None
        columns[v.name] = given
        off = v.off(given)
        if off.any():
            value = show(float(given[np.argmax(off)]), v.unit)
            span = f"{show(v.low, v.unit)} to {show(v.high, v.unit)}"
            raise UserError(
                f"warm_start: {folder} has a design with {v.name} = {value}, "
                f"which is none of this study's values ({span})",
                _PATH,
            )
    return Genome(problem.variables).genes(columns)
