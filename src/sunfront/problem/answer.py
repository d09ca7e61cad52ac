"""What an engine hands over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sunfront.arrays import Array
from sunfront.problem.certificate import Certificate

#: What is said about an answer. ``infeasible`` is proved; ``none found`` says nothing of designs not looked at.
Status = Literal["proved", "best found", "none found", "infeasible", "stopped"]


@dataclass(frozen=True)
class Answer:
    """What an engine hands over, before the numpy model has confirmed it.

    Attributes:
        designs: For every variable an array (designs,) of feasible designs.
        claims: For objectives, what the engine says they are worth; checked. Empty if numpy said it.
        evaluated, feasible: How many designs were looked at, and how many met the constraints; None for a solver.
        notes: What a reader of the report must know.
        record: Further keys of ``run.json``, as ``convergence``.
    """

    status: Status
    designs: Mapping[str, Array]
    claims: Mapping[str, Array] = field(default_factory=dict)
    certificate: Certificate | None = None
    evaluated: int | None = None
    feasible: int | None = None
    notes: tuple[str, ...] = ()
    record: Mapping[str, Any] = field(default_factory=dict)
