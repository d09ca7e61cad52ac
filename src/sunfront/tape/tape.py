"""A straight-line program: steps, each computed from steps before it, and its evaluation with numpy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from sunfront.arrays import Array
from sunfront.equation import mean_decay, quotient_or_infinity, whole_periods
from sunfront.library.ways import Way

#: Operations that try values of an input.
SEARCHES = ("root", "extreme")


@dataclass(frozen=True)
class Step:
    """One operation.

    Attributes:
        operation: ``input``, ``number``; ``add``, ``subtract``, ``multiply``, ``divide``, ``power``, ``negative``;
            ``exp``, ``log``, ``cos``, ``arccos``, ``larger``, ``mean_decay``, ``quotient_or_infinity``,
            ``whole_periods``, as in ``sunfront.equation``; ``choose``, of an index and one value for each; or
            ``root`` and ``extreme``, of an input that it alone uses and of the quantity that is zero, or largest or
            least, there.
        of: Numbers of the steps that it is computed from.
        data: The name of an input, None if a root or an extreme tries its values; the value of a number; or the finder
            of a root or an extreme.
    """

    operation: str
    of: tuple[int, ...] = ()
    data: Any = None


@dataclass(frozen=True)
class Tape:
    """A straight-line program in SI and USD.

    Attributes:
        inputs: Names of what it is called with, in order.
        steps: Each after those that it is computed from; every one is needed.
        outputs: The step of each quantity.
    """

    inputs: tuple[str, ...]
    steps: tuple[Step, ...]
    outputs: Mapping[str, int]

    @cached_property
    def tried(self) -> tuple[int | None, ...]:
        """For each step, the input tried by a root or an extreme on which it depends; None if it depends on none."""
        found: list[int | None] = []
        for number, step in enumerate(self.steps):
            if step.operation in SEARCHES:
                found.append(None)
            elif step.operation == "input" and step.data is None:
                found.append(number)
            else:
                found.append(next((found[i] for i in step.of if found[i] is not None), None))
        return tuple(found)

    @cached_property
    def searched(self) -> frozenset[str]:
        """Outputs that depend on a root or an extreme, or are one."""
        found: set[int] = set()
        for number, step in enumerate(self.steps):
            if step.operation in SEARCHES or not found.isdisjoint(step.of):
                found.add(number)
        return frozenset(name for name, number in self.outputs.items() if number in found)

    @cached_property
    def depends(self) -> tuple[frozenset[str], ...]:
        """For each step the inputs on which it depends."""
        found: list[frozenset[str]] = []
        for step in self.steps:
            is_input = step.operation == "input" and step.data is not None
            found.append(frozenset([step.data] if is_input else ()).union(*(found[i] for i in step.of)))
        return tuple(found)

    def steps_of(self, name: str) -> int:
        """Return the number of steps that depend on one input alone."""
        return self.depends.count(frozenset([name]))

    def exponent(self, step: Step) -> float | None:
        """Return the exponent of a power if it is a number."""
        last = self.steps[step.of[1]] if step.operation == "power" else None
        return last.data if last is not None and last.operation == "number" else None

    def way(self, root: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the steps that lead from the value tried to the quantity of a search, and what they need besides."""
        first = self.steps[root].of[0]
        inner = tuple(i for i in range(first + 1, root) if self.tried[i] == first)
        needed = dict.fromkeys(j for i in inner for j in self.steps[i].of if self.tried[j] is None)
        return inner, tuple(needed)

    def evaluate(self, values: Mapping[str, Any]) -> dict[str, Array]:
        """Compute the quantities with numpy.

        Args:
            values: For each input a number or an array that broadcasts.
        """
        found = self.trace(values)
        return {name: np.asarray(found[number], float) for name, number in self.outputs.items()}

    def trace(self, values: Mapping[str, Any]) -> list[Any]:
        """Return the value of every step; what leads to a root, at the root."""
        found: list[Any] = [None] * len(self.steps)
        with np.errstate(all="ignore"):
            for number, step in enumerate(self.steps):
                if step.operation in SEARCHES:
                    self._find(number, found)
                elif self.tried[number] is None:
                    found[number] = values[step.data] if step.operation == "input" else compute(step, found)
        return found

    def _find(self, number: int, found: list[Any]) -> None:
        """Find a root or an extreme, and compute what leads to it there."""
        step = self.steps[number]
        inner, needed = self.way(number)
        way = _TapeWay(step.data.way.of, step.data.way.over, (), (), self, step.of, inner, needed)
        values = [found[i] for i in needed]
        if step.operation == "root":
            found[number] = replace(step.data, way=way)(*values)
            way.fill(found, found[number])
            return
        way.fill(found, replace(step.data, way=way, per="").date(*values))  # the way ends at what is compared
        found[number] = found[step.of[1]]


