"""Distributions of an uncertain number, by their quantile functions. Values are SI and USD."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from sunfront.arrays import Array
from sunfront.errors import RangeError


@cache
def _standard() -> Any:
    from statistics import NormalDist

    return NormalDist()


def _positive(condition: bool, message: str) -> None:
    if not condition:
        raise RangeError(message)


@dataclass(frozen=True)
class Uniform:
    """Every value from low to high alike."""

    low: float
    high: float

    def __post_init__(self) -> None:
        _positive(self.low < self.high, "uniform: low must be below high")

    @property
    def support(self) -> tuple[float, float]:
        return self.low, self.high

    def quantile(self, share: Array) -> Array:
        return self.low + share * (self.high - self.low)

    def below(self, value: float) -> float:
        return min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)


@dataclass(frozen=True)
class Triangular:
    """Density rising from low to the mode and falling to high."""

    low: float
    mode: float
    high: float

    def __post_init__(self) -> None:
        _positive(
            self.low <= self.mode <= self.high and self.low < self.high,
            "triangular: low, mode and high must ascend",
        )

    @property
    def support(self) -> tuple[float, float]:
        return self.low, self.high

    def quantile(self, share: Array) -> Array:

        a, c, b = self.low, self.mode, self.high
        rising = a + np.sqrt(share * (b - a) * (c - a))
        falling = b - np.sqrt((1 - share) * (b - a) * (b - c))
        return np.where(share * (b - a) < c - a, rising, falling)

    def below(self, value: float) -> float:
        a, c, b = self.low, self.mode, self.high
        x = min(max(value, a), b)
        if x < c:
            return (x - a) ** 2 / ((b - a) * (c - a))
        return 1.0 if x == b else 1 - (b - x) ** 2 / ((b - a) * (b - c))


@dataclass(frozen=True)
class Normal:
    """Gauss's distribution."""

    mean: float
    std: float

    def __post_init__(self) -> None:
        _positive(self.std > 0, "normal: std must be positive")

    @property
    def support(self) -> tuple[float, float]:
        return -math.inf, math.inf

    def quantile(self, share: Array) -> Array:
        from scipy.special import ndtri

        found: Array = self.mean + self.std * ndtri(share)
        return found

    def below(self, value: float) -> float:
        return float(_standard().cdf((value - self.mean) / self.std))


@dataclass(frozen=True)
class Lognormal:
    """The logarithm is normal; given by its 10th and 90th percentile."""

    p10: float
    p90: float

    def __post_init__(self) -> None:
        _positive(0 < self.p10 < self.p90, "lognormal: p10 must be positive and below p90")

    @property
    def logarithm(self) -> Normal:
        """The distribution of the natural logarithm."""
        low, high = math.log(self.p10), math.log(self.p90)
        return Normal((low + high) / 2, (high - low) / (2 * _standard().inv_cdf(0.9)))

    @property
    def support(self) -> tuple[float, float]:
        return 0.0, math.inf

    def quantile(self, share: Array) -> Array:

        found: Array = np.exp(self.logarithm.quantile(share))
        return found

    def below(self, value: float) -> float:
        return self.logarithm.below(math.log(value)) if value > 0 else 0.0


@dataclass(frozen=True)
class Empirical:
    """Only the values given, each alike; a value given twice is twice as likely."""

    values: tuple[float, ...]

    def __post_init__(self) -> None:
        _positive(len(set(self.values)) > 1, "empirical: give at least two different values")
        object.__setattr__(self, "values", tuple(sorted(self.values)))

    @property
    def support(self) -> tuple[float, float]:
        return self.values[0], self.values[-1]

    def quantile(self, share: Array) -> Array:

        found: Array = np.array(self.values)[np.minimum((share * len(self.values)).astype(int), len(self.values) - 1)]
        return found

    def below(self, value: float) -> float:
        return sum(v <= value for v in self.values) / len(self.values)


Untruncated = Uniform | Triangular | Normal | Lognormal | Empirical


@dataclass(frozen=True)
class Truncated:
    """Another distribution on the condition that its value lies from low to high; nothing is moved to the edges."""

    whole: Untruncated
    low: float
    high: float

    @property
    def support(self) -> tuple[float, float]:
        low, high = self.whole.support
        return max(low, self.low), min(high, self.high)

    @property
    def lost(self) -> float:
        """Probability that the other distribution has beyond the limits."""
        return 1 - self.whole.below(self.high) + self.whole.below(self.low)

    def quantile(self, share: Array) -> Array:
        start, end = self.whole.below(self.low), self.whole.below(self.high)
        return self.whole.quantile(start + share * (end - start))

    def below(self, value: float) -> float:
        start, end = self.whole.below(self.low), self.whole.below(self.high)
        return min(max((self.whole.below(value) - start) / (end - start), 0.0), 1.0)


Distribution = Untruncated | Truncated
