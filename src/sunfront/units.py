"""Units at the boundary: parse text with a unit to SI and USD, and convert back.

pint is the authority. Importing it takes longer than all other work of ``sunfront validate``, so pint's factors for
common units are stored in ``data/units.json``; any other unit asks pint. ``python tools/units_table.py`` rewrites the
file, and a test compares it with pint.

Besides the SI base units there are three more: money (``USD`` of 2026), ionizing dose in silicon (``rad(Si)``), and
tokens.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from sunfront.errors import UnitError, did_you_mean
from sunfront.written import UNIT, check_ton, check_unit_text, dollars, read_number, split

_DIGITS, _SUPERSCRIPTS = "-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"
_SUPERSCRIPT = re.compile(f"[{_SUPERSCRIPTS}]+")
_TO_DIGITS, _TO_SUPERSCRIPTS = str.maketrans(_SUPERSCRIPTS, _DIGITS), str.maketrans(_DIGITS, _SUPERSCRIPTS)

#: What people write for another unit, where that one fits.
_MEANT = {"C": "degC", "F": "degF", "pct": "%", "tons": "t"}

#: Unit of a temperature difference, parsed as kelvin; a degree on the Celsius scale would get 273.15 added.
DIFFERENCE = "delta_degC"


@dataclass(frozen=True)
class Unit:
    """A unit: ``SI value = value * factor + offset``.

    Attributes:
        text: The unit as written.
        dimension: Canonical text of its dimension; empty for a dimensionless unit.
    """

    text: str
    dimension: str
    factor: float
    offset: float

    def to_si(self, value: Any) -> Any:
        """Convert a number or array from this unit to SI."""
        return value * self.factor + self.offset

    def from_si(self, value: Any) -> Any:
        """Convert a number or array from SI to this unit."""
        return (value - self.offset) / self.factor


@cache
def unit(text: str) -> Unit:
    """Return the unit that ``text`` names, as ``"m^2"``, ``"m²"`` or ``"launches/year"``.

    Raises:
        UnitError: There is no such unit.
    """
    entry = _table().get(_plain(text))
    return Unit(text, *entry) if entry else unit_from_pint(text)


@cache
def _table() -> dict[str, tuple[str, float, float]]:
    return json.loads(files("sunfront.data").joinpath("units.json").read_text("utf-8"))  # type: ignore[no-any-return]


@cache
def registry() -> Any:
    """Return pint's registry, extended by money, dose in silicon, and tokens."""
    import pint

    ureg: Any = pint.UnitRegistry(autoconvert_offset_to_baseunit=True)
    ureg.define("USD = [currency] = dollar")
    ureg.define("rad_Si = [ionizing_dose]")
    ureg.define("token = [token]")
    ureg.define("flop = [operation] = flop = FLOP")
    ureg.define("sfu = 1e-22 * watt / meter ** 2 / hertz")
    ureg.define("kilotonne = 1000 * metric_ton = kt")  # pint's own kt is the knot
    ureg.define("MMBtu = 1e6 * Btu")
    return ureg


def base_quantity(value: Any, text: str) -> Any:
    """Return an SI value, or a tuple of them, as pint quantities in the base unit of the dimension of a unit."""
    quantity, base = registry().Quantity, _base_unit(text)
    return tuple(quantity(v, base) for v in value) if isinstance(value, tuple) else quantity(value, base)


@cache
def _base_unit(text: str) -> Any:
    ureg = registry()
    return ureg.Quantity(1.0, ureg.Unit("" if text == "1" else pint_text(text))).to_base_units().units


def _plain(text: str) -> str:
    """Return a unit in ASCII: ``"m^2"`` for ``"m²"``."""
    return _SUPERSCRIPT.sub(lambda match: "^" + match[0].translate(_TO_DIGITS), text)


def is_shipped_unit(text: str) -> bool:
    """Whether a text is a unit that sunfront ships, such as ``GUSD``; pint knows many more, some like words."""
    return text in _table()


def pint_text(text: str) -> str:
    """Return ``text`` in pint's notation. ``launches/year`` and ``/year`` are ``1/year``."""
    text = re.sub(r"^(launch(es)?)?\s*/", "1/", _plain(text).strip())
    return text.replace("rad(Si)", "rad_Si").replace("$", "USD").replace("°C", "degC").replace("°", "deg")


def unit_from_pint(text: str) -> Unit:
    """Return the unit that ``text`` names, according to pint.

    Raises:
        UnitError: pint knows no such unit, or it is logarithmic.
    """
    if re.search(r"\bper\b", text):
        raise UnitError(f"unknown unit {text!r}; write / for 'per'", unit=text)
    if len(text) > 80 or not UNIT.fullmatch(_plain(text)):
        raise UnitError(f"unknown unit {text if len(text) < 80 else text[:40] + '...'!r}", unit=text)
    check_ton(text)
    ureg = registry()
    try:
        parsed = ureg.Unit(pint_text(text)) if text.strip() != "1" else ureg.Unit("")
        base = ureg.Quantity(1.0, parsed).to_base_units()
        one = base.magnitude
        zero = ureg.Quantity(0.0, parsed).to_base_units().magnitude
        two = ureg.Quantity(2.0, parsed).to_base_units().magnitude
    except Exception as error:  # pint raises a dozen kinds, from tokenizer errors to ZeroDivisionError
        raise UnitError(f"unknown unit {text!r}{did_you_mean(text, _table()) or f' ({error})'}", unit=text) from None
    if not math.isclose(two, 2 * one - zero, rel_tol=1e-9):
        raise UnitError(f"{text!r} is a logarithmic unit; give the plain value", unit=text)
    powers = dict(parsed.dimensionality)
    if "radian" in dict(base.unit_items()):
        powers["[angle]"] = dict(base.unit_items())["radian"]  # dimensionless to pint, but an angle is not a share
    dimension = "*".join(f"{name}^{power:g}" for name, power in sorted(powers.items()))
    return Unit(text, dimension, float(one - zero), float(zero))


