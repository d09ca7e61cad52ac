"""What every engine is given besides its problem and its settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sunfront.engines.checkpoint import Checkpoint
from sunfront.problem.table import DesignTable


def silent(done: float, total: float, text: str) -> None:
    pass


@dataclass(frozen=True)
class Context:
    """How to run, but not what.

    Attributes:
        seed: Of everything random.
        workers: Processes.
        progress: Called with (done, total, text) now and then.
        storage: Of Optuna, on which to work instead of in memory; with others, and so without reproducing a seed.
        name: Of the study in a storage.
        log: Where an engine keeps what it found so far, and finds what an interrupted run of the same inputs had.
        former: Designs of the former runs that the settings name, by folder.
    """

    seed: int = 0
    workers: int = 1
    progress: Callable[[float, float, str], None] = silent
    storage: str | None = None
    name: str = "sunfront"
    checkpoint: Checkpoint = field(default_factory=Checkpoint)
    former: Mapping[str, DesignTable] = field(default_factory=dict)
