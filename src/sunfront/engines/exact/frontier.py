"""A frontier with a proof: the epsilon-constraint method, the next floor in the box where most is unknown.

Each solve maximizes the first objective with every other at least at a floor. It yields a point, and a fact: nothing
above the floors has the first objective above the bound. Points fill the space of scores from inside, facts close it
from outside, and the true frontier lies between.

The space of the further objectives is cut into boxes. What was asked at a box's lowest corner bounds the first
objective in all of it. The box where bound and points lie farthest apart, by volume, is cut: a hair above the point
that the corner gave, so that a step (the next tier of a catalogue) is closed at one blow; where that point is the
corner itself, the frontier goes on smoothly, and the box is halved.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from sunfront.arrays import Array
from sunfront.engines.exact.pool import Pool
from sunfront.engines.exact.solver import LOOSE, Solved
from sunfront.errors import SolverFailure
from sunfront.problem.certificate import Certificate, Fact, Gap, measure

Report = Callable[[Gap, int], None]


@dataclass
class Box:
    """Floors from ``low`` to ``high``, arrays (further objectives,).

    Attributes:
        corner: Scores of the further objectives of the point that was found above ``low``.
        outer: Bound on the first objective in the box.
        inner: Best first objective of a point that covers the box; minus infinity if none does.
    """

    low: Array
    high: Array
    corner: Array
    outer: float
    inner: float

    def open(self, worst: float) -> float:
        """What lies between bound and points, above the worst point."""
        return max(self.outer - max(self.inner, worst), 0.0) * float(np.prod(self.high - self.low))

    def learn(self, fact: Fact, scores: tuple[float, ...] | None) -> None:
        """Take in a fact and the point that came with it."""
        if (self.low >= fact.floors).all():
            self.outer = min(self.outer, fact.bound)
        if scores is not None and (self.high <= scores[1:]).all():
            self.inner = max(self.inner, scores[0])


@dataclass
class Trace:
    """What is known of a frontier.

    Attributes:
        ceilings: Of every objective but the first.
        boxes: What is not closed yet.
    """

    points: list[Solved]
    facts: list[Fact]
    ceilings: tuple[float, ...]
    scope: str
    boxes: list[Box] = field(default_factory=list)

    @property
    def certificate(self) -> Certificate:
        """What is proved."""
        return Certificate(tuple(self.facts), self.ceilings, self.scope)

    @property
    def scores(self) -> Array:
        """Array (points, objectives)."""
        return np.array([p.scores for p in self.points])


def trace(pool: Pool, gap: float, deadline: float, scope: str, report: Report) -> tuple[Trace, bool] | None:
    """Certified points of the frontier.

    Args:
        gap: Stop when this share of the outer hypervolume may be missing.
        deadline: Value of ``time.monotonic`` at which to stop with what is proved.
        report: Called now and then.

    Returns:
        What is known, and whether the gap was reached; None if no design is feasible.

    Raises:
        TimeoutError: The deadline came before the frontier's ends were known.
    """
    found = _ends(pool, deadline, scope)
    if found is None:
        return None
    low, ceilings = found.scores[:, 1:].min(axis=0), np.array(found.ceilings)
    span = ceilings - low
    # The slivers left open beside the points are a small part of what may stay open; steps smaller than that are not
    # followed one by one.
    hair = np.maximum(0.1 * gap * span / len(span) ** 2, 3 * LOOSE * np.maximum(np.abs(ceilings), np.abs(low)))
    # The first box begins below the first point, so that a step above that point is looked for first.
    first = found.points[0]
    found.boxes = [Box(low - 2 * hair, ceilings, np.array(first.scores[1:]), found.facts[0].bound, -np.inf)]
    measured, spent = -np.inf, 0.0
    while True:
        try:
            # With many points, measuring takes long; it has a tenth of the time.
            started = time.monotonic()
            if started - measured >= 9 * spent or not found.boxes:
                now = measure(found.scores, found.certificate)
                report(now, len(found.points))
                measured = time.monotonic()
                spent = measured - started
                if now.relative <= gap or not found.boxes:
                    return found, now.relative <= gap
            new = []
            for box in _widest(found, pool.workers, span):
                *pieces, last = _cut(box, hair, span)
                found.boxes += [*pieces, last]
                new.append(last)
            floors = [tuple(box.low.tolist()) for box in new]
            for box, asked, answer in zip(new, floors, pool.ask(floors, found.points, deadline), strict=True):
                fact = Fact(asked, -np.inf if answer is None else answer.bound)
                found.facts.append(fact)
                if answer is not None:
                    box.corner = np.array(answer.scores[1:])
                    if all(answer.scores != p.scores for p in found.points):
                        found.points.append(answer)
                for each in found.boxes:
                    each.learn(fact, None if answer is None else answer.scores)
        except (TimeoutError, KeyboardInterrupt):
            return found, False


def _widest(found: Trace, count: int, span: Array) -> list[Box]:
    """Take out the boxes with most between bound and points, and drop those where nothing is, or only rounding."""
    worst = float(found.scores[:, 0].min())
    kept = [box for box in found.boxes if box.outer > box.inner and (box.high - box.low > 1e-7 * span).any()]
    kept.sort(key=lambda box: -box.open(worst))
    found.boxes = kept[count:]
    return kept[:count]


def _cut(box: Box, hair: Array, span: Array) -> list[Box]:
    """The box in pieces along its relatively longest side, ascending; the lowest corner of the last one is new."""
    axis = int(np.argmax((box.high - box.low) / np.where(span > 0, span, np.inf)))
    start, end, step = box.low[axis], box.high[axis], box.corner[axis]
    after = step + hair[axis]
    cuts = [step, after] if start + hair[axis] < step and after < end else [(start + end) / 2]
    pieces = []
    for left, right in zip([start, *cuts], [*cuts, end], strict=True):
        low, high = box.low.copy(), box.high.copy()
        low[axis], high[axis] = left, right
        pieces.append(replace(box, low=low, high=high))
    return pieces


def _ends(pool: Pool, deadline: float, scope: str) -> Trace | None:
    """The extreme points by lexicographic solves, the first facts, and the bounds of the further objectives."""
    objectives = range(pool.objectives)
    everything = (-np.inf,) * (pool.objectives - 1)
    best = pool.extremes(deadline)
    if best[0] is None:
        return None
    facts, points = [Fact(everything, best[0].bound)], []
    for i, point in zip(objectives, best, strict=True):
        if point is None:
            raise SolverFailure(f"the solver found a design for the first objective and none for number {i + 1}")
        points.append(point)
    for i in objectives[1:]:
        floors = tuple(points[i].scores[j] if j == i else -np.inf for j in objectives[1:])
        (highest,) = pool.ask([floors], [], deadline)
        if highest is not None:  # None is rounding
            facts.append(Fact(floors, highest.bound))
            points[i] = highest
    ceilings = tuple(p.bound for p in best[1:] if p is not None)
    return Trace(points, facts, ceilings, scope)
