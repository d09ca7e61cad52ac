"""A nonlinear solver for each combination of choices that replace equations; the best of their answers.

Each combination has equations of its own. A single program with all of them would hold every design to the equations
of choices that it does not take.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from functools import partial

from sunfront.engines.exact.maingo import MaingoSolver
from sunfront.engines.exact.roots import TRIAL_GAP, has_root_objective, rooted
from sunfront.engines.exact.scip import ScipSolver
from sunfront.engines.exact.solver_protocol import ExactSolver, Solution
from sunfront.problem.problem import Problem


class EachChoice:
    """One solver for each member of a problem.

    Args:
        build: Makes the solver of a problem without choices of equations.
    """

    def __init__(self, problem: Problem, build: Callable[[Problem], ExactSolver]) -> None:
        self.solvers = [build(member) for member in problem.members()]

    @property
    def objectives(self) -> int:
        """Number of objectives."""
        return self.solvers[0].objectives

    def maximize(self, index: int, floors: Mapping[int, float], deadline: float, start: float = 0.0) -> Solution | None:
        """Maximize as ``ExactSolver.maximize``; each solver gets an equal share of the time that is left."""
        best: Solution | None = None
        bound = -math.inf
        for done, solver in enumerate(self.solvers):
            now = time.monotonic()
            found = solver.maximize(index, floors, now + (deadline - now) / (len(self.solvers) - done), start)
            if found is None:
                continue
            bound = max(bound, found.bound)
            if best is None or found.scores[index] > best.scores[index]:
                best = found
        return None if best is None else Solution(best.design, best.scores, bound)


def _build(solver: Callable[..., ExactSolver], problem: Problem, gap: float) -> ExactSolver:
    own_gap = gap * TRIAL_GAP if has_root_objective(problem) else gap

    def build(member: Problem) -> ExactSolver:
        return rooted(partial(solver, gap=own_gap), member, gap)

    return EachChoice(problem, build) if problem.equation_choices else build(problem)


#: Solvers that take nonlinear equations as they are, by name: called with a problem and a relative gap.
NONLINEAR: Mapping[str, Callable[[Problem, float], ExactSolver]] = {
    "scip": partial(_build, ScipSolver),
    "maingo": partial(_build, MaingoSolver),
}
