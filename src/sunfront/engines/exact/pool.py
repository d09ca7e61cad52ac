"""Solves of one problem, in this process or in several worker processes."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from sunfront.engines.exact.solver_protocol import ExactSolver, Solution, maximize_lexicographically
from sunfront.engines.processes import Workers, worker_pool

Floors = tuple[float, ...]
Key = tuple[tuple[tuple[int, float], ...], float]

#: Takes a solver and a deadline.
Task = Callable[..., "Solution | None"]

#: What a task gave: a solution, None if no design is feasible, or TimeoutError if the deadline passed before either.
Outcome = Solution | TimeoutError | None


#: Waits for a task that was begun, and returns its solution; raises TimeoutError if the deadline passed before.
Begun = Callable[[], "Solution | None"]


class Pool:
    """One or more copies of a solver that share the solves of a problem.

    Which solves there are, and their order, does not depend on the number of copies, so that the answer does not.

    Args:
        solver: The copy of this process.
        workers: Processes with copies of their own; None if this process solves.
    """

    def __init__(self, solver: ExactSolver, workers: Workers | None = None) -> None:
        self.objectives = solver.objectives
        self.count = 1 if workers is None else workers.count
        self._solver, self._workers = solver, workers
        self._begun: dict[Key, Any] = {}

    def solve_extremes(self, deadline: float) -> Iterator[tuple[int, Solution | None]]:
        """Maximize each objective, and then the others lexicographically.

        Yields:
            Number of the objective and the solution, as soon as it is known.

        Raises:
            TimeoutError: A solve was cut; what the others found has been yielded.
        """
        tasks = [partial(maximize_lexicographically, index=i, floors={}) for i in range(self.objectives)]
        return self.run(tasks, deadline)

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
        task = _task(floors, points)
        if self._workers is None:
            outcomes = self._run([task], deadline)
        else:
            future = self._begun.pop(_key(task), None) or self._begin(task, deadline)
            for each in following:
                later = _task(each, points)
                busy = sum(not other.done() for other in (future, *self._begun.values()))
                if busy < self.count and _key(later) not in self._begun:
                    self._begun[_key(later)] = self._begin(later, deadline)
            outcomes = (each.result() for each in [future])
        return (solution for _, solution in _each(outcomes))

    def run(self, tasks: Sequence[Task], deadline: float) -> Iterator[tuple[int, Solution | None]]:
        """Run tasks, and yield the number and the solution of each in their order; then raise as ``solve_extremes``."""
        return _each(self._run(tasks, deadline))

    def begin(self, task: Task, deadline: float) -> Begun:
        """Begin a task; without workers it is run when its solution is asked for."""
        if self._workers is None:
            return lambda: _solution(attempt(task, self._solver, deadline))
        future = self._begin(task, deadline)
        return lambda: _solution(future.result())

    def _run(self, tasks: Sequence[Task], deadline: float) -> Iterator[Outcome]:
        """Outcomes of tasks, in their order; this process ends with one that is cut."""
        if self._workers is None:
            return _until_cut(attempt(task, self._solver, deadline) for task in tasks)
        begun = [self._begin(task, deadline) for task in tasks]
        return (each.result() for each in begun)

    def _begin(self, task: Task, deadline: float) -> Any:
        assert self._workers is not None
        if self._workers.is_here:
            return self._workers.submit(_run_task, task, deadline)
        return self._workers.submit(_run_within, task, deadline - time.monotonic())


def _task(floors: Floors, points: Sequence[Solution]) -> partial[Solution | None]:
    bounds = {i: f for i, f in enumerate(floors, 1) if f > -math.inf}
    above = [p for p in points if all(p.scores[i] >= f for i, f in bounds.items())]
    known = max(above, key=lambda point: point.scores[0], default=None)
    start = 0.0 if known is None else known.scores[0]
    return partial(maximize_lexicographically, index=0, floors=bounds, start=start, known=known)


def _key(task: partial[Solution | None]) -> Key:
    """What decides the outcome of a task."""
    return tuple(task.keywords["floors"].items()), task.keywords["start"]


def _until_cut(outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    for outcome in outcomes:
        yield outcome
        if isinstance(outcome, Solution) and outcome.is_cut:
            return


def _solution(outcome: Outcome) -> Solution | None:
    if isinstance(outcome, TimeoutError):
        raise outcome
    return outcome


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
def open_pool(
    build: Callable[[], ExactSolver], workers: int, cluster: str = "", own: ExactSolver | None = None
) -> Iterator[Pool]:
    """Open a pool of worker processes; with one worker, everything runs in this process.

    Args:
        build: Builds the solver; called in this process and once in each worker process.
        cluster: Address of a dask scheduler whose workers take the place of local ones; empty for none.
        own: What ``build`` would build in this process, if it is there already.
    """
    solver = build() if own is None else own
    if workers == 1 and not cluster:
        yield Pool(solver)
        return
    with worker_pool(workers, cluster, _build_solver, build) as found:
        try:
            yield Pool(solver, found)
        finally:
            found.end()


def attempt(task: Task, solver: ExactSolver, deadline: float) -> Outcome:
    """Run a task."""
    try:
        return task(solver, deadline=deadline)
    except TimeoutError as error:
        return error


_solver: list[ExactSolver] = []


def _build_solver(build: Callable[[], ExactSolver]) -> None:
    _solver[:] = [build()]


def _run_task(task: Task, deadline: float) -> Outcome:
    return attempt(task, _solver[0], deadline)


def _run_within(task: Task, left: float) -> Outcome:
    """Run a task on another host, which has another clock: so many seconds from when it comes to it."""
    return _run_task(task, time.monotonic() + left)
