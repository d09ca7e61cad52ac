"""Refinement between the shells of a catalogue, compared with a fine catalogue."""

from __future__ import annotations

import re
from unittest.mock import Mock

import numpy as np
import pytest
from common import write_small

from sunfront import engines
from sunfront.engines.context import Context
from sunfront.engines.settings import PyomoSettings
from sunfront.problem.verification import gap_of, verified
from sunfront.runs import runner
from sunfront.study.study import Study


@pytest.fixture
def continuous(tmp_path):
    engine = "pyomo, shells: 4, gap: 0.01 %"
    return Study.load(write_small(tmp_path, engine=engine, altitude="{low: 500 km, high: 800 km}"))


def test_the_refined_optimum_is_that_of_a_fine_catalogue(continuous, tmp_path):
    results = runner.run(continuous, output=tmp_path)
    refined = results.record.refinement
    assert refined.catalogue == pytest.approx(float(results.front["roi"].iloc[0]), rel=1e-9)
    fine = engines.run(continuous.problem, PyomoSettings(shells=151, gap=1e-4), Context())
    best = float(verified(continuous.problem, fine)["roi"][0])
    for altitude in (refined.design["altitude"], float(fine.designs["altitude"][0])):
        assert abs(altitude - float(results.front["altitude"].iloc[0])) <= 100e3  # a step of the catalogue
    assert best * (1 - 1e-6) <= refined.refined <= best * (1 + 3e-4)  # the fine catalogue has steps of its own
    assert refined.gain == pytest.approx(refined.refined / refined.catalogue - 1, abs=1e-9)
    note = next(n for n in results.record.notes if "limiting altitude to the values of the catalogue costs" in n)
    missing = float(note.rpartition("more than ")[2].removesuffix(" %"))  # half the gap more than what was found
    assert 100 * refined.gain + 0.005 - 1e-6 <= missing <= 100 * refined.gain + 0.1
    assert best <= refined.catalogue * (1 + missing / 100)


@pytest.mark.parametrize(
    ("where", "note"),
    [
        ("refinement.prove_all_values", "steps of altitude is unknown: interrupted"),
        ("refinement.verified", "steps of altitude is unknown: interrupted"),
        ("shadow_prices.compute_shadow_prices", "interrupted before the shadow prices were known"),
    ],
)
def test_a_run_that_is_interrupted_after_its_proof_is_continued(continuous, tmp_path, monkeypatch, where, note):
    """What was proved is kept, and the same command ends with what a run without interruption has."""
    with monkeypatch.context() as patch:
        patch.setattr(f"sunfront.engines.exact.{where}", Mock(side_effect=KeyboardInterrupt))
        stopped = runner.run(continuous, output=tmp_path / "out")
    assert stopped.status == "stopped"
    assert any(note in each for each in stopped.record.notes)
    whole = runner.run(continuous, output=tmp_path / "out")
    assert whole.status == "proved"
    assert whole.record.refinement.refined >= whole.record.refinement.catalogue
    assert len(whole.record.shadow_prices) > 0


WARM = "\n  radiator_temperature: {low: 310 K, high: 350 K}"


@pytest.mark.parametrize(("limit", "more"), [("MOST_SOLVES", ""), ("MOST_ROUNDS", WARM)])
def test_what_is_found_is_told_where_a_front_over_all_values_is_not_closed(tmp_path, monkeypatch, limit, more):
    monkeypatch.setattr(f"sunfront.engines.exact.all_values.{limit}", 1)
    altitude, objectives = "{low: 500 km, high: 800 km}" + more, "maximize roi, maximize fleet_it_power"
    problem = Study.load(write_small(tmp_path, objectives, altitude=altitude)).problem
    answer = engines.run(problem, PyomoSettings(shells=4, gap=0.02), Context())
    columns, refined = verified(problem, answer), answer.refinement
    design = {name: np.array([value]) for name, value in refined.design.items()}
    found = problem.evaluate(design)
    assert problem.feasible(found)[0]
    assert found["roi"][0] == pytest.approx(refined.refined, rel=1e-9)
    assert refined.refined > refined.catalogue * 1.005
    gap = gap_of(problem, columns, answer.certificate).relative  # no listed design is beyond a bound
    if more:  # nothing is known but for the catalogue
        assert (answer.status, refined.certificate) == ("proved", None)
        assert gap <= 0.02
        assert "costs at least" in answer.notes[-1]
        assert "no bound over all values is known: too many boxes" in answer.notes[-1]
        return
    assert (answer.status, answer.certificate) == ("stopped", refined.certificate)
    assert gap > 0.02
    assert max(columns["roi"]) == pytest.approx(refined.refined, rel=1e-9)
    told = [float(x) / 100 for x in re.findall(r"at most ([\d.]+) %", answer.notes[-1])]
    assert gap <= told[0] <= gap + 0.01
    assert told[1] <= 0.02  # over the catalogue, which was proved
    assert "was not closed: 1 solves" in answer.notes[-1]


def test_a_catalogue_without_continuous_options_has_no_steps(small, tmp_path):
    assert runner.run(small(), output=tmp_path).record.refinement is None
