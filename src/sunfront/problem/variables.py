"""A decision variable and the values it may take, in SI units and USD."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.display import format_value
from sunfront.problem.choices import Definition

#: Relative tolerance on the variables of a solver's answer.
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Variable:
    """A decision variable: continuous from ``low`` to ``high``, or limited to the grid of ``step`` or ``choices``.

    The choices of a preset variable are the indices, from 0, of its labels. Their order has no meaning.

    Attributes:
        unit: Display unit.
        step: Grid spacing, counted from ``low``. A step of 1 from a whole number makes the variable an integer.
        choices: The only allowed values, ascending.
        labels: Names of the presets of a preset variable, by index.
        preset_values: Quantities that a preset variable defines: for each, its definitions by index of the preset, all
            of them numbers unless a preset replaces equations or fits. The model has an equation for each quantity.
        log: The range is divided evenly in the logarithm: as many samples from 10 to 100 as from 100 to 1000.
    """

    name: str
    unit: str
    low: float
    high: float
    step: float | None = None
    choices: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()
    preset_values: Mapping[str, tuple[Definition, ...]] = field(default_factory=dict, hash=False)
    log: bool = False

    @property
    def is_integer(self) -> bool:
        """Whether the values are the whole numbers from low to high."""
        return self.step == 1.0 and float(self.low).is_integer() and not self.choices

    @property
    def is_continuous(self) -> bool:
        """Whether every value from low to high is allowed."""
        return self.step is None and not self.choices

    @property
    def values(self) -> tuple[float, ...] | None:
        """All allowed values, ascending; None if the variable is continuous. Whole numbers may be very many."""
        return None if self.size is None else tuple(self.at(np.arange(self.size)).tolist())

    def at(self, numbers: NDArray[np.intp]) -> Array:
        """Return the allowed values with these numbers, counted from 0 in ascending order."""
        if self.step is None or self.choices:
            return np.array(self.choices)[numbers]
        return np.asarray(self.low + numbers * self.step, float)

    def nearest(self, values: Array) -> NDArray[np.intp]:
        """Return the number of the allowed value nearest to each value, ties to the lower."""
        assert self.size is not None
        last = self.size - 1
        if self.step is None or self.choices:
            right = np.searchsorted(np.array(self.choices), values)
        else:
            right = np.nan_to_num(np.clip(np.ceil((values - self.low) / self.step), 0, last)).astype(np.intp)
        right = np.clip(right, min(1, last), last)
        left = np.maximum(right - 1, 0)
        numbers: NDArray[np.intp] = np.where(
            np.abs(values - self.at(left)) <= np.abs(self.at(right) - values), left, right
        )
        return numbers

    def numbers(self, values: Array) -> NDArray[np.intp] | None:
        """Return the numbers of values, which are finite; None if one of them is not exactly an allowed one."""
        assert self.size is not None
        if self.step is None or self.choices:
            found = np.searchsorted(np.array(self.choices), values)
        else:
            found = np.rint((values - self.low) / self.step).astype(np.intp)
        found = np.clip(found, 0, self.size - 1)
        return found if np.array_equal(self.at(found), values) else None

    @property
    def size(self) -> int | None:
        """Number of allowed values; None if the variable is continuous."""
        if self.choices:
            return len(self.choices)
        if self.step is None:
            return None
        # Rounding may put the last grid point just above `high`; count it.
        return math.floor((self.high - self.low) / self.step * (1 + 1e-12) + 1e-9) + 1

    @property
    def last(self) -> float:
        """The largest allowed value; below ``high`` if the step does not reach it."""
        return self.high if self.size is None else float(self.at(np.array([self.size - 1]))[0])

    def text(self, value: float) -> str:
        """Format a value for people: with its unit, or as the label of the preset."""
        return self.labels[round(value)] if self.labels else format_value(value, self.unit)

    def snap(self, values: Array) -> Array:
        """Round values to the nearest grid value, ties to the lower; a continuous variable leaves them unchanged."""
        return values if self.is_continuous else self.at(self.nearest(values))

    def outside_domain(self, values: Array) -> NDArray[np.bool_]:
        """Return which values are not allowed, beyond a solver's tolerance; array of the same shape."""
        slack = TOLERANCE * max(abs(self.low), abs(self.high))
        if self.step is not None:
            slack = min(slack, 1e-3 * self.step)
        outside = (values < self.low - slack) | (values > self.high + slack)
        off_grid: NDArray[np.bool_] = outside | (abs(values - self.snap(values)) > slack)
        return off_grid

    @property
    def replaces_equations(self) -> bool:
        """Whether it is a preset variable whose choices differ in more than numbers: in equations or fits."""
        return any(not isinstance(each, float) for column in self.preset_values.values() for each in column)

    @property
    def lookup_tables(self) -> dict[str, tuple[float, ...]]:
        """Values of the variable itself, and of each parameter it sets, by name; one entry per choice.

        Of a preset variable that replaces equations there is one only if its choice is fixed (``Problem.members``).
        """
        tables: dict[str, tuple[float, ...]] = {self.name: self.choices}
        for name, values in self.preset_values.items():
            chosen = [values[round(choice)] for choice in self.choices]
            tables[name] = tuple(value for value in chosen if isinstance(value, float))
        return tables

    def spread(self, count: int) -> Array:
        """Return values of a continuous variable from low to high, evenly spread on its scale."""
        spread = np.geomspace if self.log else np.linspace
        return np.asarray(spread(self.low, self.high, count))

    def shares_of(self, values: Array) -> Array:
        """Return the shares of the range, in [0, 1], at values of a continuous variable; inverse of ``values_at``."""
        if self.log:
            logs: Array = np.log(values / self.low) / math.log(self.high / self.low)
            return logs
        shares: Array = (values - self.low) / (self.high - self.low)
        return shares

    def values_at(self, shares: Array) -> Array:
        """Map shares of the range, in [0, 1), to allowed values; every grid value gets an equal part of [0, 1)."""
        if self.size is None:
            share = np.asarray(shares)
            scaled: Array = (
                self.low * np.exp(share * math.log(self.high / self.low))
                if self.log
                else self.low + share * (self.high - self.low)
            )
            return np.minimum(scaled, self.high) if self.log else scaled
        return self.at(np.minimum((np.asarray(shares) * self.size).astype(np.intp), self.size - 1))
