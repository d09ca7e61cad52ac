"""The bounds that an exact engine has proved, and the gap between them and verified designs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from pydantic import BeforeValidator, PlainSerializer

from sunfront.arrays import Array
from sunfront.problem.front import non_dominated

#: A frontier whose extent is a smaller share of its values is treated as a single point.
MIN_EXTENT = 1e-4

#: Relative tolerance between a gap and the same gap measured again.
ROUNDING = 1e-9


#: A score; minus infinity is null in JSON.
Score = Annotated[
    float,
    BeforeValidator(lambda value: -math.inf if value is None else value),
    PlainSerializer(lambda value: None if value == -math.inf else value, when_used="json"),
]


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


@dataclass(frozen=True)
class Gap:
    """How much may be missing: the distance of verified points to the bounds.

    Attributes:
        relative: For one objective, distance of the best point to the bound, relative to the larger of the two. For
            several, share of the outer hypervolume that the points leave uncovered.
        bound: For one objective, the bound on the quantity, in SI units and USD; None for several.
        inner, outer: For several objectives, hypervolumes of the points and under the bounds.
        reference: Reference point of both hypervolumes, in scores.
    """

    relative: float
    bound: float | None = None
    inner: float | None = None
    outer: float | None = None
    reference: tuple[float, ...] | None = None

    def is_close(self, other: Gap) -> bool:
        """Whether two gaps differ by rounding only."""
        if (self.bound is None) != (other.bound is None):
            return False
        ours, theirs = (self.relative, self.bound or 0.0), (other.relative, other.bound or 0.0)
        return bool(np.allclose(ours, theirs, rtol=ROUNDING, atol=ROUNDING))


def outer_hypervolume(certificate: Certificate, reference: Sequence[float] | Array) -> float:
    """Return the hypervolume under the bounds, which no set of designs exceeds.

    Args:
        reference: Reference point, in scores; one number for each objective.
    """
    # Every floor divides the space of the further objectives; each cell has one bound.
    edges = []
    for j, (low, high) in enumerate(zip(reference[1:], certificate.ceilings, strict=True)):
        if high <= low:
            return 0.0
        cuts = {low, high, *(fact.floors[j] for fact in certificate.facts)}
        edges.append(np.array(sorted(cut for cut in cuts if low <= cut <= high)))
    shape = [len(cuts) - 1 for cuts in edges]
    bounds = np.full(shape, np.inf)
    for fact in certificate.facts:
        at = tuple(int(np.searchsorted(cuts, floor)) for cuts, floor in zip(edges, fact.floors, strict=True))
        if all(i < n for i, n in zip(at, shape, strict=True)):
            bounds[at] = min(bounds[at], fact.bound)
    for axis in range(len(edges)):
        bounds = np.minimum.accumulate(bounds, axis=axis)
    volume = np.maximum(bounds - reference[0], 0.0)
    for cuts in reversed(edges):
        volume = volume @ np.diff(cuts)
    return float(volume)


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


def measure_gap(scores: Array, certificate: Certificate, noise: float = 0.0) -> Gap:
    """Measure the gap between verified designs and a certificate.

    Args:
        scores: Array (designs, objectives).
        noise: Numerical error of the first objective; with one objective, it is subtracted from the gap.
    """
    if scores.shape[1] == 1:
        bound, best = certificate.facts[0].bound, float(scores[:, 0].max())
        size = max(abs(bound), abs(best)) or 1.0
        return Gap(relative=max(bound - best - noise, 0.0) / size, bound=bound)
    # A dominated point must not move the reference point: the outer hypervolume would grow, and the gap shrink.
    scores = scores[non_dominated(scores)]
    low = scores.min(axis=0)
    ceilings = np.array(certificate.ceilings)
    top = min(fact.bound for fact in certificate.facts if (np.array(fact.floors) <= low[1:]).all())
    ends = np.array([top, *ceilings])
    short = ends - low <= MIN_EXTENT * np.abs(ends)
    if short.any() and len(ends) == 2:
        # One design is best in both objectives. A point has no hypervolume; the distance to the bounds is the gap.
        far = max(float(((ends - scores.max(axis=0)) / np.where(ends == 0, 1.0, np.abs(ends))).max()), 0.0)
        return Gap(relative=far, inner=0.0, outer=0.0, reference=tuple(map(float, low)))
    # The reference is the nadir of the points. With two objectives it is a little below, so that the extreme points
    # have a volume of their own; with more, the volume there would be bounded by the extreme points alone.
    reference = low - np.where(short, MIN_EXTENT * np.abs(ends), 0.01 * (ends - low) if len(ends) == 2 else 0.0)
    import moocore

    inner = float(moocore.hypervolume(scores, ref=reference, maximise=True))
    outer = outer_hypervolume(certificate, reference)
    relative = max(outer - inner, 0.0) / outer if outer > 0 else 0.0
    return Gap(relative=relative, inner=inner, outer=outer, reference=tuple(map(float, reference)))
