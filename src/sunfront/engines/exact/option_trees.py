"""A few options of a catalogue solved by trees of small linear programs.

An option has few columns, and once its whole numbers are fixed it is a linear program. So the ranges of the whole
numbers are split, the most promising range first, until no range can hold a better design. This takes a tenth of the
time of one mixed-integer program over the options, which must be built, and whose relaxation is weaker. Options share a
range: the program of the most promising one is solved, and what closes it closes most of its neighbors.

A range is closed by weights of its rows: added to ``N - r D``, they leave nothing above zero, so that no design of the
range has a score above r. The bound rests on that sum alone; how exact the linear program is does not matter.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.engines.dense_programs import LinearPrograms
from sunfront.engines.exact.catalogue import Catalogue
from sunfront.engines.exact.node_ranges import WHOLE, NodeRanges
from sunfront.engines.exact.option_bounds import floor_row, form_array, rows_of, scaled, scales_of
from sunfront.engines.exact.solver_protocol import Solution
from sunfront.errors import SolverFailure

#: What a row may be missed by, relative to its largest coefficient: as in a mixed-integer program.
ROW_TOLERANCE = 1e-9

#: The same where a program has no solution, and no proof that it has none.
LARGE_TOLERANCE = 1e-7

#: Least that a range may promise beyond the best score without being searched, in units of the score's size: room for
#: rounding.
LEAST_SPARED = 1e-9

#: Most programs of one decision.
MOST_PROGRAMS = 2000

#: Most solves of one linear program that look for the best quotient of a range without whole numbers left.
MOST_STEPS = 20


def limit_beyond(score: float, is_found: bool, share: float) -> float:
    """Return the score that a design must exceed so as to be looked for.

    Args:
        score: A score that is reached, in units of its size.
        is_found: Whether a design with it is at hand; if not, it must be found again.
        share: Of the score by which a design may be better and is not looked for.
    """
    spared = max(share * abs(score), LEAST_SPARED)
    return score + spared if is_found else score - spared


@dataclass
class _Range:
    """Designs of some options with whole numbers in a range.

    Attributes:
        low, high: Of the number of nodes and of the amounts of each; arrays (1 + amounts,).
        options: Array (options,).
        bounds: No score of a design of each option is larger; in units of the score's size.
        at: Score r of the last programs solved; None before the first.
        solved: Columns of their solutions, by option.
    """

    low: Array
    high: Array
    options: NDArray[np.intp]
    bounds: Array
    at: float | None = None
    solved: dict[int, Array | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        #: No score of a design is larger.
        self.bound = float(self.bounds.max(initial=-np.inf))

    @property
    def lead(self) -> int:
        """The most promising option."""
        return int(self.options[self.bounds.argmax()])

    def keep(self, which: NDArray[np.bool_]) -> None:
        """Leave out the other options."""
        if not which.all():
            self.options, self.bounds = self.options[which], self.bounds[which]
            self.__post_init__()

    def lower(self, bounds: Array) -> None:
        """Lower the bounds of the options to others, where these are lower."""
        self.bounds = np.minimum(self.bounds, bounds)
        self.__post_init__()

    def copy(self, *options: int) -> _Range:
        """Return it before anything is solved, with some of its options, or all."""
        which = np.isin(self.options, options) if options else slice(None)
        return _Range(self.low.copy(), self.high.copy(), self.options[which], self.bounds[which].copy())

    def is_same(self, other: _Range) -> bool:
        """Whether it holds the designs of another range of the option."""
        return bool((self.low == other.low).all() and (self.high == other.high).all())


class _Target(NamedTuple):
    """A score as forms, and the rows of all options, the floors included; arrays (..., columns + 1, options)."""

    numerator: Array
    denominator: Array
    rows: Array
    largest_denominator: float

    def beyond(self, score: float, options: int | NDArray[np.intp]) -> Array:
        """``N - r D`` of options, array (columns + 1, options) or (columns + 1,)."""
        found: Array = self.numerator[:, options] - score * self.denominator[:, options]
        return found


class TreeSolver:
    """A solver for a catalogue of a few options.

    Args:
        catalogue: With at least one amount.
        share: Of the best score by which a design may be better and is not looked for.
    """

    def __init__(self, catalogue: Catalogue, share: float) -> None:
        self.catalogue, self.share = catalogue, share
        self.is_interrupted = False
        self.scales = scales_of(catalogue)
        self.rows = rows_of(catalogue, self.scales)
        self.nodes = NodeRanges(catalogue)
        self._programs = LinearPrograms(ROW_TOLERANCE)

    def maximize(
        self,
        index: int,
        floors: Mapping[int, float],
        deadline: float,
        start: float,
        is_found: bool,
        bounds: Array,
    ) -> Solution | None:
        """Maximize as ``ExactSolver.maximize``.

        Args:
            start: A score that is known to be reached; 0 if none is.
            is_found: Whether a design with it is at hand, so that only better ones are looked for.
            bounds: No score of an option is larger, in units of the score's size; array (options,).

        Returns:
            None if no design is feasible, or none reaches the start.
        """
        o = self.catalogue.objectives[index]
        numerator = form_array(o.numerator, self.scales)
        denominator = np.zeros_like(numerator)
        denominator[-1] = 1.0
        if o.denominator is not None:
            denominator = form_array(o.denominator, self.scales)
        rows = np.concatenate([self.rows, *(self._floor(i, floor) for i, floor in floors.items())])
        target = _Target(numerator, denominator, rows, o.largest_denominator)
        search = _Search(self, index, target, start / o.scale if start else -math.inf, is_found, bounds)
        is_cut = False
        try:
            search.run(deadline)
        except (TimeoutError, KeyboardInterrupt) as end:
            self.is_interrupted, is_cut = isinstance(end, KeyboardInterrupt), True
            if search.best is None:
                raise
        best = search.best
        return best and replace(best, bound=max(search.bound * o.scale, best.scores[index]), is_cut=is_cut)

    def may_exceed(self, target: Array, floors: Mapping[int, float], deadline: float) -> NDArray[np.bool_]:
        """Decide in which options a design may be where a form is above zero.

        Args:
            target: Array (columns + 1, options), in scaled columns.
            deadline: Value of ``time.monotonic`` at which to stop; what is not decided by then may be.

        Returns:
            Array (options,). Of the others it is proved that none is there.
        """
        one = np.zeros_like(target)
        one[-1] = 1.0
        rows = np.concatenate([self.rows, *(self._floor(i, floor) for i, floor in floors.items())])
        search = _Decision(self, _Target(target, one, rows, 1.0))
        search.run(deadline)
        return search.reached

    def _floor(self, index: int, floor: float) -> Array:
        """Return the row of a floor, array (1, columns + 1, options)."""
        return scaled(floor_row(self.catalogue.objectives[index], floor, self.scales))[np.newaxis]

    def roots(self, bounds: Array) -> list[_Range]:
        """Return the ranges of all designs, one for each given number of nodes."""
        low, high = self.nodes.low, self.nodes.high
        groups = (np.flatnonzero(low[0] == fewest) for fewest in np.unique(low[0]))
        return [_Range(low[:, own[0]], high[:, own[0]], own, bounds[own]) for own in groups]

    def box(self, part: _Range) -> tuple[Array, Array]:
        """Return the lowest and highest value of each column; arrays (columns,)."""
        low, high = np.zeros(len(self.scales)), np.ones(len(self.scales))
        least, most = self.nodes.totals(part.low, part.high)
        own = slice(len(least))
        low[own] = least / self.scales[own]
        high[own] = np.minimum(most / self.scales[own], 1)
        return low, high

    def solve(self, target: _Target, part: _Range, option: int, score: float) -> tuple[Array, Array | None]:
        """Maximize ``N - r D`` in a range, in one of its options.

        Returns:
            Bounds on it in all options of the range, minus infinity where no design is; and the columns of a solution,
            if there is one.
        """
        goal = target.beyond(score, option)
        low, high = self.box(part)
        if (low > high * (1 + ROW_TOLERANCE)).any():  # beyond what a column can be, which other rows limit
            return np.full(len(part.options), -np.inf), None
        rows = np.concatenate([target.rows[:, :, option], self.nodes.bound_rows(part.low, part.high, self.scales)])
        own = part.options == option
        for tolerance in (0.0, ROW_TOLERANCE, LARGE_TOLERANCE):
            rows[:, -1] += tolerance
            found = self._programs.maximize(goal[:-1], rows, low, high)
            if found is not None:
                most = _most(goal + found[1] @ rows, low, high)
                others = _most(target.beyond(score, part.options) + self._sum(target, part, found[1]), low, high)
                return np.where(own, most, others), self._programs.columns()
            # The largest slack that all rows can have: its dual values prove that it is negative.
            wide = np.hstack([rows[:, :-1], -np.ones((len(rows), 1)), rows[:, -1:]])
            slack = np.append(np.zeros(len(low)), 1.0)
            found = self._programs.maximize(slack, wide, np.append(low, -np.inf), np.append(high, 1.0))
            if found is not None:
                least = -ROW_TOLERANCE * found[1].sum()
                if _most(found[1] @ rows, low, high) < least:
                    is_empty = own | (_most(self._sum(target, part, found[1]), low, high) < least)
                    return np.where(is_empty, -np.inf, np.inf), None
        return np.where(own, _most(goal, low, high), np.inf), None

    def _sum(self, target: _Target, part: _Range, weights: Array) -> Array:
        """Return the rows of the options of a range times weights, array (columns + 1, options)."""
        bounds = self.nodes.bound_rows(part.low, part.high, self.scales)
        found: Array = (weights[len(target.rows) :] @ bounds)[:, None]
        for i in np.flatnonzero(weights[: len(target.rows)]):
            found = found + weights[i] * target.rows[i][:, part.options]
        return found

    def split(self, part: _Range, option: int) -> list[_Range]:
        """Split a range at the solution of an option; empty if no whole numbers are left."""
        at = self.nodes.split(self.values(part, option), part.low, part.high)
        if at is None:
            return []
        below, above = part.copy(), part.copy()
        below.high[at.variable], above.low[at.variable] = at.below, at.above
        return [below, above]

    def values(self, part: _Range, option: int) -> Array:
        """Return the number of nodes and the amounts of each in the solution of an option."""
        best = part.solved[option]
        if best is None:
            found: Array = (part.low + part.high) / 2
            return found
        totals = best * self.scales
        first = self.nodes.first
        nodes = totals[0] if first else part.low[0]
        return np.array([nodes, *totals[first : first + len(self.catalogue.amounts)] / nodes])

    def whole(self, part: _Range, option: int) -> _Range | None:
        """Return the range with the whole numbers of the solution of an option, if they are whole."""
        fixed = part.copy(option)
        for i, (v, value) in enumerate(zip(self.nodes.variables, self.values(part, option).tolist(), strict=True)):
            if v is None or v.step is None:
                continue
            step = round((value - v.low) / v.step)
            if abs((value - v.low) / v.step - step) > WHOLE:
                return None
            fixed.low[i] = fixed.high[i] = min(max(v.low + v.step * step, part.low[i]), part.high[i])
        return fixed

    def solution(self, option: int, columns: Array) -> Solution:
        """Return a design and its scores."""
        totals = (columns * self.scales).tolist()
        return Solution(self.catalogue.design(option, totals), self.catalogue.scores(option, totals), math.inf)


class _Search:
    """One search of the best score.

    Args:
        index: Of the objective.
        start: A score that is reached, in units of its size; minus infinity if none is known.
        is_found: Whether a design with it is at hand.
        bounds: No score of an option is larger; in units of the score's size.

    Attributes:
        best: The best design so far.
    """

    def __init__(
        self, solver: TreeSolver, index: int, target: _Target, start: float, is_found: bool, bounds: Array
    ) -> None:
        self.solver, self.index, self.target = solver, index, target
        self.scale = solver.catalogue.objectives[index].scale
        self.start, self.is_found = start, is_found
        self.best: Solution | None = None
        self._open = solver.roots(bounds)
        self._undecided = -math.inf

    @property
    def limit(self) -> float:
        """The score that a design must exceed so as to be looked for; minus infinity while none is reached."""
        reached = -math.inf if self.best is None else self.best.scores[self.index] / self.scale
        score = max(self.start, reached)
        if score == -math.inf:
            return score
        is_found = self.is_found or reached >= limit_beyond(score, False, self.solver.share)
        return limit_beyond(score, is_found, self.solver.share)

    @property
    def bound(self) -> float:
        """No design has a larger score; in units of the score's size."""
        return max([self.limit, self._undecided, *(part.bound for part in self._open)])

    def run(self, deadline: float) -> None:
        """Search until no range can hold a better design.

        Raises:
            TimeoutError: The deadline passed.
            SolverFailure: Neither a design nor a bound was found.
        """
        while self._open:
            if time.monotonic() > deadline:
                raise TimeoutError
            at = int(np.argmax([part.bound for part in self._open]))
            part, limit = self._open[at], self.limit
            part.keep(part.bounds > limit)
            if not len(part.options):
                break
            score, option = limit if limit > -math.inf else 0.0, part.lead
            if part.at == score and option in part.solved:
                halves = self.solver.split(part, option)
                if not halves:
                    self._end(part, option)
                    continue
                self._open[at : at + 1] = halves
                continue
            self._solve(part, option, score)
            if part.bounds[part.options == option] > limit:
                fixed = self.solver.whole(part, option)
                if fixed is None:
                    continue
                if fixed.is_same(part):
                    fixed = part
                else:
                    self._solve(fixed, option, score)
                self._take(fixed, option)
            elif part.bound == -math.inf:
                del self._open[at]
        if self.best is None and self._undecided > self.limit:
            raise SolverFailure("the linear programs of an option of the catalogue have no solution and no proof of it")

    def _take(self, part: _Range, option: int) -> None:
        """Take the design of an option in a range without whole numbers left."""
        if (columns := part.solved[option]) is not None:
            found = self.solver.solution(option, columns)
            if self.best is None or found.scores[self.index] > self.best.scores[self.index]:
                self.best = found

    def _end(self, part: _Range, option: int) -> None:
        """Leave an option that a range without whole numbers left does not decide."""
        self._tighten(part, option)
        self._undecided = max(self._undecided, part.bounds[part.options == option].item())
        part.keep(part.options != option)

    def _solve(self, part: _Range, option: int, score: float) -> None:
        if part.at != score:
            part.at, part.solved = score, {}
        most, part.solved[option] = self.solver.solve(self.target, part, option, score)
        # The denominator is at least 1. If ``N - r D`` is negative, divide by the largest denominator.
        part.lower(score + np.where(most >= 0, most, most / self.target.largest_denominator))

    def _tighten(self, part: _Range, option: int) -> None:
        """Lower the bound of an option in a range without whole numbers left to its best quotient."""
        for _ in range(MOST_STEPS):
            best = part.solved.get(option)
            if best is None or part.at is None:
                return
            columns = np.append(best, 1.0)
            numerator, denominator = (form[:, option] @ columns for form in self.target[:2])
            if numerator / denominator <= part.at:
                return
            self._solve(part, option, float(numerator / denominator))


