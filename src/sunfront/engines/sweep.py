"""Evaluate many designs spread over the ranges, in chunks, keeping the running front and a sample."""

from __future__ import annotations

import math
import multiprocessing
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sunfront.answer import Answer, Status
from sunfront.engines.common import Context
from sunfront.engines.settings import SweepSettings
from sunfront.errors import UserError
from sunfront.pareto import non_dominated
from sunfront.problem import Problem

Array = NDArray[np.float64]

#: Designs handed to a process at a time; a power of two, as Sobol's points want it.
BLOCK = 1 << 16


@dataclass
class _Part:
    """Feasible designs (rows of ``designs``, columns as the variables), their scores, and where they fell."""

    designs: Array
    scores: Array
    key: Array
    feasible: int

    def thinned(self, keep: int) -> _Part:
        """The front, and of the others the ``keep`` with the smallest random keys."""
        if not len(self.designs):
            return self
        chosen = non_dominated(self.scores)
        chosen[np.argsort(self.key, kind="stable")[:keep]] = True
        return _Part(self.designs[chosen], self.scores[chosen], self.key[chosen], self.feasible)

    def joined(self, other: _Part) -> _Part:
        return _Part(
            np.concatenate([self.designs, other.designs]),
            np.concatenate([self.scores, other.scores]),
            np.concatenate([self.key, other.key]),
            self.feasible + other.feasible,
        )


def run(problem: Problem, settings: SweepSettings, context: Context) -> Answer:
    """Sweep. The answer does not depend on ``context.workers``."""
    axes = _axes(problem, settings)
    total = math.prod(axes) if settings.method == "grid" else settings.samples
    if not problem.variables:
        total = 1
    if total > 1 << 32:
        raise UserError(f"a grid of {total:.2g} designs is too large; lower engine.points", ("engine",))
    _ = problem.scales  # computed once, here, and handed to the processes
    found = _Part(np.empty((0, len(problem.variables))), np.empty((0, len(problem.objectives))), np.empty(0), 0)
    status: Status = "best found"
    evaluated = 0
    blocks = [(start, min(start + BLOCK, total)) for start in range(0, total, BLOCK)]
    try:
        with _mapped(problem, settings, context, blocks) as parts:
            for (start, stop), part in zip(blocks, parts, strict=True):
                found = found.joined(part).thinned(settings.keep)
                evaluated += stop - start
                context.progress(evaluated, total, f"{found.feasible:,} feasible")
    except KeyboardInterrupt:
        status = "stopped"
    if not len(found.designs) and status == "best found":
        status = "infeasible"
    return Answer(
        status=status,
        designs={v.name: found.designs[:, i] for i, v in enumerate(problem.variables)},
        evaluated=evaluated,
        feasible=found.feasible,
        notes=("none of the swept designs meets every constraint; this is no proof that none does",)
        if status == "infeasible"
        else (),
    )


def _axes(problem: Problem, settings: SweepSettings) -> list[int]:
    return [min(v.size or settings.points, settings.points) for v in problem.variables]


def _points(problem: Problem, settings: SweepSettings, seed: int, start: int, stop: int) -> dict[str, Array]:
    """Designs number ``start`` to ``stop`` of the sweep."""
    if not problem.variables:
        return {}
    if settings.method == "grid":
        axes = _axes(problem, settings)
        indices = np.unravel_index(np.arange(start, stop), axes)
        columns = {}
        for v, index, count in zip(problem.variables, indices, axes, strict=True):
            share = index / max(count - 1, 1)
            columns[v.name] = (
                v.at(share)
                if v.values is None
                else np.array(v.values)[np.round(share * (len(v.values) - 1)).astype(int)]
            )
        return columns
    from scipy.stats import qmc

    sampler = qmc.Sobol(len(problem.variables), rng=np.random.default_rng(seed))
    if start:
        sampler.fast_forward(start)
    # Whole blocks are drawn, the surplus dropped: scipy warns of a count that is no power of two.
    shares = sampler.random(BLOCK if stop - start == BLOCK else 1 << (stop - start - 1).bit_length())[: stop - start]
    return {v.name: v.at(shares[:, i]) for i, v in enumerate(problem.variables)}


def _block(problem: Problem, settings: SweepSettings, seed: int, start: int, stop: int) -> _Part:
    designs = _points(problem, settings, seed, start, stop)
    quantities = problem.evaluate(designs)
    met = problem.feasible(quantities)
    scores = problem.scores(quantities)[met]
    rows = np.stack(list(designs.values()), axis=1)[met] if designs else np.empty((1, 0))[met]
    key = np.random.default_rng([seed, start]).random(stop - start)[met]
    return _Part(rows, scores, key, int(met.sum())).thinned(settings.keep)


@contextmanager
def _mapped(
    problem: Problem, settings: SweepSettings, context: Context, blocks: list[tuple[int, int]]
) -> Iterator[Iterator[_Part]]:
    """The parts in order, from this process or from several."""
    if context.workers == 1 or len(blocks) == 1:
        yield (_block(problem, settings, context.seed, *block) for block in blocks)
        return
    from concurrent.futures import ProcessPoolExecutor

    pool = ProcessPoolExecutor(
        min(context.workers, len(blocks)),
        multiprocessing.get_context("spawn"),
        _remember,
        (problem, settings, context.seed),
    )
    try:
        yield pool.map(_remembered_block, blocks)
    finally:
        pool.shutdown(cancel_futures=True)


_remembered: list[tuple[Problem, SweepSettings, int]] = []


def _remember(problem: Problem, settings: SweepSettings, seed: int) -> None:
    _remembered[:] = [(problem, settings, seed)]
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _remembered_block(block: tuple[int, int]) -> _Part:
    return _block(*_remembered[0], *block)
