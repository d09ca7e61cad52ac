"""Ranges of variables: steps that miss the upper bound, and logarithmic ranges."""

import numpy as np
import pytest

import sunfront
from sunfront.engines.exact.all_values import _split, boxes_of
from sunfront.engines.exact.options import axes_of
from sunfront.engines.search.trials import TrialConverter
from sunfront.engines.search.unit_cube import UnitCube
from sunfront.errors import NotPhysical, StudyError
from sunfront.runs import runner
from sunfront.study.study import Study

HEAD = "architecture: starlink_bus\nobjectives: [maximize roi]\n"
PRICE = "launch_specific_price: {low: 10 USD/kg, high: 10000 USD/kg, log: true}"


def write(tmp_path, variables, engine="{name: sweep, evaluations: 1024}", more=""):
    path = tmp_path / "ranges.yaml"
    lines = "".join(f"  {line}\n" for line in variables)
    path.write_text(f"{HEAD}variables:\n{lines}engine: {engine}\n{more}", "utf-8")
    return path


@pytest.mark.parametrize(
    ("entry", "note"),
    [
        ("altitude: {low: 400 km, high: 1000 km, step: 250 km}", "go up to 900 km; 1,000 km is never reached"),
        (
            "radiator_temperature: {low: 20 degC, high: 60 degC, step: 15 K}",
            "steps of 15 K from 293.15 K go up to 323.15 K",
        ),
        ("altitude: {low: 400 km, high: 1000 km, step: 200 km}", ""),
        ("node_array_area: {low: 0.1 m^2, high: 0.7 m^2, step: 0.2 m^2}", ""),
        ("node_accelerators: {low: 8, high: 40, integer: true}", ""),
    ],
)
def test_a_step_that_misses_the_upper_bound_is_noted(tmp_path, entry, note):
    notes = [each for each in Study.load(write(tmp_path, [entry])).range_notes if "never reached" in each]
    assert len(notes) == bool(note)
    assert all(note in each for each in notes)


@pytest.mark.parametrize(
    ("entry", "note"),
    [
        ("node_accelerators: {low: 8, high: 16, step: 0.5}", "node_accelerators counts whole things"),
        ("node_accelerators: {low: 8, high: 16, step: 2}", ""),
        ("chip: {presets: [gb200, falcon_9]}", "gb200 (accelerator) and falcon_9 (launcher) share no quantity"),
        ("chip: {presets: [gb200, h100]}", ""),
    ],
)
def test_a_variable_that_is_no_sensible_one_is_noted(tmp_path, entry, note):
    notes = Study.load(write(tmp_path, [entry])).range_notes
    assert any(note in each for each in notes) if note else notes == []


def test_a_choice_that_is_listed_twice_is_refused(tmp_path):
    with pytest.raises(StudyError, match=r"choices\.2: 500\.0 km is listed twice"):
        Study.load(write(tmp_path, ["altitude: {choices: [500 km, 600 km, 500.0 km]}"]))


def test_a_logarithmic_range_gets_as_many_samples_in_each_decade(tmp_path):
    results = runner.run(Study.load(write(tmp_path, [PRICE])), output=tmp_path)
    prices = results.designs["launch_specific_price"].to_numpy()
    counts, _ = np.histogram(prices, [10, 100, 1000, 10_001])
    assert counts.sum() == 1024
    assert counts == pytest.approx(1024 / 3, abs=2)


def test_every_reader_of_a_logarithmic_range_divides_it_evenly(tmp_path):
    problem = Study.load(write(tmp_path, [PRICE])).problem
    (variable,) = problem.variables
    decades = np.array([10.0, 100.0, 1000.0, 10_000.0])
    assert variable.values_at(np.array([0, 1 / 3, 2 / 3, 1])) == pytest.approx(decades)
    points = UnitCube(problem.variables).points({variable.name: decades})
    assert points[:, 0] == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert axes_of(problem.variables, 4)[0][variable.name] == pytest.approx(decades)
    space = TrialConverter(problem).space[variable.name]
    assert (space.low, space.high, space.log) == (10, 10_000, True)


@pytest.mark.parametrize("engine", ["evolve", "optuna"])
def test_searches_find_the_end_of_a_logarithmic_range(tmp_path, engine):
    study = Study.load(write(tmp_path, [PRICE], f"{{name: {engine}, evaluations: 200}}"))
    results = runner.run(study, output=tmp_path)
    assert results.front["launch_specific_price"].iloc[0] == pytest.approx(10, rel=0.02)