def tape_of(steps: Sequence[Step], outputs: Mapping[str, int]) -> Tape:
    """Return the tape of what the outputs, numbers of steps by name, need."""
    needed = set(outputs.values())
    for number in reversed(range(len(steps))):
        if number in needed:
            needed.update(steps[number].of)
    kept = sorted(needed)
    new = {number: i for i, number in enumerate(kept)}
    old = [steps[number] for number in kept]
    found = tuple(Step(step.operation, tuple(new[i] for i in step.of), step.data) for step in old)
    names = tuple(step.data for step in found if step.operation == "input" and step.data is not None)
    return Tape(names, found, {name: new[number] for name, number in outputs.items()})


def follow(tape: Tape, first: Tape) -> Tape:
    """Return a tape that has outputs of a first one among its inputs instead of computing them again."""
    places: dict[Any, int] = {}  # of the same steps in both

    def numbered(of: Tape) -> list[int]:
        found: list[int] = []
        for number, step in enumerate(of.steps):
            is_own = step.operation in SEARCHES or of.tried[number] is not None
            key = (id(of), number) if is_own else (step.operation, tuple(found[i] for i in step.of), repr(step.data))
            found.append(places.setdefault(key, len(places)))
        return found

    before = numbered(first)
    known = {before[i]: name for name, i in first.outputs.items() if first.steps[i].operation != "number"}
    steps = [
        Step("input", (), known[place]) if place in known and step.operation != "input" else step
        for place, step in zip(numbered(tape), tape.steps, strict=True)
    ]
    return tape_of(steps, tape.outputs)


@dataclass(frozen=True)
class _TapeWay(Way):
    """The way of a root or an extreme through a tape."""

    tape: Tape
    ends: tuple[int, ...]
    inner: tuple[int, ...]
    needed: tuple[int, ...]

    def all_values(self, values: Sequence[Any], at: Any) -> dict[str, Any]:
        """Return the quantity at a value tried."""
        found: list[Any] = [None] * len(self.tape.steps)
        for number, value in zip(self.needed, values, strict=True):
            found[number] = value
        self.fill(found, at)
        return {self.of: found[self.ends[1]]}

    def fill(self, found: list[Any], at: Any) -> None:
        """Compute the steps at a value tried."""
        found[self.ends[0]] = at
        for number in self.inner:
            found[number] = compute(self.tape.steps[number], found)


def compute(step: Step, found: Sequence[Any]) -> Any:
    """Return the value of a step that is neither an input nor a search."""
    if step.operation == "number":
        return step.data
    values = [found[i] for i in step.of]
    if step.operation == "choose":
        index = np.rint(values[0]).astype(int)
        chosen = values[1]
        for k, value in enumerate(values[2:], 1):
            chosen = np.where(index == k, value, chosen)
        return chosen
    return _COMPUTED[step.operation](*values)


_COMPUTED: Mapping[str, Any] = {
    **{name: getattr(np, name) for name in ("add", "subtract", "multiply", "divide", "negative", "power")},
    **{name: getattr(np, name) for name in ("exp", "log", "cos", "arccos")},
    "larger": np.maximum,
    "mean_decay": mean_decay,
    "quotient_or_infinity": quotient_or_infinity,
    "whole_periods": whole_periods,
}
