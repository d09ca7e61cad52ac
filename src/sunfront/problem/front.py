"""The non-dominated designs of a set."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array


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
