"""What an engine returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sunfront.arrays import Array
from sunfront.problem.certificate import Certificate
from sunfront.problem.findings import Convergence, Refinement, Sensitivity, ShadowPrice, Summary
from sunfront.problem.infeasibility import Infeasibility

#: ``infeasible`` is proved; ``none found`` says nothing about designs that were not evaluated.
Status = Literal["proved", "best found", "none found", "infeasible", "stopped"]


@dataclass(frozen=True)
class Answer:
    """What an engine returns, before the numpy model has verified it.

    Attributes:
        designs: For every variable an array (designs,) of feasible designs.
        claims: For every objective an array (designs,) of the values that a solver claims; verified later. Empty if
            the numpy model computed them.
        evaluated, feasible: Designs evaluated, and how many of them met the constraints; None for a solver.
        notes: What a reader of the report must know.
    """

    status: Status
    designs: Mapping[str, Array]
    claims: Mapping[str, Array] = field(default_factory=dict)
    certificate: Certificate | None = None
    evaluated: int | None = None
    feasible: int | None = None
    notes: tuple[str, ...] = ()
    infeasibility: Infeasibility | None = None
    shadow_prices: tuple[ShadowPrice, ...] = ()
    refinement: Refinement | None = None
    convergence: Convergence | None = None
    summary: Mapping[str, Summary] = field(default_factory=dict)
    sensitivity: Sensitivity | None = None
