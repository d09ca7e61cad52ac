"""Bounds on quantities by interval arithmetic, over the whole ranges of the variables and over pieces of them.

Terms with the same variable do not cancel over a wide range: capital less a loan on it would go below zero. In small
pieces they nearly do.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from sunfront.engines.exact.ranges import Interval
from sunfront.equation import Equation
from sunfront.problem.problem import Problem

#: About how many pieces there are in all.
PIECES = 20_000


def positive_divisors(problem: Problem) -> dict[str, float]:
    """Return a lower bound of each divisor that is positive in all pieces but, by its formula, not over the ranges.

    A solver that bounds formulas over whole ranges may divide by such a quantity if it is told the bound.
    """
    ranges = [v for v in problem.variables if not v.choices]
    combinations = math.prod(len(v.choices) for v in problem.variables if v.choices)
    count = int((PIECES / combinations) ** (1 / max(len(ranges), 1)))
    if count < 2:
        return {}  # too many variables for pieces
    whole, within = _bounds(problem, 1), _bounds(problem, count)
    inputs = {name for eq in _unbounded(problem, whole) for name in eq.inputs}
    return {name: low for name, (low, _) in within.items() if name in inputs and low > 0 >= whole[name][0]}


def unbounded_quantity(problem: Problem, least: Mapping[str, float]) -> Equation | None:
    """Return the first quantity without bounds over the whole ranges: it divides by what may be zero by its formula.

    Args:
        least: Lower bounds that are known, by quantity.
    """
    return next(_unbounded(problem, _bounds(problem, 1, least)), None)


def _unbounded(problem: Problem, ends: Mapping[str, tuple[float, float]]) -> Iterator[Equation]:
    return (eq for eq in problem.model if eq.name in ends and not np.isfinite(ends[eq.name]).all())


def _bounds(
    problem: Problem, count: int, least: Mapping[str, float] = MappingProxyType({})
) -> dict[str, tuple[float, float]]:
    """Return the ends of each quantity that depends on the variables; one piece holds all choices, too."""
    given: dict[str, Any] = dict(problem.values)
    for axis, v in enumerate(problem.variables):
        shape = [1] * len(problem.variables)
        shape[axis] = -1
        if v.choices:
            for name, values in v.lookup_tables.items():
                at = np.reshape(values, shape)
                given[name] = Interval(at, at) if count > 1 else Interval(at.min(), at.max())
        else:
            cuts = np.linspace(v.low, v.high, count + 1)
            given[v.name] = Interval(cuts[:-1].reshape(shape), cuts[1:].reshape(shape))

    def call(eq: Equation, found: dict[str, Any]) -> Any:
        try:
            value = eq.function(*[found[name] for name in eq.inputs])
        except (TypeError, AttributeError):  # intervals do not have all operations
            return Interval(-np.inf, np.inf)
        return value.clipped(least[eq.name], np.inf) if eq.name in least else value

    with np.errstate(all="ignore"):
        found = problem.model.evaluate(given, problem.criterion_names, call)
    return {n: (float(x.low.min()), float(x.high.max())) for n, x in found.items() if isinstance(x, Interval)}
