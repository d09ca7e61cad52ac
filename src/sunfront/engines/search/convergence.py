"""The running hypervolume of a search, and when it has stopped growing."""

from __future__ import annotations

import numpy as np

from sunfront.arrays import Array
from sunfront.problem.front import non_dominated
from sunfront.problem.problem import Problem

#: A hypervolume that grew by less than this share stands still.
STILL = 1e-4

#: Feasible designs of a sample that are enough to tell the worst that a frontier may hold.
ENOUGH = 100


def reference(problem: Problem) -> Array:
    """The point, in scores, from which the hypervolume of a search is measured; the same for every run of a problem.

    In each objective the worst feasible design of a fixed sample, and a hundredth of the sample's spread below it; of
    all designs of the sample where fewer than ENOUGH are feasible, above whose worst the frontier might not lie.
    """
    found = problem.evaluate(problem.random_designs(4096))
    scores = problem.scores(found)
    finite = np.isfinite(scores).all(axis=1)
    met = finite & problem.feasible(found)
    sample = scores[met] if met.sum() >= ENOUGH else scores[finite]
    if not len(sample):
        return np.zeros(scores.shape[1])
    spread = np.ptp(sample, axis=0)
    return np.asarray(sample.min(axis=0) - 0.01 * np.where(spread > 0, spread, 1.0))


def hypervolume(scores: Array, point: Array) -> float:
    """The volume that scores (designs, objectives) dominate above a point."""
    if not len(scores):
        return 0.0
    if len(point) == 1:
        return max(float(scores.max() - point[0]), 0.0)
    import moocore

    return float(moocore.hypervolume(scores, ref=point, maximise=True))


class HypervolumeTracker:
    """How the hypervolume of what was found grows with the number of evaluations.

    Attributes:
        history: Pairs (evaluations, hypervolume), one for each batch that raised it, and the last.
    """

    def __init__(self, problem: Problem) -> None:
        self.reference = reference(problem)
        self.history: list[tuple[int, float]] = []
        self._front = np.empty((0, len(problem.objectives)))

    def add(self, scores: Array, evaluations: int) -> None:
        """Take in the scores of feasible designs (designs, objectives) found by ``evaluations`` evaluations."""
        before = self.hypervolume
        if len(scores):
            union = np.concatenate([self._front, scores])
            self._front = union[non_dominated(union)]
        volume = hypervolume(self._front, self.reference)
        if len(self.history) > 1 and volume == before == self.history[-2][1]:
            self.history.pop()
        self.history.append((evaluations, volume))

    def restore(self, history: Array, front: Array) -> None:
        """Take up a history (rows, 2), and the scores of the front (designs, objectives) that belong to it."""
        self.history = [(int(at), float(volume)) for at, volume in history]
        self._front = front

    @property
    def hypervolume(self) -> float:
        return self.history[-1][1] if self.history else 0.0

    @property
    def size(self) -> int:
        """Number of designs on the front."""
        return len(self._front)

    def still(self, evaluations: int) -> bool:
        """Whether the hypervolume stood still over the last so many evaluations, having grown before."""
        if not self.history or self.hypervolume == 0:
            return False
        since = self.history[-1][0] - evaluations
        earlier = [volume for at, volume in self.history if at <= since]
        return bool(earlier) and self.hypervolume <= earlier[-1] * (1 + STILL)
