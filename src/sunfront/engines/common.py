"""What every engine is given besides its problem and its settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sunfront.log import Log


def silent(done: float, total: float, text: str) -> None:
    pass


@dataclass(frozen=True)
class Context:
    """How to run, but not what.

    Attributes:
        seed: Of everything random.
        workers: Processes.
        progress: Called with (done, total, text) now and then.
        log: Where an engine keeps what it found so far, and finds what an interrupted run of the same inputs had.
    """

    seed: int = 0
    workers: int = 1
    progress: Callable[[float, float, str], None] = silent
    log: Log = field(default_factory=Log)
