"""Hold values to the physical range of their quantity: computed ones, and those given in place of an equation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from sunfront.display import format_range, format_value
from sunfront.equation import SIGNED, Equation
from sunfront.errors import MissingInput, NotPhysical, RangeError
from sunfront.library.model import Model
from sunfront.units import parse, unit

#: Rounding may leave a range by this much, relative to its ends and to the display unit.
ROUNDING = 1e-9


@dataclass(frozen=True)
class Outside:
    """Values of a quantity outside its physical range.

    Attributes:
        value: The first such value; SI and USD.
        low, high: The range there.
        first: Its index in the flattened values.
        count, total: Number of values outside, and of all.
    """

    eq: Equation
    value: float
    low: float
    high: float
    first: int
    count: int
    total: int

    def __str__(self) -> str:
        return f"{self.eq.name} = {self.text}, outside its physical range, {self.range_text}"

    @property
    def text(self) -> str:
        """The value in its display unit."""
        return format_value(self.value, self.eq.unit)

    @property
    def range_text(self) -> str:
        """The range in the display unit, with the name of a quantity that bounds it."""
        named = [end for end in self.eq.within if _is_name(end)]
        by = f" ({named[0]})" if named else ""
        if np.isinf(self.high):
            return f"at least {format_value(self.low, self.eq.unit)}{by}"
        if np.isinf(self.low):
            return f"at most {format_value(self.high, self.eq.unit)}{by}"
        return format_range(self.low, self.high, self.eq.unit) + by

    @property
    def limit_text(self) -> str:
        """The end that the value leaves, as a constraint of a study."""
        sign, end, number = (
            (">=", self.eq.within[0], self.low) if self.value < self.low else ("<=", self.eq.within[1], self.high)
        )
        return f"{self.eq.name} {sign} {end if _is_name(end) else format_value(number, self.eq.unit)}"

    def not_physical(self, describe: Callable[[int], str] = str, remedy: str = "") -> NotPhysical:
        """Return the error of a computed value.

        Args:
            describe: Describes the item at an index of the flattened values.
            remedy: What to do, instead of changing an input.
        """
        where = ""
        if self.total > 1:
            where = f" in {self.count:,} of {self.total:,} designs, first at {describe(self.first)}"
        remedy = remedy or f"change one of its inputs: {', '.join(self.eq.inputs)}"
        return NotPhysical(f"{self}{where}; such a design cannot exist; {remedy}", self.eq.name)


def find_outside(model: Model, values: Mapping[str, Any], names: Iterable[str] | None = None) -> list[Outside]:
    """Find the quantities that leave their physical range, in the order of the values.

    Args:
        values: Given and computed numbers and arrays; SI and USD. An end that names a quantity without a value
            is not checked.
        names: Look at these quantities alone; all that have a value if None.
    """
    found = (_outside(model[name], values) for name in (values if names is None else names) if name in model)
    return [each for each in found if each is not None]


def fixed_range(eq: Equation) -> tuple[float, float]:
    """The ends of a quantity's physical range, infinite where an end is another quantity; SI and USD."""
    low, high = (
        open_end if _is_name(text) else _number(text, eq.unit)
        for text, open_end in zip(eq.within, (-np.inf, np.inf), strict=True)
    )
    return low, high


def check_given(eq: Equation, value: Any) -> None:
    """Raise RangeError if a number or array given in place of a quantity's equation leaves its physical range.

    An end that names another quantity is checked by ``check_given_together``.
    """
    if (outside := _outside(eq, {eq.name: value})) is not None:
        raise _refusal(outside)


def check_given_together(model: Model, given: Mapping[str, Any]) -> None:
    """Raise RangeError if a given value leaves a range whose end is another quantity, with the path of the name."""
    for name in given.keys() & _bounded_by_names(model):
        eq = model[name]
        try:
            ends = model.evaluate(given, [end for end in eq.within if _is_name(end)])
        except MissingInput:  # told where the study is resolved
            continue
        if (outside := _outside(eq, {**ends, name: given[name]})) is not None:
            raise _refusal(outside).under(name)


def _refusal(outside: Outside) -> RangeError:
    name = outside.eq.name
    return RangeError(f"{outside}; give a value in the range, or write '{name}: computed'", quantity=name)


def _bounded_by_names(model: Model) -> set[str]:
    return {eq.name for eq in model if any(map(_is_name, eq.within))}


def _outside(eq: Equation, values: Mapping[str, Any]) -> Outside | None:
    if eq.within == SIGNED:
        return None
    found = np.asarray(values[eq.name], float)
    low, high = (
        _end(text, eq.unit, values, open_end) for text, open_end in zip(eq.within, (-np.inf, np.inf), strict=True)
    )
    size = unit(eq.unit).to_si(1.0) - unit(eq.unit).to_si(0.0)
    with np.errstate(invalid="ignore"):
        slack = [ROUNDING * np.maximum(np.abs(np.where(np.isinf(end), 0.0, end)), size) for end in (low, high)]
        off = (found < low - slack[0]) | (found > high + slack[1])
    if not off.any():
        return None
    first = int(np.argmax(off))
    value, least, most = (float(np.broadcast_to(each, off.shape).ravel()[first]) for each in (found, low, high))
    return Outside(eq, value, least, most, first, int(off.sum()), off.size)


def _end(text: str, display_unit: str, values: Mapping[str, Any], otherwise: float) -> Any:
    """An end of a range in SI, or ``otherwise`` if it is a quantity that has no value here."""
    if not _is_name(text):
        return _number(text, display_unit)
    return np.asarray(values[text], float) if text in values else otherwise


@cache
def _number(text: str, display_unit: str) -> float:
    return float(text) if text in ("0", "inf", "-inf") else parse(text, display_unit, "within")


def _is_name(text: str) -> bool:
    return text.isidentifier() and text != "inf"
