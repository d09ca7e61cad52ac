"""Why no design of a catalogue meets every constraint: which limits would have to give way, and by how much.

Every constrained quantity becomes an objective of the catalogue, so that no option is ruled out and each has its
numerator and denominator; its limit becomes a row that may be missed, at the price of a binary. The fewest missed
rows are a mixed-integer program; among several sets of that size, each in turn, the least sum of misses, each in units
of its constraint's scale. A miss of a quotient is itself a quotient, minimized as by Dinkelbach. That is the least for
a set of one limit, and wherever no quotient is missed; of several with quotients it is one from which the next
linear program finds no way down.

Then each bound of an amount of hardware alone: how far it would have to move for all limits to hold.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sunfront.display import format_value
from sunfront.engines.exact.catalogue import read
from sunfront.engines.exact.highs import Program, check_rows, chosen_design, formulate, solver
from sunfront.errors import NonlinearEquation, SolverFailure, Unverified
from sunfront.problem.criteria import Constraint, Objective
from sunfront.problem.infeasibility import Infeasibility, MovedBound, Violation, violated
from sunfront.problem.problem import Problem
from sunfront.problem.variables import Variable

#: Sets of limits that are told, beside the one that asks least.
MOST_SETS = 4

#: By this factor a bound is moved at most.
REACH = 10.0


def explain(problem: Problem, shells: int, deadline: float) -> tuple[Infeasibility | None, tuple[str, ...]]:
    """The infeasibility of a problem without designs, and the notes of the answer; see ``reason``."""
    try:
        found = reason(problem, shells, deadline)
    except (TimeoutError, KeyboardInterrupt):
        return None, ("stopped before it was known which constraints would have to be relaxed",)
    except (NonlinearEquation, SolverFailure) as error:  # SCIP takes studies that no catalogue can hold
        return None, (f"which constraints would have to be relaxed is not known: {error}",)
    if found is None:
        return None, ("no set of constraints was found that could be relaxed: each leaves a quantity without a bound",)
    return found, found.notes


def reason(problem: Problem, shells: int, deadline: float) -> Infeasibility | None:
    """Find what would have to give way.

    Args:
        problem: Without any design that meets every constraint.
        shells: As for ``catalogue.read``.
        deadline: Value of ``time.monotonic`` at which to stop.

    Returns:
        None if no set of limits that the program can bound would do.

    Raises:
        TimeoutError: The deadline came before the fewest limits were known; what is found later is left out then.
        Unverified: The numpy model does not confirm what was found.
    """
    soft = tuple(c for c in problem.constraints if _can_bound(problem, c, shells))
    found: list[tuple[float, dict[str, float], tuple[Violation, ...]]] = []
    try:
        for limits in _fewest(problem, soft, shells, deadline):
            if found and (len(limits) > len(found[0][2]) or len(found) > MOST_SETS):
                break
            design = _nearest(problem, limits, shells, deadline)
            missed = violated(problem, design, limits)
            if not missed or {m.constraint for m in missed} - set(limits):
                raise Unverified(f"{_listed(limits)} was to be missed, but the numpy model says: {_listed(missed)}")
            found.append((sum(m.shortfall / problem.constraint_scales[m.constraint] for m in missed), design, missed))
    except TimeoutError:
        if not found:
            raise
    if not found:
        return None
    found.sort(key=lambda each: each[0])
    _, design, missed = found[0]
    bounds = _bounds(problem, shells, deadline)
    return Infeasibility(True, design, missed, tuple(other for _, _, other in found[1:]), bounds)


def _listed(things: Iterable[object]) -> str:
    return ", ".join(map(str, things)) or "nothing"


def _aim(c: Constraint) -> Objective:
    return Objective("maximize" if c.sense == ">=" else "minimize", c.quantity)


def _can_bound(problem: Problem, c: Constraint, shells: int) -> bool:
    """Whether the quantity can be an objective: one that is infinite for some designs cannot."""
    try:
        read(replace(problem, objectives=(_aim(c),), constraints=()), shells)
    except NonlinearEquation:
        return False
    return True


class _Soft:
    """The program of a catalogue whose objectives are constrained quantities, with their limits as rows to be missed.

    Everything is in units of the targets: quantity = unit x top / bottom, turned so that more is better.
    """

    def __init__(self, problem: Problem, soft: Sequence[Constraint], shells: int) -> None:
        import pyomo.environ as pyo

        hard = tuple(c for c in problem.constraints if c not in soft)
        self.catalogue = read(replace(problem, objectives=tuple(map(_aim, soft)), constraints=hard), shells)
        self.empty = not soft or self.catalogue.size == 0
        if self.empty:
            return
        self.targets = self.catalogue.targets
        self.sizes = [problem.constraint_scales[c] / t.unit for c, t in zip(soft, self.targets, strict=True)]
        m = self.model = formulate(self.catalogue)
        m.score.deactivate()
        m.miss = pyo.Var(range(len(soft)), domain=pyo.NonNegativeReals)
        m.soft = pyo.ConstraintList()
        for i, (c, target) in enumerate(zip(soft, self.targets, strict=True)):
            limit = c.sign * c.limit / target.unit
            m.soft.add((m.top[i] - limit * m.bottom[i] + m.miss[i]) / max(abs(limit), 1.0) >= 0)
            # The bottom lies from 1 to `most`.
            m.miss[i].setub(max((limit * target.most if limit > 0 else limit) - target.least, 0.0))
        self.solver = solver()

    def minimize(self, goal: Any, deadline: float) -> bool:
        """Solve; whether there is a solution.

        Raises:
            TimeoutError: The deadline came before the solution.
        """
        import pyomo.environ as pyo
        from pyomo.contrib.appsi.base import TerminationCondition

        m = self.model
        if m.component("goal") is not None:
            m.del_component("goal")
        m.goal = pyo.Objective(expr=goal)
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.solver.config.time_limit = left
        result = self.solver.solve(m)
        check_rows(m, self.solver)
        condition = result.termination_condition
        if condition == TerminationCondition.maxTimeLimit:
            raise TimeoutError
        if condition == TerminationCondition.infeasible:
            return False
        if condition != TerminationCondition.optimal:
            raise SolverFailure(f"HiGHS ended with {condition.name}")
        result.solution_loader.load_vars()
        return True


def _fewest(problem: Problem, soft: Sequence[Constraint], shells: int, deadline: float) -> Iterator[list[Constraint]]:
    """The smallest set of limits to miss, then others, none of which holds another."""
    import pyomo.environ as pyo

    program = _Soft(problem, soft, shells)
    if program.empty:
        return
    m = program.model
    m.relaxed = pyo.Var(range(len(soft)), domain=pyo.Binary)
    m.cuts = pyo.ConstraintList()
    for i, miss in m.miss.items():
        m.cuts.add((miss - miss.ub * m.relaxed[i]) / max(miss.ub, 1.0) <= 0)
    goal = sum(m.relaxed.values())
    while program.minimize(goal, deadline):
        chosen = [i for i in m.relaxed if m.relaxed[i].value > 0.5]
        yield [soft[i] for i in chosen]
        m.cuts.add(sum(m.relaxed[i] for i in chosen) <= len(chosen) - 1)


def _nearest(problem: Problem, limits: Sequence[Constraint], shells: int, deadline: float) -> dict[str, float]:
    """The design that misses these limits, and no other, by the least in sum."""
    program = _Soft(problem, limits, shells)
    if program.empty:
        raise SolverFailure("the limits that HiGHS found to be enough are not")
    m, sizes = program.model, np.array(program.sizes)
    bottoms, ratios = np.ones(len(sizes)), np.zeros(len(sizes))
    best, least = None, math.inf
    for _ in range(50):  # as Dinkelbach's method, three or four in practice
        weights = 1.0 / (sizes * bottoms)
        goal = sum(float(w) * (m.miss[i] - float(ratios[i]) * m.bottom[i]) for i, w in enumerate(weights))
        if not program.minimize(goal, deadline):
            raise SolverFailure("the limits that HiGHS found to be enough are not")
        bottoms = np.array([m.bottom[i].value for i in m.bottom], float)
        ratios = np.array([m.miss[i].value for i in m.miss], float) / bottoms
        total = float((ratios / sizes).sum())
        if total >= least * (1 - 1e-9):
            break
        best, least = chosen_design(m, program.catalogue), total
        if all(t.bottom is None for t in program.targets):
            break
    assert best is not None
    return best


def _bounds(problem: Problem, shells: int, deadline: float) -> tuple[MovedBound, ...]:
    """Bounds of amounts that would do alone, those that move least first; what the deadline cuts off is left out."""
    found: list[MovedBound] = []
    for amount in read(replace(problem, constraints=()), shells).decided:
        v = amount.variable
        for upper in (True, False):
            wider = _wider(v, upper)
            if wider == v:
                continue
            variables = tuple(wider if w is v else w for w in problem.variables)
            goal = Objective("minimize" if upper else "maximize", v.name)
            loose = replace(problem, variables=variables, objectives=(goal,))
            try:
                options = read(loose, shells)
                solved = Program(options, 1e-4).maximize(0, {}, deadline) if options.size else None
            except NonlinearEquation:
                continue  # the wider range lets a denominator reach zero
            except TimeoutError:
                return tuple(found)
            if solved is None:
                continue
            if missed := violated(problem, solved.design):
                raise Unverified(
                    f"{v.name} = {format_value(solved.design[v.name], v.unit)} was to be enough, but {missed[0]}"
                )
            found.append(MovedBound.of(v, upper, solved.design[v.name]))
    return tuple(sorted(found, key=lambda r: abs(math.log(r.needed / r.bound))))


def _wider(v: Variable, upper: bool) -> Variable:
    """The variable with one bound moved by REACH, on its grid; the same if it cannot move."""
    if upper:
        return replace(v, high=v.high * REACH) if v.high > 0 else v
    if v.low <= 0:
        return v
    low = v.low / REACH
    return replace(v, low=low if v.step is None else v.low - v.step * math.floor((v.low - low) / v.step))
