"""Bounds along the front of two objectives, with plans between: a sandwich.

A solve with a floor on the second score bounds the first by a step. A solve that maximizes both scores, weighted,
bounds them by a line, which holds along a whole part of the front. Fronts of plans are nearly concave, so that a few
lines bound them closely; those of the relaxation take a moment and come first. Below the lines, plans are found by
solves that hold when each product is bought first and last, and the modules too where plans are near: these take a
moment too, and prove nothing. Where plans are dense, programs are solved along lines between two of them. These begin
from the best plan known there and look for no other, which would take twice as long as the proof. What is solved next
is what gains most for its time, as far as the solves before tell.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Iterator, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from sunfront.arrays import Array
from sunfront.engines.exact.frontier import ENDS, Frontier, Report, fault_of, solve_ends
from sunfront.engines.exact.pool import Begun, Pool
from sunfront.engines.exact.solver_protocol import Solution
from sunfront.engines.plan.lines import Line, Sought, Span, Way, best_of, choose_lines, lowest, spans_of
from sunfront.engines.plan.neighbors import Neighbors
from sunfront.engines.plan.solver import Effort, PlanSolver
from sunfront.errors import SolverFailure
from sunfront.problem.certificate import Fact, measure_hypervolume
from sunfront.problem.front import non_dominated

#: Most solves that are begun or wait; when half of them are read, others are chosen. What is chosen must not depend on
#: the number of workers, so that solves are read in the order in which they were begun.
TOGETHER = 8

#: A solve ends within this part of what may be missing.
PART = 8

#: Nodes at which the solve of a plan gives up.
PLAN = 10

#: The same of a solve of the whole program where that found none.
WHOLE = 200

#: Share of the range of the second score within which two plans are near.
SHORT = 0.02

#: Weight of the second score, as a share of the slope of the front, where the first is to be maximized.
LITTLE = 1e-3

#: How plans are sought between two others, near each other or far: one way after the other while none finds a plan of
#: the front; and last by the whole program, where one of them found no plan at all.
WITH_MODULES = Way(has_modules=True, of_high=False, share=LITTLE, cost=150)
AT_FLOOR = Way(has_modules=False, of_high=False, share=LITTLE, cost=300)
ALONG = Way(has_modules=False, of_high=False, share=1.0, cost=400)
OF_HIGH = Way(has_modules=False, of_high=True, share=1.0, cost=400)
NEAR, FAR = (WITH_MODULES, ALONG, OF_HIGH, AT_FLOOR), (AT_FLOOR, ALONG, OF_HIGH)

#: Share of what is missing between two plans that a plan between them is expected to add, before one was sought.
FIRST = 0.25

#: Solves that are expected to gain less than this part of what may be missing are not worth it.
SMALL = 0.001

#: The same of neighbors of plans, which take no solve.
FINE = 0.00005

#: Where a plan is sought, and how: floor, second score of the known plan, and way.
Place = tuple[float, float, Way | None]

#: What is held where a plan is sought: floor, second score of the known plan, and whether its modules are held too.
Held = tuple[float, float, bool]


@dataclass
class Sandwich:
    """Plans and lines, and what was tried.

    Attributes:
        front: The plans that were found, neighbors of those of solves among them.
        lines: Bounds, of which those of relaxations come first.
        relaxed: Number of these.
        within: Distance between bound and value at which a solve ends, in the first score.
        own: The plans of solves. What is solved next depends on these alone: neighbors are not best along any line.
        explored: Scores of the plans whose neighbors were looked at.
        tried: Where a plan was sought between two others, and how.
        empty: Floors with what was held of a known plan, where no plan was found that has this and meets the floor.
        gained: What plans that were sought, and their neighbors, have added, as a share of what was missing; by way.
        solved: What was sought of each line that was solved, and its line.
        failed: Lines, without their bound, that a solver could not bound.
    """

    front: Frontier
    lines: list[Line]
    within: float
    relaxed: int = 0
    solved: dict[Line, Sought] = field(default_factory=dict)
    failed: set[Line] = field(default_factory=set)
    tried: set[Place] = field(default_factory=set)
    empty: set[Held] = field(default_factory=set)
    gained: dict[Way, list[float]] = field(default_factory=dict)
    explored: set[tuple[float, ...]] = field(default_factory=set)
    own: list[Solution] = field(default_factory=list)

    @property
    def plans(self) -> list[Solution]:
        """Those of the front, by ascending second score."""
        return _front_of(self.front.points)

    def facts(self) -> list[Fact]:
        """The lines as steps."""
        seconds = np.concatenate([np.array([-np.inf]), *(span.floors for span in spans_of(self.plans))])
        seconds = np.unique([*seconds, *(line.floor for line in self.lines)])
        bounds = lowest(self.lines, seconds)
        lower = np.r_[True, bounds[1:] < np.minimum.accumulate(bounds)[:-1]]
        return [Fact((float(x),), float(y)) for x, y in zip(seconds[lower], bounds[lower], strict=True)]

    def next_solves(self, least: float, pending: Sequence[Sought], most: int) -> list[Sought]:
        """What to solve beside what is being solved: what gains most for its nodes, and each at least an area."""
        plans = _front_of(self.own)
        if min(len(plans), len(self.plans)) < 2:
            return []
        relaxed = self.lines[: self.relaxed]
        solved = list(self.solved.items())
        found = choose_lines(plans, self.lines, relaxed, solved, self.failed, pending, self.within, least, most)
        found += self._plans_between(plans, least, {_place(sought) for sought in pending})
        found = sorted((each for each in found if each.gain >= least), key=lambda each: -each.gain / each.cost)[:most]
        self.tried |= {_place(sought) for sought in found}
        return found

    def _plans_between(self, plans: Sequence[Solution], least: float, pending: Set[Place]) -> Iterator[Sought]:
        """A plan between each two, in the first way that was not tried there and gains enough."""
        width = plans[-1].scores[1] - plans[0].scores[1]
        spans = spans_of(self.plans)
        seconds = [spans[0].low.scores[1], *(span.high.scores[1] for span in spans)]
        missing = np.cumsum([0.0, *(span.missing(lowest(self.lines, span.floors)) for span in spans)])
        for span in spans_of(plans):
            low, high = np.interp([span.low.scores[1], span.high.scores[1]], seconds, missing)
            middle, room = (span.low.scores[1] + span.high.scores[1]) / 2, float(high - low)
            whole = Sought(room * FIRST, Line(middle, LITTLE * span.slope, math.inf), WHOLE, span.low)
            is_empty = False
            for way in NEAR if span.width < SHORT * width else FAR:
                line, known = Line(middle, way.share * span.slope, math.inf), span.high if way.of_high else span.low
                shares = [FIRST, *self.gained.get(way, [])[-TOGETHER:]]
                sought = Sought(room * sum(shares) / len(shares), line, PLAN, known, way=way, room=room)
                if _held(sought) in self.empty:
                    is_empty = True
                elif _place(sought) in pending:
                    break
                elif _place(sought) not in self.tried and sought.gain >= least:
                    yield sought
                    break
            else:
                if is_empty and _place(whole) not in self.tried:
                    yield whole

    def explore(self, neighbors: Neighbors, least: float, deadline: float) -> None:
        """Add the neighbors of plans, and theirs, that each add an area."""
        plans = self.plans
        while waiting := [plan for plan in plans if plan.scores not in self.explored]:
            front = _scores(plans)
            for plan in waiting:
                if time.monotonic() > deadline:
                    return
                self.explored.add(plan.scores)
                if better := neighbors.better(plan, front, least):
                    self.front.points += better  # none is there already: each adds an area
                    front = _scores(self.plans)
            self.front.points = plans = self.plans

    @property
    def area(self) -> float:
        """That below the plans, above the ends that were found first."""
        base = min(plan.scores[0] for plan in self.own[:2])
        return sum(span.width * (span.high.scores[0] - base) for span in spans_of(self.plans))

    def add(self, sought: Sought, found: Solution | None) -> None:
        """Add what a solve found."""
        if found is not None and found.design:
            self.front.add_point(found)
            self.own.append(found)
        if sought.way is not None:
            if found is None or not found.design:
                self.empty.add(_held(sought))
            return
        if found is None or not math.isfinite(found.bound):
            self.failed.add(sought.line)
            return
        line = replace(sought.line, bound=found.bound)
        self.lines.append(line)
        self.solved = {each: of for each, of in self.solved.items() if of.line != sought.line}
        self.solved[line] = sought


def trace_sandwich(
    pool: Pool, neighbors: Neighbors, gap: float, deadline: float, scope: str, report: Report
) -> tuple[Frontier, bool] | None:
    """Find plans along the front of two objectives, and bounds, until the gap is small or no solve is left to try.

    Args:
        pool: Its solvers are of plans.
        gap: Share of the hypervolume that may be missing.
        deadline, scope, report: As ``trace_frontier``, which can go on from what is found.

    Returns:
        The frontier, and whether the gap was reached; None if there is no plan. The frontier is exhausted if no solve
        here is worth it.

    Raises:
        TimeoutError, KeyboardInterrupt, MemoryError, BrokenProcessPool: One of these ended the search before a plan
            was found.
    """
    found, done = Frontier([], [], (), scope, is_exhausted=True), False
    both: Sandwich | None = None
    try:
        if not solve_ends(pool, found, deadline):
            return None
        size = float(np.ptp(found.scores[:, 0]))
        if found.has_ends and size > 0:
            lines = [Line(fact.floors[0], 0.0, fact.bound) for fact in found.facts]
            both = Sandwich(found, lines, gap / PART * size, own=list(found.points))
            _relax(both, pool, gap, deadline)
            done = _fill(both, pool, neighbors, gap, deadline, report)
    except ENDS as end:
        if not found.points:
            raise
        found.is_exhausted, found.fault = False, fault_of(end)
    if both is not None:
        found.facts = both.facts()
    found.is_exhausted &= not done
    return found, done


def _fill(both: Sandwich, pool: Pool, neighbors: Neighbors, gap: float, deadline: float, report: Report) -> bool:
    """Add plans and lines until the gap is small or no solve is worth it; return whether it is small."""
    front = both.front
    waiting: deque[tuple[Sought, Begun]] = deque()
    least = 0.0
    while True:
        if len(waiting) <= TOGETHER // 2:
            front.facts = both.facts()
            scores = front.scores[non_dominated(front.scores)]
            now = measure_hypervolume(scores, front.certificate)
            report(now, len(scores))
            if now.relative <= gap:
                return True
            if time.monotonic() > deadline:  # solves of a run before take no time
                break
            least = SMALL * gap * (now.outer or 0.0)
            pending = [sought for sought, _ in waiting]
            for sought in both.next_solves(least, pending, TOGETHER - len(waiting)):
                waiting.append((sought, pool.begin(partial(_solve_along, sought=sought, within=both.within), deadline)))
        if not waiting:
            return False
        sought, begun = waiting.popleft()
        try:
            found = begun()
        except TimeoutError:
            break
        before = both.area
        both.add(sought, found)
        if found is not None and found.is_cut:
            break
        both.explore(neighbors, FINE / SMALL * least, deadline)  # while workers solve the next
        if sought.way is not None and sought.room > 0:
            both.gained.setdefault(sought.way, []).append((both.area - before) / sought.room)
    for sought, begun in waiting:
        with suppress(TimeoutError):
            both.add(sought, begun())
    raise TimeoutError


def _relax(both: Sandwich, pool: Pool, gap: float, deadline: float) -> None:
    """Add the lines of relaxations, until another would lower the bounds by little."""
    plans = both.plans
    span = Span(plans[0], plans[-1])
    floor = span.low.scores[1]
    least = gap / PART * span.width * (span.low.scores[0] - span.high.scores[0])

    def along(slope: float, floor: float) -> Sought:
        return Sought(0.0, Line(floor, slope, math.inf), 0, span.low)

    def run(sought: list[Sought]) -> list[tuple[float, float] | None]:
        ends: list[tuple[float, float] | None] = []
        for i, found in pool.run([partial(_solve_along, sought=each, within=0.0) for each in sought], deadline):
            if found is None or not math.isfinite(found.bound):
                ends.append(None)
                continue
            both.lines.append(replace(sought[i].line, bound=found.bound))
            ends.append((found.scores[0], found.scores[1]))
        return ends

    low, high = run([along(0.0, floor), along(0.0, span.high.scores[1])])
    pairs = [] if low is None or high is None else [(low, high)]
    while pairs := [(low, high) for low, high in pairs if high[1] > low[1] and low[0] > high[0]]:
        slopes = [(low[0] - high[0]) / (high[1] - low[1]) for low, high in pairs]
        more = []
        for (low, high), slope, end in zip(pairs, slopes, run([along(slope, floor) for slope in slopes]), strict=True):
            above = -math.inf if end is None else end[0] - low[0] + slope * (end[1] - low[1])
            if end is not None and above * (high[1] - low[1]) / 2 > least:
                more += [(low, end), (end, high)]
        pairs = more
    both.relaxed = len(both.lines)


def _solve_along(solver: PlanSolver, sought: Sought, within: float, deadline: float) -> Solution | None:
    """Solve what is sought; None if there is no plan, or the solver failed, which costs no more than this solve."""
    line = sought.line
    try:
        if (way := sought.way) is not None:
            effort = Effort(0.0, within, sought.nodes)
            return solver.maximize_like(sought.known, line.slope, line.floor, deadline, effort, way.has_modules)
        if not sought.nodes:
            return solver.relax_along(line.slope, line.floor, deadline)
        is_known = sought.known.scores[1] >= line.floor
        effort = Effort(0.0, within, sought.nodes, seeks=not is_known)
        return solver.maximize_along(line.slope, line.floor, deadline, effort, sought.known, least=sought.least)
    except SolverFailure:
        return None


def _front_of(plans: Sequence[Solution]) -> list[Solution]:
    """The plans that no other dominates, by ascending second score."""
    return [plans[i] for i in best_of(_scores(plans))]


def _scores(plans: Sequence[Solution]) -> Array:
    return np.array([plan.scores for plan in plans])


def _place(sought: Sought) -> Place:
    return sought.line.floor, sought.known.scores[1], sought.way


def _held(sought: Sought) -> Held:
    return sought.line.floor, sought.known.scores[1], sought.way is not None and sought.way.has_modules


def suits(goals: Sequence[str]) -> bool:
    """Whether the front of objectives of these kinds is sought along lines: a few dates are better tried each."""
    return len(goals) == 2 and "date" not in goals
