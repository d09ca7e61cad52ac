"""Statistics of an uncertain quantity: mean, standard deviation, percentile, mean of the worst cases, probability.

Each is computed from equally likely samples along the last axis of an array. The field ``kind`` tells them apart where
they are stored.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sunfront.arrays import Array
from sunfront.display import format_value
from sunfront.units import difference_unit


def _sample_count(share: float, count: int) -> int:
    """Number of samples, of ``count``, that make up a share: rounded up, unless only rounding error lacks."""
    return max(math.ceil(share * count - 1e-9 * count), 1)


@dataclass(frozen=True)
class Mean:
    """Mean over the samples."""

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
    """Standard deviation over the samples."""

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
    """Smallest sample that is not exceeded by at least a share of the samples.

    The result is itself a sample, not interpolated between two. So ``p95 q <= limit`` is equivalent to
    ``probability(q <= limit) >= 95 %``, and the quantity may be infinite in some samples.
    """

    share: float
    kind: Literal["percentile"] = "percentile"

    def compute(self, values: Array) -> Array:
        index = _sample_count(self.share, values.shape[-1]) - 1
        percentile: Array = np.partition(values, index, axis=-1)[..., index]
        return percentile

    def name(self, quantity: str) -> str:
        return f"p{100 * self.share:g} {quantity}"

    def display_unit(self, quantity_unit: str) -> str:
        return quantity_unit


@dataclass(frozen=True)
class TailMean:
    """Conditional value at risk: the mean of the worst share of the samples, the last of which counts in part.

    Attributes:
        lower: Whether low values are the worst, as for a maximized quantity or one with a lower limit.

    Source: Rockafellar and Uryasev, Conditional value-at-risk for general loss distributions, Journal of Banking and
    Finance 26 (2002) 1443-1471, proposition 8.
    """

    share: float
    lower: bool
    kind: Literal["tail_mean"] = "tail_mean"

    def compute(self, values: Array) -> Array:
        tail_size = self.share * values.shape[-1]  # need not be whole
        edge = _sample_count(self.share, values.shape[-1]) - 1
        worst = values if self.lower else -values
        tail = np.partition(worst, edge, axis=-1)
        total = tail[..., :edge].sum(axis=-1) + (tail_size - edge) * tail[..., edge]
        mean: Array = total / tail_size if self.lower else -total / tail_size
        return mean

    def name(self, quantity: str) -> str:
        return f"cvar{100 * self.share:g} {quantity}"

    def display_unit(self, quantity_unit: str) -> str:
        return quantity_unit


@dataclass(frozen=True)
class Probability:
    """Share of the samples in which a comparison with a limit holds.

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
