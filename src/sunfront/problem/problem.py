"""What an engine sees: variables, objectives, constraints, and a way to evaluate. Values are SI and USD."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.display import format_value
from sunfront.equation import Equation
from sunfront.errors import NotFinite
from sunfront.library.model import Model
from sunfront.problem.criteria import Constraint, Objective
from sunfront.problem.statistics import Statistic
from sunfront.problem.uncertainty import Uncertainty
from sunfront.problem.variables import Variable

#: Designs evaluated at a time: small enough that a quantity stays in the cache, large enough for numpy.
CHUNK = 4096


def check_finite(eq: Equation, values: Any, design: Callable[[int], str] = str, what: str = "designs") -> None:
    """Raise NotFinite if a value is NaN, or infinite where the equation does not say that it may be.

    Args:
        values: A number or an array.
        design: Describes the design of an index, for the message.
        what: What the values are of, for the message.
    """

    flat = np.ravel(np.asarray(values, float))
    bad = ~np.isfinite(flat)
    if eq.may_be_infinite:
        bad &= flat != np.inf
    if bad.any():
        first = int(np.argmax(bad))
        where = f" in {int(bad.sum()):,} of {len(flat):,} {what}, first at {design(first)}" if len(flat) > 1 else ""
        raise NotFinite(f"{eq.name} is {flat[first]}{where}")


def as_columns(design: Mapping[str, float]) -> dict[str, Array]:
    """One design as a table of designs: for every variable an array (1,)."""

    return {name: np.array([value]) for name, value in design.items()}


@dataclass(frozen=True)
class Problem:
    """A design problem, free of where it came from.

    Attributes:
        model: Equations.
        values: What the model is given besides the variables.
        variables: Decisions, at least none of them twice.
        objectives: At least one.
        constraints: All that must hold.
        count, amounts: As in an architecture: totals over a stack, to the variables of a node.
        reported: Further quantities that a table of designs shows.
        base: A value of each variable to begin with: the base design. It may have none of a category's choices.
        uncertainty: What statistics are of. Quantities without a statistic are at nominal values.
    """

    model: Model
    values: Mapping[str, Any]
    variables: tuple[Variable, ...]
    objectives: tuple[Objective, ...]
    constraints: tuple[Constraint, ...]
    count: Mapping[str, str] = field(default_factory=dict)
    amounts: Mapping[str, str] = field(default_factory=dict)
    reported: tuple[str, ...] = ()
    base: Mapping[str, float] = field(default_factory=dict)
    uncertainty: Uncertainty | None = None

    @cached_property
    def criterion_names(self) -> tuple[str, ...]:
        """What decides: quantities and statistics of objectives and constraints."""
        return tuple(dict.fromkeys([*(o.name for o in self.objectives), *(c.name for c in self.constraints)]))

    @cached_property
    def table_columns(self) -> tuple[str, ...]:
        """Columns of a table of designs: what decides, statistics beside their quantities' nominal values."""
        nominal = [quantity for quantity, _ in self.statistics.values()]
        return tuple(dict.fromkeys([*self.criterion_names, *nominal, *self.reported]))

    @cached_property
    def table_quantities(self) -> tuple[str, ...]:
        """What the model yields for the table: the columns that are no statistics."""
        return tuple(name for name in self.table_columns if name not in self.statistics)

    @cached_property
    def statistics(self) -> Mapping[str, tuple[str, Statistic]]:
        """Quantity and statistic of each column that is no plain quantity."""
        stated: tuple[Objective | Constraint, ...] = (*self.objectives, *self.constraints)
        return {s.name: (s.quantity, s.statistic) for s in stated if s.statistic is not None}

    def is_uncertain(self, quantity: str) -> bool:
        """Whether an uncertain parameter reaches a quantity."""
        reached = {p.name for p in self.uncertainty.parameters} if self.uncertainty else set()
        for eq in self.model.order({*self.values, *(v.name for v in self.variables)}, [quantity]):
            if not reached.isdisjoint(eq.inputs):
                reached.add(eq.name)
        return quantity in reached

    def unit(self, name: str) -> str:
        """Unit in which people read a variable, uncertain parameter, quantity or statistic."""
        if name in self.statistics:
            quantity, statistic = self.statistics[name]
            return statistic.display_unit(self.unit(quantity))
        units = {v.name: v.unit for v in self.variables}
        if self.uncertainty is not None:
            units |= {p.name: p.unit for p in self.uncertainty.parameters}
        if name in units:
            return units[name]
        return self.model[name].unit

    def evaluate(self, designs: Mapping[str, Array], wanted: Iterable[str] | None = None) -> dict[str, Array]:
        """Quantities of many designs.

        Args:
            designs: For every variable an array (designs,).
            wanted: Quantities and statistics; those that decide if None.

        Returns:
            For each wanted name an array (designs,).

        Raises:
            NotFinite: NaN or infinity in a wanted quantity, with the first design that has it.
        """

        asked = tuple(self.criterion_names if wanted is None else wanted)
        statistics = {name: self.statistics[name] for name in asked if name in self.statistics}
        sampled = {name: column[:, 0] for name, column in self.evaluate_statistics(designs, statistics).items()}
        names = tuple(name for name in asked if name not in sampled)
        count = len(next(iter(designs.values()))) if designs else 1
        fixed = {name: value for name, value in self.values.items() if name not in designs}
        # What no variable reaches is computed once, not once a chunk.
        fixed = self.model.constant_part(fixed, designs, names)
        out = {name: np.empty(count) for name in names}
        with np.errstate(all="ignore"):  # what goes wrong shows as NaN, and is named below
            for start in range(0, count, CHUNK):
                part = slice(start, start + CHUNK)
                given = fixed | {name: np.asarray(column, float)[part] for name, column in designs.items()}
                found = self.model.evaluate(given, names)
                for name in names:
                    out[name][part] = found[name]
        for name in names:
            if name in self.model:
                check_finite(self.model[name], out[name], self._told(designs))
        return {name: sampled[name] if name in sampled else out[name] for name in asked}

    def evaluate_statistics(
        self, designs: Mapping[str, Array], statistics: Mapping[str, tuple[str, Statistic]], parts: int = 1
    ) -> dict[str, Array]:
        """Statistics of many designs over the samples of what is uncertain.

        Args:
            designs: For every variable an array (designs,).
            statistics: By name, quantity and statistic.
            parts: Equal parts of the samples, each of which gets its own value: REPLICATES are independent.

        Returns:
            For each name an array (designs, parts).

        Raises:
            NotFinite: NaN or infinity in a quantity, with the first design and sample that have it.
        """

        if not statistics:
            return {}
        assert self.uncertainty is not None
        count = len(next(iter(designs.values()))) if designs else 1
        out = {name: np.empty((count, parts)) for name in statistics}
        quantities = tuple(dict.fromkeys(quantity for quantity, _ in statistics.values()))
        for part, found in self.uncertainty.evaluate(self.model, self.values, designs, quantities):
            for quantity, values in found.items():
                if quantity in self.model:
                    check_finite(self.model[quantity], values, self._told_sampled(designs, part.start), "samples")
            for name, (quantity, statistic) in statistics.items():
                out[name][part] = statistic.compute(found[quantity].reshape(len(found[quantity]), parts, -1))
        return out

    def evaluate_broadcast(self, given: Mapping[str, Any], wanted: Iterable[str]) -> dict[str, Array]:
        """Quantities over arrays that broadcast, each of the shape of what it depends on.

        Args:
            given: For every variable and every other supplied quantity a number or an array.

        Raises:
            NotFinite: NaN or infinity in a wanted quantity.
        """

        with np.errstate(all="ignore"):
            found = self.model.evaluate(given, wanted)
        for name in wanted:
            if name in self.model:
                check_finite(self.model[name], found[name])
        return {name: np.asarray(found[name], float) for name in wanted}

    def _told(self, designs: Mapping[str, Array]) -> Callable[[int], str]:
        def tell(index: int) -> str:
            return ", ".join(f"{n} = {self._text(n, float(x[index]))}" for n, x in designs.items())

        return tell

    def _text(self, name: str, value: float) -> str:
        found = next((v for v in self.variables if v.name == name), None)
        return format_value(value, self.unit(name)) if found is None else found.text(value)

    def _told_sampled(self, designs: Mapping[str, Array], first: int) -> Callable[[int], str]:
        """Describes a design and a sample by the index of both, design ``first`` being the first."""
        assert self.uncertainty is not None
        known, count = self.uncertainty, self.uncertainty.samples

        def tell(index: int) -> str:
            drawn = (
                f"{p.name} = {format_value(float(known.draws[p.name][index % count]), p.unit)}"
                for p in known.parameters
            )
            return ", ".join([self._told(designs)(first + index // count), *drawn])

        return tell

    @cached_property
    def hardware(self) -> frozenset[str]:
        """Names of the variables that are amounts of hardware of one node, or the count of nodes."""
        return frozenset((*self.amounts.values(), *self.count.values()))

    @cached_property
    def continuous_options(self) -> tuple[Variable, ...]:
        """The variables without a grid that are no amounts of hardware; a catalogue splits them into shells."""
        return tuple(v for v in self.variables if v.values is None and v.name not in self.hardware)

    def random_designs(self, count: int) -> dict[str, Array]:
        """Designs spread at random over the ranges, the same at every call; for every variable an array (count,)."""

        rng = np.random.default_rng(0)
        return {v.name: v.values_at(rng.random(count)) for v in self.variables}

    @cached_property
    def constraint_scales(self) -> dict[Constraint, float]:
        """The size of each constrained quantity's distance to its limit: median over a fixed sample of designs."""

        if not self.constraints:
            return {}
        found = self.evaluate(self.random_designs(256), [c.name for c in self.constraints])
        sizes: dict[Constraint, float] = {}
        for c in self.constraints:
            distances = np.abs(found[c.name] - c.limit)
            finite = distances[np.isfinite(distances)]  # a quantity that may be infinite
            size = float(np.median(finite)) if len(finite) else 0.0
            sizes[c] = max(size, abs(c.limit)) or 1.0
        return sizes

    def violations(self, quantities: Mapping[str, Array]) -> Array:
        """By how much each constraint is missed, in units of its scale.

        Returns:
            Array (designs, constraints); positive where violated.
        """

        if not self.constraints:
            return np.zeros((len(next(iter(quantities.values()))), 0))
        columns = [c.sign * (c.limit - quantities[c.name]) / self.constraint_scales[c] for c in self.constraints]
        return np.stack(columns, axis=1)

    def feasible(self, quantities: Mapping[str, Array]) -> NDArray[np.bool_]:
        """Which designs meet every constraint, rounding apart; array (designs,)."""

        met = np.ones(len(next(iter(quantities.values()))), dtype=bool)
        for c in self.constraints:
            met &= c.sign * (c.limit - quantities[c.name]) <= c.rounding
        return met

    def scores(self, quantities: Mapping[str, Array]) -> Array:
        """Objectives turned so that more is better; array (designs, objectives)."""

        return np.stack([o.sign * quantities[o.name] for o in self.objectives], axis=1)
