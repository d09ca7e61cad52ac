"""HiGHS on a large catalogue: the most promising options first, until no other option can do better.

A program with every option is solved slowly, mostly because it is large, while nearly all options are worse than the
best one even if their numbers need not be whole. So linear programs bound each option, the few that promise most are
solved, and options whose bound is below their best score never are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.engines.exact.catalogue import Catalogue
from sunfront.engines.exact.highs import HighsSolver
from sunfront.engines.exact.mip import BuildMip, HighsMip
from sunfront.engines.exact.option_bounds import TOLERANCE, OptionBounds, floor_row, form_array
from sunfront.engines.exact.option_trees import TreeSolver, limit_beyond
from sunfront.engines.exact.solver_protocol import ExactSolver, Solution

#: Options that are solved first.
FEW = 3

#: Most options that are solved next: in one mixed-integer program, where each further time there are twice as many; and
#: by trees, which most of them share.
MANY, MOST = 24, 4096

#: Most options of a catalogue whose program is solved as a whole.
WHOLE = 8

#: Part of the gap by which an option must promise more than the best score so as to be solved. The frontier's steps may
#: be small beside a score, so that little of the gap may be left here.
SPARED = 0.002


class SiftingSolver:
    """A solver for a catalogue of any size.

    Args:
        catalogue: With at least one option.
        gap: As of ``HighsSolver``.
        build: Gives a program of a few options to a solver; None to solve them by trees.
        spared: Part of the gap by which an option must promise more than the best score so as to be solved.
    """

    def __init__(self, catalogue: Catalogue, gap: float, build: BuildMip | None = None, spared: float = SPARED) -> None:
        self.catalogue = catalogue
        self.gap = gap
        self.build = build
        self.share = spared * gap
        self.is_interrupted = False

    @property
    def objectives(self) -> int:
        """Number of objectives."""
        return len(self.catalogue.objectives)

    @cached_property
    def _whole(self) -> ExactSolver:
        return HighsSolver(self.catalogue, self.gap, self.build or HighsMip)

    @cached_property
    def _bounds(self) -> OptionBounds:
        return OptionBounds(self.catalogue)

    def maximize(
        self,
        index: int,
        floors: Mapping[int, float],
        deadline: float,
        start: float = 0.0,
        is_found: bool = False,
    ) -> Solution | None:
        """Maximize as ``ExactSolver.maximize``.

        Args:
            is_found: Whether a design with the score ``start`` is at hand: None is returned if no other one is better.
        """
        if (self.build and self.catalogue.size <= WHOLE) or not self.catalogue.columns:
            return self._whole.maximize(index, floors, deadline, start)
        if self.is_interrupted:
            raise KeyboardInterrupt
        objective = self.catalogue.objectives[index]
        scale = objective.scale
        numerator = form_array(objective.numerator, self._bounds.scales)
        denominator = np.zeros_like(numerator)
        denominator[-1] = 1.0
        if objective.denominator is not None:
            denominator = form_array(objective.denominator, self._bounds.scales)
        rows = {i: floor_row(self.catalogue.objectives[i], floor, self._bounds.scales) for i, floor in floors.items()}
        score = start / scale if start else -math.inf  # that is reached, in units of the scale
        best: Solution | None = None
        bound, left = -math.inf, np.ones(self.catalogue.size, dtype=bool)
        few = FEW
        self._bounds.forget()  # the answer must not depend on earlier calls
        while True:
            reached = -math.inf if best is None else best.scores[index] / scale
            has_best = is_found or (reached > -math.inf and reached >= limit_beyond(score, False, self.share))
            limit = limit_beyond(score, has_best, self.share) if score > -math.inf else 0.0
            threshold = -TOLERANCE if score > -math.inf else -math.inf
            target = numerator - limit * denominator
            is_shared = has_best and self.build is None
            found, is_tight = self._bounds.bounds(target, rows, left, threshold, 0 if is_shared else few)
            if not (found >= threshold).any() or found.max() == -math.inf:
                break
            mask = np.zeros(self.catalogue.size, dtype=bool)
            ranked = found if is_shared else np.where(is_tight, found, -np.inf)
            mask[np.argsort(-ranked, kind="stable")[: MOST if is_shared else few]] = True
            mask &= (found >= threshold) & (found > -math.inf)
            promised = limit + np.where(found >= 0, found, found / objective.largest_denominator)[mask]
            try:
                solution = self._solve(mask, index, floors, deadline, score * scale, has_best, promised)
            except (TimeoutError, KeyboardInterrupt):
                if best is None:
                    raise
                return self._cut(best, index, bound, limit + max(float(found.max()), 0.0))
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
            return self.maximize(index, floors, deadline) if start and not is_found else None
        return replace(best, bound=max(bound, limit * scale, best.scores[index]), is_cut=False)

    def _solve(
        self,
        mask: NDArray[np.bool_],
        index: int,
        floors: Mapping[int, float],
        deadline: float,
        score: float,
        is_found: bool,
        promised: Array,
    ) -> Solution | None:
        """Maximize over some of the options.

        Args:
            score: That is reached; minus infinity if none is known.
            is_found: Whether a design with it is at hand.
            promised: Bounds on the scores of these options, in units of the score's size.
        """
        few, start = self.catalogue.select(mask), score if score > -math.inf else 0.0
        solver: TreeSolver | HighsSolver
        if self.build is None:
            solver = TreeSolver(few, self.share)
            solve = partial(solver.maximize, index, floors, deadline, start, is_found, promised)
        else:
            solver = HighsSolver(few, self.gap, self.build)
            is_quotient = self.catalogue.objectives[index].denominator is not None
            solve = partial(solver.maximize, index, floors, deadline, start if is_quotient else 0.0)
        try:
            return solve()
        finally:
            self.is_interrupted |= solver.is_interrupted

    def _cut(self, best: Solution, index: int, bound: float, limit: float) -> Solution:
        """Return a solution of a search that ended early; its denominators are at least 1."""
        scale = self.catalogue.objectives[index].scale
        return replace(best, bound=max(bound, best.scores[index], limit * scale), is_cut=True)
