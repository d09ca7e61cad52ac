"""An equation: a plain function named after the quantity that it computes from its parameters.

The helper functions below are all that an equation may call. numpy dispatches them, so they accept numbers, arrays,
the symbols of the exact engines and of the tape (which have methods ``exp``, ``log``, ``cos`` and ``arccos``) and pint
quantities. A symbol that has a method of a helper's name, such as ``larger``, computes it by itself.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import NODES, PLAIN, WEIGHTS

#: Physical ranges of a result: its ends are ``0``, ``inf``, texts with units, or names of quantities.
Range = tuple[str, str]
NOT_NEGATIVE: Range = ("0", "inf")
SHARE: Range = ("0", "1")
COSINE: Range = ("-1", "1")
SIGNED: Range = ("-inf", "inf")

#: Relative difference of slopes up to which two lines are the same.
SAME_SLOPE = 1e-12

#: Relative rounding within which a duration is a whole number of periods.
WHOLE = 1e-9

#: The functions below that an equation may call.
FUNCTIONS = (
    "exp",
    "log",
    "cos",
    "arccos",
    "larger",
    "magnitude",
    "broken_line",
    "concave_broken_line",
    "polynomial",
    "fourth_power",
    "fourth_root",
    "smooth_positive_part",
    "mean_decay",
    "quotient_or_infinity",
    "whole_periods",
)


@dataclass(frozen=True)
class Equation:
    """One formula, callable like the function that defines it.

    Attributes:
        name: The quantity it computes; also its YAML key and column name.
        unit: Display unit of the quantity. Inside, values are SI and USD.
        inputs: Names of the quantities it needs, in the order of its parameters.
        summary: First line of its docstring.
        source: The docstring's text after ``Source:``.
        may_be_infinite: Whether plus infinity is a valid result, such as "never pays back"; of a quantity of either
            sign minus infinity, too.
        within: Physical range of the result. A value outside cannot exist, whether computed or given.
        valid: By input, the range in which the formula holds; a run that leaves it gets a note.
        unless_given: Quantities that must be computed; if one of them is given, this equation is meaningless.
    """

    name: str
    unit: str
    inputs: tuple[str, ...]
    summary: str
    source: str
    module: str
    may_be_infinite: bool
    within: Range
    valid: Mapping[str, tuple[str, str]]
    unless_given: tuple[str, ...]
    function: Callable[..., Any] = field(repr=False, compare=False)

    @property
    def range_text(self) -> str:
        """The physical range of the result, for people; empty if there is none."""
        low, high = self.within
        if self.within == SIGNED:
            return ""
        return f"at least {low}" if high == "inf" else f"at most {high}" if low == "-inf" else f"{low} to {high}"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str, str]]:
        return _find, (self.module, self.name)

    def __hash__(self) -> int:
        return hash((self.module, self.name))

    @property
    def place(self) -> str:
        """Where it stands, for messages."""
        return self.module

    @property
    def line(self) -> int:
        """The line in its file at which its function begins."""
        found: int = self.function.__code__.co_firstlineno
        return found

    @property
    def text(self) -> str:
        """The formula's source code: the body of the function without its docstring."""
        return body_of(self.function)

    def is_invalid(self, values: Any) -> NDArray[np.bool_]:
        """Return which of the values are no result: NaN, or infinite although that is not valid."""
        found: NDArray[np.bool_] = ~np.isfinite(values)
        if self.may_be_infinite:
            found &= values != np.inf
            if self.within == SIGNED:
                found &= values != -np.inf
        return found

    def invalid_text(self, value: float) -> str:
        """Say what an invalid value is, after the name of the quantity."""
        return f"is {value}"


@lru_cache(4096)  # Python parses the file anew for each function
def body_of(function: Callable[..., Any]) -> str:
    """The source code of a function's body without its docstring."""
    return inspect.cleandoc(inspect.getsource(function).split('"""', 2)[-1])


def equation(
    unit: str,
    *,
    may_be_infinite: bool = False,
    within: Range = NOT_NEGATIVE,
    valid: Mapping[str, tuple[str, str]] | None = None,
    unless_given: tuple[str, ...] = (),
) -> Callable[[Callable[..., Any]], Equation]:
    """Declare a function as the equation of the quantity it is named after.

    Args:
        unit: Display unit of the result, such as ``"W/m^2"``; ``"1"`` if it is dimensionless.
        may_be_infinite: The quantity may be plus infinity.
        within: Least and greatest value that the quantity can physically have, such as ``("0", "1")`` (``SHARE``) or
            ``("0 deg", "180 deg")``; an end may name another quantity. Masses, areas, times and prices are not
            negative, which is the default; what may have either sign, such as a margin, is ``SIGNED``.
        valid: Ranges of inputs in which the formula holds, as ``{"altitude": ("400 km", "1400 km")}``.
        unless_given: Quantities that must be computed; if one of them is given, this equation is meaningless.

    Raises:
        TypeError: The unit is no text, a parameter has a default or is variadic, or ``valid`` names something else
            than a parameter.
    """
    if not isinstance(unit, str):
        raise TypeError('@equation needs the display unit of the result, in quotes: @equation("kg")')

    def declare(function: Callable[..., Any]) -> Equation:
        parameters = inspect.signature(function).parameters.values()
        if any(p.default is not p.empty or p.kind is not p.POSITIONAL_OR_KEYWORD for p in parameters):
            raise TypeError(f"equation {function.__name__}: parameters must be plain names without defaults")
        if unknown := set(valid or {}) - {p.name for p in parameters}:
            raise TypeError(f"equation {function.__name__}: valid names {unknown}, which is not a parameter")
        return Equation(
            **described(function),
            unit=unit,
            inputs=tuple(p.name for p in parameters),
            may_be_infinite=may_be_infinite,
            within=within,
            valid=MappingProxyType(dict(valid or {})),
            unless_given=unless_given,
        )

    return declare


