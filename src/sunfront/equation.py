"""An equation: a plain function whose name is a quantity and whose parameters are the quantities it needs."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Equation:
    """One formula, callable as the function it was written as.

    Attributes:
        name: The quantity it yields: a term of the field, also the YAML key and the column.
        unit: Unit in which people read the quantity. Inside, values are SI and USD.
        inputs: Names of the quantities it needs, in the order of its parameters.
        summary: First sentence of its docstring.
        source: What the docstring gives after ``Source:``.
        may_be_infinite: True where plus infinity is an answer ("never pays back"), not a mistake.
        valid: Input to the range, as written, in which the formula holds; beyond, a run says so.
        unless_given: Quantities that it takes to be computed; where one is given instead, it means nothing.
    """

    name: str
    unit: str
    inputs: tuple[str, ...]
    summary: str
    source: str
    module: str
    may_be_infinite: bool
    valid: Mapping[str, tuple[str, str]]
    unless_given: tuple[str, ...]
    function: Callable[..., Any] = field(repr=False, compare=False)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str, str]]:
        return _find, (self.module, self.name)

    def __hash__(self) -> int:
        return hash((self.module, self.name))

    @property
    def text(self) -> str:
        """The formula as written: the body of the function without its docstring."""
        body = inspect.getsource(self.function).split('"""', 2)[-1]
        return inspect.cleandoc(body)


def equation(
    unit: str,
    *,
    may_be_infinite: bool = False,
    valid: Mapping[str, tuple[str, str]] | None = None,
    unless_given: tuple[str, ...] = (),
) -> Callable[[Callable[..., Any]], Equation]:
    """Declare a function as the equation of the quantity it is named after.

    Args:
        unit: Unit in which people read the result, as ``"W/m^2"``; ``"1"`` for a pure number.
        may_be_infinite: The quantity may be plus infinity.
        valid: For inputs, the range in which the formula holds, as ``{"altitude": ("400 km", "1400 km")}``.
        unless_given: Quantities that must not be given in place of their equations, for this one to mean anything.

    Raises:
        TypeError: A parameter has a default or is variadic: an equation hides nothing.
    """

    def declare(function: Callable[..., Any]) -> Equation:
        parameters = inspect.signature(function).parameters.values()
        if any(p.default is not p.empty or p.kind is not p.POSITIONAL_OR_KEYWORD for p in parameters):
            raise TypeError(f"equation {function.__name__}: parameters must be plain names without defaults")
        if unknown := set(valid or {}) - {p.name for p in parameters}:
            raise TypeError(f"equation {function.__name__}: a range for {unknown}, which it does not take")
        summary, _, rest = inspect.cleandoc(function.__doc__ or "").partition("\n")
        source = rest.partition("Source:")[2].strip()
        return Equation(
            name=function.__name__,
            unit=unit,
            inputs=tuple(p.name for p in parameters),
            summary=summary.strip(),
            source=" ".join(source.split()),
            module=function.__module__,
            may_be_infinite=may_be_infinite,
            valid=MappingProxyType(dict(valid or {})),
            unless_given=unless_given,
            function=function,
        )

    return declare


def _find(module: str, name: str) -> Equation:
    found = getattr(importlib.import_module(module), name)
    assert isinstance(found, Equation)
    return found


def exp(x: Any) -> Any:
    """Exponential of a dimensionless argument."""
    return np.exp(x)


def log(x: Any) -> Any:
    """Natural logarithm of a dimensionless argument."""
    return np.log(x)


def cos(x: Any) -> Any:
    """Cosine of an angle in radians."""
    return np.cos(x)


def arccos(x: Any) -> Any:
    """Angle in radians whose cosine is ``x``."""
    return np.arccos(x)


def smooth_positive_part(x: Any, width: float = 0.01) -> Any:
    """``maximum(x, 0)`` rounded off within about ``width`` of the corner, so that it has derivatives."""
    return (x + (x * x + width * width) ** 0.5) / 2


def larger(a: Any, b: Any) -> Any:
    """The larger of two dimensionless numbers, exactly, as a formula that solvers read."""
    return (a + b + ((a - b) ** 2) ** 0.5) / 2


def mean_decay(x: Any) -> Any:
    """Mean of ``exp(-x t)`` over t in [0, 1], that is ``(1 - exp(-x)) / x``, and 1 at ``x = 0``.

    Near zero its series is used; a solver's symbol must stay away from zero.
    """
    if not hasattr(x, "units") and not isinstance(x, (int, float, np.ndarray, np.number)):
        return (1 - exp(-x)) / x
    x = np.asarray(x.to("").magnitude if hasattr(x, "units") else x)
    small = np.abs(x) < 1e-8
    safe = np.where(small, 1.0, x)
    return np.where(small, 1 - x / 2, -np.expm1(-safe) / safe)[()]


def quotient_or_infinity(numerator: Any, denominator: Any) -> Any:
    """``numerator / denominator`` where the denominator is positive, plus infinity elsewhere.

    A solver's symbolic reading is the plain quotient: a formulation demands a positive denominator itself.
    """
    plain = (int, float, np.ndarray, np.number)
    top, bottom = getattr(numerator, "magnitude", numerator), getattr(denominator, "magnitude", denominator)
    if not (isinstance(top, plain) and isinstance(bottom, plain)):
        return numerator / denominator
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(np.greater(bottom, 0), np.divide(top, bottom), np.inf)[()]
    units = getattr(numerator, "units", 1) / getattr(denominator, "units", 1)
    return value * units
