"""The bounds that an exact engine has proved, and the gap between them and verified designs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.problem.corners import PAIRS, lowest_corners
from sunfront.problem.front import non_dominated
from sunfront.problem.preference import Order, Preference, Region, Score, rounding

#: A frontier whose extent is a smaller share of its values is treated as a single point.
MIN_EXTENT = 1e-4

#: Distance of the reference point of hypervolumes below the nadir of the points, as a share of the range.
OFFSET = 0.01

#: Relative tolerance between a gap and the same gap measured again.
ROUNDING = 1e-9


class Fact(NamedTuple):
    """A proved bound: no design with at least ``floors`` in the further objectives exceeds ``bound`` in the first.

    If the bound is minus infinity, no design reaches the floors.
    """

    floors: tuple[Score, ...]
    bound: Score


@dataclass(frozen=True)
class Certificate:
    """The bounds that an exact engine has proved, in scores.

    Attributes:
        facts: Bounds on the first objective; for one objective a single bound, without floors.
        ceilings: Bounds on the second, third ... objective.
        scope: The designs covered, such as "a catalogue of 648 combinations of altitude and launch_cadence".
    """

    facts: tuple[Fact, ...]
    ceilings: tuple[float, ...]
    scope: str

    @property
    def top(self) -> float:
        """No design has a larger score in the first objective."""
        return min(
            (fact.bound for fact in self.facts if max(fact.floors, default=-math.inf) == -math.inf), default=math.inf
        )


#: What a gap is measured by, for several objectives.
Measure = Literal["hypervolume", "additive", "multiplicative"]


@dataclass(frozen=True)
class Gap:
    """How much may be missing: the distance of verified points to the bounds.

    Attributes:
        relative: For one objective, distance of the best point to the bound, relative to the larger of the two. For
            several, share of the outer hypervolume that the points leave uncovered. With three or more, designs
            below the reference point count too: the largest share of the ranges by which one of them may be missed, if
            that is larger.
        bound: For one objective, the bound on the quantity, in SI units and USD; None for several.
        inner, outer: For several objectives, hypervolumes of the points and under the bounds.
        reference: Reference point of both hypervolumes, in scores.
        additive: For several objectives, every feasible design is matched by a point within this share of the front's
            range, in each objective.
        multiplicative: The same as a share of the objective's value, the larger of the two; at most 1.
    """

    relative: float
    bound: float | None = None
    inner: float | None = None
    outer: float | None = None
    reference: tuple[float, ...] | None = None
    additive: float | None = None
    multiplicative: float | None = None

    def by(self, measure: Measure) -> float:
        """Return the gap by a measure; for one objective all are the same."""
        found = {"additive": self.additive, "multiplicative": self.multiplicative}.get(measure)
        return self.relative if found is None else found

    def at_least(self, gap: float, measure: Measure) -> Gap:
        """Return the gap with a larger number for a measure, if it is larger."""
        if measure == "hypervolume":
            return replace(self, relative=max(self.relative, gap))
        found = max(getattr(self, measure) or 0.0, gap)
        return replace(self, additive=found) if measure == "additive" else replace(self, multiplicative=found)

    def is_close(self, other: Gap) -> bool:
        """Whether two gaps differ by rounding only."""
        if any((one is None) != (two is None) for one, two in zip(self._numbers, other._numbers, strict=True)):
            return False
        ours, theirs = ([x or 0.0 for x in gap._numbers] for gap in (self, other))
        return bool(np.allclose(ours, theirs, rtol=ROUNDING, atol=ROUNDING))

    @property
    def _numbers(self) -> tuple[float | None, ...]:
        return self.relative, self.bound, self.additive, self.multiplicative


def outer_hypervolume(
    certificate: Certificate, reference: Sequence[float] | Array, region: Region | None = None
) -> float:
    """Return the hypervolume under the bounds, which no set of designs exceeds.

    Args:
        reference: Reference point, in scores; one number for each objective.
        region: What is beyond it does not count.
    """
    import moocore

    low = np.array(reference, float)
    top = min((f.bound for f in certificate.facts if (np.array(f.floors) <= low[1:]).all()), default=math.inf)
    high = np.array([top, *certificate.ceilings])
    if region is not None:
        high = region.clipped(high)
    if (high <= low).any():
        return 0.0
    # No design lies above the corner of a fact, so that what the corners exclude is the hypervolume that they dominate
    # from above.
    corners = np.maximum(_excluded(certificate), low)
    corners = corners[(corners < high).all(axis=1)]
    whole = float(np.prod(high - low))
    return whole - float(moocore.hypervolume(corners, ref=high)) if len(corners) else whole


def _excluded(certificate: Certificate) -> Array:
    """The corners of the facts, array (facts, objectives): no design is above one in every objective."""
    return np.array([[fact.bound, *fact.floors] for fact in certificate.facts])


def highest_corners(certificate: Certificate) -> Array:
    """Return scores of which each design is below at least one, in every objective; array (corners, objectives)."""
    corners = -lowest_corners(-_excluded(certificate), -np.array([certificate.top, *certificate.ceilings]))
    found: Array = corners[(corners > -math.inf).all(axis=1)]
    return found


def missed(corners: Array, points: Array, sizes: Array | None) -> Array:
    """Return by how much the best matching point lies below a corner, in the worst objective.

    Args:
        corners: Array (corners, objectives).
        points: Array (points, objectives).
        sizes: What the distance is a share of, array (objectives,); None for the value, the larger of the two.

    Returns:
        Array (corners,), not negative; at most 1 without sizes.
    """
    found = np.zeros(len(corners))
    step = max(PAIRS // max(points.size, 1), 1)
    for i in range(0, len(corners), step):
        high = corners[i : i + step, None, :]
        if sizes is None:
            size = np.maximum(np.abs(high), np.abs(points[None]))
            share = np.minimum((high - points) / np.where(size > 0, size, 1.0), 1.0)
        else:
            share = (high - points) / sizes
        found[i : i + step] = np.maximum(share.max(axis=2).min(axis=1), 0.0)
    return found


def outer_staircase(certificate: Certificate, low: float) -> list[tuple[float, float]]:
    """Return the bounds of two objectives as steps: (start in the second score, bound on the first score).

    Starts ascend from ``low``, and bounds descend. The last step ends at the ceiling.
    """
    steps: list[tuple[float, float]] = []
    best = float("inf")
    for (floor,), bound in sorted(certificate.facts):
        if bound < best:
            best = bound
            start = max(floor, low)
            if steps and steps[-1][0] == start:
                steps[-1] = (start, bound)
            else:
                steps.append((start, bound))
    return steps


def measure_gap(
    scores: Array, certificate: Certificate, noise: float = 0.0, preference: Preference | None = None
) -> Gap:
    """Measure the gap between verified designs and a certificate.

    Args:
        scores: Array (designs, objectives).
        noise: Numerical error of the first objective; with one objective, it is subtracted from the gap.
        preference: What is wanted of several objectives. In a region, the gap is that of the front within it. In an
            order it is the largest distance of an objective to its bound, among designs that keep to the order.
    """
    if isinstance(preference, Order):
        return Gap(relative=_gap_in_order(scores, certificate, preference))
    if scores.shape[1] == 1:
        bound, best = certificate.facts[0].bound, float(scores[:, 0].max())
        size = max(abs(bound), abs(best)) or 1.0
        return Gap(relative=max(bound - best - noise, 0.0) / size, bound=bound)
    region = preference or Region.everywhere(scores.shape[1])
    scores = region.clipped(scores)
    # A dominated point must not move the reference point: the outer hypervolume would grow, and the gap shrink.
    scores = scores[non_dominated(scores)]
    low, ends = extent(scores, certificate, region)
    found = measure_hypervolume(scores, certificate, region)
    if (ends < low).any():  # no design is in the region
        return replace(found, additive=0.0, multiplicative=0.0)
    sizes, _ = ranges(low, ends)
    corners = region.clipped(highest_corners(certificate))
    corners = corners[region.reaches(corners)]
    if len(ends) > 2:
        assert found.reference is not None
        below = missed_below(corners, scores, np.array(found.reference), sizes, region)
        found = replace(found, relative=max(found.relative, float(below.max(initial=0.0))))
    return replace(
        found,
        additive=float(missed(corners, scores, sizes).max(initial=0.0)),
        multiplicative=float(missed(corners, scores, None).max(initial=0.0)),
    )


def measure_hypervolume(scores: Array, certificate: Certificate, region: Region | None = None) -> Gap:
    """Measure the share of the outer hypervolume that points of several objectives leave uncovered, and it alone.

    Args:
        scores: Array (designs, objectives), none of which another one dominates, clipped to the region.
        region: In which part of the front; None for the whole.
    """
    region = region or Region.everywhere(scores.shape[1])
    low, ends = extent(scores, certificate, region)
    if (ends < low).any():
        return Gap(relative=0.0, inner=0.0, outer=0.0, reference=tuple(map(float, low)))
    inside = region.contains(scores)
    _, short = ranges(low, ends)
    if short.any() and len(ends) == 2:
        # One design is best in both objectives. A point has no hypervolume; the distance to the bounds is the gap.
        best = scores[inside].max(axis=0, initial=-np.inf)
        far = max(float(((ends - best) / np.where(ends == 0, 1.0, np.abs(ends))).max()), 0.0)
        return Gap(relative=min(far, 1.0), inner=0.0, outer=0.0, reference=tuple(map(float, low)))
    import moocore

    reference = reference_point(low, ends, region)
    inner = float(moocore.hypervolume(scores, ref=reference, maximise=True))
    outer = outer_hypervolume(certificate, reference, region)
    relative = max(outer - inner, 0.0) / outer if outer > 0 else 0.0
    return Gap(relative=relative, inner=inner, outer=outer, reference=tuple(map(float, reference)))


def _gap_in_order(scores: Array, certificate: Certificate, order: Order) -> float:
    """Return the largest distance of an objective to its bound, relative to its value; 1 if it has none.

    A design that keeps to the order has at least the floors of the objectives before. If it exceeded the floor of a
    fact in this objective, it would be above the bound of the fact in the first one: so that floor is a bound here.
    """
    levels, far = order.levels(scores), 0.0
    for k, (best, _) in enumerate(levels):
        bound = math.inf
        for fact in certificate.facts:
            if k == 0:
                bounded = fact.bound if max(fact.floors) == -math.inf else math.inf
            else:
                reached = zip((fact.bound, *fact.floors[: k - 1]), levels[:k], strict=True)
                holds = all(limit <= floor + rounding(floor) for limit, (_, floor) in reached)
                holds &= max(fact.floors[k:], default=-math.inf) == -math.inf
                bounded = fact.floors[k - 1] if holds else math.inf
            bound = min(bound, bounded)
        if bound == math.inf:
            far = 1.0
        elif bound > math.nextafter(best, math.inf):
            far = max(far, (bound - best) / max(abs(bound), abs(best)))
    return far


def extent(scores: Array, certificate: Certificate, region: Region) -> tuple[Array, Array]:
    """Return the lowest scores of the points in a region, and the highest that are possible above them.

    Args:
        scores: Array (designs, objectives), clipped to the region.

    Returns:
        Arrays (objectives,). An end is below the lowest score if no design is in the region.
    """
    inside = region.contains(scores)
    low = np.where(np.isfinite(region.low), region.low, (scores[inside] if inside.any() else scores).min(axis=0))
    top = min(fact.bound for fact in certificate.facts if (np.array(fact.floors) <= low[1:]).all())
    return low, region.clipped(np.array([top, *certificate.ceilings]))


def ranges(low: Array, ends: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Return the range of each objective on a front, and which objectives are the same all along.

    The range of these is the size of their value.

    Args:
        low: Lowest scores of the points, array (objectives,).
        ends: Proved highest scores, array (objectives,).
    """
    short = ends - low <= MIN_EXTENT * np.abs(ends)
    return np.where(short, np.where(ends == 0, 1.0, np.abs(ends)), ends - low), short


def reference_point(low: Array, ends: Array, region: Region) -> Array:
    """Return the reference point of hypervolumes: below the nadir of the points, so that every one has a volume.

    Where a region ends, it is that end.
    """
    sizes, short = ranges(low, ends)
    found: Array
    if len(ends) == 2:
        found = low - np.where(short, MIN_EXTENT * np.abs(ends), OFFSET * (ends - low))
    else:
        found = low - np.where(short, 1.0, OFFSET) * sizes
    return np.where(np.isfinite(region.low), region.low, found)


def missed_below(corners: Array, points: Array, reference: Array, sizes: Array, region: Region) -> Array:
    """Return by how much designs under each corner, that have no hypervolume, are missed; as ``missed``.

    Such a design is below the reference point in an objective. No front has its nadir at the worst of the designs that
    are best in one objective, so that better designs may be there.
    """
    found = np.zeros(len(corners))
    for k, limit in enumerate(reference):
        if np.isfinite(region.low[k]):
            continue  # below it nothing is wanted
        cut = corners.copy()
        cut[:, k] = np.minimum(cut[:, k], limit)
        found = np.maximum(found, missed(cut, points, sizes))
    return found
