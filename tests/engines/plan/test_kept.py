"""What an interrupted run of a plan has proved is used when it runs again."""

from __future__ import annotations

import pytest
from plans import load_small

from sunfront.engines.checkpoint import KeptFile
from sunfront.engines.exact.highs_run import Ended
from sunfront.engines.exact.kept import KeptSolves
from sunfront.engines.plan import solver
from sunfront.engines.plan.engine import run
from sunfront.engines.plan.settings import PlanSettings
from sunfront.runs.plans import run_plan

EXACT = PlanSettings(gap=1e-6)


def counted(monkeypatch, most=10**9, ends=None):
    """Count the runs of HiGHS; from the number ``most`` on, raise KeyboardInterrupt; or change how each ends."""
    calls = []
    plain = solver.run_highs

    def count(highs, model, deadline, watch):
        calls.append(1)
        if len(calls) > most:
            raise KeyboardInterrupt
        end = plain(highs, model, deadline, watch)
        return ends(end) if ends else end

    monkeypatch.setattr(solver, "run_highs", count)
    return calls


def test_a_frontier_goes_on_where_it_was_interrupted(tmp_path, monkeypatch):
    study = load_small(tmp_path, "maximize npv, minimize peak_funding", end="2028-01", overrides=("engine.gap=2 %",))
    with monkeypatch.context() as patch:
        whole_calls = counted(patch)
        whole = run(study.plan, study.engine)
    with monkeypatch.context() as patch:
        counted(patch, most=5)
        stopped = run_plan(study, output=tmp_path)
    assert stopped.status == "stopped"
    kept = stopped.folder.with_name(f"{stopped.folder.name}.partial") / "solves.jsonl"
    with kept.open("a") as file:
        file.write('{"key": "torn')
    with monkeypatch.context() as patch:
        calls = counted(patch)
        again = run_plan(study, output=tmp_path)
    # The last of the five may have been what the next solve was to begin from, which is not kept.
    assert len(whole_calls) - 5 <= len(calls) <= len(whole_calls) - 4
    assert again.status == whole.status == "proved"
    assert [p.simulation.scores for p in again.points] == [p.simulation.scores for p in whole.points]
    assert again.record.certificate == whole.certificate
    assert not kept.exists()
    assert run_plan(study, output=tmp_path).loaded


def test_a_solve_that_was_cut_is_improved(tmp_path, monkeypatch):
    plan = load_small(tmp_path).plan
    best = run(plan, EXACT).points[0].simulation.npv
    file = KeptFile(tmp_path / "solves.jsonl", "a run")
    with monkeypatch.context() as patch:
        counted(patch, ends=lambda end: Ended("interrupted", end.found, end.bound + 0.1 * abs(end.bound)))
        cut = run(plan, EXACT, kept=file)
    assert cut.status == "stopped"
    assert cut.certificate.facts[0].bound > best
    again = run(plan, EXACT, kept=file)
    assert again.status == "proved"
    assert again.points[0].simulation.npv == pytest.approx(best, rel=1e-6)
    assert again.certificate.facts[0].bound == pytest.approx(best, rel=1e-6)
    assert run(plan, EXACT, kept=file).points[0].simulation.npv == again.points[0].simulation.npv
    assert len(KeptSolves(file)) == 1
    assert len(KeptSolves(file._replace(run="another run"))) == 0
