"""The limits that one design misses when a parameter moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sunfront.errors import NotFinite
from sunfront.library.model import Model
from sunfront.problem.criteria import Constraint
from sunfront.problem.problem import Problem
from sunfront.problem.sizes import input_sizes
from sunfront.problem.variables import TOLERANCE
from sunfront.problem.verification import ROUNDING


@dataclass(frozen=True)
class Miss:
    """A constraint that is not met.

    Attributes:
        row: Which of the cases misses it, from 0.
        value: The constrained quantity there; SI and USD, NaN if it is not a number.
    """

    constraint: Constraint
    row: int
    value: float


def missed_limits(problem: Problem, given: Mapping[str, Any], count: int, model: Model | None = None) -> list[Miss]:
    """Find the constraints that are not met, beyond a solver's tolerance; statistics are left out.

    Args:
        given: For every input of the model, and every quantity given in place of its equation, a number or an array
            (count,); SI and USD.
        count: Number of cases.
        model: Equations of the design, if they are not those of the problem; what they do not compute is left out.
    """
    model = model or problem.model
    limits = [c for c in problem.constraints if c.statistic is None and (c.quantity in model or c.quantity in given)]
    with np.errstate(all="ignore"):  # NaN counts as not met
        found = model.evaluate(given, [c.quantity for c in limits])
    try:
        scales: Mapping[Constraint, float] = problem.constraint_scales
    except NotFinite:  # in some design far from this one
        scales = {c: abs(c.limit) for c in limits}
    misses = []
    for c in limits:
        values = np.broadcast_to(np.asarray(found[c.quantity], float), (count,))
        is_met = c.violation(values) <= max(TOLERANCE * scales[c], c.rounding)  # NaN is not met
        if not is_met.all():  # a difference of large numbers is not held to a share of its own rounding
            size = input_sizes(model, given, [c.quantity])[c.quantity]
            is_met |= c.violation(values) <= ROUNDING * size
        misses += [Miss(c, int(row), float(values[row])) for row in np.flatnonzero(~is_met)]
    return misses
