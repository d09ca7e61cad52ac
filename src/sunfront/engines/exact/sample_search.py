"""The search of trees over samples: for designs beyond the best one known.

It splits the ranges of an option's amounts, and closes a range by weights of rows as in ``option_trees``. Further rows
hold what the samples imply in the range: the lines of ``sample_conditions``.
"""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sunfront.arrays import Array
from sunfront.engines.exact.option_bounds import scaled
from sunfront.engines.exact.option_trees import ROW_TOLERANCE, limit_beyond
from sunfront.engines.exact.sample_conditions import Aim, CountCondition, TailCondition, condition_of
from sunfront.engines.exact.sifting import SiftingSolver
from sunfront.engines.exact.solver_protocol import Solution
from sunfront.errors import SolverFailure

if TYPE_CHECKING:
    from sunfront.engines.exact.sample_trees import SampleTreeSolver

#: Most lines that are added in one range.
MOST_LINES = 12

#: Ranges of which the first so many, and every so-manieth, are searched for a design.
POLISHED = 16

#: Most times that lines are added in such a search.
MOST_TRIED = 4

#: A slack that no program exceeds: rows have a largest coefficient of 1, and columns run from 0 to 1.
WIDE = 100.0

#: Relative width at which a range is no longer split.
NARROW = 1e-7

#: By how much a form must exceed zero in a design that is looked for, of its largest coefficient: room for rounding.
INSIDE = 1e-8


@dataclass(frozen=True)
class _Range:
    """Designs of an option with amounts in a range.

    Attributes:
        low, high: Of the number of nodes and of the amounts of each; arrays (1 + amounts,).
        bound: No score of a design is larger.
    """

    option: int
    low: Array
    high: Array
    bound: float = math.inf


