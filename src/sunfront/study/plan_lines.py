"""Parse the objectives and constraints of a plan."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sunfront.engines.plan.amounts import check_quantity
from sunfront.errors import UnknownName, UserError, did_you_mean, shortened
from sunfront.problem.horizon import Horizon
from sunfront.problem.plan import RETURNS, Goal, PlanConstraint, PlanObjective, Product
from sunfront.study.calendar import last_month, parse_over_time
from sunfront.study.terms import LIMITS, split_comparisons

#: Goals without a quantity, with their display units.
MONEY = {"npv": "MUSD", "peak_funding": "MUSD"}
PLAIN = {**MONEY, "sold_energy": "GWh"}

#: Objectives that are found by trials.
RETURN_UNITS = {"irr": "%/year", "roi": "%"}

#: What to write in place of a limit on a return.
INSTEAD = {
    "irr": "for an irr of 15 %/year write discount_rate: 15 %/year under parameters, and npv >= 0 MUSD",
    "roi": "write npv >= 0 MUSD, which is an roi of at least 0 %, or maximize roi",
}

_OBJECTIVE = re.compile(r"\s*(max|min)(?:imi[sz]e)?\s+(.+)", re.IGNORECASE | re.DOTALL)
_AT = re.compile(r"(\w+)(\s+added)?\s+at\s+(.+)", re.DOTALL)
_DATE = re.compile(r"date\s+of\s+(\w+)(\s+added)?\s*$", re.DOTALL)

FORMS = (
    "write npv, peak_funding, sold_energy, 'fleet_it_power at 2030-12' for what is in service, or 'fleet_it_power "
    "added at 2030-12' for what enters service in the year up to it"
)


def parse_plan_objective(text: str, products: Sequence[Product], horizon: Horizon) -> PlanObjective:
    """Parse a line such as ``minimize date of fleet_it_power >= 1 GW``.

    Raises:
        UserError: The line is wrong.
    """
    match = _OBJECTIVE.fullmatch(text)
    if match is None:
        hint = did_you_mean(text.partition(" ")[0], ("maximize", "minimize"))
        raise UserError(
            f"{shortened(text)!r}: write maximize or minimize, and what{hint}; {FORMS}; "
            "or irr, roi, 'date of X >= 1 GW'"
        )
    sense, rest = match[1].lower(), " ".join(match[2].split())
    sides, operators = split_comparisons(rest)
    if operators:
        if len(operators) != 1 or LIMITS.get(operators[0]) != ">=":
            raise UserError(f"{shortened(text)!r}: a date is that at which a quantity is at least a limit; write '>='")
        goal = _date(sides[0].strip(), sides[1].strip(), products)
        if sense == "max":
            raise UserError(f"{shortened(text)!r}: a date is minimized; write 'minimize {rest}'")
    elif rest in RETURN_UNITS:
        goal = Goal(rest, rest, RETURN_UNITS[rest])  # type: ignore[arg-type]  # its name is its kind
        if sense == "min":
            raise UserError(f"minimize {rest}: write 'maximize {rest}'")
    else:
        goal = _goal(rest, products, horizon)
    if goal.kind == "npv" and sense == "min":
        raise UserError("minimize npv: a plan that loses most has no limit; write 'maximize npv'")
    if goal.kind == "peak_funding" and sense == "max":
        raise UserError("maximize peak_funding has no limit; write 'minimize peak_funding'")
    return PlanObjective(goal, "maximize" if sense == "max" else "minimize")


def check_objectives(objectives: Sequence[PlanObjective], products: Sequence[Product]) -> None:
    """Raise UserError, with the path of the key, if an objective stands twice, or trials do not find a return."""
    if len({o.name for o in objectives}) < len(objectives):
        raise UserError("an objective is given twice; remove one of the two", ("objectives",))
    returns = [i for i, o in enumerate(objectives) if o.goal.kind in RETURNS]
    if returns and objectives[0].goal.kind not in RETURNS:
        found = objectives[returns[0]].name
        raise UserError(f"{found} is found by trials, above floors on the others; write it first", ("objectives",))
    for i in returns:
        found = objectives[i].name
        for p in products:
            if "launches" in p.learning or (found == "roi" and (p.learning or p.retires_early)):
                what = "learning" if p.learning else "early_retirement"
                raise UserError(
                    f"{found} does not go with {what}, which {p.name} has; remove it, or maximize npv",
                    ("objectives", i),
                )


def check_constraints(constraints: Sequence[PlanConstraint]) -> None:
    """Raise UserError, with the path of the key, if a constraint stands twice."""
    told = [(c.goal, c.sense, c.limit) for c in constraints]
    for i, constraint in enumerate(constraints):
        if told[i] in told[:i]:
            raise UserError(f"{constraint.text} is given twice; remove one of the two", ("constraints", i))


def parse_plan_constraint(text: str, products: Sequence[Product], horizon: Horizon) -> PlanConstraint:
    """Parse a line such as ``fleet_it_power at 2030-12 >= 1 GW``.

    Raises:
        UserError: The line is wrong.
    """
    sides, operators = split_comparisons(text)
    left = " ".join(sides[0].split())
    if left.startswith("date of"):
        raise UserError(
            f"{shortened(text)!r}: write the amount at the date instead, as 'fleet_it_power at 2030-12 >= 1 GW'"
        )
    if len(operators) != 1 or operators[0] not in LIMITS or not all(side.strip() for side in sides):
        raise UserError(f"{shortened(text)!r}: write a quantity, <= or >=, and a limit with its unit")
    right, sense = sides[1].strip(), LIMITS[operators[0]]
    if left in RETURN_UNITS:
        raise UserError(f"{shortened(text)!r}: {left} is an objective, not a limit; {INSTEAD[left]}")
    goal = _goal(left, products, horizon)
    if goal.kind == "peak_funding" and sense == ">=":
        raise UserError(f"{shortened(text)!r}: peak_funding is held below a limit; write '<='")
    limit = parse_over_time(right, goal.unit, goal.text)
    return PlanConstraint(goal, sense, limit, f"{left} {sense} {right}")


def _goal(text: str, products: Sequence[Product], horizon: Horizon) -> Goal:
    if text in PLAIN:
        return Goal(text, text, PLAIN[text])  # type: ignore[arg-type]  # its name is its kind
    match = _AT.fullmatch(text)
    if match is None:
        if re.fullmatch(r"\w+( added)?", text):
            names = {eq.name for product in products for eq in product.problem.model}
            if text.split()[0] not in names:
                raise UnknownName(text.split()[0], "goal of a plan", {*PLAIN, *names})
            raise UserError(f"{text}: at which date? write '{text} at {horizon.label(horizon.count - 1)}'")
        raise UserError(f"{shortened(text)!r} is no goal of a plan; {FORMS}")
    quantity, added, date = match[1], bool(match[2]), match[3]
    unit = check_quantity(products, quantity)
    index = horizon.index(last_month(date))
    if not 0 <= index < horizon.count:
        span = f"{horizon.label(0)} to {horizon.label(horizon.count - 1)}"
        raise UserError(f"{text}: {date} lies outside the horizon, {span}")
    return Goal("added" if added else "in service", text, f"{unit}/year" if added else unit, quantity, index)


def _date(text: str, limit: str, products: Sequence[Product]) -> Goal:
    match = _DATE.fullmatch(text)
    if match is None:
        raise UserError(f"{shortened(text)!r}: write 'date of fleet_it_power' or 'date of fleet_it_power added'")
    quantity, added = match[1], bool(match[2])
    base = check_quantity(products, quantity)
    unit = f"{base}/year" if added else base
    value = parse_over_time(limit, unit, quantity)
    if value <= 0:
        raise UserError(f"{text} >= {limit}: the limit must be positive")
    return Goal("date", f"{text} >= {limit}", unit, quantity, per_time=added, limit=value)
