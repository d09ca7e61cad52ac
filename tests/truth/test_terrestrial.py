"""Data centres on the ground compared with simulation, published prices, and limits of the closed form."""

from __future__ import annotations

import numpy as np
import pytest

import sunfront

KWH, MWH = 3.6e6, 3.6e9


def simulated(oversizing, hours, capacity, deviation, likeness, days=6000, daylight=10):
    """Share of the load that an array and a battery serve, simulated hour by hour.

    Sunlight is half a sine over ``daylight`` hours; its daily sum follows a first-order autoregression truncated at
    zero. Battery losses are neglected.
    """
    rng = np.random.default_rng(1)
    hour = np.arange(24)
    shape = np.clip(np.sin(np.pi * (hour - 12 + daylight / 2 + 0.5) / daylight), 0, None)
    shape = np.where(abs(hour - 11.5) < daylight / 2, shape, 0)
    shape *= 24 / shape.sum()
    sun, store, served = 0.0, 0.0, 0.0
    for noise in rng.standard_normal(days):
        sun = likeness * sun + (1 - likeness**2) ** 0.5 * noise
        for power in shape * oversizing * capacity * max(1 + deviation * sun, 0):
            store = min(store + power - 1, hours)
            served += 1 + min(store, 0)
            store = max(store, 0)
    return served / (24 * days)


SMALL_STORES = [(3, 0), (3, 6), (3, 12), (3, 24), (5, 0), (5, 6), (5, 12), (8, 0), (8, 6), (2, 24)]


@pytest.mark.parametrize(("oversizing", "hours"), [(5, 18), (5, 36), (6, 24), (7, 18), (7, 24), (8, 30), *SMALL_STORES])
@pytest.mark.parametrize("likeness", [0.0, 0.3])
def test_solar_plant_serves_what_a_simulation_serves(oversizing, hours, likeness):
    deviation = 0.3
    found = sunfront.evaluate(
        "terrestrial",
        presets=["solar_battery"],
        solar_oversizing=oversizing,
        storage_duration=f"{hours} hour",
        insolation_variability=deviation * ((1 + likeness) / (1 - likeness)) ** 0.5,
        night_share=14.5 / 24,  # 10 hours of sun, of which the first and the last quarter of an hour are too faint
        storage_efficiency=1.0,
    )
    expected = simulated(oversizing, hours, found["solar_capacity_factor"], deviation, likeness)
    # A store shorter than the weather's correlation sees less of its variance; the closed form is conservative there.
    if (oversizing, hours) in SMALL_STORES:  # too little battery for a night, or too little array for the load
        assert abs(found["availability"] - expected) < 0.055
    else:
        assert -0.045 < found["availability"] - expected < 0.001


def test_more_array_or_more_battery_serve_more():
    plant = {"presets": ["solar_battery"]}
    by_array = sunfront.evaluate("terrestrial", **plant, solar_oversizing=np.linspace(1, 12, 200))
    by_battery = sunfront.evaluate("terrestrial", **plant, storage_duration=np.linspace(0, 100, 400) * 3600)
    for found in (by_array, by_battery):
        assert (np.diff(found["availability"]) > 0).all()
        assert (found["availability"] >= 0).all()
        assert (found["availability"] <= 1 + 1e-6).all()


def test_gas_electricity_costs_what_its_fuel_costs():
    """6.37 MMBtu/MWh at 4.3 USD/MMBtu: 27.4 USD/MWh of fuel (McCalip 2025)."""
    found = sunfront.evaluate("terrestrial", presets=["on_site_gas"], gas_plant_variable_cost="0 USD/MWh")
    assert found["electricity_price"] * MWH == pytest.approx(27.4, abs=0.05)


def test_cost_of_compute_on_the_ground():
    """A prototype with year-end flows, 28 kUSD/kW of chips and 12 to 14 USD/W of hall: 1.61 to 1.74 USD/kWh."""
    chips = {"accelerator_price": f"{28000 * 1.94} USD"}
    for presets in ([], ["on_site_gas"], ["colocation"]):
        found = sunfront.evaluate("terrestrial", presets=presets, **chips)
        assert 1.55 < found["compute_cost"] * KWH < 1.75


@pytest.mark.parametrize(
    ("presets", "price", "published"), [([], 60, 2370), ([], 100, 2770), (["on_site_gas"], None, 2570)], ids=str
)
def test_a_year_of_infrastructure(presets, price, published):
    """A prototype with year-end payments: 2370 USD/kW of IT power and year at 6 c/kWh, 2770 at 10, gas in between."""
    given = {} if price is None else {"electricity_price": f"{price} USD/MWh"}
    found = sunfront.evaluate("terrestrial", presets=presets, utilization=1.0, **given)
    assert found["infrastructure_annual_cost"] * 1e3 == pytest.approx(published, rel=0.025)


def test_rent_and_electricity_are_the_infrastructure_of_rented_halls():
    """184 USD/kW per month, plus 1.15 kW at 6 c/kWh for 8766 hours: 2208 + 605 USD/kW; the rest is freight."""
    found = sunfront.evaluate("terrestrial", presets=["colocation"], utilization=1.0)
    assert found["infrastructure_annual_cost"] * 1e3 == pytest.approx(2208 + 1.15 * 0.06 * 8766, rel=3e-3)


def test_waiting_for_power_costs_revenue_and_not_capital():
    """If new accelerators earn 20 % less each year, the price after two years is 0.64 of the initial price."""
    falling = {"new_compute_price_decline": "20 %/year"}
    now, later = (sunfront.evaluate("terrestrial", time_to_power=f"{years} year", **falling) for years in (0, 2))
    assert later["annual_revenue"] == pytest.approx(0.64 * now["annual_revenue"], rel=1e-12)
    assert later["capex"] == now["capex"]
    assert later["compute_cost"] == pytest.approx(now["compute_cost"], rel=1e-12)
    assert later["roi"] < now["roi"]


def test_halls_that_last_as_long_as_the_accelerators_are_worth_nothing_after():
    found = sunfront.evaluate("terrestrial", infrastructure_life="5 year", service_life="5 year")
    assert found["node_residual_share"] == pytest.approx(0, abs=1e-15)
    longer = sunfront.evaluate("terrestrial", infrastructure_life="15 year", service_life="5 year")
    assert longer["compute_cost"] < found["compute_cost"]
