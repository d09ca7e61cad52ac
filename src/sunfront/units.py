"""Units at the edge: text with a unit to SI and USD, and back.

pint is the authority. Since importing it takes longer than everything else that ``sunfront validate`` does, what
pint says of the usual units is kept in ``data/units.json``; any other unit asks pint. ``python -m sunfront.units``
writes the file anew, and a test compares it with pint.

Besides SI, two dimensions have a base of their own: money (``USD``, of 2026) and ionizing dose in silicon
(``rad(Si)``), and so do tokens.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from sunfront.errors import UnitError

_NAMED = r"(?:k?rad\(Si\)|[^\W\d][\w°$]*|[%$°]\w*)(?:\s*(?:\^|\*\*)\s*\(?-?\d{1,2}(?:\.\d+)?\)?)?"
#: A product of named units with small literal powers. pint reads more, towers of powers among it, for ever.
_UNIT = re.compile(rf"\s*(?:1|{_NAMED}|(?=/))(?:\s*[*/·\s]\s*{_NAMED})*\s*")
_NUMBER = re.compile(
    r"\s*([-+]?(?:\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*?)\s*", re.DOTALL
)
_DIGITS, _SUPERSCRIPTS = "-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"
_SUPERSCRIPT = re.compile(f"[{_SUPERSCRIPTS}]+")
_TO_DIGITS, _TO_SUPERSCRIPTS = str.maketrans(_SUPERSCRIPTS, _DIGITS), str.maketrans(_DIGITS, _SUPERSCRIPTS)

#: Unit of a difference of temperatures, read as kelvin: on the Celsius scale it would get 273.15 added.
DIFFERENCE = "delta_degC"


@dataclass(frozen=True)
class Unit:
    """A unit: ``SI value = value * factor + offset``.

    Attributes:
        text: As written.
        dimension: Canonical text of its dimension, empty for a pure number.
    """

    text: str
    dimension: str
    factor: float
    offset: float

    def to_si(self, value: Any) -> Any:
        return value * self.factor + self.offset

    def from_si(self, value: Any) -> Any:
        return (value - self.offset) / self.factor


@cache
def unit(text: str) -> Unit:
    """The unit that ``text`` names.

    Raises:
        UnitError: No such unit.
    """
    entry = _table().get(_plain(text))
    return Unit(text, *entry) if entry else unit_from_pint(text)


@cache
def _table() -> dict[str, tuple[str, float, float]]:
    return json.loads(files("sunfront.data").joinpath("units.json").read_text("utf-8"))  # type: ignore[no-any-return]


@cache
def registry() -> Any:
    """The pint registry with money, dose in silicon, and tokens."""
    import pint

    ureg: Any = pint.UnitRegistry(autoconvert_offset_to_baseunit=True)
    ureg.define("USD = [currency] = dollar")
    ureg.define("rad_Si = [ionizing_dose]")
    ureg.define("token = [token]")
    ureg.define("sfu = 1e-22 * watt / meter ** 2 / hertz")
    ureg.define("kilotonne = 1000 * metric_ton = kt")  # pint's own kt is the knot
    ureg.define("MMBtu = 1e6 * Btu")
    return ureg


def _plain(text: str) -> str:
    """A unit in ASCII: ``"m^2"`` for ``"m²"``."""
    return _SUPERSCRIPT.sub(lambda match: "^" + match[0].translate(_TO_DIGITS), text)


def pint_text(text: str) -> str:
    """``text`` in pint's notation. Launches are counted: ``launches/year`` is ``1/year``, and so is ``/year``."""
    text = re.sub(r"^(launch(es)?)?\s*/", "1/", _plain(text).strip())
    return text.replace("rad(Si)", "rad_Si").replace("$", "USD").replace("°C", "degC").replace("°", "deg")


