"""Products of a plan whose design is that of a finished run; plans from Python."""

from __future__ import annotations

import json

import numpy as np
import pytest
from common import BOTH, write_small
from plans import SMALL

import sunfront
from sunfront.engines.plan.amounts import per_unit
from sunfront.engines.plan.coefficients import Coefficients
from sunfront.engines.plan.engine import run
from sunfront.errors import StudyError, UserError
from sunfront.report.plan_page import render
from sunfront.runs import runner
from sunfront.runs.plans import run_plan
from sunfront.study.plan_study import PlanStudy
from sunfront.study.study import Study

PLAN = """\
horizon: {{start: 2027-01, end: 2029-01, period: half-year}}
parameters: {{discount_rate: 8 %/year}}
products:
  found: {{design: {{run: small{row}}}{more}}}
supply:
  launches: {{limits: launches, offered: 4 1/year, source: test}}
objectives: [maximize npv]
"""


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    runner.run(Study.load(write_small(folder, BOTH, engine="sweep, evaluations: 2048")), output=folder)
    return folder


def write(folder, row="", more=""):
    path = folder / "fleet.yaml"
    path.write_text(PLAN.format(row=row, more=more), "utf-8")
    return path


@pytest.mark.parametrize("row", [2, "nearest to the ideal"])
def test_a_product_is_the_design_of_a_run(tmp_path, outputs, row):
    results = sunfront.open("small", outputs).results
    plan = sunfront.load(write(tmp_path, f", row: {row}"), output=outputs).plan
    (product,) = plan.products
    at = results.named[row] if isinstance(row, str) else row
    expected = results.front.iloc[at]
    for name in ("node_array_area", "node_accelerators", "altitude"):
        assert product.problem.values[name] == pytest.approx(expected[name], rel=1e-12)
    launches = product.problem.evaluate({}, ["launches"])["launches"][0]
    power = per_unit(product, "fleet_it_power", plan.horizon)
    np.testing.assert_allclose(power, expected["fleet_it_power"] / launches, rtol=1e-9)
    assert product.problem.values["launch_supply"] * 365.25 * 86400 == pytest.approx(200)  # of the run's own preset


def test_what_the_plan_says_comes_first(tmp_path, outputs):
    path = write(tmp_path, more=", parameters: {altitude: 600 km}, at_most: 3")
    study = sunfront.load(path, ["discount_rate=12 %/year", "found.design.row=1"], output=outputs)
    (product,) = study.plan.products
    assert product.problem.values["altitude"] == 600e3
    assert study.plan.discount_rate * 365.25 * 86400 == pytest.approx(0.12)
    assert study.as_data()["products"]["found"]["note"].startswith("design 1 of the run small/")
    assert "design" not in study.as_data()["products"]["found"]


@pytest.mark.parametrize(
    ("row", "more", "message"),
    [
        (", row: 99", "", "the front has rows 0 to"),
        (", row: rio", "", "did you mean 'roi'"),
        (", raw: 1", "", "did you mean 'row'"),
        ("", ", architecture: terrestrial", "is of the architecture starlink_bus"),
    ],
)
def test_a_wrong_design_is_told_at_its_line(tmp_path, outputs, row, more, message):
    with pytest.raises(StudyError, match=message) as caught:
        sunfront.load(write(tmp_path, row, more), output=outputs)
    assert "fleet.yaml:4:" in str(caught.value)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (", variabels: {}", "products.found.variabels: unknown key 'variabels'"),
        (", variables: {shield_thickness: {low: 1 mm}}", "products.found.variables.shield_thickness: "),
        (", parameters: {altitud: 600 km}", "products.found.parameters.altitud: unknown "),
    ],
)
def test_a_mistake_of_several_designs_is_told_once(tmp_path, outputs, more, message):
    with pytest.raises(StudyError) as caught:
        sunfront.load(write(tmp_path, ", row: all", more), output=outputs)
    (told,) = str(caught.value).splitlines()
    assert f"fleet.yaml:4: {message}" in told


def test_a_run_that_is_not_there_is_told(tmp_path, outputs):
    path = write(tmp_path)
    with pytest.raises(StudyError, match="no finished run 'small'"):
        sunfront.load(path, output=tmp_path)
    with pytest.raises(UserError, match="and the commands read designs of runs"):
        PlanStudy.load(path)


