"""A catalogue of more options than are read at once: in blocks, each of which must beat the best design before it.

Memory does not grow with the number of options, since nothing of a block is kept but its best design and its bound.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.engines.exact.catalogue import amount_names, build_catalogue
from sunfront.engines.exact.mip import BuildMip
from sunfront.engines.exact.option_trees import limit_beyond
from sunfront.engines.exact.options import MAX_IN_BLOCKS, MAX_OPTIONS, axes_of
from sunfront.engines.exact.roots import has_root_objective
from sunfront.engines.exact.sifting import SiftingSolver
from sunfront.engines.exact.solver_protocol import Solution
from sunfront.problem.problem import Problem

#: Options that are read at once: 0.3 GB with each side of the broken lines of a fleet. Larger blocks are no faster.
BLOCK = 4096


@dataclass(frozen=True)
class OptionBlocks:
    """The options of a large catalogue.

    Attributes:
        axes: Values of the variables that are no amounts.
        notes: How continuous variables were split.
    """

    axes: Mapping[str, Array]
    notes: tuple[str, ...]

    @property
    def size(self) -> int:
        """Number of options."""
        return math.prod(map(len, self.axes.values()))

    @property
    def count(self) -> int:
        """Number of blocks."""
        return -(-self.size // BLOCK)

    @property
    def scope(self) -> str:
        """What the catalogue covers, for people."""
        varied = [name for name, values in self.axes.items() if len(values) > 1]
        return f"a catalogue of {self.size:,} combinations of {' and '.join(varied)}"

    def whole(self) -> dict[str, Array]:
        """Return all options as one block."""
        return self._at(np.arange(self.size))

    def __iter__(self) -> Iterator[dict[str, Array]]:
        """Yield each block, evenly spread over all options: the first one has a design that is nearly the best."""
        for first in range(self.count):
            yield self._at(np.arange(first, self.size, self.count))

    def _at(self, numbers: NDArray[np.intp]) -> dict[str, Array]:
        places = np.unravel_index(numbers, [len(values) for values in self.axes.values()])
        return {name: values[at] for (name, values), at in zip(self.axes.items(), places, strict=True)}


def option_blocks(problem: Problem, shells: int) -> OptionBlocks | None:
    """Return the options of a problem in blocks; None if its catalogue is read at once.

    Only one objective is maximized over blocks: the solves of a front would read each block again.

    Raises:
        NonlinearEquation: There are too many.
    """
    if len(problem.objectives) > 1 or problem.conditions or has_root_objective(problem):
        return None
    sizing = amount_names(problem)
    axes, notes = axes_of([v for v in problem.variables if v.name not in sizing], shells, MAX_IN_BLOCKS)
    found = OptionBlocks(axes, notes)
    return found if found.size > MAX_OPTIONS else None


class BlockedSolver:
    """A solver of one objective for options in blocks.

    Args:
        gap, build: As of ``SiftingSolver``.
        report: Called with the number of blocks done, and of all.
    """

    objectives = 1

    def __init__(
        self,
        problem: Problem,
        shells: int,
        blocks: OptionBlocks,
        gap: float,
        build: BuildMip | None,
        report: Callable[[int, int], None],
    ) -> None:
        self.problem, self.shells, self.blocks = problem, shells, blocks
        self.gap, self.build, self.report = gap, build, report

    def maximize(self, index: int, floors: Mapping[int, float], deadline: float, start: float = 0.0) -> Solution | None:
        """Maximize as ``ExactSolver.maximize``; the bound is infinite if not every block was read."""
        best: Solution | None = None
        bound = -math.inf
        try:
            for done, options in enumerate(self.blocks):
                if time.monotonic() > deadline:
                    raise TimeoutError
                self.report(done, self.blocks.count)
                catalogue = build_catalogue(self.problem, self.shells, given=options)
                if not catalogue.size:
                    continue
                solver = SiftingSolver(catalogue, self.gap, self.build, spared=1.0)
                reached = start if best is None else best.scores[index]
                found = solver.maximize(index, floors, deadline, reached, best is not None)
                if found is None:
                    if best is not None:  # no design of the block is better by more than what is spared
                        objective = catalogue.objectives[index]
                        spared = objective.scale * limit_beyond(reached / objective.scale, True, solver.share)
                        bound = max(bound, spared)
                    continue
                bound = max(bound, found.bound)
                if best is None or found.scores[index] > best.scores[index]:
                    best = found
                if found.is_cut:
                    raise KeyboardInterrupt if solver.is_interrupted else TimeoutError
        except (TimeoutError, KeyboardInterrupt):
            if best is None:
                raise
            return replace(best, bound=math.inf, is_cut=True)
        return best and replace(best, bound=max(bound, best.scores[index]))
