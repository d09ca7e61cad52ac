"""What nodes cost by part and by run: against published satellites, peers' lists and the law itself."""

from __future__ import annotations

from math import log2

import numpy as np
import pytest

import sunfront
from sunfront.equations.learning import node_capex
from sunfront.library.library import Library

PARAMETERS = Library.shipped().parameters
KNOTS = PARAMETERS["node_value_knots"].value
MUSD = 1e6
RATE, RUN = 0.22, 1e9


def cost(value, to_date=0.0, rate=RATE, run=RUN):
    return node_capex(
        hardware_value=value,
        node_value_knots=KNOTS,
        node_value_to_date=to_date,
        node_learning_value=run,
        node_learning_rate=rate,
    )


@pytest.fixture(scope="module")
def base():
    return sunfront.evaluate("starlink_bus")


@pytest.fixture(scope="module")
def per_mass(base):
    """Value of the base satellite per dry mass without accelerators, USD/kg."""
    return base["hardware_value"] / (base["stacks"] * base["platform_mass"])


def test_the_base_satellite_lies_between_the_peers(base, per_mass):
    """Without chips and launch; SemiAnalysis' 134 kUSD/kW have both, McCalip's 22 USD/W are 33 kUSD/kW of IT power."""
    assert 60 < base["hardware_value"] / base["fleet_it_power"] < 100  # kUSD/kW
    assert 1500 < per_mass < 2500


@pytest.mark.parametrize(
    ("kilograms", "units", "paid"),
    [
        (150, 1, 7.5 * MUSD),  # first smallsat: 5-10 MUSD; USCM8 (SMAD) 289.5 x 150^0.716 kUSD = 10.5 MUSD of 2010
        (150, 650, 650 * MUSD),  # OneWeb: about 1 MUSD each, 0.5 hoped for
    ],
)
def test_runs_cost_what_was_paid_within_a_factor_of_two_and_a_half(per_mass, kilograms, units, paid):
    assert 1 / 2.5 < cost(kilograms * units * per_mass) / paid < 2.5


def test_the_next_starlink_costs_250_kusd(per_mass):
    """After 1400 t, 306 kg at 250 kUSD are 817 USD/kg."""
    to_date, next_one = 1.4e6 * per_mass, 306 * per_mass
    exponent = 1 + log2(1 - RATE)
    slope = exponent * (to_date / RUN) ** (exponent - 1)
    assert next_one * slope == pytest.approx(250e3, rel=0.1)


def test_the_line_is_the_law_at_its_knots_and_at_most_4_percent_below():
    exponent = 1 + log2(1 - RATE)

    def law(value, to_date):
        return RUN * (((to_date + value) / RUN) ** exponent - (to_date / RUN) ** exponent)

    for to_date in (0.0, 3e8, 3e9):
        np.testing.assert_allclose(cost(np.array(KNOTS[1:]), to_date), law(np.array(KNOTS[1:]), to_date), rtol=1e-9)
        value = np.geomspace(KNOTS[1], KNOTS[-1], 4001)
        error = cost(value, to_date) / law(value, to_date) - 1
        assert -0.04 < error.min() < (-0.035 if to_date == 0 else 0)
        assert error.max() < 1e-9


def test_without_learning_a_fleet_costs_its_value():
    value = np.geomspace(1e4, 1e12, 50)
    np.testing.assert_allclose(cost(value, rate=0.0), value, rtol=1e-12)


def test_the_parts_add_up(base):
    parts = base["power_capex"] + base["cooling_capex"] + base["structure_capex"]
    assert parts == pytest.approx(base["node_capex"], rel=1e-12)


def test_who_built_starlink_pays_800_usd_per_kg_for_the_next():
    found = sunfront.evaluate("starlink_bus", presets=["starlink_heritage"], stacks=1e-4)
    price = found["node_capex"] / (found["stacks"] * found["platform_mass"])
    assert price == pytest.approx(800, rel=2e-3)
    more = sunfront.evaluate("starlink_bus", presets=["starlink_heritage"])
    average = more["node_capex"] / (more["stacks"] * more["platform_mass"])
    assert 625 < average < 800  # the first model took 625, with launches counted as 100 t full


def test_a_stated_price_per_mass_is_what_is_paid():
    found = sunfront.evaluate("starlink_bus", presets=["specific_cost"], node_specific_cost="700 USD/kg")
    assert found["node_capex"] == pytest.approx(700 * found["stacks"] * found["platform_mass"], rel=1e-12)


@pytest.mark.parametrize("cells", ["cells_iii_v", "cells_thin_film", "array_irosa"])
def test_other_cells_cost_more_per_watt_than_silicon(cells):
    silicon, other = (sunfront.evaluate("starlink_bus", presets=p) for p in (["cells_perc"], [cells]))
    assert other["array_specific_price"] > silicon["array_specific_price"]
    watts = other["cell_power"] / silicon["cell_power"]
    assert other["power_value"] / silicon["power_value"] > watts


def test_a_start_up_pays_ten_times_more_for_one_launch_than_for_a_thousand():
    """The average price of a run that is a thousand times smaller is 0.78^-10 times higher."""
    one, thousand = (sunfront.evaluate("starlink_bus", stacks=n)["node_learning_factor"] for n in (1.0, 1000.0))
    assert one / thousand == pytest.approx(0.78 ** -log2(1000), rel=0.04)


class TestLaunchers:
    def test_a_single_starship_costs_what_starlab_pays(self):
        """90 MUSD (Voyager Technologies, 10-K); NASA 2024 assumed 100."""
        found = sunfront.evaluate("starlink_bus", launch_cadence="1 1/year")
        assert 85e6 < found["launch_price"] < 110e6
        assert found["launch_scarcity"] == pytest.approx(1 + 1 / 145, rel=1e-9)

    def test_who_owns_the_launcher_pays_its_cost(self):
        found = sunfront.evaluate("starlink_bus", presets=["launch_at_cost"])
        assert found["launch_specific_price"] == pytest.approx(found["launch_specific_cost"], rel=1e-12)

    def test_nobody_pays_more_than_the_next_launcher_asks(self):
        found = sunfront.evaluate("starlink_bus", launch_cadence="100000 1/year")
        falcon = sunfront.evaluate("starlink_bus", presets=["falcon_9"])
        assert found["launch_specific_price"] == pytest.approx(falcon["launch_specific_price"], rel=1e-9)

    def test_falcon_9_costs_its_list_price(self):
        found = sunfront.evaluate("starlink_bus", presets=["falcon_9"])
        assert found["launch_price"] == pytest.approx(69.75e6, rel=1e-3)
        assert found["launch_scarcity"] == 1


class TestLosses:
    def test_on_the_ground_everything_is_delivered(self):
        found = sunfront.evaluate("terrestrial")
        assert (found["delivered_share"], found["expected_claim"], found["development_cost"]) == (1, 0, 0)

    def test_an_uninsured_fleet_pays_no_premium_and_gets_no_claim(self):
        found = sunfront.evaluate("starlink_bus", insured_share=0)
        assert found["insurance_cost"] == found["expected_claim"] == 0
        assert found["delivered_share"] == pytest.approx(0.97 * 0.98, rel=1e-12)

    def test_a_premium_covers_the_expected_claim_nearly(self):
        found = sunfront.evaluate("starlink_bus")
        assert found["expected_claim"] / found["insurance_cost"] == pytest.approx(0.0494 / 0.05, rel=1e-9)
