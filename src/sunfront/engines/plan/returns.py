"""The plan with the best return: the internal rate of return, or the return on what the owners invest.

Both are found by trials, as a quotient by Dinkelbach's method. A trial maximizes the net present value at a discount
rate, or the net present value less a return on what is invested. Its plan has a return of its own, beyond which the
next trial looks. Where a trial finds none, a second solve asks for any plan that buys something and has a little more:
if the solver proves that there is none, this is a bound. The plan that buys nothing has no return.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from sunfront.cash_flow.vintages import owners_invest
from sunfront.engines.exact.kept import KeptSolves
from sunfront.engines.exact.solver_protocol import Solution, lowered
from sunfront.engines.plan.claims import NPV, solve_and_simulate, solve_first
from sunfront.engines.plan.coefficients import Coefficients
from sunfront.engines.plan.goals import add_constraint
from sunfront.engines.plan.program import Program, build, least_units
from sunfront.engines.plan.rows import Terms, linear, merged
from sunfront.engines.plan.simulator import RATES, YEAR, Simulation, Simulator
from sunfront.engines.plan.solver import PlanSolver, SolverName
from sunfront.errors import SolverFailure, Unverified
from sunfront.problem.plan import RETURNS, Decisions, Goal, Plan, at_rate

#: Most trials; five are common.
TRIALS = 40

#: A trial is worth nothing if what it leaves is this part of the gap, of the return; so much is added to a bound.
PART = 10

#: Gap at which the search for a plan with more ends: any such plan is of use.
ENOUGH = 0.5

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
        solution: Its scores are simulated. No plan has more than its bound; infinite if nothing is proved; minus
            infinity if no plan has a return: then the plan is that with the most net present value.
        done: The gap is reached.
        notes: What else is to be told.
        is_cut: The time, or an interruption, ended the trials.
    """

    solution: Solution
    done: bool
    notes: tuple[str, ...] = ()
    is_cut: bool = False


def best_return(
    trials: Trials,
    deadline: float,
    progress: Callable[[float, float, str], None] = lambda *_: None,
    floors: Mapping[int, float] = MappingProxyType({}),
    known: Solution | None = None,
) -> Best | None:
    """Find the plan with the best return; None if no plan meets every constraint.

    Args:
        floors: Lowest scores of the other objectives, by number.
        known: A plan above the floors, whose scores are simulated.

    Raises:
        TimeoutError: No plan was found in time.
        KeyboardInterrupt: It was interrupted before a plan was found.
        Unverified: The simulation contradicts the program.
    """
    plan, kind, gap, index = trials.plan, trials.kind, trials.gap, trials.index
    notes: tuple[str, ...] = (f"the trials of {kind} did not suffice for the gap",)
    hurdle = plan.discount_rate if kind == "irr" else 0.0  # a plan with less has a negative net present value
    least = SMALL[kind] if trials.is_front else 0.0
    value, bound, best, is_cut = hurdle, math.inf, known, False
    if best is not None:
        value = best.scores[index] + gap / 2 * abs(best.scores[index])
    for i in range(TRIALS):
        progress(min(0.1 + i / 10, 0.95), 1, f"trial {i + 1} of {kind}")
        try:
            trial = trials.at(value, floors, deadline)
        except (TimeoutError, KeyboardInterrupt):
            if best is None:
                raise
            notes, is_cut = (f"stopped before the trials of {kind} reached the gap",), True
            break
        if trial is None:
            return None
        bound = min(bound, value + trials.room(value)) if trial.has_no_more else bound
        found = trial.solution
        score = found.scores[index]
        if score > -math.inf and (best is None or score > best.scores[index]):
            best = found
        if best is None:
            if value <= LOWEST[kind]:
                done = trial.has_no_more
                found = replace(found, bound=-math.inf if done else math.inf)
                return Best(found, done, _loss(plan) if done else ())
            value = LOWEST[kind]
            continue
        score = best.scores[index]
        if score - bound > BEYOND * max(abs(bound), abs(score), SMALL[kind]):
            raise Unverified(f"a plan has an {kind} of {score:.6g}, beyond the bound of {bound:.6g} that is proved")
        if math.isfinite(bound) and bound - score <= gap * max(abs(bound), abs(score), least):
            best = replace(best, bound=max(bound, score))
            return Best(best, done=True, notes=_loss(plan) if bound < hurdle else ())
        last, value = value, min(score + gap / 2 * max(abs(score), least), bound)
        if value == last:
            break  # the same trial finds the same
    assert best is not None
    best = replace(best, bound=max(bound, best.scores[index]))
    return Best(best, False, (*notes, *(_loss(plan) if bound < hurdle else ())), is_cut)


def _loss(plan: Plan) -> tuple[str, ...]:
    """The note on a plan that loses money."""
    must_buy = any(c.sense == ">=" and c.goal.kind != "npv" and c.limit > 0 for c in plan.constraints)
    return LOSS_OF_ALL if must_buy else LOSS


