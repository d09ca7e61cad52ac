"""The sourced numbers of the model: constants, prices, efficiencies, fits, and the base design."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from sunfront.display import format_range, format_value
from sunfront.errors import RangeError, UnknownName
from sunfront.library.distributions import Distribution, Lognormal, Triangular
from sunfront.units import unit

Value = float | tuple[float, ...]

#: How much a number may be trusted, best first.
TRUST = {
    "standard": "a constant or textbook value",
    "sourced": "read in the source named",
    "verified": "computed with the reference named and cross-checked",
    "recalled": "from the source named, not read again",
    "assumed": "engineering judgement",
}

#: Shapes of a shipped distribution. Which fits is assumed: sources seldom say more than a range.
DISTRIBUTIONS = {
    "triangular": "from the lowest to the highest value of the sources, the value in use most likely",
    "lognormal": "a tenth below the lowest, a tenth above the highest: where sources differ by orders of magnitude",
}


@dataclass(frozen=True)
class Parameter:
    """A number with its unit and where it comes from. Values are SI and USD.

    Attributes:
        value: A number, or the coefficients of a fit.
        unit: Unit in which people read it, and in which a study gives it.
        low, high: Range found in the sources; None for constants and fits.
        allowed: Beyond it a value is refused.
        choices: If given, the only values that the model knows.
        whole: A count, of which there are no fractions.
        distribution: Its shape where a study takes it as uncertain, one of DISTRIBUTIONS.
        trust: One of TRUST.
        error: For a fit, how far it is from its reference.
    """

    name: str
    value: Value
    unit: str
    trust: str
    source: str
    low: float | None = None
    high: float | None = None
    allowed: tuple[float, float] | None = None
    choices: tuple[float, ...] = ()
    whole: bool = False
    distribution: str = "triangular"
    note: str = ""
    error: str = ""

    def check(self, value: float) -> None:
        """Raise RangeError for a value that cannot be meant."""
        if self.allowed is None:
            raise RangeError(f"{self.name} holds the coefficients of a fit; a study cannot set it to one number")
        low, high = self.allowed
        if self.choices and not any(math.isclose(value, choice, rel_tol=1e-9) for choice in self.choices):
            known = ", ".join(format_value(choice, self.unit) for choice in self.choices)
            raise RangeError(f"{self.name} = {format_value(value, self.unit)} is not one of {known}")
        if self.whole and not float(value).is_integer():
            raise RangeError(f"{self.name} = {value:g} is no whole number")
        # Rounding in the conversion of units must not refuse the limit itself.
        slack = 1e-12 * max(abs(low), abs(high))
        if not low - slack <= value <= high + slack:
            raise RangeError(
                f"{self.name} = {format_value(value, self.unit)} is out of range: allowed are "
                f"{format_range(low, high, self.unit)}"
            )

    @property
    def spreads(self) -> bool:
        """Whether the sources give it a spread over which it can vary without steps."""
        return not (self.whole or self.choices) and self.low is not None and self.low != self.high

    def spread(self, nominal: float) -> Distribution:
        """Its distribution: what the sources span, in the shape that `distribution` says.

        Args:
            nominal: Value in use, the mode of a triangle.

        Raises:
            RangeError: The sources give no spread, or the value in use lies outside it.
        """
        if not self.spreads or self.low is None or self.high is None:
            raise RangeError(f"{self.name} has no spread in its sources; write its distribution out")
        if self.distribution == "lognormal":
            return Lognormal(self.low, self.high)
        if not self.plausible(nominal):
            raise RangeError(
                f"{self.name} = {format_value(nominal, self.unit)} lies outside the spread of its sources, "
                f"{format_range(self.low, self.high, self.unit)}; write its distribution out"
            )
        return Triangular(self.low, nominal, self.high)

    def plausible(self, value: float) -> bool:
        """Whether the value lies in the range that the sources give."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


def load_yaml(text: str) -> Any:
    """Parse shipped YAML, with libyaml where it is there: data is read at every start."""
    import yaml

    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def names(folder: str) -> list[str]:
    """Names of the shipped YAML files in a data folder."""
    found = files("sunfront.data").joinpath(folder).iterdir()
    return sorted(file.name.removesuffix(".yaml") for file in found if file.name.endswith(".yaml"))


def read(folder: str, name: str) -> Any:
    """A shipped YAML file of a data folder."""
    return load_yaml(files("sunfront.data").joinpath(folder, f"{name}.yaml").read_text("utf-8"))


@cache
def parameters() -> Mapping[str, Parameter]:
    """All shipped parameters by name."""
    found: dict[str, Parameter] = {}
    for topic in names("parameters"):
        for name, entry in read("parameters", topic).items():
            if name in found:
                raise ValueError(f"parameter {name!r} is defined twice")
            found[name] = _parameter(name, **entry)
    return MappingProxyType(found)


def parameter(name: str) -> Parameter:
    """The shipped parameter of that name.

    Raises:
        UnknownName: There is none.
    """
    try:
        return parameters()[name]
    except KeyError:
        raise UnknownName(name, "parameter", parameters()) from None


def _parameter(
    name: str,
    value: float | list[float],
    unit: str,
    low: float | None = None,
    high: float | None = None,
    allowed: list[float] | None = None,
    choices: list[float] | None = None,
    whole: bool = False,
    distribution: str = "triangular",
    **prose: str,
) -> Parameter:
    to_si = _unit_of(unit).to_si
    return Parameter(
        name=name,
        value=tuple(map(to_si, value)) if isinstance(value, list) else to_si(value),
        unit=unit,
        low=None if low is None else to_si(low),
        high=None if high is None else to_si(high),
        allowed=None if allowed is None else (to_si(allowed[0]), to_si(allowed[1])),
        choices=tuple(map(to_si, choices or ())),
        whole=whole,
        distribution=distribution,
        **prose,
    )


_unit_of = unit  # the entry's own key is called `unit` too
