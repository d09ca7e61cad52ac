"""Worker processes.

Only the parent handles Ctrl-C; workers exit with it, and a worker that dies raises RunError.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

from sunfront.errors import RunError


@contextmanager
def worker_pool(count: int, initializer: Callable[..., None], *args: Any) -> Iterator[ProcessPoolExecutor]:
    """Open an executor of ``count`` worker processes, each of which first calls ``initializer(*args)``.

    Raises:
        RunError: A worker died.
    """
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(count, context, _start_worker, (initializer, args))
    try:
        yield executor
    except BrokenProcessPool:
        raise RunError(
            "a worker process died, perhaps because memory ran out; run again with fewer --workers; a run with a "
            "checkpoint continues from it"
        ) from None
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


def _start_worker(initializer: Callable[..., None], args: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    initializer(*args)
    threading.Thread(target=_exit_with_parent, daemon=True).start()


def _exit_with_parent() -> None:
    """Wait for the parent to end, then exit: a killed parent cannot stop its workers."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
