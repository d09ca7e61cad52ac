"""What every exact solver answers: the best score of one objective above floors on the others, and a bound on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from sunfront.problem.criteria import Constraint
from sunfront.problem.variables import Variable

#: By this share a floor is set lower than asked. HiGHS was seen to miss designs within 1e-8 of a floor.
LOOSE = 1e-7


@dataclass(frozen=True)
class Solved:
    """A design that a solver found, and what it proves.

    Attributes:
        design: Value of each variable.
        scores: What the solver says its objectives score.
        bound: No design above the floors scores above it in the objective maximized.
    """

    design: dict[str, float]
    scores: tuple[float, ...]
    bound: float


class Exact(Protocol):
    """A program kept by a solver between solves."""

    @property
    def objectives(self) -> int:
        """How many objectives there are."""
        ...

    def maximize(self, index: int, floors: Mapping[int, float], deadline: float, start: float = 0.0) -> Solved | None:
        """The best score of objective ``index`` with others at least their ``floors``.

        Args:
            deadline: Value of ``time.monotonic`` at which to give up.
            start: A score known to be reached.

        Returns:
            None if there is no such design.

        Raises:
            SolverFailure: The solver ended without a design or a bound.
            TimeoutError: The deadline came before the first design.
        """
        ...


def lifted(
    program: Exact, index: int, floors: Mapping[int, float], deadline: float, start: float = 0.0
) -> Solved | None:
    """As ``maximize``, of equally good designs the one that is best in the other objectives, taken in their order.

    So no point is weakly dominated.
    """
    best = program.maximize(index, floors, deadline, start)
    if best is None:
        return None
    floors = {**floors, index: best.scores[index]}
    point = best
    for other in range(program.objectives):
        if other == index:
            continue
        better = program.maximize(other, floors, deadline)
        if better is not None and better.scores[other] > point.scores[other]:
            point = better
        floors[other] = point.scores[other]
    return replace(point, bound=best.bound)


def row_name(model: Any, constraint: Constraint) -> str:
    """A name for a constraint in a Pyomo model, with a number behind it if it is taken: ``power_margin_at_least``."""
    name = f"{constraint.quantity}_at_{'least' if constraint.sense == '>=' else 'most'}"
    count, free = 2, name
    while model.component(free) is not None:
        free, count = f"{name}_{count}", count + 1
    return free


def on_grid(variable: Variable, value: float) -> float:
    """The value within the variable's bounds, and on its grid if it has one."""
    within = np.array([min(max(value, variable.low), variable.high)])
    return float(variable.snap(within)[0])
