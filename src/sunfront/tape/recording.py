"""Record a tape: the equations are called with values that write down what is done with them.

Whatever depends on numbers alone stays a number, and the same operation on the same values is one step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from sunfront.arrays import PLAIN
from sunfront.equation import Equation
from sunfront.errors import ModelError
from sunfront.library.extremes import ExtremeFinder
from sunfront.library.formulas import explain
from sunfront.library.model import Model
from sunfront.library.root_finding import Finder
from sunfront.tape.tape import Step, Tape, tape_of

_UNARY = ("negative", "exp", "log", "cos", "arccos")
_BINARY = ("add", "subtract", "multiply", "divide", "power", "maximum")
_COMMUTATIVE = ("add", "multiply", "larger")

#: Operations with a number on the right that leave the left as it is.
_NEUTRAL = {("add", 0.0), ("subtract", 0.0), ("multiply", 1.0), ("divide", 1.0), ("power", 1.0)}


def record(model: Model, given: Mapping[str, Any], free: Iterable[str], wanted: Iterable[str]) -> Tape:
    """Read quantities of a model as a straight-line program.

    Args:
        given: Values of what the equations need; SI and USD. Those that are not free become numbers of the tape.
        free: Names that become inputs, in their order; those that no wanted quantity depends on are left out.
        wanted: Quantities to compute.

    Raises:
        MissingInput: An equation needs a name that is neither given nor computed.
        ModelError: An equation uses an operation that a tape does not have.
    """
    wanted = tuple(wanted)
    recorder = _Recorder()
    inputs = {name: Recorded(recorder, recorder.input(name)) for name in free}

    def call(eq: Equation, found: dict[str, Any]) -> Any:
        try:
            with np.errstate(all="ignore"):
                return eq.function(*[found[name] for name in eq.inputs])
        except (TypeError, AttributeError) as error:
            raise ModelError(
                f"{eq.name} (in {eq.place}) has no straight-line program: {explain(eq, error)}", [eq.name]
            ) from None

    found = model.evaluate({**given, **inputs}, wanted, call)
    return tape_of(recorder.steps, {name: recorder.number_of(found[name]) for name in wanted})


class Recorded:
    """A value of the tape: the number of its step."""

    __slots__ = ("recorder", "step")

    def __init__(self, recorder: _Recorder, step: int) -> None:
        self.recorder, self.step = recorder, step

    def __bool__(self) -> bool:
        raise TypeError("it branches on a quantity that varies")

    def __eq__(self, other: object) -> bool:
        raise TypeError("it compares a quantity that varies")

    __hash__ = None  # type: ignore[assignment]

    def __add__(self, other: Any) -> Any:
        return self.recorder.add("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return self.recorder.add("add", other, self)

    def __sub__(self, other: Any) -> Any:
        return self.recorder.add("subtract", self, other)

    def __rsub__(self, other: Any) -> Any:
        return self.recorder.add("subtract", other, self)

    def __mul__(self, other: Any) -> Any:
        return self.recorder.add("multiply", self, other)

    def __rmul__(self, other: Any) -> Any:
        return self.recorder.add("multiply", other, self)

    def __truediv__(self, other: Any) -> Any:
        return self.recorder.add("divide", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self.recorder.add("divide", other, self)

    def __pow__(self, other: Any) -> Any:
        return self.recorder.add("power", self, other)

    def __rpow__(self, other: Any) -> Any:
        return self.recorder.add("power", other, self)

    def __neg__(self) -> Any:
        return self.recorder.add("negative", self)

    def larger(self, other: Any) -> Any:
        """Return the larger of this and another value."""
        return self.recorder.add("larger", self, other)

    def mean_decay(self) -> Any:
        """Return ``(1 - exp(-x)) / x``, and 1 at zero."""
        return self.recorder.add("mean_decay", self)

    def over_or_infinity(self, denominator: Any) -> Any:
        """Return this over a denominator where that is positive, and infinity elsewhere."""
        return self.recorder.add("quotient_or_infinity", self, denominator)

    def under_or_infinity(self, numerator: Any) -> Any:
        """Return a numerator over this where this is positive, and infinity elsewhere."""
        return self.recorder.add("quotient_or_infinity", numerator, self)

    def whole_periods(self, duration: Any, period: Any) -> Any:
        """Return the part of a duration that consists of whole periods; one of the two is this value."""
        if isinstance(period, PLAIN) and not period:
            return duration
        return self.recorder.add("whole_periods", duration, period)

    def polynomial(self, coefficients: Sequence[Any]) -> Any:
        """Return ``c0 + c1 x + ...`` by Horner's rule, as numpy computes it."""
        value = coefficients[-1]
        for c in reversed(coefficients[:-1]):
            value = c + self * value
        return value

    def one_of(self, values: Sequence[Any]) -> Any:
        """Return the value whose number this is; of tuples each member by itself."""
        if isinstance(values[0], tuple):
            return tuple(self.one_of(each) for each in zip(*values, strict=True))
        return self.recorder.add("choose", self, *values)

    def root(self, finder: Finder, values: Sequence[Any]) -> Any:
        """Return the root that a finder looks for, one of whose values this is."""
        return self.recorder.search("root", finder, finder.way.evaluate, values)

    def extreme(self, finder: ExtremeFinder, values: Sequence[Any]) -> Any:
        """Return the extreme that a finder looks for, one of whose values this is."""
        return self.recorder.search("extreme", finder, finder.curve, values)

    def __array_ufunc__(self, function: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """Record a numpy function or operator."""
        name = function.__name__
        if method == "__call__" and not options and name in (*_UNARY, *_BINARY):
            return self.recorder.add("larger" if name == "maximum" else name, *inputs)
        raise TypeError(f"it uses {name}, which a tape does not have")


class _Recorder:
    """Collects the steps of a tape, each once."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.numbers: dict[Any, int] = {}
        self.is_trying = False

    def input(self, name: str | None) -> int:
        """Add an input; without a name it is the value that a root or an extreme tries."""
        self.steps.append(Step("input", (), name))
        return len(self.steps) - 1

    def number_of(self, value: Any) -> int:
        """Return the step of a value."""
        if isinstance(value, Recorded):
            return value.step
        if not isinstance(value, PLAIN) or np.ndim(value):
            raise TypeError("it computes with what is neither one number nor a quantity")
        number = float(value)
        return self._step(Step("number", (), number), ("number", number.hex()))

    def add(self, operation: str, *values: Any) -> Recorded:
        """Record an operation; return its value, or one of the values if it leaves that as it is."""
        pairs = [values, values[::-1]] if operation in _COMMUTATIVE else [values]
        for value, other in pairs if len(values) == 2 else ():
            is_number = isinstance(other, PLAIN) and np.ndim(other) == 0
            if isinstance(value, Recorded) and is_number and (operation, float(other)) in _NEUTRAL:
                return value
        of = tuple(map(self.number_of, values))
        step = Step(operation, tuple(sorted(of)) if operation in _COMMUTATIVE else of)
        return Recorded(self, self._step(step, (step.operation, step.of)))

    def search(
        self, operation: str, finder: Finder | ExtremeFinder, curve: Callable[..., Any], values: Sequence[Any]
    ) -> Recorded:
        """Record a root or an extreme: the way to its quantity from a value that it tries, and the result itself."""
        if self.is_trying:
            raise TypeError("it leads to a root or an extreme, and is a root itself, or an extreme")
        self.is_trying = True
        try:
            at = self.input(None)
            end = self.number_of(curve(values, Recorded(self, at)))
        finally:
            self.is_trying = False
        self.steps.append(Step(operation, (at, end), finder))
        return Recorded(self, len(self.steps) - 1)

    def _step(self, step: Step, key: Any) -> int:
        if key not in self.numbers:
            self.steps.append(step)
            self.numbers[key] = len(self.steps) - 1
        return self.numbers[key]
