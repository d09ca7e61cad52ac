"""Find extremes: the largest or the least value of a quantity as a parameter takes evenly spaced values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from sunfront.arrays import Array
from sunfront.equation import quotient_or_infinity
from sunfront.library.root_finding import CHUNK, flat, has_unit, is_plain, rows_of
from sunfront.library.ways import Way
from sunfront.units import base_quantity, parse

#: A change of ``per`` below this share of its value is rounding.
ROUNDING = 1e-9


@dataclass(frozen=True)
class ExtremeFinder:
    """The function of a bound extreme: called with the values of its inputs, it returns the extreme in SI and USD.

    Attributes: as those of ``Extreme``, and
        first: Number of the first value tried: 1 where a change from the value before counts, else 0.
    """

    unit: str
    per: str
    every: str
    first: int
    count: int
    is_largest: bool
    way: Way

    @cached_property
    def step(self) -> float:
        """Distance of the values tried; SI."""
        return parse(self.every, self.over_unit, "every")

    @property
    def over_unit(self) -> str:
        """Unit in which the distance is written."""
        return self.every.split()[1]

    @property
    def grid(self) -> Array:
        """The values tried, array (values,); SI."""
        return self.step * np.arange(self.first, self.count + 1.0)

    def __call__(self, *values: Any) -> Any:
        for value in flat(values):
            if hasattr(value, "extreme"):
                return value.extreme(self, values)
        if all(map(is_plain, values)):
            found = self._search(values)[1]
            return base_quantity(found, self.unit) if any(map(has_unit, flat(values))) else found
        if self.is_largest and not self.per and any(hasattr(value, "largest") for value in flat(values)):
            tried = [self.curve(values, at) for at in self.grid.tolist()]
            symbol = next(each for each in tried if hasattr(each, "largest"))
            return symbol.largest([each + 0.0 * symbol for each in tried])
        which = "largest" if self.is_largest else "least"
        raise TypeError(f"it is the {which} of {len(self.grid)} values that depend on the variables")

    def curve(self, values: Sequence[Any], at: Any, step: Any = None) -> Any:
        """Return what is compared, at a value of the parameter.

        Args:
            step: Distance of the values tried, if they have units.
        """
        now = self.way.all_values(values, at)
        if not self.per:
            return now[self.way.of]
        before = self.way.all_values(values, at - (self.step if step is None else step))
        changed = now[self.per] - before[self.per] - ROUNDING * now[self.per]
        return quotient_or_infinity(now[self.way.of] - before[self.way.of], changed)

    def date(self, *values: Any) -> Array:
        """Return the value of the parameter at which the extreme is first reached; values are plain."""
        found: Array = self._search(values)[0]
        return found

    def _search(self, values: Sequence[Any]) -> tuple[Any, Any]:
        """Return for each design the value of the parameter at the extreme, and the extreme."""
        with np.errstate(all="ignore"):  # NaN is told where it matters
            shape = np.shape(self._plain(values, self.step))
            count = int(np.prod(shape))
            parts = [np.arange(start, min(start + CHUNK, count)) for start in range(0, count, CHUNK)]
            found = [self._extreme([rows_of(value, shape, part) for value in values], len(part)) for part in parts]
        dates, extremes = np.concatenate([np.empty((2, 0)), *found], axis=1)
        return dates.reshape(shape)[()], extremes.reshape(shape)[()]

    def _extreme(self, values: Sequence[Any], count: int) -> Array:
        curve = np.broadcast_to(self._plain(values, self.grid[:, None]), (len(self.grid), count))
        at = (np.argmax if self.is_largest else np.argmin)(curve, axis=0)
        return np.stack([self.grid[at], np.take_along_axis(curve, at[None], axis=0)[0]])

    def _plain(self, values: Sequence[Any], at: Any) -> Array:
        """Return what is compared, a plain number or array in base units."""
        if any(map(has_unit, flat(values))):
            found = self.curve(values, base_quantity(at, self.over_unit), base_quantity(self.step, self.over_unit))
            return np.asarray(found.to_base_units().magnitude, float)
        return np.asarray(self.curve(values, at), float)
