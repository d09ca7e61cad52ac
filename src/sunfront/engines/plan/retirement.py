"""Variables and terms of what retires before the end of its service.

Units retire as a period begins. From then on they neither earn nor cost, nor do they count as in service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sunfront.arrays import Array
from sunfront.engines.plan.rows import Terms, linear, within
from sunfront.problem.plan import Product

if TYPE_CHECKING:
    from sunfront.engines.plan.coefficients import Coefficients


def add_retirement(m: Any, c: Coefficients, product: Product, whole: bool) -> None:
    """Add what is retired early of each vintage as each period begins; together no more than is bought."""
    import pyomo.environ as pyo

    for v, vintage in enumerate(c.flows[product.name].vintages):
        periods = [] if vintage is None else [t for t in range(v, c.periods) if vintage.may_retire(float(c.edges[t]))]
        for t in periods:
            m.retired[product.name, v, t].domain = pyo.NonNegativeIntegers if whole else pyo.NonNegativeReals
        if periods:
            terms = [(1.0, m.retired[product.name, v, t]) for t in periods]
            m.rows.add(linear([*terms, (-1.0, m.units[product.name, v])]) <= 0)


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
    for (name, v, t), variable in m.retired.items():
        if name == product.name:
            found[v, t] = max(variable.value or 0.0, 0.0)
    return np.round(found) if product.whole else within(found, units, 1)
