"""The state of a search: evaluation in batches, what was found so far, and when to stop."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.engines.archive import Archive
from sunfront.engines.context import Context
from sunfront.engines.processes import Workers
from sunfront.engines.search.convergence import STALL_TOLERANCE, HypervolumeTracker
from sunfront.engines.search.evaluation import Evaluator, canonical
from sunfront.engines.search.unit_cube import UnitCube
from sunfront.engines.settings import SearchSettings
from sunfront.problem.answer import Answer, Status
from sunfront.problem.findings import Convergence
from sunfront.problem.infeasibility import nearest_design
from sunfront.problem.problem import Problem

#: Note of a search or sweep that found no design because of its objectives.
NEVER_FINITE = "an objective is infinite or not a number in every design that meets the constraints"


def broken_notes(count: int, first: str) -> tuple[str, ...]:
    """Say that designs are left out in which a quantity is not a number."""
    return (f"{first}; {count:,} such designs are left out",) if count else ()


@dataclass(frozen=True)
class Evaluations:
    """Evaluated designs.

    Attributes:
        points: The designs in the unit cube, array (designs, variables).
        scores: Array (designs, objectives).
        violations: Violation of each constraint in units of its scale, array (designs, constraints).
        feasible: Which designs meet every constraint up to rounding, array (designs,).
    """

    points: Array
    scores: Array
    violations: Array
    feasible: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.feasible)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Evaluations:
        """Return the designs that a checkpoint entry holds, written with ``vars``."""
        return cls(**{f.name: arrays[f.name] for f in fields(cls)})

    def select(self, index: NDArray[np.intp]) -> Evaluations:
        """Return the designs of an index, in its order."""
        return Evaluations(*(getattr(self, f.name)[index] for f in fields(Evaluations)))

    def merge(self, other: Evaluations) -> Evaluations:
        """Return these designs followed by the other ones."""
        pairs = [(getattr(self, f.name), getattr(other, f.name)) for f in fields(Evaluations)]
        return Evaluations(*map(np.concatenate, pairs))

    @property
    def total_violation(self) -> Array:
        """The sum of the violations, 0 for a feasible design; array (designs,)."""
        # A design whose objective is not finite meets the constraints perhaps, but is worse than any other.
        is_lost = ~np.isfinite(self.scores).all(axis=1)
        total: Array = np.where(self.feasible, 0.0, np.maximum(self.violations, 0.0).sum(axis=1))
        return np.where(is_lost & ~self.feasible, np.inf, total)


class Search:
    """The part of a search's state that does not depend on how designs are proposed.

    Args:
        workers: Evaluate parts of a batch side by side; None if this process evaluates them.

    Attributes:
        budget: Number of designs that the search may evaluate; 1 for a problem without variables.
        evaluated: Designs evaluated so far.
        free: Number of these that come from a warm start or another process and do not count against the budget.
        allowed: Number of these up to which the search may go now; None where the budget alone limits it.
        elsewhere: Evaluations that other processes took from the budget.
        local: Number of these that local steps took.
        feasible: Number of these that are feasible.
        nearest: While none is feasible, the total violation of the nearest design, then its point; (1 + variables,).
        broken: Number of these in which a criterion is NaN or infinite where it may not be; they are left out.
        first_broken: Names the first of them.
    """

    def __init__(
        self,
        problem: Problem,
        settings: SearchSettings,
        budget: int,
        context: Context,
        workers: Workers | None = None,
    ) -> None:
        self.problem, self.settings, self.context = problem, settings, context
        self.cube = UnitCube(problem.variables)
        self.evaluator = Evaluator(problem, workers)
        self.convergence = HypervolumeTracker(problem)
        self._pieces = [Archive.empty(len(problem.variables), len(problem.objectives))]
        self._archived = 0
        self.budget = budget if problem.variables else 1
        self.evaluated = self.free = self.local = self.feasible = 0
        self.allowed: int | None = None
        self.elsewhere = 0
        self.nearest = np.array([np.inf, *np.zeros(len(problem.variables))])
        self.broken, self.first_broken = 0, ""
        self._earlier_seconds = 0.0
        self._started = time.monotonic()

    @property
    def spent(self) -> int:
        """Evaluations that count against the budget."""
        return self.evaluated - self.free

    @property
    def remaining(self) -> int:
        """Evaluations left in the budget."""
        return self.budget - self.spent if self.allowed is None else self.allowed - self.evaluated

    def evaluate(self, points: Array) -> Evaluations:
        """Evaluate points (designs, variables) at once, and archive the feasible designs."""
        points = self.canonical(points)
        values = self.evaluator.evaluate(points)
        found = Evaluations(points, values.scores, values.violations, values.feasible)
        self.broken += values.broken
        self.first_broken = self.first_broken or values.first_broken
        designs = self.cube.designs(points)
        rows = np.stack(list(designs.values()), axis=1) if designs else np.empty((len(found), 0))
        number = np.arange(self.evaluated, self.evaluated + len(found))
        draw = np.random.default_rng([self.context.seed, self.evaluated]).random(len(found))
        self._add(Archive(rows, found.scores, draw, number).select(found.feasible))
        self.evaluated += len(found)
        self.feasible += int(found.feasible.sum())
        if not self.feasible and found.total_violation.min() < self.nearest[0]:
            least = int(found.total_violation.argmin())
            self.nearest = np.array([found.total_violation[least], *points[least]])
        return found

    @property
    def archive(self) -> Archive:
        """The feasible designs that are kept."""
        if len(self._pieces) > 1:  # merged when they are asked for: a merge for each batch copies them all
            self._pieces = [Archive.merged(self._pieces)]
        return self._pieces[0]

    def _add(self, found: Archive) -> None:
        self._pieces.append(found)
        self._archived += len(found)
        if self._archived > 4 * self.settings.keep + 10_000:
            self._pieces = [self.archive.thin(self.settings.keep)]
            self._archived = len(self.archive)

    def canonical(self, points: Array) -> Array:
        """Return the points (designs, variables) with each variable that means nothing in a design at one value."""
        return canonical(self.problem, self.cube, points)

    def finish_batch(self, found: Evaluations) -> None:
        """Add the designs of a batch to the hypervolume, and report progress."""
        self.convergence.add(found.scores[found.feasible], self.evaluated)
        self.context.progress(
            self.spent + self.elsewhere,
            self.budget,
            f"{self.feasible:,} feasible, {self.convergence.front_size} on the front, "
            f"hypervolume {self.convergence.hypervolume:.5g}",
        )

    @property
    def elapsed(self) -> float:
        """Seconds of this run and of the interrupted runs that it continues."""
        return self._earlier_seconds + time.monotonic() - self._started

    def stop_reason(self) -> str:
        """Return why the search must stop before its budget is spent, or an empty text."""
        settings = self.settings
        if settings.time_limit is not None and self.elapsed >= settings.time_limit:
            return f"stopped at the time limit after {self.spent:,} designs"
        if settings.stall is not None and self.convergence.has_stalled(settings.stall):
            return (
                f"stopped after {self.spent:,} designs: "
                f"the last {settings.stall:,} raised the hypervolume by less than {100 * STALL_TOLERANCE:g} %"
            )
        return ""

    def state(self, since: int) -> dict[str, object]:
        """Return arrays for a checkpoint entry: the counters, and what was archived from design ``since`` on."""
        return {
            "counters": [self.evaluated, self.free, self.local, self.feasible],
            "seconds": self.elapsed,
            "nearest": self.nearest,
            "broken": self.broken,
            "first_broken": self.first_broken,
            "since": since,
            "history": self.convergence.since(since),
            **self.archive.to_arrays(since),
        }

    def restore(self, entry: Mapping[str, NDArray[np.float64]]) -> None:
        """Set the state to that of a checkpoint entry; earlier entries must have been restored before."""
        self.evaluated, self.free, self.local, self.feasible = map(int, entry["counters"])
        self._earlier_seconds = float(entry["seconds"])
        self.nearest = entry["nearest"]
        self.broken, self.first_broken = int(entry["broken"]), str(entry["first_broken"])
        self._add(Archive.from_arrays(entry))
        self.convergence.restore(entry["history"], int(entry["since"]), lambda: self.archive.front().scores)

    def answer(self, status: Status, notes: tuple[str, ...] = ()) -> Answer:
        """Return the archived designs as an answer; without any, the nearest design and what it violates."""
        archive = self.archive.thin(self.settings.keep)
        infeasibility = None
        notes = (*notes, *broken_notes(self.broken, self.first_broken))
        if not len(archive) and status == "best found":
            status = "none found"
        if status == "none found" and not np.isfinite(self.nearest[0]):
            notes = (*notes, NEVER_FINITE)
        elif status == "none found":
            nearest = self.cube.designs(self.nearest[None, 1:])
            infeasibility = nearest_design(self.problem, {name: float(column[0]) for name, column in nearest.items()})
            notes = (*notes, *infeasibility.notes)
        return Answer(
            status=status,
            designs={v.name: archive.rows[:, i] for i, v in enumerate(self.problem.variables)},
            evaluated=self.evaluated,
            feasible=self.feasible,
            notes=notes,
            infeasibility=infeasibility,
            convergence=Convergence(
                evaluations=tuple(evaluations for evaluations, _ in self.convergence.history),
                hypervolume=tuple(volume for _, volume in self.convergence.history),
                reference=tuple(self.convergence.reference.tolist()),
            ),
        )
