"""Objectives and constraints: the criteria by which a design is judged, in SI units and USD."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from sunfront.arrays import Array
from sunfront.display import format_value
from sunfront.errors import UserError
from sunfront.problem.statistics import Statistic

Sense = Literal["maximize", "minimize"]

#: A sense as a factor: +1 where larger values are better, or on the allowed side of a limit.
_SIGNS: Mapping[str, float] = {"maximize": 1.0, "minimize": -1.0, ">=": 1.0, ">": 1.0, "<=": -1.0, "<": -1.0}

_COMPARISON = re.compile(r"\s*([a-z][^<>=!()]*?(?:\([^()]*\))?)\s*(<=|>=|[<>=!]+)\s*(.+?)\s*")


def split_comparison(text: str) -> tuple[str, Literal["<=", ">="], str]:
    """Split a line such as ``node_mass <= 4000 kg`` into left side, sense and limit, all as written.

    Raises:
        UserError: The line is not a comparison with ``<=`` or ``>=``.
    """
    match = _COMPARISON.fullmatch(text)
    if match is None or match[2] not in ("<=", ">="):
        raise UserError(
            f"constraint {text!r} is not a comparison; write a quantity, <= or >=, and a limit, such as "
            "'node_mass <= 4000 kg'"
        )
    return match[1], "<=" if match[2] == "<=" else ">=", match[3]


def sense_sign(sense: str) -> float:
    """Return the factor that turns a sense into "more is better": +1 for maximize, >= and >; -1 for the others."""
    return _SIGNS[sense]


class _Criterion:
    quantity: str
    statistic: Statistic | None

    @property
    def name(self) -> str:
        """Column name: the quantity, as ``roi``, or the statistic of it, as ``p10 roi``."""
        return self.statistic.name(self.quantity) if self.statistic else self.quantity


@dataclass(frozen=True)
class Objective(_Criterion):
    """A quantity, or a statistic of it, to maximize or minimize."""

    sense: Sense
    quantity: str
    statistic: Statistic | None = None

    @property
    def sign(self) -> float:
        """Factor that turns the objective into a score, of which more is better."""
        return sense_sign(self.sense)

    def as_constraint(self, limit: float, unit: str) -> Constraint:
        """Return the constraint that the quantity is at least as good as a limit, in SI units and USD."""
        return Constraint(self.quantity, ">=" if self.sign > 0 else "<=", limit, unit, self.statistic)

    def __str__(self) -> str:
        return f"{self.sense} {self.name}"


@dataclass(frozen=True)
class Constraint(_Criterion):
    """A quantity, or a statistic of it, that must be at most or at least a limit.

    Attributes:
        limit: Right-hand side, in SI units and USD.
        unit: Display unit of the limit.
    """

    quantity: str
    sense: Literal["<=", ">="]
    limit: float
    unit: str
    statistic: Statistic | None = None

    @property
    def sign(self) -> float:
        """Factor that makes ``quantity - limit`` non-negative where the constraint holds."""
        return sense_sign(self.sense)

    @property
    def rounding(self) -> float:
        """Violation that is only rounding, from the conversion of a unit or the steps of a grid."""
        return 1e-12 * abs(self.limit)

    def slack(self, value: Any) -> Any:
        """Return the distance of a value, or of each value of an array, from the limit; negative where violated."""
        return self.sign * (value - self.limit)

    def violation(self, value: Any) -> Any:
        """Return by how much a value, or each value of an array, violates the constraint; negative where it holds."""
        return self.sign * (self.limit - value)

    def scale(self, values: Array) -> float:
        """Return the typical distance of finite values from the limit: the median, and at least the limit itself.

        It is 1 if there is no distance at all.
        """
        distances = np.abs(values - self.limit)
        finite = distances[np.isfinite(distances)]  # a quantity may be infinite
        return max(float(np.median(finite)) if len(finite) else 0.0, abs(self.limit)) or 1.0

    def is_met(self, value: Any) -> Any:
        """Return whether a value, or each value of an array, meets the constraint, allowing for rounding."""
        return self.violation(value) <= self.rounding

    def is_implied_by(self, other: Constraint) -> bool:
        """Return whether another constraint on the same quantity is at least as strict."""
        same = (self.quantity, self.statistic, self.sense) == (other.quantity, other.statistic, other.sense)
        return same and self.is_met(other.limit)

    def as_objective(self) -> Objective:
        """Return the objective to move the quantity as far to the allowed side as possible."""
        return Objective("maximize" if self.sign > 0 else "minimize", self.quantity, self.statistic)

    def __str__(self) -> str:
        return f"{self.name} {self.sense} {format_value(self.limit, self.unit)}"
