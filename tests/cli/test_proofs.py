"""Optimization models written to files."""

from __future__ import annotations

import highspy
import pytest
from common import UNCERTAIN

from sunfront.engines.exact.catalogue import build_catalogue
from sunfront.engines.exact.roots import at_first_trial
from sunfront.engines.exact.sampled import build_sampled
from sunfront.errors import SunfrontWarning, UnknownName
from sunfront.runs import runner


@pytest.fixture
def path(small, tmp_path):
    small("maximize fleet_it_power")
    return tmp_path / "small.yaml"


def solved(file, gap=None):
    """HiGHS after it has read a file and solved it."""
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    # The first HiGHS solve of a process fixes the number of threads. The engine needs one.
    solver.setOptionValue("threads", 1)
    if gap is not None:
        solver.setOptionValue("mip_rel_gap", gap)
    solver.readModel(str(file))
    solver.run()
    return solver


@pytest.mark.parametrize("suffix", ["lp", "mps"])
def test_another_reader_finds_the_same_optimum(path, small, tmp_path, command, suffix):
    """HiGHS reads the written file itself and finds the optimum of the engine."""
    file = tmp_path / f"model.{suffix}"
    assert command("formulate", path, "-o", file).returncode == 0
    solver = solved(file)
    study = small("maximize fleet_it_power", engine="pyomo, gap: 0.001 %")
    best = float(runner.run(study, output=tmp_path / "out").front["fleet_it_power"].iloc[0])
    unit = build_catalogue(study.problem, 2).objectives[0].scale
    assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    assert abs(solver.getInfo().objective_function_value) * unit == pytest.approx(best, rel=1e-6)
    assert "thermal_margin_at_least" in file.read_text("utf-8")


@pytest.mark.parametrize("objective", ["minimize compute_cost", pytest.param("maximize irr", marks=pytest.mark.long)])
def test_a_quotient_or_a_root_is_written_at_its_best_value(small, tmp_path, command, objective):
    """The optimum of the written file is the design of the engine, where N - r D, or what the root looks for, is 0."""
    study = small(objective, altitude="{choices: [600], unit: km}", engine="pyomo, gap: 0.001 %")
    file = tmp_path / "model.lp"
    assert command("formulate", tmp_path / "small.yaml", "-o", file).returncode == 0
    solver = solved(file, gap=0.0)
    assert solver.getInfo().objective_function_value == pytest.approx(0, abs=1e-6)
    best = runner.run(study, output=tmp_path / "out").front
    columns = [solver.getColName(i)[1] for i in range(solver.getNumCol())]
    values = dict(zip(columns, solver.getSolution().col_value, strict=True))
    amounts = {a.total: a.scale for a in build_catalogue(at_first_trial(study.problem), 2).all_amounts}
    for total, name in (("array_area", "node_array_area"), ("radiator_area", "node_radiator_area")):
        found = sum(x for column, x in values.items() if column.startswith(f"amount({total}"))
        expected = float((best[name] * best["nodes_per_launch"]).iloc[0])
        assert found * amounts[total] == pytest.approx(expected, rel=1e-4)


@pytest.mark.long
@pytest.mark.parametrize("objective", ["maximize mean npv", "maximize cvar10 npv"])
def test_a_statistic_is_written_over_its_samples(small, tmp_path, command, objective):
    altitude = "{choices: [600], unit: km}"
    study = small(objective, altitude=altitude, engine="pyomo, gap: 0.001 %", more=UNCERTAIN)
    file = tmp_path / "model.lp"
    assert command("formulate", tmp_path / "small.yaml", "-o", file).returncode == 0
    solver = solved(file, gap=0.0)
    unit = build_sampled(study.problem, 2).catalogue.objectives[0].scale
    best = float(runner.run(study, output=tmp_path / "out").front[study.problem.objectives[0].name].iloc[0])
    assert solver.getInfo().objective_function_value * unit == pytest.approx(best, rel=1e-5)


def test_a_percentile_has_no_program_to_write(small, tmp_path, command):
    """It is proved by trees; SCIP takes no samples, so that a run and the model hold nominal values."""
    study = small("maximize p10 npv", altitude="{choices: [600], unit: km}", engine="pyomo", more=UNCERTAIN)
    done = command("formulate", tmp_path / "small.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert "p10 npv: proved by trees over samples, not by one program" in done.stderr
    with pytest.warns(SunfrontWarning, match="nominal values, as a run solves it: scip takes no samples"):
        study.pyomo_model("scip")


def test_nonlinear_model_names_its_quantities(small):
    study = small("maximize roi, maximize fleet_it_power", "node_mass <= 3900 kg")
    model = study.pyomo_model("scip")
    assert model.altitude_steps[1].is_binary()
    assert model.node_accelerators.is_integer()
    for name in ("roi", "capex", "fleet_it_power", "array_temperature"):
        assert model.component(name) is not None
        assert model.component(f"{name}_equation") is not None
    assert model.node_mass_at_most.doc == "node_mass <= 4,000 kg"
    assert model.node_mass_at_most_2.doc == "node_mass <= 3,900 kg"
    with pytest.raises(UnknownName, match="'scip'") as error:
        study.pyomo_model("scib")
    assert error.value.name == "scib"


def test_formulate_prints_the_size_of_the_model(path, command):
    assert "nonlinear constraints" in command("formulate", path, "--solver", "scip").stdout


def test_formulate_writes_nonlinear_models(path, tmp_path, command):
    file = tmp_path / "m.nl"
    assert command("formulate", path, "--solver", "scip", "-o", file).returncode == 0
    assert file.stat().st_size > 1000


@pytest.mark.parametrize(
    ("solver", "file", "code", "fact"),
    [("scip", "m.lp", 2, "nonlinear"), ("highs", "m.xml", 2, "m.xml"), ("highs", "small.yaml/m.lp", 2, "small.yaml")],
)
def test_formulate_refuses_files_it_cannot_write(path, tmp_path, command, solver, file, code, fact):
    done = command("formulate", path, "--solver", solver, "-o", tmp_path / file)
    assert done.returncode == code
    assert fact in done.stderr
