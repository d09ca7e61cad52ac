"""Affine forms: values with which the equations compute coefficients for HiGHS.

An Affine holds ``constant + sum of coefficient x amount`` for every option of a catalogue at once; a Ratio is a
quotient of two. The equations are called with them as they are called with numbers. An operation whose result is
neither raises NonlinearOperation, and the catalogue reports it as a NonlinearEquation with the name of the equation.

The larger of two values is one of them. Which one is assumed, and ``Sides`` records the condition under which the
assumption is right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np
from numpy.typing import NDArray

Coefficient = float | NDArray[np.float64]


#: Most calls of ``larger`` on quantities that depend on the amounts; each doubles the options of a catalogue.
MOST_SIDES = 6


class NonlinearOperation(TypeError):
    """An operation whose result is neither linear in the amounts of hardware nor a quotient of two linear forms."""


class Sides:
    """Which of two values ``larger`` takes, call after call, while equations are evaluated.

    Args:
        assumed: For the first calls, whether the first value is the larger; at all further calls it is.

    Attributes:
        taken: For each call, whether the first value was taken.
        differences: For each call, the value taken minus the other; the assumption is right where it is not negative.
    """

    def __init__(self, assumed: tuple[bool, ...]) -> None:
        self.assumed = assumed
        self.taken: list[bool] = []
        self.differences: list[Affine | Ratio] = []

    @contextmanager
    def used(self) -> Iterator[None]:
        """Decide the calls of ``larger`` in this block."""
        token = _SIDES.set(self)
        try:
            yield
        finally:
            _SIDES.reset(token)

    @property
    def next(self) -> tuple[bool, ...] | None:
        """The assumptions to try after these, so that all are tried once; None after the last."""
        last = max((i for i, first in enumerate(self.taken) if first), default=None)
        return None if last is None else (*self.taken[:last], False)

    def take(self, a: Any, b: Any) -> Any:
        """Return the value that is assumed to be the larger."""
        difference = a - b
        if isinstance(difference, Affine) and not difference.terms:  # both are known
            return Affine({}, np.maximum((a + 0.0 * difference).constant, (b + 0.0 * difference).constant))
        count = len(self.taken)
        if count == MOST_SIDES:
            raise NonlinearOperation(
                f"it takes the larger of two quantities that depend on the amounts of hardware, as {count} equations "
                f"or calls before it do; at most {MOST_SIDES} are possible"
            )
        first = self.assumed[count] if count < len(self.assumed) else True
        self.differences.append(difference if first else -difference)
        self.taken.append(first)
        return a if first else b


_SIDES: ContextVar[Sides | None] = ContextVar("sides", default=None)


def _larger(a: Any, b: Any) -> Any:
    """Return the larger of two values, one of which is an Affine or a Ratio, as ``Sides`` decides."""
    sides = _SIDES.get()
    if sides is None:
        raise NonlinearOperation("it takes the larger of two quantities that depend on the amounts of hardware")
    return sides.take(a, b)


class Affine:
    """``constant + sum of terms[amount] x amount``; each coefficient is a number or an array (options,)."""

    __array_ufunc__ = None  # an array on the left leaves the operation to this class
    __slots__ = ("constant", "terms")

    def __init__(self, terms: Mapping[str, Coefficient], constant: Coefficient = 0.0) -> None:
        self.terms = dict(terms)
        self.constant = constant

    def __eq__(self, other: object) -> bool:
        raise NonlinearOperation("it compares a quantity that depends on the amounts of hardware")

    def __bool__(self) -> bool:
        raise NonlinearOperation("it branches on a quantity that depends on the amounts of hardware")

    __hash__ = None  # type: ignore[assignment]

    def map(self, change: Callable[[Coefficient], Coefficient]) -> Affine:
        """Apply a linear function to every coefficient and to the constant."""
        return Affine({name: change(c) for name, c in self.terms.items()}, change(self.constant))

    def equals(self, other: object) -> bool:
        """Return whether ``other`` is an Affine with the same coefficients and constant."""
        return (
            isinstance(other, Affine)
            and self.terms.keys() == other.terms.keys()
            and all(np.array_equal(c, other.terms[name]) for name, c in self.terms.items())
            and np.array_equal(self.constant, other.constant)
        )

    larger = _larger

    def __add__(self, other: Any) -> Any:
        if isinstance(other, Affine):
            names = self.terms.keys() | other.terms.keys()
            terms = {name: self.terms.get(name, 0.0) + other.terms.get(name, 0.0) for name in sorted(names)}
            return Affine(terms, self.constant + other.constant)
        if isinstance(other, Ratio):
            return other + self
        return Affine(self.terms, self.constant + other)

    __radd__ = __add__

    def __neg__(self) -> Affine:
        return self.map(lambda c: -c)

    def __sub__(self, other: Any) -> Any:
        return self + (-other)

    def __rsub__(self, other: Any) -> Any:
        return (-self) + other

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, Ratio):
            return other * self
        if isinstance(other, Affine):
            raise NonlinearOperation("it multiplies two quantities that both depend on the amounts of hardware")
        return self.map(lambda c: c * other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        if isinstance(other, Affine):
            return Ratio(self, other)
        if isinstance(other, Ratio):
            return self * Ratio(other.denominator, other.numerator)
        return self.map(lambda c: c / other)

    def __rtruediv__(self, other: Any) -> Ratio:
        return Ratio(Affine({}, other), self)

    def __pow__(self, power: Any) -> Any:
        raise NonlinearOperation(f"it raises a quantity that depends on the amounts of hardware to the power {power}")

    def __repr__(self) -> str:
        return f"Affine({', '.join(self.terms)})"


class Ratio:
    """A quotient of two affine forms."""

    __array_ufunc__ = None
    __slots__ = ("denominator", "numerator")

    def __init__(self, numerator: Affine, denominator: Affine) -> None:
        self.numerator = numerator
        self.denominator = denominator

    __eq__, __bool__ = Affine.__eq__, Affine.__bool__
    __hash__ = None  # type: ignore[assignment]
    larger = _larger

    def __add__(self, other: Any) -> Any:
        if isinstance(other, Ratio):
            if not self.denominator.equals(other.denominator):
                raise NonlinearOperation("it adds quotients of different denominators")
            return Ratio(self.numerator + other.numerator, self.denominator)
        return Ratio(self.numerator + self.denominator * other, self.denominator)

    __radd__ = __add__

    def __neg__(self) -> Ratio:
        return Ratio(-self.numerator, self.denominator)

    def __sub__(self, other: Any) -> Any:
        return self + (-other)

    def __rsub__(self, other: Any) -> Any:
        return (-self) + other

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, Affine):
            if self.denominator.equals(other):
                return self.numerator
            raise NonlinearOperation("it multiplies a quotient by a quantity that depends on the amounts of hardware")
        if isinstance(other, Ratio):
            if self.denominator.equals(other.numerator):
                return Ratio(self.numerator, other.denominator)
            if self.numerator.equals(other.denominator):
                return Ratio(other.numerator, self.denominator)
            raise NonlinearOperation("it multiplies two quotients")
        return Ratio(self.numerator * other, self.denominator)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        if isinstance(other, Affine):
            return self * Ratio(Affine({}, 1.0), other)
        if isinstance(other, Ratio):
            return self * Ratio(other.denominator, other.numerator)
        return Ratio(self.numerator / other, self.denominator)

    def __rtruediv__(self, other: Any) -> Any:
        return Ratio(self.denominator, self.numerator) * other

    def __pow__(self, power: Any) -> Any:
        raise NonlinearOperation(f"it raises a quotient of amounts of hardware to the power {power}")
