"""Rank evaluated designs, some of which may be infeasible."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.engines.search.state import Evaluations
from sunfront.problem.preference import Preference, Region


def survivors(designs: Evaluations, count: int, preference: Preference | None = None) -> NDArray[np.intp]:
    """Return the indices of the best designs, the best first.

    Feasible designs come first, by non-dominated rank and crowding distance; then the others, by total violation. If a
    region is preferred, the feasible designs in it are before those outside, and of these the nearest first.
    """
    import moocore

    rank = np.full(len(designs), np.inf)
    crowding = np.zeros(len(designs))
    feasible = np.flatnonzero(designs.feasible)
    if len(feasible):
        rank[feasible] = moocore.pareto_rank(designs.scores[feasible], maximise=True)
        crowding[feasible] = _crowding_distance(designs.scores[feasible], rank[feasible])
    outside = np.zeros(len(designs))
    if isinstance(preference, Region):
        outside[feasible] = preference.distance(designs.scores[feasible])
    order: NDArray[np.intp]
    order = np.lexsort((-crowding, designs.total_violation, rank, outside, ~designs.feasible))[:count]
    return order


def _crowding_distance(scores: Array, rank: Array) -> Array:
    """Return the distance between each design's neighbors of the same rank, relative to the range of that rank.

    Array (designs,), summed over the objectives; infinite at the ends of a rank.
    """
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
