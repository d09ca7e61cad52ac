"""Equations as TeX, read from their own text: the page of the model shows them as formulas.

An equation that has a loop or a condition has no formula; its page shows the code.
"""

from __future__ import annotations

import ast
import re
import textwrap

#: Functions of ``sunfront.equation`` that have a sign of their own; ``#`` is an argument. Others are written by name.
SIGNS = {
    "exp": r"\exp\left(#\right)",
    "log": r"\ln\left(#\right)",
    "cos": r"\cos\left(#\right)",
    "arccos": r"\arccos\left(#\right)",
    "larger": r"\max\left(#, #\right)",
    "magnitude": r"\left|#\right|",
    "fourth_power": r"\left(#\right)^{4}",
    "fourth_root": r"\sqrt[4]{#}",
}

#: How tightly an expression binds: what is looser than its place needs parentheses.
SUM, NEGATIVE, PRODUCT, POWER, ATOM = range(5)

#: Characters of code beyond which a sum is broken into a line for each term.
LONG = 90


class NoFormula(ValueError):
    """The text is more than assignments and one expression."""


def tex(name: str, text: str) -> list[str]:
    """Return the lines of an equation: first what it names on the way, last the quantity itself.

    Args:
        name: Of the quantity, or of the function with its arguments in parentheses.
        text: Body of the function: assignments, and what it returns.

    Raises:
        NoFormula: There is no formula for it.
    """
    lines = []
    for statement in ast.parse(textwrap.dedent(text) if "\n" in text else text.strip()).body:
        if isinstance(statement, ast.Return) and statement.value is not None:
            lines.append((_call_name(name), statement.value))
        elif isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            lines.append((_tex(statement.targets[0])[0], statement.value))
        else:
            raise NoFormula(type(statement).__name__)
    return [_line(left, right) for left, right in lines]


def _line(left: str, right: ast.expr) -> str:
    if len(ast.unparse(right)) <= LONG or not (terms := _terms(right))[1:]:
        return f"{left} = {_tex(right)[0]}"
    return rf"\begin{{aligned}} {left} &= " + r" \\ &\quad ".join(terms) + r" \end{aligned}"


def _terms(node: ast.expr) -> list[str]:
    """The terms of a sum, each with its sign."""
    if not (isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub))):
        return [_tex(node)[0]]
    sign, least = ("+", SUM) if isinstance(node.op, ast.Add) else ("-", PRODUCT)
    return [*_terms(node.left), f"{sign} {_within(node.right, least)}"]


def _within(node: ast.expr, least: int) -> str:
    """An expression in a place that takes what binds at least so tightly."""
    text, binding = _tex(node)
    return text if binding >= least else rf"\left({text}\right)"


def _tex(node: ast.expr) -> tuple[str, int]:
    """An expression, and how tightly it binds."""
    match node:
        case ast.Name(id="pi"):
            return r"\pi", ATOM
        case ast.Name(id=name):
            return _name(name), ATOM
        case ast.Constant(value=int() | float() as value):
            return _number(value)
        case ast.Tuple(elts=parts):
            return rf"\left({', '.join(_tex(part)[0] for part in parts)}\right)", ATOM
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return f"-{_within(operand, PRODUCT)}", NEGATIVE
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return f"{_within(left, SUM)} + {_within(right, PRODUCT)}", SUM
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return f"{_within(left, SUM)} - {_within(right, PRODUCT)}", SUM
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            text = rf"{_within(left, NEGATIVE)} \cdot {_within(right, POWER)}"
            return text, min(PRODUCT, max(NEGATIVE, _tex(left)[1]))
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return rf"\frac{{{_tex(left)[0]}}}{{{_tex(right)[0]}}}", POWER
        case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=0.5)):
            return rf"\sqrt{{{_tex(left)[0]}}}", ATOM
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return f"{{{_within(left, ATOM)}}}^{{{_tex(right)[0]}}}", POWER
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=parts, keywords=[]):
            return _call(name, [_tex(part)[0] for part in parts]), ATOM
    raise NoFormula(type(node).__name__)


def _call(name: str, parts: list[str]) -> str:
    sign = SIGNS.get(name, rf"{_name(name)}\left({', '.join('#' for _ in parts)}\right)")
    for part in parts:
        sign = sign.replace("#", part, 1)
    return sign


def _call_name(name: str) -> str:
    """A name, or a function with its arguments, as the left side."""
    head, _, rest = name.partition("(")
    return _tex(ast.parse(name, mode="eval").body)[0] if rest else _name(head)


def _number(value: float) -> tuple[str, int]:
    short = f"{value:g}"
    mantissa, _, exponent = (short if float(short) == value else repr(value)).partition("e")
    if not exponent:
        return mantissa, ATOM
    power = f"10^{{{int(exponent)}}}"
    return (power, POWER) if mantissa == "1" else (rf"{mantissa} \cdot {power}", PRODUCT)


def _name(name: str) -> str:
    """A name in upright letters, with spaces; a single letter in italics."""
    return name if re.fullmatch("[a-z]", name) else rf"\text{{{name.strip('_').replace('_', ' ')}}}"
