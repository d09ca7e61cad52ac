"""Points spread over the unit cube, any stretch of a sequence by itself: for sweeps in blocks and in processes."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array

Whole = NDArray[np.uint64]

#: Bits of a coordinate of scipy's Sobol points.
BITS = 30


class Points(Protocol):
    """A sequence of points."""

    def block(self, start: int, stop: int) -> Array:
        """Points number ``start`` to ``stop``; array (points, dimensions) of shares in [0, 1)."""


class Sobol:
    """Scrambled Sobol points, those of ``scipy.stats.qmc.Sobol``.

    Sobol's points are linear in the bits of their number, where adding is exclusive or: a block is the first one,
    shifted by what its number contributes. scipy would have to walk there.

    Args:
        size: Points in a block, a power of two; blocks begin at multiples of it.
        total: Points wanted.
    """

    def __init__(self, dimensions: int, seed: int, size: int, total: int) -> None:
        from scipy.stats import qmc

        self._size = size = min(size, 1 << max(total - 1, 0).bit_length())
        sampler = qmc.Sobol(dimensions, bits=BITS, rng=np.random.default_rng(seed))
        self._first = _whole(sampler.random(size))
        self._shifts = []
        at = size
        while at < total:
            if at > size:
                sampler.fast_forward(at // 2 - 1)
            self._shifts.append(_whole(sampler.random(1))[0] ^ self._first[0])
            at *= 2

    def block(self, start: int, stop: int) -> Array:
        number, shift = start // self._size, np.zeros(self._first.shape[1], np.uint64)
        for bit, contribution in enumerate(self._shifts):
            if number >> bit & 1:
                shift = shift ^ contribution
        return np.asarray((self._first[: stop - start] ^ shift) * 2.0**-BITS)


def _whole(shares: Array) -> Whole:
    return (shares * 2.0**BITS).astype(np.uint64)


class LatinHypercube:
    """A Latin hypercube: along each axis every one of ``total`` strata holds one point.

    The order of the strata is a keyed permutation of their numbers, a Feistel network that walks on until it falls
    below ``total`` (Black, Rogaway: Ciphers with arbitrary finite domains, CT-RSA 2002, doi 10.1007/3-540-45760-7_9),
    so that no table of the whole order is needed.
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

    def _stratum(self, numbers: Whole, keys: Whole) -> Whole:
        found = self._permuted(numbers, keys)
        while (beyond := found >= self._total).any():
            found[beyond] = self._permuted(found[beyond], keys)
        return found

    def _permuted(self, numbers: Whole, keys: Whole) -> Whole:
        """A permutation of the numbers below 4 to the power of ``half``."""
        mask = (np.uint64(1) << self._half) - np.uint64(1)
        left, right = numbers >> self._half, numbers & mask
        for key in keys:
            # Multiply and shift, as a hash; the product wraps around on purpose.
            mixed = (right ^ key) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
            left, right = right, left ^ ((mixed * np.uint64(0xBF58476D1CE4E5B9)) >> np.uint64(40) & mask)
        return (left << self._half) | right
