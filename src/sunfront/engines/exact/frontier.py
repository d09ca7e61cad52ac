"""A frontier with a proof: the epsilon-constraint method, with the next floor where most is unknown.

Each solve maximizes the first objective with a floor on every other one. It yields a point, and a bound: no design
above the floors exceeds it in the first objective. The true frontier lies between the points and the bounds.

The space of the further objectives is divided into boxes. A solve with the lowest corner of a box as floors bounds
the first objective in the whole box. The box with the largest volume between bound and points is split next: just
above the point that its corner gave, so that one solve settles a step of the frontier, such as the next tier of a
catalogue. If that point is the corner itself, the frontier is smooth there, and the box is halved.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace

import numpy as np

from sunfront.arrays import Array
from sunfront.engines.exact.pool import Pool
from sunfront.engines.exact.solver_protocol import FLOOR_TOLERANCE, Solution
from sunfront.engines.processes import DIED
from sunfront.errors import SolverFailure
from sunfront.problem.certificate import Certificate, Fact, Gap, measure_gap

#: Cells between the floors whose measurement takes a small part of the time of one solve.
CELLS_PER_FACT = 1_000_000

#: Relative difference between the variables of one design in two solves: the rounding of a solver.
SAME = 1e-7

#: What ends the search for points; those found by then are an answer.
ENDS = (TimeoutError, KeyboardInterrupt, MemoryError, BrokenProcessPool)

Report = Callable[[Gap, int], None]


@dataclass
class Box:
    """A box in the space of the further objectives, from ``low`` to ``high``; arrays (further objectives,).

    Attributes:
        corner: Scores in the further objectives of the point found with ``low`` as floors.
        outer: Bound on the first objective in the box.
        inner: Best first objective of the points that are at least ``high``; minus infinity if there are none.
    """

    low: Array
    high: Array
    corner: Array
    outer: float
    inner: float

    def unknown_volume(self, worst: float) -> float:
        """Return the volume between bound and points that lies above the worst point."""
        return max(self.outer - max(self.inner, worst), 0.0) * float(np.prod(self.high - self.low))

    def update(self, fact: Fact, scores: tuple[float, ...] | None) -> None:
        """Tighten the bounds of the box with a fact and the scores of its point."""
        if (self.low >= fact.floors).all():
            self.outer = min(self.outer, fact.bound)
        if scores is not None and (self.high <= scores[1:]).all():
            self.inner = max(self.inner, scores[0])


@dataclass
class Frontier:
    """Points of a frontier, and what is proved about it so far.

    Attributes:
        facts: Bounds on the first objective.
        ceilings: Bounds on the further objectives; fewer than these if the solves ended before all were known.
        scope: What the proof covers, for people.
        boxes: Boxes that may still contain better designs.
        fault: What ended the search, if this was neither the deadline nor an interruption.
    """

    points: list[Solution]
    facts: list[Fact]
    ceilings: tuple[float, ...]
    scope: str
    boxes: list[Box] = field(default_factory=list)
    fault: str = ""

    @property
    def has_ends(self) -> bool:
        """Whether every objective is bounded."""
        return len(self.facts) > 0 and len(self.ceilings) == len(self.facts[0].floors)

    @property
    def certificate(self) -> Certificate:
        """The bounds proved so far; of use once every objective is bounded."""
        return Certificate(tuple(self.facts), self.ceilings, self.scope)

    @property
    def scores(self) -> Array:
        """Array (points, objectives)."""
        return np.array([p.scores for p in self.points])


def trace_frontier(pool: Pool, gap: float, deadline: float, scope: str, report: Report) -> tuple[Frontier, bool] | None:
    """Find points of the frontier and bounds until the gap is small enough.

    Args:
        gap: Share of the outer hypervolume that may be missing.
        deadline: Value of ``time.monotonic`` at which to stop with what is proved by then.
        report: Called repeatedly with the present gap and the number of points.

    Returns:
        The frontier, and whether the gap was reached; None if no design is feasible.

    Raises:
        TimeoutError, KeyboardInterrupt, MemoryError, BrokenProcessPool: One of these ended the search before a design
            was found.
    """
    found = Frontier([], [], (), scope)
    try:
        if not _solve_ends(pool, found, deadline):
            return None
        return found, _close(pool, found, gap, deadline, report)
    except ENDS as end:
        if not found.points:
            raise
        if isinstance(end, MemoryError | BrokenProcessPool):
            found.fault = "memory ran out" if isinstance(end, MemoryError) else DIED
        return found, False


def _close(pool: Pool, found: Frontier, gap: float, deadline: float, report: Report) -> bool:
    """Add points and facts until the gap is small enough; return whether it is."""
    low, ceilings = found.scores[:, 1:].min(axis=0), np.array(found.ceilings)
    span = ceilings - low
    # Distance from a point to the next floor. The slivers that remain beside the points are a small part of the gap;
    # steps of the frontier smaller than this are not resolved.
    margin = np.maximum(
        0.1 * gap * span / len(span) ** 2, 3 * FLOOR_TOLERANCE * np.maximum(np.abs(ceilings), np.abs(low))
    )
    # The first box begins below the first point, so that a step just above that point is tried first.
    first = found.points[0]
    found.boxes = [Box(low - 2 * margin, ceilings, np.array(first.scores[1:]), found.facts[0].bound, -np.inf)]
    next_measurement = 0
    while True:
        if len(found.facts) >= next_measurement or not found.boxes:
            now = measure_gap(found.scores, found.certificate)
            report(now, len(found.points))
            if now.relative <= gap or not found.boxes:
                return now.relative <= gap
            # The cost of a measurement grows with the number of cells between the floors. The rule counts facts and
            # does not look at the clock, so that every machine returns the same points.
            next_measurement = len(found.facts) + 1 + len(found.facts) ** len(span) // CELLS_PER_FACT
        found.boxes = _by_unknown_volume(found, span)
        if not found.boxes:
            continue
        pieces = _split(found.boxes[0], margin, span)
        others = found.boxes[1 : pool.count]
        following = [tuple(_split(other, margin, span)[-1].low.tolist()) for other in others]
        found.boxes = [*found.boxes[1:], *pieces]
        box, floors = pieces[-1], tuple(pieces[-1].low.tolist())
        for solution in pool.solve(floors, found.points, deadline, following):
            fact = Fact(floors, -np.inf if solution is None else solution.bound)
            if fact.bound < np.inf:
                found.facts.append(fact)
            if solution is not None:
                box.corner = np.array(solution.scores[1:])
                if not any(_are_same(solution, point) for point in found.points):
                    found.points.append(solution)
            for each in found.boxes:
                each.update(fact, None if solution is None else solution.scores)


def _are_same(one: Solution, other: Solution) -> bool:
    """Whether two solutions are one design, within what a solver leaves."""
    return all(math.isclose(x, other.design[name], rel_tol=SAME) for name, x in one.design.items())


def _by_unknown_volume(found: Frontier, span: Array) -> list[Box]:
    """Return the boxes that are neither closed nor tiny, that with the largest unknown volume first."""
    worst = float(found.scores[:, 0].min())
    boxes = [box for box in found.boxes if box.outer > box.inner and (box.high - box.low > 1e-7 * span).any()]
    return sorted(boxes, key=lambda box: -box.unknown_volume(worst))


def _split(box: Box, margin: Array, span: Array) -> list[Box]:
    """Split a box along its relatively longest side, ascending; the lowest corner of the last piece is new."""
    axis = int(np.argmax((box.high - box.low) / np.where(span > 0, span, np.inf)))
    start, end, step = box.low[axis], box.high[axis], box.corner[axis]
    after = step + margin[axis]
    cuts = [step, after] if start + margin[axis] < step and after < end else [(start + end) / 2]
    pieces = []
    for left, right in zip([start, *cuts], [*cuts, end], strict=True):
        low, high = box.low.copy(), box.high.copy()
        low[axis], high[axis] = left, right
        pieces.append(replace(box, low=low, high=high))
    return pieces


def _solve_ends(pool: Pool, found: Frontier, deadline: float) -> bool:
    """Find the ends of the frontier by lexicographic solves, the first facts, and the bounds on further objectives.

    Returns:
        Whether a design is feasible.

    Raises:
        TimeoutError, KeyboardInterrupt: As ``trace_frontier``; the frontier holds what was found by then.
    """
    objectives = range(pool.objectives)
    no_floors = (-np.inf,) * (pool.objectives - 1)
    for i, end in pool.solve_extremes(deadline):
        if end is None:
            if i > 0:
                raise SolverFailure(f"the solver found a design for the first objective and none for number {i + 1}")
            return False
        found.points.append(end)
        if end.bound == np.inf:
            continue
        if i == 0:
            found.facts.append(Fact(no_floors, end.bound))
        elif len(found.ceilings) == i - 1:
            found.ceilings = (*found.ceilings, end.bound)
    ends = list(found.points)
    for i in objectives[1:]:
        floors = tuple(ends[i].scores[j] if j == i else -np.inf for j in objectives[1:])
        for highest in pool.solve(floors, [], deadline):
            if highest is not None:  # None is possible by rounding
                if highest.bound < np.inf:
                    found.facts.append(Fact(floors, highest.bound))
                found.points[i] = highest
    return True