def test_a_product_that_misses_a_limit_has_a_note(tmp_path, outputs):
    path = write(tmp_path, more=", parameters: {node_array_area: 50 m^2}")
    assert any(
        note.startswith("found: power_margin >= 0 kW is not met") for note in sunfront.load(path, output=outputs).notes
    )


def test_plans_are_run_and_opened_from_python(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr("sunfront.report.plan_page.write_plan", lambda run, *_: drawn.append(run))
    path = tmp_path / "small.yaml"
    text = SMALL.format(objectives="maximize npv", end="2029-01", launches="2 1/year", grid="12 MW")
    path.write_text(text, "utf-8")
    run = sunfront.run(path, output=tmp_path / "out")
    assert run.status == "proved"
    assert drawn == [run]
    assert (
        run.table()["bus bought"].sum()
        == run.by_year()["bus bought"].sum()
        == run.points[0].decisions.units["bus"].sum()
    )
    again = sunfront.open("small", tmp_path / "out")
    assert again.points[0].simulation.npv == run.points[0].simulation.npv
    assert sunfront.run(sunfront.load(path), output=tmp_path / "out").loaded
    with pytest.raises(TypeError, match="storage"):
        sunfront.run(sunfront.load(path), output=tmp_path / "out", storage="x")


ONE = """\
horizon: {{start: 2027-01, end: 2028-01, period: half-year}}
parameters: {{discount_rate: 8 %/year, time_to_power: 0 year}}
products:
  sat: {{design: {{run: small, row: {row}}}}}
supply:
  launches:
    limits: launches
    products: sat
    offered: {{steps: {{2027-01: 2 1/year, 2027-07: 0 1/year}}}}
    source: test
objectives: [maximize fleet_it_power at 2027-12]
uncertain: {{sat.compute_price: {{uniform: {{low: 50 %, high: 150 %}}, known: 2027-07}}}}
"""


def one_launch(folder, outputs, row):
    path = folder / "one.yaml"
    path.write_text(ONE.format(row=row), "utf-8")
    return sunfront.load(path, output=outputs)


def test_a_plan_chooses_among_the_designs_of_a_front(tmp_path, outputs):
    """One launch: the best of all is the best of the plans with one design each."""
    results = sunfront.open("small", outputs).results
    count = len(results.front)
    whole = one_launch(tmp_path, outputs, "all")
    assert [*whole.products] == [f"sat_{row}" for row in range(count)]
    assert whole.plan.supplies[0].products == tuple(whole.products)
    assert whole.factors[0].of == tuple(whole.products)
    assert any(note.startswith(f"sat: proved over {count} designs") for note in whole.notes)
    answer, goal = run_plan(whole, output=outputs), whole.plan.objectives[0].goal
    assert "<a href" not in render(answer)
    (results.folder / "report.html").write_text("a page", "utf-8")
    assert 'design 0 of the run <a href="../../small/' in render(answer)
    found = answer.points[0].simulation.scores[0]
    c = Coefficients(whole.plan)
    assert found == pytest.approx(max(c.reached(goal, name, 1)[0] for name in whole.products), rel=1e-9)
    (bought,) = [name for name, units in answer.points[0].decisions.units.items() if units.any()]
    alone = one_launch(tmp_path, outputs, bought.removeprefix("sat_"))
    assert [*alone.products] == ["sat"]
    assert run(alone.plan, alone.engine).points[0].simulation.scores[0] == pytest.approx(found, rel=1e-9)
    some = one_launch(tmp_path, outputs, "[2, nearest to the ideal, 2]")
    assert "sat_2" in some.products
    assert len(some.products) <= 2
    path = tmp_path / "again.yaml"  # as it is stored
    path.write_text(json.dumps(whole.as_data()), "utf-8")
    assert PlanStudy.load(path).groups == whole.groups


@pytest.mark.parametrize(
    ("row", "more", "message"),
    [
        (", row: all", ", at_most: 3", "at_most is of one design"),
        (", row: [0, 99]", "", "the front has rows 0 to"),
        (", row: []", "", "is empty"),
    ],
)
def test_several_designs_that_cannot_be_are_refused(tmp_path, outputs, row, more, message):
    with pytest.raises(StudyError, match=message) as caught:
        sunfront.load(write(tmp_path, row, more), output=outputs)
    assert "fleet.yaml:4:" in str(caught.value)
