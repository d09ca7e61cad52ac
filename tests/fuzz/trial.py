"""What the kinds of trials of the campaign share."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sunfront.errors import SunfrontError, Unverified, UserError
from sunfront.units import pint_text, registry

#: Longest message that a user can be asked to read.
LONGEST_MESSAGE = 4000


class Wrong(Exception):
    """An answer, or a message, that is wrong."""


class Refused(Exception):
    """The input was refused, or the run ended with a message; neither is wrong."""


class Trials:
    """Trials of one kind; a subclass defines ``attempt``.

    Attributes:
        accepted, refused: How many inputs gave an answer, and how many a message.
        last: The last input, to be kept if its trial fails.
    """

    name = ""
    #: Of ten thousand inputs, how many are of this kind.
    share = 0

    def __init__(self, place: Any) -> None:
        self.place = place
        self.accepted = self.refused = 0
        self.last = ""

    def attempt(self, rng: random.Random) -> None:
        """Try one random input; raise Wrong if the answer to it is wrong."""
        raise NotImplementedError

    def figures(self) -> list[str]:
        """Further figures, for the end of the campaign."""
        return []


@contextmanager
def refusals(*secrets: str) -> Iterator[None]:
    """Raise errors of the user or of a run as Refused, and what is wrong with their messages as Wrong."""
    try:
        yield
    except Unverified as error:
        raise Wrong(f"an answer could not be verified: {error}") from None
    except SunfrontError as error:
        message = str(error)
        if isinstance(error, UserError) and not error.others and len(message) > LONGEST_MESSAGE:
            raise Wrong(f"a message of {len(message)} characters: {message[:200]}") from None
        if found := [secret for secret in secrets if secret in message]:
            raise Wrong(f"the message tells {found[0]!r}: {message[:200]}") from None
        message.encode("utf-8", "backslashreplace")
        raise Refused(message) from None


def si(number: float, unit: str) -> float:
    """The SI value of a number with a unit, by pint."""
    return float(registry().Quantity(number, "" if unit == "1" else pint_text(unit)).to_base_units().magnitude)


def in_unit(value: float, unit: str) -> float:
    """An SI value in a unit, by pint."""
    ureg = registry()
    wanted = ureg.Unit("" if unit == "1" else pint_text(unit))
    base = ureg.Quantity(1.0, wanted).to_base_units().units
    return float(ureg.Quantity(value, base).to(wanted).magnitude)


def is_close(one: float, other: float, relative: float = 1e-9, size: float = 0.0) -> bool:
    """Whether two numbers are equal but for rounding, which may be a share of ``size``."""
    return one == other or abs(one - other) <= relative * max(abs(one), abs(other), size) or (one != one != other)


def damaged(rng: random.Random, text: str, words: list[str]) -> str:
    """A text with one to three of its words deleted, doubled, swapped, cut or replaced."""
    import re

    for _ in range(rng.randint(1, 3)):
        tokens = re.split(r"(\s+|[:,\[\]{}()])", text)
        i, j = rng.randrange(len(tokens)), rng.randrange(len(tokens))
        match rng.randrange(6):
            case 0:
                tokens[i] = rng.choice(words)
            case 1:
                del tokens[i]
            case 2:
                tokens.insert(i, rng.choice(words))
            case 3:
                tokens[i], tokens[j] = tokens[j], tokens[i]
            case 4:
                tokens[i] = tokens[i][: len(tokens[i]) // 2]
            case 5:
                tokens.insert(j, tokens[i])
        text = "".join(tokens)
    return text


def damaged_bytes(rng: random.Random, content: bytes, other: bytes) -> tuple[str, bytes]:
    """How a file was damaged, and what is in it then."""
    how = rng.choice(["empty", "cut", "flipped", "longer", "swapped", "binary", "zeros", "doubled", "edited"])
    at = rng.randrange(max(len(content), 1))
    size = rng.choice([1, 16, 512])
    digits = [i for i, byte in enumerate(content) if 48 <= byte <= 57]
    edited = bytearray(content)
    if digits:
        edited[rng.choice(digits)] = rng.choice(b"0123456789")
    found: Mapping[str, bytes] = {
        "empty": b"",
        "cut": content[:at],
        "flipped": content[:at] + bytes([content[at] ^ (1 << rng.randrange(8))]) + content[at + 1 :]
        if content
        else b"",
        "longer": content + b"\n- x",
        "swapped": other,
        "binary": rng.randbytes(200),
        "zeros": content[:at] + bytes(size) + content[at + size :],
        "doubled": content + content,
        "edited": bytes(edited),
    }
    return how, found[how]
