"""Answers to break-even questions, and their text."""

from __future__ import annotations

from dataclasses import dataclass

from sunfront.arrays import Array
from sunfront.display import format_range, format_value

#: Sign of quantity minus target, in words.
SIDES = {1: "above", -1: "below", 0: "equal"}


@dataclass(frozen=True)
class MissedAt:
    """A constraint that the design misses at one value of the parameter.

    Attributes:
        at: Value of the parameter; SI and USD.
        constraint: Its text, as ``node_mass <= 4,000 kg``.
        value: The constrained quantity; None if it is no finite number.
        unit: Display unit of that quantity.
    """

    at: float
    constraint: str
    value: float | None
    unit: str


@dataclass(frozen=True, repr=False)
class BreakEven:
    """Where a quantity equals its target. Values are SI and USD; as text they are in display units.

    Attributes:
        unit, quantity_unit: Display units of the parameter and of the quantity.
        roots: Values of the parameter, ascending, at which the quantity equals its target.
        stretches: Intervals (low, high) of the parameter, ascending, on which it equals its target throughout.
        jumps: Values of the parameter at which the quantity jumps across its target.
        sides: Signs of quantity minus target (1, -1) before, between and after roots, stretches and jumps.
        low, high: Search range. Two roots closer together than a thousandth of it can be missed, as can a target that
            is touched but not crossed.
        base: Value of the parameter in the base design.
        at_base: Value of the quantity there.
        target: Value of the target there.
        other: Name of the study that gives the target; empty if it is a value.
        missed: Constraints that the design misses at the ends of the range, in the base design, or at an answer.
        unchecked: Constraints on statistics, which are not checked.
    """

    parameter: str
    unit: str
    quantity: str
    quantity_unit: str
    roots: tuple[float, ...]
    stretches: tuple[tuple[float, float], ...]
    jumps: tuple[float, ...]
    sides: tuple[int, ...]
    low: float
    high: float
    base: float
    at_base: float
    target: float
    other: str = ""
    missed: tuple[MissedAt, ...] = ()
    unchecked: tuple[str, ...] = ()

    @property
    def answers(self) -> tuple[float, ...]:
        """Roots, jumps and ends of stretches, ascending."""
        return tuple(sorted([*self.roots, *self.jumps, *(end for stretch in self.stretches for end in stretch)]))

    def __repr__(self) -> str:
        return f"<BreakEven: {'; '.join(sentences(self))}>"

    def __str__(self) -> str:
        return "\n".join(sentences(self))


@dataclass(frozen=True)
class BreakEvenMap:
    """Break-even values for several values of a second parameter. Values are SI and USD.

    Attributes:
        over: Name of the second parameter.
        over_unit: Its display unit.
        values: Values of the second parameter, ascending.
        lines: Break-even values of the first parameter at each of them.
        across: Grid of the second parameter, array (x,).
        up: Grid of the first parameter, array (y,).
        quantity: The quantity on both grids, array (y, x).
        target: Its target, array (y, x).
    """

    over: str
    over_unit: str
    values: tuple[float, ...]
    lines: tuple[BreakEven, ...]
    across: Array
    up: Array
    quantity: Array
    target: Array


def target_text(found: BreakEven) -> str:
    """The target: a value, or the study that gives it."""
    return f"that of {found.other}" if found.other else format_value(found.target, found.quantity_unit, 6)


def sentences(found: BreakEven) -> list[str]:
    """The break-even values as lines of text."""

    def at(value: float) -> str:
        return f"{found.parameter} = {format_value(value, found.unit, 6)}"

    quantity, target = found.quantity, target_text(found)
    span = f"from {format_range(found.low, found.high, found.unit)}"
    lines = [f"{quantity} equals {target} at {at(root)}" for root in found.roots]
    for low, high in found.stretches:
        lines.append(f"{quantity} equals {target} from {at(low)} to {format_value(high, found.unit, 6)}")
    lines += [f"{quantity} jumps across {target} at {at(jump)}" for jump in found.jumps]
    if not lines:
        lines.append(f"none: {quantity} is {SIDES[found.sides[0]]} {target} for every {found.parameter} {span}")
    elif any(found.sides):
        lines.append(f"{span}: {', then '.join(SIDES[side] for side in found.sides)}")
    now = f"base design: {at(found.base)}, {quantity} = {format_value(found.at_base, found.quantity_unit, 6)}"
    if found.other:
        now += f", {target} = {format_value(found.target, found.quantity_unit, 6)}"
    return [*lines, now, *_missed_sentences(found)]


def _missed_sentences(found: BreakEven) -> list[str]:
    """A line for each constraint that the design misses, with the places where it does."""
    ends = {found.high: "the high end", found.low: "the low end", found.base: "the base value"}
    lines = []
    checked = {found.low, found.high, found.base, *found.answers}
    for constraint in dict.fromkeys(miss.constraint for miss in found.missed):
        parts = []
        misses = [miss for miss in found.missed if miss.constraint == constraint]
        if len(misses) == len(checked) and len({miss.value for miss in misses}) == 1 and misses[0].value is not None:
            value = format_value(misses[0].value, misses[0].unit, 4)
            lines.append(f"the design misses {constraint} at every {found.parameter}: it has {value}")
            continue
        for miss in misses:
            at = f"{found.parameter} = {format_value(miss.at, found.unit, 6)}"
            place = at if miss.at in found.answers else ends.get(miss.at, at)
            value = "not a number" if miss.value is None else format_value(miss.value, miss.unit, 4)
            parts.append(f"{place} ({value})")
        lines.append(f"the design misses {constraint} at {', '.join(parts)}")
    if found.unchecked:
        lines.append(f"not checked, because they are statistics: {', '.join(found.unchecked)}")
    return lines
