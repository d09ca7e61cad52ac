"""Read a value as a preset or a study writes it: text with a unit, coefficients of a fit, a value with its range."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from sunfront.errors import RangeError, UnknownName, UserError
from sunfront.library.parameters import Parameter, Value
from sunfront.library.specs import COMPUTED, DEFAULT, PresetValue, ValueSpec
from sunfront.units import parse, unit
from sunfront.written import is_bare, written_unit

if TYPE_CHECKING:
    from sunfront.library.library import Library


def read_value(name: str, written: PresetValue, display_unit: str, known: Parameter | None) -> Value:
    """Return the value in SI and USD, after checking its unit and range.

    Args:
        known: The parameter of that name, if there is one.

    Raises:
        UnitError, RangeError
    """
    if isinstance(written, (list, tuple)):  # coefficients of a fit, in its display unit
        if known is not None and not isinstance(known.value, tuple):
            raise RangeError(
                f"{name} is one number, not a list; write it with its unit, without brackets", quantity=name
            )
        # Other lists than the coefficients of a fit may be longer or shorter.
        if known is not None and known.error and isinstance(known.value, tuple) and len(known.value) != len(written):
            raise RangeError(f"{name} has {len(known.value)} coefficients, not {len(written)}", quantity=name)
        if not written:
            raise RangeError(f"{name}: the list is empty; write at least one number", quantity=name)
        if not all(map(math.isfinite, written)):
            raise RangeError(f"{name}: coefficients must be finite numbers", quantity=name)
        return tuple(unit(display_unit).to_si(c) for c in written)
    if known is not None and isinstance(known.value, tuple) and written not in (DEFAULT, COMPUTED):
        raise RangeError(f"{name} is a list of numbers; write it in brackets, such as [1, 2]", quantity=name)
    text = written.value if isinstance(written, ValueSpec) else written
    value = parse(text, display_unit, name)
    if known is not None:
        value = known.rounded(value)
        known.check(value)
    return value


def ranged_parameter(
    name: str, written: ValueSpec, display_unit: str, known: Parameter | None, source: str = ""
) -> Parameter:
    """Return a parameter with the value, the range and the source that a preset or a study gives.

    Args:
        source: The source if the value names none.

    Raises:
        UnitError, RangeError: With the path of the key.
    """
    if known is not None and isinstance(known.value, tuple):
        raise RangeError(f"{name} holds the coefficients of a fit, which have no range; write a list", quantity=name)
    value = read_value(name, written, display_unit, known)
    own_unit = written_unit(written.value)  # of an end that is written without one
    ends: dict[str, float | None] = {}
    for key, text in (("low", written.low), ("high", written.high)):
        try:
            if text is not None and is_bare(text) and own_unit:
                text = f"{text} {own_unit}"
            ends[key] = None if text is None else read_value(name, text, display_unit, known)  # type: ignore[assignment]
        except UserError as error:
            raise error.under(key) from None
    low, high = ends["low"], ends["high"]
    assert isinstance(value, float)
    if (low is None) != (high is None):
        raise RangeError(f"{name}: give both low and high, or neither", quantity=name)
    if low is not None and high is not None and not low <= value <= high:
        raise RangeError(f"{name}: value must lie from low to high", quantity=name)
    base = known or Parameter(name, value, display_unit, "assumed", "", allowed=(-float("inf"), float("inf")))
    return replace(
        base,
        value=value,
        low=low,
        high=high,
        distribution=written.distribution,
        trust=written.trust,
        source=written.source or source,
        note=written.note,
    )


def unknown_value(library: Library, name: str, kind: str, known: Iterable[str], written: object) -> UnknownName:
    """Return the error of a value whose name is not known; if it is a preset it says so, as of ``chip: h100``."""
    is_preset = isinstance(written, str) and written in library.presets
    listed = f"{written} is a preset, and belongs under 'presets', of a study or of a product of a plan"
    return UnknownName(name, kind, () if is_preset else known, listed=listed if is_preset else "")


def check_value(library: Library, name: str, written: PresetValue) -> None:
    """Raise UserError unless a quantity is known to a library, and a value has its dimension and lies in its range."""
    if name not in library.units:
        raise UnknownName(name, "quantity", library.units)
    known = library.parameters.get(name)
    if isinstance(written, ValueSpec):
        ranged_parameter(name, written, library.units[name], known)
    elif written == DEFAULT and known is None:
        raise UserError(f"{name} has no sourced default; write 'computed', or give a value")
    elif written not in (DEFAULT, COMPUTED):
        read_value(name, written, library.units[name], known)
