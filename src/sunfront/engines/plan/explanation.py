"""Why a plan cannot be met: which supply alone would have to offer more, when, and how much."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sunfront.engines.exact.highs_run import create_highs, run_highs
from sunfront.engines.plan.coefficients import Coefficients
from sunfront.engines.plan.program import Program, build
from sunfront.problem.plan import Plan

#: Relative gap of the solves: what is missing need not be known better.
GAP = 1e-3

#: Nodes at which a solve gives up: never a time, so that the answer is the same on a busy machine.
NODES = 10_000

#: A shortage below this share of the unit of its row is rounding.
NOISE = 1e-6

#: What a solver may be off by in what is missing, in units of its row.
ROUNDING = 1e-7

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
        parts: The amount in each period, of a supply that is used up by buying; else one number.
    """

    kind: str
    name: str
    amount: float
    unit: str
    when: tuple[str, ...]
    alone: bool
    parts: tuple[float, ...] = ()

    @property
    def is_target(self) -> bool:
        """Whether it is what is wanted, not what is offered."""
        return self.kind in TARGETS


def explain(plan: Plan, c: Coefficients, deadline: float, places: bool = False) -> tuple[Shortage, ...]:
    """Find what is short of a plan: each target, supply and the capital alone, else all supplies, else all.

    Args:
        places: What is missing is offered in those periods in which the plan is worth most.

    Returns:
        Shortages, the least of each.

    Raises:
        TimeoutError: A solve reached the deadline or its limit of nodes.
        SolverFailure: A solve failed.
        KeyboardInterrupt: It was interrupted.
    """
    program = build(plan, c, most=c.loose())
    alone = [shortage for key in program.extra for shortage in _missing(program, [key], deadline, places)]
    if any(not shortage.is_target for shortage in alone):
        return tuple(alone)
    offered = [key for key in program.extra if key.partition(" ")[0] not in TARGETS]
    together = _missing(program, offered, deadline, places)
    if not alone and not together:
        together = _missing(program, list(program.extra), deadline, places)
    return (*alone, *(replace(shortage, alone=len(together) == 1) for shortage in together))


def _missing(program: Program, keys: list[str], deadline: float, places: bool) -> tuple[Shortage, ...]:
    """The least that must be missed of some things, everything else being met; empty if that cannot be."""
    import pyomo.environ as pyo

    m = program.model
    variables = [(key, i, *each) for key in keys for i, each in enumerate(program.extra[key])]
    for _, _, variable, _ in variables:
        variable.unfix()
        variable.set_value(None)
    least = sum(variable for _, _, variable, _ in variables)
    try:
        if not _solve(m, least, pyo.minimize, deadline):
            return ()
        if places and any(key.partition(" ")[0] not in TARGETS for key in keys):
            m.floors.add(least <= pyo.value(least) + ROUNDING)  # as many, elsewhere
            _solve(m, program.npv, pyo.maximize, deadline)
        found = {key: [v.value * scale for k, _, v, scale in variables if k == key] for key in keys}
        sizes = {key: max(scale for k, _, _, scale in variables if k == key) for key in keys}
    finally:
        m.floors.clear()
        for _, _, variable, _ in variables:
            variable.fix(0.0)
    return tuple(
        _shortage(program, key, np.array(amounts))
        for key, amounts in found.items()
        if max(amounts) > NOISE * sizes[key]
    )


def _solve(m: Any, expression: Any, sense: Any, deadline: float) -> bool:
    """Solve, and load what is found; return whether there is something. TimeoutError if the solver gave up."""
    m.score.set_value(expression)
    m.score.sense = sense
    solver = create_highs()
    solver.highs_options |= {"mip_rel_gap": GAP, "mip_max_nodes": NODES}
    end = run_highs(solver, m, deadline)
    if end.status == "interrupted":
        raise KeyboardInterrupt
    if end.status in ("time", "limit"):
        raise TimeoutError
    if end.found is not None:
        solver.load_vars()
    return end.found is not None


def _shortage(program: Program, key: str, amounts: np.ndarray) -> Shortage:
    plan = program.plan
    kind, _, name = key.partition(" ")
    parts: tuple[float, ...] = tuple(amounts.tolist())
    when: tuple[str, ...] = ()
    if kind == "capital":
        name, unit = "capital", "MUSD"
    elif kind == "at_most":
        unit = "1"
    elif kind in TARGETS:
        goals = {c.text: c.goal for c in plan.constraints} | {o.goal.text: o.goal for o in plan.objectives}
        unit = goals[name].unit
    else:
        supply = next(s for s in plan.supplies if s.name == name)
        unit = supply.unit
        if supply.per_time:
            limited = [t for each, t in program.supply_rows if each == name]  # in other periods nothing is used
            by_period = np.zeros(plan.horizon.count)
            by_period[limited] = amounts
            short = np.flatnonzero(by_period > NOISE * amounts.max())
            parts, when = tuple(by_period.tolist()), tuple(plan.horizon.label(int(i)) for i in (short[0], short[-1]))
    return Shortage(kind, name, float(amounts.sum()), unit, when, alone=True, parts=parts)
