"""What of a product a plan may size, and how: checked before anything is computed."""

from __future__ import annotations

import math

from sunfront.errors import UserError
from sunfront.problem.plan import Product
from sunfront.problem.problem import Problem
from sunfront.problem.variables import Variable

#: Most combinations of values of the variables that are not amounts.
MOST_OPTIONS = 60


def stepped_amounts(problem: Problem) -> tuple[Variable, ...]:
    """Amounts of hardware that move in steps, as whole numbers do; the number of nodes is one."""
    return tuple(v for v in problem.variables if v.step is not None and v.name in problem.hardware and not v.choices)


def values_to_choose(problem: Problem) -> tuple[Variable, ...]:
    """Variables whose values are tried one by one."""
    stepped = stepped_amounts(problem)
    return tuple(v for v in problem.variables if not v.is_continuous and v not in stepped)


def check_variables(product: Product) -> None:
    """Raise UserError, with the path of the key, unless a plan can size a product within its variables.

    Timelines that change which designs are allowed are refused too.
    """
    problem, path = product.problem, ("products", product.name, "variables")
    for v in problem.variables:
        if v.is_continuous and v.name not in problem.hardware:
            raise UserError(
                f"{v.name} is no amount of hardware; a plan needs its values: give choices or a step", (*path, v.name)
            )
    if problem.conditions:
        raise UserError("'when' has no meaning in a plan; make a product of each case", path)
    chosen = values_to_choose(problem)
    if math.prod(v.size or 1 for v in chosen) > MOST_OPTIONS:
        counts = ", ".join(f"{v.size} of {v.name}" for v in chosen)
        raise UserError(
            f"the values to choose from ({counts}) have more than {MOST_OPTIONS} combinations; give fewer choices or a "
            "wider step",
            path,
        )
    dated = product.values.keys()
    given = {*problem.values, *product.design} - dated
    for c in problem.constraints:
        if found := sorted(problem.model.inputs_of([c.quantity], given) & dated):
            raise UserError(
                f"{found[0]} has a timeline, and {c} depends on it, so that the designs that are allowed would change; "
                "make a product for each of its values, with available",
                path,
            )
