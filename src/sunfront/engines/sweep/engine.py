"""Evaluate many designs spread over the ranges, in blocks, keeping the running front, a sample and a summary."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.engines.archive import Kept
from sunfront.engines.context import Context
from sunfront.engines.processes import processes
from sunfront.engines.settings import SweepSettings
from sunfront.engines.sweep.grid import Grid
from sunfront.engines.sweep.sampling import LatinHypercube, Points, Sobol
from sunfront.errors import UserError
from sunfront.problem.answer import Answer, Status
from sunfront.problem.findings import Summary
from sunfront.problem.infeasibility import Infeasibility, nearest_design
from sunfront.problem.problem import Problem

Block = tuple[int, int]

#: Designs handed to a process at a time; a power of two, as Sobol's points want it.
BLOCK = 1 << 16

#: Seconds between records of the log.
RECORD = 1.0

#: Designs among which the nearest is looked for where none meets every constraint.
LOOKED_AT = 1 << 14


@dataclass(frozen=True)
class Totals:
    """What is known of all feasible designs, kept or not; arrays (variables and deciding quantities,)."""

    count: int
    low: Array
    high: Array
    total: Array

    @classmethod
    def of(cls, values: Array) -> Totals:
        """Of designs' values (designs, quantities)."""
        columns = values.shape[1]
        return cls(
            len(values),
            values.min(axis=0, initial=np.inf) if len(values) else np.full(columns, np.inf),
            values.max(axis=0, initial=-np.inf) if len(values) else np.full(columns, -np.inf),
            values.sum(axis=0),
        )

    def joined(self, other: Totals) -> Totals:
        return Totals(
            self.count + other.count,
            np.minimum(self.low, other.low),
            np.maximum(self.high, other.high),
            self.total + other.total,
        )


@dataclass(frozen=True)
class Part:
    """What a block, or several, came to."""

    kept: Kept
    totals: Totals

    def joined(self, other: Part, keep: int) -> Part:
        return Part(self.kept.joined(other.kept).thinned(keep), self.totals.joined(other.totals))


class Sweep:
    """The designs of a sweep, and what a block of them comes to."""

    def __init__(self, problem: Problem, settings: SweepSettings, seed: int, size: int) -> None:
        self.problem, self.settings, self.seed = problem, settings, seed
        # What no sample is drawn for is checked first, of every design; the rest only of those that meet it.
        self.plain = replace(problem, constraints=tuple(c for c in problem.constraints if c.statistic is None))
        self.names = tuple(
            dict.fromkeys([*(v.name for v in problem.variables if not v.labels), *problem.criterion_names])
        )
        self.grid: Grid | None = None
        self.points: Points | None = None
        total, dimensions = settings.evaluations, len(problem.variables)
        if not dimensions:
            total = 1
        elif settings.method == "grid":
            self.grid = Grid.of(self.plain, settings.points)
            total = self.grid.total
            if total > 1 << 32:
                raise UserError(f"a grid of {total:.2g} designs is too large; lower engine.points", ("engine",))
        elif settings.method == "lhs":
            self.points = LatinHypercube(dimensions, seed, total)
        else:
            self.points = Sobol(dimensions, seed, size, total)
        self.blocks: list[Block] = (
            self.grid.boxes(size)
            if self.grid is not None
            else [(start, min(start + size, total)) for start in range(0, total, size)]
        )
        self.total = total

    def nothing(self) -> Part:
        kept = Kept.nothing(len(self.problem.variables), len(self.problem.objectives))
        return Part(kept, Totals.of(np.empty((0, len(self.names)))))

    def part(self, block: Block) -> Part:
        """Evaluate a block: constraints of all its designs, the rest of those that meet them."""
        problem = self.problem
        if self.grid is not None:
            numbers = self.grid.met(*block)
            designs = self.grid.designs(numbers)
        else:
            designs = self._designs(block)
            checked = self.plain.evaluate(designs, dict.fromkeys(c.name for c in self.plain.constraints))
            met = self.plain.feasible(checked) if checked else np.ones(block[1] - block[0], dtype=bool)
            numbers = np.flatnonzero(met) + block[0]
            designs = {name: column[met] for name, column in designs.items()}
        if not len(numbers):
            return self.nothing()
        quantities = problem.evaluate(designs)
        met = problem.feasible(quantities)
        rows = np.stack(list(designs.values()), axis=1)[met] if designs else np.empty((1, 0))[met]
        values = np.stack([(designs | quantities)[name] for name in self.names], axis=1)[met]
        key = np.random.default_rng([self.seed, block[0]]).random(len(rows))
        kept = Kept(rows, problem.scores(quantities)[met], key, numbers[met].astype(np.int64))
        return Part(kept.thinned(self.settings.keep), Totals.of(values))

    def nearest(self) -> Infeasibility:
        """That of the first points; of a grid, of some at random."""
        if self.grid is not None:
            designs = self.grid.designs(np.random.default_rng(self.seed).integers(0, self.total, LOOKED_AT))
        else:
            designs = self._designs((0, min(self.total, LOOKED_AT)))
        missed = np.maximum(self.problem.violations(self.problem.evaluate(designs)), 0.0).sum(axis=1)
        least = int(missed.argmin())
        return nearest_design(self.problem, {name: float(column[least]) for name, column in designs.items()})

    def _designs(self, block: Block) -> dict[str, Array]:
        if self.points is None:
            return {}
        shares = self.points.block(*block)
        return {v.name: v.values_at(shares[:, i]) for i, v in enumerate(self.problem.variables)}


