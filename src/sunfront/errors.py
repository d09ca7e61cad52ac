"""The exceptions that sunfront raises on purpose, as one tree.

::

    SunfrontError
    ├── UserError              the input is wrong: exit code 2
    │   ├── StudyError         a study file; the message names file, line and key
    │   ├── UnknownName        a name that is not defined; the message names the nearest known name
    │   ├── UnitError          an unknown unit, a missing unit, or one of another dimension
    │   ├── RangeError         a value outside its allowed range
    │   ├── PresetError        a preset that does not fit the architecture or another preset
    │   ├── MissingInput       a required quantity that is neither given nor computed
    │   ├── ModelError         two equations for one quantity, or a cyclic dependency
    │   └── NonlinearEquation  an equation that an exact engine cannot represent
    └── RunError               the computation failed: exit code 1
        ├── NotFinite          NaN or infinity in a quantity
        ├── NotPhysical        a computed value outside the physical range of its quantity
        ├── Unverified         a solver's answer that the numpy model does not confirm
        └── SolverFailure      a solver that ended without an answer, or with a wrong one
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Sequence
from copyreg import __newobj__  # type: ignore[attr-defined]
from difflib import get_close_matches
from os import PathLike
from typing import TypeVar

Path = tuple[str | int, ...]

_T = TypeVar("_T")
_R = TypeVar("_R")

#: Characters of a name or a key, and of a reason, that a message shows.
LONGEST_NAME, LONGEST_REASON = 103, 1400

#: Known names that a message lists.
MOST_LISTED = 20


class SunfrontError(Exception):
    """Base class of every exception that sunfront raises on purpose."""

    exit_code = 1

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle it with its attributes, whatever its constructor takes; workers send it."""
        return __newobj__, (type(self), *self.args), self.__dict__


class SunfrontWarning(UserWarning):
    """What a user should know about a run that went on; the command prints the message alone."""


class UserError(SunfrontError):
    """The input is wrong.

    Args:
        message: What is wrong, what is allowed, and the next step.
        path: Keys that lead to the faulty entry of a study file; used to find its line.

    Attributes:
        cause: The error that this one reports with its place, such as an UnknownName inside a study file.
        others: Further mistakes that were found with this one.
    """

    exit_code = 2
    cause: UserError | None = None
    others: Sequence[UserError] = ()

    def __init__(self, message: str, path: Path = ()) -> None:
        super().__init__(message)
        self.message = message
        self.path = path

    def under(self, *keys: str | int) -> UserError:
        """Prefix ``path``, and those of the others, with ``keys`` and return this error."""
        for error in (self, *self.others):
            error.path = (*keys, *error.path)
        return self


def each_of(key: str, items: Iterable[_T], function: Callable[[_T], _R]) -> list[_R]:
    """Apply a function to the items of a list in a file, and give its UserErrors the item's path."""
    results = []
    for i, item in enumerate(items):
        try:
            results.append(function(item))
        except UserError as error:
            raise error.under(key, i) from None
    return results


class StudyError(UserError):
    """A mistake in a study file; the message begins with ``file:line: key:``.

    Attributes:
        reason: The message without file, line and key.
        file: The study file.
        line: Line number from 1; None if the file cannot be read.
        key: Keys joined by dots, as ``variables.altitude.low``; empty if no key is at fault.
        others: Further mistakes, each with its place.
    """

    others: Sequence[StudyError] = ()

    def __init__(self, reason: str, file: str | PathLike[str], line: int | None = None, path: Path = ()) -> None:
        if len(reason) > LONGEST_REASON:  # what it quotes is long; the end says what to do
            reason = f"{reason[: LONGEST_REASON // 2]} ... {reason[-LONGEST_REASON // 2 :]}"
        self.reason, self.file, self.line = reason, file, line
        self.key = ".".join(map(str, path))
        shown = ".".join(shortened(str(part), LONGEST_NAME) for part in path)
        place = ":".join(str(part) for part in (file, line, shown and f" {shown}") if part)
        super().__init__(f"{place}: {reason}", path)

    def __str__(self) -> str:
        return "\n".join([self.message, *map(str, self.others)])


class UnknownName(UserError):
    """A name that is not defined.

    Args:
        listed: What the message says in place of a list of the known names, if none is similar.

    Attributes:
        name: The unknown name.
        kind: What it was meant to name, such as ``"parameter"``.
        nearest: The most similar known name; None if none is similar.
    """

    def __init__(self, name: str, kind: str, known: Iterable[str], path: Path = (), *, listed: str = "") -> None:
        known = sorted(known)
        if not listed and len(known) > MOST_LISTED and kind in ("quantity", "metric"):
            listed = "`sunfront list equations` and `sunfront list parameters` name them"
        hint = (did_you_mean(name, known) or f"; {listed}") if listed else suggest(name, known)
        if kind == "quantity" and any(sign in name for sign in "+-*/ "):
            hint = "; give an expression a name under 'quantities:' in the study, and ask for that"
        super().__init__(f"unknown {kind} {shortened(name, LONGEST_NAME)!r}{hint}", path)
        self.name, self.kind, self.nearest = name, kind, nearest_name(name, known)


