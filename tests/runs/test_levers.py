"""Levers of a design that loses money: against roots that scipy finds on evaluations of the study."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq

import sunfront
from sunfront.runs import runner
from sunfront.runs.base_findings import find_in_base
from sunfront.runs.levers import SHOWN, _Candidate
from sunfront.runs.run import open_run
from sunfront.study.study import Study


def base_levers(study):
    return find_in_base(study, study.base_evaluation).levers


def npv(study, name, value):
    given = {each: setting.value for each, setting in study.base_settings.items()}
    return study.arch.model.evaluate({**given, name: value}, ["npv"])["npv"]


@pytest.mark.parametrize("name", ["handmer_panel", "space_vs_ground_solar"])
def test_each_value_is_the_root_that_scipy_finds(name):
    study = sunfront.load(name)
    levers = base_levers(study)
    enough = [lever for lever in levers if lever.is_enough]
    assert enough
    for lever in enough:
        ends = sorted([lever.value, lever.to + 0.5 * (lever.to - lever.value)])
        root = brentq(lambda value, name=lever.name: npv(study, name, value), *ends, xtol=1e-30, rtol=1e-14)
        assert lever.to == pytest.approx(root, rel=1e-8)
        assert lever.value == pytest.approx(float(study.base_evaluation[lever.name]), rel=1e-12)


@pytest.mark.parametrize("name", ["handmer_panel", "quickstart"])
def test_what_is_not_enough_leaves_a_loss_at_every_value_of_its_sources(name):
    study = sunfront.load(name)
    others = [lever for lever in base_levers(study) if not lever.is_enough]
    assert others
    assert [lever.left for lever in others] == sorted(lever.left for lever in others)
    for lever in others:
        now = npv(study, lever.name, lever.value)
        assert lever.left == pytest.approx(npv(study, lever.name, lever.to) / now, rel=1e-9)
        assert npv(study, lever.name, np.linspace(lever.low, lever.high, 1001)).max() < 0


def test_levers_move_within_the_range_of_their_sources_the_smallest_move_first():
    study = sunfront.load("space_vs_ground_solar")
    levers = base_levers(study)
    enough = [lever for lever in levers if lever.is_enough]
    assert len(enough) == SHOWN
    assert [lever.move for lever in enough] == sorted(lever.move for lever in enough)
    for lever in levers:
        known = study.arch.library.parameters[lever.name]
        assert known.low <= lever.to <= known.high
        assert (lever.low, lever.high) == (known.low, known.high)
    by_price = next(lever for lever in levers if lever.name == "compute_price")
    assert by_price.move == pytest.approx(np.log(by_price.to / by_price.value))


def test_from_a_value_outside_the_range_of_its_sources_a_lever_moves_into_it():
    """Accelerators for 140,000 USD, of which sources say at most 78,000: the nearest price that they give."""
    given = {"accelerator_price": "140 kUSD", "compute_price": "3.6 USD/kWh", "utilization": "0.95"}
    study = Study(architecture="terrestrial", parameters=given, objectives=("maximize npv",), engine={"name": "sweep"})
    found = {lever.name: lever for lever in base_levers(study)}
    assert npv(study, "accelerator_price", 102.8e3) > 0 > npv(study, "accelerator_price", 102.9e3)
    price = found["accelerator_price"]
    assert price.is_enough
    assert (price.high, price.to) == (78e3, pytest.approx(78e3, rel=1e-9))
    assert all(lever.low <= lever.to <= lever.high for lever in found.values())
    waiting = _Candidate("deployment_delay", "year", 0.5, 1.0, 3.0)
    assert waiting.ends() == (0.5, 0.5)  # no remedy, not even up to the least that sources say
    assert replace(waiting, value=4.0).ends() == (1.0, 4.0)


def test_a_loss_that_no_single_change_ends_names_the_nearest():
    """Lunar pods cost ten times what they earn: only satellites built before move the loss by 5 % or more."""
    levers = base_levers(sunfront.load("mars_surface"))
    assert [lever.name for lever in levers] == ["node_value_to_date"]
    assert not levers[0].is_enough
    assert levers[0].left > 0.95


def test_a_computed_price_moves_as_the_parameters_behind_it():
    """The price of launches: the ends of the ranges of all that acts through it alone, each moved by hand."""
    study = sunfront.load("quickstart")
    (lever,) = (lever for lever in base_levers(study) if lever.name == "launch_specific_price")
    behind = ("learning_anchor_cost", "launch_learning_rate", "launched_mass_to_date", "launch_cost_floor")
    behind += ("launch_markup", "launch_supply", "launch_supply_elasticity", "launch_price_ceiling")
    known = study.arch.library.parameters
    corners = np.array(list(itertools.product(*((known[name].low, known[name].high) for name in behind))))
    given = {each: setting.value for each, setting in study.base_settings.items()}
    found = study.arch.model.evaluate({**given, **dict(zip(behind, corners.T, strict=True))}, ["launch_specific_price"])
    assert lever.low == pytest.approx(found["launch_specific_price"].min(), rel=1e-12)
    assert lever.high == pytest.approx(found["launch_specific_price"].max(), rel=1e-12)
    assert lever.to == lever.low < lever.value < lever.high


def test_a_price_that_is_computed_stands_for_what_acts_through_it_alone():
    names = {lever.name for lever in base_levers(sunfront.load("quickstart"))}
    assert "launch_specific_price" in names
    assert not names & {"token_price", "tokens_per_energy", "launch_markup", "learning_anchor_cost"}


def test_waiting_is_no_lever():
    """It makes the loss smaller, and the capital as much."""
    study = sunfront.load("quickstart")
    assert npv(study, "time_to_power", 10 * 3.156e7) > 0.5 * npv(study, "time_to_power", 0.0)
    assert "time_to_power" not in {lever.name for lever in base_levers(study)}


def test_no_lever_asks_for_another_design():
    """A launch of a rocket that lifts less costs less and leaves half of the loss, but it cannot lift the stack."""
    study = sunfront.load("ai1_satellite")
    base = study.base_evaluation
    payload = float(base["launcher_reference_payload"])
    assert 0 > npv(study, "launcher_reference_payload", 0.01 * payload) > 0.5 * base["npv"]
    given = {name: setting.value for name, setting in study.base_settings.items()}
    small = study.arch.model.evaluate({**given, "launcher_reference_payload": 0.01 * payload}, ["launch_mass_margin"])
    assert small["launch_mass_margin"] < 0 <= base["launch_mass_margin"]
    assert "launcher_reference_payload" not in {lever.name for lever in base_levers(study)}


def test_a_larger_accelerator_at_the_same_price_is_no_lever():
    study = sunfront.load("space_vs_ground")
    assert npv(study, "accelerator_power", 30e3) > 0 > study.base_evaluation["npv"]
    levers = base_levers(study)
    assert levers
    assert "accelerator_power" not in {lever.name for lever in levers}


def test_a_price_that_a_preset_gives_is_a_lever():
    """Its preset gives the range of its source, but nothing that is allowed."""
    study = sunfront.load("which_launcher").with_values({"launcher": "falcon_9"})
    lever = next(lever for lever in base_levers(study) if lever.name == "launch_specific_price")
    assert lever.value == 3986
    assert lever.low < lever.value < lever.high


def test_a_design_that_earns_has_none():
    study = sunfront.load("handmer_2025")
    assert study.base_evaluation["npv"] > 0
    assert base_levers(study) == ()


def test_a_run_tells_those_of_the_design_that_loses_least(tmp_path):
    study = Study(
        name="small",
        architecture="starlink_bus",
        variables={
            "node_accelerators": {"low": 10, "high": 40, "integer": True},
            "nodes_per_launch": {"choices": [5, 9]},
        },
        objectives=["maximize node_it_power", "maximize roi"],
        engine={"name": "sweep", "evaluations": 64},
    )
    results = runner.run(study, output=tmp_path)
    levers = results.record.levers
    least = int(results.front["roi"].argmax())
    assert levers
    assert {lever.design for lever in levers} == {int(results.front_rows[least])}
    asked = open_run(results).study_at(least)
    loss = results.front["npv"].iloc[least]
    for lever in levers:
        assert npv(asked, lever.name, lever.to) == pytest.approx(lever.left * loss, abs=1e-6 * abs(loss))
    earning = study.with_changes(parameters={"compute_price": "100 USD/kWh"})
    assert runner.run(earning, output=tmp_path).record.levers == ()


def test_to_wait_or_to_discount_more_is_no_lever():
    """They make any loss smaller: of a satellite with a loan, twenty years of waiting leave 13 % of it."""
    study = Study(
        architecture="starlink_bus",
        presets=("project_finance",),
        parameters={"launch_cadence": "12 1/year", "time_to_power": "1 year"},
        objectives=("maximize npv",),
        engine={"name": "sweep"},
    )
    assert npv(study, "time_to_power", 20 * 31557600.0) > 0.2 * npv(study, "time_to_power", 31557600.0)
    found = {lever.name: lever for lever in base_levers(study)}
    assert found
    assert "time_to_power" not in found or found["time_to_power"].to < 31557600.0
    assert "discount_rate" not in found or found["discount_rate"].to < found["discount_rate"].value
    (told,) = [note for note in find_in_base(study, study.base_evaluation).notes if note.startswith("tax: ")]
    assert "against other income of the owners" in told