def parse(value: str | float, expected: str, name: str) -> float:
    """Return the SI value of a quantity written with its unit.

    Args:
        value: Text such as ``"560 km"``. A bare number is allowed only where ``expected`` is ``"1"``, or ``"%"``,
            where it is a share below 1.
        expected: A unit of the quantity's dimension.
        name: The quantity's name, for the message.

    Raises:
        UnitError: There is no number, or the unit is missing, unknown, or of another dimension.
    """
    want = unit(expected)
    if isinstance(value, str):
        parts = split(value)
        if parts is None:
            money = dollars(value.strip())
            written = money[1] if money else "1" if expected == "1" else f"1 {_expected(expected)}"
            what = "a number" if expected == "1" else "a number and a unit"
            raise UnitError(f"{name}: {value!r} is not a quantity; write {what}, as '{written}'", quantity=name)
        check_unit_text(*parts, name, value)
        number, text = read_number(parts[0], name), parts[1]
        given = unit(text) if text else None
    else:
        number, given = float(value), None
    if not math.isfinite(number):
        raise UnitError(f"{name}: {value!r} is not finite", quantity=name)
    if given is None:
        if expected == "%" and abs(number) >= 1:
            raise UnitError(
                f"{name}: {value!r} may mean {number:g} % or {100 * number:g} %; write the one that is meant",
                quantity=name,
                unit=expected,
            )
        if expected not in ("1", "%"):  # also for angles: 45 would be radians
            # A rate such as a discount rate is usually told in percent.
            share = f"{number:.12g} %/year' or '" if expected == "1/year" and abs(number) >= 1 else ""
            raise UnitError(
                f"{name}: '{number:.12g}' needs a unit, as '{share}{number:.12g} {unit_label(expected)}'",
                quantity=name,
                unit=expected,
            )
        return number * 1.0
    if given.dimension != want.dimension:
        rate = f"{given.text}/year" if given.text in ("%", "USD", "MUSD") else _MEANT.get(given.text, "1")
        meant = f"; write '{number:g} {rate}'" if unit(rate).dimension == want.dimension != "" or rate == "%" else ""
        raise UnitError(
            f"{name}: {given.text!r} is {_dimension(given)}, but {name} is given in {_expected(expected)} "
            f"({_dimension(want)}){meant}",
            quantity=name,
            unit=given.text,
        )
    if expected == DIFFERENCE and given.offset:
        raise UnitError(
            f"{name} is a temperature difference, not a temperature on the {given.text} scale; write '{number:g} K'",
            quantity=name,
            unit=given.text,
        )
    converted = float(given.to_si(number))
    if not math.isfinite(converted):
        raise UnitError(f"{name}: {value!r} is not finite", quantity=name)
    return converted


def difference_unit(text: str) -> str:
    """Return the unit of a difference of two values in ``text``: the same, or for a temperature one without offset."""
    return DIFFERENCE if unit(text).dimension == unit("K").dimension else text


def si_unit(text: str) -> str:
    """Return the name of the SI and USD unit of the same dimension: ``"W"`` for ``"kW"``."""
    wanted = unit(text)
    if wanted.factor == 1 and not wanted.offset:
        return "K" if text == DIFFERENCE else _plain(text)
    synonyms = ("$", "Hz", "Gy")  # other names for USD, 1/s and J/kg
    names = [
        name for name, entry in _table().items() if list(entry) == [wanted.dimension, 1, 0] and name not in synonyms
    ]
    if names:
        return min(names, key=lambda name: (len(name), name))
    return f"{registry().Quantity(1.0, pint_text(text)).to_base_units().units:~C}"


def unit_meanings() -> dict[str, str]:
    """Return the common units, each with its size in SI and USD, such as ``"1 kW = 1000 W"``, or its dimension."""
    table = _table()
    base: dict[str, str] = {}
    for name in sorted(table, key=lambda name: (len(name), name)):
        dimension, factor, offset = table[name]
        if factor == 1 and not offset:
            base.setdefault(dimension, name)
    meanings = {}
    for name in table:
        found = unit(name)
        size = f"1 {name} = {found.factor:.6g} {base.get(found.dimension, '')}"
        meanings[name] = _dimension(found) if found.offset or found.dimension not in base else size
    return meanings


def unit_label(text: str) -> str:
    """Return a unit as people read it: ``"m²"`` for ``"m^2"``; ``"1"`` for a dimensionless one."""
    if text == DIFFERENCE:
        return "K"
    return re.sub(r"\^(-?\d+)", lambda match: match[1].translate(_TO_SUPERSCRIPTS), text)


def _expected(text: str) -> str:
    return "no unit" if text == "1" else unit_label(text)


def _dimension(of: Unit) -> str:
    return re.sub(r"\[|\]|\^1\b", "", of.dimension) or "dimensionless"
