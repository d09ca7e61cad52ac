"""Wide ranges of hardware narrowed to what the rows of a catalogue allow, before a program is scaled by them.

A solver's tolerance on a row is a share of the largest amounts. With ranges far beyond what a launch holds, that share
is large beside any design: a tolerance of 1e-9 was a tenth of a kilowatt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sunfront.arrays import Array
from sunfront.engines.exact.forms import Box, LinearForm
from sunfront.engines.exact.reach import TOLERANCE, Reach, rows_of_bounds
from sunfront.problem.problem import Problem
from sunfront.problem.variables import Variable

if TYPE_CHECKING:
    from sunfront.engines.exact.catalogue import Catalogue

#: Least factor by which a range must shrink. Ranges that fit stay as they are.
LEAST_FACTOR = 4.0


def narrowed(problem: Problem, catalogue: Catalogue) -> tuple[Problem, dict[str, float]]:
    """Narrow what may be much smaller, by the rows of all options; no feasible design is lost.

    Returns:
        The problem with smaller largest amounts of a node, the problem itself if none is; and for the totals of a stack
        their largest values, where they are smaller.
    """
    rows: Sequence[LinearForm] = [*catalogue.rows.values(), *catalogue.sides]
    if not catalogue.size or not catalogue.all_amounts or not rows:
        return problem, {}
    counted = None if isinstance(catalogue.count, np.ndarray) else catalogue.count
    variables = [a.variable for a in catalogue.amounts]
    box, low, high = ranges_of(catalogue)
    fewest = box.fewest
    reach = Reach([*rows, *rows_of_bounds(box, catalogue.envelopes, len(low))], low, high)
    with np.errstate(divide="ignore", invalid="ignore"):
        per_node = [top / np.maximum(fewest, 1e-300) for top in reach.high[1 if counted else 0 :]]
    largest = {v.name: float(top.max()) for v, top in zip(variables, per_node, strict=False)}
    if counted:
        largest[counted.variable.name] = float(reach.high[0].max())
    limits = {v.name: _limited(v, largest[v.name]) for v in problem.variables if v.name in largest}
    tops = {name: float(top.max()) * (1 + TOLERANCE) for name, top in zip(catalogue.columns, reach.high, strict=True)}
    scales = {name: top for name, top in tops.items() if 0 < LEAST_FACTOR * top < catalogue.columns[name]}
    if all(v.high <= LEAST_FACTOR * limits[v.name].high for v in problem.variables if v.name in limits):
        return problem, scales
    return replace(problem, variables=tuple(limits.get(v.name, v) for v in problem.variables)), scales


def ranges_of(catalogue: Catalogue) -> tuple[Box, list[Array], list[Array]]:
    """Return the ranges of the amounts of each node, and those of all amounts and envelopes; arrays (options,)."""
    counted = None if isinstance(catalogue.count, np.ndarray) else catalogue.count
    fewest = np.full(catalogue.size, counted.variable.low) if counted else np.asarray(catalogue.count, float)
    most = np.full(catalogue.size, counted.variable.high) if counted else fewest
    variables = [a.variable for a in catalogue.amounts]
    box = Box(fewest, most, counted is not None, [v.low for v in variables], [v.high for v in variables])
    low = [*([fewest] if counted else []), *(v.low * fewest for v in variables)]
    high = [*([most] if counted else []), *(v.high * most for v in variables)]
    low += [np.full(catalogue.size, e.lowest) for e in catalogue.envelopes]
    high += [np.full(catalogue.size, e.scale) for e in catalogue.envelopes]
    return box, low, high


def _limited(v: Variable, largest: float) -> Variable:
    """Return a variable with a smaller upper end, on its grid; it keeps a range."""
    high = max(largest * (1 + TOLERANCE), v.low)
    if v.step is not None:
        high = v.low + v.step * np.ceil((high - v.low) / v.step + 1)
    elif high <= v.low:
        high = v.low + TOLERANCE * max(abs(v.low), v.high - v.low)
    return replace(v, high=float(min(high, v.high)))
