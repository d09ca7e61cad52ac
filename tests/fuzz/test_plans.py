"""Random plans: each is answered with a verified plan, or explained; none ends in a traceback."""

from __future__ import annotations

import math
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from plans import Choices, enumerate_simulations, sized
from random_plans import random_plan

from sunfront.engines.plan.claims import size
from sunfront.engines.plan.coefficients import Coefficients
from sunfront.engines.plan.engine import PlanAnswer, PlanPoint, is_confirmed, measure, prove_again, run
from sunfront.engines.plan.robustness import Trial, try_scenarios
from sunfront.engines.plan.settings import PlanSettings
from sunfront.engines.plan.solver import PlanSolver
from sunfront.engines.plan.two_stage import solve_two_stage
from sunfront.errors import SolverFailure, UserError
from sunfront.problem.plan import Plan
from sunfront.problem.scenarios import draw, stages
from sunfront.study.plan_study import PlanStudy

#: Most plans that are enumerated.
MOST = 2000

GAP = 0.01

#: Of all solves, s.
LIMIT = 60.0


def check_by_enumeration(plan: Plan, answer: PlanAnswer) -> str:
    """Hold the answer of a plan to every plan in whole units.

    Returns:
        "equal"; "not below" if the answer may be better, since some of it is continuous, or there are several
        objectives; empty if there are too many.
    """
    variables = [v for p in plan.products if p.is_sized for v in p.problem.variables]
    tried = {v.name: np.linspace(v.low, v.high, 3) for v in variables if v.is_continuous}
    c = Coefficients(plan)
    if Choices(plan, c, tried).count > MOST:
        return ""
    every = enumerate_simulations(plan, tried)
    is_whole = all(p.whole and not sized(p) for p in plan.products)
    if not every:
        has_no_return = bool(answer.points) and answer.points[0].simulation.scores[0] == -math.inf  # not enumerated
        assert answer.status == "infeasible" or has_no_return or not is_whole
        return "equal" if is_whole else "not below"
    assert answer.status != "infeasible"
    for decisions, simulation in every:
        measure(plan, [PlanPoint(decisions, simulation)], answer.certificate)  # raises if it exceeds a bound
    if len(plan.objectives) > 1:
        return "not below"
    (objective,) = plan.objectives
    best = max(objective.sign * done.scores[0] for _, done in every)
    found = answer.points[0].simulation
    rounding = 1e-6 * size(objective, found, best)
    allowed = GAP * max(abs(best), abs(found.scores[0])) + rounding
    assert objective.sign * found.scores[0] >= best - allowed
    assert objective.sign * found.scores[0] <= best + rounding or not is_whole
    return "equal" if is_whole else "not below"


def check_by_scip(plan: Plan, answer: PlanAnswer) -> str:
    """Hold the answer to a second solver; "scip" if it confirms it, empty if its time did not suffice."""
    try:
        if answer.status == "infeasible":
            assert PlanSolver(plan, GAP, "scip").maximize(0, {}, time.monotonic() + LIMIT) is None
            return "scip"
        signs = [o.sign for o in plan.objectives]
        scores = [tuple(s * x for s, x in zip(signs, p.simulation.scores, strict=True)) for p in answer.points]
        proved = prove_again(plan, scores, GAP, LIMIT, [p.decisions for p in answer.points])
    except (TimeoutError, SolverFailure):
        return ""
    if any(bound == math.inf for _, bound in proved):
        return ""
    for point, (_, bound) in zip(answer.points, proved, strict=True):
        assert is_confirmed(plan, point, bound, GAP, GAP), (point.simulation.scores, bound)
    return "scip"


def check_scenarios(study: PlanStudy, answer: PlanAnswer) -> str:
    """Try the first decisions in two scenarios: none does better than the best plan, nor than the program of both."""
    plan, factors = study.plan, study.factors
    draws = draw(factors, 2, 0)
    (first,) = [point.decisions for point in answer.points]
    tried = dict(try_scenarios(Trial(plan, factors, draws, (first,), GAP, LIMIT), {}))
    found = [outcome.npv[0] for outcome in tried.values()]
    if None in found:
        return "scenarios"
    two = solve_two_stage(plan, factors, draws, GAP, time.monotonic() + LIMIT)
    assert all(outcome.best >= npv for outcome, npv in zip(tried.values(), found, strict=True))
    assert len(stages(factors)) == 1
    rounding = 1e-6 * answer.points[0].simulation.turnover
    assert two is not None
    assert two.bound >= np.mean(found) - rounding
    assert np.mean([outcome.best for outcome in tried.values()]) >= two.mean * (1 - GAP * np.sign(two.mean)) - rounding
    return "scenarios"


def try_plan(seed: int, folder: Path) -> set[str]:
    """Run a random plan; return how it ended and what held it. What is no answer and no error of ours is raised."""
    path = folder / f"plan{seed}.yaml"
    path.write_text(random_plan(seed), "utf-8")
    try:
        study = PlanStudy.load(path)
        study.check()
        answer = run(study.plan, PlanSettings.model_validate({"gap": GAP, "time_limit": f"{LIMIT} s"}))
    except UserError:
        return {"refused"}
    except SolverFailure as error:
        if "time limit" not in str(error):
            raise
        return {"time"}
    if answer.status == "infeasible":
        assert not answer.points
        ends = {"infeasible", "explained" if answer.shortages else ""}
    else:
        assert answer.points  # each has been simulated, and held to the program and to the bounds
        assert answer.status != "proved" or answer.gap.relative <= 1.1 * GAP
        ends = {answer.status}
    if answer.status != "stopped":
        held = check_by_enumeration(study.plan, answer)
        ends |= {held} if held else {check_by_scip(study.plan, answer)}
    if answer.status == "proved" and study.factors:
        with suppress(TimeoutError):
            ends.add(check_scenarios(study, answer))
    return ends - {""}


@pytest.mark.parametrize(
    ("seed", "held"),
    [(1, "not below"), (3, "scip"), (7, "equal"), pytest.param(221, "scip", marks=pytest.mark.slow)],
    ids=["designs", "second solver", "infeasible", "stores"],
)
def test_random_plans(tmp_path, seed, held):
    assert held in try_plan(seed, tmp_path)


@pytest.mark.long
def test_many_random_plans(tmp_path):
    ends = [try_plan(seed, tmp_path) for seed in range(300)]  # more than 200 of them are valid
    counts = {name: sum(name in each for each in ends) for name in sorted(set().union(*ends))}
    print(counts)
    assert len(ends) - counts["refused"] >= 200
    assert counts["explained"] > 40
    assert counts["equal"] > 30
    assert counts["scip"] >= 10
    assert "time" not in counts
