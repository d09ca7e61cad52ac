"""The best design over samples, by trees: percentiles, probabilities, and quotients whose denominator is uncertain.

A score above r is a question about linear forms: in each sample, q = N / D exceeds r where ``e = N - r D`` is positive.

- A percentile exceeds r where e is positive in so many samples; a probability, where ``N - limit x D`` is in so many.
- A mean of worst cases exceeds r where that of e / D does. In a range of designs D is its mean over the samples times a
  number in a range, so that e / D is below a line of e.

So the search is for designs beyond the best one known. It splits the ranges of an option's amounts, and closes a
range by weights of rows as in ``option_trees``. Further rows hold what the samples imply in a range. Let z be 1 in the
samples that fail, and least(e) the least value of e in the range: then ``e >= least(e) z``, and only so many may fail.
Without z these are lines: the sum of e / -least(e), over any samples, is at least minus that number. And a sample with
which too many others fail, since their e is smaller in the whole range, must not fail.

Sources: Luedtke, Ahmed and Nemhauser, Mathematical Programming 122 (2010) 247-272 for samples that may fail;
Dinkelbach, Management Science 13 (1967) 492-498 for N - r D.
"""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

import numpy as np

from sunfront.arrays import Array
from sunfront.engines.dense_programs import LinearPrograms
from sunfront.engines.exact.envelopes import tightened
from sunfront.engines.exact.forms import FormBuilder, LinearForm, ObjectiveForm
from sunfront.engines.exact.mip import BuildMip, HighsMip
from sunfront.engines.exact.narrowing import ranges_of
from sunfront.engines.exact.node_ranges import NodeRanges
from sunfront.engines.exact.option_bounds import form_array, rows_of, scaled, scales_of
from sunfront.engines.exact.option_trees import ROW_TOLERANCE, limit_beyond
from sunfront.engines.exact.sampled import ReadSamples
from sunfront.engines.exact.sifting import SiftingSolver
from sunfront.engines.exact.solver_protocol import ExactSolver, Solution, lowered
from sunfront.engines.exact.tails import TailSolver
from sunfront.errors import SolverFailure
from sunfront.problem.criteria import Objective, sense_sign
from sunfront.problem.problem import Problem
from sunfront.problem.statistics import Percentile, Probability, Statistic, TailMean

#: Most lines that are added in one range.
MOST_LINES = 12

#: Times the weights of a sample's form, by which the weights of the program's are tried for it.
WEIGHTS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 4.0)

#: Most samples of which it is asked how many others fail with them.
MOST_COMPARED = 24

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


def solver_over(read: ReadSamples, problem: Problem, gap: float, build: BuildMip = HighsMip) -> ExactSolver:
    """Return the solver of a problem with statistics, over the samples that were read.

    Args:
        build: Of the programs of linear statistics.
    """
    if read.is_linear:
        return TailSolver(read.joined(), problem, gap, build)
    return SampleTreeSolver(read, problem, gap)


@dataclass(frozen=True)
class Aim:
    """A criterion in samples, signed so that more is better.

    Attributes:
        above, below: Numerator and denominator, in scaled columns; arrays (samples, columns + 1, options). The
            denominator may have one sample, the same for all.
        statistic: None for a quantity that is certain; it has one sample.
        sign: 1 if more of the quantity is better, -1 if less.
        scale: Typical size of the score.
    """

    above: Array
    below: Array
    statistic: Statistic | None
    sign: float
    scale: float

    @property
    def samples(self) -> int:
        """Number of samples."""
        return len(self.above)

    @property
    def share(self) -> float | None:
        """The share of the samples whose mean counts; None if samples are counted."""
        match self.statistic:
            case TailMean(share):
                return share
            case Percentile() | Probability():
                return None
            case _:
                return 1.0

    def needed(self, score: float) -> int:
        """In how many samples the form at a score must not be negative, so that the score is reached."""
        if isinstance(self.statistic, Percentile):
            rank = 1 + int(self.statistic.compute(np.arange(float(self.samples))))
            return self.samples - rank + 1 if self.sign > 0 else rank
        share = score if self.sign > 0 else 1.0 + score
        return math.ceil(self.samples * share - 1e-9)

    def forms(self, score: float, option: int) -> Array:
        """Return ``N - r D`` in each sample, array (samples, columns + 1); of a probability N, whatever the score."""
        if isinstance(self.statistic, Probability):
            return self.above[:, :, option]
        found: Array = self.above[:, :, option] - score * self.below[:, :, option]
        return found

    def score(self, columns: Array, option: int) -> float:
        """Return the score at given columns, the last of which is 1."""
        values = self.above[:, :, option] @ columns / (self.below[:, :, option] @ columns)
        if isinstance(self.statistic, Probability):
            is_strict = (self.statistic.sense in "<>") == (self.sign > 0)
            met = float((values > 0 if is_strict else values >= 0).mean())
            return met if self.sign > 0 else met - 1.0
        if isinstance(self.statistic, Percentile):
            return self.sign * float(self.statistic.compute(self.sign * values))
        return float(TailMean(self.share or 1.0, True).compute(values))

    def most(self, at: float, beyond: Array) -> float:
        """Return the largest score, if quantity minus score ``at`` is at most this in each sample."""
        if isinstance(self.statistic, Probability):
            return float((beyond >= 0).mean()) - (1.0 if self.sign < 0 else 0.0)
        if isinstance(self.statistic, Percentile):
            return at + float(np.sort(beyond)[self.samples - self.needed(0.0)])
        return at + float(TailMean(self.share or 1.0, True).compute(beyond))

    def below_level(self, level: float) -> float:
        """Return the largest score that is possible below a level; probabilities are shares of the samples."""
        if not isinstance(self.statistic, Probability) or math.isinf(level):
            return level
        return (self.needed(level) - 1) / self.samples - (1.0 if self.sign < 0 else 0.0)


