"""What the searching engines share: evaluation in batches, what was found so far, and when to stop."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.engines.archive import Kept
from sunfront.engines.context import Context
from sunfront.engines.search.convergence import STILL, HypervolumeTracker
from sunfront.engines.search.unit_cube import Genome
from sunfront.engines.settings import SearchSettings
from sunfront.problem.answer import Answer, Status
from sunfront.problem.findings import Convergence
from sunfront.problem.infeasibility import nearest_design
from sunfront.problem.problem import Problem


@dataclass(frozen=True)
class Batch:
    """Evaluated designs.

    Attributes:
        genes: Array (designs, variables).
        scores: Array (designs, objectives).
        violations: By how much constraints are missed, in units of their scales; (designs, constraints).
        met: Which designs meet every constraint, as everywhere: rounding apart; (designs,).
    """

    genes: Array
    scores: Array
    violations: Array
    met: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.met)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Batch:
        """What ``vars`` of a batch holds, from a log."""
        return cls(**{f.name: arrays[f.name] for f in fields(cls)})

    def at(self, index: NDArray[np.intp]) -> Batch:
        """The designs of an index."""
        return Batch(*(getattr(self, f.name)[index] for f in fields(Batch)))

    def joined(self, other: Batch) -> Batch:
        """These designs and the others."""
        return Batch(*(np.concatenate([getattr(self, f.name), getattr(other, f.name)]) for f in fields(Batch)))

    @property
    def missed(self) -> Array:
        """The sum of violations, 0 for a design that meets every constraint; (designs,)."""
        total: Array = np.where(self.met, 0.0, np.maximum(self.violations, 0.0).sum(axis=1))
        return total


class Search:
    """The state of a search that does not depend on who proposes the designs.

    Attributes:
        wanted: Designs that the search may evaluate; one if there is nothing to decide.
        evaluated: Designs that it has evaluated.
        free: Of these, the designs of a warm start, which cost nothing of the budget.
        refining: Of these, those that local steps took.
        nearest: While none is feasible, the sum of misses and the genes of the nearest design; (1 + variables,).
    """

    def __init__(self, problem: Problem, settings: SearchSettings, wanted: int, context: Context) -> None:
        self.problem, self.settings, self.context = problem, settings, context
        self.genome = Genome(problem.variables)
        self.convergence = HypervolumeTracker(problem)
        self.kept = Kept.nothing(len(problem.variables), len(problem.objectives))
        self.wanted = wanted if problem.variables else 1
        self.evaluated = self.free = self.refining = self.feasible = 0
        self.nearest = np.array([np.inf, *np.zeros(len(problem.variables))])
        self.seconds = 0.0
        self._started = time.monotonic()

    @property
    def spent(self) -> int:
        """Designs evaluated at the cost of the budget."""
        return self.evaluated - self.free

    @property
    def left(self) -> int:
        """Designs that may still be evaluated."""
        return self.wanted - self.spent

    def evaluate(self, genes: Array) -> Batch:
        """Evaluate designs at once, and keep those that meet every constraint."""
        designs = self.genome.designs(genes)
        quantities = self.problem.evaluate(designs)
        batch = Batch(
            genes,
            self.problem.scores(quantities),
            self.problem.violations(quantities),
            self.problem.feasible(quantities),
        )
        rows = np.stack(list(designs.values()), axis=1) if designs else np.empty((len(batch), 0))
        born = np.arange(self.evaluated, self.evaluated + len(batch))
        key = np.random.default_rng([self.context.seed, self.evaluated]).random(len(batch))
        self.kept = self.kept.joined(Kept(rows, batch.scores, key, born).where(batch.met))
        if len(self.kept) > 4 * self.settings.keep + 10_000:
            self.kept = self.kept.thinned(self.settings.keep)
        self.evaluated += len(batch)
        self.feasible += int(batch.met.sum())
        if not self.feasible and batch.missed.min() < self.nearest[0]:
            least = int(batch.missed.argmin())
            self.nearest = np.array([batch.missed[least], *genes[least]])
        return batch

    def told(self, scores: Array) -> None:
        """End a batch: measure the front with the scores of its feasible designs, and say how far the search is."""
        self.convergence.add(scores, self.evaluated)
        self.context.progress(
            self.spent,
            self.wanted,
            f"{self.feasible:,} feasible, {self.convergence.size} on the front, "
            f"hypervolume {self.convergence.hypervolume:.5g}",
        )

    @property
    def elapsed(self) -> float:
        """Seconds of this run and of the interrupted ones that it continues."""
        return self.seconds + time.monotonic() - self._started

    def stopped(self) -> str:
        """Why the search is to stop before its budget is spent; empty if it is not."""
        settings = self.settings
        if settings.time_limit is not None and self.elapsed >= settings.time_limit:
            return f"stopped at the time limit after {self.spent:,} designs"
        if settings.stall is not None and self.convergence.still(settings.stall):
            return (
                f"stopped after {self.spent:,} designs: "
                f"the last {settings.stall:,} raised the hypervolume by less than {STILL:.2%}"
            )
        return ""

    def state(self, since: int) -> dict[str, object]:
        """For a log: the counters, and what was kept of the designs born at ``since`` or later."""
        return {
            "counters": [self.evaluated, self.free, self.refining, self.feasible],
            "seconds": self.elapsed,
            "nearest": self.nearest,
            "history": np.array(self.convergence.history).reshape(-1, 2),
            **self.kept.arrays(since),
        }

    def restore(self, record: Mapping[str, NDArray[np.float64]]) -> None:
        """Take up the state that a record of a log describes, after those of the records before it."""
        self.evaluated, self.free, self.refining, self.feasible = map(int, record["counters"])
        self.seconds = float(record["seconds"])
        self.nearest = record["nearest"]
        self.kept = self.kept.joined(Kept.from_arrays(record))
        self.convergence.restore(record["history"], self.kept.front().scores)

    def answer(self, status: Status, notes: tuple[str, ...] = ()) -> Answer:
        """What was found."""
        kept = self.kept.thinned(self.settings.keep)
        infeasibility = None
        if not len(kept) and status == "best found":
            status = "none found"
            row = self.genome.designs(self.nearest[None, 1:])
            infeasibility = nearest_design(self.problem, {name: float(column[0]) for name, column in row.items()})
            notes = (*notes, *infeasibility.notes)
        return Answer(
            status=status,
            designs={v.name: kept.rows[:, i] for i, v in enumerate(self.problem.variables)},
            evaluated=self.evaluated,
            feasible=self.feasible,
            notes=notes,
            infeasibility=infeasibility,
            convergence=Convergence(
                evaluations=tuple(at for at, _ in self.convergence.history),
                hypervolume=tuple(volume for _, volume in self.convergence.history),
                reference=tuple(self.convergence.reference.tolist()),
            ),
        )
