"""The plan with the best return: the internal rate of return, or the return on what the owners invest.

Both are found by trials, as a quotient by Dinkelbach's method. A trial maximizes the net present value at a discount
rate, or the net present value less a return on what is invested. Its plan has a return of its own, beyond which the
next trial looks. If no plan has a positive value, none has a return beyond the value tried: a bound. The plan that buys
nothing has none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sunfront.cash_flow.vintages import owners_invest
from sunfront.engines.checkpoint import KeptFile
from sunfront.engines.plan.claims import NPV, solve_and_simulate
from sunfront.engines.plan.coefficients import Coefficients
from sunfront.engines.plan.goals import add_constraint
from sunfront.engines.plan.program import Program, build
from sunfront.engines.plan.rows import Terms, linear
from sunfront.engines.plan.simulator import RATES, YEAR, Simulation, Simulator
from sunfront.engines.plan.solver import ABSOLUTE, PlanSolver, SolverName
from sunfront.errors import SolverFailure, Unverified
from sunfront.problem.plan import Decisions, Goal, Plan, Product, at_rate

#: Most trials; five are common.
TRIALS = 40

#: A trial is worth nothing if what it leaves is this part of the gap, of the return; so much is added to a bound.
PART = 10

#: Returns below this are told apart no better than this one: 0.1 % of what is invested, or a year.
SMALL = {"irr": 1e-3 / YEAR, "roi": 1e-3}

#: What a plan may have beyond a bound, relative: the rounding of a solver and of a root.
BEYOND = 1e-4

#: Where trials begin if no plan has as much as the first value tried: no interest; all that is invested is lost.
LOWEST = {"irr": 0.0, "roi": -1.0}

#: Notes if the best return is one of a plan with a negative net present value, or no plan has a return: where nothing
#: need be bought, and else.
LOSS = ("every plan that buys loses money at the discount rate; to buy nothing is better",)
LOSS_OF_ALL = ("every plan that meets the constraints loses money at the discount rate",)

#: By product and period of purchase, present value of what the owners invest in one unit, and in development; USD.
Invested = Mapping[tuple[str, int], tuple[float, float]]


@dataclass(frozen=True)
class Best:
    """The plan with the best return.

    Attributes:
        bound: No plan has more; infinite if nothing is proved; minus infinity if no plan has a return: then the plan is
            that with the most net present value.
        done: The gap is reached.
        notes: What else is to be told.
    """

    decisions: Decisions
    simulation: Simulation
    bound: float
    done: bool
    notes: tuple[str, ...] = ()


def best_return(
    plan: Plan,
    c: Coefficients,
    gap: float,
    deadline: float,
    progress: Callable[[float, float, str], None],
    kept: KeptFile | None = None,
) -> Best | None:
    """Find the plan with the best return; None if no plan meets every constraint.

    Args:
        c: Of the plan.
        kept: File in which solves are kept; those in it are not solved again.

    Raises:
        TimeoutError: No plan was found in time.
        KeyboardInterrupt: It was interrupted before a plan was found.
        Unverified: The simulation contradicts the program.
    """
    kind = plan.objectives[0].goal.kind
    trials = Trials(plan, c, gap, kept=kept)
    simulator = Simulator(plan, c.periods)
    notes: tuple[str, ...] = (f"the {TRIALS} trials of {kind} did not suffice for the gap",)
    hurdle = plan.discount_rate if kind == "irr" else 0.0  # a plan with less has a negative net present value
    value, bound = hurdle, math.inf
    best: tuple[Decisions, Simulation] | None = None
    for i in range(TRIALS):
        progress(min(0.1 + i / 10, 0.95), 1, f"trial {i + 1} of {kind}")
        try:
            trial = trials.at(value, deadline)
        except (TimeoutError, KeyboardInterrupt):
            if best is None:
                raise
            notes = ()
            break
        if trial is None:
            return None
        bound = min(bound, value + trials.room(value)) if trial.has_no_more else bound
        found = simulator.simulate(trial.decisions)
        (score,) = found.scores
        if math.isnan(score) or score == math.inf:
            raise SolverFailure(f"the plan with the most npv at a rate {_why_none(found)}; maximize npv instead")
        if score > -math.inf and (best is None or score > best[1].scores[0]):
            best = trial.decisions, found
        if best is None:
            if value <= LOWEST[kind]:
                done = trial.has_no_more
                return Best(trial.decisions, found, -math.inf if done else math.inf, done, _loss(plan) if done else ())
            value = LOWEST[kind]
            continue
        (score,) = best[1].scores
        if score - bound > BEYOND * max(abs(bound), abs(score), SMALL[kind]):
            raise Unverified(f"a plan has an {kind} of {score:.6g}, beyond the bound of {bound:.6g} that is proved")
        if math.isfinite(bound) and bound - score <= gap * max(abs(bound), abs(score)):
            return Best(*best, max(bound, score), done=True, notes=_loss(plan) if bound < hurdle else ())
        value = min(score + gap / 2 * abs(score), bound)
    assert best is not None
    return Best(
        *best, max(bound, best[1].scores[0]), done=False, notes=(*notes, *(_loss(plan) if bound < hurdle else ()))
    )


def _loss(plan: Plan) -> tuple[str, ...]:
    """The note on a plan that loses money."""
    must_buy = any(c.sense == ">=" and c.goal.kind != "npv" and c.limit > 0 for c in plan.constraints)
    return LOSS_OF_ALL if must_buy else LOSS


def second_bound(plan: Plan, score: float, gap: float, deadline: float) -> float:
    """A bound on the return of a plan by SCIP, a gap beyond what it has; infinite if there is a better one.

    Minus infinity if no plan has a return, as none is stated to have.
    """
    kind, has_none = plan.objectives[0].goal.kind, score == -math.inf
    value = LOWEST[kind] if has_none else score + gap * abs(score)
    trials = Trials(plan, Coefficients(plan), gap, "scip")
    trial = trials.at(value if has_none else value - trials.room(value), deadline)
    if trial is not None and not trial.has_no_more:
        return math.inf
    return -math.inf if has_none else value


def _why_none(found: Simulation) -> str:
    """Why a plan with some npv at all rates, or with several rates of return, has none that is told."""
    if math.isnan(found.scores[0]):
        return "has several rates of return"
    if found.peak_funding == 0:
        return "needs no money, and has no rates of return"
    return f"has an irr above {100 * RATES[-1]:g} %/year"


@dataclass(frozen=True)
class _Trial:
    """The best plan at one value of the return, and whether no plan has more than this value."""

    decisions: Decisions
    has_no_more: bool


class _Surplus(Simulator):
    """Simulates plans whose score is the net present value less a return on what is invested."""

    def __init__(self, plan: Plan, periods: int, least: float) -> None:
        super().__init__(plan, periods)
        self.least = least

    def value(self, goal: Goal, found: Simulation, decisions: Decisions) -> float:
        """As of ``Simulator``; of the objective, the score."""
        is_score = goal is NPV.goal
        return found.npv - self.least * self.invested(decisions) if is_score else super().value(goal, found, decisions)


class Trials:
    """Maximizes what a plan has beyond a value of its return, for one value after the other.

    Args:
        c: Of the plan.
        kept: File in which solves are kept.
    """

    def __init__(
        self, plan: Plan, c: Coefficients, gap: float, name: SolverName = "highs", kept: KeptFile | None = None
    ) -> None:
        self.plan, self.c, self.gap, self.name, self.kept = plan, c, gap, name, kept
        self.kind = plan.objectives[0].goal.kind
        self.invested = _read_invested(c) if self.kind == "roi" else {}
        limited = [x for x in plan.constraints if x.goal.kind == "npv" and self.kind == "irr"]
        self.limits = tuple(limited)  # they hold at the rate of the plan
        self.base = build(plan, c) if limited else None
        self.is_interrupted = False

    def room(self, value: float) -> float:
        """By how much a plan may have more than a value beyond which a trial finds none."""
        return self.gap / PART * max(abs(value), SMALL[self.kind])

    def at(self, value: float, deadline: float) -> _Trial | None:
        """Solve at a value; None if no plan meets every constraint.

        Raises:
            TimeoutError, KeyboardInterrupt, Unverified: As ``solve_and_simulate``.
        """
        if self.is_interrupted:
            raise KeyboardInterrupt
        at = replace(at_rate(self.plan, value) if self.kind == "irr" else self.plan, objectives=(NPV,))
        at = replace(at, constraints=tuple(x for x in at.constraints if x not in self.limits))
        solver, simulator = self._solver(at, value, self.c)
        for limit in self.limits:
            assert self.base is not None
            missed = _elsewhere(self.base, solver.program)
            add_constraint(solver.program, limit, missed, self.base.money, lambda *_: 0.0)
        found = solve_and_simulate(solver, simulator, deadline)
        if found is None:
            return None
        if self._is_none(solver, found.bound, value):
            return _Trial(found.decisions, True)
        try:
            return _Trial(found.decisions, not found.is_cut and self._is_none_of_what_earns(solver, value, deadline))
        except (TimeoutError, KeyboardInterrupt, SolverFailure) as end:  # what was found holds
            self.is_interrupted |= isinstance(end, KeyboardInterrupt)
            return _Trial(found.decisions, False)

    def _solver(self, at: Plan, value: float, like: Coefficients, tag: str = "") -> tuple[PlanSolver, Simulator]:
        """What maximizes the score of a plan, and what simulates it."""
        tag = f" at {self.kind} {value!r}{tag}"
        solver = PlanSolver(at, self.gap, self.name, kept=self.kept, like=like, tag=tag)
        program, c = solver.program, solver.coefficients
        if self.kind != "roi":
            return solver, Simulator(at, c.periods)
        surplus = program.npv - value / program.money * _invested(program, self.invested)
        program.scores[0] = surplus, program.money
        return solver, _Surplus(at, c.periods, value)

    def _is_none(self, solver: PlanSolver, bound: float, value: float) -> bool:
        """Whether a bound on the score says that no plan has more than a value of the return, by the room.

        A plan with more by the room, first paid and then earned, has this times what it invests, of a rate times the
        period at least between. A solver that works in the money of the largest product does not see what is smaller.
        """
        time = self.plan.horizon.length if self.kind == "irr" else 1.0
        return bound + ABSOLUTE * solver.program.money <= self.room(value) * _smallest(solver.coefficients) * time

    def _is_none_of_what_earns(self, solver: PlanSolver, value: float, deadline: float) -> bool:
        """The same of the products of which a unit may have a positive score; the others add nothing to that of a plan.

        What they must be bought for, and limits on money, which they might ease, are left out: so the bound holds.
        """
        plan, c = solver.plan, solver.coefficients
        shared = {name for _, names in plan.shared for name in names}  # each makes the others cheaper
        kept = tuple(
            p for p in plan.products if p.is_sized or p.retires_early or p.name in shared or self._most(p, c, value) > 0
        )
        if len(kept) == len(plan.products) or not kept:
            return not kept
        names = {p.name for p in kept}
        supplies = (replace(s, products=tuple(name for name in s.products if name in names)) for s in plan.supplies)
        rest = replace(plan, products=kept, supplies=tuple(s for s in supplies if s.products), constraints=())
        smaller, _ = self._solver(replace(rest, capital=math.inf), value, c, " of what earns")
        found = smaller.maximize(0, {}, deadline)
        if smaller.is_interrupted:
            raise KeyboardInterrupt
        return found is not None and self._is_none(smaller, found.bound, value)

    def _most(self, product: Product, c: Coefficients, value: float) -> float:
        """The most that the score of a unit of a product can be, whenever it is bought; USD."""
        flows = c.flows[product.name]
        scores = flows.other[1].sum(axis=-1) + np.maximum(flows.revenue[1], 0.0).sum(axis=-1)
        bought = range(product.available, c.plan.horizon.count)
        invested = [self.invested[product.name, t][0] if self.invested else 0.0 for t in bought]
        return max((float(scores[t]) - value * each for t, each in zip(bought, invested, strict=True)), default=0.0)


def _elsewhere(base: Program, program: Program) -> Any:
    """The net present value of one program in the variables of another of the same plan, at another rate."""
    return linear([(x, getattr(program.model, v.parent_component().local_name)[v.index()]) for x, v in base.npv_terms])


def _smallest(c: Coefficients) -> float:
    """The most that a period pays or earns for one unit of a product, of that with the least; USD."""
    found = [np.abs([*flows.other[1], *flows.revenue[1]]).max(initial=0.0) for flows in c.flows.values()]
    return min((float(x) for x in found if x), default=math.inf)


def _read_invested(c: Coefficients) -> Invested:
    horizon = c.plan.horizon
    return {
        (p.name, t): owners_invest(p, t, horizon.begin(t), horizon.length)
        for p in c.plan.products
        for t in range(p.available, horizon.count)
    }


def _invested(program: Program, invested: Invested) -> Any:
    """Present value of what the owners invest, USD, as an expression."""
    m, c = program.model, program.coefficients
    terms: Terms = []
    for p in c.plan.products:
        whole = next((s.product.name for s in c.sizings.values() if p.name in s.corners), p.name)
        for t in range(p.available, c.plan.horizon.count):
            each, development = invested[p.name, t]
            if not p.is_sized:
                terms.append((each, m.units[p.name, t]))
            if whole == p.name and c.flows[p.name].has_program:
                terms.append((development, m.first[p.name, t]))
    for name, table in c.modules.items():
        terms += [(-float(table[1, t].sum()), m.modules[name, t]) for t in range(c.plan.horizon.count)]
    return linear(terms)
