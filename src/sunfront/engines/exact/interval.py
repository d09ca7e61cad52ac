"""Symbols: values with which the equations build a nonlinear Pyomo model, with a scale and bounds for each quantity.

A Symbol is ``scale x expression``, a Pyomo expression of size near 1, and an interval that contains its value. The
equations are called with symbols as they are called with numbers. Scales matter because the tolerances of a solver
are absolute: it would take an air density of 1e-13 kg/m^3 for zero. Intervals give the solver bounds on every
quantity. They are arrays over pieces of the ranges of the variables, so that a formula in the altitude alone is
bounded piece by piece, and tightly.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sunfront.engines.exact.ranges import Dependent, Interval
from sunfront.equation import sum_of_kinks

#: Bounds on a solver's variables are widened by this share. A solver fixes a variable whose bounds are within its
#: tolerance, a little beside its value, and these errors add up along a chain of equations: with 1e-9, SCIP cut off
#: designs at an end of a range and proved false bounds.
SLACK = 1e-6

#: Most that the logarithm of an exponential's expression may be.
WIDE = 10.0

_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "power": lambda a, b: a**b,
}


class Symbol(Dependent):
    """A quantity as ``scale x expression`` within ``[low, high]``.

    Args:
        block: Pyomo block for auxiliary variables. Of arccosines: each ``angle`` has an ``angle_equation``, and
            ``cosine`` holds its argument by index. Of the larger of two: each ``larger`` has a binary ``is_first`` and
            rows ``larger_equation``, and ``pair`` holds the two by index.
        expression: Pyomo expression, or a number.
        factors: Of a product, so that dividing by one of them gives the other.
        low, high: Bounds on each piece; arrays that broadcast against those of other symbols.
    """

    __slots__ = ("block", "expression", "factors", "high", "low", "scale")

    def __init__(self, block: Any, scale: float, expression: Any, low: Any, high: Any) -> None:
        self.block = block
        self.factors: tuple[Symbol, Symbol] | None = None
        self.scale, self.expression = float(scale), expression
        within = Interval(low, high)
        self.low, self.high = within.low, within.high

    @property
    def within(self) -> Interval:
        """The bounds on each piece."""
        return Interval(self.low, self.high)

    def _new(self, scale: float, expression: Any, within: Interval) -> Symbol:
        return Symbol(self.block, scale, expression, within.low, within.high)

    @property
    def bounds(self) -> tuple[float, float]:
        """Bounds over all pieces."""
        return float(self.low.min()), float(self.high.max())

    @property
    def size(self) -> float:
        """Largest absolute value within the bounds; the absolute scale if that is infinite or nearly zero."""
        largest = max(map(abs, self.bounds))
        return largest if 1e-100 * abs(self.scale) < largest < math.inf else abs(self.scale)

    @property
    def scaled(self) -> Any:
        """The value in units of the absolute scale."""
        return self.expression if self.scale > 0 else -self.expression

    def __neg__(self) -> Symbol:
        return Symbol(self.block, -self.scale, self.expression, -self.high, -self.low)

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, Symbol):
            number = float(other)
            other = Symbol(self.block, number or 1.0, 1.0 if number else 0.0, number, number)
        size = max(self.size, other.size)
        expression = (self.scale / size) * self.expression + (other.scale / size) * other.expression
        return self._new(size, expression, self.within + other.within)

    __radd__ = __add__

    def __mul__(self, other: Any) -> Any:
        if other is self:
            return self**2
        if isinstance(other, Symbol):
            within = self.within * other.within
            product = self._new(self.scale * other.scale, self.expression * other.expression, within)
            product.factors = self, other
            return product
        number = float(other)
        if number == 0:
            return 0.0
        return self._new(self.scale * number, self.expression, self.within * number)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        if not isinstance(other, Symbol):
            return self * (1.0 / float(other))
        for i, factor in enumerate(self.factors or ()):
            if factor is other:
                return self.factors[1 - i]  # type: ignore[index]
        return self._new(self.scale / other.scale, self.expression / other.expression, self.within / other.within)

    def __rtruediv__(self, other: Any) -> Any:
        return self._new(1.0 / self.scale, 1.0 / self.expression, self.within.inverse()) * other

    def __pow__(self, power: Any) -> Any:
        power = float(power)  # a symbol as a power raises TypeError here
        if power == 1:
            return self
        if power < 0:
            return 1.0 / self**-power
        if not power.is_integer():
            if self.scale < 0:
                raise TypeError("it takes a root of a quantity that may be negative")
            return self._new(self.scale**power, self.expression**power, self.within**power)
        return self._new(self.scale**power, self.expression ** int(power), self.within**power)

    def exp(self) -> Symbol:
        """Return the exponential; its scale is chosen so that the expression is near 1.

        Of a wide range the scale is near the upper end: at the middle of -2000 to 0 it is zero, and the term lost.
        """
        import pyomo.environ as pyo

        low, high = self.bounds
        middle = max((low + high) / 2, high - WIDE) if math.isfinite(low + high) else 0.0
        expression = pyo.exp(self.scale * self.expression - middle)
        return self._new(math.exp(middle), expression, self.within.exp())

    def log(self) -> Symbol:
        """Return the natural logarithm."""
        import pyomo.environ as pyo

        if self.scale < 0 or self.bounds[1] <= 0:
            raise TypeError("it takes the logarithm of a quantity that is not positive")
        return self._new(1.0, pyo.log(self.expression) + math.log(self.scale), self.within.log())

    def cos(self) -> Symbol:
        """Return the cosine of an angle in radians."""
        import pyomo.environ as pyo

        return self._new(1.0, pyo.cos(self.scale * self.expression), self.within.cos())

    def arccos(self) -> Symbol:
        """Return the angle in radians whose cosine this is, as an auxiliary variable."""
        import pyomo.environ as pyo

        within = self.within.arccos()
        angle = self.block.angle.add()
        angle.setlb(float(within.low.min()) - SLACK)
        angle.setub(float(within.high.max()) + SLACK)
        self.block.cosine[angle.index()] = self.scale * self.expression
        self.block.angle_equation.add(pyo.cos(angle) == self.scale * self.expression)  # SCIP has no arccosine
        return self._new(1.0, angle, within)

    def larger(self, other: Any) -> Symbol:
        """Return the larger of this and another symbol or number, as an auxiliary variable.

        A binary says which it is. As a root of a square, SCIP's tolerance would be 3e-5 where both are equal.
        """
        if not isinstance(other, Symbol):
            number = float(other)
            other = Symbol(self.block, number or 1.0, 1.0 if number else 0.0, number, number)
        difference = self - other
        if not np.isfinite(difference.bounds).all():
            raise TypeError("it takes the larger of two quantities without bounds")
        if difference.bounds[0] >= 0:
            return self
        if difference.bounds[1] <= 0:
            return Symbol(self.block, other.scale, other.expression, other.low, other.high)
        found = self._new(max(self.size, other.size), 0.0, self.within.larger(other.within))
        size = found.scale
        slack = SLACK * max(map(abs, found.bounds)) / size
        m, value, is_first = self.block, self.block.larger.add(), self.block.is_first.add()
        value.setlb(found.bounds[0] / size - slack)
        value.setub(found.bounds[1] / size + slack)
        ours, theirs = (x.scale / size * x.expression for x in (self, other))
        most, least = (max(bound, 0.0) / size + slack for bound in (difference.bounds[1], -difference.bounds[0]))
        m.pair[value.index()] = ours, theirs
        m.larger_equation.add(value >= ours)
        m.larger_equation.add(value >= theirs)
        m.larger_equation.add(value <= ours + least * (1 - is_first))
        m.larger_equation.add(value <= theirs + most * is_first)
        found.expression = value
        return found

    def concave_broken_line(self, corners: Sequence[float], slopes: Sequence[float]) -> Any:
        """Return a concave broken line, which rises, as the sum of its kinks, between its values at the bounds."""
        found = sum_of_kinks(self, corners, slopes)
        if isinstance(found, Symbol):
            found = self._new(found.scale, found.expression, self.within.concave_broken_line(corners, slopes))
        return found

    def __array_ufunc__(self, function: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """Apply a numpy function or operator."""
        name = function.__name__
        if method == "__call__" and not options:
            if name in ("exp", "log", "cos", "arccos"):
                return getattr(self, name)()
            if name in _BINARY:
                return _BINARY[name](*(x if isinstance(x, Symbol) else float(x) for x in inputs))
        raise TypeError(f"it uses {name}, which the nonlinear model does not support")
