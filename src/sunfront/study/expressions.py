"""Expressions of quantities in a study: ``annual_revenue / fleet_mass``, ``node_mass + 2 t``, ``max(a, b)``.

The text is split into tokens, and each number with its unit becomes one symbol. Python's parser then makes a tree of
it, of which only arithmetic and five functions are accepted; Python never evaluates it. The tree is checked for its
dimensions and becomes an equation like those of the library, which every engine reads.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

import numpy as np

from sunfront.errors import UserError, did_you_mean, shortened
from sunfront.study.trees import (
    FUNCTIONS,
    Name,
    Number,
    Operation,
    Power,
    Tree,
    check_dimension,
    constant_value,
    names_in,
)
from sunfront.units import unit
from sunfront.written import DIGITS, FACTOR, check_ton, check_unit_text, dollars, read_number

#: Longest expression, in characters and in tokens. Deeper ones would exhaust Python's parser.
MOST_CHARACTERS, MOST_TOKENS = 1000, 200

#: Characters of an expression that a message shows.
MOST_SHOWN = 60

#: Largest exponent.
MOST_POWER = 12


#: What an expression may hold, for messages.
GRAMMAR = "an expression has names, numbers with units, + - * / **, parentheses, min, max, exp, log and sqrt"

_NUMBER = re.compile(DIGITS)
_WORD = re.compile(r"[A-Za-z_]\w*")
_UNIT = re.compile(FACTOR)
#: What may stand between a number and its unit: ``12 1/year``, ``12/year``, ``12 launches/year``.
_LEADING = re.compile(r"\s*((?:1\s*|launch(?:es)?\s*)?/)?\s*")
_BETWEEN = re.compile(r"\s*([*/·]|\s)\s*")
_OPERATOR = re.compile(r"\*\*|[-+*/^(),]")
#: What stands in for a function, by what people write.
_INSTEAD = {
    "abs": "max(x, -x)",
    "ln": "log(x)",
    "log10": "log(x) / log(10)",
    "log2": "log(x) / log(2)",
    "pow": "x ** 2",
    "maximum": "max(a, b)",
    "minimum": "min(a, b)",
    "sum": "a + b",
}
_OPERATORS: Mapping[type, str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}


def parse_expression(text: str) -> Tree:
    """Parse the text of an expression.

    Raises:
        UserError: It is no expression; with what is allowed.
    """
    if len(text) > MOST_CHARACTERS:
        raise UserError(f"the expression has {len(text):,} characters; allowed are {MOST_CHARACTERS:,}")
    source, numbers = _tokenize(text)
    if not source:
        raise UserError(f"the expression is empty; {GRAMMAR}")
    try:
        tree = ast.parse(source, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        if text.count("(") != text.count(")"):
            raise UserError(
                f"{shortened(text, MOST_SHOWN)!r} lacks a parenthesis; in YAML, put quotes around a text with commas"
            ) from None
        raise UserError(f"{shortened(text, MOST_SHOWN)!r} is no expression; {GRAMMAR}") from None
    return _convert(tree, text, numbers)


def _tokenize(text: str) -> tuple[str, dict[str, Number]]:
    """Return the text with a symbol for each number, and the numbers by symbol."""
    parts: list[str] = []
    numbers: dict[str, Number] = {}
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        if len(parts) >= MOST_TOKENS:
            raise UserError(f"the expression has more than {MOST_TOKENS} parts; define quantities for parts of it")
        if match := _NUMBER.match(text, position):
            if re.match(r",\d{3}(?!\d)", text[match.end() :]):
                group = text[position : match.end() + 4]
                raise UserError(
                    f"{group!r} may be one number or two; write {group.replace(',', '')}, or a space after the comma"
                )
            is_exponent = parts[-1:] == ["**"] or (parts[-2:-1] == ["**"] and parts[-1] in "+-")
            divides = parts[-1:] == ["/"]
            number, position = _read_number(text, match, may_divide=not (is_exponent or divides))
            if divides and set(number.unit) & {"/", "*"}:
                raise UserError(
                    f"'/ {number}' may be read in two ways; put parentheses around the number with its unit, as "
                    f"'/ ({number})'"
                )
            symbol = f"_{len(numbers)}"
            numbers[symbol] = number
            parts.append(symbol)
        elif match := _WORD.match(text, position):
            if match[0].startswith("_"):
                raise UserError(f"{match[0]!r} is no quantity; {GRAMMAR}")
            parts.append(match[0])
            position = match.end()
        elif match := _OPERATOR.match(text, position):
            parts.append("**" if match[0] == "^" else match[0])
            position = match.end()
        elif money := dollars(text[position:]):
            raise UserError(f"write '{money[1]}' instead of '{money[0]}'")
        else:
            raise UserError(f"{text[position]!r} is not allowed in {shortened(text, MOST_SHOWN)!r}; {GRAMMAR}")
    return " ".join(parts), numbers


def _read_number(text: str, match: re.Match[str], may_divide: bool) -> tuple[Number, int]:
    """Return the number at a match together with its unit, and the position after both.

    Args:
        may_divide: Whether its unit may begin with a slash: ``12/year``; but ``x ** 2 / year`` and ``x / 2 / year`` are
            quotients.
    """
    start = end = match.end()
    value = read_number(match[0], "an expression")
    if not np.isfinite(value):
        raise UserError(f"{shortened(match[0], MOST_SHOWN)} is not finite")
    leading = _LEADING.match(text, start)
    assert leading is not None
    if leading[1] and not may_divide:
        return Number(value, match[0]), start
    position, slash, written = leading.end(), leading[1], ""
    while word := _UNIT.match(text, position):
        between = _BETWEEN.match(text, end) if written else None
        joint = (between[1].strip() or "*") if between else "/" * bool(slash)
        follows = text[word.end() :].lstrip()
        check_ton(word[0])
        if word[0].startswith("_") or follows[:1] == "(" or not is_unit(word[0]):  # min( is a function
            break
        written, end = f"{written}{joint}{word[0]}", word.end()
        next_part = _BETWEEN.match(text, end)
        if next_part is None:
            break
        position = next_part.end()
    if not written:
        return Number(value, match[0]), start
    check_unit_text(match[0], text[start:end].strip(), "an expression", text[match.start() : end])
    known = unit(written)
    if not np.isfinite(known.to_si(value)):
        raise UserError(f"{match[0]} {written} is not finite")
    if known.offset:
        raise UserError(
            f"{match[0]} {written} is a temperature on a scale whose zero is not absolute; in an expression write K"
        )
    shown = f"{match[0]}{written}" if written.startswith("/") else f"{match[0]} {written}"
    return Number(float(known.to_si(value)), shown, written), end


def is_unit(text: str) -> bool:
    """Return whether a word names a unit."""
    try:
        unit(text)
    except UserError:
        return False
    return True


def _convert(node: ast.expr, text: str, numbers: Mapping[str, Number]) -> Tree:
    """Turn a node of Python's tree into ours; refuse what is not allowed."""
    match node:
        case ast.Name(id=name):
            return numbers[name] if name in numbers else Name(name)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _convert(operand, text, numbers)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return Operation("-", (_convert(operand, text, numbers),))
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _finite(Power(_convert(left, text, numbers), _exponent(_convert(right, text, numbers))))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _finite(Operation(_OPERATORS[type(op)], tuple(_convert(x, text, numbers) for x in (left, right))))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            if name not in FUNCTIONS:
                meant = f"; write {_INSTEAD[name]}" if name in _INSTEAD else did_you_mean(name, FUNCTIONS)
                raise UserError(f"unknown function {name!r}{meant}; {GRAMMAR}")
            several = name in ("min", "max")
            if len(arguments) < 2 if several else len(arguments) != 1:
                raise UserError(f"{name} takes {'two or more values' if several else 'one value'}")
            return _finite(Operation(name, tuple(_convert(argument, text, numbers) for argument in arguments)))
    raise UserError(f"{shortened(text, MOST_SHOWN)!r} is no expression; {GRAMMAR}")


