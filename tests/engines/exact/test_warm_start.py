"""Proofs that start from a finished run: what it has proved is not proved again, and is dropped where it fails."""

from __future__ import annotations

import pytest
from common import BOTH, write_small

from sunfront.engines.exact.sifting import SiftingSolver
from sunfront.runs import runner
from sunfront.study.study import Study

ONE_SHELL = "{choices: [600, 690], unit: km}"


@pytest.fixture
def solves(monkeypatch):
    """What HiGHS was asked: objective and floors of each solve."""
    asked, maximize = [], SiftingSolver.maximize

    def counted(self, index, floors, deadline, start=0.0):
        asked.append((index, tuple(sorted(floors.items()))))
        return maximize(self, index, floors, deadline, start)

    monkeypatch.setattr(SiftingSolver, "maximize", counted)
    return asked


def run(folder, objectives, engine, limits=""):
    path = write_small(folder, objectives, limits, engine=engine, altitude=ONE_SHELL)
    return runner.run(Study.load(path), output=folder / "out")


def is_said(found):
    return any("started from the bounds of" in note for note in found.record.notes)


@pytest.mark.slow
def test_a_front_to_a_smaller_gap_repeats_no_solve(tmp_path, solves):
    first = run(tmp_path, BOTH, "pyomo, gap: 40 %")
    before = set(solves)
    solves.clear()
    found = run(tmp_path, BOTH, f"pyomo, gap: 5 %, warm_start: {first.folder}")
    assert found.status == "proved"
    assert found.record.gap.relative <= 0.05
    assert is_said(found)
    assert not before & set(solves)
    assert {tuple(fact.floors) for fact in first.record.certificate.facts} <= {
        tuple(fact.floors) for fact in found.record.certificate.facts
    }


@pytest.mark.long
def test_bounds_hold_with_further_limits_and_not_with_another_price(tmp_path, solves):
    first = run(tmp_path, "maximize roi", "pyomo, gap: 1 %")
    warm = f"pyomo, gap: 1 %, warm_start: {first.folder}"
    solves.clear()
    same = run(tmp_path, "maximize roi", warm, "node_mass <= 3990 kg")  # slack, so that the bound is reached at once
    assert is_said(same)
    assert not solves
    assert same.record.certificate == first.record.certificate
    tighter = run(tmp_path, "maximize roi", warm, "node_mass <= 3300 kg")
    cold = run(tmp_path, "maximize roi", "pyomo, gap: 1 %", "node_mass <= 3300 kg")
    assert is_said(tighter)
    assert tighter.status == "proved"
    assert tighter.scores.max() == pytest.approx(cold.scores.max(), rel=0.01)
    assert tighter.scores.max() < first.scores.max() - 0.001
    path = write_small(tmp_path, "maximize roi", engine=warm, altitude=ONE_SHELL)
    dearer = runner.run(Study.load(path).with_changes(parameters={"premium_rate": 0.06}), output=tmp_path / "out")
    assert not is_said(dearer)
    assert dearer.status == "proved"


@pytest.mark.slow
def test_bounds_over_all_values_serve_other_shells_and_scip(tmp_path):
    def solved(engine):
        path = write_small(tmp_path, "maximize roi", engine=engine, altitude="{low: 500 km, high: 800 km}")
        return runner.run(Study.load(path), output=tmp_path / "out")

    first = solved("pyomo, gap: 5 %, shells: 3")
    ((_, bound),) = first.record.refinement.certificate.facts
    assert bound > first.record.certificate.top
    for engine in ("pyomo, gap: 8 %, shells: 5", "pyomo, gap: 8 %, solver: scip"):
        warm = solved(f"{engine}, warm_start: {first.folder}")
        assert is_said(warm)
        assert warm.record.certificate.facts[0].bound == bound


def test_a_limit_that_cuts_the_ends_off_has_them_solved_again(tmp_path):
    limit = "fleet_it_power >= 50 MW"
    first = run(tmp_path, BOTH, "pyomo, gap: 60 %")
    warm = run(tmp_path, BOTH, f"pyomo, gap: 10 %, warm_start: {first.folder}", limit)
    cold = run(tmp_path, BOTH, "pyomo, gap: 10 %", limit)
    assert is_said(warm)
    assert warm.status == cold.status == "proved"
    assert warm.scores.max(axis=0) == pytest.approx(cold.scores.max(axis=0), rel=1e-4)
    assert first.scores.max(axis=0)[0] > cold.scores.max(axis=0)[0] + 0.001


def test_the_designs_of_a_former_run_outlive_the_time_limit(tmp_path):
    first = run(tmp_path, "maximize roi", "sweep, evaluations: 4096")
    found = run(tmp_path, "maximize roi", f"pyomo, gap: 0.001 %, time_limit: 0.001 s, warm_start: {first.folder}")
    assert found.status == "stopped"
    assert found.scores.max() == first.scores.max()
