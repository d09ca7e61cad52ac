"""Objectives in an order: the best of the first, then of the second among designs within a tolerance, and so on.

What is proved about a later objective is told as a fact of a front. That no design above the floors of the objectives
before exceeds a bound means: no design that exceeds the bound, and is above the floors of the others, reaches the floor
of the first one.
"""

from __future__ import annotations

import math

from sunfront.engines.exact.frontier import ENDS, Frontier, fault_of
from sunfront.engines.exact.solver_protocol import ExactSolver, maximize_lexicographically
from sunfront.errors import SolverFailure
from sunfront.problem.certificate import Fact, measure_gap
from sunfront.problem.preference import Order, rounding


def solve_in_order(
    solver: ExactSolver, order: Order, gap: float, deadline: float, scope: str
) -> tuple[Frontier, bool] | None:
    """Find the design that an order chooses, and bounds on each of its objectives.

    The designs that are best in one objective alone are found too: they bound the objectives, and tell what the order
    costs.

    Args:
        gap: Largest distance of an objective to its bound, relative, among designs that keep to the order.
        deadline: Value of ``time.monotonic`` at which to stop with what is proved by then.

    Returns:
        The designs with their bounds, and whether the gap was reached; None if no design is feasible.

    Raises:
        TimeoutError, KeyboardInterrupt, MemoryError: One of these ended the search before a design was found.
    """
    found = Frontier([], [], (), scope)
    try:
        if not _solve(solver, order, found, deadline):
            return None
    except ENDS as end:
        if not found.points:
            raise
        found.fault = fault_of(end)
        return found, False
    return found, measure_gap(found.scores, found.certificate, preference=order).relative <= gap


def _solve(solver: ExactSolver, order: Order, found: Frontier, deadline: float) -> bool:
    """Add designs, facts and ceilings; return whether a design is feasible."""
    further = solver.objectives - 1
    floors: dict[int, float] = {}
    for k, tolerance in enumerate(order.tolerances):
        if k < further:
            best = solver.maximize(k, floors, deadline)
        else:
            best = maximize_lexicographically(solver, k, floors, deadline)
        if best is None:
            if k == 0:
                return False
            raise SolverFailure(f"the solver found a design for the first objective and none for number {k + 1}")
        found.points.append(best)
        if best.bound == math.inf:
            raise TimeoutError
        if k == 0:
            found.facts.append(Fact((-math.inf,) * further, best.bound))
        else:
            # A solver lowers floors by their rounding, so that the fact leaves room for the design itself.
            above = max(best.bound + rounding(best.bound), math.nextafter(best.bound, math.inf))
            before = [floors[i] for i in range(1, k)]
            found.facts.append(Fact((*before, above, *(-math.inf,) * (further - k)), floors[0]))
        if best.is_cut:
            raise TimeoutError
        floors[k] = tolerance.floor(best.scores[k])
    for k in range(1, further + 1):
        best = solver.maximize(k, {}, deadline)
        if best is None or best.bound == math.inf:
            raise TimeoutError
        found.points.append(best)
        found.ceilings = (*found.ceilings, best.bound)
        if best.is_cut and k < further:
            raise TimeoutError
    return True
