"""Solves of one problem, in this process or in several worker processes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from sunfront.engines.exact.solver_protocol import ExactSolver, Solution, maximize_lexicographically
from sunfront.engines.processes import end_workers, worker_pool

Floors = tuple[float, ...]
Task = Callable[[ExactSolver], "Solution | None"]

#: What a task gave: a solution, None if no design is feasible, or TimeoutError if the deadline passed before either.
Outcome = Solution | TimeoutError | None


class Pool:
    """One or more copies of a solver that share the solves of a problem.

    Args:
        objectives: Number of objectives.
        workers: Number of copies.
        run: Runs tasks; returns their outcomes in the same order.
    """

    def __init__(self, objectives: int, workers: int, run: Callable[[Sequence[Task]], Iterable[Outcome]]) -> None:
        self.objectives = objectives
        self.workers = workers
        self._run = run

    def solve_extremes(self, deadline: float) -> Iterator[tuple[int, Solution | None]]:
        """Maximize each objective, and then the others lexicographically.

        Yields:
            Number of the objective and the solution, as soon as it is known.

        Raises:
            TimeoutError: A solve was cut; what the others found has been yielded.
        """
        tasks = [
            partial(maximize_lexicographically, index=i, floors={}, deadline=deadline) for i in range(self.objectives)
        ]
        return _each(self._run(tasks))

    def solve(
        self, floors: Sequence[Floors], points: Sequence[Solution], deadline: float
    ) -> Iterator[tuple[int, Solution | None]]:
        """Maximize the first objective for several combinations of floors on the further objectives.

        Yields as ``solve_extremes``, with the number of the combination.

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
        return _each(self._run(tasks))


def _each(outcomes: Iterable[Outcome]) -> Iterator[tuple[int, Solution | None]]:
    is_cut = False
    for i, outcome in enumerate(outcomes):
        if isinstance(outcome, TimeoutError):
            is_cut = True
            continue
        yield i, outcome
        is_cut |= outcome is not None and outcome.is_cut
    if is_cut:
        raise TimeoutError


@contextmanager
def open_pool(build: Callable[[], ExactSolver], workers: int) -> Iterator[Pool]:
    """Open a pool of worker processes; with one worker, everything runs in this process.

    Args:
        build: Builds the solver; called in this process and once in each worker process.
    """
    solver = build()
    if workers == 1:
        yield Pool(solver.objectives, workers, lambda tasks: (attempt(task, solver) for task in tasks))
        return
    with worker_pool(workers, _build_solver, build) as executor:
        try:
            yield Pool(solver.objectives, workers, lambda tasks: executor.map(_run_task, tasks))
        finally:
            end_workers(executor)


def attempt(task: Task, solver: ExactSolver) -> Outcome:
    """Run a task."""
    try:
        return task(solver)
    except TimeoutError as error:
        return error


_solver: list[ExactSolver] = []


def _build_solver(build: Callable[[], ExactSolver]) -> None:
    _solver[:] = [build()]


def _run_task(task: Task) -> Outcome:
    return attempt(task, _solver[0])
