"""The same chips on the ground: values against an evaluation of `terrestrial` with everything set by hand."""

from __future__ import annotations

import pytest

import sunfront
from sunfront.library.library import Library
from sunfront.runs import runner
from sunfront.runs.base_findings import find_in_base
from sunfront.runs.ground import CARRIED, CARRIED_LISTS, GROUNDS, compare_base
from sunfront.runs.results import Results
from sunfront.study.study import Study

#: Quantities that the ground shares with another place and has its own values of.
OF_THE_PLACE = {
    "isolation",
    "accelerator_failure_rate",
    "accelerator_generations",
    "accelerator_residual_share",
    "accelerator_upkeep_rate",
    "avoidance_loss_rate",
    "deployment_delay",
    "node_accelerators",
    "node_loss_rate",
    "opex_rate",
    "pause_failure_rate",
    "time_to_power",
}

#: What decides neither cost nor return of the shipped ground: temperatures of the accelerator, the horizon of payback,
#: development and launch insurance, which the ground has none of, constants.
WITHOUT_EFFECT = {
    "required_isolation",
    "token_demand",
    "annual_ground_cost",
    "annual_license_cost",
    "annual_staff_cost",
    "bus_development",
    "compute_qualification",
    "ground_segment_cost",
    "infant_loss_share",
    "insured_share",
    "launch_failure_rate",
    "power_development",
    "premium_rate",
    "thermal_development",
    "accelerator_thermal_resistance",
    "cash_horizon",
    "coolant_temperature_rise",
    "junction_temperature_limit",
    "year",
}

MONEY = {
    "discount_rate": "7 %/year",
    "service_life": "6 year",
    "utilization": "0.7",
    "compute_price": "3 USD/kWh",
    "compute_price_decline": "12 %/year",
    "contract_share": "0.5",
    "contract_term": "3 year",
    "replacement_share": "0.2",
}

ORBIT = {"time_to_power": "1 year", "insurance_rate": "0.1", "opex_rate": "4 %/year", "deployment_delay": "1.5 year"}


def study(name="orbit", architecture="starlink_bus", **keys):
    return Study(
        name=name,
        architecture=architecture,
        **{"objectives": ["maximize roi"], "engine": {"name": "sweep", "evaluations": 64}, **keys},
    )


def by_hand(ground, chip="b200", **values):
    found = sunfront.evaluate("terrestrial", presets=[chip, ground], **values)
    return float(found["compute_cost"]), float(found["roi"])


def test_it_is_an_evaluation_of_the_ground_with_the_chips_and_the_money_of_the_study():
    asked = study(presets=["b200"], parameters=MONEY | ORBIT)
    found = compare_base(asked, asked.base_evaluation)
    assert {each.ground for each in found.grounds} == {*GROUNDS}
    for each in found.grounds:
        assert (each.compute_cost, each.roi) == pytest.approx(by_hand(each.ground, **MONEY), rel=1e-12)


def test_the_cheapest_ground_comes_first():
    asked = study(presets=["b200"])
    found = compare_base(asked, asked.base_evaluation)
    costs = {ground: by_hand(ground)[0] for ground in GROUNDS}
    assert [each.ground for each in found.grounds] == sorted(costs, key=costs.__getitem__)
    assert found.cheapest().ground == min(costs, key=costs.__getitem__)


def test_the_order_follows_the_prices_of_the_library(tmp_path):
    (tmp_path / "parameters").mkdir()
    price = "{value: 900, unit: USD/MWh, allowed: [0, 10000], trust: assumed, source: a test, replaces: true}"
    (tmp_path / "parameters" / "dear.yaml").write_text(f"electricity_price: {price}\n", "utf-8")
    asked = study(library=[str(tmp_path)])
    grounds = [each.ground for each in compare_base(asked, asked.base_evaluation).grounds]
    assert set(grounds[:2]) == {"on_site_gas", "solar_battery"}  # the two that buy no electricity


def test_every_shared_quantity_is_carried_or_of_the_place():
    """A parameter that is new to both places must be put on one of the lists."""
    library = Library.shipped()
    ground = library.architectures["terrestrial"].model
    shared = set()
    for name, arch in library.architectures.items():
        if name != "terrestrial":
            shared |= ground.inputs & {*arch.model.inputs, *(eq.name for eq in arch.model)}
    through_compute_price = {"token_price"}
    assert (
        shared | {"compute_price"} == {*CARRIED, *CARRIED_LISTS} | OF_THE_PLACE | WITHOUT_EFFECT | through_compute_price
    )
    assert not {*CARRIED} & OF_THE_PLACE


@pytest.mark.parametrize("name", sorted(WITHOUT_EFFECT - {"year"}))
def test_what_is_left_out_has_no_effect(name):
    value = float(sunfront.evaluate("terrestrial")[name])
    assert by_hand("grid", **{name: value * 0.99}) == by_hand("grid")


def test_a_run_stores_it_for_the_chips_of_each_suggested_design(tmp_path):
    asked = study(
        variables={
            "node_accelerators": {"low": 10, "high": 40, "integer": True},
            "accelerator_model": {"presets": ["h100", "b200"]},
            "utilization": {"low": 0.6, "high": 0.9},
        },
        objectives=["maximize roi", "minimize node_it_power"],
        engine={"name": "sweep", "evaluations": 800},
    )
    results = Results.load(runner.run(asked, output=tmp_path).folder)
    chips = set()
    for row in results.suggestions.values():
        design = results.front.iloc[row]
        chip = results.text("accelerator_model", design["accelerator_model"])
        chips.add(chip)
        found = results.record.ground.cheapest(int(results.front_rows[row]))
        costs = {ground: by_hand(ground, chip, utilization=design["utilization"]) for ground in GROUNDS}
        assert found.ground == min(costs, key=lambda ground: costs[ground][0])
        assert (found.compute_cost, found.roi) == pytest.approx(costs[found.ground], rel=1e-12)
    assert chips == {"h100", "b200"}
    again = runner.run(asked, output=tmp_path, force=True)
    assert again.record.ground == results.record.ground
    assert again.record.levers == results.record.levers


def test_uncertain_parameters_count_at_their_nominal_values(tmp_path):
    asked = study(
        parameters={"discount_rate": "7 %/year"},
        uncertain=["discount_rate"],
        objectives=["maximize mean roi"],
        uncertainty={"samples": 256},
    )
    found = runner.run(asked, output=tmp_path).record.ground.cheapest(0)
    by_hand = sunfront.evaluate("terrestrial", presets=[found.ground], discount_rate="7 %/year")
    assert found.roi == pytest.approx(by_hand["roi"], rel=1e-12)


def test_nothing_is_compared_on_the_ground_itself_or_where_nothing_is_told_of_money(tmp_path):
    asked = study(architecture="terrestrial")
    assert compare_base(asked, asked.base_evaluation).grounds == ()
    asked = study(engine={"name": "sensitivity", "quantity": "node_mass"})
    assert runner.run(asked, output=tmp_path).record.ground.grounds == ()
    asked = study(engine={"name": "sensitivity", "quantity": "compute_cost"})
    assert runner.run(asked, output=tmp_path).record.ground.cheapest(0) is not None


def test_what_makes_it_impossible_is_told_in_a_line(tmp_path):
    asked = study(parameters={"token_price": "10000 USD/Mtoken", "tokens_per_energy": "10 token/J"})
    found = find_in_base(asked, asked.base_evaluation)
    assert found.ground.grounds == ()
    assert found.ground.refused.startswith("compute_price = ")
    assert "\n" not in found.ground.refused
    assert runner.run(asked, output=tmp_path).record.ground.refused == found.ground.refused
