"""HiGHS on a large catalogue: the most promising options first, until no other option can do better.

A program with every option is solved slowly, mostly because it is large, while nearly all options are worse than the
best one even if their numbers need not be whole. So linear programs bound each option, a program with the few that
promise most is solved, and options whose bound is below its score are never held by a program.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property

import numpy as np

from sunfront.arrays import Array
from sunfront.engines.exact.catalogue import Catalogue
from sunfront.engines.exact.highs import HighsSolver
from sunfront.engines.exact.mip import BuildMip, HighsMip
from sunfront.engines.exact.option_bounds import TOLERANCE, OptionBounds
from sunfront.engines.exact.solver_protocol import ExactSolver, Solution, lowered

#: Options of the first program; each further one has twice as many, up to MANY.
FEW = 3
MANY = 24

#: Most options of a catalogue whose program is solved as a whole.
WHOLE = 8

#: Part of the gap by which an option must promise more than the best score so as to be solved. The frontier's steps may
#: be small beside a score, so that little of the gap may be left here.
SPARED = 0.02


class SiftingSolver:
    """A solver for a catalogue of any size.

    Args:
        catalogue: With at least one option.
        gap, build: As of ``HighsSolver``.
    """

    def __init__(self, catalogue: Catalogue, gap: float, build: BuildMip = HighsMip) -> None:
        self.catalogue = catalogue
        self.gap = gap
        self.build = build
        self.is_interrupted = False

    @property
    def objectives(self) -> int:
        """Number of objectives."""
        return len(self.catalogue.objectives)

    @cached_property
    def _whole(self) -> ExactSolver:
        return HighsSolver(self.catalogue, self.gap, self.build)

    @cached_property
    def _bounds(self) -> OptionBounds:
        return OptionBounds(self.catalogue)

    def maximize(self, index: int, floors: Mapping[int, float], deadline: float, start: float = 0.0) -> Solution | None:
        """Maximize as ``ExactSolver.maximize``."""
        if self.catalogue.size <= WHOLE or not self.catalogue.columns:
            return self._whole.maximize(index, floors, deadline, start)
        if self.is_interrupted:
            raise KeyboardInterrupt
        objective = self.catalogue.objectives[index]
        scale = objective.scale
        numerator = self._bounds.form(objective.numerator)
        denominator = np.zeros_like(numerator)
        denominator[-1] = 1.0
        if objective.denominator is not None:
            denominator = self._bounds.form(objective.denominator)
        rows = {i: self._floor(i, floor) for i, floor in floors.items()}
        is_quotient = objective.denominator is not None
        score = start / scale if start else -math.inf  # that is reached, in units of the scale
        best: Solution | None = None
        bound, left = -math.inf, np.ones(self.catalogue.size, dtype=bool)
        few = FEW
        while True:
            # A score that is reached by a design of an earlier solve alone must not exclude that design.
            is_found = best is not None and best.scores[index] / scale >= score - SPARED * self.gap * abs(score)
            spared = SPARED * self.gap * abs(score) * (1 if is_found else -1)
            limit = score + spared if score > -math.inf else 0.0
            threshold = -TOLERANCE if score > -math.inf else -math.inf
            target = numerator - limit * denominator
            found, is_tight = self._bounds.bounds(index, target, rows, left, threshold, few)
            if not (found >= threshold).any() or found.max() == -math.inf:
                break
            mask = np.zeros(self.catalogue.size, dtype=bool)
            # Those whose bounds earlier calls do not affect: the answer must not depend on them.
            mask[np.argsort(-np.where(is_tight, found, -np.inf), kind="stable")[:few]] = True
            mask &= (found >= threshold) & (found > -math.inf)
            reached = score * scale if is_quotient and score > -math.inf else 0.0
            solver = HighsSolver(self.catalogue.select(mask), self.gap, self.build)
            try:
                solution = solver.maximize(index, floors, deadline, reached)
            except (TimeoutError, KeyboardInterrupt):
                self.is_interrupted |= solver.is_interrupted
                if best is None:
                    raise
                return self._cut(best, index, bound, limit + max(float(found.max()), 0.0))
            self.is_interrupted |= solver.is_interrupted
            left &= ~mask
            few = min(2 * few, MANY)
            if solution is None:
                continue
            bound = max(bound, solution.bound)
            if best is None or solution.scores[index] > best.scores[index]:
                best = solution
            score = max(score, solution.scores[index] / scale)
            if solution.is_cut:
                return self._cut(best, index, bound, limit + max(float(found.max()), 0.0))
        if best is None:
            return self.maximize(index, floors, deadline) if start else None
        return replace(best, bound=max(bound, best.scores[index], limit * scale), is_cut=False)

    def _floor(self, index: int, floor: float) -> Array:
        """Return the row that a score is at least its floor, lowered as by ``HighsSolver``."""
        objective = self.catalogue.objectives[index]
        least = lowered(floor, objective.scale) / objective.scale
        row = self._bounds.form(objective.numerator).copy()
        if objective.denominator is None:
            row[-1] -= least
        else:
            row -= least * self._bounds.form(objective.denominator)
        return row

    def _cut(self, best: Solution, index: int, bound: float, limit: float) -> Solution:
        """Return a solution of a search that ended early; its denominators are at least 1."""
        scale = self.catalogue.objectives[index].scale
        return replace(best, bound=max(bound, best.scores[index], limit * scale), is_cut=True)
