"""Which design of a front to look at first: knee, compromise, ranking by weights, what each point adds.

All functions take scores, an array (designs, objectives) in which more is better, of designs that do not beat each
other. Scores are scaled to the range that the front spans, so that units and offsets do not matter. An objective that
is equal for all designs decides nothing and is left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sunfront.arrays import Array
from sunfront.errors import RangeError

#: A front that bulges less than this share of its range beyond the line between its ends has no knee.
FLAT = 1e-6

#: How far below the worst of the front the hypervolume is measured from, as a share of the range.
BELOW = 0.01


def normalized(scores: Array) -> Array:
    """Scores as shares of the range of the front: 0 the worst on it, 1 the best.

    Returns:
        Array (designs, objectives with a spread).
    """
    worst, best = scores.min(axis=0), scores.max(axis=0)
    spread = best > worst
    shares: Array = (scores[:, spread] - worst[spread]) / (best - worst)[spread]
    return shares


def knee(scores: Array) -> int | None:
    """The design at which the front bends most: beyond it a little of one objective costs much of another.

    It is farthest beyond the line, or plane, through the ends of the normalized front.

    Returns:
        Its row, the first of equals; None where no design lies beyond: the front is straight, bends the other way, or
        has fewer than two objectives that vary; and where the ends span no plane that faces the ideal, as when one
        design is the best in two of three objectives.

    Source: Das, On characterizing the "knee" of the Pareto curve, Structural Optimization 18 (1999) 107-115.
    """

    shares = normalized(scores)
    if shares.shape[1] < 2:
        return None
    ends = shares[shares.argmax(axis=0)]
    try:
        # The plane on which normal @ shares is 1 at every end; of two objectives the line between (1, 0) and (0, 1).
        normal = np.linalg.solve(ends, np.ones(len(ends)))
    except np.linalg.LinAlgError:
        return None
    if (normal <= 0).any():
        return None
    beyond = shares @ normal - 1
    first = int(beyond.argmax())
    return first if beyond[first] > FLAT else None


def compromise(scores: Array, weights: Sequence[float] | None = None) -> int:
    """The design nearest to the ideal, which is as good as the best of the front in every objective.

    Args:
        weights: Of the objectives; equal if None. Only their ratios matter.

    Returns:
        Its row by the weighted Euclidean distance of normalized scores, the first of equals.

    Source: Zeleny, Compromise programming, in Multiple Criteria Decision Making (1973) 262-301.
    """
    return int(_distance(scores, weights, 1.0).argmin())


def closeness(scores: Array, weights: Sequence[float] | None = None) -> Array:
    """Rank by TOPSIS: the distance to the worst over the sum of the distances to the worst and to the ideal.

    Args:
        weights: Of the objectives; equal if None. Only their ratios matter.

    Returns:
        Array (designs,), from 0 (worst in everything) to 1 (best in everything).

    Source: Hwang and Yoon, Multiple Attribute Decision Making (1981) ch. 3, with scores scaled to their range, as
    their length depends on where an objective has its zero.
    """

    to_ideal, to_worst = _distance(scores, weights, 1.0), _distance(scores, weights, 0.0)
    total = to_ideal + to_worst
    # Where all designs are equal, each is the ideal.
    return np.divide(to_worst, total, out=np.ones(len(scores)), where=total > 0)


def contributions(scores: Array) -> Array:
    """The share of the front's hypervolume that only this design covers; what leaving it out would lose.

    Measured from a point 1 % of the range below the worst. The two ends of a front of two objectives owe their share
    to that choice. Of equal designs each adds nothing.

    Returns:
        Array (designs,).
    """
    import moocore

    shares = normalized(scores)
    if not shares.shape[1]:
        return np.full(len(scores), 1.0 if len(scores) == 1 else 0.0)
    reference = np.full(shares.shape[1], -BELOW)
    whole = moocore.hypervolume(shares, ref=reference, maximise=True)
    added: Array = moocore.hv_contributions(shares, ref=reference, maximise=True) / whole
    return added


def _distance(scores: Array, weights: Sequence[float] | None, share: float) -> Array:
    """Weighted Euclidean distance of each design to the point at ``share`` of the range in every objective."""

    count = scores.shape[1]
    given = np.ones(count) if weights is None else np.asarray(weights, float)
    if given.shape != (count,) or not np.isfinite(given).all() or (given < 0).any() or not given.any():
        raise RangeError(f"weights: give {count} numbers, none negative and one positive, one for each objective")
    varies = scores.max(axis=0) > scores.min(axis=0)
    distance: Array = np.linalg.norm(given[varies] * (normalized(scores) - share), axis=1)
    return distance
