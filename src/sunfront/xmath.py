"""The few functions that an equation may call besides ``+ - * / **``.

Each accepts numbers and numpy arrays, Pyomo expressions, and pint quantities, and answers in kind. numpy and
Pyomo are imported by the first call that needs them, so that reading a study stays instant.
"""

from __future__ import annotations

from typing import Any


def _library(*values: Any) -> Any:
    """The module whose functions understand ``values``: Pyomo's for symbols, numpy for all else."""
    if any(hasattr(value, "is_expression_type") for value in values):
        import pyomo.environ

        return pyomo.environ
    import numpy

    return numpy


def exp(x: Any) -> Any:
    """Exponential of a dimensionless argument."""
    return _library(x).exp(x)


def log(x: Any) -> Any:
    """Natural logarithm of a dimensionless argument."""
    return _library(x).log(x)


def cos(x: Any) -> Any:
    """Cosine of an angle in radians."""
    return _library(x).cos(x)


def arccos(x: Any) -> Any:
    """Angle in radians whose cosine is ``x``."""
    library = _library(x)
    return library.acos(x) if hasattr(library, "ConcreteModel") else library.arccos(x)


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
    import numpy

    if not hasattr(x, "units") and not isinstance(x, (int, float, numpy.ndarray, numpy.number)):
        return (1 - exp(-x)) / x
    x = numpy.asarray(x.to("").magnitude if hasattr(x, "units") else x)
    small = numpy.abs(x) < 1e-8
    safe = numpy.where(small, 1.0, x)
    return numpy.where(small, 1 - x / 2, -numpy.expm1(-safe) / safe)[()]


def quotient_or_infinity(numerator: Any, denominator: Any) -> Any:
    """``numerator / denominator`` where the denominator is positive, plus infinity elsewhere.

    A solver's symbolic reading is the plain quotient: a formulation demands a positive denominator itself.
    """
    import numpy

    plain = (int, float, numpy.ndarray, numpy.number)
    top, bottom = getattr(numerator, "magnitude", numerator), getattr(denominator, "magnitude", denominator)
    if not (isinstance(top, plain) and isinstance(bottom, plain)):
        return numerator / denominator
    with numpy.errstate(divide="ignore", invalid="ignore"):
        value = numpy.where(numpy.greater(bottom, 0), numpy.divide(top, bottom), numpy.inf)[()]
    units = getattr(numerator, "units", 1) / getattr(denominator, "units", 1)
    return value * units
