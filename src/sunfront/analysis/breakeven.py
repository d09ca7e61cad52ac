"""Break-even: the values of a parameter at which a quantity equals a target, or its value in another study."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from sunfront.analysis.breakeven_answer import BreakEven, BreakEvenMap, MissedAt
from sunfront.analysis.roots import Curve, find_crossings, search_grid
from sunfront.arrays import Array
from sunfront.display import format_range
from sunfront.errors import NotFinite, RangeError, UnknownName, UserError
from sunfront.library.architectures import quantity_unit, quantity_value
from sunfront.library.parameters import Parameter
from sunfront.problem.limits import missed_limits
from sunfront.study.study import Study
from sunfront.units import parse, unit

#: Points along each side of a map.
MAP_POINTS = 101

#: A computed quantity has no allowed range: it is searched from its base value over this factor to times this factor.
SEARCH_FACTOR = 1000.0


def breakeven(
    study: Study | str | Path,
    parameter: str,
    quantity: str = "npv",
    target: float | str = 0.0,
    other: Study | str | Path | None = None,
    low: float | str | None = None,
    high: float | str | None = None,
) -> BreakEven:
    """Find all values of a parameter at which a quantity of the base design equals a target.

    Args:
        study: A study, or the path of its file.
        parameter: Name of a parameter, or of a computed quantity, which is then given instead of computed.
        quantity: Name of the quantity.
        target: Target value: text with a unit, or a number in SI and USD.
        other: A study whose quantity of the same name is the target instead. Both studies have the same value of the
            parameter, unless the other study sets or ignores it.
        low, high: Search range: text with units, or numbers in SI and USD. The default is the allowed range of a
            parameter, or a thousandth to a thousand times the value of a computed quantity.

    Raises:
        UserError: A name is unknown, a unit is wrong, the range is empty or not allowed, or the quantity does not
            depend on the parameter.
        NotFinite: The quantity is NaN throughout the range.
    """
    return Question.read(study, parameter, quantity, target, other, low, high).solve()


def breakeven_map(
    study: Study | str | Path,
    parameter: str,
    over: str,
    values: Sequence[float | str],
    quantity: str = "npv",
    target: float | str = 0.0,
    other: Study | str | Path | None = None,
    low: float | str | None = None,
    high: float | str | None = None,
) -> BreakEvenMap:
    """Find the break-even values for each value of a second parameter. Other arguments and errors: see ``breakeven``.

    Args:
        over: Name of the second parameter, or of a computed quantity, which is then given. The other study has the
            same value of it too, unless it sets or ignores it.
        values: Values of the second parameter, ascending: texts with units, or numbers in SI and USD.
    """
    question = Question.read(study, parameter, quantity, target, other, low, high)
    return question.map(over, [_number(question.study, over, value) for value in values])


@dataclass(frozen=True)
class Question:
    """A break-even question. Its fields are the arguments of ``breakeven``, and wrong ones raise its UserError."""

    study: Study
    parameter: str
    quantity: str = "npv"
    target: float = 0.0
    other: Study | None = None
    low: float | None = None
    high: float | None = None

    @classmethod
    def read(
        cls,
        study: Study | str | Path,
        parameter: str,
        quantity: str = "npv",
        target: float | str = 0.0,
        other: Study | str | Path | None = None,
        low: float | str | None = None,
        high: float | str | None = None,
    ) -> Question:
        """Build a question from studies or their paths, and from texts with units or numbers in SI and USD."""
        study, other = _loaded(study), None if other is None else _loaded(other)
        if isinstance(target, str):
            target = parse(target, quantity_unit(study.arch, quantity), quantity)
        ends = (None if end is None else _number(study, parameter, end) for end in (low, high))
        return cls(study, parameter, quantity, target, other, *ends)

    def __post_init__(self) -> None:
        model = self.study.arch.model
        if self.quantity not in model:
            raise UnknownName(self.quantity, "quantity", (eq.name for eq in model))
        quantity_unit(self.study.arch, self.parameter)  # raises UnknownName
        if self.parameter == self.quantity or not self.depends_on(self.parameter):
            raise UserError(f"{self.quantity} does not depend on {self.parameter}; choose another parameter")
        if self.other is not None:
            _check_comparable(self.study, self.other, self.quantity)
        _check_continuous(self.study.arch.library.parameters.get(self.parameter), self.low, self.high)
        low, high = self.search_range
        if not low < high:
            span = format_range(low, high, self.display_unit)
            raise RangeError(f"{self.parameter}: the search range {span} is empty; give other ends (--from, --to)")

    @property
    def display_unit(self) -> str:
        """Display unit of the parameter."""
        return quantity_unit(self.study.arch, self.parameter)

    @cached_property
    def base(self) -> float:
        """Value of the parameter in the base design."""
        return float(self.study.base_evaluation[self.parameter])

    @property
    def search_range(self) -> tuple[float, float]:
        """Lowest and highest value searched."""
        known = self.study.arch.library.parameters.get(self.parameter)
        if known is not None and known.allowed is not None and np.isfinite(known.allowed).all():
            low, high = known.allowed
        else:
            low, high = sorted((self.base / SEARCH_FACTOR, self.base * SEARCH_FACTOR))
        return low if self.low is None else self.low, high if self.high is None else self.high

    def depends_on(self, name: str) -> bool:
        """Whether the quantity depends on a parameter or quantity."""
        return _depends_on(self.study, name, self.quantity, {self.parameter})

    def quantity_curve(self, fixed: Mapping[str, Array | float]) -> Curve:
        """The quantity as a function of the parameter, with further values fixed."""
        return _curve(self.study, self.parameter, self.quantity, fixed)

    def target_curve(self, fixed: Mapping[str, Array | float]) -> Curve:
        """The target as a function of the parameter, with further values fixed. Constant without another study."""
        if self.other is None:
            return lambda values: np.full(values.shape, self.target)
        shared = {name: value for name, value in fixed.items() if _is_shared(self.other, name, self.quantity)}
        parameter = self.parameter if _is_shared(self.other, self.parameter, self.quantity) else None
        return _curve(self.other, parameter, self.quantity, shared)

    def solve(self, fixed: Mapping[str, float] | None = None) -> BreakEven:
        """Find the break-even values.

        Args:
            fixed: Further values that replace those of the study, SI and USD.

        Raises:
            NotFinite: The quantity is NaN throughout the range.
        """
        quantity, target = self.quantity_curve(fixed or {}), self.target_curve(fixed or {})
        low, high = self.search_range
        found = find_crossings(lambda values: quantity(values) - target(values), search_grid(low, high))
        if not found.sides:
            span = format_range(low, high, self.display_unit)
            raise NotFinite(f"{self.quantity} is not a number for any {self.parameter} from {span}")
        base = np.array([self.base])
        answers = [*found.roots, *found.jumps, *(end for stretch in found.stretches for end in stretch)]
        return BreakEven(
            parameter=self.parameter,
            unit=self.display_unit,
            quantity=self.quantity,
            quantity_unit=self.study.arch.model[self.quantity].unit,
            roots=found.roots,
            stretches=found.stretches,
            jumps=found.jumps,
            sides=found.sides,
            low=low,
            high=high,
            base=self.base,
            at_base=float(quantity(base)[0]),
            target=float(target(base)[0]),
            other="" if self.other is None else self.other.name,
            missed=self._missed([low, high, self.base, *answers], fixed or {}),
            unchecked=tuple(str(c) for c in self.study.problem.constraints if c.statistic is not None),
        )

    def _missed(self, at: Sequence[float], fixed: Mapping[str, float]) -> tuple[MissedAt, ...]:
        """The constraints that the design misses at values of the parameter, in ascending order of these."""
        values = np.unique(at)
        given = _given(self.study, fixed) | {self.parameter: values}
        return tuple(
            MissedAt(
                at=float(values[miss.row]),
                constraint=str(miss.constraint),
                value=miss.value if np.isfinite(miss.value) else None,
                unit=miss.constraint.unit,
            )
            for miss in missed_limits(self.study.problem, given, len(values), self.study.arch.model)
        )

    def map(self, over: str, values: Sequence[float]) -> BreakEvenMap:
        """Find the break-even values for each value of a second parameter; see ``breakeven_map``."""
        over_unit = quantity_unit(self.study.arch, over)
        if over in (self.parameter, self.quantity):
            role = "parameter" if over == self.parameter else "quantity"
            raise UserError(f"{over} is the {role} itself; name another second parameter (--over)")
        _check_continuous(self.study.arch.library.parameters.get(over), *values)
        if not self.depends_on(over):
            raise UserError(f"{self.quantity} does not depend on {over}; name another second parameter (--over)")
        lines = tuple(self.solve({over: value}) for value in values)
        across, up = np.linspace(values[0], values[-1], MAP_POINTS), self._map_grid(lines)
        x, y = np.meshgrid(across, up)
        quantity, target = self.quantity_curve({over: x})(y), self.target_curve({over: x})(y)
        return BreakEvenMap(over, over_unit, tuple(values), lines, across, up, quantity, target)

    def _map_grid(self, lines: Sequence[BreakEven]) -> Array:
        """Values of the parameter for a map: the ends asked for, else the range of the roots with a margin."""
        roots = [root for line in lines for root in line.roots] or [self.base]
        least, most = min(roots), max(roots)
        margin = max(most - least, abs(most), abs(least)) / 2 or 1.0
        low, high = self.search_range
        bottom = low if self.low is not None else max(low, least - margin)
        top = high if self.high is not None else min(high, most + margin)
        return np.linspace(bottom, top, MAP_POINTS)


def _loaded(study: Study | str | Path) -> Study:
    return study if isinstance(study, Study) else Study.load(study)


def _number(study: Study, name: str, value: float | str) -> float:
    """A value of a quantity in SI and USD; a text is parsed and checked."""
    return quantity_value(study.arch, name, value) if isinstance(value, str) else value


def _depends_on(study: Study, name: str, quantity: str, given: Iterable[str] = ()) -> bool:
    """Whether a quantity of a study depends on a name, if further names are given instead of computed."""
    order = study.arch.model.order({*study.base_settings, name, *given}, [quantity])
    return any(name in eq.inputs for eq in order)


def _is_shared(other: Study, name: str, quantity: str) -> bool:
    """Whether the other study takes the value of a name from the first: it uses the name and does not set it."""
    return name not in other.given_values and name != quantity and _depends_on(other, name, quantity)


def _given(study: Study, fixed: Mapping[str, Array | float]) -> dict[str, Any]:
    """What the model is given: the settings of a study's base design, with further values fixed."""
    return {name: s.value for name, s in study.base_settings.items()} | dict(fixed)


