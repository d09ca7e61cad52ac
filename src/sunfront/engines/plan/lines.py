"""Lines that bound the front of two objectives of a plan, and which of them to solve next.

A line is proved along a part of the front: no plan of that part lies above it. What it will be worth is told before it
is solved: the relaxation, which takes a moment, bounds the front everywhere, and a solve leaves a share of the distance
from the plans to it, much the same as the solves nearby left.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from typing import NamedTuple

import numpy as np

from sunfront.arrays import Array
from sunfront.engines.exact.solver_protocol import Solution
from sunfront.problem.front import non_dominated

#: Floors between two plans at which lines are written as facts.
STEPS = 12

#: What a bound along a line is raised by: the rounding of the line, and of the sums that a solver tells, as a share of
#: its terms.
ROUNDING = 1e-12

#: Nodes at which the solve of a line gives up; a line that is hard is solved again with more nodes.
LINE, MORE, MOST = 800, 4, 12800

#: What the solve of a line costs besides its nodes, in nodes.
ROOT = 500

#: Share of the distance from the plans to the relaxation that a line is expected to leave, before one was solved; and
#: of what a line left, with more nodes.
LEFT, STILL = 0.3, 0.85

#: Largest share of what may be missing that lies between the plans where a line is sought: without plans near it, a
#: solver bounds it badly.
NEEDED = 0.6

#: Most parts of the front between whose ends lines are sought.
PARTS = 24


@dataclass(frozen=True)
class Line:
    """No plan with at least ``floor`` in the second score exceeds the line in the first; of use below ``end``.

    Attributes:
        bound: At the floor.
        slope: How much less there is for one more of the second score.
    """

    floor: float
    slope: float
    bound: float
    end: float = math.inf

    def at(self, seconds: Array) -> Array:
        """Bound on the first score, array as ``seconds``; infinite where the line is of no use."""
        is_within = (seconds >= self.floor) & (seconds < self.end)
        found: Array = np.where(is_within, self.bound, np.inf)
        if not self.slope:
            return found
        fallen = self.slope * np.where(is_within, seconds - self.floor, 0.0)
        return found - fallen + ROUNDING * (abs(self.bound) + fallen)


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


class Way(NamedTuple):
    """How a plan is sought between two others, by a solve that holds when one of them buys each product first and last.

    Attributes:
        has_modules: The modules of supplies are held too.
        of_high: Those of the plan with more of the second score are held.
        share: Weight of the second score, as a share of the slope between the two.
        cost: What the solve is expected to cost, in nodes of a line.
    """

    has_modules: bool
    of_high: bool
    share: float
    cost: int


@dataclass(frozen=True)
class Sought:
    """What a solve seeks.

    Attributes:
        gain: Area that it is expected to gain.
        line: Along which the solve maximizes.
        nodes: At which it gives up; 0 for a relaxation.
        known: The plan from which it begins, or whose purchases it holds.
        least: Least first score that the line is asked for.
        expected: Bound that is expected at the floor of the line.
        way: If only a plan is sought, at the floor of the line: how.
        room: Area that was missing where the plan is sought.
    """

    gain: float
    line: Line
    nodes: int
    known: Solution
    least: float = -math.inf
    expected: float = math.inf
    way: Way | None = None
    room: float = 0.0

    @property
    def cost(self) -> int:
        """What it is expected to cost, in nodes."""
        return self.nodes + ROOT if self.way is None else self.way.cost


@dataclass(frozen=True)
class Part:
    """The front from one plan to another, of those between.

    Attributes:
        scores: Of the plans, array (plans, 2), by ascending second score.
        seconds: Floors between each plan and the next, array (plans - 1, STEPS).
        relaxed: Bound of the relaxation at these, array as ``seconds``.
    """

    scores: Array
    seconds: Array
    relaxed: Array

    def between(self, first: int, last: int) -> Part:
        """From one of its plans to another."""
        return Part(self.scores[first : last + 1], self.seconds[first:last], self.relaxed[first:last])

    def best(self, line: Line) -> tuple[int, float]:
        """The plan that is highest along a line, and what the line would be at its floor if it passed there."""
        values = self.scores[:, 0] + line.slope * (self.scores[:, 1] - line.floor)
        return int(np.argmax(values)), float(values.max())

    def room(self, line: Line) -> float:
        """How far the relaxation is above the plans along a line."""
        return float((self.relaxed + line.slope * (self.seconds - line.floor)).max()) - self.best(line)[1]


@dataclass(frozen=True)
class Try:
    """A solve that may be worth it: the numbers of the first and the last plan of its part, and the line expected."""

    sought: Sought
    first: int
    last: int
    expected: Line


def best_of(scores: Array) -> np.ndarray:
    """Numbers of the plans that no other dominates, by ascending second score; scores is an array (plans, 2)."""
    kept = np.flatnonzero(non_dominated(scores))
    found: np.ndarray = kept[np.argsort(scores[kept, 1], kind="stable")]
    return found


def spans_of(plans: Sequence[Solution]) -> list[Span]:
    """The parts of a front between each plan and the next; plans by ascending second score."""
    return [Span(low, high) for low, high in pairwise(plans)]


def lowest(lines: Sequence[Line], seconds: Array) -> Array:
    """The lowest bound at second scores, array as ``seconds``."""
    found: Array = np.min([line.at(seconds) for line in lines], axis=0)
    return found


def choose_lines(
    plans: Sequence[Solution],
    lines: Sequence[Line],
    relaxed: Sequence[Line],
    solved: Sequence[tuple[Line, Sought]],
    failed: Set[Line],
    pending: Sequence[Sought],
    within: float,
    least: float,
    most: int,
) -> list[Sought]:
    """Choose lines to solve, the best first, each for what it gains beside those before it.

    Args:
        plans: Of the front, by ascending second score.
        lines: Those known.
        relaxed: Those of the relaxation.
        solved: Lines that were solved, and what was sought of each.
        failed: Lines, without their bound, that a solver could not bound.
        pending: What is being solved.
        within: Distance from plans at which a line is not solved again.
        least: Area that each must be expected to gain.
        most: Number of lines.
    """
    spans = spans_of(plans)
    seconds = np.array([span.floors for span in spans])
    bounds = lowest(lines, seconds)
    whole = Part(np.array([plan.scores for plan in plans]), seconds, lowest(relaxed, seconds))
    again, shares = _solved_again(plans, whole, solved, within)
    asked = {*failed, *(sought.line for sought in pending)}
    known = {(line.floor, line.slope) for line in (*(line for line, _ in solved), *asked)}
    tries = [each for each in again if each.sought.line not in asked]
    tries += _new_lines(plans, whole, bounds, known, shares)
    widths = np.array([[span.width / STEPS] for span in spans])
    for sought in pending:
        bounds = np.minimum(bounds, replace(sought.line, bound=sought.expected).at(seconds))
    found: list[Sought] = []
    while tries and len(found) < most:
        gains = []
        for each in tries:
            where = slice(each.first, each.last)
            above = np.maximum(bounds[where] - each.expected.at(seconds[where]), 0.0)
            gains.append(float((above * widths[where]).sum()))
        n = int(np.argmax([gain / each.sought.cost for gain, each in zip(gains, tries, strict=True)]))
        if gains[n] < least:
            break
        best = tries[n]
        found.append(replace(best.sought, gain=gains[n], expected=best.expected.bound))
        where = slice(best.first, best.last)
        bounds[where] = np.minimum(bounds[where], best.expected.at(seconds[where]))
    return found


def _solved_again(
    plans: Sequence[Solution], whole: Part, solved: Sequence[tuple[Line, Sought]], within: float
) -> tuple[list[Try], dict[float, float]]:
    """Solves of lines with more nodes; and the share of the room that each line left, by its middle."""
    tries, shares = [], {}
    for line, sought in solved:
        ends = np.searchsorted(whole.scores[:, 1], [line.floor, line.end])
        first, last = int(ends[0]), min(int(ends[1]), len(plans) - 1)
        if last <= first:
            continue  # the plans between which it lay are dominated now
        part = whole.between(first, last)
        k, value = part.best(line)
        left, room = line.bound - value, part.room(line)
        shares[(line.floor + line.end) / 2] = left / room if room > 0 else 0.0
        nodes = MORE * sought.nodes
        if left > 2 * within and nodes <= MOST:
            again = replace(sought, nodes=nodes, known=plans[first + k])
            tries.append(Try(again, first, last, replace(line, bound=value + STILL * left)))
    return tries, shares


def _new_lines(
    plans: Sequence[Solution],
    whole: Part,
    bounds: Array,
    known: set[tuple[float, float]],
    shares: dict[float, float],
) -> Iterator[Try]:
    """Lines between any two of some plans, with the slope between these."""
    spans = spans_of(plans)
    corners = np.cumsum([0.0, *(span.corner for span in spans)])
    missing = np.cumsum([0.0, *(span.missing(row) for span, row in zip(spans, bounds, strict=True))])
    knots = np.unique(np.linspace(0, len(spans), PARTS + 1).round().astype(int)).tolist()
    for first, last in combinations(knots, 2):
        low, high = plans[first], plans[last]
        (floor, end), slope = (low.scores[1], high.scores[1]), Span(low, high).slope
        is_known = corners[last] - corners[first] <= NEEDED * (missing[last] - missing[first])
        if slope <= 0 or not is_known or (floor, slope) in known:
            continue
        line, part = Line(floor, slope, math.inf, end), whole.between(first, last)
        k, value = part.best(line)
        share = _nearest(shares, (floor + end) / 2)
        sought = Sought(0.0, line, LINE, plans[first + k], least=high.scores[0])
        yield Try(sought, first, last, replace(line, bound=value + share * part.room(line)))


def _nearest(shares: dict[float, float], middle: float) -> float:
    return shares[min(shares, key=lambda other: abs(other - middle))] if shares else LEFT
