"""What every engine is given besides its problem and its settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


def _silent(done: float, total: float, text: str) -> None:
    pass


@dataclass(frozen=True)
class Context:
    """How to run, but not what.

    Attributes:
        seed: Of everything random.
        workers: Processes.
        progress: Called with (done, total, text) now and then.
    """

    seed: int = 0
    workers: int = 1
    progress: Callable[[float, float, str], None] = _silent
