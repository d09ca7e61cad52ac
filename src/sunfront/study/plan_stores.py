"""Resolve the store of a product, and refuse what does not go with it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from sunfront.cash_flow.flows import NAMES
from sunfront.cash_flow.store import BUILT
from sunfront.cash_flow.vintages import OF_THE_CAMPAIGN
from sunfront.errors import Path, UnknownName, UserError
from sunfront.problem.plan import Plan, Product, Store
from sunfront.problem.scenarios import Factor
from sunfront.study.calendar import parse_over_time
from sunfront.study.plan_specs import PlanKeys, ProductSpec
from sunfront.units import unit

#: What customers pay is that of the launch.
OF_REVENUE = ("compute_price", "price_trend")


def resolve_store(keys: PlanKeys, spec: ProductSpec, path: tuple[str, str]) -> Store | None:
    """Resolve the store of a product; None without one.

    Raises:
        UserError: Something is wrong, or does not go with a store; with the path of the key.
    """
    if spec.store is None:
        return None
    place = (*path, "store")
    others = {"learning": spec.learning, "variables": spec.variables, "early_retirement": spec.early_retirement}
    others |= {"whole: false": not spec.whole}
    if beside := [name for name, is_given in others.items() if is_given]:
        raise UserError(f"a store does not go with {beside[0]} of the product; remove one of the two", place)
    for i, name in enumerate(spec.store.building):
        if name not in keys.supply:
            raise UnknownName(name, "supply", keys.supply, (*place, "building", i))
        if name in spec.store.building[:i]:
            raise UserError(f"{name} stands twice; remove one", (*place, "building", i))
    try:
        cost = parse_over_time(spec.store.cost, "USD/year", "cost")
        if cost < 0:
            raise UserError("cost is negative; write what a unit in store costs")
    except UserError as error:
        raise error.under(*place, "cost") from None
    return Store(spec.store.building, np.inf if spec.store.at_most is None else spec.store.at_most, cost)


def check_stores(plan: Plan, factors: Iterable[Factor]) -> None:
    """Raise UserError, with the path of the key, unless what is stored is the same whenever it is built."""
    for product in plan.products:
        if product.store is None:
            continue
        path: Path = ("products", product.name, "store")
        if product.learning:  # with other products, or it was refused before
            raise UserError(f"a store does not go with learning, in which {product.name} shares; remove one", path)
        for i, name in enumerate(product.store.building):
            supply = next(s for s in plan.supplies if s.name == name)
            if product.name not in supply.products:
                raise UserError(f"{name} does not limit {product.name}; leave it out", (*path, "building", i))
            if supply.quantity in OF_THE_CAMPAIGN:
                raise UserError(
                    f"{name} limits {supply.quantity}, which count as a unit is launched, not as it is built; leave it "
                    "out",
                    (*path, "building", i),
                )
            if not supply.per_time:
                raise UserError(
                    f"{name} limits what is in service, not what is built; give it an amount per time, or leave it out",
                    (*path, "building", i),
                )
        if any(o.goal.kind == "roi" for o in plan.objectives):
            raise UserError(f"roi does not go with a store, which {product.name} has; remove it", ("objectives",))
        _check_dates(plan, product, factors, path)


def _check_dates(plan: Plan, product: Product, factors: Iterable[Factor], path: Path) -> None:
    """Refuse what changes with the date in a unit, but for prices."""
    model = product.problem.model
    given = {*product.problem.values, *product.design}
    goals = [o.goal for o in plan.objectives] + [c.goal for c in plan.constraints]
    counted = {s.quantity for s in plan.supplies if product.name in s.products} | {g.quantity for g in goals}
    money = unit("USD").dimension
    own = {name for name in NAMES if name in model and money not in unit(model[name].unit).dimension}
    own |= {*counted, *OF_REVENUE, "stacks"}
    dated = {
        "time_to_power",
        *product.values,
        *(f.parameter for f in factors if product.name in f.of and f.target == "parameter"),
    }
    for name in sorted(own & {eq.name for eq in model}):
        read = {name, *model.inputs_of([name], given)}
        if name not in OF_REVENUE and (found := sorted(read & dated)):
            raise UserError(
                f"{found[0]} changes with the date, and {name} of {product.name} with it; what is stored is the same "
                "whenever it is built, but for prices: make each generation a product of its own, or remove store",
                path,
            )
        if name not in counted and (found := sorted(read & {*BUILT})):
            raise UserError(f"{name} of {product.name} depends on {found[0]}, so that a plan cannot store it", path)
