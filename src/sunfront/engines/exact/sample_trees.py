"""The best design over samples, by trees: percentiles, probabilities, and quotients whose denominator is uncertain.

The solver reads the samples in scaled columns, and knows the geometry of ranges of designs. ``sample_conditions`` tells
what a score implies in a range, and ``sample_search`` splits the ranges.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
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
from sunfront.engines.exact.option_trees import ROW_TOLERANCE
from sunfront.engines.exact.sample_conditions import Aim
from sunfront.engines.exact.sample_search import SampleSearch
from sunfront.engines.exact.sampled import ReadSamples
from sunfront.engines.exact.solver_protocol import ExactSolver, Solution, lowered
from sunfront.engines.exact.tails import TailSolver
from sunfront.problem.criteria import Objective, sense_sign
from sunfront.problem.problem import Problem
from sunfront.problem.statistics import Probability, Statistic


def solver_over(read: ReadSamples, problem: Problem, gap: float, build: BuildMip = HighsMip) -> ExactSolver:
    """Return the solver of a problem with statistics, over the samples that were read.

    Args:
        build: Of the programs of linear statistics.
    """
    if read.is_linear:
        return TailSolver(read.joined(), problem, gap, build)
    return SampleTreeSolver(read, problem, gap)


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
        search = SampleSearch(self, index, conditions, start)
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
