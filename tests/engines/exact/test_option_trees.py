"""Trees of small programs against whole mixed-integer programs, against every design, and when they are stopped."""

import math
import time

import numpy as np
import pytest
from common import write_small

from sunfront import engines
from sunfront.engines.context import Context
from sunfront.engines.exact import option_trees
from sunfront.engines.exact.catalogue import build_catalogue
from sunfront.engines.exact.mip import HighsMip
from sunfront.engines.exact.sifting import SiftingSolver
from sunfront.engines.settings import PyomoSettings
from sunfront.study.study import Study

OBJECTIVES = "maximize roi, maximize fleet_it_power, maximize specific_power, minimize node_mass"
GAP = 1e-5


def random_catalogue(folder, seed):
    """A study with whole nodes and accelerators, whole nodes alone, or a number of nodes for each option."""
    random = np.random.default_rng(seed)
    altitudes = sorted(random.choice(np.arange(40, 80) * 10, 3, replace=False).tolist())
    path = write_small(folder, OBJECTIVES, altitude=f"{{choices: {altitudes}, unit: km}}")
    variables = {**Study.load(path).variables}
    low, high = sorted(random.choice(np.arange(2, 20), 2, replace=False).tolist())
    variables["nodes_per_launch"] = {"low": low, "high": high, "integer": True}
    if seed % 3 == 1:
        variables["node_accelerators"] = {"low": 8, "high": 104}
    if seed % 3 == 2:
        variables["nodes_per_launch"] = {"choices": [low, high]}
    return build_catalogue(Study.load(path).with_changes(variables=variables).problem, 5), random


@pytest.mark.parametrize("seed", [*range(3), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(3, 40))])
def test_trees_prove_what_a_mixed_integer_program_proves(tmp_path, seed):
    catalogue, random = random_catalogue(tmp_path, seed)
    if not catalogue.size:
        return  # no launch takes so many nodes
    trees, programs = SiftingSolver(catalogue, GAP), SiftingSolver(catalogue, GAP, HighsMip)
    ends = np.array([trees.maximize(i, {}, math.inf).scores for i in range(4)])
    low, high = ends.min(axis=0), ends.max(axis=0)
    for index in random.permutation(4)[: 2 if seed < 3 else 4].tolist():
        others = [i for i in range(4) if i != index and random.random() < 0.6]
        floors = {i: float(low[i] + random.uniform(0, 0.7) * (high[i] - low[i])) for i in others}
        ours, theirs = (solver.maximize(index, floors, math.inf) for solver in (trees, programs))
        assert (ours is None) == (theirs is None)
        if ours is None:
            continue
        size = catalogue.objectives[index].scale
        assert ours.scores[index] == pytest.approx(theirs.scores[index], rel=3 * GAP, abs=1e-6 * size)
        assert ours.bound >= theirs.scores[index] - 1e-8 * size
        assert 0 <= ours.bound - ours.scores[index] <= GAP * abs(ours.scores[index]) + 1e-6 * size
        assert all(ours.scores[i] >= floor - 1e-6 * abs(floor) for i, floor in floors.items())


def test_a_start_that_is_reached_changes_no_answer_and_one_that_is_not_is_given_up(tmp_path):
    catalogue, _ = random_catalogue(tmp_path, 0)
    solver = SiftingSolver(catalogue, GAP)
    best = solver.maximize(0, {}, math.inf)
    for start in (best.scores[0], best.scores[0] - 0.1, best.scores[0] + 0.1):
        again = solver.maximize(0, {}, math.inf, start)
        assert again.scores[0] == pytest.approx(best.scores[0], rel=GAP)
        assert again.bound >= best.scores[0]


