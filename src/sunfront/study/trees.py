"""Expressions as trees: their text, their names, their values and their dimension."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sunfront.arrays import PLAIN
from sunfront.equation import exp, larger, log
from sunfront.errors import UnknownName, UserError
from sunfront.study.dimensions import Dimension, dimension_of, dimension_text, display_unit, power, product
from sunfront.units import is_shipped_unit

FUNCTIONS = ("min", "max", "exp", "log", "sqrt")

_BINDING = {"+": 1, "-": 1, "*": 2, "/": 2}


@dataclass(frozen=True)
class Number:
    """A number in SI and USD.

    Attributes:
        text: As written, with its unit.
        unit: The unit as written; empty if there is none.
    """

    value: float
    text: str
    unit: str = ""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Name:
    """A quantity."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Operation:
    """A sum, difference, product, quotient (``+ - * /``), a negative (``-``), or a call of a function."""

    operator: str
    operands: tuple[Tree, ...]

    def __str__(self) -> str:
        if self.operator in FUNCTIONS:
            return f"{self.operator}({', '.join(map(str, self.operands))})"
        if len(self.operands) == 1:
            return f"-{_bracketed(self.operands[0], 2)}"
        left, right = self.operands
        binding = _BINDING[self.operator]
        if self.operator == "/" and isinstance(right, Number) and right.unit:
            return f"{_bracketed(left, binding)} / ({right})"
        return f"{_bracketed(left, binding)} {self.operator} {_bracketed(right, binding + 1)}"


@dataclass(frozen=True)
class Power:
    """A power with a number as exponent."""

    base: Tree
    exponent: float

    def __str__(self) -> str:
        exponent = int(self.exponent) if float(self.exponent).is_integer() else self.exponent
        return f"{_bracketed(self.base, 4)} ** {exponent}"


Tree = Number | Name | Operation | Power


def _bracketed(tree: Tree, binding: int) -> str:
    """Return the text of an operand, in parentheses if it binds less than its operator."""
    own = 4
    if isinstance(tree, Operation) and tree.operator not in FUNCTIONS:
        own = 2 if len(tree.operands) == 1 else _BINDING[tree.operator]
    if isinstance(tree, Power) or (isinstance(tree, Number) and tree.unit):
        own = 3
    return f"({tree})" if own < binding else str(tree)


def constant_value(tree: Tree) -> float | None:
    """Return the value of a tree without names, SI and USD; None if it has names, or is not finite."""
    if names_in(tree):
        return None
    with np.errstate(all="ignore"):
        value = float(evaluate(tree, {}))
    return value if np.isfinite(value) else None


def with_names(tree: Tree, rename: Callable[[str], str]) -> Tree:
    """Return the tree with other names."""
    match tree:
        case Name(name):
            return Name(rename(name))
        case Power(base, exponent):
            return Power(with_names(base, rename), exponent)
        case Operation(sign, operands):
            return Operation(sign, tuple(with_names(operand, rename) for operand in operands))
    return tree


def with_known_names(tree: Tree, known: Collection[str]) -> Tree:
    """Return the tree with names that are written in another case as they are known: ``ROI`` is ``roi``."""
    return with_names(tree, lambda name: name if name in known or name.lower() not in known else name.lower())


def unknown_quantity(name: str, known: Collection[str]) -> UserError:
    """Return the error of a name in an expression that is no quantity."""
    if is_shipped_unit(name):
        return UserError(f"{name} is a unit, not a quantity; write a number before it, such as '1 {name}'")
    return UnknownName(name, "quantity", known)


def names_in(tree: Tree) -> tuple[str, ...]:
    """Return the names in a tree, each once, in their order."""
    match tree:
        case Name(name):
            return (name,)
        case Number():
            return ()
        case Power(base, _):
            return names_in(base)
        case Operation(_, operands):
            return tuple(dict.fromkeys(name for operand in operands for name in names_in(operand)))


def evaluate(
    tree: Tree, values: Mapping[str, Any], number: Callable[[Number], Any] = lambda n: np.float64(n.value)
) -> Any:
    """Compute a tree from numbers, arrays or an engine's symbols by name; SI and USD.

    Args:
        number: Gives the value of a number; for pint it has a unit.
    """
    match tree:
        case Number():
            return number(tree)
        case Name(name):
            return values[name]
        case Power(base, exponent):
            return _computed(lambda x: _raised(x, exponent), evaluate(base, values, number))
    operands = [evaluate(operand, values, number) for operand in tree.operands]
    if len(operands) == 1:
        return _computed(_UNARY[tree.operator], operands[0])
    first, *others = operands
    for other in others:
        first = _computed(_BINARY[tree.operator], first, other)
    return first


def _is_plain(value: Any) -> bool:
    return isinstance(value, PLAIN)


def _computed(function: Callable[..., Any], *values: Any) -> Any:
    """Call a function so that a zero divisor or a negative root gives what numpy gives, not an exception of Python."""
    if all(map(_is_plain, values)):
        with np.errstate(all="ignore"):  # whoever calls the model reports NaN and infinity
            return function(*(np.asarray(value, float)[()] for value in values))
    try:
        return function(*values)
    except (ZeroDivisionError, OverflowError) as error:
        raise TypeError(f"it ends in a {error}") from None


def _raised(base: Any, exponent: float) -> Any:
    if exponent < 0:
        return 1.0 / _raised(base, -exponent)
    if exponent == 1:
        return base
    return base ** (int(exponent) if float(exponent).is_integer() else exponent)


def _larger(a: Any, b: Any) -> Any:
    return np.maximum(a, b) if _is_plain(a) and _is_plain(b) else larger(a, b)


_UNARY: Mapping[str, Callable[[Any], Any]] = {"-": lambda x: -x, "exp": exp, "log": log, "sqrt": lambda x: x**0.5}

_BINARY: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "max": _larger,
    "min": lambda a, b: -_larger(-a, -b),
}


def check_dimension(tree: Tree, units: Mapping[str, str]) -> Dimension:
    """Return the dimension of a tree.

    Args:
        units: Display unit of every known quantity.

    Raises:
        UnknownName: A name is no quantity.
        UserError: Dimensions do not fit; the message shows both sides.
    """
    match tree:
        case Number():
            return dimension_of(tree.unit or "1")
        case Name(name):
            if name not in units:
                raise unknown_quantity(name, units)
            return dimension_of(units[name])
        case Power(base, exponent):
            return power(check_dimension(base, units), exponent)
    found = [check_dimension(operand, units) for operand in tree.operands]
    if tree.operator in ("*", "/"):
        return product(found[0], found[1], 1 if tree.operator == "*" else -1)
    if tree.operator == "sqrt":
        return power(found[0], 0.5)
    if tree.operator in ("exp", "log"):
        if found[0]:
            shown = display_unit(found[0], units.values())
            raise UserError(
                f"{tree.operator} takes a pure number, but {tree.operands[0]} is {dimension_text(found[0])}; divide it "
                f"by one unit, as {tree.operator}({_bracketed(tree.operands[0], 2)} / (1 {shown}))"
            )
        return {}
    for operand, dimension in zip(tree.operands[1:], found[1:], strict=True):
        if dimension != found[0]:
            raise UserError(
                f"{tree}: {tree.operands[0]} is {dimension_text(found[0])}, and {operand} is "
                f"{dimension_text(dimension)}; they cannot be {_WORDS[tree.operator]}"
            )
    return found[0]


_WORDS = {"+": "added", "-": "subtracted", "min": "compared", "max": "compared"}
