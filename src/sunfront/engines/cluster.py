"""The workers of a dask cluster, in the place of local worker processes.

A worker needs sunfront of the same version; the equations of a study's own library travel with its tasks. A task whose
worker dies runs on another one. If the scheduler is lost, it is looked for again, and what it had not answered is sent
again: a task gives the same wherever and however often it runs.
"""

from __future__ import annotations

import ctypes
import hashlib
import logging
import os
import pickle
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from importlib.metadata import version
from threading import Lock
from types import ModuleType
from typing import TYPE_CHECKING, Any

from sunfront.errors import RunError, UserError

if TYPE_CHECKING:
    from distributed import Client, Future

#: Written in the place of an address: a cluster on this machine, for this run.
LOCAL = "local"

#: Seconds to find a scheduler and its first worker, and to find it again when it was lost.
FIRST, AGAIN = 15.0, 60.0


class TaskDied(BrokenProcessPool):
    """Workers died with one task again and again; other tasks go on."""


class ClusterPool:
    """Sends tasks to a cluster.

    Args:
        address: Of the scheduler, as ``tcp://host:8786``.
        payload: Pickled function, and its arguments, that a worker process calls before its first task.

    Raises:
        UserError: dask is not installed, no scheduler answers, or it has no workers.
    """

    is_here = False

    def __init__(self, address: str, payload: bytes) -> None:
        self.address, self.payload = address, payload
        self.digest = hashlib.sha256(payload).hexdigest()
        self.connection = 0
        self.count = 1
        self.client = _connect(address, FIRST)
        try:
            self._find_workers(FIRST)
        except TimeoutError:
            self._drop()
            raise UserError(f"the cluster at {address} has no workers; start some with `dask worker`") from None
        except OSError:  # the scheduler was lost meanwhile
            self.connect_again(self.connection)

    def submit(self, function: Callable[..., Any], *args: Any) -> ClusterTask:
        """Begin a task."""
        return ClusterTask(self, function, args)

    def send(self, function: Callable[..., Any], args: tuple[Any, ...]) -> Future:
        """Send a task over the present connection."""
        return self.client.submit(
            _call, version("sunfront"), self.digest, self.payload, function, args, pure=False, retries=2
        )

    def connect_again(self, lost: int) -> None:
        """Replace a connection that was lost, unless another task has done so.

        Args:
            lost: Number of the connection.

        Raises:
            BrokenProcessPool: No scheduler was found.
        """
        if lost < self.connection:
            return
        self._drop()
        deadline = time.monotonic() + AGAIN
        while True:
            try:
                self.client = _connect(self.address, 2.0)
                self._find_workers(max(deadline - time.monotonic(), 1.0))
            except (UserError, TimeoutError, OSError):
                self._drop()
                if time.monotonic() > deadline:
                    raise BrokenProcessPool(f"the cluster at {self.address} was lost") from None
                time.sleep(0.5)
            else:
                self.connection += 1
                return

    def end(self) -> None:
        """Close the connection. Tasks that nobody waits for are taken back; one that runs ends on its worker."""
        self._drop()

    def _find_workers(self, timeout: float) -> None:
        """Wait for the first worker, and count them."""
        self.client.wait_for_workers(1, timeout=timeout)
        self.count = max(len(self.client.nthreads()), 1)

    def _drop(self) -> None:
        with _quiet(), suppress(OSError):
            self.client.close(timeout=2)


