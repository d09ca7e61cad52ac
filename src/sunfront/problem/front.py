"""The non-dominated designs of a set, and the volume that they dominate."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array

#: With more objectives the hypervolume is estimated: the exact one of a thousand designs takes from seconds to hours.
MOST_EXACT = 5

#: Directions of the estimate.
HYPERVOLUME_DIRECTIONS = 20_000


def hypervolume(scores: Array, reference: Array) -> float:
    """Return the volume that scores (designs, objectives) dominate above a reference point (objectives,).

    It is exact for up to MOST_EXACT objectives. Beyond, it is moocore's estimate from fixed directions: within 0.2 % of
    the exact volume for fronts of 200 to 1000 designs of 4 to 6 objectives. Equal scores give equal estimates.
    """
    if not len(scores):
        return 0.0
    if len(reference) == 1:
        return max(float(scores.max() - reference[0]), 0.0)
    import moocore

    if len(reference) <= MOST_EXACT:
        return float(moocore.hypervolume(scores, ref=reference, maximise=True))
    return float(moocore.hv_approx(scores, ref=reference, maximise=True, nsamples=HYPERVOLUME_DIRECTIONS))


def evenly(count: int, most: int) -> list[int]:
    """Positions of at most ``most`` of ``count`` points of a front: its ends, and some evenly between."""
    if count <= most:
        return list(range(count))
    return [round(i * (count - 1) / (most - 1)) for i in range(most)] if most > 1 else [0]


def non_dominated(scores: Array) -> NDArray[np.bool_]:
    """Mark the rows that no other row dominates; of equal rows one is marked. More is better.

    Args:
        scores: Array (designs, objectives).

    Returns:
        Array (designs,).
    """
    if scores.shape[1] == 1:
        best = np.zeros(len(scores), dtype=bool)
        best[np.argmax(scores[:, 0])] = True
        return best
    if scores.shape[1] == 2:
        # In order of the first objective, a row is non-dominated if it raises the best second objective so far.
        # Four times faster on a million rows than a general method.
        order = np.lexsort((-scores[:, 1], -scores[:, 0]))
        second = scores[order, 1]
        raises = np.ones(len(scores), dtype=bool)  # the first row always is, even if its second score is -inf
        raises[1:] = second[1:] > np.maximum.accumulate(second)[:-1]
        front = np.zeros(len(scores), dtype=bool)
        front[order[raises]] = True
        return front
    import moocore

    marked: NDArray[np.bool_] = moocore.is_nondominated(scores, maximise=True, keep_weakly=False)
    return marked