def second_bound(trials: Trials, scores: tuple[float, ...], deadline: float) -> float:
    """A bound on the return of a plan by trials of another solver; infinite if none is proved.

    Minus infinity if no plan has a return, as none is stated to have.

    Args:
        scores: Of the plan, of which those of the further objectives are floors.
    """
    known = Solution({}, scores, math.inf) if math.isfinite(scores[0]) else None
    floors = {i: score for i, score in enumerate(scores) if i} if known else {}
    best = best_return(trials, deadline, floors=floors, known=known)
    if best is None:
        raise Unverified("the solver claims that no plan meets every constraint, but one is simulated")
    if best.is_cut and trials.is_interrupted:
        raise KeyboardInterrupt
    return best.solution.bound


def check_rates(found: Simulation) -> None:
    """Raise SolverFailure if a plan with some npv at all rates, or with several rates of return, has none to tell."""
    if not any(math.isnan(score) or score == math.inf for score in found.scores):
        return
    if any(map(math.isnan, found.scores)):
        why = "has several rates of return"
    elif found.peak_funding == 0:
        why = "needs no money, and has no rates of return"
    else:
        why = f"has an irr above {100 * RATES[-1]:g} %/year"
    raise SolverFailure(f"the plan with the most npv at a rate {why}; maximize npv instead")


