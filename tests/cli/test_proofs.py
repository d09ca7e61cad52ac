"""Formulations written to files, and fronts proved a second time."""

from __future__ import annotations

import json
import shutil

import highspy
import numpy as np
import pytest
from common import BOTH, write_small

from sunfront.analysis.second_proof import discretize_options, prove_again
from sunfront.engines.exact.catalogue import read
from sunfront.errors import UnknownName, Unverified, UserError
from sunfront.runs import runner
from sunfront.runs.results import Results
from sunfront.study.study import Study


@pytest.fixture
def path(small, tmp_path):
    small("maximize fleet_it_power")
    return tmp_path / "small.yaml"


@pytest.mark.parametrize("suffix", ["lp", "mps"])
def test_another_reader_finds_the_same_optimum(path, small, tmp_path, command, suffix):
    """HiGHS's own reader of the written file, against the engine."""
    file = tmp_path / f"model.{suffix}"
    assert command("formulate", path, "-o", file).returncode == 0
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    # The first HiGHS solve of a process fixes the number of threads. The engine needs one.
    solver.setOptionValue("threads", 1)
    solver.readModel(str(file))
    solver.run()
    study = small("maximize fleet_it_power", engine="pyomo, gap: 0.001 %")
    best = float(runner.run(study, output=tmp_path / "out").front["fleet_it_power"].iloc[0])
    unit = read(study.problem, 2).targets[0].unit
    assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    assert abs(solver.getInfo().objective_function_value) * unit == pytest.approx(best, rel=1e-6)
    assert "thermal_margin_at_least" in file.read_text("utf-8")


def test_nonlinear_model_bears_the_names_of_quantities(small):
    study = small("maximize roi, maximize fleet_it_power", "node_mass <= 3900 kg")
    model = study.pyomo_model("scip")
    assert model.altitude_rungs[1].is_binary()
    assert model.node_accelerators.is_integer()
    for name in ("roi", "capex", "fleet_it_power", "array_temperature"):
        assert model.component(name) is not None
        assert model.component(f"{name}_equation") is not None
    assert model.node_mass_at_most.doc == "node_mass <= 4,000 kg"
    assert model.node_mass_at_most_2.doc == "node_mass <= 3,900 kg"
    with pytest.raises(UnknownName, match="scip"):
        study.pyomo_model("scib")


def test_formulate_counts_and_refuses(path, tmp_path, command):
    def formulated(*args):
        return command("formulate", path, *args)

    assert "nonlinear constraints" in formulated("--solver", "scip").stdout
    assert formulated("--solver", "scip", "-o", tmp_path / "m.nl").returncode == 0
    assert (tmp_path / "m.nl").stat().st_size > 1000
    for *args, file, code, said in (
        ("--solver", "scip", "-o", tmp_path / "m.lp", 2, "nonlinear"),
        ("-o", tmp_path / "m.xml", 2, ""),
        ("-o", tmp_path / "no" / "m.lp", 1, "m.lp"),
    ):
        done = formulated(*args, file)
        assert done.returncode == code
        assert said in done.stderr


@pytest.fixture(scope="module")
def front(tmp_path_factory):
    folder = tmp_path_factory.mktemp("front")
    engine = "pyomo, gap: 2 %, shells: 3"
    path = write_small(folder, BOTH, engine=engine, altitude="{low: 500 km, high: 800 km}")
    return runner.run(Study.load(path), output=folder / "out")


def test_a_front_is_confirmed_by_the_other_solver(front):
    rows = prove_again(front, "scip", 1e-3, 60, lambda *_: None)
    assert len(rows) == len(front.front)
    assert all(row.confirmed and row.gap <= 3e-3 for row in rows)
    for row, roi in zip(rows, front.front["roi"], strict=True):
        assert row.values["roi"] == pytest.approx(roi)
        assert row.second == pytest.approx(row.bound, rel=3e-3)


def tampered(front, folder, change):
    shutil.copytree(front.folder, folder)
    record = json.loads((folder / "run.json").read_text("utf-8"))
    change(record)
    (folder / "run.json").write_text(json.dumps(record), "utf-8")
    return Results.load(folder)


def test_a_false_proof_is_found_out(front, tmp_path):
    def lower(record):
        record["certificate"]["facts"] = [
            [f, None if b is None else 0.9 * b] for f, b in record["certificate"]["facts"]
        ]

    with pytest.raises(Unverified, match=r"scip .*roi = .*bound"):
        prove_again(tampered(front, tmp_path / "run", lower), "scip", 1e-3, 60, lambda *_: None)


def test_what_cannot_be_verified(front, tmp_path, small):
    def other(record):
        record["hashes"]["equations"] = "x"

    with pytest.raises(UserError, match="other equations"):
        prove_again(tampered(front, tmp_path / "run", other), "scip", 1e-3, 60, lambda *_: None)
    with pytest.raises(UserError, match="another --solver"):
        prove_again(front, "highs", 1e-3, 60, lambda *_: None)
    swept = runner.run(small("maximize roi", engine="sweep, evaluations: 1024"), output=tmp_path / "out")
    with pytest.raises(UserError, match="no proof"):
        prove_again(swept, "scip", 1e-3, 60, lambda *_: None)


def test_shells_are_those_of_the_catalogue(small, front):
    problem = Study.load(front.folder / "study.yaml").problem
    altitude = next(v for v in discretize_options(problem, 5).variables if v.name == "altitude")
    assert altitude.values == pytest.approx(np.linspace(500e3, 800e3, 5))
    areas = [v for v in discretize_options(problem, 5).variables if v.name == "node_array_area"]
    assert areas[0].values is None