class SampleSearch:
    """One search of the best score.

    Args:
        conditions: Scores that a design must reach, each with its criterion.
        start: A score that is reached; 0 if none is known.

    Attributes:
        best: The best design so far.
    """

    def __init__(
        self, solver: SampleTreeSolver, index: int, conditions: Sequence[tuple[Aim, float]], start: float
    ) -> None:
        self.solver, self.index, self.conditions = solver, index, conditions
        self.goal = solver.aims[index]
        self.start = start / self.goal.scale if start else -math.inf
        self.best: Solution | None = None
        self._undecided = -math.inf
        self._open: list[tuple[float, int, _Range]] = []
        self._pushed = self._examined = 0

    @property
    def level(self) -> float:
        """The score that a design must reach so as to be looked for; minus infinity while none is known."""
        reached = -math.inf if self.best is None else self.best.scores[self.index] / self.goal.scale
        score = max(self.start, reached)
        if score == -math.inf:
            return score
        is_found = reached >= limit_beyond(score, False, self.solver.gap)
        return self.goal.scale * limit_beyond(score, is_found, self.solver.gap)

    @property
    def bound(self) -> float:
        """No design has a larger score."""
        return max([self.goal.below_level(self.level), self._undecided, *(part.bound for _, _, part in self._open)])

    def run(self, deadline: float) -> None:
        """Search until no range can hold a better design; raises TimeoutError."""
        self._begin(deadline)
        nodes = self.solver.nodes
        for option in range(self.solver.catalogue.size):
            self._push(_Range(option, nodes.low[:, option], nodes.high[:, option]))
        while self._open:
            if time.monotonic() > deadline:
                raise TimeoutError
            if self._open[0][2].bound <= self.goal.below_level(self.level):
                self._open.clear()
                break
            _, _, part = self._open[0]
            halves = self._examine(part)
            heapq.heappop(self._open)
            for half in halves:
                self._push(half)
        if self.best is None and self._undecided > -math.inf:
            raise SolverFailure(
                f"no design that meets the limits on {', '.join(self.solver.limited)} is known, nor that none does"
            )

    def _begin(self, deadline: float) -> None:
        """Take the best design at nominal values, if it meets the conditions."""
        catalogue = self.solver.catalogue
        if len(self.solver.scales):
            found = SiftingSolver(catalogue, 1e-3).maximize(self.index, {}, deadline)
            place = None if found is None else self.solver.place(found.design)
            if place is not None:
                self._take(place[0], place[1])

    def _take(self, option: int, values: Array) -> None:
        """Take a design, if it is better and meets every condition."""
        s = self.solver
        option, columns = s.at(option, values)
        score = self.goal.score(columns, option)
        if self.best is not None and score <= self.best.scores[self.index]:
            return
        if (s.rows[:, :, option] @ columns).min(initial=0.0) < -10 * ROW_TOLERANCE:
            return
        if all(aim.score(columns, option) >= least for aim, least in self.conditions):
            scores = tuple(aim.score(columns, option) for aim in s.aims)
            self.best = Solution(s.catalogue.design(option, (columns[:-1] * s.scales).tolist()), scores, math.inf)

    def _push(self, part: _Range) -> None:
        bound = min(part.bound, self._bound(part))
        if bound > self.goal.below_level(self.level):
            self._pushed += 1
            heapq.heappush(self._open, (-bound, self._pushed, replace(part, bound=bound)))

    def _bound(self, part: _Range) -> float:
        """Bound the score in a range by its corners; minus infinity if a condition cannot hold."""
        vertices = self.solver.vertices(part.low, part.high, *self.solver.columns(part.low, part.high, part.option))
        if any(condition_of(aim, least, part.option, vertices).is_out for aim, least in self.conditions):
            return -math.inf
        at = 0.0 if self.level == -math.inf else self.level
        forms = self.goal.forms(at, part.option)
        high = (forms @ vertices.T).max(axis=1) + ROW_TOLERANCE * np.abs(forms).max()
        divisors = self.goal.below[:, :, part.option] @ vertices.T
        return self.goal.most(at, np.where(high >= 0, high / divisors.min(axis=1), high / divisors.max(axis=1)))

    def _examine(self, part: _Range) -> list[_Range]:
        """Return the parts into which a range is split; none if no design that is looked for is in it."""
        s, o, level = self.solver, part.option, self.level
        low, high = s.columns(part.low, part.high, o)
        if (low > high * (1 + ROW_TOLERANCE)).any():
            return []
        vertices = s.vertices(part.low, part.high, low, high)
        wanted = [*self.conditions, *([(self.goal, level)] if level > -math.inf else [])]
        conditions = [condition_of(aim, least, o, vertices) for aim, least in wanted]
        target = self.goal.forms(0.0 if level == -math.inf else level, o).mean(axis=0)
        rows = np.concatenate([s.rows[:, :, o], s.nodes.bound_rows(part.low, part.high, s.scales)])
        columns = np.append((low + high) / 2, 1.0)
        lines = _Lines(target)
        for turn in range(MOST_LINES):
            if any(each.is_out for each in conditions):
                return []
            before = len(lines.rows)
            for (aim, _), each in zip(wanted, conditions, strict=True):
                lines.add(each.lines(columns), aim is self.goal)
            if turn and len(lines.rows) == before:
                break
            found = self._program(rows, lines, low, high)
            if found is None:
                break
            columns, weights = found
            total = weights @ np.array([*rows, *lines.rows])
            if _most(total, low, high) < -ROW_TOLERANCE * weights.sum():
                return []
            own = weights[: len(rows)] @ rows
            for each in conditions:
                if isinstance(each, CountCondition):
                    each.tighten(own, total - own if lines.rows else target, low, high)
        self._examined += 1
        if self._examined <= POLISHED or self._examined % POLISHED == 0:
            self._polish(part, columns)
        return self._split(part, columns)

    def _program(self, rows: Array, lines: _Lines, low: Array, high: Array) -> tuple[Array, Array] | None:
        """Maximize the lowest line of the goal; or find weights of rows and lines that exclude all.

        Returns:
            The columns, with 1 at the end, and the weights; None if the program has no solution.
        """
        every = np.array([*rows, *lines.rows])
        wide = np.hstack([every[:, :-1], np.zeros((len(every), 1)), every[:, -1:]])
        is_goal = np.array([False] * len(rows) + lines.of_goal)
        wide[is_goal, -2] = -1.0
        lowest = np.append(np.zeros(len(low)), 1.0)
        target = lowest if is_goal.any() else np.append(lines.target[:-1], 0.0)
        ends = np.append(low, -WIDE), np.append(high, WIDE)
        found = self.solver.programs.maximize(target, wide, *ends)
        if found is None:  # the largest slack that all can have
            wide[:, -2] = -1.0
            found = self.solver.programs.maximize(lowest, wide, *ends)
        return None if found is None else (np.append(self.solver.programs.columns()[:-1], 1.0), found[1])

    def _polish(self, part: _Range, columns: Array) -> None:
        """Look for the best design with the whole numbers near a solution, and without the samples that fail there."""
        s, o = self.solver, part.option
        low, high = part.low.copy(), part.high.copy()
        for i, (v, value) in enumerate(zip(s.nodes.variables, self._values(part, columns).tolist(), strict=True)):
            if v is not None and v.step is not None:
                low[i] = high[i] = min(max(v.low + v.step * round((value - v.low) / v.step), low[i]), high[i])
        near = replace(part, low=low, high=high)
        ends = s.columns(low, high, o)
        if (ends[0] > ends[1]).any():
            return
        rows = np.concatenate([s.rows[:, :, o], s.nodes.bound_rows(low, high, s.scales)])
        vertices = s.vertices(low, high, *ends)
        at = self.level if self.level > -math.inf else self.goal.score(columns, o)
        lines = _Lines(self.goal.forms(at, o).mean(axis=0))
        tails = []
        for aim, score in [*self.conditions, (self.goal, at)]:
            forms = aim.forms(score, o)
            if aim.share is not None:
                tails.append((TailCondition(forms, aim.below[:, :, o], aim.share, vertices), aim is self.goal))
                continue
            forms = forms / (np.abs(forms).max() or 1.0)
            best = np.argsort(-(forms @ columns), kind="stable")[: aim.needed(score)]
            lines.add(forms[best] - INSIDE * np.eye(1, len(columns), len(columns) - 1), aim is self.goal, False)
        for _ in range(MOST_TRIED):
            for tail, is_goal in tails:
                lines.add([tail.line(columns) - INSIDE * np.eye(1, len(columns), len(columns) - 1)[0]], is_goal)
            found = self._program(rows, lines, *ends)
            if found is None:
                return
            columns = found[0]
            self._take(o, self._values(near, columns))
            if not tails:
                return

    def _values(self, part: _Range, columns: Array) -> Array:
        """Return the number of nodes and the amounts of each."""
        s = self.solver
        totals = columns[:-1] * s.scales
        number = totals[0] if s.nodes.first else part.low[0]
        found: Array = np.array([number, *totals[s.nodes.first : s.nodes.first + len(part.low) - 1] / number])
        return np.clip(found, part.low, part.high)

    def _split(self, part: _Range, columns: Array) -> list[_Range]:
        """Split a range along its widest side, near a solution."""
        widths = (part.high - part.low) / np.maximum(np.abs(part.high), 1e-300)
        i = int(widths.argmax())
        if widths[i] < NARROW:
            self._take(part.option, self._values(part, columns))
            self._undecided = max(self._undecided, part.bound)
            return []
        v = self.solver.nodes.variables[i]
        value = float(self._values(part, columns)[i])
        low, high = float(part.low[i]), float(part.high[i])
        below = above = min(max((value + (low + high) / 2) / 2, low + 0.1 * (high - low)), high - 0.1 * (high - low))
        if v is not None and v.step is not None:
            first, last = round((low - v.low) / v.step), round((high - v.low) / v.step)
            step = min(max(math.floor((below - v.low) / v.step), first), last - 1)
            below, above = v.low + v.step * step, v.low + v.step * (step + 1)
        left, right = part.high.copy(), part.low.copy()
        left[i], right[i] = below, above
        return [replace(part, high=left), replace(part, low=right)]


class _Lines:
    """Forms that are not negative in the designs that are looked for.

    Args:
        target: What is maximized without a line of the goal.

    Attributes:
        of_goal: Which of them belong to the score that is maximized.
    """

    def __init__(self, target: Array) -> None:
        self.target = target
        self.rows: list[Array] = []
        self.of_goal: list[bool] = []

    def add(self, lines: Iterable[Array], of_goal: bool, each: bool = True) -> None:
        """Add lines.

        Args:
            each: Whether each is scaled by itself; if not, they are in one unit.
        """
        for line in lines:
            self.rows.append(scaled(line[:, None])[:, 0] if each else line)
            self.of_goal.append(of_goal)


def _most(form: Array, low: Array, high: Array) -> float:
    """Return the largest value of a form over a box."""
    return float(form[-1] + np.maximum(form[:-1] * low, form[:-1] * high).sum())
