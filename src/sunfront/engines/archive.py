"""What a sweep or a search keeps of the many designs that it looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.problem.front import non_dominated


@dataclass(frozen=True)
class Kept:
    """Feasible designs: a running front, and of the rest a random sample.

    Thinning and joining commute, so that neither blocks, nor processes, nor interruptions change what is kept.

    Attributes:
        rows: Array (designs, variables).
        scores: Array (designs, objectives).
        key: Random numbers (designs,); the smallest are the sample.
        born: Which design of the run each is, counted from 0; array (designs,).
    """

    rows: Array
    scores: Array
    key: Array
    born: NDArray[np.int64]

    @classmethod
    def nothing(cls, variables: int, objectives: int) -> Kept:
        return cls(np.empty((0, variables)), np.empty((0, objectives)), np.empty(0), np.empty(0, np.int64))

    def __len__(self) -> int:
        return len(self.key)

    def where(self, chosen: NDArray[np.bool_]) -> Kept:
        """Those chosen by a mask (designs,)."""
        return Kept(self.rows[chosen], self.scores[chosen], self.key[chosen], self.born[chosen])

    def joined(self, other: Kept) -> Kept:
        """These and the others."""
        return Kept(*(np.concatenate([getattr(self, f.name), getattr(other, f.name)]) for f in fields(Kept)))

    def thinned(self, keep: int) -> Kept:
        """The front, and of all the ``keep`` with the smallest keys."""
        if len(self) <= keep:
            return self
        chosen = non_dominated(self.scores)
        if keep:
            chosen[np.argpartition(self.key, keep - 1)[:keep]] = True
        return self.where(chosen)

    def front(self) -> Kept:
        """Those that no other beats."""
        return self.thinned(0)

    def arrays(self, since: int = 0) -> dict[str, Array]:
        """For a log: those born at ``since`` or later, by name."""
        late = self.where(self.born >= since)
        return {f"kept_{f.name}": getattr(late, f.name) for f in fields(Kept)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Kept:
        return cls(**{f.name: arrays[f"kept_{f.name}"] for f in fields(cls)})
