"""One objective over a catalogue that is read in blocks, against the same catalogue read at once."""

import math

import pytest

from sunfront import engines
from sunfront.engines.context import Context
from sunfront.engines.exact import blocks
from sunfront.engines.exact.catalogue import build_catalogue
from sunfront.errors import NonlinearEquation

YEAR = 365.25 * 86400  # s
STEPS = "{low: 500 km, high: 800 km, step: 20 km}"


@pytest.fixture
def in_blocks(monkeypatch):
    monkeypatch.setattr(blocks, "MAX_OPTIONS", 20)
    monkeypatch.setattr(blocks, "BLOCK", 7)


@pytest.mark.parametrize("objective", ["maximize roi", pytest.param("minimize capex", marks=pytest.mark.long)])
def test_blocks_prove_what_the_whole_catalogue_proves(small, in_blocks, monkeypatch, objective):
    study = small(objective, altitude=STEPS)
    answer = engines.run(study.problem, study.engine, Context())
    monkeypatch.undo()
    whole = engines.run(study.problem, study.engine, Context())
    assert answer.status == whole.status == "proved"
    assert answer.certificate.scope == whole.certificate.scope
    name = study.problem.objectives[0].quantity
    assert answer.claims[name] == pytest.approx(whole.claims[name], rel=1e-4)
    best = study.problem.objectives[0].sign * whole.claims[name][0]
    bound = answer.certificate.facts[0].bound
    assert 0 <= bound - best <= 2e-4 * abs(best)


def test_a_catalogue_without_a_design_is_infeasible_in_blocks_too(small, in_blocks):
    study = small("maximize roi", "fleet_it_power >= 10 GW", altitude="{low: 500 km, high: 640 km, step: 14 km}")
    assert engines.run(study.problem, study.engine, Context()).status == "infeasible"


def test_an_interruption_keeps_the_best_design_of_the_blocks_before_without_a_bound(small, in_blocks):
    problem = small("maximize roi", altitude=STEPS).problem
    done = []

    def report(block, count):
        assert count == 5
        done.append(block)
        if block == 3:
            raise KeyboardInterrupt

    options = blocks.option_blocks(problem, 5)
    assert options.count == 5
    assert sum(len(block["altitude"]) for block in options) == options.size == 32
    found = blocks.BlockedSolver(problem, 5, options, 1e-4, None, report).maximize(0, {}, math.inf)
    assert done == [0, 1, 2, 3]
    assert found.is_cut
    assert found.bound == math.inf


def test_blocks_hold_the_combinations_of_a_catalogue(small, in_blocks):
    problem = small("maximize roi", altitude=STEPS).problem
    whole = build_catalogue(problem, 5, whole=True)
    held = {pair for block in blocks.option_blocks(problem, 5) for pair in zip(*block.values(), strict=True)}
    assert held == set(zip(*whole.options.values(), strict=True))


def test_too_many_options_are_refused(small, monkeypatch):
    problem = small("maximize roi", altitude=STEPS).problem
    monkeypatch.setattr(blocks, "MAX_IN_BLOCKS", 31)
    with pytest.raises(NonlinearEquation, match=r"a catalogue of 32 options .* exceeds the maximum of 31"):
        blocks.option_blocks(problem, 5)


def test_a_limit_on_a_root_is_kept_in_blocks(small, in_blocks):
    study = small("maximize fleet_it_power", "irr >= 1 %/year", altitude=STEPS)
    answer = engines.run(study.problem, study.engine, Context())
    assert answer.status == "proved"
    assert study.problem.evaluate(answer.designs)["irr"] >= 0.01 / YEAR * (1 - 1e-6)
