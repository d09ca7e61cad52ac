"""Evaluation of designs in parts, by this process or side by side by workers.

The parts depend on the problem alone, so that the values do not depend on the number of workers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.engines.context import Context
from sunfront.engines.processes import Workers, side_by_side, worker_pool
from sunfront.engines.search.unit_cube import UnitCube
from sunfront.problem.problem import Broken, Problem

#: Designs of a part without samples; with them, values (designs x samples) of a part.
DESIGNS, VALUES = 1 << 10, 1 << 15


@dataclass(frozen=True)
class Evaluated:
    """What the designs of a part are worth.

    Attributes:
        scores: Array (designs, objectives); minus infinity in a design that is left out.
        violations: Array (designs, constraints); infinite in a design that is left out.
        feasible: Which designs meet every constraint up to rounding and have finite scores, array (designs,).
        broken: Number of designs in which a criterion is NaN or infinite where it may not be; they are left out.
        first_broken: Names the first of them.
    """

    scores: Array
    violations: Array
    feasible: NDArray[np.bool_]
    broken: int
    first_broken: str

    def merge(self, other: Evaluated) -> Evaluated:
        """Return these designs followed by the other ones."""
        return Evaluated(
            np.concatenate([self.scores, other.scores]),
            np.concatenate([self.violations, other.violations]),
            np.concatenate([self.feasible, other.feasible]),
            self.broken + other.broken,
            self.first_broken or other.first_broken,
        )


def evaluate_part(problem: Problem, cube: UnitCube, points: Array) -> Evaluated:
    """Evaluate points (designs, variables) at once."""
    broken = Broken(len(points))
    quantities = problem.evaluate(cube.designs(points), broken=broken)
    scores = problem.scores(quantities)
    is_fit = ~broken.mask & problem.has_finite_scores(scores)
    if problem.variables:  # an infinite objective is worse than any finite one, whatever its sense
        scores = np.where(np.isfinite(scores) & ~broken.mask[:, None], scores, -np.inf)
    violations = np.where(broken.mask[:, None], np.inf, problem.violations(quantities))
    feasible = problem.feasible(quantities) & is_fit
    return Evaluated(scores, violations, feasible, int(broken.mask.sum()), broken.first)


def canonical(problem: Problem, cube: UnitCube, points: Array) -> Array:
    """Return the points (designs, variables) with each variable that means nothing in a design at one value."""
    if not problem.conditions or not len(points):
        return points
    return cube.points(problem.canonical(cube.designs(points)))


class Evaluator:
    """Evaluates designs of a problem.

    Args:
        workers: Share the parts; None if this process evaluates them.
    """

    def __init__(self, problem: Problem, workers: Workers | None = None) -> None:
        self.problem, self.workers = problem, workers
        self.cube = UnitCube(problem.variables)
        self.size = DESIGNS
        if problem.statistics and problem.uncertainty is not None:
            self.size = min(max(VALUES // problem.uncertainty.samples, 1), DESIGNS)

    def evaluate(self, points: Array) -> Evaluated:
        """Evaluate points (designs, variables)."""
        parts = np.array_split(points, max(-(-len(points) // self.size), 1))
        if self.workers is None or len(parts) == 1:
            found = [evaluate_part(self.problem, self.cube, part) for part in parts]
        else:
            found = side_by_side(self.workers, _evaluate, [(part,) for part in parts])
        whole = found[0]
        for other in found[1:]:
            whole = whole.merge(other)
        return whole


@contextmanager
def open_workers(problem: Problem, context: Context) -> Iterator[Workers | None]:
    """Open the workers of a search; None with one worker, where everything runs in this process."""
    if context.is_alone:
        yield None
        return
    with worker_pool(context.workers, context.cluster, _set_problem, problem) as workers:
        yield workers


#: Problem and unit cube of a worker process.
_here: list[tuple[Problem, UnitCube]] = []


def problem_here() -> Problem:
    """The problem of this worker process."""
    return _here[0][0]


def _set_problem(problem: Problem) -> None:
    _here[:] = [(problem, UnitCube(problem.variables))]


def _evaluate(points: Array) -> Evaluated:
    return evaluate_part(*_here[0], points)
