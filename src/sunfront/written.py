"""How a number with its unit is written: the one grammar of parameters, limits and expressions.

What can be read in two ways is refused with both readings; a usual spelling that is none of ours is answered with ours.
"""

from __future__ import annotations

import re

from sunfront.errors import UnitError

#: A number without a sign.
DIGITS = r"(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
#: A named unit with a small literal power.
FACTOR = (
    r"(?:k?rad\(Si\)|[^\W\d][\w°$]*|[%$°]\w*)"
    r"(?:\s*(?:\^|\*\*)\s*(?:\(-?\d{1,2}(?:\.\d+)?\)|-?\d{1,2}(?:\.\d+)?(?!\w)))?"
)
#: A product of named units. pint accepts more, such as towers of powers that never end.
UNIT = re.compile(rf"\s*(?:1|{FACTOR}|(?=/))(?:\s*[*/·\s]\s*{FACTOR})*\s*")

_THOUSANDS = r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?(?:[eE][-+]?\d+)?"
_NUMBER = re.compile(rf"([-+]?(?:{_THOUSANDS}|{DIGITS}))\s*(.*)", re.DOTALL)

#: A point before three zeros may divide thousands. Other decimals, such as ``24.750``, are written for their precision.
_POINT = re.compile(r"[-+]?[1-9]\d{0,2}\.000")
_LEADING_ZERO = re.compile(r"[-+]?0\d.*")
#: What follows a number that is not written in plain digits.
_REST_OF_NUMBER = re.compile(r"(?!1\s*(?:/|$))[.'\u2019_]*\d")

#: A ton is 907 kg to some, 1000 kg or 1016 kg to others.
_TON = re.compile(r"\b(k|M|G|kilo|mega|giga)?tons?\b")
#: Letters and words before the unit of an amount of money, as in ``20 million USD``, and the prefix to write.
_PREFIXES = {"k": "k", "thousand": "k", "M": "M", "m": "M", "MM": "M", "mn": "M", "million": "M"}
_PREFIXES |= {"B": "G", "bn": "G", "G": "G", "billion": "G"}
_PREFIX = "|".join(sorted(_PREFIXES, key=len, reverse=True))
_MONEY = re.compile(rf"({_PREFIX})\s+(?:USD|\$)(\W.*)?", re.DOTALL)
_DOLLARS = re.compile(rf"\$\s*(\d[\d.,]*)(?:\s*({_PREFIX})\b)?")


def split(text: str) -> tuple[str, str] | None:
    """Return the number and the unit of a text, the unit empty if there is none; None if it has no number in front."""
    match = _NUMBER.fullmatch(text.strip())
    return (match[1], match[2]) if match else None


def is_bare(value: str | float) -> bool:
    """Return whether a quantity is written without a unit."""
    return not isinstance(value, str) or bool((parts := split(value)) and not parts[1])


def written_unit(value: object) -> str | None:
    """Return the unit with which a quantity is written; None if there is none."""
    parts = split(value) if isinstance(value, str) else None
    return parts[1] or None if parts else None


def read_number(text: str, name: str) -> float:
    """Return the number that digits, perhaps with thousands separators, stand for.

    Raises:
        UnitError: It may be another number: a single comma, or a point before three zeros, may divide thousands;
            leading zeros may be a part of a number that was divided.
    """
    plain = text.replace(",", "")
    if text.count(",") == 1 and "." not in text:
        raise UnitError(
            f"{name}: {text!r} may be {plain} or {float(text.replace(',', '.')):g}; write it without a comma",
            quantity=name,
        )
    if _POINT.fullmatch(text):
        raise UnitError(
            f"{name}: {text!r} may be {float(text):g} or {1000 * float(text):.0f}; write the one that is meant",
            quantity=name,
        )
    if _LEADING_ZERO.fullmatch(text):
        raise UnitError(
            f"{name}: {text!r} begins with a zero; write {plain.lstrip('+-0') or '0'}, and thousands in a list without "
            "a comma",
            quantity=name,
        )
    return float(plain)


def check_unit_text(number: str, text: str, name: str, whole: str) -> None:
    """Raise UnitError, with the spelling to use, if what follows a number belongs to it, or is money, as ``M USD``.

    Args:
        whole: Number and unit as written.
    """
    if text.startswith(","):
        raise UnitError(f"{name}: {whole!r} has a comma in its number; write a decimal point", quantity=name)
    if _REST_OF_NUMBER.match(text):
        raise UnitError(
            f"{name}: {whole!r} has marks or blanks in its number; write plain digits and a decimal point",
            quantity=name,
        )
    if match := _MONEY.fullmatch(text):
        written = f"{number} {_PREFIXES[match[1]]}USD{match[2] or ''}"
        raise UnitError(f"{name}: write '{written}' instead of '{number} {text}'", quantity=name, unit=text)


def dollars(text: str) -> tuple[str, str] | None:
    """Return an amount of money that begins with a dollar sign, and how to write it; None if the text is none."""
    match = _DOLLARS.match(text)
    return (match[0], f"{match[1].replace(',', '')} {_PREFIXES.get(match[2], '')}USD") if match else None


def check_ton(text: str) -> None:
    """Raise UnitError if a unit is a ton of unknown size."""
    if match := _TON.search(text):
        prefix = {"kilo": "k", "mega": "M", "giga": "G"}.get(match[1], match[1] or "")
        raise UnitError(
            f"{match[0]!r} may be the metric ton of 1000 kg, the short ton of 907 kg or the long ton of 1016 kg; write "
            f"{prefix + 't'!r}, 'short_ton' or 'long_ton'",
            unit=text,
        )
