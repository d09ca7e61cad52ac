"""Write a tape as JavaScript: one plain function, without ``eval``, that a page with a strict policy may hold.

What is used once stands where it is used; what is used again gets a name.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from sunfront.equation import SIGNED
from sunfront.library.root_finding import NEAR_ZERO, POINTS
from sunfront.tape.tape import SEARCHES, Step, Tape

#: Deepest nesting of one expression; deeper ones take a compiler long.
DEEPEST = 16

#: Operators, and how tightly each binds; what needs no parentheses anywhere binds most.
_OPERATORS = {"add": ("+", 1), "subtract": ("-", 1), "multiply": ("*", 2), "divide": ("/", 2)}
_ATOM = 4

#: By operation the function, of JavaScript or of ``runtime``.
_FUNCTIONS = {
    **{name: name for name in ("exp", "log", "cos")},
    "power": "pow",
    "arccos": "acos",
    "larger": "max",
    "mean_decay": "m",
    "quotient_or_infinity": "quotientOrInfinity",
    "whole_periods": "wholePeriods",
    "choose": "choose",
}


def runtime() -> str:
    """Return the functions that written tapes call, as the text of a module."""
    return files("sunfront.tape").joinpath("runtime.js").read_text("utf-8")


def to_javascript(tape: Tape, name: str) -> str:
    """Return the text of a function that computes the outputs of a tape, as an array in their order.

    It takes an array of the inputs, in their order, and calls the functions of ``runtime``.
    """
    definitions, outputs = _Writer(tape).write()
    return f"function {name}(x) {{\n{_block(definitions)}return [{','.join(outputs)}];\n}}\n"


def _block(definitions: Sequence[str]) -> str:
    return "const " + ",".join(definitions) + ";\n" if definitions else ""


def number_text(value: float) -> str:
    """Return a number as JavaScript has it."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    is_short = value.is_integer() and abs(value) < 1e15 and (value or math.copysign(1, value) > 0)
    return repr(int(value)) if is_short else repr(value)


@dataclass(frozen=True)
class _Expression:
    """Text, how tightly its last operator binds, and how deep it is nested."""

    text: str
    binding: int
    depth: int

    def within(self, binding: int) -> str:
        """Return the text of an operand, in parentheses if it binds less than its operator asks."""
        return self.text if self.binding >= binding else f"({self.text})"


class _Writer:
    """Writes the definitions and the outputs of one tape."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.places = {name: i for i, name in enumerate(tape.inputs)}
        self.uses = Counter(i for step in tape.steps for i in step.of)
        self.uses.update(tape.outputs.values())
        for number, step in enumerate(tape.steps):
            if step.operation in SEARCHES:  # what its way needs is used more often than it is computed
                self.uses.update(tape.way(number)[1])
            elif self.tape.exponent(step) == 2:  # written twice
                self.uses[step.of[0]] += 1
        self.expressions: dict[int, _Expression] = {}
        self.named = 0

    def write(self) -> tuple[list[str], list[str]]:
        """Return the definitions, each after those that it uses, and the expression of each output."""
        definitions = self._definitions([i for i, tried in enumerate(self.tape.tried) if tried is None])
        return definitions, [self.expressions[i].text for i in self.tape.outputs.values()]

    def _definitions(self, numbers: Sequence[int]) -> list[str]:
        found = []
        for number in numbers:
            expression = self._expression(number)
            is_number = self.tape.steps[number].operation == "number"
            is_short = is_number and (len(expression.text) < 8 or self.uses[number] < 3)
            if not is_short and (self.uses[number] > 1 or expression.depth > DEEPEST):
                name = self._new_name()
                found.append(f"{name}={expression.text}")
                expression = _Expression(name, _ATOM, 0)
            self.expressions[number] = expression
        return found

    def _new_name(self) -> str:
        """Return a short name: capitals, as in no keyword."""
        self.named += 1
        number, name = self.named, ""
        while number:
            number, digit = divmod(number - 1, 26)
            name = chr(ord("A") + digit) + name
        return name

    def _expression(self, number: int) -> _Expression:
        step = self.tape.steps[number]
        if step.operation in SEARCHES:
            return self._search(step, number)
        known = [self.expressions[i] for i in step.of]
        depth = 1 + max((each.depth for each in known), default=0)
        match step.operation:
            case "input":
                return _Expression(f"x[{self.places[step.data]}]", _ATOM, 0)
            case "number":
                text = number_text(step.data)
                return _Expression(text, 0 if text.startswith("-") else _ATOM, 0)
            case "negative":
                return _Expression(f"-{known[0].within(_ATOM)}", 0, depth)
            case "add" | "subtract" | "multiply" | "divide":
                sign, binding = _OPERATORS[step.operation]
                return _Expression(f"{known[0].within(binding)}{sign}{known[1].within(binding + 1)}", binding, depth)
            case "power" if self.tape.exponent(step) == 2:
                return _Expression(f"{known[0].within(_ATOM)}*{known[0].within(_ATOM)}", 2, depth)
            case "power" if self.tape.exponent(step) == -1:
                return _Expression(f"1/{known[0].within(3)}", 2, depth)
            case "power" if self.tape.exponent(step) == 0.5:
                return _Expression(f"sqrt({known[0].text})", _ATOM, depth)
        listed = ",".join(each.text for each in known)
        return _Expression(f"{_FUNCTIONS[step.operation]}({listed})", _ATOM, depth)

    def _search(self, step: Step, number: int) -> _Expression:
        at, end = step.of
        tried, finder = self._new_name(), step.data
        self.expressions[at] = _Expression(tried, _ATOM, 0)
        definitions = self._definitions(self.tape.way(number)[0])
        function = f"{tried}=>{{{_block(definitions)}return {self.expressions[end].text};}}"
        if step.operation == "extreme":
            numbers = ",".join(map(number_text, (finder.step, float(finder.first), float(finder.count))))
            return _Expression(f"extreme({function},{str(finder.is_largest).lower()},{numbers})", _ATOM, DEEPEST + 1)
        low, high = finder.range
        least = -math.inf if finder.within == SIGNED else low
        numbers = ",".join(map(number_text, (low, high, least, NEAR_ZERO, float(POINTS))))
        return _Expression(f"root({function},{str(finder.falls).lower()},{numbers})", _ATOM, DEEPEST + 1)
