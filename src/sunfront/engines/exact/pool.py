"""Solves of one problem, one after another or side by side in several processes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from sunfront.engines.exact.solver import Exact, Solved, lifted
from sunfront.engines.processes import worker_pool

Floors = tuple[float, ...]
Task = Callable[[Exact], "Solved | None"]


class Pool:
    """Asks a program, or as many copies of it as there are processes.

    Args:
        objectives: How many there are.
        workers: Processes.
        answer: Answers tasks in their order.
    """

    def __init__(self, objectives: int, workers: int, answer: Callable[[Sequence[Task]], list[Solved | None]]) -> None:
        self.objectives = objectives
        self.workers = workers
        self._answer = answer

    def extremes(self, deadline: float) -> list[Solved | None]:
        """For each objective the design that is best in it, and then in the others."""
        return self._answer([partial(lifted, index=i, floors={}, deadline=deadline) for i in range(self.objectives)])

    def ask(self, floors: Sequence[Floors], points: Sequence[Solved], deadline: float) -> list[Solved | None]:
        """For each combination of floors on the further objectives the best first objective, lifted.

        Args:
            points: What is known; a quotient's search starts from the best of those above the floors.
        """
        tasks = []
        for asked in floors:
            bounds = {i: f for i, f in enumerate(asked, 1) if f > -math.inf}
            known = [p.scores[0] for p in points if all(p.scores[i] >= f for i, f in bounds.items())]
            tasks.append(partial(lifted, index=0, floors=bounds, deadline=deadline, start=max(known, default=0.0)))
        return self._answer(tasks)


@contextmanager
def pool(build: Callable[[], Exact], workers: int) -> Iterator[Pool]:
    """A pool of ``workers`` processes; this process itself if that is one.

    Args:
        build: Makes the program; called here, and once in each further process.
    """
    program = build()
    if workers == 1:
        yield Pool(program.objectives, workers, lambda tasks: [task(program) for task in tasks])
        return
    with worker_pool(workers, _prepare, build) as executor:
        yield Pool(program.objectives, workers, lambda tasks: list(executor.map(_ask, tasks)))


_program: list[Exact] = []


def _prepare(build: Callable[[], Exact]) -> None:
    _program[:] = [build()]


def _ask(task: Task) -> Solved | None:
    return task(_program[0])
