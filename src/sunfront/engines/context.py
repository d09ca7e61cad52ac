"""What an engine is given besides its problem and its settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sunfront.engines.checkpoint import Checkpoint
from sunfront.problem.certificate import Certificate
from sunfront.problem.table import DesignTable


def silent(done: float, total: float, text: str) -> None:
    """Ignore progress."""


@dataclass(frozen=True)
class Context:
    """How to run an engine.

    Attributes:
        seed: Seed of all random numbers.
        workers: Number of processes.
        cluster: Address of the dask scheduler whose workers take their place; empty for none.
        progress: Called with (done, total, text) from time to time.
        storage: Optuna storage to work on instead of memory, shared with other processes. The result then depends on
            timing; the same seed does not reproduce it.
        name: Name of the study in the storage.
        checkpoint: Where an engine writes its progress, and finds that of an interrupted run with the same inputs.
        former: Designs of the former runs that the settings name, by folder.
        bounds: Those of the former run from which a proof starts; None if they do not hold for this problem.
    """

    seed: int = 0
    workers: int = 1
    progress: Callable[[float, float, str], None] = silent
    storage: str | None = None
    name: str = "sunfront"
    checkpoint: Checkpoint = field(default_factory=Checkpoint)
    former: Mapping[str, DesignTable] = field(default_factory=dict)
    cluster: str = ""
    bounds: Certificate | None = None

    @property
    def is_alone(self) -> bool:
        """Whether this process computes everything."""
        return self.workers == 1 and not self.cluster
