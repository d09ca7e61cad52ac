"""Resolve what limits a plan: supplies, tiers of the market, capital."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from sunfront.arrays import Array
from sunfront.engines.plan.amounts import check_quantity, has
from sunfront.errors import UnknownName, UserError
from sunfront.problem.horizon import Horizon
from sunfront.problem.plan import Modules, Product, Supply, Tier
from sunfront.study.calendar import is_per_time, parse_over_time, periods_of
from sunfront.study.plan_specs import CapitalSpec, MarketSpec, SupplySpec


def resolve_supply(name: str, spec: SupplySpec, products: tuple[Product, ...], horizon: Horizon) -> Supply:
    """Resolve a supply.

    Raises:
        UserError: A name, unit or value is wrong; with the path of the key.
    """
    path, known = ("supply", name), {p.name: p for p in products}
    try:
        display_unit = check_quantity(products, spec.limits)
    except UserError as error:
        raise error.under(*path, "limits") from None
    if spec.products is None:
        shared = tuple(p.name for p in products if has(p, spec.limits))
    else:
        for i, each in enumerate(spec.products):
            if each not in known:
                raise UnknownName(each, "product", known, (*path, "products", i))
            if not has(known[each], spec.limits):
                raise UserError(f"{each} has no {spec.limits}; leave it out", (*path, "products", i))
        shared = spec.products

    def read(key: str, text: float | str, expected: str) -> float:
        try:
            value = parse_over_time(text, expected, key)
            if value < 0:
                raise UserError(f"{key} is negative; write what there is")
            return value
        except UserError as error:
            raise error.under(*path, key) from None

    per_time = True
    offered = np.zeros(horizon.count)
    if spec.offered is not None:
        try:
            per_time = is_per_time(spec.offered, display_unit)
            timeline = spec.offered.resolve(
                horizon.start, f"{display_unit}/year" if per_time else display_unit, "offered", _not_negative
            )
        except UserError as error:
            raise error.under(*path, "offered") from None
        edges: Array = horizon.start + np.arange(horizon.count + 1.0) * horizon.months
        if per_time:
            offered = np.array([timeline.integral(*ends) for ends in pairwise(edges.tolist())])
        else:
            offered = timeline.at(edges[1:] - 1e-6)  # what is held at the end of a period, before a step there
    modules = None
    if spec.module is not None:
        assert spec.at_most is not None
        capacity = read("module", spec.module, f"{display_unit}/year" if per_time else display_unit)
        capacity *= horizon.length if per_time else 1.0
        try:
            lead = periods_of(spec.lead, horizon, "lead")
        except UserError as error:
            raise error.under(*path, "lead") from None
        ramp = tuple(_share(text, (*path, "ramp", i)) for i, text in enumerate(spec.ramp))
        if list(ramp) != sorted(ramp):
            raise UserError("the shares of a ramp rise; sort them", (*path, "ramp"))
        modules = Modules(capacity, read("cost", spec.cost, "USD"), lead, ramp, spec.at_most)
    return Supply(name, spec.limits, shared, display_unit, per_time, offered, modules, spec.trust, spec.source)


def resolve_tiers(market: MarketSpec | None, horizon: Horizon) -> tuple[Tier, ...]:
    """Resolve the tiers of the market, as ``resolve_supply``."""
    specs = market.tiers if market else ()
    found: list[Tier] = []
    for i, spec in enumerate(specs):
        path = ("market", "tiers", i)
        price = _share(spec.price, (*path, "price"))
        if found and price > found[-1].price:
            raise UserError("the best price comes first: prices of tiers fall", (*path, "price"))
        limits = np.full(1, np.inf)
        if spec.up_to is not None:
            try:
                timeline = spec.up_to.resolve(horizon.start, "MW", "up_to", _not_negative)
            except UserError as error:
                raise error.under(*path, "up_to") from None
            limits = timeline.at(middles(horizon))
        elif i < len(specs) - 1:
            raise UserError("only the last tier may be without up_to, since it takes all that is left", path)
        found.append(Tier(price, limits))
    return tuple(found)


def resolve_capital(capital: CapitalSpec | None) -> float:
    """Resolve the limit of capital, USD, infinite if there is none; as ``resolve_supply``."""
    if capital is None:
        return np.inf
    try:
        limit = parse_over_time(capital.limit, "MUSD", "limit")
        _not_negative(limit)
    except UserError as error:
        raise error.under("capital", "limit") from None
    return limit


def middles(horizon: Horizon) -> Array:
    """Dates in the middle of the periods; array (periods,)."""
    found: Array = horizon.start + (np.arange(horizon.count, dtype=float) + 0.5) * horizon.months
    return found


def _not_negative(value: float) -> None:
    if value < 0:
        raise UserError("is negative; write what there is")


def _share(text: float | str, path: tuple[str | int, ...]) -> float:
    """Parse a share from 0 to 1."""
    try:
        value = parse_over_time(text, "1", "the share")
    except UserError as error:
        raise error.under(*path) from None
    if not 0 <= value <= 1:
        raise UserError(f"{text} is no share; write a value from 0 % to 100 %", path)
    return value
