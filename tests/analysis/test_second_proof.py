"""Fronts proved a second time, by another solver."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from common import BOTH, rewrite_record, write_small

from sunfront.analysis.second_proof import discretize_options, prove_again
from sunfront.errors import UnknownName, Unverified, UserError
from sunfront.runs import runner
from sunfront.runs.results import Results
from sunfront.study.study import Study


@pytest.fixture(scope="module")
def front(tmp_path_factory):
    folder = tmp_path_factory.mktemp("front")
    engine = "pyomo, gap: 2 %, shells: 3"
    path = write_small(folder, BOTH, engine=engine, altitude="{low: 500 km, high: 800 km}")
    return runner.run(Study.load(path), output=folder / "out")


def prove(results, solver="scip"):
    return prove_again(results, solver, 1e-3, 60, lambda *_: None)


@pytest.fixture(scope="module")
def proofs(front):
    return prove(front)


def tampered(front, folder, change):
    """A copy of the run whose record is changed."""
    shutil.copytree(front.folder, folder)
    rewrite_record(folder, change)
    return Results.load(folder)


def test_second_solver_confirms_a_front(front, proofs):
    assert len(proofs) == len(front.front)
    assert all(proof.confirmed and proof.gap <= 3e-3 for proof in proofs)
    for proof, roi in zip(proofs, front.front["roi"], strict=True):
        assert proof.values["roi"] == pytest.approx(roi)
        assert proof.second == pytest.approx(proof.bound, rel=3e-3)


def test_verify_prints_every_point(front, proofs, command, monkeypatch):
    monkeypatch.setattr("sunfront.analysis.second_proof.prove_again", lambda *_: proofs)
    done = command("verify", front.folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("confirmed") == len(front.front)
    assert "not confirmed" not in done.stdout
    for unit in ("ROI (%)", "(MW)"):
        assert unit in done.stdout


def test_points_without_time_are_not_confirmed(front, command):
    done = command("verify", front.folder, "--time-limit", 0)
    assert done.returncode == 1
    assert done.stdout.count("not confirmed") == len(front.front)


def test_a_bound_that_is_too_low_is_detected(front, tmp_path):
    def lower(record):
        facts = record["certificate"]["facts"]
        record["certificate"]["facts"] = [[f, None if b is None else 0.9 * b] for f, b in facts]

    with pytest.raises(Unverified, match=r"scip .*roi = .*bound"):
        prove(tampered(front, tmp_path / "run", lower))


def test_a_run_of_other_equations_is_refused(front, tmp_path):
    def other_equations(record):
        record["hashes"]["equations"] = "x"

    with pytest.raises(UserError, match="equations"):
        prove(tampered(front, tmp_path / "run", other_equations))


@pytest.mark.parametrize(("solver", "error"), [("highs", UserError), ("scib", UnknownName)])
def test_the_second_solver_is_another_known_one(front, solver, error):
    with pytest.raises(error, match=solver) as raised:
        prove(front, solver)
    assert type(raised.value) is error


def test_a_run_without_a_proof_is_refused(small, tmp_path):
    swept = runner.run(small("maximize roi", engine="sweep, evaluations: 1024"), output=tmp_path / "out")
    with pytest.raises(UserError, match="pyomo"):
        prove(swept)


def test_continuous_options_take_the_values_of_the_catalogue(front):
    problem = discretize_options(Study.load(front.folder / "study.yaml").problem, 5)
    variables = {v.name: v for v in problem.variables}
    assert variables["altitude"].values == pytest.approx(np.linspace(500e3, 800e3, 5))
    assert variables["node_array_area"].values is None
