"""Design maps: quantities over two variables around one design, the other variables fixed (a carpet plot)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.errors import NotFinite
from sunfront.problem.problem import Problem
from sunfront.problem.variables import Variable
from sunfront.runs.run import Run

#: Values along an axis. Contours are interpolated between them.
AXIS_POINTS = 21

#: Distance from a limit, as a share of the constraint's scale, that is a solver's tolerance and not data.
NOISE = 1e-6

#: A map around what is feasible is drawn again closer, until it fills this share of the map before.
FILLED, ROUNDS = 0.7, 4

#: Largest number of maps in a report, which keeps the page small.
MAX_MAPS = 30


@dataclass(frozen=True)
class DesignMap:
    """Quantities over two variables around one design, in SI and USD.

    Attributes:
        design: Row of the design in the table.
        across, up: Names of the variables along x and along y.
        x, y: Their values, arrays (x,) and (y,).
        values: Arrays (y, x) by quantity. NaN where the model gives NaN or infinity.
    """

    design: int
    across: str
    up: str
    x: Array
    y: Array
    values: dict[str, Array]


def design_maps(run: Run, designs: list[int], names: list[str]) -> list[DesignMap]:
    """Compute maps of every pair of variables around each design, the first design first, at most ``MAX_MAPS``.

    Args:
        designs: Rows in the table.
        names: Quantities and statistics.
    """
    # The choices of a preset variable have no order, so nothing can be interpolated between them.
    pairs = list(combinations((v for v in run.study.problem.variables if not v.labels), 2))
    wanted = [(row, pair) for row in designs for pair in pairs][:MAX_MAPS]
    return [_design_map(run, row, pair, names) for row, pair in wanted]


def feasible_map(run: Run, row: int, pair: tuple[Variable, Variable], names: list[str]) -> DesignMap:
    """Compute the map of a pair of variables around a design, closer to the design and to what meets every constraint.

    Args:
        names: As of ``design_maps``; all constrained quantities are among them.
    """
    found = _design_map(run, row, pair, names)
    for _ in range(ROUNDS):
        good = np.ones((len(found.y), len(found.x)), bool)
        for c in run.study.problem.constraints:
            good &= c.slack(found.values[c.name]) >= -NOISE * run.study.problem.constraint_scales[c]
        spans = [
            _span(axis, np.flatnonzero(good.any(axis=k)), float(run.results.designs[v.name].iloc[row]))
            for k, (axis, v) in enumerate(zip((found.x, found.y), pair, strict=True))
        ]
        closer = _design_map(run, row, pair, names, spans)
        if _area(closer) > FILLED * _area(found):
            break
        found = closer
    return found


def _span(axis: Array, good: NDArray[np.intp], own: float) -> tuple[float, float]:
    """The ends of the part of an axis that holds the feasible values and the design's own, with a margin."""
    places = [*good.tolist(), *np.searchsorted(axis, [own, own]).tolist()]
    return float(axis[max(min(places) - 2, 0)]), float(axis[min(max(places) + 2, len(axis) - 1)])


def _area(found: DesignMap) -> float:
    return float(np.ptp(found.x) * np.ptp(found.y))


def _design_map(
    run: Run,
    row: int,
    pair: tuple[Variable, Variable],
    names: list[str],
    spans: Sequence[tuple[float, float]] = ((-np.inf, np.inf), (-np.inf, np.inf)),
) -> DesignMap:
    problem = run.study.problem
    across, up = pair
    x, y = (_axis_values(v, *span) for v, span in zip(pair, spans, strict=True))
    base = {v.name: float(run.results.designs[v.name].iloc[row]) for v in problem.variables}
    given = {**problem.values} | base | {across.name: x[None, :], up.name: y[:, None]}
    quantities = [name for name in names if name not in problem.statistics]
    with np.errstate(all="ignore"):
        found = problem.model.evaluate(given, quantities)
    shape = (len(y), len(x))
    designs = {n: np.broadcast_to(given[n], shape).ravel() for n in base}
    for name in problem.statistics.keys() & names:
        try:
            found[name] = problem.evaluate(designs, [name])[name].reshape(shape)
        except NotFinite:  # in some sample of some design
            found[name] = np.full(shape, np.nan)
    values = {name: np.broadcast_to(_finite_or_nan(found[name]), shape) for name in names}
    return DesignMap(row, across.name, up.name, x, y, values)


def _finite_or_nan(value: object) -> Array:
    array: Array = np.array(value, float)
    array[~np.isfinite(array)] = np.nan
    return array


def _axis_values(variable: Variable, first: float, last: float) -> Array:
    """Evenly spaced values of a variable between two; of a discrete one its own values, at most ``AXIS_POINTS``."""
    if variable.size is None:
        return np.linspace(max(variable.low, first), min(variable.high, last), AXIS_POINTS)
    low, high = variable.nearest(np.array([first, last]))
    return variable.at(np.linspace(low, high, min(int(high - low) + 1, AXIS_POINTS)).round().astype(int))


def map_quantities(problem: Problem) -> list[str]:
    """Names of the quantities to map: objectives, constrained quantities, and the most common figures of merit."""
    extra = [name for name in ("npv", "compute_cost", "capex", "node_mass") if name in problem.table_columns]
    return list(dict.fromkeys([*problem.criterion_names, *extra]))
