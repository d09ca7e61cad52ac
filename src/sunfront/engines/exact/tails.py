"""Means of the worst samples in a mixed-integer program: lines are added until the program has them right.

With some of its lines a mean of worst samples is too good, so that each solve gives a valid bound. At the design found
it is computed from all samples; the line of these worst samples is added for the next solve.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from sunfront.engines.exact.catalogue import Amount
from sunfront.engines.exact.envelopes import tightened
from sunfront.engines.exact.forms import LinearForm
from sunfront.engines.exact.mip import BuildMip, HighsMip
from sunfront.engines.exact.sampled import SampledCatalogue, Tail
from sunfront.engines.exact.sifting import SiftingSolver
from sunfront.engines.exact.solver_protocol import Solution, lowered
from sunfront.errors import SolverFailure
from sunfront.problem.criteria import Constraint
from sunfront.problem.problem import Problem

#: Most solves for one answer; twenty are common.
MOST_SOLVES = 300

#: By how much a limit on a mean of worst samples may be missed, relative; less than numpy is asked to confirm.
MISSED = 1e-7


class TailSolver:
    """A solver for a catalogue with statistics.

    Each answer starts from the same lines, so that it does not depend on what was solved before.

    Args:
        sampled: With at least one option.
        problem: The problem of which it is the catalogue.
        gap, build: As of ``HighsSolver``.

    Attributes:
        places: Totals at which lines were added, of all answers so far.
    """

    def __init__(self, sampled: SampledCatalogue, problem: Problem, gap: float, build: BuildMip = HighsMip) -> None:
        self.sampled, self.gap, self.build = sampled, gap, build
        self.places: list[list[float]] = []
        self.tails = {tail.name: tail for tail in sampled.tails}
        self.limits = [(c, self.tails[c.name]) for c in problem.constraints if c.name in self.tails]
        self.aims = {i: self.tails[o.name] for i, o in enumerate(problem.objectives) if o.name in self.tails}

    @property
    def objectives(self) -> int:
        """Number of objectives."""
        return len(self.sampled.catalogue.objectives)

    def maximize(self, index: int, floors: Mapping[int, float], deadline: float, start: float = 0.0) -> Solution | None:
        """Maximize as ``ExactSolver.maximize``."""
        lines: dict[int, list[LinearForm]] = {tail.envelope: [] for tail in self.sampled.tails}
        best: Solution | None = None
        bound = math.inf
        for _ in range(MOST_SOLVES):
            solver = SiftingSolver(self.sampled.with_lines(lines), self.gap / 4, self.build)
            try:
                if time.monotonic() >= deadline:
                    raise TimeoutError
                found = solver.maximize(index, floors, deadline, start)
            except (TimeoutError, KeyboardInterrupt):
                if best is None:
                    raise
                return replace(best, bound=max(bound, best.scores[index]), is_cut=True)
            if found is None:
                return None
            bound = min(bound, found.bound)
            option, totals = self._place(found.design)
            scores = tuple(
                self._score(i, option, totals) if i in self.aims else score for i, score in enumerate(found.scores)
            )
            if self._holds(scores, floors, option, totals) and (best is None or scores[index] > best.scores[index]):
                best = Solution(found.design, scores, bound)
            if best is not None and bound - best.scores[index] <= self.gap * max(abs(bound), abs(best.scores[index])):
                return replace(best, bound=max(bound, best.scores[index]), is_cut=found.is_cut)
            if found.is_cut:
                if best is None:
                    raise TimeoutError
                return replace(best, bound=max(bound, best.scores[index]), is_cut=True)
            self.places.append(totals)
            for tail in self.sampled.tails:
                lines[tail.envelope].append(tail.line(totals))
        if best is None:
            raise SolverFailure(f"no design meets the limits on {', '.join(self.tails)} after {MOST_SOLVES} solves")
        return replace(best, bound=max(bound, best.scores[index]))

    def _place(self, design: Mapping[str, float]) -> tuple[int, list[float]]:
        """Return the option of a design, and its totals with every broken line at its value."""
        c = self.sampled.catalogue
        same = np.ones(c.size, dtype=bool)
        for name, values in c.options.items():
            same &= values == design[name]
        option = int(np.flatnonzero(same)[0])
        counted = isinstance(c.count, Amount)
        nodes = design[c.count.variable.name] if isinstance(c.count, Amount) else float(c.count[option])
        totals = [*([nodes] if counted else []), *(design[a.variable.name] * nodes for a in c.amounts)]
        totals = tightened(c.envelopes, option, [*totals, *[0.0] * len(c.envelopes)])
        return (c.option_of(option, totals) if c.sides or c.spared else option), totals

    def _score(self, index: int, option: int, totals: list[float]) -> float:
        sign = 1.0 if self.aims[index].statistic.lower else -1.0
        return sign * self.aims[index].value(totals, option)

    def _holds(self, scores: tuple[float, ...], floors: Mapping[int, float], option: int, totals: list[float]) -> bool:
        """Whether a design keeps to the floors and limits on means of worst samples."""
        for i in self.aims.keys() & floors.keys():
            if scores[i] < lowered(floors[i], self.sampled.catalogue.objectives[i].scale):
                return False
        return all(c.violation(tail.value(totals, option)) <= _room(c, tail, option) for c, tail in self.limits)


def _room(c: Constraint, tail: Tail, option: int) -> float:
    return MISSED * max(abs(c.limit), 1e-3 * abs(float(tail.shift[option])))
