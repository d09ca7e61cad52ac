"""Fronts of three and four objectives against every design of small studies."""

import math

import numpy as np
import pytest
from brute_force import CHOICES, every_combination
from common import LIGHT, write_small

from sunfront import engines
from sunfront.engines.context import Context
from sunfront.engines.exact.catalogue import build_catalogue
from sunfront.engines.exact.highs import HighsSolver
from sunfront.engines.exact.sifting import WHOLE, SiftingSolver
from sunfront.engines.settings import PyomoSettings
from sunfront.problem.certificate import measure_gap
from sunfront.problem.front import non_dominated
from sunfront.problem.verification import confirm, verified
from sunfront.study.study import Study

OBJECTIVES = [
    "maximize roi",
    "maximize fleet_it_power",
    "minimize capex",
    "maximize specific_power",
    "minimize compute_cost",
    "minimize node_mass",
    "minimize launches",
    "maximize altitude",
    "maximize radiator_area",
]


def degenerate_study(folder, seed):
    """A study of few or some hundred designs, with objectives that may not conflict, or not differ."""
    random = np.random.default_rng(seed)
    lines = ["architecture: starlink_bus", LIGHT, "variables:"]
    for name, (values, unit) in CHOICES.items():
        kept = sorted(random.choice(values, int(random.integers(1, 4)), replace=False).tolist())
        lines.append(f"  {name}: {{choices: {kept}{', unit: ' + unit if unit else ''}}}")
    wanted = random.choice(OBJECTIVES, 3 + seed % 2, replace=False)
    lines.append(f"objectives: [{', '.join(wanted)}]")
    path = folder / f"degenerate{seed}.yaml"
    path.write_text("\n".join(lines) + "\n")
    return Study.load(path)


@pytest.mark.parametrize("seed", [*range(4), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(4, 20))])
def test_degenerate_studies_against_enumeration(tmp_path, seed):
    problem = degenerate_study(tmp_path, seed).problem
    columns = every_combination(problem)
    quantities = problem.evaluate(columns, problem.criterion_names)
    truth = problem.scores(quantities)[problem.feasible(quantities)]
    answer = engines.run(problem, PyomoSettings(gap=0.01), Context())
    if not len(truth):
        assert answer.status == "infeasible"
        return
    assert answer.status == "proved"
    table = verified(problem, answer)
    confirm(problem, table, answer.certificate)
    scores = problem.scores(table)
    gap = measure_gap(scores, answer.certificate)
    assert gap.relative <= 0.01
    front = truth[non_dominated(truth)]
    size = np.maximum(np.abs(front).max(axis=0), 1e-9)
    # Every design found is on the front, and every design of the front lies below the bounds and is matched as claimed.
    for point in scores:
        assert (np.abs(front - point) <= 1e-6 * size).all(axis=1).any()
    for design in front:
        bounds = [
            b for floors, b in answer.certificate.facts if (design[1:] >= np.array(floors) + 1e-9 * size[1:]).all()
        ]
        assert min(bounds) >= design[0] - 1e-6 * size[0]
        assert (design[1:] <= np.array(answer.certificate.ceilings) + 1e-6 * size[1:]).all()
        missed = (design - scores) / np.maximum(np.maximum(np.abs(design), np.abs(scores)), 1e-300)
        assert missed.max(axis=1).min() <= gap.multiplicative + 1e-6


@pytest.mark.slow
def test_a_score_that_is_reached_excludes_no_design_and_no_solve_changes_the_next(tmp_path):
    """Whatever a sifting solver was asked before: the same design, score and bound, also from the best score itself."""
    altitude = "{low: 500 km, high: 690 km, step: 10 km}"
    study = write_small(tmp_path, "maximize roi, maximize fleet_it_power, minimize capex", altitude=altitude)
    catalogue = build_catalogue(Study.load(study).problem, 81)
    assert catalogue.size > WHOLE
    fresh = [SiftingSolver(catalogue, 1e-5).maximize(0, {1: floor}, math.inf) for floor in (0.0, 4e7, 2e8)]
    used = SiftingSolver(catalogue, 1e-5)
    for index in (2, 1, 0):
        used.maximize(index, {}, math.inf)
    for floor, first in zip((0.0, 4e7, 2e8), fresh, strict=True):
        assert used.maximize(0, {1: floor}, math.inf) == first
        again = used.maximize(0, {1: floor}, math.inf, start=first.scores[0])
        assert again.scores[0] == pytest.approx(first.scores[0], rel=1e-5)
        assert again.bound >= first.scores[0] * (1 - 1e-9)
        assert used.maximize(2, {1: floor}, math.inf, start=first.scores[2]) is not None  # a negative score
    beyond = 1.01 * max(solution.scores[1] for solution in [used.maximize(1, {}, math.inf)])
    assert used.maximize(0, {1: beyond}, math.inf) is None
    whole = HighsSolver(catalogue, 1e-5)
    for floor, first in zip((0.0, 4e7, 2e8), fresh, strict=True):
        assert whole.maximize(0, {1: floor}, math.inf).scores[0] == pytest.approx(first.scores[0], rel=1e-5)