class UnitError(UserError):
    """A unit that is unknown, missing, or of another dimension.

    Attributes:
        quantity: The quantity whose unit is wrong; empty if there is none.
        unit: The rejected unit; if no unit was given, one that would fit; empty if there is none.
    """

    def __init__(self, message: str, path: Path = (), *, quantity: str = "", unit: str = "") -> None:
        super().__init__(message, path)
        self.quantity, self.unit = quantity, unit


class RangeError(UserError):
    """A value outside the range allowed for its quantity.

    Attributes:
        quantity: The quantity; empty if the error is not about one.
    """

    def __init__(self, message: str, path: Path = (), *, quantity: str = "") -> None:
        super().__init__(message, path)
        self.quantity = quantity


class PresetError(UserError):
    """A preset that fits neither the architecture nor the presets before it.

    Attributes:
        preset: The preset that is refused.
        other: The earlier preset that it conflicts with; empty if it does not fit the architecture.
        lacks: The quantity that the architecture does not have; empty if it conflicts with another preset.
    """

    def __init__(self, message: str, path: Path = (), *, preset: str, other: str = "", lacks: str = "") -> None:
        super().__init__(message, path)
        self.preset, self.other, self.lacks = preset, other, lacks


class MissingInput(UserError):
    """A required quantity that is neither given nor computed.

    Attributes:
        names: The missing quantities.
    """

    def __init__(self, message: str, names: Iterable[str] = (), path: Path = ()) -> None:
        super().__init__(message, path)
        self.names = tuple(names)


class ModelError(UserError):
    """Equations that do not form a model: two for one quantity, or a cycle.

    Attributes:
        names: The quantity defined twice, or the quantities of the cycle, the first repeated at the end.
    """

    def __init__(self, message: str, names: Iterable[str] = (), path: Path = ()) -> None:
        super().__init__(message, path)
        self.names = tuple(names)


class NonlinearEquation(UserError):
    """A study that an exact engine cannot represent.

    Attributes:
        quantity: The quantity whose equation is at fault; empty if it is not a single equation.
    """

    def __init__(self, message: str, path: Path = (), *, quantity: str = "") -> None:
        super().__init__(message, path)
        self.quantity = quantity


class RunError(SunfrontError):
    """The computation failed; the input is not at fault."""


class NotFinite(RunError):
    """NaN or infinity in a quantity that must be finite.

    Attributes:
        quantity: Its name.
    """

    def __init__(self, message: str, quantity: str = "") -> None:
        super().__init__(message)
        self.quantity = quantity


class NotPhysical(RunError):
    """A computed value outside the physical range of its quantity: the design cannot exist.

    Attributes:
        quantity: Its name.
    """

    def __init__(self, message: str, quantity: str = "") -> None:
        super().__init__(message)
        self.quantity = quantity


class Unverified(RunError):
    """An engine's answer that the numpy model does not confirm.

    Attributes:
        name: The objective, constrained quantity or variable that is wrong; empty if it is not a single one.
    """

    def __init__(self, message: str, name: str = "") -> None:
        super().__init__(message)
        self.name = name


class SolverFailure(RunError):
    """A solver that ended without an answer, or with a claim that is wrong.

    Attributes:
        bound: The bound that the solver claims although a verified design exceeds it; minus infinity if it claims that
            no design is feasible; None if no claim is wrong.
        score: The score of that design.
    """

    def __init__(self, message: str, *, bound: float | None = None, score: float | None = None) -> None:
        super().__init__(message)
        self.bound, self.score = bound, score


class SolverBroke(SolverFailure):
    """A solver that ended with an error of its own; what it found before holds."""


#: Faults of a path, not of the disk: what is there, or what the user may do there.
_OF_PATH = frozenset(
    (
        errno.EACCES, errno.EEXIST, errno.EINVAL, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.ENODEV,
        errno.ENOENT, errno.ENOTDIR, errno.EPERM, errno.EROFS,
    )
)  # fmt: skip


def cannot_write(path: str | PathLike[str], error: OSError) -> SunfrontError:
    """Return the error of what could not be written: a UserError if the path is at fault, a RunError if the disk is."""
    reason = f"cannot write {shortened(str(path), LONGEST_NAME)}: {error.strerror or error}"
    return UserError(f"{reason}; choose another place") if error.errno in _OF_PATH else RunError(reason)


def shortened(text: str, most: int = 80) -> str:
    """Return a text that somebody wrote for a message, cut to a number of characters."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def raise_all(mistakes: Sequence[UserError]) -> None:
    """Raise the first of several mistakes, with the others; do nothing if there is none."""
    if mistakes:
        first, *first.others = mistakes
        raise first


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most similar to ``name``, ignoring case; None if none is similar."""
    names = {candidate.lower(): candidate for candidate in sorted(known)}
    close = get_close_matches(name.lower(), names, n=1, cutoff=0.6)
    return names[close[0]] if close else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` if a known name is similar, else an empty string."""
    found = nearest_name(name, known)
    return f"; did you mean {found!r}?" if found else ""


def suggest(name: str, known: Iterable[str], most: int = MOST_LISTED) -> str:
    """Return a hint for an error message: the most similar known name, else up to ``most`` known names."""
    names = sorted(known)
    if (hint := did_you_mean(name, names)) or not names:
        return hint
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"; known: {', '.join(names[:most])}{more}"
