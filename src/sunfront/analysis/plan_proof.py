"""Verify a finished run of a plan over time with SCIP, as a second solver of the same program."""

from __future__ import annotations

import math
from typing import NamedTuple

from sunfront.engines.plan import engine
from sunfront.errors import UserError
from sunfront.problem.front import evenly
from sunfront.runs.plans import PlanRun


class PlanProof(NamedTuple):
    """What SCIP proves of a plan over time.

    Attributes:
        plan: Its number.
        bound: On its first objective, with the others no worse; None if the time limit came first.
        confirmed: Whether the bound is within the gap of the run, and that of the second proof.
    """

    plan: int
    bound: float | None
    confirmed: bool


def prove_plan_again(
    run: PlanRun, gap: float, time_limit: float, most: int, progress: engine.Progress
) -> tuple[PlanProof, ...]:
    """Solve the program of plans of a run again with SCIP; arguments as ``second_proof.prove_again``.

    Raises:
        UserError: The run has no plan.
        Unverified: SCIP claims that there is none.
    """
    plan, points = run.study.plan, run.points
    if not points:
        raise UserError(f"{run.folder} has no plan to verify")
    chosen = evenly(len(points), most)
    scores = [
        tuple(o.sign * x for o, x in zip(plan.objectives, points[i].simulation.scores, strict=True)) for i in chosen
    ]
    proved = engine.prove_again(plan, scores, gap, time_limit, [points[i].decisions for i in chosen], progress)
    found = []
    for i, (_, bound) in zip(chosen, proved, strict=True):
        good = engine.is_confirmed(plan, points[i], bound, gap, run.record.engine.gap, run.record.certificate)
        found.append(PlanProof(i, None if bound == math.inf else plan.objectives[0].sign * bound, good))
    return tuple(found)