class _Counted:
    """So many forms must not be negative.

    Attributes:
        low, high: The least and the largest value of each form in the range.
    """

    def __init__(self, forms: Array, needed: int, vertices: Array) -> None:
        self.forms = forms / (np.abs(forms).max() or 1.0)
        self.forms[:, -1] += ROW_TOLERANCE
        self.may_fail = len(forms) - needed
        self._values = self.forms @ vertices.T
        self.low, self.high = self._values.min(axis=1), self._values.max(axis=1)

    @property
    def is_out(self) -> bool:
        """Whether no design of the range meets it."""
        return int((self.high < 0).sum()) > self.may_fail

    def tighten(self, rows: Array, goal: Array, low: Array, high: Array) -> None:
        """Lower the largest values by weighted rows, which bound the goal over a box of columns."""
        size = float(goal[:-1] @ goal[:-1])
        undecided = np.flatnonzero((self.low < 0) & (self.high >= 0))
        if size == 0 or not len(undecided):
            return
        forms = self.forms[undecided]
        shares = np.maximum(forms[:, :-1] @ goal[:-1] / size, 0.0)
        for weight in WEIGHTS:
            sums = forms + (weight * shares)[:, None] * rows
            amounts = sums[:, :-1]
            most = sums[:, -1] + np.maximum(amounts * low, amounts * high).sum(axis=1)
            self.high[undecided] = np.minimum(self.high[undecided], most)

    def lines(self, columns: Array) -> list[Array]:
        """Return forms that are not negative where the condition holds, but are at the columns; perhaps none."""
        values = self.forms @ columns
        found = []
        failing = np.flatnonzero(values < -ROW_TOLERANCE)
        # Where a form is negative, those that are smaller in the whole range are, too: perhaps too many.
        beyond = failing[np.argsort(values[failing], kind="stable")][self.may_fail :]
        for i in beyond[:: max(len(beyond) // MOST_COMPARED, 1)].tolist():
            if ((self._values <= self._values[i]).all(axis=1) | (self.high < 0)).sum() > self.may_fail:
                found.append(self.forms[i])
                break
        is_open = (self.low < 0) & (self.high >= 0) & (values < 0)
        line = np.where(is_open, 1.0 / np.where(is_open, -self.low, 1.0), 0.0) @ self.forms
        line[-1] += self.may_fail - (self.high < 0).sum()
        return [*found, line] if line @ columns < -ROW_TOLERANCE else found


class _Tail:
    """The mean of the smallest e / D must not be negative.

    Over the range D is its mean over the samples, which is positive and left out, divided by a number in a range.
    """

    def __init__(self, forms: Array, below: Array, share: float, vertices: Array) -> None:
        self.share = share
        size = np.abs(forms).max() or 1.0
        self.forms = forms / size
        self.forms[:, -1] += ROW_TOLERANCE
        values = self.forms @ vertices.T
        self.low, self.high = values.min(axis=1), values.max(axis=1)
        if len(below) == 1:
            least = most = np.ones(len(forms))
        else:
            shares = (below.mean(axis=0) @ vertices.T) / (below @ vertices.T)
            least, most = shares.min(axis=1), shares.max(axis=1)
        ends = np.where(self.low < 0, least, most) * self.low, np.where(self.high < 0, least, most) * self.high
        width = self.high - self.low
        self.slopes = np.where(width > 0, (ends[1] - ends[0]) / np.where(width > 0, width, 1.0), most)
        self.offsets = ends[0] - self.slopes * self.low
        self.is_out = float(TailMean(share, True).compute(ends[1])) < 0

    def lines(self, columns: Array) -> list[Array]:
        """As of ``_Counted``."""
        line = self.line(columns)
        return [line] if line @ columns < -ROW_TOLERANCE else []

    def line(self, columns: Array) -> Array:
        """Return a form that is not below the mean, and equal to its bound at the columns."""
        values = self.slopes * (self.forms @ columns) + self.offsets
        size = self.share * len(values)
        weights = np.empty(len(values))
        weights[np.argsort(values, kind="stable")] = np.clip(size - np.arange(len(values)), 0.0, 1.0) / size
        line: Array = (weights * self.slopes) @ self.forms
        line[-1] += weights @ self.offsets
        return line


_Condition = _Counted | _Tail


def _condition(aim: Aim, score: float, option: int, vertices: Array) -> _Condition:
    """Return what a design of a range with at least a score meets."""
    forms = aim.forms(score, option)
    if aim.share is None:
        return _Counted(forms, aim.needed(score), vertices)
    return _Tail(forms, aim.below[:, :, option], aim.share, vertices)


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


class SampleTreeSolver:
    """A solver for a catalogue with statistics of any kind but the standard deviation.

    Args:
        read: With at least one option.
        gap: Share of the best score by which a design may be better and is not looked for.

    Raises:
        NonlinearEquation: A denominator may be zero or negative.
    """

    def __init__(self, read: ReadSamples, problem: Problem, gap: float) -> None:
        self.gap, self.catalogue = gap, read.catalogue
        _check_denominators(read, problem)
        self.scales = scales_of(read.catalogue)
        self.nodes = NodeRanges(read.catalogue)
        spared = [scaled(form_array(form, self.scales))[None] for form in read.catalogue.spared]
        self.rows = np.concatenate([rows_of(read.catalogue, self.scales), *spared])
        self.programs = LinearPrograms(ROW_TOLERANCE)
        self.aims = [
            self._certain(form) if o.statistic is None else self._aim(read, o.name, o.statistic, o.sign, form.scale)
            for o, form in zip(problem.objectives, read.catalogue.objectives, strict=True)
        ]
        self.limited = [c.name for c in problem.constraints if c.statistic is not None]
        self.limits = [
            (self._aim(read, c.name, c.statistic, c.sign, 1.0), c.sign * c.limit)
            for c in problem.constraints
            if c.statistic is not None
        ]

    @property
    def objectives(self) -> int:
        """Number of objectives."""
        return len(self.aims)

    def maximize(self, index: int, floors: Mapping[int, float], deadline: float, start: float = 0.0) -> Solution | None:
        """Maximize as ``ExactSolver.maximize``."""
        conditions = [*self.limits, *((self.aims[i], lowered(f, self.aims[i].scale)) for i, f in floors.items())]
        search = _Search(self, index, conditions, start)
        is_cut = False
        try:
            search.run(deadline)
        except (TimeoutError, KeyboardInterrupt):
            is_cut = True
            if search.best is None:
                raise
        best = search.best
        if best is None:
            return self.maximize(index, floors, deadline) if start else None
        return replace(best, bound=max(search.bound, best.scores[index]), is_cut=is_cut)

    def _certain(self, form: ObjectiveForm) -> Aim:
        above = form.scale * form_array(form.numerator, self.scales)[None]
        if form.denominator is None:
            return Aim(above, _ones(above), None, 1.0, form.scale)
        return Aim(above, form_array(form.denominator, self.scales)[None], None, 1.0, form.scale)

    def _aim(self, read: ReadSamples, name: str, statistic: Statistic | None, sign: float, scale: float) -> Aim:
        sampled = read.found[name]
        sizes = np.append(self.scales, 1.0)[:, None]
        above = sampled.terms * sizes
        below = _ones(above) if sampled.denominator is None else sampled.denominator * sizes
        if isinstance(statistic, Probability):
            above = sign * sense_sign(statistic.sense) * (above - statistic.limit * below)
            return Aim(above, _ones(above), statistic, sign, 1.0)
        return Aim(sign * above, below, statistic, sign, scale)

    def place(self, design: Mapping[str, float]) -> tuple[int, Array, Array] | None:
        """Return the option of a design, its numbers of one node, and its columns; None if the option is none."""
        c, counted = self.catalogue, self.nodes.variables[0]
        same = np.ones(c.size, dtype=bool)
        for name, values in c.options.items():
            same &= values == design[name]
        if not same.any():
            return None
        option = int(np.flatnonzero(same)[0])
        number = self.nodes.low[0, option] if counted is None else design[counted.name]
        values = np.array([number, *(design[a.variable.name] for a in c.amounts)])
        option, columns = self.at(option, values)
        return option, values, columns

    def at(self, option: int, values: Array) -> tuple[int, Array]:
        """Return the option whose lines hold at numbers of one node, and the columns there, the last one 1."""
        c = self.catalogue
        totals = [*([values[0]] if self.nodes.first else []), *(values[1:] * values[0]).tolist()]
        totals = tightened(c.envelopes, option, [*totals, *[0.0] * len(c.envelopes)])
        option = c.option_of(option, totals) if c.sides or c.spared else option
        return option, np.append(np.array(totals) / self.scales, 1.0)

    def columns(self, low: Array, high: Array, option: int) -> tuple[Array, Array]:
        """Return the lowest and highest value of each column in a range; arrays (columns,)."""
        least, most = self.nodes.totals(low, high)
        count = len(least)
        lowest, highest = np.zeros(len(self.scales)), np.ones(len(self.scales))
        lowest[:count] = least / self.scales[:count]
        highest[:count] = np.minimum(most / self.scales[:count], 1.0)
        for i, lines in enumerate(self._lines):
            at = len(self.scales) - len(self._lines) + i
            forms = lines[:, :, option]
            ends = forms[:, :-1] * lowest, forms[:, :-1] * highest
            highest[at] = min(max((forms[:, -1] + np.maximum(*ends).sum(axis=1)).max(), 0.0), 1.0)
            lowest[at] = min(max((forms[:, -1] + np.minimum(*ends).sum(axis=1)).max(), 0.0), highest[at])
        return lowest, highest

    @cached_property
    def _lines(self) -> list[Array]:
        """The lines of each envelope, in scaled columns and its scale; arrays (lines, columns + 1, options)."""
        return [
            np.stack([form_array(line, self.scales) / e.scale for line in e.lines]) for e in self.catalogue.envelopes
        ]

    def vertices(self, low: Array, high: Array, lowest: Array, highest: Array) -> Array:
        """Return columns at the corners of a range, the last one 1; every design of it is within their hull."""
        first, count = self.nodes.first, len(low)
        ends = [(a,) if a == b else (a, b) for a, b in zip(low.tolist(), high.tolist(), strict=True)]
        at = first + count - 1
        rest = [(a,) if a == b else (a, b) for a, b in zip(lowest[at:].tolist(), highest[at:].tolist(), strict=True)]
        corners = np.array(list(product(*ends, *rest)))
        found = np.ones((len(corners), len(self.scales) + 1))
        if first:
            found[:, 0] = corners[:, 0] / self.scales[0]
        found[:, first:at] = corners[:, :1] * corners[:, 1:count] / self.scales[first:at]
        found[:, at:-1] = corners[:, count:]
        return found


class _Search:
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
        if any(_condition(aim, least, part.option, vertices).is_out for aim, least in self.conditions):
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
        conditions = [_condition(aim, least, o, vertices) for aim, least in wanted]
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
                if isinstance(each, _Counted):
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
                tails.append((_Tail(forms, aim.below[:, :, o], aim.share, vertices), aim is self.goal))
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


def _check_denominators(read: ReadSamples, problem: Problem) -> None:
    """Raise NonlinearEquation if a denominator may be zero or negative in a sample."""
    box, low, high = ranges_of(read.catalogue)
    builder = FormBuilder(problem, low, high, box)
    for name, (quantity, _) in problem.statistics.items():
        for sample in () if (below := read.found[name].denominator) is None else below:
            builder.smallest(Objective("maximize", quantity), LinearForm(tuple(sample[:-1]), sample[-1]))


def _ones(above: Array) -> Array:
    """Return the denominator 1, array (1, columns + 1, options)."""
    found = np.zeros((1, *above.shape[1:]))
    found[:, -1] = 1.0
    return found


def _most(form: Array, low: Array, high: Array) -> float:
    """Return the largest value of a form over a box."""
    return float(form[-1] + np.maximum(form[:-1] * low, form[:-1] * high).sum())
