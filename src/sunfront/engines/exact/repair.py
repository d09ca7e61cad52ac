"""Designs that the numpy model does not confirm: solved again with their options and whole numbers fixed, or left out.

A solver meets rows within a tolerance that is relative to the largest amounts. Around one design the amounts are scaled
by that design, so that the tolerance is small beside it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sunfront.engines.exact.catalogue import build_catalogue
from sunfront.engines.exact.highs import HighsSolver
from sunfront.engines.exact.roots import has_root_objective, with_rows
from sunfront.engines.exact.solver_protocol import Solution
from sunfront.errors import SunfrontError, Unverified
from sunfront.problem.answer import Answer
from sunfront.problem.problem import Problem
from sunfront.problem.variables import Variable
from sunfront.problem.verification import verified

#: By how much a continuous variable may change, relative to its value.
REACH = 0.01

#: By how much other objectives may be worse than the solver claimed, relative.
LOSS = 1e-4

#: Maximum duration of one solve, in seconds; it is a small linear program.
TIME_LIMIT = 10.0


def confirmed(problem: Problem, points: Sequence[Solution]) -> tuple[list[Solution], tuple[str, ...]]:
    """Return the points that the numpy model confirms, repaired where it does not confirm them, and notes for people.

    Raises:
        Unverified: It confirms none.
    """
    first = _fault(problem, points)
    if first is None:
        return list(points), ()
    kept: list[Solution] = []
    repaired = 0
    for point in points:
        if _fault(problem, [point]) is None:
            kept.append(point)
        elif (better := _repaired(problem, point)) is not None and _fault(problem, [better]) is None:
            kept.append(better)
            repaired += 1
    if not kept:
        raise first
    notes = []
    if repaired:
        notes.append(f"{repaired} of {len(points)} designs missed a constraint by the solver's tolerance; solved again")
    if left := len(points) - len(kept):
        notes.append(f"{left} of {len(points)} designs are left out, because numpy does not confirm them: {first}")
    return kept, tuple(notes)


def _fault(problem: Problem, points: Sequence[Solution]) -> Unverified | None:
    designs = {v.name: np.array([point.design[v.name] for point in points]) for v in problem.variables}
    claims = {o.name: o.sign * np.array([p.scores[i] for p in points]) for i, o in enumerate(problem.objectives)}
    try:
        verified(problem, Answer("best found", designs, claims))
    except Unverified as error:
        return error
    return None


def _repaired(problem: Problem, point: Solution) -> Solution | None:
    """Maximize the first objective near a point; None if that is not possible."""
    if has_root_objective(problem):
        return None
    near = replace(problem, variables=tuple(_near(problem, v, point.design[v.name]) for v in problem.variables))
    floors = {i: score - LOSS * abs(score) for i, score in enumerate(point.scores) if i > 0}
    try:
        catalogue = build_catalogue(with_rows(near), 2)
        if not catalogue.size:
            return None
        return HighsSolver(catalogue, gap=1e-9).maximize(0, floors, time.monotonic() + TIME_LIMIT)
    except (SunfrontError, TimeoutError):
        return None


def _near(problem: Problem, v: Variable, value: float) -> Variable:
    """Limit a continuous amount of hardware to values near one; fix any other variable."""
    if not v.is_continuous or v.name not in problem.hardware:
        return replace(v, choices=(value,))
    return replace(v, low=max(v.low, value - REACH * abs(value)), high=min(v.high, value + REACH * abs(value)))
