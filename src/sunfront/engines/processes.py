"""Worker processes.

Only the parent handles Ctrl-C; workers exit with it, and a worker that dies raises RunError. A worker also exits when
it is told to (SIGTERM), without the traces that a killed process leaves.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import resource_tracker, util
from multiprocessing.connection import wait
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn, Protocol, TypeVar

from sunfront.errors import RunError

#: What a dead worker means.
DIED = "a worker process died, perhaps because memory ran out"

#: Seconds that a worker has to end before it is killed.
PATIENCE = 2.0

_Result = TypeVar("_Result")


class Workers(Protocol):
    """Processes that run tasks."""

    @property
    def count(self) -> int:
        """Number of processes."""

    @property
    def is_here(self) -> bool:
        """Whether they are processes of this machine, which share its clock."""

    def submit(self, function: Callable[..., Any], *args: Any) -> Any:
        """Begin a task; return what has the methods ``result`` and ``done`` of a ``Future``."""

    def end(self) -> None:
        """End the tasks for which nobody waits."""


@contextmanager
def worker_pool(count: int, cluster: str, initializer: Callable[..., None], *args: Any) -> Iterator[Workers]:
    """Open a pool of worker processes, each of which first calls ``initializer(*args)``.

    Args:
        count: Number of processes on this machine.
        cluster: Address of the dask scheduler whose workers take their place; empty for none.

    Raises:
        UserError: There is no such cluster.
        RunError: A worker died, or the cluster was lost.
    """
    if cluster:
        from sunfront.engines.cluster import cluster_pool

        with cluster_pool(cluster, initializer, *args) as pool:
            yield pool
        return
    with _local_pool(count, initializer, args) as executor:
        yield _LocalWorkers(executor, count)


def side_by_side(
    workers: Workers | None, function: Callable[..., _Result], tasks: Sequence[tuple[Any, ...]]
) -> list[_Result]:
    """Return what a function gives for the arguments of each task, in their order."""
    if workers is None or len(tasks) == 1:
        return [function(*task) for task in tasks]
    begun = [workers.submit(function, *task) for task in tasks]
    return [each.result() for each in begun]


@dataclass(frozen=True)
class _LocalWorkers:
    executor: ProcessPoolExecutor
    count: int
    is_here: bool = True

    def submit(self, function: Callable[..., Any], *args: Any) -> Future[Any]:
        return self.executor.submit(function, *args)

    def end(self) -> None:
        _end(self.executor)


@contextmanager
def _local_pool(count: int, initializer: Callable[..., None], args: tuple[Any, ...]) -> Iterator[ProcessPoolExecutor]:
    payload = pickle.dumps((initializer, args))
    context = _Context() if b"__main__" in payload else _ContextWithoutScript()
    # Python writes what a worker starts with to a pipe. If that is long and the worker has died, it waits for ever.
    handle, name = tempfile.mkstemp(prefix="sunfront.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(payload)
        executor = ProcessPoolExecutor(count, context, _start_worker, (Path(name),))
        try:
            yield executor
        except BrokenProcessPool:
            raise RunError(
                f"{DIED}; run again with fewer --workers; a run with a checkpoint continues from it"
            ) from None
        finally:
            executor.shutdown(wait=False, cancel_futures=True)
    finally:
        Path(name).unlink(missing_ok=True)


class _Process(SpawnProcess):
    """A process that Ctrl-C does not reach, not even while Python starts in it: it inherits what is blocked here."""

    def start(self) -> None:
        if not hasattr(signal, "pthread_sigmask"):  # Windows
            super().start()
            return
        resource_tracker.ensure_running()  # its own start would unblock the signal again
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            super().start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


class _ProcessWithoutScript(_Process):
    """A process that does not import the script from which it is started.

    So a script that calls sunfront needs no ``if __name__ == "__main__":``, and may come from standard input.
    """

    def start(self) -> None:
        script = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            super().start()
        finally:
            sys.modules["__main__"] = script


class _Context(SpawnContext):
    Process = _Process


class _ContextWithoutScript(SpawnContext):
    Process = _ProcessWithoutScript


def _end(executor: ProcessPoolExecutor) -> None:
    """End the workers amid long tasks for which nobody waits; Python 3.14 has a public method for it.

    Their results must be short: one of more than a page might be cut amid its way, for whose end the parent would wait.
    """
    processes = list((executor._processes or {}).values())
    for process in processes:
        process.terminate()
    if processes:  # without any it would wait all the same
        wait([process.sentinel for process in processes], PATIENCE)
    for process in processes:
        process.kill()
    executor.shutdown(cancel_futures=True)


def _start_worker(path: Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: _exit())
    try:
        payload = path.read_bytes()
    except FileNotFoundError:  # the parent was interrupted while this process started
        _exit()
    initializer, args = pickle.loads(payload)
    initializer(*args)
    _free_semaphores()  # now, because a worker that is killed amid a long solve cannot
    threading.Thread(target=_exit_with_parent, daemon=True).start()


def _exit_with_parent() -> None:
    """Wait for the parent to end, then exit: a killed parent cannot stop its workers."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        _exit()


def _exit() -> NoReturn:
    """Exit amid a task."""
    _free_semaphores()
    os._exit(1)


def _free_semaphores() -> None:
    """Take the names of the process's semaphores from the system; those in use go on.

    Pyomo makes a semaphore when it is imported. Python would warn of its name where a process leaves it behind.
    """
    util._run_finalizers(0)  # type: ignore[attr-defined]
