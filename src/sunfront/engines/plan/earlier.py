"""What dates before the earliest would take: what would have to be offered, and what a plan would be worth with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sunfront.engines.plan.claims import NPV, solve_and_simulate
from sunfront.engines.plan.coefficients import Coefficients
from sunfront.engines.plan.explanation import GAP, NODES, Shortage, explain
from sunfront.engines.plan.simulator import Simulator
from sunfront.engines.plan.solver import PlanSolver
from sunfront.errors import SolverFailure
from sunfront.problem.plan import Kind, Plan, PlanConstraint

#: Most years before the earliest date that are looked at.
YEARS = 5

#: What is offered beyond what is missing, relative: a solver's rounding.
ROOM = 1e-6


@dataclass(frozen=True)
class Way:
    """Things that together would do for a date, and the net present value of the best plan that has them.

    Attributes:
        npv: USD; what is added to a supply costs nothing itself. None if a target is missed.
    """

    shortages: tuple[Shortage, ...]
    npv: float | None


@dataclass(frozen=True)
class Earlier:
    """What one date before the earliest would take.

    Attributes:
        period: At whose end the date would be reached.
        target: What would have to be met then, as it is called among what is missing.
        ways: Each would do; those by which a target is missed among them.
    """

    period: int
    target: str
    ways: tuple[Way, ...]


def explain_earlier(
    plan: Plan, c: Coefficients, reached: int, deadline: float
) -> tuple[tuple[Earlier, ...], tuple[str, ...]]:
    """Find what it would take to reach the date of an objective a period, and whole years, before the earliest.

    Args:
        reached: Number of the period that was proved the earliest.

    Returns:
        Dates from the latest on; and a note on each date that is left out, since the solver gave up on it.

    Raises:
        KeyboardInterrupt: It was interrupted.
    """
    goal = next(o.goal for o in plan.objectives if o.goal.kind == "date")
    kind: Kind = "added" if goal.per_time else "in service"
    others = tuple(o for o in plan.objectives if o.goal.kind != "date")
    found, left_out = [], []
    for period in _dates(plan, reached):
        at = replace(goal, kind=kind, period=period)
        text = f"{goal.quantity}{' added' * goal.per_time} at {plan.horizon.label(period)}"
        target = PlanConstraint(at, ">=", goal.limit, text)
        asked = replace(plan, objectives=others, constraints=(*plan.constraints, target))
        try:
            shortages = explain(asked, c, deadline, places=True)
            alone = [(s,) for s in shortages if s.alone]
            together = tuple(s for s in shortages if not s.alone)
            ways = [*alone, together] if together else alone
            found.append(Earlier(period, text, tuple(Way(way, _npv(asked, c, way, deadline)) for way in ways)))
        except (TimeoutError, SolverFailure):
            label = plan.horizon.label(period)
            left_out.append(f"what the end of {label} would take is not known: the solver gave up")
    return tuple(found), tuple(left_out)


def _dates(plan: Plan, reached: int) -> Iterator[int]:
    year = plan.horizon.year
    if reached >= 1 and year > 1:
        yield reached - 1
    yield from range(reached - year, -1, -year)[:YEARS] if reached >= year else ()


def _npv(plan: Plan, c: Coefficients, shortages: Sequence[Shortage], deadline: float) -> float | None:
    """Net present value of the best plan to which what is missing is offered; None if a target is missed.

    Raises:
        TimeoutError: The solver gave up before it was proved.
        SolverFailure: It failed.
    """
    if any(s.is_target for s in shortages):
        return None
    offered = replace(_with(plan, shortages), objectives=(NPV,))
    solver = PlanSolver(offered, GAP, like=c, nodes=NODES)
    found = solve_and_simulate(solver, Simulator(offered, solver.coefficients.periods), deadline)
    if found is None:
        raise SolverFailure("what would do does not")
    if found.is_cut:
        raise TimeoutError
    return found.simulation.npv


def _with(plan: Plan, shortages: Sequence[Shortage]) -> Plan:
    """A plan to which what is missing is offered."""
    for short in shortages:
        parts = np.array(short.parts) * (1 + ROOM)
        if short.kind == "capital":
            plan = replace(plan, capital=plan.capital + float(parts.sum()))
        elif short.kind == "at_most":
            products = [
                replace(p, most=p.most + float(parts.sum())) if p.name == short.name else p for p in plan.products
            ]
            plan = replace(plan, products=tuple(products))
        else:
            supplies = [replace(s, offered=s.offered + parts) if s.name == short.name else s for s in plan.supplies]
            plan = replace(plan, supplies=tuple(supplies))
    return plan