def described(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the attributes of an equation that its function alone says: names, texts and itself."""
    summary, _, rest = inspect.cleandoc(_docstring(function)).partition("\n")
    source = " ".join(rest.partition("Source:")[2].split())
    name, module = function.__name__, function.__module__
    return {"name": name, "module": module, "summary": summary.strip(), "source": source, "function": function}


def _docstring(function: Callable[..., Any]) -> str:
    """The docstring; under ``python -OO``, which removes docstrings, that of the source."""
    if function.__doc__ is None and sys.flags.optimize > 1:
        (definition,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
        assert isinstance(definition, ast.FunctionDef)
        return ast.get_docstring(definition, clean=False) or ""
    return function.__doc__ or ""


def _find(module: str, name: str) -> Equation:
    found = getattr(importlib.import_module(module), name)
    assert isinstance(found, Equation)
    return found


def exp(x: Any) -> Any:
    """Return the exponential of a dimensionless argument."""
    return np.exp(x)


def log(x: Any) -> Any:
    """Return the natural logarithm of a dimensionless argument."""
    return np.log(x)


def cos(x: Any) -> Any:
    """Return the cosine of an angle in radians."""
    return np.cos(x)


def arccos(x: Any) -> Any:
    """Return the angle in radians whose cosine is ``x``."""
    return np.arccos(x)


def smooth_positive_part(x: Any, width: float = 0.01) -> Any:
    """Return ``maximum(x, 0)``, smoothed within about ``width`` of the corner so that it is differentiable."""
    return (x + (x * x + width * width) ** 0.5) / 2


def larger(a: Any, b: Any) -> Any:
    """Return the larger of two dimensionless numbers, exactly; a solver's values have a method for it."""
    for one, other in ((a, b), (b, a)):
        if hasattr(one, "larger"):
            return one.larger(other)
    return (a + b + ((a - b) ** 2) ** 0.5) / 2


def broken_line(x: Any, corners: Sequence[Any], slopes: Sequence[Any]) -> Any:
    """Return a convex function of ``x`` that consists of straight lines and is zero at the first corner.

    Args:
        x: At least the first corner.
        corners: Where each line begins, in the dimension of ``x``; ascending.
        slopes: Of each line; ascending.
    """
    if hasattr(x, "broken_line"):
        return x.broken_line(corners, slopes)
    return sum_of_kinks(x, corners, slopes)


def concave_broken_line(x: Any, corners: Sequence[Any], slopes: Sequence[Any]) -> Any:
    """Return a concave function of ``x`` that consists of straight lines and is zero at the first corner.

    Args:
        x: At least the first corner.
        corners: Where each line begins, in the dimension of ``x``; ascending.
        slopes: Of each line; descending.
    """
    if hasattr(x, "concave_broken_line"):
        return x.concave_broken_line(corners, slopes)
    return sum_of_kinks(x, corners, slopes)


def sum_of_kinks(x: Any, corners: Sequence[Any], slopes: Sequence[Any]) -> Any:
    """Return a broken line as its first line plus a kink at each further corner."""
    value = slopes[0] * (x - corners[0])
    for corner, (before, after) in zip(corners[1:], pairwise(slopes), strict=True):
        value = value + (after - before) * _positive_part(x - corner)
    return value


def lines_of(x: Any, corners: Sequence[Any], slopes: Sequence[Any]) -> list[Any]:
    """Return the lines of a broken line; one that goes on with the slope before it is the same line."""
    height: Any = 0.0
    lines = [slopes[0] * (x - corners[0])]
    for i in range(1, len(slopes)):
        height = height + slopes[i - 1] * (corners[i] - corners[i - 1])
        if not np.allclose(slopes[i], slopes[i - 1], rtol=SAME_SLOPE, atol=0.0):
            lines.append(slopes[i] * (x - corners[i]) + height)
    return lines


def _positive_part(x: Any) -> Any:
    if hasattr(x, "larger"):
        return x.larger(0.0)
    return np.maximum(x, 0.0 if isinstance(x, PLAIN) else 0 * x)


def polynomial(x: Any, coefficients: Sequence[Any]) -> Any:
    """Return ``c0 + c1 x + c2 x**2 + ...``.

    For numbers and arrays by Horner's rule, as numpy takes powers above 2 thirty times as slowly as a product; a
    solver's symbol is a sum of powers, which it bounds better than products.
    """
    if hasattr(x, "polynomial"):
        return x.polynomial(coefficients)
    if not isinstance(x, PLAIN):
        return sum((c * x**n for n, c in enumerate(coefficients[1:], 1)), coefficients[0])
    value = coefficients[-1]
    for c in reversed(coefficients[:-1]):
        value = c + x * value
    return value


def fourth_power(x: Any) -> Any:
    """Return ``x**4``; of numbers and arrays the square of the square, which is faster."""
    return (x**2) ** 2 if isinstance(x, PLAIN) else x**4


def fourth_root(x: Any) -> Any:
    """Return ``x**0.25``; of numbers and arrays the root of the root, which is faster."""
    return (x**0.5) ** 0.5 if isinstance(x, PLAIN) else x**0.25


def magnitude(x: Any) -> Any:
    """Return the absolute value of a quantity of any dimension, exactly, as a formula that solvers accept."""
    return (x**2) ** 0.5


def mean_decay(x: Any) -> Any:
    """Return the mean of ``exp(-x t)`` over t in [0, 1]: ``(1 - exp(-x)) / x``, and 1 at ``x = 0``.

    Numbers near zero use the series; a solver's symbol must stay away from zero.
    """
    if hasattr(x, "mean_decay"):
        return x.mean_decay()
    if not hasattr(x, "units") and not isinstance(x, PLAIN):
        return (1 - exp(-x)) / x
    x = np.asarray(x.to("").magnitude if hasattr(x, "units") else x)
    small = np.abs(x) < 1e-8
    safe = np.where(small, 1.0, x)
    return np.where(small, 1 - x / 2, -np.expm1(-safe) / safe)[()]


class CountedPeriods(TypeError):
    """Periods are counted in what is no plain number."""


def whole_periods(duration: Any, period: Any) -> Any:
    """Return the part of a duration that consists of whole periods; the duration itself if the period is zero.

    It is the duration itself, too, if that is a whole number of periods but for rounding.
    """
    for value in (duration, period):
        if hasattr(value, "whole_periods"):
            return value.whole_periods(duration, period)
    if hasattr(duration, "units"):
        one, other = (x.to_base_units() if hasattr(x, "units") else x for x in (duration, period))
        return whole_periods(one.magnitude, getattr(other, "magnitude", other)) * one.units
    if isinstance(period, PLAIN) and not np.any(period):
        return duration
    if not (isinstance(duration, PLAIN) and isinstance(period, PLAIN)):
        raise CountedPeriods("it counts the periods of cash_flow_period in a duration that depends on the variables")
    with np.errstate(divide="ignore", invalid="ignore"):
        count = np.where(np.greater(period, 0), np.divide(duration, period), 0.0)
    is_whole = np.abs(count - np.rint(count)) <= WHOLE * count
    return duration if is_whole.all() else np.where(is_whole, duration, np.floor(count) * period)[()]


def mean_over(function: Callable[[Any], Any], low: Any, high: Any) -> Any:
    """Return the mean of a smooth function over an interval, by Gauss and Legendre's rule with twelve nodes."""
    span = high - low
    first = function(low + NODES[0] * span)
    if not isinstance(getattr(first, "magnitude", first), PLAIN):  # a solver's symbol
        rest = zip(NODES[1:].tolist(), WEIGHTS[1:].tolist(), strict=True)
        return sum((w * function(low + x * span) for x, w in rest), start=float(WEIGHTS[0]) * first)
    column = (-1, *[1] * np.ndim(first))
    return (function(low + NODES.reshape(column) * span) * WEIGHTS.reshape(column)).sum(axis=0)


def quotient_or_infinity(numerator: Any, denominator: Any) -> Any:
    """Return ``numerator / denominator`` where the denominator is positive, and plus infinity elsewhere.

    For a solver's symbols it is the plain quotient; a formulation must require a positive denominator itself.
    """
    if hasattr(numerator, "over_or_infinity"):
        return numerator.over_or_infinity(denominator)
    if hasattr(denominator, "under_or_infinity"):
        return denominator.under_or_infinity(numerator)
    top, bottom = getattr(numerator, "magnitude", numerator), getattr(denominator, "magnitude", denominator)
    if not (isinstance(top, PLAIN) and isinstance(bottom, PLAIN)):
        return numerator / denominator
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(np.greater(bottom, 0), np.divide(top, bottom), np.inf)[()]
    units = getattr(numerator, "units", 1) / getattr(denominator, "units", 1)
    return value * units
