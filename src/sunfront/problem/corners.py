"""Corners of the region that a set of points leaves open, in a space of scores of which more is better."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.problem.front import non_dominated

#: Pairs of corners compared at a time, to bound the memory.
PAIRS = 2_000_000


def lowest_corners(points: Array, base: Array) -> Array:
    """Return the corners ``low`` so that ``{y > base}`` without what the points dominate is the union of ``{y > low}``.

    Args:
        points: Array (points, objectives).
        base: Array (objectives,); may be minus infinity.

    Returns:
        Array (corners, objectives), without a corner that another one implies; those of three objectives are at most
        twice as many as the points, and one.
    """
    lows = np.array(base, float)[None, :]
    if len(base) == 2:
        points = points[(points > base).all(axis=1)]
        points = points[non_dominated(points)] if len(points) else points
        points = points[np.argsort(points[:, 0])]
        return np.stack([np.append(base[0], points[:, 0]), np.append(points[:, 1], base[1])], axis=1)
    for point in points:
        lost = (lows < point).all(axis=1)
        if lost.any():
            # Beyond a corner that the point dominates, designs may be better than it in one objective or another.
            new = np.repeat(lows[lost], len(base), axis=0)
            raised = np.tile(np.arange(len(base)), int(lost.sum()))
            new[np.arange(len(new)), raised] = point[raised]
            lows = np.concatenate([lows[~lost], new])
            lows = lows[~is_implied(lows, int((~lost).sum()))]
    return lows


def is_implied(lows: Array, first: int = 0) -> NDArray[np.bool_]:
    """Mark corners, from number ``first`` on, whose region another corner's holds; of equal corners one is not marked.

    Returns:
        Array (corners,).
    """
    marked = np.zeros(len(lows), dtype=bool)
    step = max(PAIRS // max(len(lows), 1), 1)
    for start in range(first, len(lows), step):
        own = lows[start : start + step, None, :]
        below = (lows[None, :, :] <= own).all(axis=2)
        equal = below & (lows[None, :, :] == own).all(axis=2)
        later = np.arange(len(lows))[None, :] >= np.arange(start, start + len(own))[:, None]
        marked[start : start + step] = (below & ~(equal & later)).any(axis=1)
    return marked
