"""Sequences of points that fill the unit cube evenly.

Any block of a sequence can be computed by itself, as sweeps in blocks and in worker processes need it.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array

UInts = NDArray[np.uint64]

#: Bits of a coordinate of scipy's Sobol points.
BITS = 30


class PointSequence(Protocol):
    """A sequence of points of the unit cube."""

    def block(self, start: int, stop: int) -> Array:
        """Return the points numbered ``start`` to ``stop - 1``; array (points, dimensions), in [0, 1)."""


class Sobol:
    """Scrambled Sobol points, equal to those of ``scipy.stats.qmc.Sobol``.

    A Sobol point is a linear function of the bits of its number, with exclusive or as addition. So the first point and
    one shift for each bit give all; scipy would have to step through the points before a block.

    Args:
        size: Points in a block, a power of two; blocks start at multiples of it.
        total: Number of points of the sequence.
    """

    def __init__(self, dimensions: int, seed: int, size: int, total: int) -> None:
        from scipy.stats import qmc

        self._size = min(size, 1 << max(total - 1, 0).bit_length())
        sampler = qmc.Sobol(dimensions, bits=BITS, rng=np.random.default_rng(seed))
        self._origin = _to_integers(sampler.random(1))
        self._shifts = []
        start = 1
        while start < max(total, self._size):
            if start > 2:
                sampler.fast_forward(start // 2 - 1)
            self._shifts.append(_to_integers(sampler.random(1)) ^ self._origin)
            start *= 2

    def block(self, start: int, stop: int) -> Array:
        number, shift = start // self._size, np.zeros_like(self._origin)
        for bit, contribution in enumerate(self._shifts[self._bits :]):
            if number >> bit & 1:
                shift = shift ^ contribution
        return np.asarray((self._first[: stop - start] ^ shift) * 2.0**-BITS)

    @property
    def _bits(self) -> int:
        """Bits of the number of a point within its block."""
        return self._size.bit_length() - 1

    @cached_property
    def _first(self) -> UInts:
        """Points of the first block."""
        points = self._origin
        for shift in self._shifts[: self._bits]:
            points = np.concatenate([points, points ^ shift])
        return points

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_first"}  # a worker computes it sooner


def _to_integers(shares: Array) -> UInts:
    return (shares * 2.0**BITS).astype(np.uint64)


class LatinHypercube:
    """A Latin hypercube: along each axis, each of ``total`` strata contains one point.

    The order of the strata is a keyed permutation of their numbers: a Feistel network that is applied again until the
    result is below ``total`` (cycle walking; Black, Rogaway: Ciphers with arbitrary finite domains, CT-RSA 2002, doi
    10.1007/3-540-45760-7_9). No table of the whole order is needed.
    """

    ROUNDS = 4

    def __init__(self, dimensions: int, seed: int, total: int) -> None:
        self._total, self._seed = total, seed
        self._half = np.uint64(max((total - 1).bit_length() + 1, 2) // 2)
        rng = np.random.default_rng([seed, 1])
        self._keys = rng.integers(0, 1 << 63, (dimensions, self.ROUNDS), dtype=np.uint64)

    def block(self, start: int, stop: int) -> Array:
        numbers = np.arange(start, stop, dtype=np.uint64)
        inside = np.random.default_rng([self._seed, 2, start]).random((stop - start, len(self._keys)))
        strata = np.stack([self._stratum(numbers, keys) for keys in self._keys], axis=1)
        return np.asarray((strata + inside) / self._total)

    def _stratum(self, numbers: UInts, keys: UInts) -> UInts:
        """Return the stratum of each point along one axis: a permutation of the numbers below ``total``."""
        strata = self._permute(numbers, keys)
        while (is_beyond := strata >= self._total).any():
            strata[is_beyond] = self._permute(strata[is_beyond], keys)
        return strata

    def _permute(self, numbers: UInts, keys: UInts) -> UInts:
        """Return a permutation of the numbers below 4 ** ``half``."""
        mask = (np.uint64(1) << self._half) - np.uint64(1)
        left, right = numbers >> self._half, numbers & mask
        for key in keys:
            # A multiply-and-shift hash; the product is meant to overflow.
            mixed = (right ^ key) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
            left, right = right, left ^ ((mixed * np.uint64(0xBF58476D1CE4E5B9)) >> np.uint64(40) & mask)
        return (left << self._half) | right
