"""Bounds that floating point finds lie above the best design by a margin, so that rounding loses no design."""

import math

import pytest
from common import write_small

from sunfront.engines.exact.catalogue import build_catalogue
from sunfront.engines.exact.mip import HighsMip
from sunfront.engines.exact.reading import read_with
from sunfront.engines.exact.sifting import SiftingSolver
from sunfront.study.study import Study

ALTITUDE = "{choices: [600], unit: km}"


@pytest.mark.parametrize("mip", [None, HighsMip])
@pytest.mark.parametrize("objective", ["maximize roi", "maximize fleet_it_power"])  # a quotient; a sum
def test_a_bound_on_a_score_is_above_the_best_design(tmp_path, objective, mip):
    problem = Study.load(write_small(tmp_path, objective, altitude=ALTITUDE)).problem
    catalogue = build_catalogue(problem, 2)
    best = SiftingSolver(catalogue, 1e-12, mip).maximize(0, {}, math.inf)
    assert best.bound - best.scores[0] >= 0.99e-9 * catalogue.objectives[0].scale


@pytest.mark.long
def test_a_bound_on_a_root_is_above_it(tmp_path):
    problem = Study.load(write_small(tmp_path, "maximize irr", altitude=ALTITUDE)).problem
    best = read_with("highs", problem, 2, None).build(1e-6).maximize(0, {}, math.inf)
    low, high = problem.model["irr"].range
    assert best.bound - best.scores[0] >= 0.99e-9 * (high - low)