def _curve(study: Study, parameter: str | None, quantity: str, fixed: Mapping[str, Array | float]) -> Curve:
    """A quantity of a study's base design as a function of a parameter; constant if the parameter is None."""
    model = study.arch.model
    given = _given(study, fixed)

    def curve(values: Array) -> Array:
        varied = {} if parameter is None else {parameter: values}
        with np.errstate(all="ignore"):  # a NaN is no crossing
            found = model.evaluate(given | varied, [quantity])[quantity]
        return np.broadcast_to(np.asarray(found, float), values.shape)

    return curve


def _check_comparable(study: Study, other: Study, quantity: str) -> None:
    """Raise UserError unless the other study has the quantity, in the same dimension."""
    if quantity not in other.arch.model:
        raise UnknownName(quantity, f"quantity of {other.name}", (eq.name for eq in other.arch.model))
    ours, theirs = study.arch.model[quantity].unit, other.arch.model[quantity].unit
    if unit(ours).dimension != unit(theirs).dimension:
        raise UserError(f"{quantity} is in {ours} here and in {theirs} in {other.name}: they cannot be compared")


def _check_continuous(known: Parameter | None, *values: float | None) -> None:
    """Raise RangeError unless a parameter may take every value of a range, these values included."""
    if known is None:
        return
    if known.allowed is None:
        raise RangeError(
            f"{known.name} holds coefficients of a fit, which cannot be searched; choose another parameter"
        )
    if known.whole or known.choices:
        raise RangeError(f"{known.name} takes discrete values only; evaluate the study at each of them instead")
    for value in values:
        if value is not None:
            known.check(value)
