"""Evaluate many designs spread over the ranges, in blocks; keep the front, a random sample, and a summary of all."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.engines.archive import Archive
from sunfront.engines.checkpoint import reading
from sunfront.engines.context import Context
from sunfront.engines.processes import worker_pool
from sunfront.engines.search.state import NEVER_FINITE, broken_notes
from sunfront.engines.settings import SweepSettings
from sunfront.engines.sweep.grid import Grid
from sunfront.engines.sweep.sampling import LatinHypercube, PointSequence, Sobol
from sunfront.errors import NotFinite, UserError
from sunfront.problem.answer import Answer, Status
from sunfront.problem.findings import Summary
from sunfront.problem.front import non_dominated
from sunfront.problem.infeasibility import Infeasibility, nearest_design
from sunfront.problem.problem import Broken, Problem

#: Numbers (start, stop) of designs that are evaluated together.
Block = tuple[int, int]

#: Designs in a block; a power of two, which Sobol points require.
BLOCK_SIZE = 1 << 16

#: By how much the blocks are smaller where each design has samples; a power of two.
SAMPLED = 16

#: Blocks are merged in groups of at most LONGEST_GROUP where that leaves LEAST_GROUPS of them.
LEAST_GROUPS, LONGEST_GROUP = 512, 64

#: Seconds that a task of a worker should take: long against the overhead of a task, short against a wait for the last.
TASK = 1.0

#: Least seconds between entries of the checkpoint.
CHECKPOINT_INTERVAL = 1.0

#: Designs among which the nearest is searched if none is feasible.
NEAREST_AMONG = 1 << 14


@dataclass(frozen=True)
class Totals:
    """Statistics of all feasible designs, archived or not; arrays (quantities,).

    Attributes:
        count: Number of designs.
        low, high, total: Minimum, maximum and sum of each quantity.
    """

    count: int
    low: Array
    high: Array
    total: Array

    @classmethod
    def from_values(cls, values: Array) -> Totals:
        """Return the statistics of values (designs, quantities)."""
        columns = values.shape[1]
        return cls(
            len(values),
            values.min(axis=0, initial=np.inf) if len(values) else np.full(columns, np.inf),
            values.max(axis=0, initial=-np.inf) if len(values) else np.full(columns, -np.inf),
            values.sum(axis=0),
        )

    def merge(self, other: Totals) -> Totals:
        """Return the statistics of both sets of designs."""
        return Totals(
            self.count + other.count,
            np.minimum(self.low, other.low),
            np.maximum(self.high, other.high),
            self.total + other.total,
        )


@dataclass(frozen=True)
class BlockResult:
    """The feasible designs of one or more blocks.

    Attributes:
        totals: Of each group of blocks in turn. They are summed up in this order whatever tasks the groups were in,
            because sums are rounded.
        broken: Number of designs in which a criterion is NaN or infinite where it may not be; they are left out.
        first_broken: Names the first of them.
    """

    archive: Archive
    totals: tuple[Totals, ...]
    broken: int = 0
    first_broken: str = ""

    def merge(self, other: BlockResult, keep: int) -> BlockResult:
        """Return the designs of both, thinned to the front and ``keep`` others."""
        return BlockResult(
            self.archive.merge(other.archive).thin(keep),
            self.totals + other.totals,
            self.broken + other.broken,
            self.first_broken or other.first_broken,
        )

    def summed(self) -> BlockResult:
        """Return the same with the totals of all groups together."""
        return replace(self, totals=(reduce(Totals.merge, self.totals),))


class Sweep:
    """The designs of a sweep, numbered from 0, and their evaluation in blocks.

    Attributes:
        unsampled: The problem with the constraints that need no samples of uncertain parameters.
        names: Quantities of the summary.
        total: Number of designs.
        blocks: All designs, in parts that are evaluated together.
        groups: The blocks, in parts whose results a worker merges before it sends them.
    """

    def __init__(self, problem: Problem, settings: SweepSettings, seed: int, size: int) -> None:
        self.problem, self.settings, self.seed = problem, settings, seed
        # These constraints are checked for every design; statistics are computed only for the designs that meet them.
        self.unsampled = replace(problem, constraints=tuple(c for c in problem.constraints if c.statistic is None))
        self.names = tuple(
            dict.fromkeys([*(v.name for v in problem.variables if not v.labels), *problem.criterion_names])
        )
        self.grid: Grid | None = None
        self.sequence: PointSequence | None = None
        total, dimensions = settings.evaluations, len(problem.variables)
        if not dimensions:
            total = 1
        elif settings.method == "grid":
            self.grid = Grid.from_problem(self.unsampled, settings.points)
            total = self.grid.total
            if total > 1 << 32:
                message = f"a grid of {total:.2g} designs is too large, at most 4e9 are allowed; lower engine.points"
                raise UserError(message, ("engine", "points"))
        elif settings.method == "lhs":
            self.sequence = LatinHypercube(dimensions, seed, total)
        else:
            self.sequence = Sobol(dimensions, seed, size, total)
        self.blocks: list[Block] = (
            self.grid.boxes(size)
            if self.grid is not None
            else [(start, min(start + size, total)) for start in range(0, total, size)]
        )
        self.total = total
        # The groups depend on the study alone, because sums are rounded in the order in which they are added up.
        length = max(min(len(self.blocks) // LEAST_GROUPS, LONGEST_GROUP), 1)
        self.groups = [self.blocks[i : i + length] for i in range(0, len(self.blocks), length)]

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"blocks": [], "groups": []}  # a worker gets those of a task with the task

    def empty_result(self) -> BlockResult:
        """Return the result of no designs."""
        archive = Archive.empty(len(self.problem.variables), len(self.problem.objectives))
        return BlockResult(archive, (Totals.from_values(np.empty((0, len(self.names)))),))

    def evaluate_groups(self, groups: Sequence[Sequence[Block]], bound: float = np.inf) -> BlockResult:
        """Evaluate groups of blocks, and keep what may be kept of all designs.

        Args:
            bound: Designs that are not on the front of these groups are left out if their draw is larger.
        """
        found = replace(self.empty_result(), totals=())
        for blocks in groups:
            group = self.empty_result()
            for block in blocks:
                group = group.merge(self.evaluate_block(block), self.settings.keep).summed()
            found = found.merge(group, self.settings.keep)
        archive = found.archive
        kept = (archive.draw <= bound) | non_dominated(archive.scores) if len(archive) else np.empty(0, bool)
        return replace(found, archive=archive.select(kept))

    def evaluate_block(self, block: Block) -> BlockResult:
        """Evaluate a block: constraints of all its designs, everything else of those that meet them."""
        problem = self.problem
        failed, first = 0, ""
        if self.grid is not None:
            numbers, designs = self._grid_designs(block)
        else:
            designs = self._designs(block)
            broken = Broken(block[1] - block[0])
            names = dict.fromkeys(c.name for c in self.unsampled.constraints)
            constrained = self.unsampled.evaluate(designs, names, broken)
            feasible = ~broken.mask & (self.unsampled.feasible(constrained) if constrained else True)
            failed, first = int(broken.mask.sum()), broken.first
            numbers = np.flatnonzero(feasible) + block[0]
            designs = {name: column[feasible] for name, column in designs.items()}
        if not len(numbers):
            return replace(self.empty_result(), broken=failed, first_broken=first)
        broken = Broken(len(numbers))
        quantities = problem.evaluate(designs, broken=broken)
        scores = problem.scores(quantities)
        feasible = problem.feasible(quantities) & ~broken.mask & problem.has_finite_scores(scores)
        rows = np.stack(list(designs.values()), axis=1)[feasible] if designs else np.empty((1, 0))[feasible]
        values = np.stack([(designs | quantities)[name] for name in self.names], axis=1)[feasible]
        draw = np.random.default_rng([self.seed, block[0]]).random(len(rows))
        archive = Archive(rows, scores[feasible], draw, numbers[feasible].astype(np.int64))
        failed += int(broken.mask.sum())
        totals = (Totals.from_values(values),)
        return BlockResult(archive.thin(self.settings.keep), totals, failed, first or broken.first)

    def infeasibility(self) -> Infeasibility | None:
        """Return the nearest of the first points, or of random designs of a grid, and what it violates.

        None if the objectives alone are at fault.
        """
        if self.grid is not None:
            numbers = np.random.default_rng(self.seed).integers(0, self.total, NEAREST_AMONG)
            designs = self.problem.canonical(self.grid.designs(numbers))
        else:
            designs = self._designs((0, min(self.total, NEAREST_AMONG)))
        broken = Broken(len(next(iter(designs.values()))) if designs else 1)
        quantities = self.problem.evaluate(designs, broken=broken)
        total = np.maximum(self.problem.violations(quantities), 0.0).sum(axis=1)
        is_lost = broken.mask | ~self.problem.has_finite_scores(self.problem.scores(quantities))
        total = np.where(is_lost, np.inf, total)
        least = int(total.argmin())
        if not np.isfinite(total[least]):
            return None
        return nearest_design(self.problem, {name: float(column[least]) for name, column in designs.items()})

    def _grid_designs(self, block: Block) -> tuple[NDArray[np.intp], dict[str, Array]]:
        """Return numbers and designs of a block of the grid, without those that miss a constraint for sure."""
        assert self.grid is not None
        if self.problem.conditions:
            return self._distinct_designs(np.arange(*block))
        try:
            numbers = self.grid.feasible_numbers(*block)
        except NotFinite:  # found again, design by design
            numbers = np.arange(*block)
        return numbers, self.grid.designs(numbers)

    def _distinct_designs(self, numbers: NDArray[np.intp]) -> tuple[NDArray[np.intp], dict[str, Array]]:
        """Return designs of the grid, of those that differ only in variables without a meaning the first."""
        assert self.grid is not None
        designs = self.grid.designs(numbers)
        settled, inactive = self.problem.settle(designs)
        first = np.ones(len(numbers), dtype=bool)
        for v, axis in zip(self.problem.variables, self.grid.axes, strict=True):
            if v.name in inactive:
                first &= ~inactive[v.name] | (designs[v.name] == axis[0])
        return numbers[first], {name: column[first] for name, column in settled.items()}

    def _designs(self, block: Block) -> dict[str, Array]:
        """Return the designs of a block of points, for every variable an array (designs,)."""
        if self.sequence is None:
            return {}
        shares = self.sequence.block(*block)
        return self.problem.canonical({v.name: v.values_at(shares[:, i]) for i, v in enumerate(self.problem.variables)})


def run(problem: Problem, settings: SweepSettings, context: Context) -> Answer:
    """Sweep the ranges. The answer depends neither on ``context.workers`` nor on interruptions."""
    if settings.method != "grid":  # which is computed along its axes
        problem = problem.for_many(settings.evaluations * problem.evaluations_per_design)
    sweep = Sweep(problem, settings, context.seed, BLOCK_SIZE // SAMPLED if problem.statistics else BLOCK_SIZE)
    found, done = sweep.empty_result(), 0
    with reading(context.checkpoint.path):
        for entry in context.checkpoint.entries():
            found, done = _restore(found, entry, settings.keep), int(entry["groups"])
    evaluated = [0, *(group[-1][1] for group in sweep.groups)]
    saved_count, saved_at = evaluated[done], time.monotonic()
    status: Status = "best found"

    def bound() -> float:
        """The draw that a design must not exceed to be among those kept at random."""
        draw, keep = found.archive.draw, settings.keep
        return float(np.partition(draw, keep - 1)[keep - 1]) if 0 < keep < len(draw) else np.inf if keep else -np.inf

    try:
        with _results(sweep, context, sweep.groups[done:], bound) as results:
            for result in results:
                # One statement: after an interruption between two, a group would be counted twice.
                found, done = found.merge(result, settings.keep).summed(), done + len(result.totals)
                if time.monotonic() - saved_at >= CHECKPOINT_INTERVAL:
                    write = context.checkpoint.append
                    if context.checkpoint.is_long:
                        write, saved_count = context.checkpoint.rewrite, 0
                    write(
                        groups=done,
                        evaluated=evaluated[done],
                        broken=found.broken,
                        first_broken=found.first_broken,
                        **{f"totals_{name}": value for name, value in vars(found.totals[0]).items()},
                        **found.archive.to_arrays(saved_count),
                    )
                    saved_count, saved_at = evaluated[done], time.monotonic()
                context.progress(evaluated[done], sweep.total, f"{found.totals[0].count:,} feasible")
    except KeyboardInterrupt:
        status = "stopped"
    archive, (totals,) = found.archive, found.totals
    infeasibility, notes = None, broken_notes(found.broken, found.first_broken)
    if not len(archive) and status == "best found":
        status, infeasibility = "none found", sweep.infeasibility()
        notes = (*notes, *(infeasibility.notes if infeasibility else (NEVER_FINITE,)))
    return Answer(
        status=status,
        designs={v.name: archive.rows[:, i] for i, v in enumerate(problem.variables)},
        evaluated=evaluated[done],
        feasible=totals.count,
        notes=notes,
        infeasibility=infeasibility,
        summary=_summaries(sweep.names, totals),
    )


def _restore(found: BlockResult, entry: Mapping[str, NDArray[Any]], keep: int) -> BlockResult:
    """Return the result after a checkpoint entry, given that of the entries before it."""
    count, low, high, total = (entry[f"totals_{name}"] for name in ("count", "low", "high", "total"))
    archive = found.archive.merge(Archive.from_arrays(entry)).thin(keep)
    broken, first = int(entry["broken"]), str(entry["first_broken"])
    return BlockResult(archive, (Totals(int(count), low, high, total),), broken, first)


def _summaries(names: tuple[str, ...], totals: Totals) -> dict[str, Summary]:
    """Return the summary of each quantity over all feasible designs."""
    if not totals.count:
        return {}

    def finite(value: float) -> float | None:
        return float(value) if np.isfinite(value) else None

    mean = totals.total / totals.count
    return {
        name: Summary(totals.count, finite(totals.low[i]), finite(totals.high[i]), finite(mean[i]))
        for i, name in enumerate(names)
    }


@contextmanager
def _results(
    sweep: Sweep, context: Context, groups: Sequence[Sequence[Block]], bound: Callable[[], float]
) -> Iterator[Iterator[BlockResult]]:
    """Yield the results of groups of blocks in order, one or more at a time, computed here or in workers."""
    if context.is_alone or len(groups) <= 1:
        yield (sweep.evaluate_groups([group]) for group in groups)
        return
    with worker_pool(min(context.workers, len(groups)), context.cluster, _set_sweep, sweep) as pool:

        def in_order() -> Iterator[BlockResult]:
            pending = deque[Any]()
            begun, length = 0, 1
            while pending or begun < len(groups):
                # Only a few tasks are submitted ahead, so that finished results do not fill the memory.
                while begun < len(groups) and len(pending) <= 4 * pool.count:
                    task = groups[begun : begun + length]
                    pending.append(pool.submit(_evaluate_groups, task, bound()))
                    begun += len(task)
                result, seconds = pending.popleft().result()
                yield result
                # Shorter towards the end, so that all workers end together.
                each, last = seconds / len(result.totals), (len(groups) - begun) // (2 * pool.count)
                length = max(min(int(TASK / each), last), 1)

        yield in_order()


#: The sweep of a worker process.
_sweep: list[Sweep] = []


def _set_sweep(sweep: Sweep) -> None:
    _sweep[:] = [sweep]


def _evaluate_groups(groups: Sequence[Sequence[Block]], bound: float) -> tuple[BlockResult, float]:
    """Return what the groups have, and the seconds that it took."""
    start = time.perf_counter()
    return _sweep[0].evaluate_groups(groups, bound), max(time.perf_counter() - start, 1e-9)
