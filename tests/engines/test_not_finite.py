"""Designs in which a quantity is not a number are left out and named; the others are found as if there were none."""

from __future__ import annotations

import numpy as np
import pytest
from common import BOTH

from sunfront.runs import runner

#: Minus infinity at 690 km, not a number above.
ODD = 'quantities:\n  odd: {is: "log((690 km - altitude) / 1 km)", unit: "1", why: test}\n'

ENGINES = {
    "grid": "sweep, method: grid, points: 6",
    "sweep": "sweep, evaluations: 4096",
    "evolve": "evolve, evaluations: 800, population: 40",
    "optuna": "optuna, evaluations: 120, population: 20",
    "tpe": "optuna, sampler: tpe, evaluations: 120, population: 20",
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("objectives", "constraints"), [(BOTH, "odd >= 0 1"), ("maximize roi, maximize odd", "")])
def test_a_run_goes_on_without_such_designs(small, tmp_path, engine, objectives, constraints):
    results = runner.run(small(objectives, constraints, engine=ENGINES[engine], more=ODD), output=tmp_path / "out")
    assert results.status == "best found"
    assert len(results.front) > 0
    assert results.designs["altitude"].max() <= 600e3
    (note,) = [note for note in results.record.notes if "left out" in note]
    assert note.startswith("odd is ")
    assert "altitude = " in note


def test_the_front_is_that_of_the_other_designs(small, tmp_path):
    """On a grid: the same as if the altitudes at fault were no choices. The base design may be such a design."""
    grid, at_fault = ENGINES["grid"], "design: {altitude: 800 km}\n"
    found = runner.run(small(BOTH, "odd >= 0 1", engine=grid, more=ODD + at_fault), output=tmp_path / "a")
    without = runner.run(small(BOTH, engine=grid, altitude="{choices: [500, 600], unit: km}"), output=tmp_path / "b")
    for name in ("roi", "fleet_it_power", "altitude"):
        np.testing.assert_array_equal(found.front[name], without.front[name])


@pytest.mark.parametrize("engine", ["sweep", "evolve", "optuna"])
def test_an_objective_that_is_never_finite_is_said(small, tmp_path, engine):
    study = small("maximize odd", engine=ENGINES[engine], altitude="{choices: [690, 800], unit: km}", more=ODD)
    results = runner.run(study, output=tmp_path / "out")
    assert results.status == "none found"
    assert "an objective is infinite or not a number in every design" in " ".join(results.record.notes)
