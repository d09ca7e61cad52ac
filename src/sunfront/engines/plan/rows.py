"""Linear expressions of a plan's program."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from sunfront.arrays import Array

#: Coefficients with their variables.
Terms = list[tuple[float, Any]]


def merged(terms: Iterable[tuple[float, Any]]) -> Terms:
    """Terms in which each variable is once."""
    total: dict[int, tuple[float, Any]] = {}
    for x, variable in terms:
        total[id(variable)] = total.get(id(variable), (0.0, variable))[0] + x, variable
    return list(total.values())


def linear(terms: Iterable[tuple[float, Any]]) -> Any:
    """Build a linear expression from coefficients and variables; a sum of terms would take longer."""
    from pyomo.core.expr import LinearExpression

    terms = list(terms)
    return LinearExpression(
        constant=0, linear_coefs=[float(x) for x, _ in terms], linear_vars=[variable for _, variable in terms]
    )


def add_total(m: Any, kind: str, name: str, count: int, most: int) -> list[Any]:
    """Add what a variable adds up to by each period, and return it; the variable itself need not be whole then.

    A solver decides sooner when it asks how much there is by a date than how much is added at a date.
    """
    added, totals = getattr(m, kind), [m.total[kind, name, t] for t in range(count)]
    for t, total in enumerate(totals):
        total.setub(most)
        before = [(-1.0, totals[t - 1])] if t else []
        m.rows.add(linear([(1.0, total), *before, (-1.0, added[name, t])]) == 0)
    return totals


def within(parts: Array, most: Array, axis: int) -> Array:
    """Parts along an axis, made smaller alike where a solver's noise lets them exceed what there is together."""
    total = parts.sum(axis=axis)
    most = np.maximum(most, 0.0)
    share = np.where(total > most, most / np.where(total > 0, total, 1.0), 1.0)
    found: Array = parts * np.expand_dims(share, axis)
    return found
