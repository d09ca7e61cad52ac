"""The base design of a study: ``base`` of a variable, the key ``design``."""

from __future__ import annotations

import pytest
import yaml

import sunfront
from sunfront import engines
from sunfront.engines.context import Context
from sunfront.errors import StudyError, UserError
from sunfront.runs import runner
from sunfront.study.study import Study

HEAD = "architecture: starlink_bus\nobjectives: [maximize roi]\n"
ALTITUDE = "altitude: {low: 400 km, high: 1200 km, step: 10 km"


def load(folder, body, name="asked"):
    path = folder / f"{name}.yaml"
    path.write_text(HEAD + body, "utf-8")
    return Study.load(path)


def test_a_base_value_takes_the_place_of_the_parameters(tmp_path):
    asked = load(tmp_path, f"variables:\n  {ALTITUDE}, base: 700 km}}\n")
    assert asked.problem.base == {"altitude": 700e3}
    assert asked.evaluate()["orbital_radius"] == 6378137 + 700e3
    fixed = load(tmp_path, "parameters: {altitude: 700 km}\n")
    assert asked.evaluate()["roi"] == fixed.evaluate()["roi"]
    assert sunfront.breakeven(asked, "compute_price").roots == sunfront.breakeven(fixed, "compute_price").roots
    assert load(tmp_path, f"variables:\n  {ALTITUDE}}}\n").problem.base == {"altitude": 560e3}


def test_a_bare_base_has_the_unit_of_the_variable(tmp_path):
    asked = load(tmp_path, "variables: {altitude: {low: 400, high: 1200, base: 700, unit: km}}\n")
    assert asked.problem.base == {"altitude": 700e3}


def test_a_preset_is_the_base_of_a_preset_variable(tmp_path):
    body = "presets: [b200]\nvariables: {chip: {presets: [h100, b200, gb200], base: gb200}}\n"
    asked = load(tmp_path, body)
    assert asked.problem.base == {"chip": 2.0}
    alone = load(tmp_path, "presets: [gb200]\n")
    assert asked.evaluate()["roi"] == alone.evaluate()["roi"]
    assert asked.settings["accelerator_price"].origin == "preset gb200"
    assert load(tmp_path, body.replace(", base: gb200", "")).problem.base == {"chip": 1.0}


def test_a_design_fixes_variables_presets_and_parameters(tmp_path):
    asked = load(
        tmp_path,
        "variables:\n  chip: {presets: [h100, b200]}\n  altitude: {low: 400 km, high: 1200 km, base: 500 km}\n"
        "design: {chip: h100, altitude: 700 km, node_array_area: 500 m^2}\n",
    )
    assert asked.problem.base == {"chip": 0.0, "altitude": 700e3}
    assert {v.name for v in asked.problem.variables} == {"chip", "altitude"}  # they stay variables
    assert asked.problem.values["node_array_area"] == 500.0  # a parameter has the value everywhere
    fixed = load(tmp_path, "presets: [h100]\nparameters: {altitude: 700 km, node_array_area: 500 m^2}\n")
    assert asked.evaluate()["npv"] == fixed.evaluate()["npv"]
    moved = asked.with_overrides(["altitude=800 km", "node_array_area=600 m^2", "chip=b200"])
    assert (dict(moved.design), moved.problem.base) == ({}, {})
    assert moved.evaluate()["altitude"] == 800e3


