"""The problem that an engine solves: variables, objectives, constraints and a model. Values are SI and USD."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.display import format_value
from sunfront.equation import Equation
from sunfront.errors import NotFinite
from sunfront.library.model import Model
from sunfront.problem.choices import choice_equation
from sunfront.problem.conditions import Condition
from sunfront.problem.criteria import Constraint, Objective
from sunfront.problem.loops import ProblemLoops
from sunfront.problem.preference import Preference
from sunfront.problem.statistics import Statistic
from sunfront.problem.uncertainty import Uncertainty
from sunfront.problem.variables import Variable
from sunfront.root import Root
from sunfront.tape.loops import can_compile
from sunfront.units import unit

#: Designs evaluated in one batch: few enough for the processor's cache, enough for numpy to be efficient.
CHUNK = 4096

#: Evaluations from which compiling costs less than it saves; it takes about as long as 2 million by numpy, once.
COMPILED_FROM = 1_000_000


class Broken:
    """Designs in which a quantity is NaN, or infinite although its equation does not allow it.

    Attributes:
        mask: Which designs, array (designs,).
        first: Names the quantity, and the first design that was found; empty if there is none.
    """

    def __init__(self, count: int) -> None:
        self.mask = np.zeros(count, dtype=bool)
        self.first = ""

    def add(self, error: NotFinite, rows: NDArray[np.bool_], start: int = 0) -> None:
        """Add designs, of which the first has the number ``start``."""
        self.mask[start : start + len(rows)] |= rows
        self.first = self.first or str(error)


def check_finite(
    eq: Equation,
    values: Any,
    describe: Callable[[int], str] = str,
    items: str = "designs",
    report: Callable[[NotFinite, NDArray[np.bool_]], None] | None = None,
) -> None:
    """Raise NotFinite if a value is NaN, or infinite although the equation does not allow it.

    Args:
        values: A number or an array.
        describe: Describes the item at an index of the flattened array, for the message.
        items: Plural noun for what the values belong to, for the message.
        report: Called with the error and which values are bad, of the shape of the values, in place of raising.
    """
    array = np.asarray(values, float)
    flat = np.ravel(array)
    bad = eq.is_invalid(flat)
    if not bad.any():
        return
    first = int(np.argmax(bad))
    where = f" in {int(bad.sum()):,} of {len(flat):,} {items}, first at {describe(first)}" if len(flat) > 1 else ""
    error = NotFinite(f"{eq.name} {eq.invalid_text(flat[first])}{where}".rstrip(","), eq.name)
    if report is None:
        raise error
    report(error, bad.reshape(array.shape))


def as_columns(design: Mapping[str, float]) -> dict[str, Array]:
    """Turn one design into a table of one row: for every variable an array (1,)."""
    return {name: np.array([value]) for name, value in design.items()}


def _add_rows(broken: Broken, start: int, error: NotFinite, samples: NDArray[np.bool_]) -> None:
    rows: NDArray[np.bool_] = np.asarray(samples.any(axis=1))
    broken.add(error, rows, start)


#: Violation, in units of the constraint's scale, that is only the rounding of a difference of large terms.
CANCELLATION = 1e-12


@dataclass(frozen=True)
class Problem:
    """A design problem, independent of the study that states it.

    Attributes:
        model: Equations that compute every quantity.
        values: Settings of the model, besides the variables.
        variables: Decision variables with distinct names; there may be none.
        objectives: At least one.
        constraints: Constraints that a feasible design meets.
        shipped: Those of the architecture; the others are limits of the study.
        count, amounts: As in an architecture: totals over a stack, mapped to the variables of one node.
        reported: Further quantities in a table of designs.
        base: Base design: a value for each variable, except a preset variable of which it has none of the presets.
        base_is_stated: The study states the base design, so that searches evaluate it first.
        uncertainty: Uncertain parameters of the statistics. Quantities without a statistic are at nominal values.
        conditions: When variables have a meaning, each after those of the variables that it depends on.
        preference: What is wanted of several objectives, if it is not the whole front.
        is_compiled: Designs are evaluated by compiled loops where there are some, else by numpy.
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
    base_is_stated: bool = False
    uncertainty: Uncertainty | None = None
    conditions: tuple[Condition, ...] = ()
    shipped: tuple[Constraint, ...] = ()
    preference: Preference | None = None
    is_compiled: bool = False

    @property
    def evaluations_per_design(self) -> int:
        """How often a design is evaluated: in each sample, if there are statistics."""
        return self.uncertainty.samples if self.statistics and self.uncertainty is not None else 1

    def for_many(self, evaluations: int) -> Problem:
        """Return the problem for an engine that evaluates this often: by compiled loops, if that saves time.

        The extra ``fast`` brings the compiler. What an engine finds is verified with numpy.
        """
        return replace(self, is_compiled=evaluations >= COMPILED_FROM and can_compile())

    @cached_property
    def _loops(self) -> ProblemLoops | None:
        return ProblemLoops(self.model, self.values, self.variables, self.uncertainty) if self.is_compiled else None

    def firmness(self, c: Constraint) -> int:
        """How late a constraint is given up: 0 a study's limit, 1 one of the architecture, 2 a balance of power."""
        if c not in self.shipped:
            return 0
        return 2 if unit(c.unit).dimension == unit("W").dimension else 1

    @cached_property
    def criterion_names(self) -> tuple[str, ...]:
        """Column names of all objectives and constraints, each once: quantities and statistics."""
        return tuple(dict.fromkeys([*(o.name for o in self.objectives), *(c.name for c in self.constraints)]))

    @cached_property
    def table_columns(self) -> tuple[str, ...]:
        """Columns of a table of designs: criteria, nominal values beside statistics, and reported quantities."""
        nominal = [quantity for quantity, _ in self.statistics.values()]
        return tuple(dict.fromkeys([*self.criterion_names, *nominal, *self.reported]))

    @cached_property
    def table_quantities(self) -> tuple[str, ...]:
        """Columns of a table of designs that are quantities of the model, not statistics."""
        return tuple(name for name in self.table_columns if name not in self.statistics)

    @cached_property
    def statistics(self) -> Mapping[str, tuple[str, Statistic]]:
        """Quantity and statistic of each criterion that is a statistic, by column name."""
        criteria: tuple[Objective | Constraint, ...] = (*self.objectives, *self.constraints)
        return {c.name: (c.quantity, c.statistic) for c in criteria if c.statistic is not None}

    @cached_property
    def equation_choices(self) -> tuple[Variable, ...]:
        """Preset variables whose choices replace equations or fits."""
        return tuple(v for v in self.variables if v.replaces_equations)

    def members(self) -> Iterator[Problem]:
        """Yield a problem for each combination of choices that replace equations; each has plain equations.

        The variables are the same, those of the choices fixed.
        """
        if not self.equation_choices:
            yield self
            return
        for chosen in product(*(v.choices for v in self.equation_choices)):
            yield self._member({v.name: choice for v, choice in zip(self.equation_choices, chosen, strict=True)})

    def _member(self, chosen: Mapping[str, float]) -> Problem:
        """Return the problem with the choices of these variables fixed, and the equations of the choices."""
        equations: list[Equation] = []
        values = dict(self.values)
        for v in self.equation_choices:
            k = round(chosen[v.name])
            for name, definitions in v.preset_values.items():
                definition = definitions[k]
                if isinstance(definition, Equation):
                    equations.append(definition)
                elif definition is not None:  # as a given value; the equation says the unit alone
                    values[name] = definition
                    unit = self.model[name].unit
                    equations.append(choice_equation(name, unit, v.name, v.labels[k : k + 1], [definition]))
        variables = tuple(
            replace(v, low=chosen[v.name], high=chosen[v.name], choices=(chosen[v.name],), preset_values={})
            if v.name in chosen
            else v
            for v in self.variables
        )
        return replace(self, model=self.model.with_equations(*equations), values=values, variables=variables)

    def is_uncertain(self, quantity: str) -> bool:
        """Return whether a quantity depends on an uncertain parameter."""
        reached = {p.name for p in self.uncertainty.parameters} if self.uncertainty else set()
        for eq in self.model.order({*self.values, *(v.name for v in self.variables)}, [quantity]):
            if not reached.isdisjoint(eq.inputs):
                reached.add(eq.name)
        return quantity in reached

    def unit(self, name: str) -> str:
        """Return the display unit of a variable, uncertain parameter, quantity or statistic."""
        if name in self.statistics:
            quantity, statistic = self.statistics[name]
            return statistic.display_unit(self.unit(quantity))
        units = {v.name: v.unit for v in self.variables}
        if self.uncertainty is not None:
            units |= {p.name: p.unit for p in self.uncertainty.parameters}
        if name in units:
            return units[name]
        return self.model[name].unit

    @cached_property
    def reported_roots(self) -> frozenset[str]:
        """Roots in a table of designs that are no criteria, so that a design may lack them: NaN."""
        shown = (name for name in self.table_quantities if name in self.model and name not in self.criterion_names)
        return frozenset(name for name in shown if isinstance(self.model[name], Root))

    def evaluate(
        self,
        designs: Mapping[str, Array],
        wanted: Iterable[str] | None = None,
        broken: Broken | None = None,
        may_lack: Collection[str] = (),
    ) -> dict[str, Array]:
        """Evaluate quantities and statistics of many designs.

        Args:
            designs: For every variable an array (designs,).
            wanted: Names of quantities and statistics; those of all criteria if None.
            broken: Gets the designs in which a wanted quantity is NaN or infinite, in place of an error.
            may_lack: Quantities that may be NaN.

        Returns:
            For each wanted name an array (designs,).

        Raises:
            NotFinite: A wanted quantity is NaN or infinite; the message describes the first such design.
        """
        requested = tuple(self.criterion_names if wanted is None else wanted)
        statistics = {name: self.statistics[name] for name in requested if name in self.statistics}
        found = self.evaluate_statistics(designs, statistics, broken=broken)
        values = {name: column[:, 0] for name, column in found.items()}
        names = tuple(name for name in requested if name not in values)
        out = self._loops.evaluate(designs, names) if self._loops and designs and names else None
        if out is None:
            out = self._by_numpy(designs, names)
        for name in names:
            if name in self.model and name not in may_lack:
                describe, report = self.describe_designs(designs), None if broken is None else broken.add
                check_finite(self.model[name], out[name], describe, report=report)
        return {name: values[name] if name in values else out[name] for name in requested}

    def _by_numpy(self, designs: Mapping[str, Array], names: Sequence[str]) -> dict[str, Array]:
        """Evaluate quantities, arrays (designs,), in batches."""
        count = len(next(iter(designs.values()))) if designs else 1
        fixed = {name: value for name, value in self.values.items() if name not in designs}
        if count > CHUNK:  # quantities that depend on no variable are computed once, not once per batch
            fixed = self.model.constant_part(fixed, designs, names)
        out = {name: np.empty(count) for name in names}
        with np.errstate(all="ignore"):  # NaN and infinity are told by the caller
            for start in range(0, count, CHUNK):
                part = slice(start, start + CHUNK)
                given = fixed | {name: np.asarray(column, float)[part] for name, column in designs.items()}
                found = self.model.evaluate(given, names)
                for name in names:
                    out[name][part] = found[name]
        return out

    def evaluate_statistics(
        self,
        designs: Mapping[str, Array],
        statistics: Mapping[str, tuple[str, Statistic]],
        parts: int = 1,
        broken: Broken | None = None,
    ) -> dict[str, Array]:
        """Evaluate statistics of many designs over the samples of the uncertain parameters.

        Args:
            designs: For every variable an array (designs,).
            statistics: Quantity and statistic, by name.
            parts: Number of equal parts of the samples, each with a result of its own. REPLICATES parts are
                independent of each other.
            broken: As in ``evaluate``: designs with such a sample.

        Returns:
            For each name an array (designs, parts).

        Raises:
            NotFinite: A quantity is NaN or infinite; the message describes the first such design and sample.
        """
        if not statistics:
            return {}
        assert self.uncertainty is not None
        count = len(next(iter(designs.values()))) if designs else 1
        out = {name: np.empty((count, parts)) for name in statistics}
        quantities = tuple(dict.fromkeys(quantity for quantity, _ in statistics.values()))
        loops = self._loops.of_samples(designs, quantities) if self._loops and designs else None
        batches = self.uncertainty.evaluate(
            self.model, self.values, designs, quantities, None if loops is None else loops.evaluate
        )
        for part, found in batches:
            for quantity, values in found.items():
                if quantity in self.model:
                    describe = self._describe_samples(designs, part.start)
                    report = None if broken is None else partial(_add_rows, broken, part.start)
                    check_finite(self.model[quantity], values, describe, "samples", report)
            with np.errstate(invalid="ignore" if broken is not None else None):
                for name, (quantity, statistic) in statistics.items():
                    out[name][part] = statistic.compute(found[quantity].reshape(len(found[quantity]), parts, -1))
        return out

    def evaluate_broadcast(self, given: Mapping[str, Any], wanted: Iterable[str]) -> dict[str, Array]:
        """Evaluate quantities over arrays that broadcast; each result has the shape of the inputs it depends on.

        Args:
            given: For every variable, and every other input of the model, a number or an array.

        Raises:
            NotFinite: A wanted quantity is NaN or infinite.
        """
        with np.errstate(all="ignore"):
            found = self.model.evaluate(given, wanted)
        for name in wanted:
            if name in self.model:
                check_finite(self.model[name], found[name])
        return {name: np.asarray(found[name], float) for name in wanted}

    def describe_designs(self, designs: Mapping[str, Array]) -> Callable[[int], str]:
        """Return a function that describes the design in a row of a table."""

        def describe(row: int) -> str:
            return ", ".join(f"{name} = {self._format(name, float(x[row]))}" for name, x in designs.items())

        return describe

    def _describe_samples(self, designs: Mapping[str, Array], first: int) -> Callable[[int], str]:
        """Return a function that describes design and sample at an index of an array (designs from first, samples)."""
        assert self.uncertainty is not None
        known, count = self.uncertainty, self.uncertainty.samples
        describe_design = self.describe_designs(designs)

        def describe(index: int) -> str:
            drawn = (
                f"{p.name} = {format_value(float(known.draws[p.name][index % count]), p.unit)}"
                for p in known.parameters
            )
            return ", ".join([describe_design(first + index // count), *drawn])

        return describe

    def _format(self, name: str, value: float) -> str:
        variable = next((v for v in self.variables if v.name == name), None)
        return format_value(value, self.unit(name)) if variable is None else variable.text(value)

    @property
    def start(self) -> dict[str, float] | None:
        """The design from which a search starts: the base design if the study states it, with all its variables."""
        if not self.base_is_stated or any(v.name not in self.base for v in self.variables):
            return None
        start = {v.name: np.array([self.base[v.name]]) for v in self.variables}
        if any(v.outside_domain(start[v.name]).any() for v in self.variables):
            return None  # a value that the study does not state may lie outside
        return {v.name: float(v.snap(start[v.name])[0]) for v in self.variables}

    @cached_property
    def hardware(self) -> frozenset[str]:
        """Names of the variables that size the hardware of one node, and of the number of nodes."""
        return frozenset((*self.amounts.values(), *self.count.values()))

    @cached_property
    def continuous_options(self) -> tuple[Variable, ...]:
        """Continuous variables that do not size hardware; a catalogue splits their ranges into shells."""
        return tuple(v for v in self.variables if v.is_continuous and v.name not in self.hardware)

    def settle(self, designs: Mapping[str, Array]) -> tuple[dict[str, Array], dict[str, NDArray[np.bool_]]]:
        """Give each conditional variable the value that it has in designs in which it means nothing.

        Returns:
            The designs, and in which of them each conditional variable means nothing; arrays (designs,) by name.
        """
        found, masks = dict(designs), {}
        for c in self.conditions:
            if (values := found.get(c.quantity)) is None:
                values = self.evaluate(found, [c.quantity], Broken(len(found[c.variable])))[c.quantity]
            masks[c.variable] = ~c.holds(np.asarray(values, float))
            found[c.variable] = np.where(masks[c.variable], c.otherwise, found[c.variable])
        return found, masks

    def inactive(self, designs: Mapping[str, Array]) -> dict[str, NDArray[np.bool_]]:
        """Return in which designs each conditional variable means nothing, arrays (designs,) by its name."""
        return self.settle(designs)[1]

    def canonical(self, designs: Mapping[str, Array]) -> dict[str, Array]:
        """Return the designs with each variable that means nothing in a design at the value that it has then.

        Designs that differ only in such variables are one.
        """
        return self.settle(designs)[0]

    def random_designs(self, count: int) -> dict[str, Array]:
        """Draw designs uniformly over the ranges, the same at every call; for every variable an array (count,)."""
        rng = np.random.default_rng(0)
        return {v.name: v.values_at(rng.random(count)) for v in self.variables}

    @cached_property
    def constraint_scales(self) -> dict[Constraint, float]:
        """Typical distance of each constraint's quantity from its limit: the median over 256 fixed random designs."""
        if not self.constraints:
            return {}
        designs = self.random_designs(256)
        broken = Broken(256)
        plain = replace(self, is_compiled=False)  # so that a search and its verification have the same scales
        quantities = plain.evaluate(designs, [c.name for c in self.constraints], broken)
        return {c: c.scale(quantities[c.name]) for c in self.constraints}

    def violations(self, quantities: Mapping[str, Array]) -> Array:
        """Compute by how much each design violates each constraint, in units of the constraint's scale.

        Returns:
            Array (designs, constraints); positive where violated.
        """
        if not self.constraints:
            return np.zeros((len(next(iter(quantities.values()))), 0))
        columns = [c.violation(quantities[c.name]) / self.constraint_scales[c] for c in self.constraints]
        found = np.stack(columns, axis=1)
        return np.where(found <= CANCELLATION, np.minimum(found, 0.0), found)

    def feasible(self, quantities: Mapping[str, Array]) -> NDArray[np.bool_]:
        """Return which designs meet every constraint, allowing for rounding; array (designs,)."""
        met = np.ones(len(next(iter(quantities.values()))), dtype=bool)
        for c in self.constraints:
            met &= c.violation(quantities[c.name]) <= max(c.rounding, CANCELLATION * self.constraint_scales[c])
        return met

    def scores(self, quantities: Mapping[str, Array]) -> Array:
        """Return the objectives with signs such that more is better; array (designs, objectives)."""
        return np.stack([o.sign * quantities[o.name] for o in self.objectives], axis=1)

    def has_finite_scores(self, scores: Array) -> NDArray[np.bool_]:
        """Return which designs may be on a front: an infinite objective is worse than any finite; array (designs,).

        Without variables the one design is shown as it is.
        """
        lost = ~np.isfinite(scores) if self.variables else np.isnan(scores)
        return np.asarray(~lost.any(axis=1))
