"""The nonlinear program solved to global optimality by SCIP."""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sunfront.engines.exact import LOOSE, Solved, on_grid
from sunfront.engines.nonlinear import formulate
from sunfront.errors import SolverFailure
from sunfront.problem import Problem

#: SCIP's tolerance on rows, in units of typical sizes. At 1e-7, designs missed limits by more than is forgiven.
FEASIBLE = 1e-9


class ScipProgram:
    """A problem for SCIP.

    Args:
        gap: Relative distance of bound and value at which a solve ends.
    """

    def __init__(self, problem: Problem, gap: float) -> None:
        self.problem = problem
        self.gap = gap
        self.formulation = formulate(problem)

    @property
    def objectives(self) -> int:
        """How many objectives there are."""
        return len(self.problem.objectives)

    def maximize(self, index: int, floors: Mapping[int, float], deadline: float, start: float = 0.0) -> Solved | None:
        """As ``Exact.maximize``; ``start`` is of no use to SCIP."""
        from pyomo.contrib.solver.common.results import TerminationCondition as End
        from pyomo.contrib.solver.solvers.scip import scip_direct

        f = self.formulation
        if f.impossible:
            return None
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        m, score = f.model, f.scores[index]
        m.score.set_value(score.scaled)
        m.floors.clear()
        for i, floor in floors.items():
            m.floors.add(f.scores[i].scaled >= (floor - LOOSE * abs(floor)) / abs(f.scores[i].scale))
        # Pyomo reads SCIP's output from a pipe, in a thread that waits while SCIP holds Python's lock: once the pipe is
        # full, both wait for ever.
        with patch.object(scip_direct, "capture_output", _unheard):
            result = scip_direct.ScipDirect().solve(
                m,
                time_limit=left,
                rel_gap=self.gap,
                load_solutions=False,
                raise_exception_on_nonoptimal_result=False,
                solver_options={"display/verblevel": 0, "numerics/feastol": FEASIBLE},
            )
        end = result.termination_condition
        if end == End.provenInfeasible:
            return None
        if end == End.interrupted:
            raise KeyboardInterrupt
        if end not in (End.convergenceCriteriaSatisfied, End.maxTimeLimit):
            raise SolverFailure(f"SCIP ended with {end.name}")
        bound = result.objective_bound
        if result.incumbent_objective is None or bound is None or not math.isfinite(bound):
            raise TimeoutError
        result.solution_loader.load_vars()
        scores = tuple(_value(s) for s in f.scores)
        design = {v.name: on_grid(v, _value(f.variables[v.name])) for v in self.problem.variables}
        return Solved(design, scores, max(bound * abs(score.scale), scores[index]))


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
