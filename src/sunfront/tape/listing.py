"""A tape as short text, for a program elsewhere that computes it for many designs at once, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_lowercase
from typing import Any

from sunfront.tape.javascript import number_text
from sunfront.tape.tape import Step, Tape


def to_listing(tape: Tape, inputs: Sequence[str]) -> dict[str, Any]:
    """Return a tape without searches as data for JSON.

    Args:
        inputs: Names of all inputs that the program has, in order.

    Returns:
        ``operations``, names by their letters; ``steps``, one word for each: a number, or a letter and numbers with
        commas between them, which are the place of an input, or how many steps before what it is computed from stands,
        of two without the second if that is the step before; ``outputs``, the number of the step of each quantity.
    """
    used = dict.fromkeys(step.operation for step in tape.steps if step.operation != "number")
    letters = dict(zip(used, ascii_lowercase, strict=False))
    place = {name: i for i, name in enumerate(inputs)}

    def word(number: int, step: Step) -> str:
        if step.operation == "number":
            return number_text(step.data)
        if step.operation == "input":
            return f"{letters['input']}{place[step.data]}"
        of = [number - i for i in step.of]
        return letters[step.operation] + ",".join(map(str, of[:1] if len(of) == 2 and of[1] == 1 else of))

    return {
        "operations": {letter: name for name, letter in letters.items()},
        "steps": " ".join(word(number, step) for number, step in enumerate(tape.steps)),
        "outputs": dict(tape.outputs),
    }
