"""Levers of a design that loses money: against roots that scipy finds on evaluations of the study."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

import sunfront
from sunfront.runs import runner
from sunfront.runs.base_findings import find_in_base
from sunfront.runs.levers import SHOWN
from sunfront.runs.run import open_run
from sunfront.study.study import Study


def base_levers(study):
    return find_in_base(study, study.base_evaluation).levers


def npv(study, name, value):
    given = {each: setting.value for each, setting in study.base_settings.items()}
    return study.arch.model.evaluate({**given, name: value}, ["npv"])["npv"]


@pytest.mark.parametrize("name", ["handmer_panel", "ai1_satellite", "space_vs_ground_solar"])
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
def test_what_is_not_enough_leaves_a_loss_at_every_allowed_value(name):
    study = sunfront.load(name)
    others = [lever for lever in base_levers(study) if not lever.is_enough]
    assert others
    assert [lever.left for lever in others] == sorted(lever.left for lever in others)
    for lever in others:
        now = npv(study, lever.name, lever.value)
        assert lever.left == pytest.approx(npv(study, lever.name, lever.to) / now, rel=1e-9)
        known = study.arch.library.parameters.get(lever.name)
        low, high = (lever.value / 1000, lever.value * 1000) if known is None else known.allowed
        assert npv(study, lever.name, np.linspace(low, high, 1001)).max() < 0


def test_levers_within_the_range_of_their_sources_come_first_then_the_smallest_move():
    levers = [lever for lever in base_levers(sunfront.load("handmer_panel")) if lever.is_enough]
    assert len(levers) == SHOWN
    assert [lever.is_plausible for lever in levers] == [True, False, False]
    assert levers[1].move < levers[2].move
    by_price = next(lever for lever in levers if lever.name == "compute_price")
    assert by_price.move == pytest.approx(np.log(by_price.to / by_price.value))


def test_a_price_that_is_computed_stands_for_what_acts_through_it_alone():
    names = {lever.name for lever in base_levers(sunfront.load("quickstart"))}
    assert {"compute_price", "launch_specific_price"} <= names
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
    price = next(lever for lever in levers if lever.name == "compute_price")
    assert npv(asked, "compute_price", price.to) == pytest.approx(0, abs=1e-6 * abs(results.front["npv"].iloc[least]))
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