def run(problem: Problem, settings: SweepSettings, context: Context) -> Answer:
    """Sweep. The answer depends neither on ``context.workers`` nor on interruptions."""
    sweep = Sweep(problem, settings, context.seed, BLOCK)
    found, done = sweep.nothing(), 0
    for record in context.checkpoint.entries():
        found, done = _restored(found, record, settings.keep), int(record["blocks"])
    since, logged = sweep.blocks[done][0] if done < len(sweep.blocks) else sweep.total, time.monotonic()
    status: Status = "best found"
    try:
        with _mapped(sweep, context.workers, sweep.blocks[done:]) as parts:
            for part in parts:
                # Both at once, or a Ctrl-C between them would count a block twice.
                found, done = found.joined(part, settings.keep), done + 1
                evaluated = sweep.blocks[done - 1][1]
                if time.monotonic() - logged >= RECORD:
                    context.checkpoint.append(
                        blocks=done,
                        **{f"totals_{name}": value for name, value in vars(found.totals).items()},
                        **found.kept.arrays(since),
                    )
                    since, logged = evaluated, time.monotonic()
                context.progress(evaluated, sweep.total, f"{found.totals.count:,} feasible")
    except KeyboardInterrupt:
        status = "stopped"
    kept, totals = found.kept, found.totals
    infeasibility = None
    if not len(kept) and status == "best found":
        status, infeasibility = "none found", sweep.nearest()
    return Answer(
        status=status,
        designs={v.name: kept.rows[:, i] for i, v in enumerate(problem.variables)},
        evaluated=sweep.blocks[done - 1][1] if done else 0,
        feasible=totals.count,
        notes=infeasibility.notes if infeasibility else (),
        infeasibility=infeasibility,
        summary=_summaries(sweep.names, totals),
    )


def _restored(found: Part, record: Mapping[str, NDArray[Any]], keep: int) -> Part:
    count, low, high, total = (record[f"totals_{name}"] for name in ("count", "low", "high", "total"))
    kept = found.kept.joined(Kept.from_arrays(record)).thinned(keep)
    return Part(kept, Totals(int(count), low, high, total))


def _summaries(names: tuple[str, ...], totals: Totals) -> dict[str, Summary]:
    """Each quantity over all feasible designs."""
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
def _mapped(sweep: Sweep, workers: int, blocks: list[Block]) -> Iterator[Iterator[Part]]:
    """The parts in order, from this process or from several."""
    if workers == 1 or len(blocks) <= 1:
        yield (sweep.part(block) for block in blocks)
        return
    with processes(min(workers, len(blocks)), _remember, sweep) as executor:

        def ordered() -> Iterator[Part]:
            ahead = deque[Any]()
            # A few blocks ahead of who takes them, lest finished parts pile up.
            for block in blocks:
                ahead.append(executor.submit(_remembered_part, block))
                if len(ahead) > 4 * workers:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()

        yield ordered()


_remembered: list[Callable[[Block], Part]] = []


def _remember(sweep: Sweep) -> None:
    _remembered[:] = [sweep.part]


def _remembered_part(block: Block) -> Part:
    return _remembered[0](block)
