"""Linear expressions of a plan's program."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

#: Coefficients with their variables.
Terms = list[tuple[float, Any]]


def linear(terms: Iterable[tuple[float, Any]]) -> Any:
    """Build a linear expression from coefficients and variables; a sum of terms would take longer."""
    from pyomo.core.expr import LinearExpression

    terms = list(terms)
    return LinearExpression(
        constant=0, linear_coefs=[float(x) for x, _ in terms], linear_vars=[variable for _, variable in terms]
    )
