"""A frontier with a proof: the epsilon-constraint method, with the next floor where most is unknown.

Each solve maximizes the first objective with a floor on every other one. It yields a point, and a bound: no design
above the floors exceeds it in the first objective. The true frontier lies between the points and the bounds.

Zones hold what is undecided. The zone with the largest volume between bounds and points is looked at next: with floors
just above its lower edge, so that one solve settles a step of the frontier, such as the next tier of a catalogue. If
the last point there was at the edge itself, the frontier is smooth, and the zone is halved.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np

from sunfront.arrays import Array
from sunfront.engines.exact.boxes import Boxes, Rows
from sunfront.engines.exact.pool import Floors, Pool
from sunfront.engines.exact.solver_protocol import FLOOR_TOLERANCE, Solution
from sunfront.engines.processes import DIED
from sunfront.errors import SolverBroke, SolverFailure
from sunfront.problem.certificate import (
    OFFSET,
    Certificate,
    Fact,
    Gap,
    Measure,
    extent,
    measure_gap,
    measure_hypervolume,
    ranges,
)
from sunfront.problem.front import non_dominated
from sunfront.problem.preference import Region

#: Distance from a point to the floor that excludes it, in tolerances of a floor: a solver must not find it again.
ABOVE = 1.2

#: Relative difference between the variables of one design in two solves: the rounding of a solver.
SAME = 1e-7

#: Relative distance of a former point to a bound at which the point is an end of the front.
END_GAP = 1e-4

#: How often the solves of a front are repeated to a smaller gap if their own gaps leave too much open: the range of an
#: objective along the front may be a small part of its value.
TIGHTER, FACTOR = 3, 0.1

#: What ends the search for points; those found by then are an answer.
ENDS = (TimeoutError, KeyboardInterrupt, MemoryError, BrokenProcessPool, SolverBroke)

Report = Callable[[Gap, int], None]


@dataclass
class Frontier:
    """Points of a frontier, and what is proved about it so far.

    Attributes:
        facts: Bounds on the first objective.
        ceilings: Bounds on the further objectives; fewer than these if the solves ended before all were known.
        scope: What the proof covers, for people.
        fault: What ended the search, if this was neither the deadline nor an interruption.
        is_exhausted: The gaps of the solves leave more open than may be missing.
    """

    points: list[Solution]
    facts: list[Fact]
    ceilings: tuple[float, ...]
    scope: str
    fault: str = ""
    is_exhausted: bool = False

    def add(self, other: Frontier) -> None:
        """Add the points and facts of a frontier of the same problem."""
        self.facts += other.facts
        for point in other.points:
            self.add_point(point)

    def add_point(self, point: Solution) -> None:
        """Add a point; of two that are the same but for rounding, the one that is better in the first objective."""
        for i, own in enumerate(self.points):
            if _are_same(point, own):
                self.points[i] = max(own, point, key=lambda each: each.scores[0])
                return
        self.points.append(point)

    @property
    def has_ends(self) -> bool:
        """Whether every objective is bounded."""
        return len(self.facts) > 0 and len(self.ceilings) == len(self.facts[0].floors)

    def attains_ends(self, gap: float) -> bool:
        """Whether every objective is bounded, and a point is within a relative gap of each of these bounds."""
        if not self.points or not self.has_ends:
            return False
        whole = [fact.bound for fact in self.facts if max(fact.floors) == -np.inf]
        ends = np.array([min(whole, default=np.inf), *self.ceilings])
        return bool(np.isfinite(ends).all() and (ends - self.scores.max(axis=0) <= gap * np.abs(ends)).all())

    @property
    def certificate(self) -> Certificate:
        """The bounds proved so far; of use once every objective is bounded."""
        return Certificate(tuple(self.facts), self.ceilings, self.scope)

    @property
    def scores(self) -> Array:
        """Array (points, objectives)."""
        return np.array([p.scores for p in self.points])


def trace_frontier(
    pool: Pool,
    gap: float,
    deadline: float,
    scope: str,
    report: Report,
    measure: Measure = "hypervolume",
    region: Region | None = None,
    known: Frontier | None = None,
) -> tuple[Frontier, bool] | None:
    """Find points of the frontier and bounds until the gap is small enough, or the gaps of the solves hide the rest.

    Args:
        gap: What may be missing, as a share.
        deadline: Value of ``time.monotonic`` at which to stop with what is proved by then.
        report: Called repeatedly with the present gap and the number of points.
        measure: What the gap is measured by.
        region: The part of the frontier in which the gap is measured; None for the whole.
        known: Points of the same problem, and facts that hold for it. If its solves leave too much open, the ends are
            solved again.

    Returns:
        The frontier, and whether the gap was reached; None if no design is feasible.

    Raises:
        TimeoutError, KeyboardInterrupt, MemoryError, BrokenProcessPool: One of these ended the search before a design
            was found.
    """
    found, rest = Frontier([], [], (), scope), known
    where = region or Region.everywhere(pool.objectives)
    try:
        if known is not None and known.attains_ends(min(END_GAP, gap / 10)) and not known.is_exhausted:
            found, rest = known, None
            return found, close(pool, found, gap, measure, where, deadline, report)
        if not solve_ends(pool, found, deadline):
            if known is not None and known.points:
                raise SolverFailure("the solver claims that no design is feasible, but has found some to a larger gap")
            return None
        if known is not None:
            found.add(known)
            rest = None
        return found, close(pool, found, gap, measure, where, deadline, report)
    except ENDS as end:
        if rest is not None:
            found, other = (found, rest) if found.has_ends else (rest, found)
            found.add(other)
        if not found.points:
            raise
        found.is_exhausted = False
        found.fault = fault_of(end)
        return found, False


def trace_ever_tighter(
    pools: Callable[[float], AbstractContextManager[Pool]],
    gap: float,
    deadline: float,
    scope: str,
    report: Report,
    measure: Measure = "hypervolume",
    region: Region | None = None,
    known: Frontier | None = None,
) -> tuple[Frontier, bool] | None:
    """Trace a frontier as ``trace_frontier``, with tighter solves if their gaps hide the rest.

    Args:
        pools: Opens a pool whose solves have a share of their first gap.
    """
    result = None
    for tighter in range(1 + TIGHTER):
        try:
            with pools(FACTOR**tighter) as pool:
                result = trace_frontier(pool, gap, deadline, scope, report, measure, region, known)
        except ENDS as end:
            if result is None:
                raise
            found, _ = result  # a tighter solver was being built
            found.is_exhausted, found.fault = False, fault_of(end)
            return found, False
        if result is None or not result[0].is_exhausted:
            break
        known = result[0]
    return result


def fault_of(end: BaseException) -> str:
    """Say what ended a search, if this was neither the deadline nor an interruption; one of ``ENDS``."""
    if isinstance(end, MemoryError):
        return "memory ran out"
    if isinstance(end, SolverBroke):
        return str(end)
    return DIED if isinstance(end, BrokenProcessPool) else ""


def share_done(left: float, asked: float) -> float:
    """Share of the way to the gap that is asked for; logarithmic, 0 at a gap of 1."""
    return float(np.log(max(left, asked)) / np.log(asked))


class Solves(Protocol):
    """What solves for a frontier: a pool."""

    count: int

    def solve(
        self, floors: Floors, points: Sequence[Solution], deadline: float, following: Sequence[Floors] = ()
    ) -> Iterator[Solution | None]:
        """Maximize the first objective above floors, as ``Pool.solve``."""


def close(
    pool: Solves, found: Frontier, gap: float, measure: Measure, region: Region, deadline: float, report: Report
) -> bool:
    """Add points and facts until the gap is small enough; return whether it is."""
    low, ends = extent(region.clipped(found.scores), found.certificate, region)
    if (ends < low).any():
        return True  # no design is in the region
    sizes, _ = ranges(low, ends)
    # Distance from a point to the next floor. The slivers that remain beside the points are a small part of the gap,
    # though the points may have little volume; steps of the frontier smaller than this are not resolved.
    share = 0.1 * gap * OFFSET / (len(ends) - 1) ** 2
    margin = np.maximum(share * sizes, ABOVE * FLOOR_TOLERANCE * np.maximum(np.abs(ends), np.abs(low)))
    boxes = Boxes(ends, margin)
    boxes.begin_at(np.array(region.low))
    for fact in found.facts:
        boxes.add_fact(fact)
    for point in found.points:
        boxes.add_point(region.clipped(np.array(point.scores)))
    while True:
        scores = region.clipped(found.scores)
        scores = scores[non_dominated(scores)]
        low, _ = extent(scores, found.certificate, region)
        sizes, _ = ranges(low, ends)
        now = measure_hypervolume(scores, found.certificate, region)
        reference = np.array(now.reference)
        by_volume = measure == "hypervolume" and (now.relative > gap or len(ends) == 2)
        rank = partial(boxes.volumes, reference)
        if not by_volume:
            rank = partial(boxes.missed, measure, scores, reference, sizes, region)
        left = _cut(boxes, rank, scores, sizes)
        if not by_volume:
            now = now.at_least(float(left.max(initial=0.0)), measure)
        report(now, len(scores))
        if now.by(measure) <= gap or not len(boxes):
            is_small = measure_gap(scores, found.certificate, preference=region).by(measure) <= gap
            if is_small or not len(boxes):
                found.is_exhausted = not is_small
                return is_small
        if time.monotonic() > deadline:  # solves of a run before take no time
            raise TimeoutError
        order = np.argsort(-left, kind="stable")
        floors = tuple(boxes.floors(order[0]).tolist())
        following = [tuple(boxes.floors(box).tolist()) for box in order[1 : pool.count]]
        for solution in pool.solve(floors, found.points, deadline, following):
            fact = Fact(floors, -np.inf if solution is None else solution.bound)
            if fact.bound < np.inf:
                found.facts.append(fact)
            if solution is not None and solution.design:
                found.add_point(solution)
                reached = region.clipped(np.array(solution.scores))
                boxes.add_point(reached)
                boxes.add_answer(np.array(floors), reached)
            boxes.add_fact(fact)
            # What a solver's own gap leaves open is no reason to look again.
            if solution is not None and solution.is_limited:
                boxes.give_up(floors, solution.bound - solution.scores[0], region.clipped(found.scores))
            elif solution is not None:
                boxes.margin[0] = max(boxes.margin[0], solution.bound - solution.scores[0])


def _cut(boxes: Boxes, rank: Callable[[Rows], Array], points: Array, sizes: Array) -> Array:
    """Cut boxes until the one with the highest rank is one whose best point is not known; return their ranks."""
    boxes.close()
    left = rank(slice(None))
    while len(boxes):
        box = int(np.argmax(left))
        corner = boxes.known(box, points)
        if corner is None:
            break
        boxes.cut(box, *boxes.where(box, corner, sizes), points)
        pieces = [box, len(boxes) - 1]
        left = np.append(left, 0.0)
        left[pieces] = rank(pieces)
        left = left[boxes.close()]
    return left


def _are_same(one: Solution, other: Solution) -> bool:
    """Whether two solutions are one design, within what a solver leaves."""
    return all(math.isclose(x, other.design[name], rel_tol=SAME) for name, x in one.design.items())


def solve_ends(pool: Pool, found: Frontier, deadline: float) -> bool:
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
        if ends[i].is_limited:
            continue  # it is looked at when it is what matters most
        floors = tuple(ends[i].scores[j] if j == i else -np.inf for j in objectives[1:])
        for highest in pool.solve(floors, [], deadline):
            if highest is not None and highest.design:  # None is possible by rounding
                if highest.bound < np.inf:
                    found.facts.append(Fact(floors, highest.bound))
                found.points[i] = highest
    return True
