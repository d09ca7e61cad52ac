"""The Python API."""

from __future__ import annotations

import importlib
import sys
from importlib.metadata import version

import numpy as np
import pandas as pd
import pytest

import sunfront
from sunfront.errors import NotFinite, RangeError, UnitError, UnknownName, UserError
from sunfront.runs import runner


def test_values_as_text_number_or_array():
    text = sunfront.evaluate("starlink_bus", altitude="650 km")
    number = sunfront.evaluate("starlink_bus", altitude=650e3)
    array = sunfront.evaluate("starlink_bus", altitude=np.array([[400e3], [650e3]]), launch_cadence=[1e-6, 2e-6, 3e-6])
    assert text["orbital_period"] == number["orbital_period"] == pytest.approx(97.73 * 60, rel=1e-4)
    assert array["orbital_period"].shape == (2, 1)
    assert array["roi"].shape == (2, 3)
    assert array["orbital_period"][1, 0] == text["orbital_period"]


def test_presets_apply_in_order():
    chip = sunfront.evaluate("starlink_bus", presets=["h100"])
    assert chip["it_power"] == 64 * 9 * 1000.0
    claim = sunfront.evaluate("starlink_bus", presets=["h100", "handmer_2025"])
    assert claim["it_power"] == 130e3


def test_given_quantity_is_not_computed():
    assert sunfront.evaluate("starlink_bus", capex=1e10)["capex"] == 1e10


@pytest.mark.parametrize(
    ("values", "error", "match"),
    [
        ({"altitud": "5 km"}, UnknownName, "did you mean 'altitude'"),
        ({"altitud": 5.0}, UnknownName, "did you mean 'altitude'"),
        ({"altitude": "5 kg"}, UnitError, "length"),
        ({"altitude": 5e6}, RangeError, "325 km to 2,000 km"),
        ({"altitude": np.array([5e5, np.nan])}, RangeError, "altitude"),
        ({"solar_constant": "1400 kW/m^2"}, RangeError, "1,400,000 W/m"),
        ({"present_value_of_cost": 0.0, "discounted_energy": 0.0}, NotFinite, "compute_cost"),
    ],
)
def test_mistakes(values, error, match):
    with pytest.raises(error, match=match):
        sunfront.evaluate("starlink_bus", **values)


def test_counts_with_rounding_noise_are_whole_numbers():
    found = sunfront.evaluate("starlink_bus", node_accelerators=np.array([94.00000000001, 93.99999999999, 64]))
    np.testing.assert_array_equal(found["accelerators"], 9 * np.array([94, 94, 64]))
    with pytest.raises(RangeError, match=r"64\.5 is not a whole number"):
        sunfront.evaluate("starlink_bus", node_accelerators=np.array([60, 64.5, 94]))


def test_unknown_architecture():
    with pytest.raises(UnknownName, match="did you mean 'starlink_bus'"):
        sunfront.evaluate("starlink_buss")


def test_version_is_that_of_the_package():
    assert sunfront.__version__ == version("sunfront")
    with pytest.raises(AttributeError, match="no attribute 'versoin'"):
        sunfront.versoin  # noqa: B018


def test_load_and_run(small, tmp_path):
    study = small(engine="sweep, evaluations: 4096")
    assert sunfront.load(tmp_path / "small.yaml") == study
    results = sunfront.run(tmp_path / "small.yaml", output=tmp_path / "out")
    assert {"roi", "altitude", "node_mass"} <= set(results.front.columns)
    assert results.front.attrs["units"]["altitude"] == "km"


def test_changed_study_poses_a_changed_problem(small):
    """A study caches its problem; none of the ways to change it may carry the old one along."""
    study = small()
    assert study.problem.values["discount_rate"] == pytest.approx(0.10 / 31557600)
    dearer = study.with_overrides(["discount_rate=12 %/year", "altitude=600 km"])
    assert dearer.problem.values["discount_rate"] == pytest.approx(0.12 / 31557600)
    assert dearer.problem.values["altitude"] == 600e3
    assert "altitude" not in {v.name for v in dearer.problem.variables}
    assert dearer.evaluate()["orbital_radius"] == 6978137.0
    assert study.with_changes(objectives=["maximize npv"]).problem.objectives[0].quantity == "npv"
    assert study.with_engine("sweep").quick().engine.evaluations == 1 << 14


def test_an_objective_that_is_given_is_refused(small):
    with pytest.raises(UserError) as caught:
        small().with_overrides(["roi=0.2"])
    assert caught.value.cause.path == ("objectives", 0)
    assert "'roi: computed'" in caught.value.message


def test_half_an_accelerator_is_refused(small):
    with pytest.raises(UserError, match="is not a whole number"):
        small().with_overrides(["node_accelerators=10.5"])


def test_public_names_are_there_and_lazy():
    for name in sunfront.__all__:
        assert getattr(sunfront, name) is not None
    assert sunfront.decisions.knee
    assert sunfront.errors.UserError is UserError
    assert sunfront.equation.equation("1")
    assert callable(sunfront.breakeven)
    assert sorted(sunfront.__all__) == dir(sunfront)


def test_a_study_is_evaluated_over_arrays_into_a_table(small):
    altitudes = np.array([500e3, 600e3])
    study = small()
    found = study.evaluate(altitude=altitudes, discount_rate="12 %/year")
    table = pd.DataFrame(found)
    assert len(table) == 2
    for i, altitude in enumerate(("500 km", "600 km")):
        alone = study.evaluate(altitude=altitude, discount_rate="12 %/year")
        assert table["npv"][i] == alone["npv"]
    assert len(sunfront.evaluate("starlink_bus").to_frame()) == 1
    grid = sunfront.evaluate(study, altitude=altitudes[:, None], node_radiator_area=np.array([100.0, 150.0, 200.0]))
    assert grid["roi"].shape == (2, 3)
    assert len(grid.to_frame()) == 6
    with pytest.raises(UnknownName):
        study.evaluate(altitud=5e5)
    with pytest.raises(TypeError):
        sunfront.evaluate(study, presets=["h100"])


def test_a_run_is_opened_by_name_folder_or_results(small, tmp_path):
    results = runner.run(small(engine="sweep, evaluations: 4096"), output=tmp_path / "out")
    for name in (results, results.folder, "small", results.folder.name[:6]):
        opened = sunfront.open(name, tmp_path / "out")
        assert opened.results.record == results.record
        assert opened.study.name == "small"
    with pytest.raises(UserError):
        sunfront.open("medium", tmp_path / "out")


@pytest.mark.parametrize(
    ("old", "name"),
    [
        ("sunfront.architectures", "METRICS"),
        ("sunfront.breakeven", "breakeven"),
        ("sunfront.budgets", "budgets"),
        ("sunfront.decisions", "knee"),
        ("sunfront.parameters", "Parameter"),
        ("sunfront.results", "Results"),
        ("sunfront.review", "review"),
        ("sunfront.xmath", "exp"),
    ],
)
def test_old_module_paths_work_with_a_warning(old, name):
    sys.modules.pop(old, None)
    with pytest.warns(DeprecationWarning, match=old):
        module = importlib.import_module(old)
    assert callable(getattr(module, name)) or getattr(module, name)


def test_the_old_path_of_breakeven_leaves_the_function_callable(small):
    sys.modules.pop("sunfront.breakeven", None)
    with pytest.warns(DeprecationWarning, match="sunfront.analysis.breakeven"):
        from sunfront.breakeven import breakeven
    assert sunfront.breakeven(small(), "launch_markup", "roi", 0.05) == breakeven(small(), "launch_markup", "roi", 0.05)
