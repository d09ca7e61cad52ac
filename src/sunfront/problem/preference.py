"""Which designs of several objectives are wanted: those in a region of the front, or the best in an order.

All numbers are scores: quantities with signs such that more is better.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, PlainSerializer

from sunfront.arrays import Array
from sunfront.problem.variables import TOLERANCE


def _null(end: float) -> tuple[BeforeValidator, PlainSerializer]:
    """Write an infinite number as null in JSON."""
    return (
        BeforeValidator(lambda value: end if value is None else value),
        PlainSerializer(lambda value: None if value == end else value, when_used="json"),
    )


#: A score, or the lower end of a range of scores; minus infinity is null in JSON.
Score = Annotated[float, *_null(-math.inf)]

#: The upper end of a range of scores; infinity is null in JSON.
Top = Annotated[float, *_null(math.inf)]


@dataclass(frozen=True)
class Region:
    """The part of a front that is refined; beyond it the front may stay coarse.

    Attributes:
        low, high: Of each objective; infinite where the region does not end.
    """

    low: tuple[Score, ...]
    high: tuple[Top, ...]

    @classmethod
    def everywhere(cls, objectives: int) -> Region:
        return cls((-math.inf,) * objectives, (math.inf,) * objectives)

    def clipped(self, scores: Array) -> Array:
        """Return scores, array (..., objectives), without what exceeds the region: there more is of no interest."""
        found: Array = np.minimum(scores, self.high)
        return found

    def contains(self, scores: Array) -> NDArray[np.bool_]:
        """Return which of the scores (designs, objectives) are in the region, within a solver's tolerance."""
        room = TOLERANCE * np.abs(scores)
        inside = (scores >= np.array(self.low) - room) & (scores <= np.array(self.high) + room)
        found: NDArray[np.bool_] = np.all(inside, axis=1)
        return found

    def reaches(self, corners: Array) -> NDArray[np.bool_]:
        """Return which corners (corners, objectives) leave room for a design of the region below them.

        A corner at the lower end of a further objective leaves none: a fact with that floor holds at the end itself.
        """
        above = corners[:, 1:] > np.array(self.low[1:])
        found: NDArray[np.bool_] = above.all(axis=1) & (corners[:, 0] >= self.low[0])
        return found

    def distance(self, scores: Array) -> Array:
        """Return how far scores (designs, objectives) are outside, array (designs,); relative to the ends passed."""
        found = np.zeros(len(scores))
        for column, low, high in zip(scores.T, self.low, self.high, strict=True):
            for end, beyond in ((low, low - column), (high, column - high)):
                if math.isfinite(end):
                    found += np.maximum(beyond, 0.0) / (abs(end) or 1.0)
        return found


@dataclass(frozen=True)
class Tolerance:
    """How much of the best score of an objective may be given up for those that follow it.

    Attributes:
        amount: As a score, or as a share of the best score.
    """

    amount: float
    relative: bool

    def floor(self, best: float) -> float:
        """Return the lowest score that is left."""
        return best - self.amount * (abs(best) if self.relative else 1.0)


@dataclass(frozen=True)
class Order:
    """The best design in the first objective, then in the second among those within a tolerance of it, and so on.

    Attributes:
        tolerances: One for each objective.
    """

    tolerances: tuple[Tolerance, ...]

    def levels(self, scores: Array) -> list[tuple[float, float]]:
        """Return for each objective the best score, and the floor for those that follow.

        Args:
            scores: Array (designs, objectives).
        """
        left, found = np.ones(len(scores), dtype=bool), []
        for k, tolerance in enumerate(self.tolerances):
            best = float(scores[left, k].max())
            floor = tolerance.floor(best)
            left &= scores[:, k] >= floor - rounding(best)
            found.append((best, floor))
        return found

    def choose(self, scores: Array) -> int:
        """Return the row that is chosen among scores (designs, objectives)."""
        levels = self.levels(scores)
        left = np.ones(len(scores), dtype=bool)
        for k, (best, floor) in enumerate(levels):
            last = k == len(levels) - 1
            left &= scores[:, k] >= (best if last else floor) - rounding(best)
        rows = np.flatnonzero(left)
        return int(rows[np.lexsort(-scores[rows].T[::-1])[0]])


#: What is wanted of several objectives, if it is not the whole front.
Preference = Region | Order


def rounding(score: float) -> float:
    """Return by how much a score may be off in a solver and in the numpy model together."""
    return 2 * TOLERANCE * abs(score)
