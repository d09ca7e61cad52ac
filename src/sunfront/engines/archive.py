"""The feasible designs that a sweep or a search keeps of all that it evaluates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.problem.front import non_dominated


@dataclass(frozen=True)
class Archive:
    """Feasible designs: the current front, and a random sample of the others.

    ``thin`` and ``merge`` commute, so that the result depends neither on block sizes, nor on the number of worker
    processes, nor on interruptions.

    Attributes:
        rows: Values of the variables, array (designs, variables).
        scores: Array (designs, objectives).
        draw: Random numbers (designs,); the designs with the smallest are the sample.
        number: Position of each design in the run, from 0; array (designs,).
    """

    rows: Array
    scores: Array
    draw: Array
    number: NDArray[np.int64]

    @classmethod
    def empty(cls, variables: int, objectives: int) -> Archive:
        return cls(np.empty((0, variables)), np.empty((0, objectives)), np.empty(0), np.empty(0, np.int64))

    def __len__(self) -> int:
        return len(self.draw)

    def select(self, mask: NDArray[np.bool_]) -> Archive:
        """Return the designs for which the mask (designs,) is true."""
        return Archive(self.rows[mask], self.scores[mask], self.draw[mask], self.number[mask])

    def merge(self, other: Archive) -> Archive:
        """Return these designs followed by the other ones."""
        return Archive.merged([self, other])

    @classmethod
    def merged(cls, archives: Sequence[Archive]) -> Archive:
        """Return the designs of several, in their order."""
        return cls(*(np.concatenate([getattr(each, f.name) for each in archives]) for f in fields(cls)))

    def thin(self, keep: int) -> Archive:
        """Return the front and, of all designs, the ``keep`` with the smallest draws."""
        if len(self) <= keep:
            return self
        mask = non_dominated(self.scores)
        if keep:
            mask[np.argpartition(self.draw, keep - 1)[:keep]] = True
        return self.select(mask)

    def front(self) -> Archive:
        """Return the designs that no other design dominates."""
        return self.thin(0)

    def to_arrays(self, since: int = 0) -> dict[str, Array]:
        """Return arrays for a checkpoint entry: the designs whose number is at least ``since``."""
        late = self.select(self.number >= since)
        return {f"archive_{f.name}": getattr(late, f.name) for f in fields(Archive)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Archive:
        """Return the designs of a checkpoint entry."""
        return cls(**{f.name: arrays[f"archive_{f.name}"] for f in fields(cls)})
