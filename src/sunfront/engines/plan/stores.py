"""Variables, rows and costs of units that are built in one period and launched in a later one.

What is launched are the units of all other rows. A variable for each pair of periods says how many of them were built
earlier: it changes what they cost, and in which period they need the supplies of building.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from sunfront.arrays import Array
from sunfront.cash_flow.store import BUILT, buy_from_store, stored_elements
from sunfront.cash_flow.vintages import Vintage, buy
from sunfront.engines.plan.rows import Terms, add_total, linear
from sunfront.errors import UserError
from sunfront.problem.plan import Decisions, Plan, Product, Supply

if TYPE_CHECKING:
    from sunfront.engines.plan.coefficients import Coefficients

#: Share by which a price is raised to read what depends on it.
STEP = 0.5


def add_store(m: Any, product: Product, most: Array, built_most: Array, whole: bool) -> None:
    """Add what is built in each period, and what of it is launched in each later one.

    Args:
        most, built_most: Most units launched and built in each period.
        whole: Units are whole.
    """
    import pyomo.environ as pyo

    name, store, periods = product.name, product.store, range(len(most))
    assert store is not None
    domain = pyo.NonNegativeIntegers if whole else pyo.NonNegativeReals
    for b in periods:
        for t in periods[b + 1 :]:
            high = min(built_most[b], most[t], store.most)
            if high > 0:
                m.stored[name, b, t].domain = domain
                m.stored[name, b, t].setub(float(high))
    pairs = {(b, t): variable for (of, b, t), variable in m.stored.items() if of == name}
    for t in periods:
        units, built = m.units[name, t], m.built[name, t]
        built.domain = domain  # it is whole anyway, but SCIP 10 cuts off plans if it is not told so
        built.setub(float(built_most[t]))
        taken = [(-1.0, variable) for (_, when), variable in pairs.items() if when == t]
        kept = [(1.0, variable) for (when, _), variable in pairs.items() if when == t]
        m.rows.add(linear([(1.0, units), *taken, *kept, (-1.0, built)]) == 0)
        if taken:
            m.rows.add(linear([(1.0, units), *taken]) >= 0)
        within = [(1.0, variable) for (b, when), variable in pairs.items() if b <= t < when]
        if within and np.isfinite(store.most):
            m.rows.add(linear(within) <= store.most)


def add_begun(m: Any, name: str, built_most: Array) -> None:
    """Tie to what is built of a product the period in which building begins: until then it is developed."""
    totals = add_total(m, "begun", name, len(built_most), 1)
    m.rows.add(totals[-1] == m.total["first", name, len(built_most) - 1])
    for t, high in enumerate(built_most.tolist()):
        built, begun = m.built[name, t], m.begun[name, t]
        if not high:
            begun.fix(0)
            continue
        m.rows.add(linear([(1.0 / high, built), (-1.0, totals[t])]) <= 0)
        m.rows.add(linear([(1.0, built), (-1.0, begun)]) >= 0)


def hold_begun(m: Any, decisions: Decisions) -> None:
    """Fix the period in which building begins to that of a plan."""
    for name, built in decisions.built.items():
        first = next(iter(built.nonzero()[0].tolist()), None)
        for t in range(len(built)):
            if (name, t) in m.begun:
                m.begun[name, t].fix(int(t == first))


def supply_terms(m: Any, plan: Plan, supply: Supply, name: str, index: int, amount: float) -> Terms:
    """Term of what a product takes of a supply in a period."""
    store = plan.product(name).store
    is_built = store is not None and store.counts_building(supply)
    return [(amount, (m.built if is_built else m.units)[name, index])]


def stored_units(m: Any, product: Product, count: int) -> Array:
    """What is stored in the solution that is loaded; array (periods, periods)."""
    found = np.zeros((count, count))
    for (name, b, t), variable in m.stored.items():
        if name == product.name:
            found[b, t] = np.round(max(variable.value or 0.0, 0.0))
    return found


def store_costs(c: Coefficients, product: Product) -> Mapping[tuple[int, int], Array]:
    """What a unit costs more that is built earlier than it is launched, by both periods; arrays (2, all periods).

    Raises:
        UserError: It is not linear in the prices of what is built.
    """
    vintages = {t: v for t, v in enumerate(c.flows[product.name].vintages) if v is not None}
    prices = {t: np.array([v.values[name] for name in BUILT]) for t, v in vintages.items()}
    found = {}
    for t, launched in vintages.items():
        changes = _by_price(c, product, t, launched) if any((x != prices[t]).any() for x in prices.values()) else None
        for b, built in vintages.items():
            if b < t:
                moved = _paid(c, built, stored_elements(product, built, launched))
                found[b, t] = moved if changes is None else moved + np.tensordot(prices[b] - prices[t], changes, axes=1)
    if found:
        b, t = max(found, key=lambda pair: float(np.abs(prices[pair[0]] - prices[pair[1]]).sum()))
        true = buy_from_store(product, vintages[b], t, *_dates(c, t))
        expected = c.flows[product.name].other[:, t] + found[b, t]
        if np.abs(_paid(c, true, true.costs) - expected).max() > 1e-9 * np.abs(expected).max():
            raise UserError(
                f"what {product.name} costs is not linear in the price of what is built, so that a plan cannot store "
                "it; remove store",
                ("products", product.name, "store"),
            )
    return found


def _by_price(c: Coefficients, product: Product, index: int, launched: Vintage) -> Array:
    """What each period pays for one more USD of each price of what is built; array (prices, 2, all periods)."""
    own, found = {name: launched.values[name] for name in BUILT}, []
    for name, price in own.items():
        step = STEP * price or 1.0
        changed = buy(product, index, *_dates(c, index), {**own, name: price + step})
        found.append((_paid(c, changed, changed.costs) - c.flows[product.name].other[:, index]) / step)
    return np.array(found)


def _paid(c: Coefficients, vintage: Vintage, elements: Any) -> Array:
    """What elements pay for each unit; array (2, all periods)."""
    found: Array = vintage.integrated(elements, c.edges) / vintage.stacks
    return found


def _dates(c: Coefficients, index: int) -> tuple[float, float]:
    return c.plan.horizon.begin(index), c.plan.horizon.length
