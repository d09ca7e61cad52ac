"""The nonlinear program solved to global optimality by SCIP."""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache, cached_property
from typing import Any

import numpy as np

from sunfront.engines.context import Context
from sunfront.engines.exact.nonlinear import formulate
from sunfront.engines.exact.pyomo_interface import require
from sunfront.engines.exact.solver_protocol import Solution, lowered, raised_bound, snap_to_domain
from sunfront.engines.search import evolve
from sunfront.engines.settings import EvolveSettings
from sunfront.errors import NotFinite, SolverBroke, SolverFailure
from sunfront.library.physical_range import find_outside
from sunfront.problem.front import non_dominated
from sunfront.problem.problem import Problem
from sunfront.problem.variables import TOLERANCE

#: Settings of the search for designs from which SCIP starts.
SEARCH = EvolveSettings(evaluations=1000, population=40, refine=0.75)

#: Tolerance of SCIP on rows, in units of typical sizes. At 1e-7, some designs violate constraints beyond our tolerance;
#: at 1e-9, SCIP's linear programs cannot follow, and bounds that it claimed were 5e-4 too low.
FEASIBILITY_TOLERANCE = 1e-8

#: How often SCIP solves a program if it cannot solve a linear program on its way: after the first time with its
#: settings for difficult numbers, and with other random numbers.
SEEDS = 4


class ScipSolver:
    """SCIP for one problem.

    Each solve starts from the best known design: SCIP has no local solver of its own for continuous nonlinear programs,
    and alone it finds few designs that meet every equation.

    Args:
        gap: Relative distance between bound and value at which a solve ends.
    """

    def __init__(self, problem: Problem, gap: float) -> None:
        self.problem = problem
        self.gap = gap
        self.formulation = formulate(problem)
        self.is_interrupted = False

    @cached_property
    def known(self) -> list[tuple[tuple[float, ...], dict[str, float]]]:
        """Scores and variables of feasible designs, found by a short search with the numpy model."""
        found, is_interrupted = _search_designs(self.problem)
        self.is_interrupted |= is_interrupted
        return found

    @property
    def objectives(self) -> int:
        """Number of objectives."""
        return len(self.problem.objectives)

    def maximize(self, index: int, floors: Mapping[int, float], deadline: float, start: float = 0.0) -> Solution | None:
        """Maximize as ``ExactSolver.maximize``; SCIP ignores ``start``.

        Raises:
            SolverFailure: As there, or a known design exceeds the bound that SCIP claims.
        """
        from pyomo.contrib.solver.common.results import TerminationCondition as End

        f = self.formulation
        if f.is_infeasible:
            return None
        if self.is_interrupted:
            raise KeyboardInterrupt
        best = self._best(index, floors)
        left = deadline - time.monotonic()
        if self.is_interrupted or left <= 0:
            return self._unproved(best, math.inf)
        m, score = f.model, f.scores[index]
        m.score.set_value(score.scaled)
        m.floors.clear()
        for i, floor in floors.items():
            m.floors.add(f.scores[i].scaled >= lowered(floor, f.scores[i].scale) / abs(f.scores[i].scale))
        if best is not None:
            f.set_values(best[1])
        result = quiet_scip()().solve(
            m,
            warmstart_discrete_vars=best is not None,
            time_limit=left,
            rel_gap=self.gap,
            load_solutions=False,
            raise_exception_on_nonoptimal_result=False,
            solver_options={"display/verblevel": 0, "numerics/feastol": FEASIBILITY_TOLERANCE},
        )
        end = result.termination_condition
        if end == End.provenInfeasible:
            if best is not None:
                raise SolverFailure(
                    "SCIP claims that no design is feasible, but numpy confirms one",
                    bound=-math.inf,
                    score=best[0][index],
                )
            return None
        if end not in (End.convergenceCriteriaSatisfied, End.maxTimeLimit, End.interrupted):
            raise SolverFailure(f"SCIP ended with {end.name}")
        if end == End.interrupted:
            self.is_interrupted = True
            with suppress(KeyboardInterrupt):  # SCIP's own handler took the signal; Python's learns of it here
                signal.raise_signal(signal.SIGINT)
        bound = result.objective_bound
        bound = math.inf if bound is None or not math.isfinite(bound) else bound * abs(score.scale)
        bound = raised_bound(bound, score.scale, FEASIBILITY_TOLERANCE)
        if best is not None and best[0][index] > bound + TOLERANCE * abs(bound):
            raise SolverFailure(
                f"SCIP claims the bound {bound:.9g} on the score of {self.problem.objectives[index]}, but numpy "
                f"confirms a design with {best[0][index]:.9g}",
                bound=bound,
                score=best[0][index],
            )
        if result.incumbent_objective is None:
            return self._unproved(best, bound)
        result.solution_loader.load_vars()
        scores = tuple(_value(s) for s in f.scores)
        design = {v.name: snap_to_domain(v, _value(f.variables[v.name])) for v in self.problem.variables}
        is_cut = end != End.convergenceCriteriaSatisfied
        return Solution(design, scores, max(bound, scores[index]), is_cut)

    def _unproved(self, best: tuple[tuple[float, ...], dict[str, float]] | None, bound: float) -> Solution:
        """Return the known design, of a solve that ended before SCIP had one."""
        if best is None:
            raise KeyboardInterrupt if self.is_interrupted else TimeoutError
        return Solution(best[1], best[0], bound, is_cut=True)

    def _best(self, index: int, floors: Mapping[int, float]) -> tuple[tuple[float, ...], dict[str, float]] | None:
        """Return the known design that is best in an objective, among those that meet the floors."""
        above = [known for known in self.known if all(known[0][i] >= floor for i, floor in floors.items())]
        return max(above, key=lambda known: known[0][index], default=None)


