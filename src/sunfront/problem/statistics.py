"""What is said of a quantity that is uncertain: its mean, a percentile, the mean of its worst cases, a probability.

Each statistic is computed from equally likely samples along the last axis.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sunfront.arrays import Array
from sunfront.display import format_value
from sunfront.units import difference_unit


def _order(share: float, count: int) -> int:
    """How many of ``count`` samples make up a share, rounded up; what lacks only by rounding is whole."""
    return max(math.ceil(share * count - 1e-9 * count), 1)


@dataclass(frozen=True)
class Mean:
    """The mean over the samples."""

    kind: Literal["mean"] = "mean"

    def compute(self, values: Array) -> Array:
        mean: Array = values.mean(axis=-1)
        return mean

    def name(self, quantity: str) -> str:
        return f"mean {quantity}"

    def display_unit(self, quantity_unit: str) -> str:
        return quantity_unit


@dataclass(frozen=True)
class Deviation:
    """The standard deviation over the samples."""

    kind: Literal["deviation"] = "deviation"

    def compute(self, values: Array) -> Array:
        deviation: Array = values.std(axis=-1)
        return deviation

    def name(self, quantity: str) -> str:
        return f"std {quantity}"

    def display_unit(self, quantity_unit: str) -> str:
        return difference_unit(quantity_unit)


@dataclass(frozen=True)
class Percentile:
    """The smallest sample that at least a share of the samples do not exceed.

    A sample itself, not a value between two: so ``p95 q <= limit`` says the same as
    ``probability(q <= limit) >= 95 %``, and a quantity may be infinite.
    """

    share: float
    kind: Literal["percentile"] = "percentile"

    def compute(self, values: Array) -> Array:

        index = _order(self.share, values.shape[-1]) - 1
        found: Array = np.partition(values, index, axis=-1)[..., index]
        return found

    def name(self, quantity: str) -> str:
        return f"p{100 * self.share:g} {quantity}"

    def display_unit(self, quantity_unit: str) -> str:
        return quantity_unit


@dataclass(frozen=True)
class TailMean:
    """The mean of the worst share of the samples, the conditional value at risk; the sample at the edge counts in part.

    Attributes:
        lower: The lowest are the worst: of what is maximized, or must be at least a limit.

    Source: Rockafellar and Uryasev, Conditional value-at-risk for general loss distributions, Journal of Banking and
    Finance 26 (2002) 1443-1471, proposition 8.
    """

    share: float
    lower: bool
    kind: Literal["tail_mean"] = "tail_mean"

    def compute(self, values: Array) -> Array:

        wanted = self.share * values.shape[-1]
        edge = _order(self.share, values.shape[-1]) - 1
        worst = values if self.lower else -values
        tail = np.partition(worst, edge, axis=-1)
        total = tail[..., :edge].sum(axis=-1) + (wanted - edge) * tail[..., edge]
        mean: Array = total / wanted if self.lower else -total / wanted
        return mean

    def name(self, quantity: str) -> str:
        return f"cvar{100 * self.share:g} {quantity}"

    def display_unit(self, quantity_unit: str) -> str:
        return quantity_unit


@dataclass(frozen=True)
class Probability:
    """The share of the samples in which a comparison with a limit holds.

    Attributes:
        limit: SI and USD.
        unit: Display unit of the limit.
    """

    sense: Literal["<", "<=", ">", ">="]
    limit: float
    unit: str
    kind: Literal["probability"] = "probability"

    def compute(self, values: Array) -> Array:

        holds = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}[self.sense]
        share: Array = holds(values, self.limit).mean(axis=-1)
        return share

    def name(self, quantity: str) -> str:
        return f"probability({quantity} {self.sense} {format_value(self.limit, self.unit)})"

    def display_unit(self, quantity_unit: str) -> str:
        return "%"


Statistic = Mean | Deviation | Percentile | TailMean | Probability
