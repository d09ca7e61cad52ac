"""How much of a quantity one unit of a product has: what supplies, targets and constraints add up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from sunfront.arrays import Array
from sunfront.cash_flow.vintages import vintage_problem
from sunfront.errors import UnknownName, UserError
from sunfront.problem.horizon import Horizon
from sunfront.problem.plan import Plan, Product
from sunfront.problem.problem import Problem, as_columns

#: Quantities that add up, but change with the age of what was bought.
AGEING = ("sold_power",)


def has(product: Product, quantity: str) -> bool:
    """Whether the model of a product has a quantity."""
    problem = product.problem
    return quantity in problem.model or quantity in problem.values or quantity in product.design


def check_quantity(products: Iterable[Product], quantity: str) -> str:
    """Return the display unit of a quantity that some products have.

    Raises:
        UnknownName: None has it.
    """
    products = list(products)
    for product in products:
        if quantity in product.problem.model:
            return product.problem.model[quantity].unit
    known = {eq.name for product in products for eq in product.problem.model}
    raise UnknownName(quantity, "quantity of the products", known)


def per_unit(product: Product, quantity: str, horizon: Horizon) -> Array:
    """Amount of a quantity in one unit, by the period in which it is bought; array (periods,), SI.

    Zero for a product whose model lacks the quantity.

    Raises:
        UserError: The quantity is no amount, such as a temperature: units do not add it up.
    """
    found = np.zeros(horizon.count)
    if not has(product, quantity):
        return found
    if quantity in AGEING:
        raise UserError(f"{quantity} falls with age, so a plan cannot count it by units; use fleet_it_power")
    if not product.values:
        found[:] = _one(product, quantity, 0, horizon)
        return found
    for index in range(product.available, horizon.count):
        found[index] = _one(product, quantity, index, horizon)
    return found


def _one(product: Product, quantity: str, index: int, horizon: Horizon) -> float:
    problem = vintage_problem(product, index, horizon.begin(index), horizon.length)
    plain = _value(problem, product, quantity, {})
    if quantity == "stacks":
        return 1.0
    stacks = {name: 2 * float(problem.values[name]) for name in ("stacks", "launches") if name in problem.values}
    count = next(iter(problem.count.values()))
    nodes = {count: 2 * float(product.design.get(count, problem.values.get(count, np.nan)))}
    if _is_double(_value(problem, product, quantity, stacks), plain):
        return plain / float(problem.values["stacks"])
    if _is_double(_value(problem, product, quantity, nodes), plain):
        return plain
    raise UserError(
        f"{quantity} of {product.name} does not add up over units; use an amount, such as fleet_it_power, "
        "accelerators, nodes, launches or facility_load"
    )


def _value(problem: Problem, product: Product, quantity: str, changes: dict[str, float]) -> float:
    design = {**product.design, **{name: x for name, x in changes.items() if name in product.design}}
    given = {**problem.values, **{name: x for name, x in changes.items() if name not in product.design}}
    if quantity in given:
        return float(given[quantity])
    return float(replace(problem, values=given).evaluate(as_columns(design), [quantity])[quantity][0])


def _is_double(value: float, of: float) -> bool:
    return of != 0 and abs(value - 2 * of) <= 1e-9 * abs(of)


def check_amounts(plan: Plan) -> None:
    """Raise UserError, with the path of the key, unless every quantity of the plan is an amount."""
    for supply in plan.supplies:
        for name in supply.products:
            try:
                per_unit(plan.product(name), supply.quantity, plan.horizon)
            except UserError as error:
                raise error.under("supply", supply.name, "limits") from None
    goals = [(("objectives", i), o.goal) for i, o in enumerate(plan.objectives)]
    goals += [(("constraints", i), c.goal) for i, c in enumerate(plan.constraints)]
    for path, goal in goals:
        for product in plan.products if goal.quantity else ():
            try:
                per_unit(product, goal.quantity, plan.horizon)
            except UserError as error:
                raise error.under(*path) from None