def test_the_boxes_of_a_logarithmic_range_have_equal_ratios(tmp_path):
    problem = Study.load(write(tmp_path, [PRICE])).problem
    boxes = boxes_of(problem, 4)
    for ratio, found in ((10, boxes), (10 ** (1 / 8), _split(boxes, problem.variables[0]))):
        box = found["launch_specific_price"]
        assert box.high / box.low == pytest.approx(np.full(len(box.low), ratio))


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("altitude: {choices: [500, 600], unit: km, log: true}", "give either choices, or low and high"),
        (
            "altitude: {low: 400 km, high: 900 km, step: 50 km, log: true}",
            "log is for a range without integer and step",
        ),
        ("node_accelerators: {low: 8, high: 90, integer: true, log: true}", "list values as choices"),
        ("launch_markup: {low: 0, high: 2, log: true}", r"variables\.launch_markup\.log: .*needs positive bounds"),
    ],
)
def test_ranges_that_have_no_logarithm_are_refused(tmp_path, entry, message):
    with pytest.raises(StudyError, match=message):
        Study.load(write(tmp_path, [entry]))


def test_a_loguniform_distribution_has_its_median_in_the_middle_of_the_logarithms(tmp_path):
    more = "uncertain:\n  discount_rate: {loguniform: {low: 1 %/year, high: 16 %/year}}\n"
    study = Study.load(write(tmp_path, ["altitude: {low: 400 km, high: 900 km}"], more=more))
    (parameter,) = study.problem.uncertainty.parameters
    year = 365.25 * 86400
    assert float(parameter.distribution.quantile(np.array(0.5))) * year == pytest.approx(0.04, rel=1e-3)


def test_a_computed_quantity_as_a_variable_takes_the_place_of_its_equation(tmp_path):
    study = Study.load(write(tmp_path, [PRICE]))
    plain = Study.load(write(tmp_path, ["altitude: {low: 400 km, high: 900 km}"])).evaluate()
    assert study.problem.base["launch_specific_price"] == pytest.approx(plain["launch_specific_price"])
    results = sunfront.run(study, output=tmp_path)
    price, roi = (float(results.designs[name].iloc[7]) for name in ("launch_specific_price", "roi"))
    assert study.with_values({"launch_specific_price": f"{price!r} USD/kg"}).evaluate()["roi"] == pytest.approx(roi)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            "launch_specific_price: {low: -5 USD/kg, high: 90 USD/kg}",
            r"launch_specific_price\.low: .*not negative|at least",
        ),
        ("launch_specific_pric: {low: 5 USD/kg, high: 90 USD/kg}", "did you mean 'launch_specific_price'"),
    ],
)
def test_variables_of_computed_quantities_are_held_to_their_range(tmp_path, entry, message):
    with pytest.raises(StudyError, match=message):
        Study.load(write(tmp_path, [entry]))


def test_part_of_a_launch_is_refused_and_a_fraction_noted():
    def base(cadence):
        return Study(
            name="launches",
            architecture="starlink_bus",
            parameters={"launch_cadence": cadence},
            objectives=["maximize roi"],
            engine={"name": "sweep"},
        )

    with pytest.raises(NotPhysical, match="launches"):
        base("0.01 1/year").evaluate()
    assert base("52 1/year").range_notes == []
    given = base("52 1/year").with_overrides(["node_it_power=100 kW"])
    assert given.range_notes == ["given in place of its equation: node_it_power = 100 kW"]
    told = "is given without effect: no other quantity depends on it"
    assert base("52 1/year").with_overrides(["two_hop_latency=5 ms"]).range_notes[1:] == [f"two_hop_latency {told}"]
    by_default = base("52 1/year").with_overrides(["wing_length=40 m"])  # its equation is off by default
    assert by_default.range_notes == [f"wing_length {told}"]
    varied = base("52 1/year").with_changes(variables={"npv": {"low": "0 USD", "high": "1 GUSD"}})
    assert varied.range_notes == ["varied in place of its equation: npv"]
    by_aspect = given.with_changes(presets=["layout_by_aspect"], parameters={"wing_length": "40 m"})
    assert by_aspect.range_notes == ["given in place of its equation: wing_length = 40 m"]
    assert base("52.5 1/year").range_notes == [
        "the campaign has 52.5 launches, but launches are whole; change launch_cadence"
    ]


def test_whole_numbers_may_be_millions():
    """Their values are computed, not listed: as with a list, for a short range."""
    found = [
        Study(
            name="many",
            architecture="starlink_bus",
            variables={"node_accelerators": {"low": 8, "high": high, "integer": True}},
            objectives=["maximize roi"],
            engine={"name": "sweep"},
        ).problem.variables[0]
        for high in (20, 10_000_000)
    ]
    short, long = found
    x = np.array([-3.0, 8.4, 8.5, 11.5001, 20.0, 1e9])
    by_list = [min(short.values, key=lambda value: (abs(value - each), value)) for each in x]
    assert short.snap(x).tolist() == by_list
    assert long.size == 9_999_993
    assert long.snap(np.array([1e6 + 0.4, 2e7])).tolist() == [1e6, 1e7]
    assert long.values_at(np.array([0.0, 1 - 1e-9])).tolist() == [8.0, 1e7]
