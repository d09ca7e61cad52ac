"""Solves of one problem, in this process or in several worker processes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from sunfront.engines.exact.solver_protocol import ExactSolver, Solution, maximize_lexicographically
from sunfront.engines.processes import worker_pool

Floors = tuple[float, ...]
Task = Callable[[ExactSolver], "Solution | None"]


class Pool:
    """One or more copies of a solver that share the solves of a problem.

    Args:
        objectives: Number of objectives.
        workers: Number of copies.
        run: Runs tasks; returns their solutions in the same order.
    """

    def __init__(self, objectives: int, workers: int, run: Callable[[Sequence[Task]], list[Solution | None]]) -> None:
        self.objectives = objectives
        self.workers = workers
        self._run = run

    def solve_extremes(self, deadline: float) -> list[Solution | None]:
        """Maximize each objective, and then the others lexicographically; one solution for each objective."""
        tasks = [
            partial(maximize_lexicographically, index=i, floors={}, deadline=deadline) for i in range(self.objectives)
        ]
        return self._run(tasks)

    def solve(self, floors: Sequence[Floors], points: Sequence[Solution], deadline: float) -> list[Solution | None]:
        """Maximize the first objective for several combinations of floors on the further objectives.

        Args:
            floors: One tuple for each solve; minus infinity means no floor.
            points: Known solutions; the search for a quotient starts from the best of those above the floors.
        """
        tasks = []
        for combination in floors:
            bounds = {i: f for i, f in enumerate(combination, 1) if f > -math.inf}
            known = [p.scores[0] for p in points if all(p.scores[i] >= f for i, f in bounds.items())]
            start = max(known, default=0.0)
            tasks.append(partial(maximize_lexicographically, index=0, floors=bounds, deadline=deadline, start=start))
        return self._run(tasks)


@contextmanager
def open_pool(build: Callable[[], ExactSolver], workers: int) -> Iterator[Pool]:
    """Open a pool of worker processes; with one worker, everything runs in this process.

    Args:
        build: Builds the solver; called in this process and once in each worker process.
    """
    solver = build()
    if workers == 1:
        yield Pool(solver.objectives, workers, lambda tasks: [task(solver) for task in tasks])
        return
    with worker_pool(workers, _build_solver, build) as executor:
        yield Pool(solver.objectives, workers, lambda tasks: list(executor.map(_run_task, tasks)))


_solver: list[ExactSolver] = []


def _build_solver(build: Callable[[], ExactSolver]) -> None:
    _solver[:] = [build()]


def _run_task(task: Task) -> Solution | None:
    return task(_solver[0])
