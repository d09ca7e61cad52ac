"""Which designs of a batch are the better ones, where some may miss constraints."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.engines.search.state import Batch


def survivors(batch: Batch, count: int) -> NDArray[np.intp]:
    """Indices of the best designs, the best first: feasible ones by rank and crowding, then by what they miss."""
    import moocore

    rank = np.full(len(batch), np.inf)
    crowding = np.zeros(len(batch))
    met = np.flatnonzero(batch.met)
    if len(met):
        rank[met] = moocore.pareto_rank(batch.scores[met], maximise=True)
        crowding[met] = _crowding(batch.scores[met], rank[met])
    order: NDArray[np.intp] = np.lexsort((-crowding, batch.missed, rank))[:count]
    return order


def _crowding(scores: Array, rank: Array) -> Array:
    """How far apart a design's neighbours of the same rank are, in shares of their range; (designs,)."""
    total = np.zeros(len(scores))
    for column in scores.T:
        order = np.lexsort((column, rank))
        value, group = column[order], rank[order]
        first = np.append(True, group[1:] != group[:-1])
        last = np.append(first[1:], True)
        span = (value[last] - value[first])[np.cumsum(first) - 1]
        gap = np.full(len(value), np.inf)
        with np.errstate(invalid="ignore"):  # a score may be infinite
            gap[1:-1] = (value[2:] - value[:-2]) / np.where(span > 0, span, 1.0)[1:-1]
        gap[first | last] = np.inf
        total[order] += np.nan_to_num(gap, nan=0.0, posinf=np.inf)
    return total
