"""Suggest which design of a front to look at first: knee, compromise, weighted ranking, hypervolume contribution.

All functions take the scores of non-dominated designs, an array (designs, objectives) in which more is better. Scores
are scaled to the range of the front, so that units and offsets do not matter. An objective that is equal for all
designs is ignored.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sunfront.arrays import Array
from sunfront.errors import RangeError

#: Least distance of a knee from the line between the ends of the front, as a share of the range.
FLAT = 1e-6

#: Distance of the hypervolume's reference point below the worst scores of the front, as a share of the range.
BELOW = 0.01


def normalized(scores: Array) -> Array:
    """Scale scores to the range of the front: 0 for the worst on it, 1 for the best.

    Returns:
        Array (designs, objectives that vary).
    """
    worst, best = scores.min(axis=0), scores.max(axis=0)
    varies = best > worst
    shares: Array = (scores[:, varies] - worst[varies]) / (best - worst)[varies]
    return shares


def knee(scores: Array) -> int | None:
    """Find the design at which the front bends most; beyond it a small gain in one objective costs much of another.

    It is the design farthest beyond the line, or plane, through the ends of the normalized front.

    Returns:
        Row of the design, the first of equals. None if no design lies beyond the plane (the front is straight or
        bends the other way), if fewer than two objectives vary, or if the ends span no plane that faces the ideal
        point, as when one design is the best in two of three objectives.

    Source: Das, On characterizing the "knee" of the Pareto curve, Structural Optimization 18 (1999) 107-115.
    """
    shares = normalized(scores)
    if shares.shape[1] < 2:
        return None
    ends = shares[shares.argmax(axis=0)]
    try:
        # Normal of the plane through the ends, on which normal @ shares is 1; for two objectives the line from
        # (1, 0) to (0, 1).
        normal = np.linalg.solve(ends, np.ones(len(ends)))
    except np.linalg.LinAlgError:
        return None
    if (normal <= 0).any():
        return None
    beyond = shares @ normal - 1
    first = int(beyond.argmax())
    return first if beyond[first] > FLAT else None


def compromise(scores: Array, weights: Sequence[float] | None = None) -> int:
    """Find the design nearest to the ideal point, which has the best score of the front in every objective.

    Args:
        weights: One per objective; equal if None. Only their ratios matter.

    Returns:
        Row of the design with the least weighted Euclidean distance of normalized scores, the first of equals.

    Raises:
        RangeError: The weights are not one non-negative number per objective, at least one positive.

    Source: Zeleny, Compromise programming, in Multiple Criteria Decision Making (1973) 262-301.
    """
    return int(_distance(scores, weights, 1.0).argmin())


def closeness(scores: Array, weights: Sequence[float] | None = None) -> Array:
    """Compute the TOPSIS closeness: distance to the worst point over the sum of the distances to worst and ideal point.

    Args:
        weights: One per objective; equal if None. Only their ratios matter.

    Returns:
        Array (designs,), from 0 (worst in every objective) to 1 (best in every objective).

    Raises:
        RangeError: The weights are not one non-negative number per objective, at least one positive.

    Source: Hwang and Yoon, Multiple Attribute Decision Making (1981) ch. 3, but with scores scaled to their range
    instead of their length, which would depend on where an objective has its zero.
    """
    to_ideal, to_worst = _distance(scores, weights, 1.0), _distance(scores, weights, 0.0)
    total = to_ideal + to_worst
    # If all designs are equal, each of them is the ideal point.
    return np.divide(to_worst, total, out=np.ones(len(scores)), where=total > 0)


#: Largest number of designs to the power of objectives - 1 for which contributions are computed, in about a second.
MOST_CONTRIBUTIONS = 1e9


def contributions(scores: Array) -> Array | None:
    """Compute the share of the front's hypervolume that would be lost without each design.

    The reference point lies 1 % of the range below the worst scores. The shares of the two ends of a front of two
    objectives depend on that choice. Equal designs contribute nothing each.

    Returns:
        Array (designs,); None if it would take too long.
    """
    import moocore

    count, objectives = scores.shape
    if objectives > 3 and count ** (objectives - 1) > MOST_CONTRIBUTIONS:
        return None
    shares = normalized(scores)
    if not shares.shape[1]:
        return np.full(len(scores), 1.0 if len(scores) == 1 else 0.0)
    reference = np.full(shares.shape[1], -BELOW)
    whole = moocore.hypervolume(shares, ref=reference, maximise=True)
    added: Array = moocore.hv_contributions(shares, ref=reference, maximise=True) / whole
    return added


def _distance(scores: Array, weights: Sequence[float] | None, share: float) -> Array:
    """Return each design's weighted Euclidean distance to the point at ``share`` of the range in every objective."""
    count = scores.shape[1]
    given = np.ones(count) if weights is None else np.asarray(weights, float)
    if given.shape != (count,) or not np.isfinite(given).all() or (given < 0).any() or not given.any():
        raise RangeError(
            f"weights: give {count} numbers, one for each objective; none may be negative, and one must be positive"
        )
    varies = scores.max(axis=0) > scores.min(axis=0)
    distance: Array = np.linalg.norm(given[varies] * (normalized(scores) - share), axis=1)
    return distance
