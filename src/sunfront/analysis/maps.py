"""Maps around a design: two variables on a grid, the others as they are. The carpet plot that engineers know."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from sunfront.arrays import Array
from sunfront.errors import NotFinite
from sunfront.problem.problem import Problem
from sunfront.problem.variables import Variable
from sunfront.runs.run import Run

#: Values along an axis: contours are interpolated between them.
POINTS = 21
#: Maps in a page: it must stay small.
MOST = 30


@dataclass(frozen=True)
class Region:
    """Quantities over two variables, around one design; SI and USD.

    Attributes:
        design: Row of the design in the table.
        across, up: The variables.
        x, y: Their values, arrays (x,) and (y,).
        values: By quantity, arrays (y, x); NaN where the model has no number.
    """

    design: int
    across: str
    up: str
    x: Array
    y: Array
    values: dict[str, Array]


def regions(run: Run, designs: list[int], names: list[str]) -> list[Region]:
    """Maps of every pair of variables around each design, the first design's first, at most MOST.

    Args:
        designs: Rows in the table.
        names: Quantities and statistics.
    """
    # Between the choices of a category there is nothing to draw a line through.
    pairs = list(combinations((v for v in run.study.problem.variables if not v.labels), 2))
    wanted = [(row, pair) for row in designs for pair in pairs][:MOST]
    return [_region(run, row, pair, names) for row, pair in wanted]


def _region(run: Run, row: int, pair: tuple[Variable, Variable], names: list[str]) -> Region:

    problem = run.study.problem
    across, up = pair
    x, y = _ticks(across), _ticks(up)
    base = {v.name: float(run.results.designs[v.name].iloc[row]) for v in problem.variables}
    given = {**problem.values} | base | {across.name: x[None, :], up.name: y[:, None]}
    plain = [name for name in names if name not in problem.statistics]
    with np.errstate(all="ignore"):
        found = problem.model.evaluate(given, plain)
    shape = (len(y), len(x))
    designs = {n: np.broadcast_to(given[n], shape).ravel() for n in base}
    for name in problem.statistics.keys() & names:
        try:
            found[name] = problem.evaluate(designs, [name])[name].reshape(shape)
        except NotFinite:  # some sample of some design has no number
            found[name] = np.full(shape, np.nan)
    return Region(row, across.name, up.name, x, y, {n: np.broadcast_to(_number(found[n]), shape) for n in names})


def _number(value: object) -> Array:

    array: Array = np.array(value, float)
    array[~np.isfinite(array)] = np.nan
    return array


def _ticks(variable: Variable) -> Array:
    """Values of a variable over its range; of a grid its own, thinned where there are many."""

    if variable.values is None:
        return np.linspace(variable.low, variable.high, POINTS)
    grid: Array = np.array(variable.values)
    if len(grid) <= POINTS:
        return grid
    thinned: Array = grid[np.unique(np.linspace(0, len(grid) - 1, POINTS).round().astype(int))]
    return thinned


def most_telling(problem: Problem) -> list[str]:
    """What the maps show: objectives, what is constrained, and what people ask for first."""
    extra = [name for name in ("npv", "compute_cost", "capex", "node_mass") if name in problem.table_columns]
    return list(dict.fromkeys([*problem.criterion_names, *extra]))
