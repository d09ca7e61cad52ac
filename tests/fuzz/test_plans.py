"""Random plans: each is answered with a verified plan, or explained; none ends in a traceback."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from plans import choices, enumerate_plans
from random_plans import random_plan

from sunfront.engines.plan.coefficients import Coefficients
from sunfront.engines.plan.engine import PlanAnswer, run
from sunfront.engines.plan.settings import PlanSettings
from sunfront.errors import SolverFailure, UserError
from sunfront.problem.plan import Plan
from sunfront.study.plan_study import PlanStudy

#: Most plans that are enumerated.
MOST = 2000


def check_by_enumeration(plan: Plan, answer: PlanAnswer) -> bool:
    """Hold the answer of a plan to every plan in whole units; False if there are too many, or they are not whole."""
    if any(p.is_sized or p.retires_early or not p.whole for p in plan.products):
        return False
    if plan.tiers or len(plan.objectives) > 1:
        return False
    if np.prod([len(each) for each in choices(plan, Coefficients(plan))], dtype=float) > MOST:
        return False
    every = enumerate_plans(plan)
    assert (answer.status == "infeasible") == (not every)
    if not every:
        return True
    sign = plan.objectives[0].sign
    best = max(sign * scores[0] for scores, _, _ in every)
    found = answer.points[0].simulation
    money = plan.objectives[0].goal.kind in ("npv", "peak_funding")
    rounding = 1e-5 * (found.turnover if money else abs(best))
    allowed = 0.01 * max(abs(best), abs(sign * found.scores[0])) + rounding  # the gap that was asked for
    assert best - allowed <= sign * found.scores[0] <= best + rounding
    assert answer.certificate.facts[0].bound >= best - rounding
    return True


def try_plan(seed: int, folder: Path) -> str:
    """Run a random plan; return how it ended. What is no answer and no error of ours is raised."""
    path = folder / f"plan{seed}.yaml"
    path.write_text(random_plan(seed), "utf-8")
    try:
        plan = PlanStudy.load(path).plan
        answer = run(plan, PlanSettings.model_validate({"gap": 0.01, "time_limit": "60 s"}))
    except UserError:
        return "refused"
    except SolverFailure as error:
        if "time limit" not in str(error):
            raise
        return "time"
    if answer.status in ("proved", "infeasible") and check_by_enumeration(plan, answer):
        return "enumerated"
    if answer.status == "infeasible":
        assert not answer.points
        return "explained" if answer.shortages else "infeasible"
    assert answer.points  # each has been simulated, and held to the program and to the bounds
    if answer.status == "proved":
        assert answer.gap is not None
        assert answer.gap.relative <= 0.011
    return answer.status


@pytest.mark.parametrize("seed", range(3))
def test_random_plans(tmp_path, seed):
    try_plan(seed, tmp_path)


@pytest.mark.long
def test_many_random_plans(tmp_path):
    ends = [try_plan(seed, tmp_path) for seed in range(480)]  # more than 200 of them are valid
    print({end: ends.count(end) for end in set(ends)})
    assert len(ends) - ends.count("refused") > 200
    assert ends.count("proved") > 60
    assert ends.count("explained") > 40
    assert ends.count("enumerated") > 30
    assert "time" not in ends
