"""Why a plan cannot be met: which supply alone would have to offer more, when, and how much."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from sunfront.engines.exact.highs_run import create_highs, run_highs
from sunfront.engines.plan.coefficients import Coefficients
from sunfront.engines.plan.program import Program, build
from sunfront.errors import SolverFailure
from sunfront.problem.plan import Kind, Plan, PlanConstraint

#: Relative gap of the solves: what is missing need not be known better.
GAP = 1e-3

#: A shortage below this share of the unit of its row is rounding.
NOISE = 1e-6


#: Kinds of shortage that are what is wanted, not what is offered.
TARGETS = ("constraint", "date")


@dataclass(frozen=True)
class Shortage:
    """What is missing of one thing, if everything else stays as it is.

    Attributes:
        kind: "supply", "at_most", "constraint", "date" or "capital".
        name: Of the supply or the product; or the constraint, or the date of an objective, as written.
        amount: What is missing: in sum of a supply that is used up by buying, else at the worst date; SI or USD.
        unit: Display unit.
        when: First and last period in which it is missing; empty if this does not depend on the period.
        alone: It alone would do; if not, all shortages together would.
    """

    kind: str
    name: str
    amount: float
    unit: str
    when: tuple[str, ...]
    alone: bool


def explain(plan: Plan, c: Coefficients, deadline: float) -> tuple[Shortage, ...]:
    """Find what is short of a plan: each target, supply and the capital alone, else all supplies, else all.

    Returns:
        Shortages; empty if the time did not suffice.

    Raises:
        KeyboardInterrupt: It was interrupted.
    """
    program = build(plan, c, most=c.loose())
    try:
        alone = [shortage for key in program.extra for shortage in _missing(program, [key], deadline)]
        if any(shortage.kind not in TARGETS for shortage in alone):
            return tuple(alone)
        together = _missing(program, [key for key in program.extra if key.partition(" ")[0] not in TARGETS], deadline)
        if not alone and not together:
            together = _missing(program, list(program.extra), deadline)
        return (*alone, *(replace(shortage, alone=len(together) == 1) for shortage in together))
    except (TimeoutError, SolverFailure):
        return ()


def explain_earlier(plan: Plan, c: Coefficients, reached: int, deadline: float) -> tuple[Shortage, ...]:
    """Find what would have to be offered for the date of an objective to be one period earlier.

    Args:
        reached: Number of the period that was proved the earliest.
    """
    goal = next(o.goal for o in plan.objectives if o.goal.kind == "date")
    if reached < 1:
        return ()
    kind: Kind = "added" if goal.per_time else "in service"
    at = replace(goal, kind=kind, period=reached - 1)
    text = f"{goal.quantity}{' added' * goal.per_time} at {plan.horizon.label(reached - 1)}"
    earlier = PlanConstraint(at, ">=", goal.limit, text)
    others = tuple(o for o in plan.objectives if o.goal.kind != "date")
    return explain(replace(plan, objectives=others, constraints=(*plan.constraints, earlier)), c, deadline)


def _missing(program: Program, keys: list[str], deadline: float) -> tuple[Shortage, ...]:
    """The least that must be missed of some things, everything else being met; empty if that cannot be."""
    import pyomo.environ as pyo

    m = program.model
    variables = [(key, i, *each) for key in keys for i, each in enumerate(program.extra[key])]
    for _, _, variable, _ in variables:
        variable.unfix()
        variable.set_value(None)
    m.score.set_value(sum(variable for _, _, variable, _ in variables))
    m.score.sense = pyo.minimize
    solver = create_highs()
    solver.highs_options |= {"mip_rel_gap": GAP}
    try:
        end = run_highs(solver, m, min(deadline, time.monotonic() + 60.0))
        if end.status == "interrupted":
            raise KeyboardInterrupt
        if end.found is None:
            return ()
        solver.load_vars()
        found = {key: [v.value * scale for k, _, v, scale in variables if k == key] for key in keys}
        sizes = {key: max(scale for k, _, _, scale in variables if k == key) for key in keys}
    finally:
        for _, _, variable, _ in variables:
            variable.fix(0.0)
    return tuple(
        _shortage(program.plan, key, np.array(amounts))
        for key, amounts in found.items()
        if max(amounts) > NOISE * sizes[key]
    )


def _shortage(plan: Plan, key: str, amounts: np.ndarray) -> Shortage:
    kind, _, name = key.partition(" ")
    if kind == "capital":
        return Shortage(kind, "capital", float(amounts.sum()), "MUSD", (), alone=True)
    if kind == "at_most":
        return Shortage(kind, name, float(amounts.sum()), "1", (), alone=True)
    if kind in TARGETS:
        goals = {c.text: c.goal for c in plan.constraints} | {o.goal.text: o.goal for o in plan.objectives}
        return Shortage(kind, name, float(amounts.sum()), goals[name].unit, (), alone=True)
    supply = next(s for s in plan.supplies if s.name == name)
    when: tuple[str, ...] = ()
    if supply.per_time:
        short = np.flatnonzero(amounts > NOISE * amounts.max())
        when = tuple(plan.horizon.label(int(i)) for i in (short[0], short[-1]))
    return Shortage(kind, name, float(amounts.sum()), supply.unit, when, alone=True)
