"""A decision: what values it may take. Values are SI and USD."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.display import format_value

#: A solver's answer stands when it is exact for variables within this share of those it gives.
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Variable:
    """A decision. Continuous from ``low`` to ``high``, or on the grid that ``step`` or ``choices`` give.

    The choices of a category are numbers, from 0, of its labels and of the values that it sets. Their order means
    nothing.

    Attributes:
        unit: Unit in which people read it.
        step: Grid from ``low``; whole numbers are step 1.
        choices: Ascending values, if there are no others.
        labels: Of a category, by number.
        preset_values: What a category decides: by parameter, its values by number. The model has an equation for each.
    """

    name: str
    unit: str
    low: float
    high: float
    step: float | None = None
    choices: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()
    preset_values: Mapping[str, tuple[float, ...]] = field(default_factory=dict, hash=False)

    @property
    def is_integer(self) -> bool:
        """Whether its values are the whole numbers from low to high."""
        return self.step == 1.0 and float(self.low).is_integer() and not self.choices

    @property
    def values(self) -> tuple[float, ...] | None:
        """All its values, ascending; None if it is continuous."""
        if self.choices:
            return self.choices
        if self.step is None or self.size is None:
            return None
        return tuple(self.low + i * self.step for i in range(self.size))

    @property
    def size(self) -> int | None:
        """How many values it has; None if it is continuous."""
        if self.choices:
            return len(self.choices)
        if self.step is None:
            return None
        # A grid point that rounding puts just above `high` is meant to be `high`.
        return math.floor((self.high - self.low) / self.step * (1 + 1e-12) + 1e-9) + 1

    def text(self, value: float) -> str:
        """A value for people: with its unit, or its label."""
        return self.labels[round(value)] if self.labels else format_value(value, self.unit)

    def snap(self, values: Array) -> Array:
        """The values moved to the nearest of its grid, of two as near the lower; as they are if it is continuous."""

        if (known := self.values) is None:
            return values
        grid = np.array(known)
        right = np.clip(np.searchsorted(grid, values), min(1, len(grid) - 1), len(grid) - 1)
        left = np.maximum(right - 1, 0)
        chosen: Array = grid[np.where(np.abs(values - grid[left]) <= np.abs(grid[right] - values), left, right)]
        return chosen

    def outside_domain(self, values: Array) -> NDArray[np.bool_]:
        """Which values are none of its own, by more than a solver is forgiven; array of the same shape."""
        slack = TOLERANCE * max(abs(self.low), abs(self.high))
        if self.step is not None:
            slack = min(slack, 1e-3 * self.step)
        outside = (values < self.low - slack) | (values > self.high + slack)
        missed: NDArray[np.bool_] = outside | (abs(values - self.snap(values)) > slack)
        return missed

    @property
    def lookup_tables(self) -> dict[str, tuple[float, ...]]:
        """What its choices decide: by name, itself among them, the value with each choice."""
        sets = {
            what: tuple(values[round(choice)] for choice in self.choices) for what, values in self.preset_values.items()
        }
        return {self.name: self.choices, **sets}

    def values_at(self, share: Array) -> Array:
        """Its values at shares of its range in [0, 1): each grid value gets an equal part."""

        if self.values is None:
            spread: Array = self.low + np.asarray(share) * (self.high - self.low)
            return spread
        grid = np.array(self.values)
        chosen: Array = grid[np.minimum((np.asarray(share) * len(grid)).astype(int), len(grid) - 1)]
        return chosen
