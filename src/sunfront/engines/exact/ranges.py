"""Interval arithmetic: within which ends a quantity lies while variables move within boxes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sunfront.arrays import Array
from sunfront.equation import mean_decay, sum_of_kinks

_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "maximum": lambda a, b: a.larger(b),
    "minimum": lambda a, b: -(-a).larger(-b),
}

#: What interval arithmetic takes as it is.
NUMBERS = (int, float, np.ndarray, np.number)


class Dependent:
    """A quantity that depends on the variables: it has no truth and no order, and its differences are sums."""

    __slots__ = ()

    def __bool__(self) -> bool:
        raise TypeError("it branches on a quantity that depends on the variables")

    def __eq__(self, other: object) -> bool:
        raise TypeError("it compares a quantity that depends on the variables")

    __hash__ = None  # type: ignore[assignment]

    def __neg__(self) -> Any:
        raise NotImplementedError

    def __add__(self, other: Any) -> Any:
        raise NotImplementedError

    def __sub__(self, other: Any) -> Any:
        return self + (-other)

    def __rsub__(self, other: Any) -> Any:
        return (-self) + other


class Interval(Dependent):
    """``[low, high]`` of a quantity in each box.

    The equations are called with intervals as they are called with numbers.

    Args:
        low, high: Arrays that broadcast against those of other intervals.
    """

    __slots__ = ("high", "low")

    def __init__(self, low: Any, high: Any) -> None:
        self.low: Array = np.asarray(low, float)
        self.high: Array = np.asarray(high, float)
        # Arithmetic with infinite ends may give NaN; there is no end then.
        if np.isnan(self.low).any():
            self.low = np.where(np.isnan(self.low), -np.inf, self.low)
        if np.isnan(self.high).any():
            self.high = np.where(np.isnan(self.high), np.inf, self.high)

    @staticmethod
    def of(value: Any) -> Interval:
        """Return an interval as it is, and a number or an array of numbers as one without extent."""
        return value if isinstance(value, Interval) else Interval(value, value)

    def __len__(self) -> int:
        return len(self.low)

    def __getitem__(self, which: Any) -> Interval:
        return Interval(self.low[which], self.high[which])

    def clipped(self, low: float, high: float) -> Interval:
        """Return the interval within given ends."""
        return Interval(np.clip(self.low, low, high), np.clip(self.high, low, high))

    def __neg__(self) -> Interval:
        return Interval(-self.high, -self.low)

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, (Interval, *NUMBERS)):
            return NotImplemented
        other = Interval.of(other)
        with np.errstate(invalid="ignore"):
            return Interval(self.low + other.low, self.high + other.high)

    __radd__ = __add__

    def __mul__(self, other: Any) -> Any:
        if other is self:
            return self**2
        if not isinstance(other, (Interval, *NUMBERS)):
            return NotImplemented
        if isinstance(other, NUMBERS) and not np.ndim(other) and other == 0:
            return 0.0
        if isinstance(other, NUMBERS) and not np.ndim(other) and np.isfinite(other):
            low, high = (self.low, self.high) if other > 0 else (self.high, self.low)
            return Interval(low * other, high * other)
        other = Interval.of(other)
        with np.errstate(invalid="ignore"):
            products = [np.asarray(a * b) for a in (self.low, self.high) for b in (other.low, other.high)]
        ends = [np.where(np.isnan(p), 0.0, p) for p in np.broadcast_arrays(*products)]  # zero times infinity
        return Interval(np.minimum.reduce(ends), np.maximum.reduce(ends))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        if not isinstance(other, (Interval, *NUMBERS)):
            return NotImplemented
        return self * Interval.of(other).inverse()

    def __rtruediv__(self, other: Any) -> Any:
        return self.inverse() * other

    def inverse(self) -> Interval:
        """Return the inverse; infinite where the quantity may be zero."""
        with np.errstate(divide="ignore"):
            low, high = 1.0 / self.high, 1.0 / self.low
        low = np.where((self.low < 0) & (self.high >= 0), -np.inf, low)
        high = np.where((self.low <= 0) & (self.high > 0), np.inf, high)
        anything = (low > high) | ((self.low == 0) & (self.high == 0))
        return Interval(np.where(anything, -np.inf, low), np.where(anything, np.inf, high))

    def __pow__(self, power: Any) -> Any:
        power = float(power)  # an interval as a power raises TypeError here
        if power == 1:
            return self
        if power < 0:
            return (self**-power).inverse()
        if not power.is_integer():
            return Interval(np.maximum(self.low, 0.0) ** power, np.maximum(self.high, 0.0) ** power)
        ends = self.low**power, self.high**power
        low, high = np.minimum(*ends), np.maximum(*ends)
        return Interval(np.where((power % 2 == 0) & (self.low <= 0) & (self.high >= 0), 0.0, low), high)

    def exp(self) -> Interval:
        """Return the exponential."""
        with np.errstate(over="ignore"):
            return Interval(np.exp(self.low), np.exp(self.high))

    def log(self) -> Interval:
        """Return the natural logarithm."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return Interval(np.log(np.maximum(self.low, 0.0)), np.log(self.high))

    def cos(self) -> Interval:
        """Return the cosine of an angle in radians."""
        ends = np.cos(self.low), np.cos(self.high)
        first = np.ceil(self.low / np.pi)  # multiples of pi inside: even ones reach 1, odd ones -1
        inside = [(first + i, (first + i) * np.pi <= self.high) for i in (0, 1)]
        tops = np.logical_or.reduce([within & (k % 2 == 0) for k, within in inside])
        bottoms = np.logical_or.reduce([within & (k % 2 == 1) for k, within in inside])
        return Interval(np.where(bottoms, -1.0, np.minimum(*ends)), np.where(tops, 1.0, np.maximum(*ends)))

    def arccos(self) -> Interval:
        """Return the angle in radians whose cosine this is."""
        return Interval(np.arccos(np.clip(self.high, -1, 1)), np.arccos(np.clip(self.low, -1, 1)))

    def polynomial(self, coefficients: Sequence[Any]) -> Any:
        """Return a polynomial, as powers of the distance from the middle of each box: its terms hardly cancel there."""
        if any(isinstance(c, Dependent) for c in coefficients) or not np.isfinite([self.low, self.high]).all():
            return sum((c * self**n for n, c in enumerate(coefficients[1:], 1)), coefficients[0])
        middle, radius = (self.low + self.high) / 2, (self.high - self.low) / 2
        around = [c + 0.0 * middle for c in coefficients]
        for first in range(len(around) - 1):  # Horner's rule, again and again: Taylor's coefficients
            for i in range(len(around) - 2, first - 1, -1):
                around[i] = around[i] + middle * around[i + 1]
        off = Interval(-radius, radius)
        return sum((off**n * c for n, c in enumerate(around[1:], 1)), Interval.of(around[0]))

    def mean_decay(self) -> Interval:
        """Return the mean of ``exp(-x t)`` over t in [0, 1], which falls."""
        return Interval(mean_decay(self.high), mean_decay(self.low))

    def over_or_infinity(self, denominator: Any) -> Any:
        """Return the quotient where the denominator is positive, and plus infinity elsewhere."""
        if not isinstance(denominator, (Interval, *NUMBERS)):
            return self / denominator
        return Interval.of(denominator).under_or_infinity(self)

    def under_or_infinity(self, numerator: Any) -> Any:
        """Return a numerator over this where it is positive, and plus infinity elsewhere.

        Raises:
            TypeError: The numerator depends on the amounts, and this may be zero.
        """
        if not isinstance(numerator, (Interval, *NUMBERS)):
            if not (self.low > 0).all():
                raise TypeError("it divides by a quantity that may be zero in a box")
            return numerator / self
        top = Interval.of(numerator)
        with np.errstate(divide="ignore", invalid="ignore"):
            least = np.where(top.low >= 0, top.low / self.high, -np.inf)
        found = top / self
        low = np.where(self.low > 0, found.low, np.where(self.high > 0, least, np.inf))
        return Interval(low, np.where(self.low > 0, found.high, np.inf))

    def larger(self, other: Any) -> Any:
        """Return the larger of this and another quantity."""
        if not isinstance(other, (Interval, *NUMBERS)):
            return other.larger(self)
        other = Interval.of(other)
        return Interval(np.maximum(self.low, other.low), np.maximum(self.high, other.high))

    def concave_broken_line(self, corners: Sequence[float], slopes: Sequence[float]) -> Interval:
        """Return a concave broken line: its least and largest values are at the ends or at corners."""
        if any(isinstance(each, Interval) for each in (*corners, *slopes)):
            raise TypeError("it takes a broken line whose corners or slopes vary in a box")
        places = [self.low, self.high, *(np.clip(c, self.low, self.high) for c in corners)]
        values = np.broadcast_arrays(*(sum_of_kinks(x, corners, slopes) for x in places))
        return Interval(np.minimum.reduce(values), np.maximum.reduce(values))

    def __array_ufunc__(self, function: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """Apply a numpy function or operator."""
        name = function.__name__
        if method == "__call__" and not options:
            if name in ("exp", "log", "cos", "arccos"):
                return getattr(self, name)()
            if name == "power" and isinstance(inputs[0], Interval):
                return inputs[0] ** inputs[1]
            if name in _BINARY:
                return _BINARY[name](*map(Interval.of, inputs))
        raise TypeError(f"it uses {name}, which interval arithmetic does not support")
