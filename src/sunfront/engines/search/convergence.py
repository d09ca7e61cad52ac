"""The hypervolume of a search while it runs, and when it has stalled."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from operator import itemgetter

import numpy as np

from sunfront.arrays import Array
from sunfront.problem.front import hypervolume, non_dominated
from sunfront.problem.problem import Broken, Problem

#: A search has stalled if its hypervolume grew by less than this fraction.
STALL_TOLERANCE = 1e-4

#: Feasible designs of a sample from which the worst scores of a front can be estimated.
MIN_FEASIBLE = 100


def reference_point(problem: Problem) -> Array:
    """Return the point, in scores (objectives,), from which hypervolumes are measured; fixed for a problem.

    It lies below the worst feasible score of a fixed random sample of designs, by a hundredth of the sample's range in
    each objective. If fewer than MIN_FEASIBLE designs are feasible, all designs of the sample count: the worst of a
    few feasible ones may lie above the front.
    """
    broken = Broken(4096)
    found = problem.evaluate(problem.random_designs(4096), broken=broken)
    scores = problem.scores(found)
    finite = np.isfinite(scores).all(axis=1) & ~np.resize(broken.mask, len(scores))
    feasible = finite & problem.feasible(found)
    sample = scores[feasible] if feasible.sum() >= MIN_FEASIBLE else scores[finite]
    if not len(sample):
        return np.zeros(scores.shape[1])
    span = np.ptp(sample, axis=0)
    return np.asarray(sample.min(axis=0) - 0.01 * np.where(span > 0, span, 1.0))


class HypervolumeTracker:
    """Follows the hypervolume of a search as a function of its evaluations.

    Attributes:
        history: Pairs (evaluations, hypervolume): one for each batch that raised the hypervolume, and the last batch.
    """

    def __init__(self, problem: Problem) -> None:
        self.reference = reference_point(problem)
        self.history: list[tuple[int, float]] = []
        self._front: Callable[[], Array] = lambda: np.empty((0, len(problem.objectives)))

    def add(self, scores: Array, evaluations: int) -> None:
        """Add the scores (designs, objectives) of feasible designs; ``evaluations`` counts all designs so far."""
        before, front = self.hypervolume, self._front()
        if len(scores):
            union = np.concatenate([front, scores])
            front = union[non_dominated(union)]
        self._front = lambda: front
        volume = hypervolume(front, self.reference)
        if len(self.history) > 1 and volume == before == self.history[-2][1]:
            self.history.pop()
        self.history.append((evaluations, volume))

    def since(self, evaluations: int) -> Array:
        """Return the history (rows, 2) from a number of evaluations on."""
        return np.array(self.history[self._row(evaluations - 1) :]).reshape(-1, 2)

    def restore(self, history: Array, evaluations: int, front: Callable[[], Array]) -> None:
        """Set the history from a number of evaluations on, as ``since`` gave it, and the scores of its front.

        Args:
            front: Gives the scores (designs, objectives); called when they are needed.
        """
        del self.history[self._row(evaluations - 1) :]
        self.history += [(int(count), float(volume)) for count, volume in history]
        self._front = front

    def _row(self, evaluations: int) -> int:
        """Number of rows of the history up to a number of evaluations."""
        return bisect_right(self.history, evaluations, key=itemgetter(0))

    @property
    def hypervolume(self) -> float:
        return self.history[-1][1] if self.history else 0.0

    @property
    def front_size(self) -> int:
        """Number of designs on the front."""
        return len(self._front())

    def has_stalled(self, evaluations: int) -> bool:
        """Return whether the hypervolume, having grown before, has not grown over the last ``evaluations``."""
        if not self.history or self.hypervolume == 0:
            return False
        earlier = self._row(self.history[-1][0] - evaluations)
        return earlier > 0 and self.hypervolume <= self.history[earlier - 1][1] * (1 + STALL_TOLERANCE)
