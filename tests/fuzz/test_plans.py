"""Random plans: each is answered with a verified plan, or explained; none ends in a traceback."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from random_plans import random_plan

from sunfront.engines.plan.engine import run
from sunfront.engines.plan.settings import PlanSettings
from sunfront.errors import SolverFailure, UserError
from sunfront.study.plan_study import PlanStudy


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
    ends = [try_plan(seed, tmp_path) for seed in range(200)]
    assert ends.count("proved") > 60
    assert ends.count("explained") > 10
    assert "time" not in ends
