"""What is said where no design meets every constraint: limits that are missed, bounds that would have to move.

With a proof, a ``Reason``; of designs that were only looked at, a ``Nearest``.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sunfront.problem.criteria import Constraint
from sunfront.problem.problem import Problem, as_columns
from sunfront.problem.variables import TOLERANCE, Variable
from sunfront.units import differing, show, unit


@dataclass(frozen=True)
class Missed:
    """A limit that a design misses.

    Attributes:
        value: Of the constrained quantity, by the numpy model.
        shortfall: How far it lies on the wrong side of the limit; positive.
    """

    constraint: Constraint
    value: float
    shortfall: float

    def __str__(self) -> str:
        return f"{self.constraint} is missed by {show(self.shortfall, differing(self.constraint.unit), 3)}"

    def record(self) -> dict[str, Any]:
        """For ``run.json``: SI and USD, with the unit in which people read them."""
        c = self.constraint
        return {
            "constraint": str(c),
            "miss": self.shortfall,
            "display_unit": differing(c.unit),
            "value": self.value,
            "limit": c.limit,
        }


@dataclass(frozen=True)
class Relaxed:
    """A bound that would have to move for every constraint to hold; ``needed`` is SI."""

    variable: Variable
    upper: bool
    needed: float

    @property
    def bound(self) -> float:
        """The bound as it stands."""
        return self.variable.high if self.upper else self.variable.low

    def __str__(self) -> str:
        v = self.variable
        way, which = ("reach", "upper") if self.upper else ("come down to", "lower")
        needed = show(_outward(self.needed, v.unit, self.upper), v.unit)
        return f"{v.name} would have to {way} {needed}; its {which} bound is {show(self.bound, v.unit)}"

    def record(self) -> dict[str, Any]:
        """For ``run.json``."""
        v = self.variable
        return {
            "variable": v.name,
            "end": "high" if self.upper else "low",
            "bound": self.bound,
            "needed": self.needed,
            "display_unit": v.unit,
        }


@dataclass(frozen=True)
class Reason:
    """Why there is no design.

    Attributes:
        missed: The fewest limits that one design misses, ``design``; and by the least.
        instead: Other sets of as many limits, each of which would do instead.
        bounds: Bounds of variables, each of which would do alone.
    """

    design: Mapping[str, float]
    missed: tuple[Missed, ...]
    instead: tuple[tuple[Missed, ...], ...]
    bounds: tuple[Relaxed, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """For people."""
        count = len(self.missed)
        least = "one limit" if count == 1 else f"{count} limits together"
        said = [f"it takes {least} to give way; nearest: {', '.join(map(str, self.missed))}"]
        said += [f"or instead: {', '.join(map(str, missed))}" for missed in self.instead]
        return (*said, *(f"or with every limit kept: {bound}" for bound in self.bounds))

    @property
    def record(self) -> dict[str, Any]:
        """For ``run.json``: SI and USD."""
        return {
            "missed": [m.record() for m in self.missed],
            "design": dict(self.design),
            "instead": [[m.record() for m in missed] for missed in self.instead],
            "bounds": [bound.record() for bound in self.bounds],
        }


@dataclass(frozen=True)
class Nearest:
    """Of many designs none of which meets every constraint, that with the least sum of misses in units of their scales.

    Attributes:
        missed: Every limit that ``design`` misses.
    """

    design: Mapping[str, float]
    missed: tuple[Missed, ...]

    @classmethod
    def of(cls, problem: Problem, design: Mapping[str, float]) -> Nearest:
        """What that design misses, by the numpy model."""
        return cls(design, missed_by(problem, design, problem.constraints))

    @property
    def note(self) -> str:
        """For people."""
        return f"nearest: {', '.join(map(str, self.missed))}"

    @property
    def record(self) -> dict[str, Any]:
        """For ``run.json``: SI and USD."""
        return {"missed": [m.record() for m in self.missed], "design": dict(self.design)}


def missed_by(problem: Problem, design: Mapping[str, float], soft: Collection[Constraint] = ()) -> tuple[Missed, ...]:
    """The limits that a design misses, by the numpy model.

    Args:
        soft: Those whose misses count however small; of others only what is beyond a solver's tolerance.
    """
    found = problem.evaluate(as_columns(design), problem.needed)
    missed = []
    for c in problem.constraints:
        value = float(found[c.name][0])
        shortfall = c.sign * (c.limit - value)
        if shortfall > (0.0 if c in soft else max(TOLERANCE * problem.scales[c], c.rounding)):
            missed.append(Missed(c, value, shortfall))
    return tuple(missed)


def _outward(value: float, read: str, upper: bool) -> float:
    """An SI value rounded to four digits of its unit, on the side that is enough."""
    of = unit(read)
    number = of.from_si(value)
    if number == 0:
        return value
    digit = 10.0 ** (math.floor(math.log10(abs(number))) - 3)
    steps = number / digit
    # What lies within rounding of a step is that step.
    whole = math.ceil(steps * (1 - 1e-9)) if upper else math.floor(steps * (1 + 1e-9))
    return float(of.to_si(whole * digit))
