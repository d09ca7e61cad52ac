"""What an exact engine proves, and how far verified points are from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sunfront.pareto import non_dominated

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

#: A frontier shorter than this share of its values is a point.
POINT = 1e-4


@dataclass(frozen=True)
class Certificate:
    """What an exact engine proves, in scores (objectives turned so that more is better).

    Attributes:
        facts: Pairs (floor, bound): no design whose second objective scores at least ``floor`` has a first
            objective scoring above ``bound``. One objective: one fact with floor minus infinity.
        ceiling: No design's second objective scores above it; None with one objective.
        scope: What the proof covers, as "a catalogue of 648 options".
    """

    facts: tuple[tuple[float, float], ...]
    ceiling: float | None
    scope: str


@dataclass(frozen=True)
class Gap:
    """How far verified points are from what is proved possible.

    Attributes:
        relative: One objective: distance of the best point to the bound over the bound's size. Two: share of the
            outer hypervolume that the points may miss.
        bound: One objective: the bound, as the quantity reads. Two: None.
        inner, outer: Two objectives: hypervolumes of the points and of the bounds.
        reference: Point against which they are measured, in scores.
    """

    relative: float
    bound: float | None = None
    inner: float | None = None
    outer: float | None = None
    reference: tuple[float, float] | None = None


def outer_staircase(certificate: Certificate, low: float) -> list[tuple[float, float]]:
    """Steps (from second score, bound on the first score), ascending, falling; from ``low`` to the ceiling."""
    steps: list[tuple[float, float]] = []
    best = float("inf")
    for floor, bound in sorted(certificate.facts, key=lambda fact: (fact[0], fact[1])):
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
    import numpy as np

    if scores.shape[1] == 1:
        bound, best = certificate.facts[0][1], float(scores[:, 0].max())
        size = max(abs(bound), abs(best)) or 1.0
        return Gap(relative=max(bound - best - noise, 0.0) / size, bound=bound)
    # A dominated point must not move the reference: the whole would grow, and the missing share shrink.
    scores = scores[non_dominated(scores)]
    first, second = scores[:, 0], scores[:, 1]
    # The nadir of the two extreme points, a little below so that they count themselves.
    ceiling = certificate.ceiling
    assert ceiling is not None
    low0, low1 = float(first.min()), float(second.min())
    steps = outer_staircase(certificate, low1)
    top0 = steps[0][1]
    if top0 - low0 <= POINT * abs(top0) or ceiling - low1 <= POINT * abs(ceiling):
        # One design is best in both objectives: a point has no hypervolume.
        far = max((top0 - first.max()) / (abs(top0) or 1.0), (ceiling - second.max()) / (abs(ceiling) or 1.0), 0.0)
        return Gap(relative=float(far), inner=0.0, outer=0.0, reference=(low0, low1))
    reference = (low0 - 0.01 * (top0 - low0), low1 - 0.01 * (ceiling - low1))
    import moocore

    inner = float(moocore.hypervolume(scores, ref=np.array(reference), maximise=True))
    ends = [start for start, _ in steps[1:]] + [ceiling]
    starts = [reference[1]] + [start for start, _ in steps[1:]]
    outer = sum(
        max(end - start, 0.0) * max(bound - reference[0], 0.0)
        for start, end, (_, bound) in zip(starts, ends, steps, strict=True)
    )
    relative = max(outer - inner, 0.0) / outer if outer > 0 else 0.0
    return Gap(relative=relative, inner=inner, outer=outer, reference=reference)
