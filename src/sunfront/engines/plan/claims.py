"""Hold what a program claims of a plan to its simulation: one rule for every solve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sunfront.cash_flow.learning import Curve
from sunfront.engines.exact.solver_protocol import Solution
from sunfront.engines.plan.program import NONE
from sunfront.engines.plan.simulator import TOLERANCE, Simulation, Simulator
from sunfront.engines.plan.solver import PlanSolver
from sunfront.errors import Unverified
from sunfront.problem.plan import Decisions, Goal, Plan, PlanObjective

#: Turnover below which money is compared with this amount, USD: the program counts in larger units.
LEAST_MONEY = 1e6

#: What the units that are too few to be read may bring together, in the program's money.
UNREAD = 10 * NONE

#: The objective whose mean a program over several scenarios maximizes.
NPV = PlanObjective(Goal("npv", "npv", "MUSD"), "maximize")


@dataclass(frozen=True)
class Solved:
    """The best plan of a program, simulated."""

    decisions: Decisions
    simulation: Simulation
    solution: Solution

    @property
    def bound(self) -> float:
        """No plan has a larger score."""
        return self.solution.bound

    @property
    def is_cut(self) -> bool:
        """A limit of time or nodes ended the solve."""
        return self.solution.is_cut or self.solution.is_limited


def solve_first(solver: PlanSolver, floors: Mapping[int, float], deadline: float) -> Solution | None:
    """Maximize the first objective; None if no plan meets every constraint.

    Args:
        floors: As of ``PlanSolver.maximize``.

    Raises:
        TimeoutError: No plan was found in time, or within the limit of nodes.
        KeyboardInterrupt: It was interrupted.
    """
    found = solver.maximize(0, floors, deadline)
    if solver.is_interrupted:
        raise KeyboardInterrupt
    if found is not None and not found.design:
        raise TimeoutError
    return found


def solve_and_simulate(
    solver: PlanSolver, simulator: Simulator, deadline: float, floors: Mapping[int, float] = MappingProxyType({})
) -> Solved | None:
    """Solve as ``solve_first``, and simulate what is found.

    Raises:
        TimeoutError, KeyboardInterrupt: As ``solve_first``.
        Unverified: The simulation contradicts the program.
    """
    while (found := solve_first(solver, floors, deadline)) is not None:
        decisions = solver.load(found)
        try:
            simulation = simulator.simulate(decisions)
        except Unverified:
            if is_approximate(solver.plan) and solver.refine([decisions]):
                continue  # chords made learning too cheap for a limit on money
            raise
        hold(solver, found, simulation)
        return Solved(decisions, simulation, found)
    return None


def hold(solver: PlanSolver, solution: Solution, simulation: Simulation) -> None:
    """Raise Unverified unless the simulation gives what the program claims of each objective."""
    plan, money = solver.plan, solver.program.money
    for objective, claimed, found in zip(plan.objectives, solution.scores, simulation.scores, strict=True):
        hold_score(plan, objective, claimed, found, simulation, money)


def hold_score(
    plan: Plan, objective: PlanObjective, claimed: float, found: float, simulation: Simulation, money: float
) -> None:
    """Raise Unverified unless an objective has the value that the program claims.

    A plan may be better in an objective that its solve did not maximize: reach a target earlier, or need less money.
    Between chords and tangents of learning it may look better or worse than it is; the gap counts that.

    Args:
        claimed: Score according to the program, of which more is better.
        found: Value according to the simulation.
        money: USD for each unit of money in the program.
    """
    slack = objective.sign * found - claimed
    kind = objective.goal.kind
    allowed = TOLERANCE * size(objective, simulation, claimed)
    if kind in ("npv", "peak_funding"):
        allowed = max(allowed, UNREAD * money)
    may_be_worse = kind in ("npv", "peak_funding") and is_approximate(plan)
    may_be_better = kind in ("peak_funding", "date") or may_be_worse
    if (slack < -allowed and not may_be_worse) or (slack > allowed and not may_be_better):
        raise Unverified(
            f"the simulation gives {objective.name} = {found:.9g}, the solver {objective.sign * claimed:.9g}",
            objective.name,
        )


def size(objective: PlanObjective, simulation: Simulation, value: float) -> float:
    """What a difference of an objective is compared with."""
    is_money = objective.goal.kind in ("npv", "peak_funding")
    return max(simulation.turnover, LEAST_MONEY) if is_money else max(abs(value), 1e-9)


def is_approximate(plan: Plan) -> bool:
    """Whether chords stand for a curve that is no broken line, so that plans cost more than the program says."""
    return any(not Curve(product, kind).is_broken_line for product in plan.products for kind in product.learning)
