"""One run of HiGHS, which an interruption ends with what it has found.

HiGHS runs in a thread: an exception of a signal handler that passed through its C++ code would cost what it has found.
"""

from __future__ import annotations

import math
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from sunfront.engines.exact.pyomo_interface import require
from sunfront.engines.highs_threads import reset_highs_threads
from sunfront.errors import SolverFailure


@dataclass(frozen=True)
class Ended:
    """How a run ended.

    Attributes:
        status: "optimal", "infeasible", "limit" at a limit of nodes, "time" at the deadline, or "interrupted".
        found: Objective of the best solution; None if there is none to load.
        bound: No solution has a larger objective.
    """

    status: str
    found: float | None
    bound: float


def create_highs() -> Any:
    """Create a HiGHS solver with one thread and tight tolerances, which leaves solutions to be loaded.

    Raises:
        SolverFailure: This version of Pyomo has another interface.
    """
    from pyomo.contrib.appsi.solvers import Highs

    reset_highs_threads()
    highs = Highs()
    require(highs, "_solver_model")
    highs.config.load_solution = False
    highs.highs_options = {"primal_feasibility_tolerance": 1e-9, "mip_feasibility_tolerance": 1e-9, "threads": 1}
    return highs


def run_highs(solver: Any, model: Any, deadline: float) -> Ended:
    """Maximize or minimize a model; the solver's own ``highs_options`` hold.

    Args:
        solver: From ``create_highs``.
        deadline: Value of ``time.monotonic`` at which to stop.

    Raises:
        TimeoutError: The deadline has passed.
        SolverFailure: HiGHS ended for another reason.
    """
    from pyomo.contrib.appsi.base import TerminationCondition as End

    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    solver.config.time_limit = left
    with ThreadPoolExecutor(1) as executor:
        run = executor.submit(solver.solve, model)
        try:
            result = run.result()
        except KeyboardInterrupt:
            return _interrupt(solver, run)
    end = result.termination_condition
    if end == End.infeasible:
        return Ended("infeasible", None, -math.inf)
    known = {End.optimal: "optimal", End.maxIterations: "limit", End.maxTimeLimit: "time"}
    if end not in known:
        raise SolverFailure(f"HiGHS ended with {end.name}")
    bound = result.best_objective_bound
    return Ended(
        known[end],
        result.best_feasible_objective,
        math.inf if bound is None else bound,
    )


def _interrupt(solver: Any, run: Future[Any]) -> Ended:
    """Let HiGHS end; Pyomo does not know this end, and hides its solution."""
    import highspy
    from pyomo.common.log import LoggingIntercept

    with LoggingIntercept(module="pyomo.contrib.appsi.solvers.highs"):
        while not run.done():
            if solver._solver_model is not None:
                solver._solver_model.cancelSolve()
            wait([run], timeout=0.1)
    run.result()
    highs = solver._solver_model
    info = highs.getInfo()
    is_feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    return Ended("interrupted", info.objective_function_value if is_feasible else None, info.mip_dual_bound)
