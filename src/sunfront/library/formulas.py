"""Whether an equation's formula can be read in every way that it must be, and in words why it cannot."""

from __future__ import annotations

import linecache
import re
import traceback
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sunfront.equation import FUNCTIONS, Equation
from sunfront.errors import ModelError, did_you_mean
from sunfront.units import base_quantity, registry, unit_label

if TYPE_CHECKING:
    from sunfront.library.library import Library

#: What a formula may use, for messages.
GRAMMAR = f"use + - * / ** and, from sunfront.equation, {', '.join(FUNCTIONS)}"

#: What stands in for a formula's own words, by what people write.
_INSTEAD = {
    **dict.fromkeys(("max", "maximum", "fmax"), "larger(a, b)"),
    **dict.fromkeys(("min", "minimum", "fmin"), "-larger(-a, -b)"),
    **dict.fromkeys(("abs", "absolute", "fabs"), "larger(x, -x)"),
    "sqrt": "x ** 0.5",
    **dict.fromkeys(("cbrt", "square", "pow", "power"), "the operator **"),
    "acos": "arccos(x)",
    **dict.fromkeys(("sin",), "(1 - cos(x) ** 2) ** 0.5, for angles from 0 to pi"),
    **dict.fromkeys(("log10", "log2"), "log(x) / log(10.0)"),
}


#: Parts of the messages of Python and numpy about what takes a single number, but no array and no symbol.
_ONE_NUMBER = (
    "The truth value of an array",
    "can be converted to Python scalars",
    "not supported between instances of",
    "does not support ufuncs",
    "bad operand type for",
    "__round__",
    "must be real number, not",
    "must be a string or a real number",
    "loop of ufunc does not support argument",
    "only integer scalar arrays",
)


def explain(eq: Equation, error: Exception) -> str:
    """Return in words why the formula of an equation fails; engines, numpy and Python raise errors of their own."""
    import pint

    text = str(error)
    if isinstance(error, NameError) and error.name:
        return missing_name(error.name)
    if isinstance(error, pint.DimensionalityError):
        one, other = _unit_text(error.units1), _unit_text(error.units2)
        return f"its dimensions do not fit: it adds, compares or converts {one} and {other}"
    if "Cannot compare PlainQuantity" in text:
        return "its dimensions do not fit: it compares a quantity that has a unit with a number that has none"
    if any(phrase in text for phrase in _ONE_NUMBER) or text.startswith("it uses "):
        called = _called(eq, error)
        if called in _INSTEAD:
            return f"it uses {called}; write {_INSTEAD[called]} instead ({GRAMMAR})"
        if called and called not in FUNCTIONS:
            return f"it uses {called}, which takes a single number, or which not every engine has; {GRAMMAR}"
        if "__array_ufunc__" in text:  # an affine form, of which only arithmetic is known
            return "it takes a function, such as exp or log, of what depends on the amounts of hardware"
        return (
            "it uses what takes a single number, not one for each design: if, and, or, a comparison, a function of "
            f"math; {GRAMMAR}"
        )
    return text if isinstance(error, (TypeError, AttributeError)) else f"{type(error).__name__}: {text}"


def missing_name(name: str) -> str:
    """Return what to do about a name that a Python file of equations does not define."""
    if name == "root":
        return "root is not defined; add the line 'from sunfront.root import root'"
    if name in (*FUNCTIONS, "equation"):
        return f"{name} is not defined; add the line 'from sunfront.equation import {name}'"
    if name in _INSTEAD:
        return f"{name} is not defined; write {_INSTEAD[name]} instead ({GRAMMAR})"
    return f"{name} is not defined{did_you_mean(name, FUNCTIONS)}; an equation gets quantities as its parameters"


def line_in(error: BaseException, filename: str) -> int | None:
    """Return the last line of a file that an error passed through; None if it passed through none."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == filename]
    return lines[-1] if lines else None


def _called(eq: Equation, error: Exception) -> str:
    """Return the name of the function that the formula calls where it fails; empty if it calls none."""
    code = getattr(eq.function, "__code__", None)
    frames = [f for f in traceback.extract_tb(error.__traceback__) if code and f.filename == code.co_filename]
    if not frames or frames[-1].lineno != frames[-1].end_lineno:
        return ""
    line = linecache.getline(frames[-1].filename, frames[-1].lineno or 0).encode()
    match = re.match(rb"(?:\w+\.)*(\w+)\(", line[frames[-1].colno or 0 :])
    return match[1].decode() if match else ""


def _unit_text(units: Any) -> str:
    return f"{registry().Unit(units):~P}".replace("dollar", "USD") or "a pure number"


def check_formula(library: Library, eq: Equation, units: Mapping[str, str]) -> None:
    """Raise ModelError unless an equation takes arrays, design by design, and returns the dimension of its unit.

    Args:
        units: Display unit of every quantity that the equation may name.
    """
    values = [_some_value(library, name) for name in eq.inputs]
    _check_many(eq, values)
    _check_dimension(eq, values, [units[name] for name in eq.inputs])


def _some_value(library: Library, name: str) -> Any:
    known = library.parameters.get(name)
    value: Any = known.value if known else 0.7310585  # any number will do
    return tuple(map(np.float64, value)) if isinstance(value, tuple) else np.float64(value)


def _check_many(eq: Equation, values: Sequence[Any]) -> None:
    """Raise ModelError unless an equation computes two designs at once as it computes each by itself."""
    designs = [[v if isinstance(v, tuple) else v * factor for v in values] for factor in (1.0, 1.1)]
    both = [one if isinstance(one, tuple) else np.array([one, two]) for one, two in zip(*designs, strict=True)]
    with np.errstate(all="ignore"):
        found = _called_with(eq, both)
        if found is None or isinstance(found, (tuple, list, dict, str)):
            raise ModelError(f"{eq.name} returns no number; end it with 'return' and one formula", [eq.name])
        each = [np.asarray(_called_with(eq, design), float) for design in designs]
    if np.shape(found) not in ((), (2,)) or not np.allclose(found, each, rtol=1e-9, atol=0, equal_nan=True):
        raise ModelError(
            f"{eq.name} mixes designs: for two at once it gives something else than for each by itself, as np.max(x) "
            f"does; {GRAMMAR}",
            [eq.name],
        )


def _check_dimension(eq: Equation, values: Sequence[Any], units: Sequence[str]) -> None:
    with np.errstate(all="ignore"):
        found = registry().Quantity(_called_with(eq, list(map(base_quantity, values, units))))
    if found.dimensionality != base_quantity(1.0, eq.unit).dimensionality:
        gives = _unit_text(found.to_base_units().units)
        raise ModelError(f"{eq.name} is declared in {unit_label(eq.unit)}, but its formula gives {gives}", [eq.name])


def _called_with(eq: Equation, values: Sequence[Any]) -> Any:
    try:
        return eq(*values)
    except Exception as error:
        failure = ModelError(f"{eq.name} cannot be computed: {explain(eq, error)}", [eq.name])
        raise failure.with_traceback(error.__traceback__) from None