def unit_from_pint(text: str) -> Unit:
    if len(text) > 80 or not _UNIT.fullmatch(_plain(text)):
        raise UnitError(f"unknown unit {text if len(text) < 80 else text[:40] + '...'!r}")
    ureg = registry()
    try:
        parsed = ureg.Unit(pint_text(text)) if text.strip() != "1" else ureg.Unit("")
        base = ureg.Quantity(1.0, parsed).to_base_units()
        one = base.magnitude
        zero = ureg.Quantity(0.0, parsed).to_base_units().magnitude
        two = ureg.Quantity(2.0, parsed).to_base_units().magnitude
    except Exception as error:  # pint raises a dozen kinds, from tokenizer errors to ZeroDivisionError
        raise UnitError(f"unknown unit {text!r} ({error})") from None
    if not math.isclose(two, 2 * one - zero, rel_tol=1e-9):
        raise UnitError(f"{text!r} is a logarithmic unit; give the plain value")
    powers = dict(parsed.dimensionality)
    if "radian" in dict(base.unit_items()):
        powers["[angle]"] = dict(base.unit_items())["radian"]  # to pint a pure number; no angle is a share
    dimension = "*".join(f"{name}^{power:g}" for name, power in sorted(powers.items()))
    return Unit(text, dimension, float(one - zero), float(zero))


def parse(value: str | float, expected: str, name: str) -> float:
    """The SI value of a quantity written with its unit.

    Args:
        value: As ``"560 km"``; a bare number only where ``expected`` is dimensionless, and then a share, not percent.
        expected: A unit of the dimension that ``name`` has.
        name: The quantity, for the message.

    Raises:
        UnitError: The unit is missing, unknown, or of another dimension; or there is no number.
    """
    want = unit(expected)
    if isinstance(value, str):
        match = _NUMBER.fullmatch(value)
        if match is None:
            raise UnitError(f"{name}: {value!r} is no quantity; write a number and a unit, as '1 {_shown(expected)}'")
        number, text = float(match[1].replace(",", "")), match[2]
        given = unit(text) if text else None
    else:
        number, given = float(value), None
    if not math.isfinite(number):
        raise UnitError(f"{name}: {value!r} is not finite")
    if given is None:
        if want.dimension:  # angles too: 45 would be radians
            raise UnitError(f"{name}: {value!r} needs a unit, as '{value} {unit_label(expected)}'")
        return number * 1.0
    if given.dimension != want.dimension:
        raise UnitError(
            f"{name}: {given.text!r} is {_kind(given)}, but {name} is given in {_shown(expected)} ({_kind(want)})"
        )
    if expected == DIFFERENCE and given.offset:
        raise UnitError(
            f"{name} is a difference of temperatures, no point on the {given.text} scale; write '{number:g} K'"
        )
    return float(given.to_si(number))


def is_bare(value: str | float) -> bool:
    """Whether a quantity as written has no unit."""
    return not isinstance(value, str) or bool((match := _NUMBER.fullmatch(value)) and not match[2])


def difference_unit(text: str) -> str:
    """The unit of a difference of two values in ``text``: itself, but for temperatures on a scale with an offset."""
    return DIFFERENCE if unit(text).offset else text


def si_unit(text: str) -> str:
    """The unit of the same dimension in which SI and USD values are: ``"W"`` for ``"kW"``."""
    wanted = unit(text)
    if wanted.factor == 1 and not wanted.offset:
        return unit_label(text)
    plain = [
        name
        for name, entry in _table().items()
        if list(entry) == [wanted.dimension, 1, 0] and name not in ("$", "Hz", "Gy")  # USD, 1/s, J/kg by other names
    ]
    if plain:
        return min(plain, key=lambda name: (len(name), name))
    return f"{registry().Quantity(1.0, pint_text(text)).to_base_units().units:~C}"


def unit_label(text: str) -> str:
    """A unit as people read it."""
    if text == DIFFERENCE:
        return "K"
    return re.sub(r"\^(-?\d+)", lambda match: match[1].translate(_TO_SUPERSCRIPTS), text)


def _shown(text: str) -> str:
    return "no unit" if text == "1" else unit_label(text)


def _kind(of: Unit) -> str:
    return re.sub(r"\[|\]|\^1\b", "", of.dimension) or "a pure number"