def test_a_search_that_is_stopped_keeps_its_design_and_a_bound(tmp_path, monkeypatch):
    catalogue, _ = random_catalogue(tmp_path, 0)
    best = SiftingSolver(catalogue, GAP).maximize(0, {}, math.inf)
    plain, plain_solve, known = option_trees.TreeSolver.solution, option_trees.TreeSolver.solve, []

    def solution(*args):
        known.append(plain(*args))
        return known[-1]

    def solve(*args):
        if known:
            raise KeyboardInterrupt
        return plain_solve(*args)

    monkeypatch.setattr(option_trees.TreeSolver, "solution", solution)
    monkeypatch.setattr(option_trees.TreeSolver, "solve", solve)
    solver = SiftingSolver(catalogue, GAP)
    found = solver.maximize(0, {}, math.inf)
    assert found.is_cut
    assert found.scores == known[0].scores
    assert found.bound >= best.scores[0]
    with pytest.raises(KeyboardInterrupt):
        solver.maximize(0, {}, math.inf)
    with pytest.raises(TimeoutError):
        SiftingSolver(catalogue, GAP).maximize(0, {}, time.monotonic() - 1)


@pytest.mark.parametrize(
    ("accelerators", "nodes"),
    [((44, 62, 8), {"choices": [14, 15]}), ((44, 62, 8), {"low": 14, "high": 19, "step": 1}), ((44, 60, 8), None)],
)
def test_a_range_that_ends_off_its_grid_ends_at_the_last_value(tmp_path, accelerators, nodes):
    study = Study.load(write_small(tmp_path, "maximize roi", altitude="{choices: [600], unit: km}"))
    low, high, step = accelerators
    variables = {**study.variables, "node_accelerators": {"low": low, "high": high, "step": step}}
    variables["nodes_per_launch"] = nodes or {"low": 10, "high": 19, "step": 2}
    catalogue = build_catalogue(study.with_changes(variables=variables).problem, 5)
    deadline = time.monotonic() + 60
    trees, programs = (SiftingSolver(catalogue, GAP, mip).maximize(0, {}, deadline) for mip in (None, HighsMip))
    assert not trees.is_cut
    assert trees.scores[0] == pytest.approx(programs.scores[0], rel=3 * GAP)
    assert trees.design["node_accelerators"] == 60


def test_totals_that_no_launch_takes_leave_a_range_empty(tmp_path):
    study = Study.load(write_small(tmp_path, "maximize fleet_it_power", "fleet_it_power <= 248 MW"))
    variables = {**study.variables, "nodes_per_launch": {"choices": [3, 60]}}
    variables["node_accelerators"] = {"low": 2, "high": 800, "integer": True}
    variables["node_array_area"] = {"low": "10 m^2", "high": "900 m^2"}
    variables["node_radiator_area"] = {"low": "2 m^2", "high": "300 m^2"}
    catalogue = build_catalogue(study.with_changes(variables=variables).problem, 5)
    deadline = time.monotonic() + 60
    trees, programs = (SiftingSolver(catalogue, GAP, mip).maximize(0, {}, deadline) for mip in (None, HighsMip))
    assert trees.scores[0] == pytest.approx(programs.scores[0], rel=3 * GAP)
    assert trees.bound == pytest.approx(trees.scores[0], rel=3 * GAP)


def test_a_goal_that_is_met_is_proved(tmp_path):
    path = write_small(
        tmp_path, "fleet_it_power >= 30 MW", "", altitude="{choices: [600], unit: km}", more="combine: goals\n"
    )
    answer = engines.run(Study.load(path).problem, PyomoSettings(), Context())
    assert answer.status == "proved"
    assert answer.claims["deviation_from_goals"] == answer.certificate.facts[0].bound == 0


def test_a_goal_that_is_met_but_for_rounding_is_proved(tmp_path):
    """It lies at the largest value that there is, or 1e-12 or 1e-9 beyond."""
    altitude, engine = "{choices: [600], unit: km}", "pyomo, gap: 0.0001 %"
    most = Study.load(write_small(tmp_path, "maximize fleet_it_power", "", engine, altitude=altitude))
    (best,) = engines.run(most.problem, most.engine, Context()).claims["fleet_it_power"].tolist()
    for share in (0.0, 1e-12, 1e-9):
        goal = f"fleet_it_power >= {best * (1 + share)!r} W"
        study = Study.load(write_small(tmp_path, goal, "", altitude=altitude, more="combine: goals\n"))
        answer = engines.run(study.problem, study.engine, Context())
        assert answer.status == "proved"
        assert answer.claims["deviation_from_goals"] == pytest.approx(0, abs=2e-9)
