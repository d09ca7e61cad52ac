"""Quantities that follow from another one: roots and extremes, by trying values of a parameter, and values at zero.

A root is the value at which another quantity is zero, such as a rate of return. An extreme is the largest or the least
value that another quantity has, such as the most money that is spent at any date. A value at zero is what another
quantity is with some inputs at zero, such as revenue that is not discounted.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

from sunfront.equation import NOT_NEGATIVE, SIGNED, Equation, described
from sunfront.units import parse


@dataclass(frozen=True, eq=False)
class WayEquation(Equation):
    """A quantity that a model computes along the way from a parameter to another quantity.

    A model binds it: ``inputs`` are then what the equations of the way need besides the parameter, and ``function``
    computes the quantity from them. Before, and if no way leads there, it has no inputs.

    Attributes:
        of: The other quantity.
        over: The parameter.
    """

    of: str
    over: str

    @property
    def ends(self) -> tuple[str, ...]:
        """The quantities to which its way leads."""
        return (self.of,)

    @property
    def _declared(self) -> tuple[Any, ...]:
        """What was declared, without what a model adds."""
        bound = ("inputs", "function", "valid")
        return type(self), *(getattr(self, f.name) for f in fields(self) if f.name not in bound)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WayEquation) and self._declared == other._declared

    def __hash__(self) -> int:
        return hash((self.module, self.name))

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return _restored, (type(self), {f.name: getattr(self, f.name) for f in fields(self) if f.name != "valid"})


def not_bound(*_: Any) -> Any:
    """The function of an equation along a way that no model has bound."""
    raise TypeError("a root is found by a model; put it into one")


def _restored(kind: type[WayEquation], values: Mapping[str, Any]) -> WayEquation:
    return kind(**values, valid=MappingProxyType({}))


@dataclass(frozen=True, eq=False)
class Root(WayEquation):
    """A quantity that is the value of a parameter at which another quantity is zero, all else as in the design.

    Attributes:
        between: Least and greatest value of the parameter that is tried, as texts with units.
        falls: Whether ``of`` falls through zero as the parameter rises; else it rises.
        first_line: The line in its file at which its function begins.
    """

    between: tuple[str, str]
    falls: bool
    first_line: int = field(repr=False)

    @property
    def range(self) -> tuple[float, float]:
        """Least and greatest value of the parameter that is tried; SI."""
        low, high = (parse(end, self.unit, f"between of {self.name}") for end in self.between)
        return low, high

    @property
    def line(self) -> int:
        """The line in its file at which its function begins."""
        return self.first_line

    @property
    def text(self) -> str:
        """The definition in words."""
        low, high = self.between
        return f"{self.over} from {low} to {high} at which {self.of} {'falls' if self.falls else 'rises'} through zero"

    @property
    def absence(self) -> str:
        """What it means that the value is infinite."""
        low, high = self.between
        return f"{self.of} is zero at no {self.over} from {low} to {high}"

    def invalid_text(self, value: float) -> str:
        """Say that there is no root, or not one root."""
        way = "falls" if self.falls else "rises"
        return f"has no value: {self.of} does not go through zero once, as it {way} with {self.over},"


@dataclass(frozen=True, eq=False)
class Extreme(WayEquation):
    """The largest or the least value of a quantity at evenly spaced values of a parameter, all else as in the design.

    Attributes:
        per: If it names a quantity, what counts is the change of ``of`` over that of ``per`` from one value of the
            parameter to the next; infinite where ``per`` does not change.
        every: Distance of the values, a text with a unit.
        count: The last value is this many times ``every``. The first is zero.
        is_largest: Whether it is the largest value; else it is the least.
    """

    per: str
    every: str
    count: int
    is_largest: bool
    first_line: int = field(repr=False)

    @property
    def ends(self) -> tuple[str, ...]:
        """The quantities to which its way leads."""
        return (self.of, self.per) if self.per else (self.of,)

    @property
    def line(self) -> int:
        """The line in its file at which its function begins."""
        return self.first_line

    @property
    def text(self) -> str:
        """The definition in words."""
        which = "largest" if self.is_largest else "least"
        what = f"change of {self.of} over that of {self.per}" if self.per else self.of
        number, unit = self.every.split()
        return f"{which} {what}, at each {self.every} of {self.over} up to {float(number) * self.count:g} {unit}"


def extreme(
    unit: str, *, of: str, per: str = "", over: str, every: str, count: int, largest: bool, within: tuple[str, str]
) -> Callable[[Callable[[], Any]], Extreme]:
    """Declare a quantity as the largest or the least value of another; as ``Extreme``, and ``root`` for the function.

    Raises:
        TypeError: The function has parameters.
    """

    def declare(function: Callable[[], Any]) -> Extreme:
        if inspect.signature(function).parameters:
            raise TypeError(f"extreme {function.__name__}: the function takes no parameters and has a docstring alone")
        return Extreme(
            **(described(function) | {"function": not_bound}),
            unit=unit,
            inputs=(),
            may_be_infinite=bool(per),
            within=within,
            valid=MappingProxyType({}),
            unless_given=(),
            of=of,
            over=over,
            per=per,
            every=every,
            count=count,
            is_largest=largest,
            first_line=function.__code__.co_firstlineno,
        )

    return declare


def root(
    unit: str, *, of: str, over: str, between: tuple[str, str], falls: bool
) -> Callable[[Callable[[], Any]], Root]:
    """Declare a quantity as the value of a parameter at which another quantity is zero.

    The function has a docstring alone, as that of an equation. A design has this value if the other quantity goes
    through zero once, in the direction declared. It is plus infinity if that lies beyond the greatest value tried;
    below the least it is minus infinity, or the least value if that is not negative. A design in which the other
    quantity goes through zero more than once, or the other way, has no value: NaN.

    Args:
        unit: Display unit of the result, of the dimension of the parameter.
        of: The quantity that is zero.
        over: The parameter. A value that is given or computed for it does not matter.
        between: Least and greatest value that is tried, such as ``("0 year", "100 year")``. A pair of roots that lies
            between two values tried is not seen; they are denser near zero.
        falls: Whether ``of`` falls through zero as the parameter rises, as a net present value does with the discount
            rate; else it rises, as cumulated cash does with time.

    Raises:
        TypeError: The function has parameters.
    """

    def declare(function: Callable[[], Any]) -> Root:
        if inspect.signature(function).parameters:
            raise TypeError(f"root {function.__name__}: the function takes no parameters and has a docstring alone")
        return Root(
            **(described(function) | {"function": not_bound}),
            unit=unit,
            inputs=(),
            may_be_infinite=True,
            within=SIGNED if between[0].lstrip().startswith("-") else NOT_NEGATIVE,
            valid=MappingProxyType({}),
            unless_given=(),
            of=of,
            over=over,
            between=between,
            falls=falls,
            first_line=function.__code__.co_firstlineno,
        )

    return declare


@dataclass(frozen=True, eq=False)
class AtZero(Equation):
    """Another equation with some of its inputs at zero.

    Attributes:
        definition: Which, in words.
        first_line: The line in its file at which its function begins.
    """

    definition: str
    first_line: int = field(repr=False)

    @property
    def line(self) -> int:
        """The line in its file at which its function begins."""
        return self.first_line

    @property
    def text(self) -> str:
        """The definition in words."""
        return self.definition


def at_zero(eq: Equation, **inputs: Callable[..., Any]) -> Callable[[Callable[[], Any]], AtZero]:
    """Declare a quantity as that of another equation with some inputs at zero, such as a value that is not discounted.

    The function has a docstring alone; unit and physical range are those of the other equation.

    Args:
        inputs: For each of these inputs, a function of quantities that returns something of its dimension, such as
            ``lambda year: 1 / year``.
    """
    given = {name: tuple(inspect.signature(sample).parameters) for name, sample in inputs.items()}
    needed = [name for name in eq.inputs if name not in inputs] + [each for names in given.values() for each in names]
    names = tuple(dict.fromkeys(needed))

    def call(*args: Any, **kwargs: Any) -> Any:
        known = {**dict(zip(names, args, strict=False)), **kwargs}
        zeros = {name: 0 * sample(*[known[other] for other in given[name]]) for name, sample in inputs.items()}
        return eq.function(**{name: {**known, **zeros}[name] for name in eq.inputs})

    def declare(function: Callable[[], Any]) -> AtZero:
        same = {f.name: getattr(eq, f.name) for f in fields(Equation)}
        return AtZero(
            **(same | described(function) | {"inputs": names, "function": call}),
            definition=f"{eq.name} with {' and '.join(f'{name} = 0' for name in inputs)}",
            first_line=function.__code__.co_firstlineno,
        )

    return declare
