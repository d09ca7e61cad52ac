"""The interface of the exact solvers: the best score of one objective with floors on the others, and a bound on it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np

from sunfront.problem.criteria import Constraint
from sunfront.problem.variables import Variable

#: A floor is lowered by this share of its value. HiGHS misses some designs within 1e-8 of a floor.
FLOOR_TOLERANCE = 1e-7

#: A floor near zero is lowered as if it were this share of a score's typical size.
SMALLEST_FLOOR = 0.01


def lowered(floor: float, scale: float) -> float:
    """Return a floor on a score lowered by what a solver may miss.

    Args:
        scale: Typical size of the score.
    """
    return floor - FLOOR_TOLERANCE * max(abs(floor), SMALLEST_FLOOR * abs(scale))


def raised_bound(bound: float, scale: float, tolerance: float) -> float:
    """Return a bound that a solver told, raised by what its tolerance may have cost.

    Args:
        scale: Typical size of the score; a bound near zero is raised by a share of it.
        tolerance: Of the solver on its rows, relative.
    """
    return bound + tolerance * max(abs(bound), abs(scale))


@dataclass(frozen=True)
class Solution:
    """The design that a solve returns, and the bound that it proves.

    Attributes:
        design: Value of each variable.
        scores: Scores of the objectives, according to the solver.
        bound: No design above the floors exceeds it in the objective that was maximized; infinite if none is known.
        is_cut: The solver was stopped by the deadline or by an interruption: the next solve would be, too.
        is_limited: The solver gave up at its limit of nodes, or did not look for what is best in the other objectives;
            if ``design`` is empty, before it found one.
    """

    design: dict[str, float]
    scores: tuple[float, ...]
    bound: float
    is_cut: bool = False
    is_limited: bool = False


class ExactSolver(Protocol):
    """A solver that holds one problem and solves it again and again."""

    @property
    def objectives(self) -> int:
        """Number of objectives."""
        ...

    def maximize(self, index: int, floors: Mapping[int, float], deadline: float, start: float = 0.0) -> Solution | None:
        """Maximize the score of one objective.

        Args:
            index: Number of the objective, from 0.
            floors: Lowest scores allowed, by number of the objective.
            deadline: Value of ``time.monotonic`` at which to stop.
            start: A score that is known to be reached.

        Returns:
            None if no design is feasible.

        Raises:
            SolverFailure: The solver ended without a design or a bound.
            TimeoutError: The deadline passed before the first design was found.
            KeyboardInterrupt: An interruption came before the first design was found.
        """
        ...


@runtime_checkable
class BeginsFromDesigns(Protocol):
    """A solver that is faster if it is told a design."""

    def begin_from(self, known: Solution) -> None:
        """Begin the next solve from a solution that is above its floors."""
        ...


def maximize_lexicographically(
    solver: ExactSolver,
    index: int,
    floors: Mapping[int, float],
    deadline: float,
    start: float = 0.0,
    known: Solution | None = None,
) -> Solution | None:
    """Maximize one objective, then the others in their order without giving up any score reached.

    The result is not weakly dominated, unless it is cut. Arguments and exceptions are those of
    ``ExactSolver.maximize``.

    Args:
        known: The solution whose score is ``start``.
    """
    if known is not None and isinstance(solver, BeginsFromDesigns):
        solver.begin_from(known)
    best = solver.maximize(index, floors, deadline, start)
    if best is None or not best.design:
        return best
    floors = {**floors, index: best.scores[index]}
    point, is_cut, is_limited = best, best.is_cut, best.is_limited
    for other in range(solver.objectives):
        if is_cut:
            break  # also where the solver of this solve, which knows of an interruption, is not kept
        if other == index:
            continue
        try:
            better = solver.maximize(other, floors, deadline, point.scores[other])
        except (TimeoutError, KeyboardInterrupt):
            is_cut = True
            break
        is_cut |= better is not None and better.is_cut
        is_limited |= better is not None and better.is_limited
        if better is not None and better.scores[other] > point.scores[other]:
            point = better
        floors[other] = point.scores[other]
    return replace(point, bound=best.bound, is_cut=is_cut, is_limited=is_limited)


#: Names that a model gives to components after those of the quantities.
_TAKEN = frozenset({"score", "floors", "goal"})


def row_name(model: Any, constraint: Constraint) -> str:
    """Return a free component name of a Pyomo model: ``power_margin_at_least``, or with a number appended."""
    return component_name(model, f"{constraint.quantity}_at_{'least' if constraint.sense == '>=' else 'most'}")


def component_name(model: Any, name: str) -> str:
    """Return a free component name of a Pyomo model for a quantity, which may be an expression.

    Attributes of Pyomo's blocks, such as ``name``, are not free.
    """
    plain = re.sub(r"\W+", "_", name).strip("_") or "expression"
    count, free = 2, plain
    while free in _TAKEN or hasattr(model, free):
        free, count = f"{plain}_{count}", count + 1
    return free


def snap_to_domain(variable: Variable, value: float) -> float:
    """Clip a value to the variable's bounds and round it to the variable's grid, if it has one."""
    within = np.array([min(max(value, variable.low), variable.high)])
    return float(variable.snap(within)[0])
