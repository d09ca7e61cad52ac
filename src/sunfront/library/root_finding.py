"""Find roots: the value of a parameter at which a quantity is zero, for many designs at once, with their equations.

The parameter is tried at fixed values, denser near zero. Between neighbors at which the quantity has opposite signs,
the root is refined by Chandrupatla's method. Where it turns back just before zero, the turning point is tried too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import PLAIN, Array
from sunfront.display import format_value
from sunfront.equation import SIGNED
from sunfront.library.ways import Way
from sunfront.units import base_quantity, parse

#: Number of values tried.
POINTS = 64

#: The values tried are evenly spaced up to this share of the range, and evenly spaced in the logarithm beyond.
NEAR_ZERO = 1 / 200

#: Designs for which the values are tried at once.
CHUNK = 1024


@dataclass(frozen=True)
class Finder:
    """The function of a bound root: called with the values of its inputs, it returns the root in SI and USD."""

    unit: str
    between: tuple[str, str]
    falls: bool
    within: tuple[str, str]
    way: Way

    @cached_property
    def range(self) -> tuple[float, float]:
        """Least and greatest value tried; SI."""
        low, high = (parse(text, self.unit, "between") for text in self.between)
        return low, high

    def __call__(self, *values: Any) -> Any:
        for value in flat(values):
            if hasattr(value, "root"):
                return value.root(self, values)
        if not all(is_plain(value) for value in values):
            raise TypeError(
                f"it is the {self.way.over} at which {self.way.of} is zero; the exact engines take it as an objective "
                "or with a limit, by itself, not as part of another quantity"
            )
        with np.errstate(all="ignore"):  # NaN and infinity are told where they matter
            shape = np.shape(self._at(values, self.range[0]))
            count = int(np.prod(shape))
            parts = [np.arange(start, min(start + CHUNK, count)) for start in range(0, count, CHUNK)]
            found = [self._find([rows_of(value, shape, part) for value in values], len(part)) for part in parts]
        roots = np.concatenate([np.empty(0), *found]).reshape(shape)[()]
        return base_quantity(roots, self.unit) if any(map(has_unit, flat(values))) else roots

    def _find(self, values: Sequence[Any], count: int) -> Array:
        """Return the roots of some designs, array (designs,)."""
        low, high = self.range
        grid = _spaced(low, high, POINTS)
        curve = np.broadcast_to(self._at(values, grid[:, None]), (POINTS, count))
        signs = np.sign(curve)
        # Zero has the sign before it, so that a change lies between two values that are not zero.
        known = np.maximum.accumulate(np.where(signs != 0, np.arange(POINTS)[:, None], 0), axis=0)
        signs = np.take_along_axis(signs, known, axis=0)
        change = signs[1:] * signs[:-1] < 0
        falls, rises = (change & (signs[:-1] > 0)).sum(axis=0), (change & (signs[:-1] < 0)).sum(axis=0)
        touched = self._touched(values, grid, curve)
        there, back = (falls, rises) if self.falls else (rises, falls)
        beyond = signs[-1] if self.falls else -signs[-1]
        least = -np.inf if self.within == SIGNED else low
        found = np.where(beyond > 0, np.inf, np.where(beyond < 0, least, np.nan))
        found[(there + back > 0) | touched | np.isnan(curve).any(axis=0)] = np.nan
        single = np.flatnonzero((there == 1) & (back == 0) & ~touched & ~np.isnan(curve).any(axis=0))
        if len(single):
            last = np.argmax(change, axis=0)[single]
            found[single] = self._refine(values, count, single, grid[known[last, single]], grid[last + 1])
        return found

    def _touched(self, values: Sequence[Any], grid: Array, curve: Array) -> NDArray[np.bool_]:
        """Return in which designs the quantity goes through zero and back between two values tried."""
        first, middle, last = curve[:-2], curve[1:-1], curve[2:]
        turns = (first * middle > 0) & (middle * last > 0)
        turns &= (np.abs(middle) < np.abs(first)) & (np.abs(middle) <= np.abs(last))
        at, row = np.nonzero(turns)
        touched = np.zeros(curve.shape[1], dtype=bool)
        if len(row):  # the vertex of the parabola through the three
            a, b, c = first[at, row], middle[at, row], last[at, row]
            share = (at + 1 + 0.5 * (a - c) / (a - 2 * b + c)) / (POINTS - 1)
            there = self._at([rows_of(value, touched.shape, row) for value in values], _placed(*self.range, share))
            touched[row[np.broadcast_to(there, row.shape) * b < 0]] = True
        return touched

    def _refine(self, values: Sequence[Any], count: int, rows: NDArray[np.intp], left: Array, right: Array) -> Array:
        """Refine the roots of some of the designs, which lie between left and right; arrays (rows,)."""
        from scipy.optimize.elementwise import find_root

        def curve(at: Array, row: Array) -> Array:
            chosen = [rows_of(value, (count,), row.astype(int)) for value in values]
            return np.broadcast_to(self._at(chosen, at), at.shape)

        return np.asarray(find_root(curve, (left, right), args=(rows.astype(float),)).x)

    def all_roots(self, *values: Any) -> list[float]:
        """Return every root of one design, ascending; values are numbers."""
        from scipy.optimize import brentq

        low, high = self.range
        grid = _spaced(low, high, 50 * POINTS)
        with np.errstate(all="ignore"):
            signs = np.sign(np.broadcast_to(self._at(values, grid), grid.shape))
            kept = np.flatnonzero(signs != 0)  # NaN is not 0, and no neighbor of a change
            changes = [(i, j) for i, j in pairwise(kept) if signs[i] * signs[j] < 0]
            tiny = 1e-15 * (high - low)
            return [brentq(lambda x: float(self._at(values, x)), grid[i], grid[j], xtol=tiny) for i, j in changes]

    def describe(self, *values: Any) -> str:
        """Say why one design has no finite root, or where all of them are; empty if it has one."""
        found = float(self(*values))
        way, unit = self.way, self.unit
        if np.isfinite(found):
            return ""
        roots = self.all_roots(*values)
        if roots:
            listed = " and at ".join(format_value(root, unit) for root in roots)
            count = {1: "once, the other way", 2: "twice"}.get(len(roots), f"{len(roots)} times")
            left = "no one value" if len(roots) == 1 else "no one value but several roots"
            return f"{way.of} goes through zero {count}, at {listed} of {way.over}, so that there is {left}"
        low, high = (format_value(end, unit) for end in self.range)
        value = float(self._at(values, self.range[0]))
        if not value:
            return f"{way.of} does not go through zero at any {way.over} from {low} to {high}"
        return f"{way.of} is {'positive' if value > 0 else 'negative'} at every {way.over} from {low} to {high}"

    def _at(self, values: Sequence[Any], at: Any) -> Array:
        """Return the quantity, a plain number or array in base units, at a value of the parameter."""
        if any(map(has_unit, flat(values))):
            found = self.way.evaluate(values, base_quantity(at, self.unit))
            return np.asarray(found.to_base_units().magnitude, float)
        return np.asarray(self.way.evaluate(values, at), float)


def _spaced(low: float, high: float, count: int) -> Array:
    """Return ascending values from ``low`` to ``high``, denser near zero."""
    found = _placed(low, high, np.linspace(0, 1, count))
    found[0], found[-1] = low, high
    return np.asarray(found)


def _placed(low: float, high: float, share: Any) -> Any:
    """Return the value at a share of the way from ``low`` to ``high``."""
    width = (high - low) * NEAR_ZERO
    first, last = np.arcsinh(low / width), np.arcsinh(high / width)
    return np.clip(width * np.sinh(first + share * (last - first)), low, high)


def flat(values: Sequence[Any]) -> list[Any]:
    """Return the values, each member of a tuple by itself."""
    return [each for value in values for each in (value if isinstance(value, tuple) else (value,))]


def has_unit(value: Any) -> bool:
    """Whether a value is a pint quantity."""
    return hasattr(value, "units")


def is_plain(value: Any) -> bool:
    """Whether a value is a number, with or without a unit, or a tuple of such."""
    return all(isinstance(getattr(each, "magnitude", each), PLAIN) for each in flat([value]))


def rows_of(value: Any, shape: tuple[int, ...], rows: NDArray[np.intp]) -> Any:
    """Return a value for some of the designs, whose number is an index into the flattened shape."""
    if isinstance(value, tuple):
        return tuple(rows_of(each, shape, rows) for each in value)
    if not np.shape(value):
        return value
    if has_unit(value):
        return type(value)(rows_of(value.magnitude, shape, rows), value.units)
    return np.broadcast_to(value, shape).ravel()[rows]
