"""Write names and numbers for people: words for quantities, values with units and sensible digits.

Numbers have thousands separators and an ASCII minus sign. Units are those of studies (``MUSD``), with ``m²`` for
``m^2``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from html import escape

from sunfront.units import difference_unit, unit, unit_label

#: Units that differ by a prefix, small to large; a scaled number has one to three digits before the point.
FAMILIES = (
    ("W", "kW", "MW", "GW", "TW"),
    ("Wh", "kWh", "MWh", "GWh", "TWh"),
    ("kg", "t", "kt", "Mt"),
    ("USD", "kUSD", "MUSD", "GUSD"),
)

#: Words that are written in capitals.
CAPITALS = {"roi": "ROI", "npv": "NPV", "irr": "IRR", "it": "IT"}


def words(name: str) -> str:
    """Return the name of a quantity or statistic as a heading: ``"Fleet IT power"``."""
    text = re.sub(r"[a-z]+", lambda word: CAPITALS.get(word[0], word[0]), name.replace("_", " "))
    return text[0].upper() + text[1:]


def phrase(name: str) -> str:
    """Return the name of a quantity as it stands inside a sentence: ``"fleet IT power"``."""
    text = words(name)
    return text if text.split()[0].isupper() else text[0].lower() + text[1:]


def axis_label(name: str, display_unit: str) -> str:
    """Return an axis label: ``"Altitude (km)"``."""
    return words(name) if display_unit == "1" else f"{words(name)} ({unit_label(display_unit)})"


def unit_symbol(text: str) -> str:
    """Return a unit beside a number: ``"m²"``, ``"MUSD"``; empty for a dimensionless one."""
    return "" if text == "1" else unit_label(text)


def unit_scales(display_unit: str) -> list[tuple[str, float]]:
    """Return the prefixed units for numbers in ``display_unit``, small to large, each with its conversion factor."""
    family = next((family for family in FAMILIES if display_unit in family), (display_unit,))
    size = unit(display_unit).factor
    return [(unit_symbol(text), size / unit(text).factor) for text in family]


def best_scale(value: float, display_unit: str) -> tuple[str, float]:
    """Return the prefixed unit that suits a number in ``display_unit``, and its conversion factor."""
    if value == 0:
        return unit_symbol(display_unit), 1.0
    found = unit_scales(display_unit)
    return next((scale for scale in reversed(found) if abs(value * scale[1]) >= 1), found[0])


def format_number(value: float, digits: int = 4) -> str:
    """Return a number with ``digits`` significant digits and thousands separators: ``"1,234"``."""
    value = value + 0.0  # no "-0"
    large = 10**digits <= abs(value) < 1e9
    return f"{value:,.0f}" if large else f"{value:,.{digits}g}"


def decimals(largest: float, digits: int = 4) -> int:
    """Return the decimals with which the largest of some numbers has ``digits`` significant digits."""
    return max(digits - 1 - math.floor(math.log10(abs(largest))), 0) if largest else 0


def format_value(value: float, display_unit: str, digits: int = 4) -> str:
    """Return an SI value in its display unit: ``"560 km"``."""
    number = format_number(unit(display_unit).from_si(value), digits)
    return number if display_unit == "1" else f"{number} {unit_label(display_unit)}"


def as_written(value: float, display_unit: str) -> str:
    """Return an SI value in its display unit as a study writes it: ``"1200 km"``."""
    number = f"{unit(display_unit).from_si(value):.10g}"
    return number if display_unit == "1" else f"{number} {display_unit}"


def format_range(low: float, high: float, display_unit: str, digits: int = 4) -> str:
    """Two SI values in their display unit: ``"400 km to 1,200 km"``; one if they are written alike."""
    texts = [format_value(value, display_unit, digits) for value in (low, high)]
    return " to ".join(dict.fromkeys(texts))


def format_change(change: float, display_unit: str, digits: int = 4) -> str:
    """Return a difference of two SI values: in points for percentages, in kelvin for temperatures."""
    if display_unit == "%":
        return f"{format_number(100 * change, digits)} points"
    return format_value(change, difference_unit(display_unit), digits)


#: Text of an infinite value: a design without a rate of return, a time that never comes, a cover without debt.
NONE = "none"


def format_scaled(value: float, display_unit: str, digits: int = 4) -> str:
    """Return an SI value in the prefixed unit that suits it: ``"1.24 GW"``, ``"-62.3 GUSD"``."""
    number = unit(display_unit).from_si(value)
    text, factor = best_scale(number, display_unit)
    return f"{format_number(number * factor, digits)} {text}".rstrip()


def html_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return an HTML table for a notebook; all text is escaped."""
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(text)}</td>" for text in row) + "</tr>" for row in rows)
    return f'<table style="text-align: left"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
