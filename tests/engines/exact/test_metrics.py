"""Multiples, margins and extremes as objective and limit: exact engines and searches against enumeration."""

from __future__ import annotations

import numpy as np
import pytest
from common import NONLINEAR
from engines.exact.test_roots import all_designs, hall

from sunfront.errors import NonlinearEquation
from sunfront.runs import runner

SOLVERS = ["highs", *(pytest.param(solver, marks=pytest.mark.slow) for solver in NONLINEAR)]
LOAN = "presets: [project_finance]\n"

#: Objective, further limits, and whether a larger value is better.
CASES = {
    "moic": ("maximize moic", "fleet_it_power >= 10 MW"),
    "limit of moic": ("maximize fleet_it_power", "moic <= 1.5"),
    "margin": ("minimize ebitda_margin", "moic >= 1.9"),
    "limit of the margin": ("maximize time_to_power", "ebitda_margin >= 93 %"),
    "limit of funding": ("maximize npv", "peak_funding <= 600 MUSD"),
    "funding": ("minimize peak_funding", "fleet_it_power >= 25 MW"),
}


def check(study, folder, objective):
    """Hold the best of a run to the best of all designs."""
    values, feasible = all_designs(study)
    assert 0 < feasible.sum() < len(feasible) or not study.constraints
    results = runner.run(study, output=folder)
    sense, name = objective.split()
    best = (np.max if sense == "maximize" else np.min)(values[name][feasible])
    assert results.front[name][0] == pytest.approx(best, rel=5e-3)
    return results


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("solver", SOLVERS)
def test_exact_solvers_find_what_the_enumeration_finds(tmp_path, solver, case):
    objective, limit = CASES[case]
    study = hall(tmp_path, objective, limit, f"pyomo, solver: {solver}, time_limit: 60 s", more=LOAN)
    if "funding" in case and solver != "highs":
        with pytest.raises(NonlinearEquation, match="largest of 121 values"):
            runner.run(study, output=tmp_path / "out")
        return
    results = check(study, tmp_path / "out", objective)
    assert results.status == "proved"


def test_cover_is_for_searches(tmp_path):
    objective, limit = "maximize debt_service_cover", "fleet_it_power >= 25 MW"
    results = check(
        hall(tmp_path, objective, limit, "sweep, method: grid, points: 5", more=LOAN), tmp_path / "out", objective
    )
    assert 1 < results.front["debt_service_cover"][0] < 10
    with pytest.raises(NonlinearEquation, match="least of 30 values"):
        runner.run(hall(tmp_path, objective, limit, more=LOAN), output=tmp_path / "exact")
    limited = hall(tmp_path, "maximize npv", "debt_service_cover <= 2", "sweep, method: grid, points: 5", more=LOAN)
    check(limited, tmp_path / "limited", "maximize npv")
