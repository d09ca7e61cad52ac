"""Equations along a way, bound to a model: roots, extremes, and what a root looks for at one value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sunfront.display import format_value
from sunfront.equation import SIGNED, Equation
from sunfront.library.extremes import ExtremeFinder
from sunfront.library.root_finding import Finder
from sunfront.library.ways import Way
from sunfront.root import Extreme, Root, WayEquation, not_bound

if TYPE_CHECKING:
    from sunfront.library.model import Model


def bind(eq: WayEquation, way: Way | None) -> WayEquation:
    """Return the equation with the inputs and the function of a way; without a way it has no inputs."""
    if way is None:
        return replace(eq, inputs=(), function=not_bound)
    if isinstance(eq, Root):
        return replace(eq, inputs=way.inputs, function=Finder(eq.unit, eq.between, eq.falls, eq.within, way))
    if isinstance(eq, Extreme):
        first = 1 if eq.per else 0
        finder = ExtremeFinder(eq.unit, eq.per, eq.every, first, eq.count, eq.is_largest, way)
        return replace(eq, inputs=way.inputs, function=finder)
    assert isinstance(eq, Trial)
    return replace(eq, inputs=way.inputs, function=_AtValue(way, eq.at, eq.added))


def way_of(eq: Equation) -> Way | None:
    """Return the way of an equation that is bound to one; None for any other."""
    return eq.function.way if isinstance(eq.function, Finder | ExtremeFinder | _AtValue) else None


@dataclass(frozen=True, eq=False)
class Trial(WayEquation):
    """A quantity at one value of a parameter, all else as in the design: its sign tells on which side the root is.

    Attributes:
        at: The value; SI.
        added: A number that is added.
    """

    at: float
    added: float

    @property
    def text(self) -> str:
        """The definition in words."""
        return self.name


def trial(root: Root, of: Equation, at: float, added: float = 0.0) -> Trial:
    """Return what a root looks for, at one value of its parameter.

    Args:
        of: The equation of the quantity that is zero at the root.
        at: The value; SI.
        added: A number that is added.
    """
    name = f"{root.of} at {root.over} = {format_value(at, root.unit, 12)}"
    return Trial(
        name=f"{name} plus {added:.6g}" if added else name,
        unit=of.unit,
        inputs=(),
        summary=f"{of.name} at one {root.over}.",
        source=of.source,
        module=of.module,
        may_be_infinite=False,
        within=SIGNED,
        valid=MappingProxyType({}),
        unless_given=(),
        function=not_bound,
        of=root.of,
        over=root.over,
        at=at,
        added=added,
    )


@dataclass(frozen=True)
class _AtValue:
    """The function of a trial that is bound."""

    way: Way
    at: float
    added: float

    def __call__(self, *values: Any) -> Any:
        found = self.way.evaluate(values, self.at)
        return found + self.added if self.added else found


def root_notes(model: Model, given: Iterable[str], values: Mapping[str, Any]) -> list[str]:
    """Say of each root of a design that is no finite number why, and where all roots are.

    Args:
        given: Names of what the model is given.
        values: Of every quantity; numbers.
    """
    finders = [(eq.name, eq.inputs, eq.function) for eq in model.order(given) if isinstance(eq.function, Finder)]
    told = [(name, finder.describe(*(values[each] for each in inputs))) for name, inputs, finder in finders]
    return [f"{name}: {text}" for name, text in told if text]
