"""Linear expressions of a plan's program."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

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