class ClusterTask:
    """A task, and what it gives; as a ``Future``."""

    def __init__(self, pool: ClusterPool, function: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self.pool, self.function, self.args = pool, function, args
        self._send()

    def done(self) -> bool:
        """Whether it has ended."""
        return self.connection == self.pool.connection and bool(self.future.done())

    def result(self) -> Any:
        """Wait for the result.

        Raises:
            TaskDied: Workers died with it again and again.
            BrokenProcessPool: The cluster was lost.
            UserError: The scheduler has another sunfront, or none.
        """
        from distributed import KilledWorker
        from distributed.comm import CommClosedError

        while True:
            if self.connection != self.pool.connection:
                self._send()
            try:
                return self.future.result()
            except KilledWorker:
                raise TaskDied(f"workers of the cluster at {self.pool.address} died") from None
            except (CancelledError, CommClosedError):
                self.pool.connect_again(self.connection)
            except RuntimeError as error:
                if "deserialization of the task graph" not in str(error):
                    raise
                raise UserError(
                    f"the scheduler at {self.pool.address} cannot read this run's tasks; install sunfront "
                    f"{version('sunfront')}, as here, on the scheduler and the workers"
                ) from None

    def _send(self) -> None:
        self.connection, self.future = self.pool.connection, self.pool.send(self.function, self.args)


@contextmanager
def cluster_pool(address: str, initializer: Callable[..., None], *args: Any) -> Iterator[ClusterPool]:
    """Open a pool on a cluster; each of its workers first calls ``initializer(*args)``.

    Raises:
        UserError: As ``ClusterPool``.
        RunError: The cluster was lost.
    """
    with _quiet():  # at any moment: a lost connection is noticed by dask's own thread
        pool = ClusterPool(address, pickle.dumps((initializer, args)))
        try:
            yield pool
        except BrokenProcessPool as error:
            raise RunError(f"{error}; a run with a checkpoint continues from it when it is run again") from None
        finally:
            pool.end()


@contextmanager
def cluster_at(address: str, workers: int) -> Iterator[str]:
    """Yield the address of a scheduler; of a cluster that is started on this machine if LOCAL is asked for.

    Args:
        workers: Number of its worker processes; one for each core if 1.
    """
    if address != LOCAL:
        yield address
        return
    _require_dask()
    from distributed import LocalCluster

    script = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")  # workers do not import the script from which they are started
    try:
        cluster = LocalCluster(
            n_workers=workers if workers > 1 else os.cpu_count(),
            threads_per_worker=1,
            scheduler_kwargs={"dashboard": False, "dashboard_address": ":0"},  # another cluster may have the usual port
            silence_logs=logging.CRITICAL,
        )
    finally:
        sys.modules["__main__"] = script
    try:
        yield cluster.scheduler_address
    finally:
        with _quiet(), suppress(OSError):  # its processes end with this one, if a busy machine takes longer
            cluster.close(timeout=5)


def _require_dask() -> None:
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise UserError("a cluster needs dask: pip install 'sunfront[cluster]'") from None


def _connect(address: str, timeout: float) -> Client:
    _require_dask()
    from distributed import Client

    try:
        with _quiet():
            return Client(address, timeout=timeout, set_as_default=False)
    except (OSError, TimeoutError):
        raise UserError(f"no dask scheduler answers at {address}") from None
    except ValueError as error:
        raise UserError(f"{address} is no address of a dask scheduler, as tcp://host:8786: {error}") from None


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep dask from logging that a connection was lost; whoever notices says so."""
    _require_dask()  # its import sets the levels
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client")]  # each has a level of its own
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


#: What the tasks of this worker process were made for. They take turns: threads do not share a solver.
_made_for: list[str] = []
_turn = Lock()

#: Options of glibc's mallopt, from its malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


def _call(needed: str, digest: str, payload: bytes, function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """Run a task in a worker of the cluster."""
    if (here := version("sunfront")) != needed:
        raise UserError(f"a worker of the cluster has sunfront {here}; this run needs {needed}")
    with _turn:
        if _made_for != [digest]:
            _keep_memory()
            _made_for.clear()
            initializer, own = pickle.loads(payload)
            initializer(*own)
            _made_for.append(digest)
        return function(*args)


def _keep_memory() -> None:
    """Let this process keep the memory of arrays that it frees, as it would if dask's nanny had not started it.

    The nanny sets MALLOC_TRIM_THRESHOLD_, with which glibc maps each array anew: a sweep then takes two to three times
    as long. What is set are the largest thresholds that glibc would come to by itself.
    """
    with suppress(AttributeError, OSError, TypeError):  # another C library
        set_option = ctypes.CDLL(None).mallopt
        set_option(_M_MMAP_THRESHOLD, 32 << 20)
        set_option(_M_TRIM_THRESHOLD, 64 << 20)
