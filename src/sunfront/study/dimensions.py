"""Dimensions of expressions: powers of base dimensions, and the unit in which people read a result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from sunfront.units import unit

#: Powers by base dimension, without zeros; empty for a pure number.
Dimension = dict[str, float]

#: Units of the base dimensions, in the order in which a composed unit names them.
_BASE = {
    "[currency]": "USD",
    "[token]": "token",
    "[ionizing_dose]": "rad(Si)",
    "[mass]": "kg",
    "[length]": "m",
    "[current]": "A",
    "[temperature]": "K",
    "[substance]": "mol",
    "[luminosity]": "cd",
    "[angle]": "rad",
    "[time]": "s",
}


def dimension_of(text: str) -> Dimension:
    """Return the dimension of a unit."""
    powers = (part.rpartition("^") for part in unit(text).dimension.split("*") if part)
    return {name: float(exponent) for name, _, exponent in powers}


def product(a: Mapping[str, float], b: Mapping[str, float], sign: int) -> Dimension:
    """Return the dimension of a product (sign 1) or a quotient (sign -1)."""
    found = {name: a.get(name, 0.0) + sign * b.get(name, 0.0) for name in [*a, *b]}
    return {name: found[name] for name in sorted(found) if found[name]}


def power(a: Mapping[str, float], exponent: float) -> Dimension:
    """Return the dimension of a power."""
    return {name: value * exponent for name, value in a.items() if value * exponent}


def dimension_text(dimension: Mapping[str, float]) -> str:
    """Return a dimension as people read it: ``mass``, ``currency/time``, ``a pure number``."""
    words = {name.strip("[]").replace("_", " "): value for name, value in dimension.items()}
    above = [f"{word}^{value:g}" if value != 1 else word for word, value in words.items() if value > 0]
    below = [f"{word}^{-value:g}" if value != -1 else word for word, value in words.items() if value < 0]
    if not words:
        return "a pure number"
    return "/".join(["*".join(above) or "1", *below])


def display_unit(dimension: Mapping[str, float], known: Iterable[str]) -> str:
    """Return the unit in which people read a quantity: the one that most quantities of the dimension have.

    Args:
        known: Display units of the quantities, one for each. Without one of the dimension the unit is composed.
    """
    count = Counter(text for text in known if dimension_of(text) == dimension and not unit(text).offset)
    if count:
        return min(count, key=lambda text: (-count[text], len(text), text))
    times = {"[time]": "year"} if "[currency]" in dimension else {}
    names = {**_BASE, **times}
    above = [_factor(names[name], dimension[name]) for name in _BASE if dimension.get(name, 0) > 0]
    below = [_factor(names[name], -dimension[name]) for name in _BASE if dimension.get(name, 0) < 0]
    return "/".join(["*".join(above) or "1", *below])


def _factor(name: str, exponent: float) -> str:
    return name if exponent == 1 else f"{name}^{exponent:g}"
