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

from sunfront.arrays import Array
from sunfront.display import format_value
from sunfront.equation import SIGNED
from sunfront.library.ways import Way
from sunfront.units import base_quantity, parse

#: Number of values tried.
POINTS = 64

#: The values tried are evenly spaced up to this share of the range, and evenly spaced in the logarithm beyond.
NEAR_ZERO = 1 / 200

#: Types of value for which a root can be computed.
_PLAIN = (int, float, np.ndarray, np.number)


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
        if not all(_is_plain(value) for value in values):
            raise TypeError(
                f"it is the {self.way.over} at which {self.way.of} is zero; the exact engines take it as an objective "
                "or with a limit, by itself, not as part of another quantity"
            )
        with np.errstate(all="ignore"):  # NaN and infinity are told where they matter
            scan = self._scan(values)
            found = scan.outcome(self.falls, self.range, self.within)
            here = scan.is_single(self.falls)
            if here.any():
                found[here] = self._refine(values, scan, here)
        if any(hasattr(value, "units") for value in _flat(values)):
            return base_quantity(found[()], self.unit)
        return found[()]

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
            return f"{way.of} goes through zero {count}, at {listed} of {way.over}, so that there is no one value"
        low, high = (format_value(end, unit) for end in self.range)
        value = float(self._at(values, self.range[0]))
        sign = "positive" if value > 0 else "negative" if value < 0 else "no number or zero"
        return f"{way.of} is {sign} at every {way.over} from {low} to {high}"

    def _at(self, values: Sequence[Any], at: Any) -> Array:
        """Return the quantity, a plain number or array in base units, at a value of the parameter."""
        if any(hasattr(value, "units") for value in _flat(values)):
            found = self.way.evaluate(values, base_quantity(at, self.unit))
            return np.asarray(found.to_base_units().magnitude, float)
        return np.asarray(self.way.evaluate(values, at), float)

    def _scan(self, values: Sequence[Any]) -> _Scan:
        """Try the values of the parameter and count the changes of sign."""
        low, high = self.range
        grid = _spaced(low, high, POINTS).tolist()
        scan = _Scan.of(self._at(values, grid[0]), grid[0])
        former = [scan.before]
        for k, at in enumerate(grid[1:], start=1):
            now = np.broadcast_to(self._at(values, at), scan.shape)
            scan.step(now, at)
            former = [*former[-2:], now]
            if len(former) == 3:
                first, middle, last = former
                turns = (np.sign(first) == np.sign(middle)) & (np.sign(middle) == np.sign(last)) & (middle != 0)
                turns &= (np.abs(middle) < np.abs(first)) & (np.abs(middle) <= np.abs(last))
                if turns.any():  # the vertex of the parabola through the three
                    shift = 0.5 * (first - last) / (first - 2 * middle + last)
                    position = np.where(turns, (k - 1 + shift) / (POINTS - 1), 0.0)
                    scan.turn(turns & (np.sign(self._at(values, _placed(low, high, position))) == -np.sign(middle)))
        return scan

    def _refine(self, values: Sequence[Any], scan: _Scan, here: NDArray[np.bool_]) -> Array:
        """Refine the roots of those designs that have one."""
        from scipy.optimize.elementwise import find_root

        rows = np.flatnonzero(here)

        def curve(at: Array, row: Array) -> Array:
            row = row.astype(int)
            return np.broadcast_to(self._at([_rows(value, scan.shape, row) for value in values], at), at.shape)

        ends = (scan.left.ravel()[rows], scan.right.ravel()[rows])
        return np.asarray(find_root(curve, ends, args=(rows.astype(float),)).x)


@dataclass
class _Scan:
    """What was seen of designs while the parameter rose; arrays of the shape of the designs.

    Attributes:
        before: The quantity where it last was not zero, and ``at``, the value of the parameter there.
        falls, rises: How often it went through zero, from above and from below.
        left, right: The parameter on both sides of the last change.
        is_lost: Whether it was NaN.
    """

    before: Array
    at: Array
    falls: Array
    rises: Array
    left: Array
    right: Array
    is_lost: NDArray[np.bool_]

    @classmethod
    def of(cls, first: Array, at: float) -> _Scan:
        none = np.zeros(first.shape)
        return cls(first, np.full(first.shape, at), none, none, none, none, np.isnan(first))

    @property
    def shape(self) -> tuple[int, ...]:
        return self.before.shape

    def step(self, now: Array, at: float) -> None:
        """Take the quantity at the next value of the parameter."""
        change = np.sign(now) * np.sign(self.before) < 0
        self.falls, self.rises = self.falls + (change & (self.before > 0)), self.rises + (change & (self.before < 0))
        self.left, self.right = np.where(change, self.at, self.left), np.where(change, at, self.right)
        is_zero = now == 0
        self.before, self.at = np.where(is_zero, self.before, now), np.where(is_zero, self.at, at)
        self.is_lost = self.is_lost | np.isnan(now)

    def turn(self, there_and_back: Array) -> None:
        """Count what goes through zero and back between two values of the parameter."""
        self.falls, self.rises = self.falls + there_and_back, self.rises + there_and_back

    def is_single(self, falls: bool) -> NDArray[np.bool_]:
        """Return which designs have one root, in the direction declared."""
        there, back = (self.falls, self.rises) if falls else (self.rises, self.falls)
        return np.asarray((there == 1) & (back == 0) & ~self.is_lost)

    def outcome(self, falls: bool, ends: tuple[float, float], within: tuple[str, str]) -> Array:
        """Return the result of designs without a root; NaN for all others."""
        beyond = self.before > 0 if falls else self.before < 0
        below = self.before < 0 if falls else self.before > 0
        least = -np.inf if within == SIGNED else ends[0]
        found = np.where(beyond, np.inf, np.where(below, least, np.nan))
        return np.asarray(np.where((self.falls + self.rises == 0) & ~self.is_lost, found, np.nan))


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


def _flat(values: Sequence[Any]) -> list[Any]:
    return [each for value in values for each in (value if isinstance(value, tuple) else (value,))]


def _is_plain(value: Any) -> bool:
    return all(isinstance(getattr(each, "magnitude", each), _PLAIN) for each in _flat([value]))


def _rows(value: Any, shape: tuple[int, ...], rows: Array) -> Any:
    """Return a value for some of the designs, whose number is an index into the flattened shape."""
    if isinstance(value, tuple):
        return tuple(_rows(each, shape, rows) for each in value)
    if not np.shape(value):
        return value
    if hasattr(value, "units"):
        return type(value)(_rows(value.magnitude, shape, rows), value.units)
    return np.broadcast_to(value, shape).ravel()[rows]
