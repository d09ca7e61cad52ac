"""A nonlinear solver for each combination of choices that replace equations; the best of their answers.

Each combination has equations of its own. A single program with all of them would hold every design to the equations
of choices that it does not take.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from sunfront.engines.checkpoint import KeptFile
from sunfront.engines.exact.kept import keeping, name_of
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
        """Maximize as ``ExactSolver.maximize``; each solver gets an equal share of the time that is left.

        The bound is infinite if a solver had none when its time was over, or an interruption left no time to the rest.
        """
        best: Solution | None = None
        end: TimeoutError | KeyboardInterrupt | None = None
        bound = -math.inf
        for done, solver in enumerate(self.solvers):
            now = time.monotonic()
            own_deadline = now + (deadline - now) / (len(self.solvers) - done)
            try:
                found = solver.maximize(index, floors, own_deadline, start)
            except TimeoutError as error:
                bound, end = math.inf, error
                continue
            except KeyboardInterrupt as error:
                bound, end = math.inf, error
                break
            if found is None:
                continue
            bound = max(bound, found.bound)
            if best is None or found.scores[index] > best.scores[index]:
                best = found
            if found.is_cut:
                end = TimeoutError()
                if time.monotonic() < own_deadline and done + 1 < len(self.solvers):  # interrupted
                    bound, end = math.inf, KeyboardInterrupt()
                    break
        if best is None and end is not None:
            raise end
        return None if best is None else replace(best, bound=bound, is_cut=end is not None)


def _build(
    solver: Callable[[Problem, float], ExactSolver], problem: Problem, gap: float, kept: KeptFile | None = None
) -> ExactSolver:
    own_gap = gap * TRIAL_GAP if has_root_objective(problem) else gap

    def build_leaf(part: Problem) -> ExactSolver:
        return keeping(solver(part, own_gap), kept, f"{name_of(part)} {own_gap:g}")

    def build(member: Problem) -> ExactSolver:
        return rooted(build_leaf, member, gap)

    return EachChoice(problem, build) if problem.equation_choices else build(problem)


#: Solvers that take nonlinear equations as they are, by name: called with a problem, a relative gap, and the file in
#: which solves are kept.
NONLINEAR: Mapping[str, Callable[..., ExactSolver]] = {
    "scip": partial(_build, ScipSolver),
    "maingo": partial(_build, MaingoSolver),
}