@dataclass(frozen=True)
class _Trial:
    """The best plan at one value of the return, with simulated scores; and whether no plan has more than this value."""

    solution: Solution
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
        kept: Solves that are kept; those in it are not solved again.
        index: Of the objective.
        is_front: The front is that of plans with a return of some size, ``SMALL`` above the lowest; less is none.
    """

    def __init__(
        self,
        plan: Plan,
        c: Coefficients,
        gap: float,
        name: SolverName = "highs",
        kept: KeptSolves | None = None,
        index: int = 0,
        is_front: bool = False,
    ) -> None:
        self.plan, self.c, self.gap, self.name = plan, c, gap, name
        self.kept = KeptSolves() if kept is None else kept
        self.index, self.is_front, self.kind = index, is_front, plan.objectives[index].goal.kind
        self.simulator = Simulator(plan, c.periods)
        limited = [x for x in plan.constraints if x.goal.kind == "npv" and self.kind == "irr"]
        self.limits = tuple(limited)  # they hold at the rate of the plan
        self.is_interrupted = False
        self._programs: dict[float, Program] = {}

    @cached_property
    def invested(self) -> Invested:
        """Of the plan."""
        return _read_invested(self.c)

    def room(self, value: float) -> float:
        """By how much a plan may have more than a value beyond which a trial finds none."""
        if self.is_front and value <= LOWEST[self.kind]:
            return SMALL[self.kind]
        return self.gap / PART * max(abs(value), SMALL[self.kind])

    def at(self, value: float, floors: Mapping[int, float], deadline: float) -> _Trial | None:
        """Solve at a value, with floors on other objectives; None if no plan meets every constraint.

        Raises:
            TimeoutError, KeyboardInterrupt, Unverified: As ``solve_and_simulate``.
        """
        if self.is_interrupted:
            raise KeyboardInterrupt
        solver, simulator, own = self._above(value, floors)
        try:
            found = solve_and_simulate(solver, simulator, deadline, own)
        except KeyboardInterrupt:
            self.is_interrupted = True
            raise
        if found is None:
            return None
        solution = self._scored(found.solution, found.decisions)
        more = value + self.room(value)
        if found.is_cut or solution.scores[self.index] > more:
            return _Trial(solution, False)
        try:
            other = self._with_more(more, floors, deadline)
        except (TimeoutError, KeyboardInterrupt, SolverFailure) as end:  # what was found holds
            self.is_interrupted |= isinstance(end, KeyboardInterrupt)
            return _Trial(solution, False)
        return _Trial(solution if other is None else max(solution, other, key=self._score), other is None)

    def _score(self, solution: Solution) -> float:
        return solution.scores[self.index]

    def _scored(self, solution: Solution, decisions: Decisions) -> Solution:
        """A solution with the scores of its simulation."""
        simulation = self.simulator.simulate(decisions)
        check_rates(simulation)
        scores = tuple(o.sign * x for o, x in zip(self.plan.objectives, simulation.scores, strict=True))
        return replace(solution, scores=scores, is_cut=False, is_limited=False)

    def _with_more(self, value: float, floors: Mapping[int, float], deadline: float) -> Solution | None:
        """A plan that buys something and has a return of a value at least; None if it is proved that there is none.

        Its money is in units of the smallest purchase, which a solver does not see beside much larger ones.
        """
        solver, _, own = self._above(value, floors, " that buys")
        solver.tighten(ENOUGH, (), None)
        program = solver.program
        terms = merged(self._surplus(program, value))
        size = _smallest_purchase(program, terms)
        surplus = linear([(x / size, v) for x, v in terms])
        program.model.rows.add(surplus >= 0.0)
        program.model.rows.add(buys_something(program))
        program.scores[0] = surplus, size * program.money
        found = solve_first(solver, own, deadline)
        return None if found is None else self._scored(found, solver.load(found))

    def _above(
        self, value: float, floors: Mapping[int, float], more: str = ""
    ) -> tuple[PlanSolver, Simulator, dict[int, float]]:
        """What maximizes the score at a value above floors, what simulates it, and the floors that the solver takes.

        Args:
            more: What is asked besides; it names the solves.
        """
        plain = [i for i, o in enumerate(self.plan.objectives) if o.goal.kind not in ("npv", *RETURNS)]
        at = at_rate(self.plan, value) if self.kind == "irr" else self.plan
        at = replace(at, objectives=(NPV, *(self.plan.objectives[i] for i in plain)))
        at = replace(at, constraints=tuple(x for x in at.constraints if x not in self.limits))
        of_money = {i: floor for i, floor in sorted(floors.items()) if i not in plain}
        tag = f" at {self.kind} {value!r}{more}" + (f" above {of_money}" if of_money else "")
        solver = PlanSolver(at, self.gap, self.name, like=self.c, tag=tag)
        solver.kept = self.kept
        program, periods = solver.program, solver.coefficients.periods
        for limit in self.limits:
            base = self._program(self.plan.discount_rate)
            missed = _elsewhere(base.npv_terms, program)
            add_constraint(program, limit, missed, base.money, lambda *_: 0.0)
        for i, floor in of_money.items():
            self.add_floor(program, i, floor)
        own = {plain.index(i) + 1: floor for i, floor in floors.items() if i in plain}
        if self.kind != "roi":
            return solver, Simulator(at, periods), own
        surplus = program.npv - value / program.money * linear(_invested(program, self.invested))
        program.scores[0] = surplus, program.money
        return solver, _Surplus(at, periods, value), own

    def _surplus(self, program: Program, value: float) -> Terms:
        """Net present value less a return of some value on what is invested; for irr at the rate of the program."""
        if self.kind != "roi":
            return program.npv_terms
        return [*program.npv_terms, *((-value / program.money * x, v) for x, v in _invested(program, self.invested))]

    def add_floor(self, program: Program, index: int, floor: float) -> None:
        """Add a floor on a net present value or a return to a program of the plan, at whatever rate."""
        kind = self.plan.objectives[index].goal.kind
        base = self._program(floor if kind == "irr" else self.plan.discount_rate)
        terms, least = base.npv_terms, floor if kind == "npv" else 0.0
        if kind == "roi":
            terms = [*terms, *((-floor / base.money * x, v) for x, v in _invested(base, self.invested))]
        program.model.rows.add(_elsewhere(terms, program) >= lowered(least, base.money) / base.money)

    def _program(self, rate: float) -> Program:
        """The program of the plan at a discount rate."""
        if rate not in self._programs:
            is_own = rate == self.plan.discount_rate
            plan = self.plan if is_own else at_rate(self.plan, rate)
            self._programs = {rate: build(plan, self.c if is_own else Coefficients(plan, self.c))}  # the last is enough
        return self._programs[rate]


def _elsewhere(terms: Terms, program: Program) -> Any:
    """Terms of one program in the variables of another of the same plan, at another rate."""
    return linear([(x, getattr(program.model, v.parent_component().local_name)[v.index()]) for x, v in terms])


def buys_something(program: Program) -> Any:
    """The row that at least as much is bought of a product as begins its program."""
    whole = {p.name: p.whole for p in program.plan.products}
    corners = {corner for sizing in program.coefficients.sizings.values() for corner in sizing.corners}
    units = [(whole[name], v) for (name, _), v in program.model.units.items() if name not in corners]
    return linear([(1.0 / least_units(is_whole, v.ub or 1.0), v) for is_whole, v in units]) >= 1.0


def _smallest_purchase(program: Program, terms: Terms) -> float:
    """What the least that is bought of a product adds to a sum, of the product that adds least; in its money."""
    whole, most = {p.name: p.whole for p in program.plan.products}, dict[str, float]()
    units = {id(v): name for (name, _), v in program.model.units.items()}
    for x, v in terms:
        if (name := units.get(id(v))) and v.ub:
            most[name] = max(most.get(name, 0.0), abs(x) * least_units(whole[name], v.ub))
    return min((x for x in most.values() if x), default=1.0)


def _read_invested(c: Coefficients) -> Invested:
    horizon = c.plan.horizon
    return {
        (p.name, t): owners_invest(p, t, horizon.begin(t), horizon.length)
        for p in c.plan.products
        for t in range(p.available, horizon.count)
    }


def _invested(program: Program, invested: Invested) -> Terms:
    """Present value of what the owners invest, USD."""
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
    return terms
