"""When a variable has a meaning: conditional variables, and the value that they have where they mean nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array

Comparison = Literal["<", "<=", ">", ">=", "==", "!="]

#: Relative difference of two numbers that is only rounding.
ROUNDING = 1e-12


@dataclass(frozen=True)
class Condition:
    """A variable is active in the designs in which a comparison holds, and has one value in all others.

    Attributes:
        variable: Name of the conditional variable.
        quantity: Left-hand side: a quantity, or a variable.
        limit: Right-hand side, in SI units and USD; the number of a choice if the quantity is a preset variable.
        otherwise: Value of the variable in the designs in which it is not active.
        text: The comparison as the study writes it.
    """

    variable: str
    quantity: str
    comparison: Comparison
    limit: float
    otherwise: float
    text: str

    def holds(self, values: Array) -> NDArray[np.bool_]:
        """Return in which designs the variable is active; array (designs,)."""
        near = np.abs(values - self.limit) <= ROUNDING * abs(self.limit)
        match self.comparison:
            case "<":
                return np.asarray((values < self.limit) & ~near)
            case "<=":
                return np.asarray((values < self.limit) | near)
            case ">":
                return np.asarray((values > self.limit) & ~near)
            case ">=":
                return np.asarray((values > self.limit) | near)
            case "==":
                return np.asarray(near)
            case "!=":
                return np.asarray(~near & ~np.isnan(values))