def _finite(tree: Operation | Power) -> Operation | Power:
    """Return an operation; refuse one that has no finite value whatever its names stand for."""
    if isinstance(tree, Operation) and tree.operator == "/" and constant_value(tree.operands[1]) == 0:
        raise UserError(f"{shortened(str(tree), MOST_SHOWN)!r} divides by zero")
    if not names_in(tree) and constant_value(tree) is None and _units_fit(tree):
        raise UserError(f"{shortened(str(tree), MOST_SHOWN)!r} has no finite value")
    return tree


def _units_fit(tree: Tree) -> bool:
    """Return whether a tree without names has a dimension; if not, it is refused where all dimensions are checked."""
    try:
        check_dimension(tree, {})
    except UserError:
        return False
    return True


def _exponent(tree: Tree) -> float:
    value = constant_value(tree)
    if value is None or _has_unit(tree):
        raise UserError(f"the exponent {tree} must be a plain number")
    if abs(value) > MOST_POWER or not value:
        size = "large" if value else "small"
        raise UserError(f"the exponent {tree} is too {size}; allowed are -{MOST_POWER} to {MOST_POWER}, but not 0")
    return value


def _has_unit(tree: Tree) -> bool:
    """Whether a number in a tree has a unit."""
    match tree:
        case Number():
            return bool(tree.unit)
        case Operation():
            return any(map(_has_unit, tree.operands))
        case Power(base, _):
            return _has_unit(base)
    return False
