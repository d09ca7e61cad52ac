"""A design of a finished run as the base design of a study."""

from __future__ import annotations

import pytest
from common import BOTH

import sunfront
from sunfront.analysis.breakeven import breakeven
from sunfront.errors import UserError
from sunfront.runs import runner
from sunfront.runs.design import with_design_of
from sunfront.runs.run import Run
from sunfront.study.study import Study


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def finished(folder):
    from common import write_small

    return runner.run(Study.load(write_small(folder, BOTH, engine="sweep, evaluations: 8192")), output=folder)


def study_of(results):
    return Run.load(results.folder).study


def test_the_study_has_the_values_of_the_design(finished, folder):
    for design, row in {0: 0, 2: 2, "fleet_it_power": len(finished.front) - 1, **finished.suggestions}.items():
        asked, notes = with_design_of(study_of(finished), finished, design)
        assert notes == []
        assert asked.name == "small"
        for name in ("roi", "npv", "altitude", "node_accelerators"):
            assert asked.evaluate()[name] == pytest.approx(finished.front[name].iloc[row], rel=1e-12)
    opened = sunfront.open("small", folder)
    assert opened.study_at("roi").evaluate()["roi"] == pytest.approx(finished.front["roi"].iloc[0], rel=1e-12)


def test_break_even_of_a_design_of_a_run(finished):
    """The net present value is linear in the price: two evaluations of the design give its zero."""
    asked, _ = with_design_of(study_of(finished), finished, "fleet_it_power")
    one, two = (asked.evaluate(compute_price=f"{price} USD/kWh")["npv"] for price in (1, 2))
    found = breakeven(asked, "compute_price")
    assert [root * 3.6e6 for root in found.roots] == pytest.approx([1 - one / (two - one)], rel=1e-9)
    assert found.at_base == pytest.approx(finished.front["npv"].iloc[-1], rel=1e-9)


def test_a_value_that_the_study_fixes_stays_with_a_note(finished):
    asked, notes = with_design_of(study_of(finished).with_overrides(["altitude=650 km"]), finished, 0)
    assert asked.evaluate()["altitude"] == 650e3
    assert len(notes) == 1
    assert notes[0].startswith("altitude is 650 km in the study; the design of the run has ")


def test_a_study_without_the_variables_takes_the_design(finished):
    bare = study_of(finished).with_changes(name="bare", variables={}, constraints=(), objectives=("maximize roi",))
    asked, _ = with_design_of(bare, finished, 1)
    assert asked.evaluate()["roi"] == pytest.approx(finished.front["roi"].iloc[1], rel=1e-12)


@pytest.mark.parametrize(
    ("design", "fact"), [(10**6, "has rows 0 to"), (-1, "has rows 0 to"), ("fleet_power", "'fleet_it_power'")]
)
def test_designs_that_are_not_there(design, fact, finished):
    with pytest.raises(UserError, match=fact):
        with_design_of(study_of(finished), finished, design)


def test_a_study_with_other_variables_is_refused(finished):
    asked = study_of(finished)
    more = {**asked.variables, "radiator_temperature": {"low": "320 K", "high": "340 K"}}
    with pytest.raises(UserError, match="has no radiator_temperature"):
        with_design_of(asked.with_changes(variables=more), finished, 0)


def test_choices_of_presets_are_taken_by_name(tmp_path):
    def study(presets):
        data = {"name": "chips", "architecture": "starlink_bus", "objectives": ["maximize roi"]}
        engine = {"name": "sweep", "evaluations": 64}
        return Study.model_validate({**data, "engine": engine, "variables": {"chip": {"presets": presets}}})

    done = runner.run(study(["gb200", "tpu"]), output=tmp_path)
    asked, _ = with_design_of(study(["h100", "tpu", "gb200"]), done, 0)
    assert asked.evaluate()["roi"] == pytest.approx(done.front["roi"].iloc[0], rel=1e-12)
    with pytest.raises(UserError, match="choice of chip"):
        with_design_of(study(["h100", "b200"]), done, 0)
