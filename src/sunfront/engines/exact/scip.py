"""The nonlinear program solved to global optimality by SCIP."""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from sunfront.engines.context import Context
from sunfront.engines.exact.nonlinear import formulate
from sunfront.engines.exact.solver import LOOSE, Solved, on_grid
from sunfront.engines.search import evolve
from sunfront.engines.settings import EvolveSettings
from sunfront.errors import NotFinite, SolverFailure
from sunfront.problem.front import non_dominated
from sunfront.problem.problem import Problem
from sunfront.problem.variables import TOLERANCE

#: The search for designs with which SCIP begins.
SEARCH = EvolveSettings(evaluations=1000, population=40, refine=0.75)

#: SCIP's tolerance on rows, in units of typical sizes. At 1e-7, designs missed limits by more than is forgiven.
FEASIBLE = 1e-9


class ScipProgram:
    """A problem for SCIP.

    SCIP begins each solve with the best design that is known: it has no solver of continuous programs of its own, and
    by itself finds few designs that meet every equation.

    Args:
        gap: Relative distance of bound and value at which a solve ends.

    """

    def __init__(self, problem: Problem, gap: float) -> None:
        self.problem = problem
        self.gap = gap
        self.formulation = formulate(problem)

    @cached_property
    def known(self) -> list[tuple[tuple[float, ...], dict[str, float]]]:
        """Scores and values of designs that meet every constraint, by numpy: those of a short search."""
        return _looked_for(self.problem)

    @property
    def objectives(self) -> int:
        """How many objectives there are."""
        return len(self.problem.objectives)

    def maximize(self, index: int, floors: Mapping[int, float], deadline: float, start: float = 0.0) -> Solved | None:
        """As ``Exact.maximize``; ``start`` is of no use to SCIP.

        Raises:
            SolverFailure: Also where a known design beats the bound that SCIP claims.
        """
        from pyomo.contrib.solver.common.results import TerminationCondition as End
        from pyomo.contrib.solver.solvers.scip import scip_direct

        f = self.formulation
        if f.impossible:
            return None
        best = self._best(index, floors)
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        m, score = f.model, f.scores[index]
        m.score.set_value(score.scaled)
        m.floors.clear()
        for i, floor in floors.items():
            m.floors.add(f.scores[i].scaled >= (floor - LOOSE * abs(floor)) / abs(f.scores[i].scale))
        if best is not None:
            f.place(best[1])
        # Pyomo reads SCIP's output from a pipe, in a thread that waits while SCIP holds Python's lock: once the pipe is
        # full, both wait for ever.
        with (
            patch.object(scip_direct, "capture_output", _unheard),
            patch.object(scip_direct.ScipDirect, "_mipstart", _begin),
        ):
            result = scip_direct.ScipDirect().solve(
                m,
                warmstart_discrete_vars=best is not None,
                time_limit=left,
                rel_gap=self.gap,
                load_solutions=False,
                raise_exception_on_nonoptimal_result=False,
                solver_options={"display/verblevel": 0, "numerics/feastol": FEASIBLE},
            )
        end = result.termination_condition
        if end == End.provenInfeasible:
            if best is not None:
                raise SolverFailure("SCIP claims that there is no design, and numpy knows one")
            return None
        if end == End.interrupted:
            raise KeyboardInterrupt
        if end not in (End.convergenceCriteriaSatisfied, End.maxTimeLimit):
            raise SolverFailure(f"SCIP ended with {end.name}")
        bound = result.objective_bound
        if result.incumbent_objective is None or bound is None or not math.isfinite(bound):
            raise TimeoutError
        bound *= abs(score.scale)
        if best is not None and best[0][index] > bound + TOLERANCE * abs(bound):
            raise SolverFailure(
                f"SCIP claims that {self.problem.objectives[index]} ends at {bound:.9g}, and numpy knows a design with "
                f"{best[0][index]:.9g}"
            )
        result.solution_loader.load_vars()
        scores = tuple(_value(s) for s in f.scores)
        design = {v.name: on_grid(v, _value(f.variables[v.name])) for v in self.problem.variables}
        return Solved(design, scores, max(bound, scores[index]))

    def _best(self, index: int, floors: Mapping[int, float]) -> tuple[tuple[float, ...], dict[str, float]] | None:
        """Of the known designs that meet the floors, the best in an objective."""
        above = [known for known in self.known if all(known[0][i] >= floor for i, floor in floors.items())]
        return max(above, key=lambda known: known[0][index], default=None)


def _looked_for(problem: Problem) -> list[tuple[tuple[float, ...], dict[str, float]]]:
    """Scores and values of the front that a short search finds; nothing where numpy has no number."""
    try:
        found = evolve.run(problem, SEARCH, Context())
    except NotFinite:
        return []
    if not found.feasible:
        return []
    scores = problem.scores(problem.evaluate(found.designs))
    front = np.flatnonzero(non_dominated(scores))
    return [(tuple(scores[i].tolist()), {n: float(x[i]) for n, x in found.designs.items()}) for i in front]


def _begin(self: Any) -> None:
    """Give SCIP the values of all variables to begin with; Pyomo's own gives it those of the whole ones alone."""
    import pyomo.environ as pyo

    solution = self._solver_model.createSol()
    for variable, theirs in self._pyomo_var_to_solver_var_map.items():
        solution[theirs] = pyo.value(variable)
    if self._obj_var is not None:
        solution[self._obj_var] = pyo.value(self._objective.expr)
    self._solver_model.addSol(solution)


@contextmanager
def _unheard(*_: Any, **__: Any) -> Iterator[None]:
    """Whatever is written to the terminal meanwhile goes nowhere."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [os.dup(1), os.dup(2)]
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        try:
            for number in (1, 2):
                os.dup2(nowhere.fileno(), number)
            yield
        finally:
            for number, before in zip((1, 2), kept, strict=True):
                os.dup2(before, number)
                os.close(before)


def _value(symbol: Any) -> float:
    import pyomo.environ as pyo

    return float(symbol.scale * pyo.value(symbol.expression))
