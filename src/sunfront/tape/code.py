"""Write a tape as statements of a language whose arithmetic is that of C: what is used once stands where it is used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sunfront.tape.tape import Step, Tape

#: Deepest nesting of one expression; deeper ones take a compiler long.
DEEPEST = 16

#: Operators, and how tightly each binds.
_OPERATORS = {"add": ("+", 1), "subtract": ("-", 1), "multiply": ("*", 2), "divide": ("/", 2)}
_ATOM = 4

#: A name, and the expression that it stands for.
Definition = tuple[str, str]


@dataclass(frozen=True)
class Language:
    """How a language writes what is not arithmetic.

    Attributes:
        functions: By operation, the name of the function.
        number: Writes a number.
        root: Writes the root of a tape's step as an expression: step, name of the value tried, definitions, result.
    """

    functions: Mapping[str, str]
    number: Callable[[float], str]
    root: Callable[[Step, str, Sequence[Definition], str], str]


@dataclass(frozen=True)
class _Expression:
    text: str
    binding: int
    depth: int


class CodeWriter:
    """Writes one tape.

    Args:
        inputs: The expression of each input of the tape.
    """

    def __init__(self, tape: Tape, language: Language, inputs: Mapping[str, str]) -> None:
        self.tape, self.language, self.inputs = tape, language, inputs
        self.uses = Counter(i for step in tape.steps for i in step.of)
        self.uses.update(tape.outputs.values())
        for number, step in enumerate(tape.steps):
            if step.operation == "root":  # each is used where it is not computed
                self.uses.update(tape.way(number)[1])
            elif self._exponent(step) == 2:  # written twice
                self.uses[step.of[0]] += 1
        self.expressions: dict[int, _Expression] = {}
        self.named = 0

    def write(self) -> tuple[list[Definition], dict[str, str]]:
        """Return the definitions, each after those that it uses, and the expression of each output."""
        outer = [i for i, tried in enumerate(self.tape.tried) if tried is None]
        definitions = self._definitions(outer)
        return definitions, {name: self.expressions[i].text for name, i in self.tape.outputs.items()}

    def _definitions(self, numbers: Sequence[int]) -> list[Definition]:
        found = []
        for number in numbers:
            expression = self._expression(number)
            operation = self.tape.steps[number].operation
            is_short = operation == "number" and (len(expression.text) < 8 or self.uses[number] < 3)
            if not is_short and (self.uses[number] > 1 or expression.depth > DEEPEST):
                name = self._new_name()
                found.append((name, expression.text))
                expression = _Expression(name, _ATOM, 0)
            self.expressions[number] = expression
        return found

    def _new_name(self) -> str:
        """Return a short name: a capital and others, as no keyword of a language is."""
        self.named += 1
        number, name = self.named, ""
        while number:
            number, digit = divmod(number - 1, 26)
            name = chr(ord("A") + digit) + name
        return name

    def _expression(self, number: int) -> _Expression:
        step = self.tape.steps[number]
        known = [self.expressions[i] for i in step.of] if step.operation != "root" else []
        depth = 1 + max((each.depth for each in known), default=0)
        match step.operation:
            case "input":
                return _Expression(self.inputs[step.data], _ATOM, 0)
            case "number":
                text = self.language.number(step.data)
                return _Expression(text, 0 if text.startswith("-") else _ATOM, 0)
            case "negative":
                return _Expression(f"-{_within(known[0], _ATOM)}", 0, depth)
            case "add" | "subtract" | "multiply" | "divide":
                sign, binding = _OPERATORS[step.operation]
                left, right = _within(known[0], binding), _within(known[1], binding + 1)
                return _Expression(f"{left}{sign}{right}", binding, depth)
            case "root":
                return self._root(step, number)
            case "power" if self._exponent(step) == 2:
                return _Expression(f"{_within(known[0], _ATOM)}*{_within(known[0], _ATOM)}", 2, depth)
            case "power" if self._exponent(step) == -1:
                return _Expression(f"1/{_within(known[0], 3)}", 2, depth)
            case "power" if self._exponent(step) == 0.5:
                return _Expression(f"{self.language.functions['sqrt']}({known[0].text})", _ATOM, depth)
        listed = ",".join(each.text for each in known)
        return _Expression(f"{self.language.functions[step.operation]}({listed})", _ATOM, depth)

    def _root(self, step: Step, number: int) -> _Expression:
        at, end = step.of
        tried = self._new_name()
        self.expressions[at] = _Expression(tried, _ATOM, 0)
        definitions = self._definitions(self.tape.way(number)[0])
        text = self.language.root(step, tried, definitions, self.expressions[end].text)
        return _Expression(text, _ATOM, DEEPEST + 1)

    def _exponent(self, step: Step) -> float | None:
        """The exponent of a power if it is a number."""
        last = self.tape.steps[step.of[1]] if step.operation == "power" else None
        return last.data if last is not None and last.operation == "number" else None


def _within(expression: _Expression, binding: int) -> str:
    """Return the text of an operand, in parentheses if it binds less than its operator asks."""
    return expression.text if expression.binding >= binding else f"({expression.text})"
