"""Write a tape as JavaScript: one plain function, without ``eval``, that a page with a strict policy may hold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from importlib.resources import files

from sunfront.equation import SIGNED
from sunfront.library.root_finding import NEAR_ZERO, POINTS
from sunfront.tape.code import CodeWriter, Definition, Language
from sunfront.tape.tape import Step, Tape


def runtime() -> str:
    """Return the functions that written tapes call, as the text of a module."""
    return files("sunfront.tape").joinpath("runtime.js").read_text("utf-8")


def to_javascript(tape: Tape, name: str) -> str:
    """Return the text of a function that computes the outputs of a tape, as an array in their order.

    It takes an array of the inputs, in their order, and calls the functions of ``runtime``.
    """
    inputs = {each: f"x[{i}]" for i, each in enumerate(tape.inputs)}
    definitions, outputs = CodeWriter(tape, _JAVASCRIPT, inputs).write()
    return f"function {name}(x) {{\n{_block(definitions)}return [{','.join(outputs.values())}];\n}}\n"


def _block(definitions: Sequence[Definition]) -> str:
    listed = ",\n".join(f"{name}={expression}" for name, expression in definitions)
    return f"const {listed};\n" if listed else ""


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return repr(int(value)) if value.is_integer() and abs(value) < 1e15 and value else repr(value)


def _root(step: Step, tried: str, definitions: Sequence[Definition], result: str) -> str:
    finder = step.data
    low, high = finder.range
    least = -math.inf if finder.within == SIGNED else low
    numbers = ",".join(map(_number, (low, high, least, NEAR_ZERO, float(POINTS))))
    return f"root({tried}=>{{{_block(definitions)}return {result};}},{str(finder.falls).lower()},{numbers})"


_JAVASCRIPT = Language(
    functions={
        **{name: f"Math.{name}" for name in ("sqrt", "exp", "log", "cos")},
        "power": "Math.pow",
        "arccos": "Math.acos",
        "larger": "Math.max",
        "mean_decay": "meanDecay",
        "quotient_or_infinity": "quotientOrInfinity",
        "choose": "choose",
    },
    number=_number,
    root=_root,
)
