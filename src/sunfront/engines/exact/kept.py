"""What the solves of a run have proved, kept in a file, so that a run that is interrupted need not prove it again.

Each line of the file is one solve: what was maximized over which floors, the best design, and the bound.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, replace

from sunfront.engines.checkpoint import KeptFile, reading
from sunfront.engines.exact.solver_protocol import ExactSolver, Solution
from sunfront.engines.kept_lines import KeptLines
from sunfront.library.bound import Trial
from sunfront.problem.problem import Problem

#: What tells a solve from another; JSON.
Key = str


class KeptSolves:
    """The solves in a file; without one nothing is kept."""

    def __init__(self, file: KeptFile | None = None) -> None:
        self.file = file
        self._lines = KeptLines(file)

    def __len__(self) -> int:
        return len(self._lines)

    def __contains__(self, key: Key) -> bool:
        return key in self._lines

    def get(self, key: Key) -> Solution | None:
        """The best design of a solve with its bound; None if there is no design or no solve."""
        found = self._lines.get(key)
        with reading(None if self.file is None else self.file.path):
            return None if found is None else Solution(**{**found, "scores": tuple(found["scores"])})

    def is_final(self, key: Key) -> bool:
        """Whether a solve is kept that was not cut: it need not be solved again."""
        return key in self and ((before := self.get(key)) is None or not before.is_cut)

    def add(self, key: Key, found: Solution | None) -> None:
        """Keep a solve; the file is written at once.

        Raises:
            RunError: It cannot be written.
        """
        self._lines.add(key, None if found is None else asdict(found))


class KeptSolver:
    """A solver whose solves are kept; those in the file are not solved again.

    A solve that was cut is solved from its start again, so that a run that is interrupted ends as if it had not been.
    If it is cut again, the better design and the smaller bound count.

    Args:
        solver: Solves what the file does not have.
        kept: The file.
        name: What tells the solver's problem from others of the run.
    """

    def __init__(self, solver: ExactSolver, kept: KeptSolves, name: str) -> None:
        self.solver, self.kept, self.name = solver, kept, name

    @property
    def objectives(self) -> int:
        """Number of objectives."""
        return self.solver.objectives

    def maximize(self, index: int, floors: Mapping[int, float], deadline: float, start: float = 0.0) -> Solution | None:
        """Maximize as ``ExactSolver.maximize``."""
        key = json.dumps([self.name, index, sorted(floors.items()), start])
        before = self.kept.get(key)
        if self.kept.is_final(key):
            return before
        try:
            found = self.solver.maximize(index, floors, deadline, start)
        except (TimeoutError, KeyboardInterrupt):
            if before is None:
                raise
            return before
        if found is not None and found.is_cut and before is not None:
            best = max(before, found, key=lambda solution: solution.scores[index])
            found = replace(best, bound=max(min(before.bound, found.bound), best.scores[index]))
        self.kept.add(key, found)
        return found


def name_of(problem: Problem) -> str:
    """Name a problem among those that one run solves: parts of it, or with trials of a root."""
    trials = [(eq.of, eq.over, eq.at, eq.added) for eq in problem.model if isinstance(eq, Trial)]
    limits = [(c.name, c.sense, c.limit) for c in problem.constraints]
    ranges = [(v.name, v.low, v.high, v.step, v.choices) for v in problem.variables]
    values = sorted((name, repr(value)) for name, value in problem.values.items())
    text = repr([[str(o) for o in problem.objectives], limits, ranges, trials, values])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def keeping(solver: ExactSolver, kept: KeptFile | None, name: str) -> ExactSolver:
    """Return a solver whose solves are kept in a file, if there is one; several solvers may share it."""
    return solver if kept is None else KeptSolver(solver, KeptSolves(kept), name)