class _Decision(_Search):
    """A search of options in which the score may be above zero, whatever the best is.

    Attributes:
        reached: Those options, array (options,).
    """

    limit = 0.0

    def __init__(self, solver: TreeSolver, target: _Target) -> None:
        size = target.rows.shape[-1]
        super().__init__(solver, 0, target, 0.0, True, np.full(size, np.inf))
        self.reached = np.zeros(size, dtype=bool)
        self.programs = 0

    def run(self, deadline: float) -> None:
        """Search until every option is decided, or there have been too many programs, or time is over."""
        try:
            super().run(deadline)
        except TimeoutError:
            for part in self._open:
                self.reached[part.options[part.bounds > self.limit]] = True

    def _take(self, part: _Range, option: int) -> None:
        if part.bound > self.limit:
            self._end(part, option)

    def _end(self, part: _Range, option: int) -> None:
        self.reached[option] = True
        for other in self._open:
            other.keep(other.options != option)

    def _solve(self, part: _Range, option: int, score: float) -> None:
        self.programs += 1
        if self.programs > MOST_PROGRAMS:
            raise TimeoutError
        super()._solve(part, option, score)


def _most(form: Array, low: Array, high: Array) -> Array:
    """Return the largest value of forms over a box, array (...,).

    Args:
        form: Array (columns + 1, ...).
    """
    amounts = form[:-1].T
    found: Array = form[-1] + np.maximum(amounts * low, amounts * high).sum(axis=-1)
    return found