@pytest.mark.parametrize(
    ("body", "line", "key", "fact"),
    [
        (f"variables:\n  {ALTITUDE}, base: 705 km}}\n", 4, "variables.altitude.base", "the nearest is 700 km"),
        (f"variables:\n  {ALTITUDE}, base: 1300 km}}\n", 4, "variables.altitude.base", "400 km to 1,200 km"),
        (f"variables:\n  {ALTITUDE}, base: 300 km}}\n", 4, "variables.altitude.base", "out of range"),
        (f"variables:\n  {ALTITUDE}, base: 5 kg}}\n", 4, "variables.altitude.base", "mass"),
        (f"variables:\n  {ALTITUDE}, bases: 5 km}}\n", 4, "variables.altitude.bases", "'base'"),
        ("variables:\n  chip: {presets: [h100, b200], base: b20}\n", 4, "variables.chip.base", "'b200'"),
        ("design:\n  altitud: 560 km\n", 4, "design.altitud", "'altitude'"),
        ("design:\n  altitude: 560 kg\n", 4, "design.altitude", "mass"),
        ("design:\n  altitude: 5 km\n", 4, "design.altitude", "out of range"),
        ("design:\n  node_accelerators: 64.5\n", 4, "design.node_accelerators", "whole number"),
        ("design: [altitude]\n", 3, "design", "'name: value'"),
        ("design:\n  chip: b20\nvariables:\n  chip: {presets: [h100, b200]}\n", 4, "design.chip", "'b200'"),
        ("design:\n  chi: b200\nvariables:\n  chip: {presets: [h100, b200]}\n", 4, "design.chi", "'chip'"),
        (
            "design:\n  accelerator_price: 1 USD\nvariables:\n  chip: {presets: [h100, b200]}\n",
            4,
            "design.accelerator_price",
            "give chip in the design",
        ),
        (
            "design:\n  altitude: 560 km\nparameters: {altitude: 600 km}\n",
            4,
            "design.altitude",
            "remove one of the two",
        ),
        (f"design:\n  altitude: 563 km\nvariables:\n  {ALTITUDE}}}\n", 4, "design.altitude", "not on its grid"),
    ],
)
def test_mistakes_name_line_and_key(body, line, key, fact, tmp_path):
    with pytest.raises(StudyError) as error:
        load(tmp_path, body)
    assert (error.value.line, error.value.key) == (line, key)
    assert fact in error.value.reason


def test_a_run_folder_holds_the_base_design(tmp_path):
    body = f"variables:\n  {ALTITUDE}, base: 700 km}}\ndesign: {{node_array_area: 500 m^2}}\n"
    asked = load(tmp_path, body + "engine: {name: sweep, evaluations: 64}\n")
    done = runner.run(asked, output=tmp_path / "out")
    again = Study.load(done.folder / "study.yaml", name="asked")
    assert again.evaluate()["npv"] == asked.evaluate()["npv"]
    assert runner.identity(again)["run_id"] == done.record.run_id
    plain = load(tmp_path, f"variables:\n  {ALTITUDE}}}\nengine: {{name: sweep, evaluations: 64}}\n")
    stored = yaml.safe_load((runner.run(plain, output=tmp_path / "out").folder / "study.yaml").read_text("utf-8"))
    assert "design" not in stored
    assert "design" not in plain.model_dump(mode="json")  # so that its run id is that of former versions
    assert "base" not in plain.model_dump(mode="json")["variables"]["altitude"]


@pytest.mark.parametrize("engine", ["optuna, evaluations: 1", "evolve, evaluations: 1, refine: 0"])
def test_a_search_evaluates_a_stated_base_design_first(engine, tmp_path):
    """With a budget of one design, it is the only one."""
    body = "variables:\n  altitude: {low: 400 km, high: 1200 km, base: 712 km}\n  chip: {presets: [gb200, b200]}\n"
    asked = load(tmp_path, body + "design: {chip: b200}\nengine: {name: " + engine + "}\n")
    answer = engines.run(asked.problem, asked.engine, Context())
    nearest = answer.designs if answer.infeasibility is None else answer.infeasibility.design
    assert float(np_first(nearest["altitude"])) == pytest.approx(712e3, rel=1e-12)
    assert float(np_first(nearest["chip"])) == 1.0


def np_first(value):
    return value if isinstance(value, float) else value[0]


def test_a_design_in_si_becomes_the_base_design_without_loss(tmp_path):
    asked = load(tmp_path, "variables:\n  altitude: {low: 400 km, high: 1200 km}\n  chip: {presets: [h100, b200]}\n")
    value = 512345.678912345
    moved = asked.with_design({"altitude": value, "chip": 1.0, "radiator_temperature": 331.23456789})
    assert moved.problem.base == {"altitude": value, "chip": 1.0}
    assert moved.evaluate()["radiator_temperature"] == 331.23456789
    with pytest.raises(UserError, match="out of range"):
        asked.with_design({"altitude": 1.0})


@pytest.mark.parametrize("engine", ["pyomo", "sweep", "optuna", "evolve", "sensitivity"])
def test_a_study_without_variables_is_answered_by_every_engine(engine, tmp_path):
    asked = load(tmp_path, f"design: {{node_accelerators: 60}}\nengine: {{name: {engine}}}\n")
    results = runner.run(asked, output=tmp_path / "out")
    assert results.front["roi"].iloc[0] == pytest.approx(asked.evaluate()["roi"], rel=1e-9)
    assert len(results.front) == 1
