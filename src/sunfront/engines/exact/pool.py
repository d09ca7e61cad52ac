"""Solves of one problem, in this process or in several worker processes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial

from sunfront.engines.exact.solver_protocol import ExactSolver, Solution, maximize_lexicographically
from sunfront.engines.processes import end_workers, worker_pool

Floors = tuple[float, ...]
Key = tuple[tuple[tuple[int, float], ...], float]
Task = Callable[[ExactSolver], "Solution | None"]

#: What a task gave: a solution, None if no design is feasible, or TimeoutError if the deadline passed before either.
Outcome = Solution | TimeoutError | None


class Pool:
    """One or more copies of a solver that share the solves of a problem.

    Which solves there are, and their order, does not depend on the number of copies, so that the answer does not.

    Args:
        objectives: Number of objectives.
        workers: Number of copies.
        run: Runs tasks; returns their outcomes in the same order.
        begin: Begins a task in another process; None if there is one copy.
    """

    def __init__(
        self,
        objectives: int,
        workers: int,
        run: Callable[[Sequence[Task]], Iterable[Outcome]],
        begin: Callable[[Task], Future[Outcome]] | None = None,
    ) -> None:
        self.objectives = objectives
        self.workers = workers
        self._run = run
        self._begin = begin
        self._begun: dict[Key, Future[Outcome]] = {}

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
        self, floors: Floors, points: Sequence[Solution], deadline: float, following: Sequence[Floors] = ()
    ) -> Iterator[Solution | None]:
        """Maximize the first objective for a combination of floors on the further objectives.

        Yields the solution, then raises as ``solve_extremes``.

        Args:
            floors: Minus infinity means no floor.
            points: Known solutions; the search for a quotient starts from the best of those above the floors.
            following: Combinations that will be asked for next if this solve has no surprise; idle copies begin them.
        """
        task = self._task(floors, points, deadline)
        if self._begin is None:
            outcomes = self._run([task])
        else:
            future = self._begun.pop(_key(task), None) or self._begin(task)
            for each in following:
                later = self._task(each, points, deadline)
                busy = sum(not other.done() for other in (future, *self._begun.values()))
                if busy < self.workers and _key(later) not in self._begun:
                    self._begun[_key(later)] = self._begin(later)
            outcomes = (each.result() for each in [future])
        return (solution for _, solution in _each(outcomes))

    def _task(self, floors: Floors, points: Sequence[Solution], deadline: float) -> partial[Solution | None]:
        bounds = {i: f for i, f in enumerate(floors, 1) if f > -math.inf}
        known = [p.scores[0] for p in points if all(p.scores[i] >= f for i, f in bounds.items())]
        start = max(known, default=0.0)
        return partial(maximize_lexicographically, index=0, floors=bounds, deadline=deadline, start=start)


def _key(task: partial[Solution | None]) -> Key:
    """What decides the outcome of a task."""
    return tuple(task.keywords["floors"].items()), task.keywords["start"]


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
            yield Pool(
                solver.objectives,
                workers,
                partial(executor.map, _run_task),
                lambda task: executor.submit(_run_task, task),
            )
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
