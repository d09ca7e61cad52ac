"""Bounds along the front of two objectives, with plans between: a sandwich.

A solve with a floor on the second score bounds the first by a step. A solve that maximizes both scores, weighted,
bounds them by a line, which holds along a whole part of the front. Fronts of plans are nearly concave, so that a few
lines bound them closely. Below the lines, plans are found by solves that hold when each product is bought first and
last, and the modules too where plans are near: these take a moment, and prove nothing. A line that a solver could not
lower to a plan is solved again with more nodes where that gains most.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise

import numpy as np

from sunfront.arrays import Array
from sunfront.engines.exact.frontier import ENDS, Frontier, Report, fault_of, solve_ends
from sunfront.engines.exact.pool import Pool
from sunfront.engines.exact.solver_protocol import Solution
from sunfront.engines.plan.solver import Effort, PlanSolver
from sunfront.problem.certificate import Fact, measure_hypervolume
from sunfront.problem.front import non_dominated

#: Least solves of one round, and so many that others are done beside the longest; their choice must not depend on the
#: number of workers.
TOGETHER = 8

#: Floors between two plans at which lines are written as facts.
STEPS = 12

#: A solve ends within this part of what may be missing.
PART = 8

#: Nodes at which the solve of a plan, near or far from a known one, and that of a line give up; a line that is hard is
#: solved again with more nodes.
NEAR, PLAN, LINE, MORE, MOST = 10, 30, 400, 4, 6400

#: What a solve costs besides its nodes, in nodes, by whether it holds nothing.
ROOT = {True: 600, False: 100}

#: Share of the range of the second score within which two plans are near.
SHORT = 0.02

#: Share of what a solve with more nodes may gain that is expected.
HOPE = 0.3

#: Weight of the second score, as a share of the slope of the front, where the first is to be maximized.
LITTLE = 1e-3

#: Solves that are expected to gain less than this part of what may be missing are not worth it.
SMALL = 0.001


@dataclass(frozen=True)
class Line:
    """No plan with at least ``floor`` in the second score exceeds the line in the first.

    Attributes:
        bound: At the floor.
        slope: How much less there is for one more of the second score.
    """

    floor: float
    slope: float
    bound: float

    def at(self, seconds: Array) -> Array:
        """Bound on the first score, array as ``seconds``; infinite below the floor."""
        found: Array = np.where(seconds >= self.floor, self.bound, np.inf)
        return found - self.slope * np.maximum(seconds - self.floor, 0.0) if self.slope else found


@dataclass(frozen=True)
class Span:
    """The part of the front between two plans that are next to each other."""

    low: Solution
    high: Solution

    @property
    def floors(self) -> Array:
        """Second scores at which bounds are taken, array (STEPS,), ascending from that of the lower plan."""
        found: Array = np.linspace(self.low.scores[1], self.high.scores[1], STEPS + 1)[:-1]
        return found

    @property
    def width(self) -> float:
        """Difference in the second score."""
        return self.high.scores[1] - self.low.scores[1]

    @property
    def slope(self) -> float:
        """How much the first score falls for one more of the second."""
        return max((self.low.scores[0] - self.high.scores[0]) / self.width, 0.0)

    @property
    def corner(self) -> float:
        """Area between the plans and the straight line that joins them, by steps as ``missing``."""
        return (STEPS + 1) / (2 * STEPS) * self.width * (self.low.scores[0] - self.high.scores[0])

    def missing(self, bounds: Array) -> float:
        """Area between the bounds at the floors and the plans."""
        return float(np.maximum(bounds - self.high.scores[0], 0.0).sum()) * self.width / STEPS


@dataclass(frozen=True)
class Sought:
    """What a solve seeks.

    Attributes:
        gain: Area that it is expected to gain.
        line: Along which the solve maximizes.
        nodes: At which it gives up.
        end: Second score up to which the line is of use; None if only a plan is sought, at the floor of the line.
        known: The plan from which it begins, or whose purchases it holds.
    """

    gain: float
    line: Line
    nodes: int
    end: float | None
    known: Solution

    @property
    def cost(self) -> int:
        """What it is expected to cost, in nodes."""
        return self.nodes + ROOT[self.end is not None]

    @property
    def is_near(self) -> bool:
        """Whether what is sought is so near to the known plan that it may have the same modules."""
        return self.nodes == NEAR


@dataclass(frozen=True)
class Solved:
    """A line that was solved, up to where it is of use, and how far it stayed from the plans."""

    sought: Sought
    line: Line
    end: float
    far: float


@dataclass
class Sandwich:
    """Plans and lines, and what was tried.

    Attributes:
        front: The plans that were found.
        within: Distance between bound and value at which a solve ends, in the first score.
        held: Places between two plans where a plan was sought: its floor, and that of the plan below.
    """

    front: Frontier
    lines: list[Line]
    within: float
    solved: list[Solved] = field(default_factory=list)
    held: set[tuple[float, float]] = field(default_factory=set)

    @property
    def spans(self) -> list[Span]:
        """The parts of the front, by ascending second score."""
        plans, scores = self.front.points, self.front.scores
        kept = np.flatnonzero(non_dominated(scores))
        order = kept[np.argsort(scores[kept, 1], kind="stable")]
        return [Span(plans[i], plans[j]) for i, j in pairwise(order)]

    def bounds(self, seconds: Array) -> Array:
        """The lowest bound at second scores, array as ``seconds``."""
        found: Array = np.min([line.at(seconds) for line in self.lines], axis=0)
        return found

    def facts(self) -> list[Fact]:
        """The lines as steps."""
        seconds = np.concatenate([np.array([-np.inf]), *(span.floors for span in self.spans)])
        seconds = np.unique([*seconds, *(line.floor for line in self.lines)])
        bounds = self.bounds(seconds)
        lower = np.r_[True, bounds[1:] < np.minimum.accumulate(bounds)[:-1]]
        return [Fact((float(x),), float(y)) for x, y in zip(seconds[lower], bounds[lower], strict=True)]

    def next_round(self, least: float) -> list[Sought]:
        """The solves of the next round: those that gain most for their nodes, and each at least an area."""
        found: list[Sought] = []
        for sought in sorted(self._candidates(), key=lambda each: -each.gain / each.cost):
            if sought.gain >= least:
                found.append(sought)
            if len(found) >= TOGETHER and sum(each.cost for each in found) >= 2 * max(each.cost for each in found):
                break
        found.sort(key=lambda sought: -sought.cost)  # so that workers end together
        self.held |= {_place(sought) for sought in found if sought.end is None}
        return found

    def _candidates(self) -> Iterator[Sought]:
        spans = self.spans
        seconds = np.array([span.floors for span in spans])
        bounds = self.bounds(seconds)
        widths = np.array([[span.width / STEPS] for span in spans])
        width = spans[-1].high.scores[1] - spans[0].low.scores[1]
        for span in spans:
            middle = (span.low.scores[1] + span.high.scores[1]) / 2
            line = Line(middle, LITTLE * span.slope, math.inf)
            nodes = NEAR if span.width < SHORT * width else PLAN
            plan = Sought(span.corner / 2, line, nodes, None, span.low)
            if _place(plan) not in self.held:
                yield plan
        loose = np.array([span.missing(bound) - span.corner for span, bound in zip(spans, bounds, strict=True)])
        known = {(each.line.floor, each.line.slope) for each in self.solved}
        for i, j in pairwise(self._touched(spans)):
            span = Span(spans[i].low, spans[j - 1].high)
            begin, end = span.low.scores[1], span.high.scores[1]
            gain = (loose[i:j].sum() - self._expected(begin) * span.width) / 2
            if span.slope > 0 and (begin, span.slope) not in known:
                yield Sought(float(gain), Line(begin, span.slope, math.inf), LINE, end, span.low)
        for each in self.solved:
            nodes = MORE * each.sought.nodes
            if each.far > 2 * self.within and nodes <= MOST:
                is_lowest = (each.line.at(seconds) <= bounds) & (seconds < each.end)
                gain = HOPE * each.far * float((is_lowest * widths).sum())
                yield replace(each.sought, gain=gain, nodes=nodes)

    def _touched(self, spans: Sequence[Span]) -> list[int]:
        """Numbers of the plans along the front that are nearest to a line, ascending, with both ends."""
        scores = np.array([span.low.scores for span in spans] + [spans[-1].high.scores])
        found = {0, len(spans)}
        for each in self.solved:
            values = scores[:, 0] + each.line.slope * scores[:, 1]
            found.add(int(np.argmax(np.where(scores[:, 1] >= each.line.floor, values, -np.inf))))
        return sorted(found)

    def _expected(self, floor: float) -> float:
        """How far a line from a floor may stay from the plans: as far as the one from the nearest lower floor did.

        The higher the floor, the farther it is.
        """
        found = [(each.line.floor, -each.far) for each in self.solved if each.line.floor <= floor]
        return -max(found, default=(0.0, 0.0))[1]

    def add(self, sought: Sought, found: Solution | None) -> None:
        """Add what a solve found."""
        if found is None:
            return
        if found.design:
            self.front.add_point(found)
        if sought.end is None or not math.isfinite(found.bound):
            return
        line = replace(sought.line, bound=found.bound)
        self.lines.append(line)
        best = max(p.scores[0] + line.slope * (p.scores[1] - line.floor) for p in self.front.points)
        self.solved = [each for each in self.solved if each.sought.line != sought.line]
        self.solved.append(Solved(sought, line, sought.end, found.bound - best))


def trace_sandwich(pool: Pool, gap: float, deadline: float, scope: str, report: Report) -> tuple[Frontier, bool] | None:
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
            both = Sandwich(found, lines, gap / PART * size)
            done = _fill(both, pool, gap, deadline, report)
    except ENDS as end:
        if not found.points:
            raise
        found.is_exhausted, found.fault = False, fault_of(end)
    if both is not None:
        found.facts = both.facts()
    found.is_exhausted &= not done
    return found, done


def _fill(both: Sandwich, pool: Pool, gap: float, deadline: float, report: Report) -> bool:
    """Add plans and lines until the gap is small or no solve is worth it; return whether it is small."""
    front = both.front
    while True:
        front.facts = both.facts()
        scores = front.scores[non_dominated(front.scores)]
        now = measure_hypervolume(scores, front.certificate)
        report(now, len(scores))
        if now.relative <= gap:
            return True
        sought = both.next_round(SMALL * gap * (now.outer or 0.0))
        if not sought:
            return False
        if time.monotonic() > deadline:  # solves of a run before take no time
            raise TimeoutError
        tasks = [partial(_solve_along, sought=each, within=both.within) for each in sought]
        for i, solution in pool.run(tasks, deadline):
            both.add(sought[i], solution)


def _solve_along(solver: PlanSolver, sought: Sought, within: float, deadline: float) -> Solution | None:
    effort, line = Effort(0.0, within, sought.nodes), sought.line
    if sought.end is None:
        return solver.maximize_like(sought.known, line.slope, line.floor, deadline, effort, sought.is_near)
    return solver.maximize_along(line.slope, line.floor, deadline, effort, sought.known)


def _place(sought: Sought) -> tuple[float, float]:
    return sought.line.floor, sought.known.scores[1]


def suits(goals: Sequence[str]) -> bool:
    """Whether the front of objectives of these kinds is sought along lines: a few dates are better tried each."""
    return len(goals) == 2 and "date" not in goals
