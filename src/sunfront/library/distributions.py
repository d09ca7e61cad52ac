"""Distributions of an uncertain number, defined by their quantile functions. Values are SI and USD."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from sunfront.arrays import Array
from sunfront.errors import RangeError


@cache
def _standard_normal() -> Any:
    from statistics import NormalDist

    return NormalDist()


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise RangeError(message)


@dataclass(frozen=True)
class Uniform:
    """Uniform between low and high."""

    low: float
    high: float

    def __post_init__(self) -> None:
        _require(self.low < self.high, "uniform: low must be below high")

    @property
    def support(self) -> tuple[float, float]:
        return self.low, self.high

    def quantile(self, probability: Array) -> Array:
        return self.low + probability * (self.high - self.low)

    def cdf(self, value: float) -> float:
        return min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)


@dataclass(frozen=True)
class Loguniform:
    """Uniform in the logarithm between low and high."""

    low: float
    high: float

    def __post_init__(self) -> None:
        _require(0 < self.low < self.high, "loguniform: low must be positive and below high")

    @property
    def support(self) -> tuple[float, float]:
        return self.low, self.high

    def quantile(self, probability: Array) -> Array:
        found: Array = self.low * np.exp(probability * math.log(self.high / self.low))
        return np.minimum(found, self.high)

    def cdf(self, value: float) -> float:
        inside = min(max(value, self.low), self.high)
        return math.log(inside / self.low) / math.log(self.high / self.low)


@dataclass(frozen=True)
class Triangular:
    """Triangular: the density rises from low to the mode and falls to high."""

    low: float
    mode: float
    high: float

    def __post_init__(self) -> None:
        _require(
            self.low <= self.mode <= self.high and self.low < self.high,
            "triangular: low, mode and high must ascend",
        )

    @property
    def support(self) -> tuple[float, float]:
        return self.low, self.high

    def quantile(self, probability: Array) -> Array:
        a, c, b = self.low, self.mode, self.high
        rising = a + np.sqrt(probability * (b - a) * (c - a))
        falling = b - np.sqrt((1 - probability) * (b - a) * (b - c))
        return np.where(probability * (b - a) < c - a, rising, falling)

    def cdf(self, value: float) -> float:
        a, c, b = self.low, self.mode, self.high
        x = min(max(value, a), b)
        if x < c:
            return (x - a) ** 2 / ((b - a) * (c - a))
        return 1.0 if x == b else 1 - (b - x) ** 2 / ((b - a) * (b - c))


@dataclass(frozen=True)
class Normal:
    """Normal."""

    mean: float
    std: float

    def __post_init__(self) -> None:
        _require(self.std > 0, "normal: std must be positive")

    @property
    def support(self) -> tuple[float, float]:
        return -math.inf, math.inf

    def quantile(self, probability: Array) -> Array:
        from scipy.special import ndtri

        found: Array = self.mean + self.std * ndtri(probability)
        return found

    def cdf(self, value: float) -> float:
        return float(_standard_normal().cdf((value - self.mean) / self.std))


@dataclass(frozen=True)
class Lognormal:
    """Lognormal, given by its 10th and 90th percentiles."""

    p10: float
    p90: float

    def __post_init__(self) -> None:
        _require(0 < self.p10 < self.p90, "lognormal: p10 must be positive and below p90")

    @property
    def logarithm(self) -> Normal:
        """The distribution of the natural logarithm."""
        low, high = math.log(self.p10), math.log(self.p90)
        return Normal((low + high) / 2, (high - low) / (2 * _standard_normal().inv_cdf(0.9)))

    @property
    def support(self) -> tuple[float, float]:
        return 0.0, math.inf

    def quantile(self, probability: Array) -> Array:
        found: Array = np.exp(self.logarithm.quantile(probability))
        return found

    def cdf(self, value: float) -> float:
        return self.logarithm.cdf(math.log(value)) if value > 0 else 0.0


@dataclass(frozen=True)
class Empirical:
    """The given values with equal probability; a value given twice is twice as likely."""

    values: tuple[float, ...]

    def __post_init__(self) -> None:
        _require(len(set(self.values)) > 1, "empirical: give at least two different values")
        object.__setattr__(self, "values", tuple(sorted(self.values)))

    @property
    def support(self) -> tuple[float, float]:
        return self.values[0], self.values[-1]

    def quantile(self, probability: Array) -> Array:
        count = len(self.values)
        found: Array = np.array(self.values)[np.minimum((probability * count).astype(int), count - 1)]
        return found

    def cdf(self, value: float) -> float:
        return sum(v <= value for v in self.values) / len(self.values)


Untruncated = Uniform | Loguniform | Triangular | Normal | Lognormal | Empirical


@dataclass(frozen=True)
class Truncated:
    """A distribution conditioned on its value lying from low to high; no probability is moved to the limits."""

    base: Untruncated
    low: float
    high: float

    @property
    def support(self) -> tuple[float, float]:
        low, high = self.base.support
        return max(low, self.low), min(high, self.high)

    @property
    def cut_off(self) -> float:
        """Probability of the base distribution beyond the limits."""
        return 1 - self.base.cdf(self.high) + self.base.cdf(self.low)

    def quantile(self, probability: Array) -> Array:
        start, end = self.base.cdf(self.low), self.base.cdf(self.high)
        return self.base.quantile(start + probability * (end - start))

    def cdf(self, value: float) -> float:
        start, end = self.base.cdf(self.low), self.base.cdf(self.high)
        return min(max((self.base.cdf(value) - start) / (end - start), 0.0), 1.0)


Distribution = Untruncated | Truncated
