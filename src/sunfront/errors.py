"""What can go wrong, as one tree.

::

    SunfrontError
    ├── UserError            the input is at fault: exit code 2
    │   ├── StudyError       a study file: names file, line and key
    │   ├── UnknownName      a name nobody defines: names the nearest spelling
    │   ├── UnitError        a unit that does not fit or is not known
    │   ├── RangeError       a value outside what is physically or logically allowed
    │   ├── MissingInput     a quantity that is needed and neither supplied nor computed
    │   ├── ModelError       two equations of one name, or a cycle
    │   └── NonlinearEquation  the exact catalogue engine cannot represent an equation
    └── RunError             the computation failed: exit code 1
        ├── NotFinite        NaN or infinity in a quantity
            ├── Unverified       a solver's answer that the numpy model does not confirm
        └── SolverFailure    a solver ended without an answer
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from os import PathLike

Path = tuple[str | int, ...]


class SunfrontError(Exception):
    """Base of every error that sunfront raises on purpose."""

    exit_code = 1


class UserError(SunfrontError):
    """The input is at fault.

    Args:
        message: What is wrong, what is allowed, and the next step.
        path: Keys that lead to the mistake inside a study file, for finding its line.

    Attributes:
        cause: The error that this one reports with its place, such as an UnknownName inside a study file.
    """

    exit_code = 2
    cause: UserError | None = None

    def __init__(self, message: str, path: Path = ()) -> None:
        super().__init__(message)
        self.message = message
        self.path = path

    def under(self, *keys: str | int) -> UserError:
        """Prefix the path with ``keys``, and return the same error."""
        self.path = (*keys, *self.path)
        return self


class StudyError(UserError):
    """A mistake in a study file; the message begins with ``file:line: key:``.

    Attributes:
        reason: The message without file, line and key.
        file: The study file.
        line: Line number from 1; None if the file cannot be read.
        key: Keys joined by dots, as ``variables.altitude.low``; empty if no key is at fault.
    """

    def __init__(self, reason: str, file: str | PathLike[str], line: int | None = None, path: Path = ()) -> None:
        self.reason, self.file, self.line = reason, file, line
        self.key = ".".join(map(str, path))
        place = ":".join(str(part) for part in (file, line, self.key and f" {self.key}") if part)
        super().__init__(f"{place}: {reason}", path)


class UnknownName(UserError):
    """A name that nobody defines."""

    def __init__(self, name: str, kind: str, known: Iterable[str], path: Path = ()) -> None:
        known = sorted(known)
        super().__init__(f"unknown {kind} {name!r}{suggest(name, known)}", path)
        self.name, self.kind = name, kind


class UnitError(UserError):
    """A unit that is not known, missing, or of another dimension."""


class RangeError(UserError):
    """A value outside what is allowed for its quantity."""


class MissingInput(UserError):
    """A quantity that is needed, and neither supplied nor computed."""


class ModelError(UserError):
    """A set of equations that is no model: a duplicate name, or a cycle."""


class NonlinearEquation(UserError):
    """An equation that is not linear, or a quotient of linear terms, in the amounts of hardware."""


class RunError(SunfrontError):
    """The computation, not the input, is at fault."""


class NotFinite(RunError):
    """NaN or infinity in a quantity that must be a number.

    Attributes:
        quantity: Its name.
    """

    def __init__(self, message: str, quantity: str = "") -> None:
        super().__init__(message)
        self.quantity = quantity


class Unverified(RunError):
    """An optimiser's answer that the numpy model does not confirm."""


class SolverFailure(RunError):
    """A solver that ended without an answer."""


def nearest(name: str, known: Iterable[str]) -> str:
    """``"; did you mean 'x'?"`` if a known name is close, else nothing."""
    names = {candidate.lower(): candidate for candidate in sorted(known)}
    close = get_close_matches(name.lower(), names, n=1, cutoff=0.6)
    return f"; did you mean {names[close[0]]!r}?" if close else ""


def suggest(name: str, known: Iterable[str], limit: int = 12) -> str:
    """The nearest known name, or failing that the known names (at most ``limit`` of them)."""
    names = sorted(known)
    if (hint := nearest(name, names)) or not names:
        return hint
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return f"; known: {', '.join(names[:limit])}{more}"
