"""HiGHS or SCIP for one plan, as an exact solver whose frontier can be traced."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any, Literal

from sunfront.engines.exact.highs_run import Ended, create_highs, run_highs
from sunfront.engines.exact.solver_protocol import FLOOR_TOLERANCE, Solution
from sunfront.engines.plan.coefficients import Coefficients
from sunfront.engines.plan.program import Program, build
from sunfront.errors import SolverFailure
from sunfront.problem.plan import Decisions, Plan

SolverName = Literal["highs", "scip"]


class PlanSolver:
    """Solves one plan again and again.

    Args:
        gap: Relative distance between bound and value at which a solve ends.
    """

    def __init__(self, plan: Plan, gap: float, solver: SolverName = "highs") -> None:
        self.plan, self.gap, self.name = plan, gap, solver
        self.coefficients = Coefficients(plan)
        self.program: Program = build(plan, self.coefficients)
        self.is_interrupted = False
        self.decided: dict[tuple[float, ...], Decisions] = {}

    @property
    def objectives(self) -> int:
        """Number of objectives."""
        return len(self.plan.objectives)

    def maximize(self, index: int, floors: Mapping[int, float], deadline: float, start: float = 0.0) -> Solution | None:
        """Maximize as ``ExactSolver.maximize``; ``start`` is not used."""
        expression, scale = self.program.scores[index]
        return self._solve(expression, scale, floors, deadline)

    def improve_npv(self, floors: Mapping[int, float], deadline: float) -> Solution | None:
        """Maximize the net present value with floors on the objectives; arguments as ``maximize``."""
        return self._solve(self.program.npv, self.program.money, floors, deadline)

    def _solve(self, expression: Any, scale: float, floors: Mapping[int, float], deadline: float) -> Solution | None:
        import pyomo.environ as pyo

        if self.is_interrupted:
            raise KeyboardInterrupt
        m, scores = self.program.model, self.program.scores
        m.score.set_value(expression)
        m.floors.clear()
        for i, floor in floors.items():
            m.floors.add(scores[i][0] >= (floor - FLOOR_TOLERANCE * abs(floor)) / scores[i][1])
        end = self._run_highs(deadline) if self.name == "highs" else self._run_scip(deadline)
        if end.status == "infeasible":
            return None
        if end.found is None or not math.isfinite(end.bound):
            raise KeyboardInterrupt if self.is_interrupted else TimeoutError
        found = tuple(float(pyo.value(score)) * size for score, size in scores)
        design = {v.name: float(v.value or 0.0) for kind in (m.units, m.modules, m.sales) for v in kind.values()}
        value = float(pyo.value(expression)) * scale
        return Solution(design, found, max(end.bound * scale, value), end.status != "optimal")

    def load(self, solution: Solution) -> Decisions:
        """The decisions of a solution."""
        m = self.program.model
        for kind in (m.units, m.modules, m.sales):
            for variable in kind.values():
                variable.set_value(solution.design[variable.name], skip_validation=True)
        return self.program.decisions()

    def _run_highs(self, deadline: float) -> Ended:
        solver = create_highs()
        solver.highs_options |= {"mip_rel_gap": self.gap, "mip_abs_gap": 1e-9}
        end = run_highs(solver, self.program.model, deadline)
        self.is_interrupted = end.status == "interrupted"
        if end.found is not None:
            solver.load_vars()
        return end

    def _run_scip(self, deadline: float) -> Ended:
        from pyomo.contrib.solver.common.results import TerminationCondition as End

        from sunfront.engines.exact.scip import quiet_scip

        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        result = quiet_scip()().solve(
            self.program.model,
            time_limit=left,
            rel_gap=self.gap,
            load_solutions=False,
            raise_exception_on_nonoptimal_result=False,
            solver_options={"display/verblevel": 0, "numerics/feastol": 1e-9},
        )
        end = result.termination_condition
        if end == End.provenInfeasible:
            return Ended("infeasible", None, -math.inf)
        if end not in (End.convergenceCriteriaSatisfied, End.maxTimeLimit, End.interrupted):
            raise SolverFailure(f"SCIP ended with {end.name}")
        self.is_interrupted = end == End.interrupted
        bound = result.objective_bound
        if result.incumbent_objective is not None:
            result.solution_loader.load_vars()
        done = end == End.convergenceCriteriaSatisfied
        return Ended("optimal" if done else "time", result.incumbent_objective, math.inf if bound is None else bound)
