"""What a plan is asked for, as expressions of its program: money, energy, amounts at dates, dates of amounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sunfront.engines.plan.retirement import with_retired
from sunfront.engines.plan.rows import Terms, linear, merged
from sunfront.problem.plan import RETURNS, Goal, PlanConstraint

if TYPE_CHECKING:
    from sunfront.engines.plan.program import Program


def express(program: Program, goal: Goal, missing: Any) -> tuple[Any, float]:
    """Expression of a goal, and the size of its unit in SI and USD.

    Args:
        missing: Makes the variable by which a target may be missed, from its name and the size of its unit.
    """
    m = program.model
    if goal.kind == "npv" or goal.kind in RETURNS:  # of which trials ask for the net present value
        return program.npv, program.money
    if goal.kind == "peak_funding":
        return m.depth, program.money
    if goal.kind == "sold_energy":
        return _sold_energy(program)
    if goal.kind == "date":
        return _date(program, goal, missing), 1.0
    terms, scale = _reached(program, goal, goal.period)
    return linear([(x / scale, variable) for x, variable in terms]), scale


def _reached(program: Program, goal: Goal, index: int) -> tuple[Terms, float]:
    m, c = program.model, program.coefficients
    terms: Terms = []
    for p in program.plan.products:
        found = c.reached(goal, p.name, index)
        if goal.per_time or goal.kind == "added":  # what has entered service counts, even if it has left it
            terms += [(float(found[v]), m.units[p.name, v]) for v in np.flatnonzero(found)]
        else:
            terms += with_retired(m, p.name, index, found)
    return terms, max((abs(x) for x, _ in terms), default=1.0)


def _sold_energy(program: Program) -> tuple[Any, float]:
    """IT energy that customers use in the horizon, of all products together."""
    m, c, plan = program.model, program.coefficients, program.plan
    terms: Terms = []
    length, count = plan.horizon.length, plan.horizon.count
    for p in plan.products:
        energy = c.flows[p.name].power[:, :count] * length
        if not plan.tiers:
            for t in range(count):
                terms += with_retired(m, p.name, t, energy[:, t])
            continue
        for (name, _, v, t), variable in m.sales.items():
            if name == p.name and t < count:
                terms.append((float(energy[v, t]), variable))
    total = merged(terms)
    scale = max((x for x, _ in total), default=1.0)
    return linear([(x / scale, variable) for x, variable in total]), scale


def _date(program: Program, goal: Goal, missing: Any) -> Any:
    """Number of the first period at whose end an amount reaches a limit."""
    m, count = program.model, program.plan.horizon.count
    key = f"{goal.quantity} {goal.per_time} {goal.limit}"
    if (key, 0) in m.reached:
        return linear([(float(t), m.reached[key, t]) for t in range(count)])
    m.rows.add(linear([(1.0, m.reached[key, t]) for t in range(count)]) == 1)
    found = [_reached(program, goal, t) for t in range(count)]
    size = max(scale for _, scale in found)
    short = missing(f"date {goal.text}", size)
    for t, (terms, scale) in enumerate(found):
        needed = [(-goal.limit / scale, m.reached[key, t]), (size / scale, short)]
        m.rows.add(linear([*((x / scale, v) for x, v in terms), *needed]) >= 0)
    return linear([(float(t), m.reached[key, t]) for t in range(count)])


def add_constraint(program: Program, constraint: PlanConstraint, expression: Any, scale: float, missing: Any) -> None:
    """Add a constraint to the model; ``missing`` makes the variable by which it may be missed."""
    variable = missing(f"constraint {constraint.text}", scale)
    limit = constraint.limit / scale
    if constraint.sense == ">=":
        program.model.rows.add(expression + variable >= limit)
    else:
        program.model.rows.add(expression - variable <= limit)
