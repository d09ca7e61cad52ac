"""Processes that work for this one: Ctrl-C is its affair, they end with it, and their death is told."""

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
def processes(count: int, prepare: Callable[..., None], *given: Any) -> Iterator[ProcessPoolExecutor]:
    """An executor of ``count`` processes, each of which calls ``prepare(*given)`` first.

    Raises:
        RunError: A process died.
    """
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(count, context, _start, (prepare, given))
    try:
        yield executor
    except BrokenProcessPool:
        raise RunError(
            "a worker process died, perhaps for want of memory; run again with fewer --workers: what is logged is kept"
        ) from None
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


def _start(prepare: Callable[..., None], given: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    prepare(*given)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A killed parent tells its children nothing: they watch it, and go with it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
