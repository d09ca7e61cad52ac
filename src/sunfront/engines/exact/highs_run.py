"""One run of HiGHS, which an interruption ends with what it has found.

HiGHS runs in a thread: an exception of a signal handler that passed through its C++ code would cost what it has found.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import cache
from typing import Any

from sunfront.engines.exact.pyomo_interface import require
from sunfront.engines.highs_threads import reset_highs_threads
from sunfront.errors import SolverFailure

#: Called every few seconds of a run with a bound, the objective of the best solution, and the number of nodes. Both
#: are infinite until there is one.
Watch = Callable[[float, float, int], None]


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
    reset_highs_threads()
    highs = _quiet_highs()()
    highs.config.load_solution = False
    highs.highs_options = {"primal_feasibility_tolerance": 1e-9, "mip_feasibility_tolerance": 1e-9, "threads": 1}
    return highs


@cache
def _quiet_highs() -> type[Any]:
    """Return Pyomo's interface to HiGHS, without its capture of output, and with a ``watch`` of each run.

    Pyomo turns the output of the whole process away while HiGHS runs, progress included. Here HiGHS writes nothing.
    """
    from pyomo.contrib.appsi.solvers import Highs

    require(Highs(), "_solver_model", "_postsolve", "_warm_start")

    class QuietHighs(Highs):  # type: ignore[misc]
        watch: Watch | None = None

        def _solve(self, timer: Any) -> Any:
            highs, options = self._solver_model, {"log_to_console": False, "time_limit": self.config.time_limit}
            for name, value in (options | self.highs_options).items():
                highs.setOptionValue(name, value)
            if self.config.warmstart:
                self._warm_start()
            if self.watch is not None:
                highs.cbMipLogging.subscribe(self._tell)
            highs.HandleKeyboardInterrupt = True
            highs.run()
            return self._postsolve(timer)

        def _tell(self, event: Any) -> None:
            now = event.data_out
            if self.watch is not None:
                self.watch(now.mip_dual_bound, now.mip_primal_bound, now.mip_node_count)

    return QuietHighs


def run_highs(solver: Any, model: Any, deadline: float, watch: Watch | None = None) -> Ended:
    """Maximize or minimize a model; the solver's own ``highs_options`` hold.

    Args:
        solver: From ``create_highs``.
        deadline: Value of ``time.monotonic`` at which to stop.
        watch: Called in the thread of the solver.

    Raises:
        TimeoutError: The deadline has passed.
        SolverFailure: HiGHS ended for another reason.
    """
    from pyomo.contrib.appsi.base import TerminationCondition as End

    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    solver.config.time_limit, solver.watch = left, watch
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
