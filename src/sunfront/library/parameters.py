"""The sourced numbers of the model: constants, prices, efficiencies, coefficients of fits, and the base design."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from sunfront.data import shipped
from sunfront.display import format_range, format_value
from sunfront.errors import RangeError
from sunfront.library.distributions import Distribution, Lognormal, Triangular
from sunfront.units import unit

Value = float | tuple[float, ...]

#: How far a number may be relied on, best first.
TRUST = {
    "standard": "a constant or textbook value",
    "sourced": "read in the named source",
    "verified": "computed with the named reference and cross-checked",
    "recalled": "from the named source, from memory",
    "assumed": "engineering judgment",
}

#: Shapes of a shipped distribution. The shape is an assumption: sources rarely state more than a range.
DISTRIBUTIONS = {
    "triangular": "from the lowest to the highest sourced value, with the value in use as the mode",
    "lognormal": "10 % below the lowest and 10 % above the highest value, where sources differ by orders of magnitude",
}


#: What a parameter stands for. Sensitivity ranks assumptions; decisions are the designer's, constants nobody's.
ROLES = {
    "assumption": "a number that the decider does not choose: a price, a property, a condition",
    "decision": "a choice of the design or of its operation: a size, a count, a schedule",
    "constant": "a constant of nature, or a definition",
}

#: Role of all entries of a shipped file that do not state their own; in other files they are assumptions.
ROLE_OF_TOPIC = {"design": "decision", "constants": "constant"}


@dataclass(frozen=True)
class Parameter:
    """A number with its unit and source. Values are SI and USD.

    Attributes:
        value: A number, or the coefficients of a fit.
        unit: Its display unit; a study may use any unit of the same dimension.
        low, high: Range of the sources; None for constants and fits.
        allowed: Least and greatest accepted value; None for fits.
        choices: The only accepted values, if the model holds for these alone.
        whole: The number is a count; fractions are refused, besides one over a whole number if less than 1 is allowed.
        distribution: Shape of its distribution in a study that declares it uncertain, one of DISTRIBUTIONS.
        trust: One of TRUST.
        role: One of ROLES.
        error: Of a fit, its deviation from the reference.
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
    role: str = "assumption"
    note: str = ""
    error: str = ""

    def rounded(self, value: float) -> float:
        """Return the whole number that a value is but for rounding, if the parameter is a count; else the value."""
        return without_noise(value) if self.whole else value

    def check(self, value: float) -> None:
        """Raise RangeError if a value is not allowed."""
        if self.allowed is None:
            raise RangeError(
                f"{self.name} holds the coefficients of a fit; a study cannot set it to one number", quantity=self.name
            )
        low, high = self.allowed
        if self.choices and not any(math.isclose(value, choice, rel_tol=1e-9) for choice in self.choices):
            known = ", ".join(format_value(choice, self.unit) for choice in self.choices)
            raise RangeError(
                f"{self.name} = {format_value(value, self.unit)} is not one of {known}", quantity=self.name
            )
        if self.whole and not self._is_count(value):
            part = ", nor one over a whole number" if low > 0 and value < 1 else ""
            raise RangeError(f"{self.name} = {value:.12g} is not a whole number{part}", quantity=self.name)
        # Rounding in the conversion of units must not exclude the limit itself.
        slack = 1e-12 * max(abs(low), abs(high))
        if not low - slack <= value <= high + slack:
            raise RangeError(
                f"{self.name} = {format_value(value, self.unit)} is out of range: allowed are "
                f"{format_range(low, high, self.unit)}",
                quantity=self.name,
            )

    def _is_count(self, value: float) -> bool:
        """Return whether a value is a whole number, or one over a whole number where less than 1 is allowed."""
        assert self.allowed is not None
        if 0 < value < 1 and 0 < self.allowed[0] < 1:
            return float(without_noise(1 / value)).is_integer()
        return float(value).is_integer()

    @property
    def has_range(self) -> bool:
        """Whether the sources give a range over which it can vary continuously."""
        return not (self.whole or self.choices) and self.low is not None and self.low != self.high

    @property
    def range_text(self) -> str:
        """The range of the sources, for people; empty if they give none."""
        if self.low is None or self.high is None:
            return ""
        return format_range(self.low, self.high, self.unit)

    def build_distribution(self, nominal: float) -> Distribution:
        """Return its distribution: the range of the sources in the shape that ``distribution`` names.

        Args:
            nominal: The value in use; the mode of a triangular distribution.

        Raises:
            RangeError: The sources give no range, or the value in use lies outside it.
        """
        if not self.has_range or self.low is None or self.high is None:
            raise RangeError(f"{self.name} has no range in its sources; write its distribution out", quantity=self.name)
        if self.distribution == "lognormal":
            return Lognormal(self.low, self.high)
        if not self.is_plausible(nominal):
            raise RangeError(
                f"{self.name} = {format_value(nominal, self.unit)} lies outside the range of its sources, "
                f"{format_range(self.low, self.high, self.unit)}; write its distribution out",
                quantity=self.name,
            )
        return Triangular(self.low, nominal, self.high)

    def is_plausible(self, value: float) -> bool:
        """Return whether a value lies in the range of the sources."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


def without_noise(value: Any) -> Any:
    """Return the nearest whole number if a value differs from it by rounding alone, as 0.1 * 30 from 3.

    Args:
        value: A number, or an array, of which each value is treated so.
    """
    near = np.round(value)
    with np.errstate(invalid="ignore"):
        found = np.where(np.abs(value - near) <= 1e-9 * np.maximum(1.0, np.abs(near)), near, value)
    return found if np.ndim(value) else float(found)


def parse_yaml(text: str) -> Any:
    """Parse YAML written by sunfront, with libyaml if available: data is loaded at every start."""
    import yaml

    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def data_names(folder: str) -> list[str]:
    """Return the names of the shipped files in a data folder: parameters, presets or architectures."""
    return shipped.names(folder)


def load_data(folder: str, name: str) -> Any:
    """Load a shipped file of a data folder."""
    return parse_yaml(shipped.file(folder, name).read_text("utf-8"))


def build_shipped(
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
    """Build a parameter from its entry in the shipped data."""
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


_unit_of = unit  # below, `unit` is a key of the entry
