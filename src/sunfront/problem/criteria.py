"""What a design is judged by: objectives and constraints. Values are SI and USD."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from sunfront.display import format_value
from sunfront.errors import UserError
from sunfront.problem.statistics import Statistic

Sense = Literal["maximize", "minimize"]

_COMPARISON = re.compile(r"\s*([a-z][^<>=!()]*?(?:\([^()]*\))?)\s*(<=|>=|[<>=!]+)\s*(.+?)\s*")


def comparison(text: str) -> tuple[str, Literal["<=", ">="], str]:
    """What is compared, sense and limit of a line like ``node_mass <= 4000 kg``, as written.

    Raises:
        UserError: It does not read so.
    """
    match = _COMPARISON.fullmatch(text)
    if match is None or match[2] not in ("<=", ">="):
        raise UserError(f"constraint {text!r}: write a quantity, <= or >=, and a value, as 'node_mass <= 4000 kg'")
    return match[1], "<=" if match[2] == "<=" else ">=", match[3]


class _Criterion:
    """What a quantity, or a statistic of it, is called."""

    quantity: str
    statistic: Statistic | None

    @property
    def name(self) -> str:
        """Its column: ``roi``, or ``p10 roi``."""
        return self.statistic.name(self.quantity) if self.statistic else self.quantity


@dataclass(frozen=True)
class Objective(_Criterion):
    """A quantity, or a statistic of it, to maximize or minimize."""

    sense: Sense
    quantity: str
    statistic: Statistic | None = None

    @property
    def sign(self) -> float:
        """Factor that turns the quantity into one to maximize."""
        return 1.0 if self.sense == "maximize" else -1.0

    def __str__(self) -> str:
        return f"{self.sense} {self.name}"


@dataclass(frozen=True)
class Constraint(_Criterion):
    """A quantity, or a statistic of it, at most or at least a limit."""

    quantity: str
    sense: Literal["<=", ">="]
    limit: float
    unit: str
    statistic: Statistic | None = None

    @property
    def sign(self) -> float:
        """Factor that turns ``quantity - limit`` into what must not be negative."""
        return 1.0 if self.sense == ">=" else -1.0

    @property
    def rounding(self) -> float:
        """A miss this small is rounding, in the conversion of a unit or the steps of a grid."""
        return 1e-12 * abs(self.limit)

    def __str__(self) -> str:
        return f"{self.name} {self.sense} {format_value(self.limit, self.unit)}"
