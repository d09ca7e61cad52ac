"""Affine forms: values with which the equations compute coefficients for HiGHS.

An Affine holds ``constant + sum of coefficient x amount`` for every option of a catalogue at once; a Ratio is a
quotient of two. The equations are called with them as they are called with numbers. An operation whose result is
neither raises NonlinearOperation, and the catalogue reports it as a NonlinearEquation with the name of the equation.

The larger of two values is one of them. Which one is assumed, and ``Sides`` records the condition under which the
assumption is right. A convex broken line is the largest of its lines; it may be an amount of its own instead, at least
each of them: ``Sides`` then records the lines. A concave broken line is the smallest of its lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import reduce
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunfront.engines.exact.ranges import Interval
from sunfront.equation import lines_of

Coefficient = float | NDArray[np.float64] | Interval


#: Most calls of ``larger`` on quantities that depend on the amounts; each doubles the options of a catalogue.
MOST_SIDES = 6

#: Stands for what a value is too large by if the wrong line is taken for the smallest; it is zero at every design.
EXCESS = "excess"


class NonlinearOperation(TypeError):
    """An operation whose result is neither linear in the amounts of hardware nor a quotient of two linear forms."""


class Sides:
    """Which of several values ``larger`` and broken lines take, call after call, while equations are evaluated.

    Args:
        assumed: For the first calls, the index of the value taken; at all further calls it is the first.
        as_amounts: Whether a convex broken line is an amount of its own, for which no side is assumed.

    Attributes:
        taken: For each call, the index of the value taken, and the number of values.
        differences: Of the calls, by how much the assumption holds against each other value; it is right where none is
            negative.
        spared: Further differences, which need no row where a value that is too large is no advantage. The values taken
            then contain ``EXCESS``, so that this can be checked.
        envelopes: For each convex broken line that became an amount, its lines.
    """

    def __init__(self, assumed: tuple[int, ...], as_amounts: bool = False) -> None:
        self.assumed = assumed
        self.as_amounts = as_amounts
        self.taken: list[tuple[int, int]] = []
        self.differences: list[Affine | Ratio] = []
        self.spared: list[Affine | Ratio] = []
        self.envelopes: list[list[Affine]] = []

    @contextmanager
    def used(self) -> Iterator[None]:
        """Decide the calls of ``larger`` and of broken lines in this block."""
        token = _SIDES.set(self)
        try:
            yield
        finally:
            _SIDES.reset(token)

    @property
    def next(self) -> tuple[int, ...] | None:
        """The assumptions to try after these, so that all are tried once; None after the last."""
        last = max((i for i, (index, values) in enumerate(self.taken) if index + 1 < values), default=None)
        return None if last is None else (*(index for index, _ in self.taken[:last]), self.taken[last][0] + 1)

    def take(self, values: Sequence[Any]) -> Any:
        """Return the value that is assumed to be the largest."""
        if (known := _known(values)) is not None:
            return Affine({}, reduce(np.maximum, known))
        index = self._next_index(len(values))
        self.differences += [values[index] - other for i, other in enumerate(values) if i != index]
        return values[index]

    def take_smallest(self, lines: Sequence[Any]) -> Any:
        """Return the line of a concave broken line, in the order of its corners, that is assumed to be the smallest.

        It is the smallest between its two corners. A row for the lower corner would become easier to meet by a larger
        value of an envelope, so it is spared where the line depends on one.
        """
        if (known := _known(lines)) is not None:
            return Affine({}, reduce(np.minimum, known))
        index = self._next_index(len(lines))
        line = lines[index]
        if index + 1 < len(lines):
            self.differences.append(lines[index + 1] - line)
        if index == 0:
            return line
        own = {envelope_name(i) for i in range(len(self.envelopes))}
        if isinstance(line, Affine) and own & line.terms.keys():
            self.spared.append(lines[index - 1] - line)
            return line + Affine({EXCESS: 1.0})
        self.differences.append(lines[index - 1] - line)
        return line

    def _next_index(self, values: int) -> int:
        """Return which of the values the next call takes."""
        count = len(self.taken)
        if count == MOST_SIDES:
            raise NonlinearOperation(
                f"it takes the larger of two quantities that depend on the amounts of hardware, as {count} equations "
                f"or calls before it do; at most {MOST_SIDES} are possible"
            )
        index = self.assumed[count] if count < len(self.assumed) else 0
        self.taken.append((index, values))
        return index

    def envelope(self, lines: Sequence[Any]) -> Any:
        """Return the largest of several lines: an amount, or the one that is assumed to be the largest."""
        if isinstance(lines[0], Ratio):  # all have the same denominator
            forms, denominator = [line.numerator for line in lines], lines[0].denominator
        else:
            forms, denominator = list(lines), None
        own = {envelope_name(i) for i in range(len(self.envelopes))}
        names = {name for form in forms for name in form.terms}
        if not self.as_amounts or not names or own & names:
            return self.take(lines)
        self.envelopes.append(forms)
        value = Affine({envelope_name(len(self.envelopes) - 1): 1.0})
        return value if denominator is None else Ratio(value, denominator)


def _known(values: Sequence[Any]) -> list[Any] | None:
    """Return the values if none depends on the amounts."""
    differences = [a - b for a, b in pairwise(values)]
    if all(isinstance(d, Affine) and not d.terms for d in differences):
        return [(v + 0.0 * differences[0]).constant for v in values]
    return None


def envelope_name(number: int) -> str:
    """Name of the amount that is a broken line."""
    return f"broken_line_{number}"


_SIDES: ContextVar[Sides | None] = ContextVar("sides", default=None)


def _sides() -> Sides:
    sides = _SIDES.get()
    if sides is None:
        raise NonlinearOperation("it takes the larger of two quantities that depend on the amounts of hardware")
    return sides


def _larger(a: Any, b: Any) -> Any:
    """Return the larger of two values, one of which is an Affine or a Ratio, as ``Sides`` decides."""
    return _sides().take((a, b))


def _largest(first: Any, values: Sequence[Any]) -> Any:
    """Return the largest of several values that are all an Affine or a Ratio, as a convex broken line."""
    return _sides().envelope(values)


def _broken_line(x: Any, corners: Sequence[Coefficient], slopes: Sequence[Coefficient]) -> Any:
    """Return a convex broken line of an Affine or a Ratio, the largest of its lines."""
    return _sides().envelope(lines_of(x, corners, slopes))


def _concave_broken_line(x: Any, corners: Sequence[Coefficient], slopes: Sequence[Coefficient]) -> Any:
    """Return a concave broken line of an Affine or a Ratio, the smallest of its lines."""
    lines = lines_of(x, corners, slopes)
    return lines[0] if len(lines) == 1 else _sides().take_smallest(lines)


def _is_same(one: Coefficient, other: Coefficient) -> bool:
    """Whether two coefficients are the same; two intervals with the same ends need not be."""
    if isinstance(one, Interval) or isinstance(other, Interval):
        return one is other
    return np.array_equal(one, other)


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
            and all(_is_same(c, other.terms[name]) for name, c in self.terms.items())
            and _is_same(self.constant, other.constant)
        )

    larger = _larger
    largest = _largest
    broken_line = _broken_line
    concave_broken_line = _concave_broken_line

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
    largest = _largest
    broken_line = _broken_line
    concave_broken_line = _concave_broken_line

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
