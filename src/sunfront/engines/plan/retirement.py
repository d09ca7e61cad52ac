"""Variables and terms of what retires before the end of its service.

Units retire as a period begins. From then on they neither earn nor cost, nor do they count as in service. Of a product
that learns, or that the plan sizes, all that is bought in a period retires together: then what leaves service is a
binary variable times what was bought, which rows state exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from sunfront.arrays import Array
from sunfront.engines.plan.rows import Terms, linear, within
from sunfront.problem.plan import Product

if TYPE_CHECKING:
    from sunfront.engines.plan.coefficients import Coefficients


def add_retirement(m: Any, c: Coefficients, product: Product, most: Mapping[str, Array], whole: bool) -> None:
    """Add what is retired early of each vintage as each period begins; together no more than is bought.

    Args:
        most: Most units in each period, of a product or of a corner of its designs.
        whole: Units are whole.
    """
    import pyomo.environ as pyo

    for v in range(c.plan.horizon.count):
        if product.retires_whole:
            _add_whole(m, c, product.name, v, most)
            continue
        periods = c.may_retire(product.name, v)
        for t in periods:
            m.retired[product.name, v, t].domain = pyo.NonNegativeIntegers if whole else pyo.NonNegativeReals
        if periods:
            terms = [(1.0, m.retired[product.name, v, t]) for t in periods]
            m.rows.add(linear([*terms, (-1.0, m.units[product.name, v])]) <= 0)


def _add_whole(m: Any, c: Coefficients, name: str, vintage: int, most: Mapping[str, Array]) -> None:
    """Let what is bought of a product in one period retire together, in all corners of its design."""
    parts = c.corners_of(name)
    dates = {part: c.may_retire(part, vintage) if most[part][vintage] else [] for part in parts}
    every = sorted({t for periods in dates.values() for t in periods})
    if not every:
        return
    m.rows.add(linear([(1.0, m.gone[name, vintage, t]) for t in every]) <= 1)
    for part, periods in dates.items():
        retired = {t: m.retired[part, vintage, t] for t in periods}
        add_retired_part(m, name, vintage, [(1.0, m.units[part, vintage])], float(most[part][vintage]), retired)
    for t in every if name not in parts else ():
        together = [(1.0, m.retired[part, vintage, t]) for part, periods in dates.items() if t in periods]
        m.rows.add(linear([*together, (-1.0, m.retired[name, vintage, t])]) == 0)


def add_retired_part(m: Any, name: str, vintage: int, terms: Terms, high: float, retired: Mapping[int, Any]) -> None:
    """Tie to a sum what of it retires as each period begins: all, with all that is bought in one period, or nothing.

    Args:
        terms: The sum, from zero to ``high``.
        retired: By period, where it may retire; if the purchase retires in another, the sum is zero.
    """
    if high <= 0:
        for variable in retired.values():
            variable.fix(0.0)
        return
    every = [variable for key, variable in m.gone.items() if key[:2] == (name, vintage)]
    parts = [(1.0 / high, variable) for variable in retired.values()]
    whole = [(x / high, variable) for x, variable in terms]
    for (_, part), t in zip(parts, retired, strict=True):
        m.rows.add(linear([(1.0 / high, part), (-1.0, m.gone[name, vintage, t])]) <= 0)
    left = [*whole, *((-x, variable) for x, variable in parts)]
    m.rows.add(linear(left) >= 0)
    m.rows.add(linear([*left, *((1.0, variable) for variable in every)]) <= 1)


def with_retired(m: Any, name: str, index: int, amounts: Array) -> Terms:
    """Terms of amounts of each vintage, array (vintages,), in what is bought and not yet retired in a period."""
    terms: Terms = []
    for v in np.flatnonzero(amounts).tolist():
        terms.append((float(amounts[v]), m.units[name, v]))
        terms += [(-float(amounts[v]), m.retired[name, v, t]) for t in retired_until(m, name, v, index)]
    return terms


def retired_until(m: Any, name: str, vintage: int, index: int) -> list[int]:
    """Periods up to one in which units of a vintage may retire early."""
    return [t for t in range(vintage, index + 1) if (name, vintage, t) in m.retired]


def retired_units(m: Any, product: Product, units: Array, periods: int) -> Array:
    """What is retired early in the solution that is loaded; array (vintages, all periods).

    Args:
        units: Bought in each period.
    """
    found = np.zeros((len(units), periods))
    if product.retires_whole:
        for (name, v, t), variable in m.gone.items():
            if name == product.name and round(variable.value or 0.0):
                found[v, t] = units[v]
        return found
    for (name, v, t), variable in m.retired.items():
        if name == product.name:
            found[v, t] = max(variable.value or 0.0, 0.0)
    return np.round(found) if product.whole else within(found, units, 1)
