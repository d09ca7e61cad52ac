"""What an exact engine proves, and how far verified points are from it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from pydantic import BeforeValidator, PlainSerializer

from sunfront.arrays import Array
from sunfront.problem.front import non_dominated

#: A frontier shorter than this share of its values is a point.
POINT = 1e-4


#: A score; JSON has null for minus infinity.
Score = Annotated[
    float,
    BeforeValidator(lambda value: -math.inf if value is None else value),
    PlainSerializer(lambda value: None if value == -math.inf else value, when_used="json"),
]


class Fact(NamedTuple):
    """No design whose further objectives score at least ``floors`` has a first objective scoring above ``bound``.

    A bound of minus infinity: there is no design above the floors.
    """

    floors: tuple[Score, ...]
    bound: Score


@dataclass(frozen=True)
class Certificate:
    """What an exact engine proves, in scores (objectives turned so that more is better).

    Attributes:
        facts: With one objective a single one, without floors.
        ceilings: No design's second, third ... objective scores above them.
        scope: What the proof covers, as "a catalogue of 648 options".
    """

    facts: tuple[Fact, ...]
    ceilings: tuple[float, ...]
    scope: str


@dataclass(frozen=True)
class Gap:
    """How far verified points are from what is proved possible.

    Attributes:
        relative: One objective: distance of the best point to the bound over the bound's size. More: share of the
            outer hypervolume that the points may miss.
        bound: One objective: the bound, as the quantity reads. More: None.
        inner, outer: Two objectives or more: hypervolumes of the points and of the bounds.
        reference: Point against which they are measured, in scores.
    """

    relative: float
    bound: float | None = None
    inner: float | None = None
    outer: float | None = None
    reference: tuple[float, ...] | None = None


def outer_hypervolume(certificate: Certificate, reference: Sequence[float] | Array) -> float:
    """The hypervolume beyond a reference, in scores, that no designs can exceed.

    Args:
        reference: For each objective where it begins.
    """

    # The space of the further objectives is cut at every floor; each cell has one bound.
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
    """Steps of two objectives: (from second score, bound on the first), ascending, falling; ``low`` to the ceiling."""
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


def measure(scores: Array, certificate: Certificate, noise: float = 0.0) -> Gap:
    """The gap between verified scores (designs, objectives) and a certificate.

    Args:
        noise: How far the first objective is uncertain; a gap no larger is none.
    """

    if scores.shape[1] == 1:
        bound, best = certificate.facts[0].bound, float(scores[:, 0].max())
        size = max(abs(bound), abs(best)) or 1.0
        return Gap(relative=max(bound - best - noise, 0.0) / size, bound=bound)
    # A dominated point must not move the reference: the whole would grow, and the missing share shrink.
    scores = scores[non_dominated(scores)]
    low = scores.min(axis=0)
    ceilings = np.array(certificate.ceilings)
    top = min(fact.bound for fact in certificate.facts if (np.array(fact.floors) <= low[1:]).all())
    ends = np.array([top, *ceilings])
    short = ends - low <= POINT * np.abs(ends)
    if short.any() and len(ends) == 2:
        # One design is best in both objectives: a point has no hypervolume.
        far = max(float(((ends - scores.max(axis=0)) / np.where(ends == 0, 1.0, np.abs(ends))).max()), 0.0)
        return Gap(relative=far, inner=0.0, outer=0.0, reference=tuple(map(float, low)))
    # The nadir of the points; of two objectives a little below, so that the extreme ones count themselves. Of more,
    # what lies below is bounded by the extreme points alone.
    reference = low - np.where(short, POINT * np.abs(ends), 0.01 * (ends - low) if len(ends) == 2 else 0.0)
    import moocore

    inner = float(moocore.hypervolume(scores, ref=reference, maximise=True))
    outer = outer_hypervolume(certificate, reference)
    relative = max(outer - inner, 0.0) / outer if outer > 0 else 0.0
    return Gap(relative=relative, inner=inner, outer=outer, reference=tuple(map(float, reference)))