def _search_designs(problem: Problem) -> tuple[list[tuple[tuple[float, ...], dict[str, float]]], bool]:
    """Search a front; return scores and variables of designs that can exist, and whether the search was stopped.

    None are returned if a quantity is not finite.
    """
    try:
        found = evolve.run(problem, SEARCH, Context())
    except NotFinite:
        return [], False
    is_stopped = found.status == "stopped"
    if not found.feasible:
        return [], is_stopped
    scores = problem.scores(problem.evaluate(found.designs))
    front = np.flatnonzero(non_dominated(scores))
    designs = [{n: float(x[i]) for n, x in found.designs.items()} for i in front]
    values = [problem.model.evaluate({**problem.values, **each}, problem.criterion_names) for each in designs]
    known = [
        (tuple(scores[i].tolist()), design)
        for i, design, value in zip(front, designs, values, strict=True)
        if not find_outside(problem.model, value)
    ]
    return known, is_stopped


def _add_start(self: Any) -> None:
    """Give SCIP a start value for every variable; Pyomo's own method does so for integers only."""
    import pyomo.environ as pyo

    solution = self._solver_model.createSol()
    for variable, scip_variable in self._pyomo_var_to_solver_var_map.items():
        solution[scip_variable] = pyo.value(variable)
    if self._obj_var is not None:
        solution[self._obj_var] = pyo.value(self._objective.expr)
    self._solver_model.addSol(solution)


@cache
def quiet_scip() -> type[Any]:
    """Return Pyomo's interface to SCIP, without its capture of output, and with start values for every variable.

    Pyomo turns standard output of the whole process into a pipe, which a thread reads that must wait while SCIP holds
    Python's global lock: once the pipe is full, both wait forever. Here SCIP writes nothing, and the process's output
    stays as it is.

    Raises:
        SolverFailure: This version of Pyomo has another interface.
    """
    from pyomo.common.timing import HierarchicalTimer
    from pyomo.contrib.solver.solvers.scip.scip_direct import ScipDirect
    from pyscipopt.scip import PY_SCIP_PARAMEMPHASIS

    steps = ("_create_solver_model", "_populate_results", "_mipstart", "_add_constraint")
    require(ScipDirect(), *steps, "_solver_model", "_pyomo_var_to_solver_var_map", "_obj_var", "_objective")

    class QuietScip(ScipDirect):  # type: ignore[misc]
        _mipstart = _add_start

        def _add_constraint(self, row: Any) -> None:
            """Leave out a row without variables that is met; PySCIPOpt refuses such rows."""
            try:
                super()._add_constraint(row)
            except AssertionError:
                if min(row.lslack(), row.uslack()) < -FEASIBILITY_TOLERANCE:
                    nothing = self._solver_model.addVar(lb=0.0, ub=0.0)
                    self._solver_model.addCons(nothing >= 1.0)

        def solve(self, model: Any, **settings: Any) -> Any:
            config = self.config(value=settings, preserve_implicit=True)
            config.timer = HierarchicalTimer()
            for seed in range(SEEDS):
                try:
                    return self._solve(model, config, seed)
                except SolverBroke as error:
                    failure = error
            raise failure

        def _solve(self, model: Any, config: Any, seed: int) -> Any:
            program, loader, has_objective = self._create_solver_model(model, config)
            program.hideOutput()
            if seed:
                program.setEmphasis(PY_SCIP_PARAMEMPHASIS.NUMERICS)
                program.setParam("randomization/randomseedshift", seed)
            program.setParam("limits/time", config.time_limit)
            program.setParam("limits/gap", config.rel_gap)
            if config.warmstart_discrete_vars:
                self._mipstart()
            for name, value in config.solver_options.items():
                program.setParam(name, value)
            try:
                program.optimize()
            except MemoryError:
                raise
            except Exception as error:  # PySCIPOpt has no class of its own
                raise SolverBroke(f"SCIP ended with an error: {error}") from None
            return self._populate_results(program, loader, has_objective, config)

    return QuietScip


def _value(symbol: Any) -> float:
    import pyomo.environ as pyo

    return float(symbol.scale * pyo.value(symbol.expression))
