"""Published bills and boundaries: the finance equations reproduce them within the stated tolerance."""

from __future__ import annotations

from math import exp, log

import pytest
from scipy.integrate import quad

import sunfront
from sunfront.equations.boundary import infrastructure_annual_cost
from sunfront.library.architectures import quantity_unit
from sunfront.library.library import Library

LIBRARY = Library.shipped()


YEAR = LIBRARY.parameters["year"].value


def evaluate(**values):
    return sunfront.evaluate("starlink_bus", **values)


class TestGroundHyperscaleBill:
    """J. Hamilton, Cost of Power in Large-Scale Data Centers, 2008, with monthly payments.

    15 MW of servers, 200 MUSD for the facility (82 % of it power and cooling) over 15 years, 50 000 servers at
    2000 USD over 3 years, interest at 5 %, electricity at 0.07 USD/kWh, 80 % of the load, PUE 1.7. Published USD per
    month: servers 2 997 090, power and cooling 1 296 902, other facility 284 686, electricity 1 042 440.
    """

    LOAD = 15e6  # W
    FORCE = 12 * log(1 + 0.05 / 12) / YEAR  # 5 % a year, compounded monthly
    ELECTRICITY = 15e3 * 0.8 * 1.7 * 0.07 * 8760  # USD a year: 12.5 M

    def monthly(self, capital, years, opex=0.0):
        """USD per month for ``capital`` paid off over its life, plus ``opex`` USD per year."""
        per_year = infrastructure_annual_cost(
            infrastructure_intensity=capital / self.LOAD,
            discount_force=self.FORCE,
            host_service=years * YEAR,
            node_capex=capital,
            opex_rate=opex / capital / YEAR,
            fleet_it_power=self.LOAD,
            year=YEAR,
        )
        return per_year * self.LOAD / 12

    def test_electricity(self):
        assert pytest.approx(1_042_440, rel=1e-6) == self.ELECTRICITY / 12

    @pytest.mark.parametrize(
        ("capital", "years", "published"),
        [(100e6, 3, 2_997_090), (164e6, 15, 1_296_902), (36e6, 15, 284_686)],
    )
    def test_capital(self, capital, years, published):
        """Continuous flow and payments at the end of the month differ by half a month: 0.2 %."""
        assert self.monthly(capital, years) == pytest.approx(published, rel=0.003)

    def test_whole_bill(self):
        facility = self.monthly(200e6, 15, self.ELECTRICITY)
        assert facility == pytest.approx(1_296_902 + 284_686 + 1_042_440, rel=0.003)
        assert facility + self.monthly(100e6, 3) == pytest.approx(5_621_118, rel=0.003)


@pytest.mark.parametrize(("price", "published"), [(200, 810), (3600, 14_700)])
def test_suncatcher_launch_bill(price, published):
    """arXiv 2511.19468: 575 kg for 28 kW over 5 years, launches only, no interest."""
    found = evaluate(
        launch_specific_price=f"{price} USD/kg",
        launcher_reference_payload="0.575 t",
        launcher_burnout_mass="0.5 t",
        launches=1.0,
        fleet_it_power="28 kW",
        service_life="5 year",
    )
    assert found["transport_annual_cost"] * 1e3 == pytest.approx(published, rel=0.02)


@pytest.mark.parametrize(
    ("satellite", "years", "today", "later"),
    [
        ("starlink_v2_mini", 5, 14_700, 810),
        ("starlink_v1", 5, 26_600, 1_470),
        ("oneweb", 5, 135_800, 7_500),
        ("iridium_next", 12.5, 124_600, 6_900),
    ],
)
@pytest.mark.parametrize("name", ["starlink_bus", "cluster"])
def test_suncatcher_table(name, satellite, years, today, later):
    """arXiv 2511.19468, table 1, printed to three digits: 3600 USD/kg and 200 USD/kg."""
    for price, published in ((3600, today), (200, later)):
        found = sunfront.evaluate(
            name,
            presets=["given_specific_mass", satellite],
            launch_specific_price=f"{price} USD/kg",
            service_life=f"{years} year",
            propellant_mass="0 kg",  # within the published mass
        )
        assert found["launched_power_price"] * 1e3 * YEAR == pytest.approx(published, rel=0.015)


def test_wright_today():
    """At 7000 t, 20 % per doubling from 1800 USD/kg at 400 t: 716 without a floor."""
    found = evaluate(cumulative_launched_mass="7000 t", launch_cost_floor="0 USD/kg")
    assert found["launch_specific_cost"] == pytest.approx(716, rel=0.002)


def test_boundaries_agree():
    found = evaluate()
    power = found["fleet_it_power"]
    chips = found["compute_capex"] * (1 + found["insurance_rate"]) / power
    assert found["capital_intensity"] == pytest.approx(found["infrastructure_intensity"] + chips, rel=1e-12)
    nodes = found["node_capex"] * (1 + found["insurance_rate"]) / power
    launches = found["transport_intensity"] * (1 + found["insurance_rate"])
    development = found["development_cost"] / power
    assert found["infrastructure_intensity"] == pytest.approx(nodes + launches + development, rel=1e-12)
    assert found["electrical_load_ratio"] == pytest.approx(found["electrical_load"] / found["it_power"], rel=1e-12)
    assert found["implied_token_price"] * found["tokens_per_energy"] == pytest.approx(found["compute_price"], rel=1e-12)


def test_tokens_may_set_the_price():
    """Handmer: 0.1 token/J at 10 USD per million tokens is 3.60 USD/kWh."""
    found = evaluate(compute_price="computed", token_price="10 USD/Mtoken", tokens_per_energy="0.1 token/J")
    assert found["compute_price"] * 3.6e6 == pytest.approx(3.60, rel=1e-12)


#: Every rate at which accelerators are lost.
LOSSES = (
    "accelerator_failure_rate",
    "pause_failure_rate",
    "node_loss_rate",
    "debris_loss_rate",
    "radiation_failure_rate",
)


class TestReplacement:
    """A share s of the losses at rate a is replaced, so the fleet falls as exp(-a (1 - s) t)."""

    @pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
    def test_by_quadrature(self, share):
        found = evaluate(replacement_share=share)
        loss, force = found["attrition_rate"], found["discount_force"]
        hardware = found["capex"] - found["development_cost"]
        delay, life = found["deployment_delay"], found["service_life"]
        campaign, ramp = found["campaign_duration"], found["utilization_ramp_time"]
        spread, _ = quad(lambda s: exp(-force * s) / campaign, 0, campaign)

        def flow(t, rate):
            return spread * exp(-force * (delay + t) - rate * t)

        in_service, _ = quad(flow, 0, life, args=(loss * (1 - share),))
        used, _ = quad(lambda t: flow(t, loss * (1 - share)) * (1 - exp(-t / ramp)), 0, life, epsabs=0)
        assert found["discounted_energy"] == pytest.approx(found["sold_power"] * used, rel=1e-9)
        assert found["present_value_of_replacement"] == pytest.approx(hardware * loss * share * in_service, rel=1e-9)
        upkeep, _ = quad(flow, 0, life, args=(0.0,))
        yearly = found["node_capex"] * found["opex_rate"]
        open_time, _ = quad(lambda t: exp(-force * (delay + t)), 0, campaign + life)
        fixed = found["annual_fixed_cost"] / YEAR * open_time
        claims = found["expected_claim"] * spread
        assert found["time_to_power"] == 0  # so that development is paid at the decision
        capital = hardware * spread + found["development_cost"] - claims
        whole = capital + fixed + yearly * upkeep + hardware * loss * share * in_service
        assert found["present_value_of_cost"] == pytest.approx(whole, rel=1e-9)

    def test_without_loss_nothing_is_replaced(self):
        safe = dict.fromkeys(LOSSES, 0.0)
        for name in ("npv", "roi", "compute_cost"):
            assert evaluate(replacement_share=1.0, **safe)[name] == evaluate(replacement_share=0.0, **safe)[name]

    def test_a_whole_fleet_earns_as_one_that_loses_nothing(self):
        kept = evaluate(replacement_share=1.0)
        safe = evaluate(**dict.fromkeys(LOSSES, 0.0))
        for name in ("annual_revenue", "present_value_of_revenue", "discounted_energy"):
            assert kept[name] == pytest.approx(safe[name], rel=1e-12)
        assert kept["annual_replacement"] == pytest.approx(
            kept["attrition_rate"] * kept["year"] * (kept["capex"] - kept["development_cost"]), rel=1e-9
        )

    def test_break_even_price_knows_of_replacements(self):
        given = {"compute_price": "12 USD/kWh", "replacement_share": 0.5}
        price = evaluate(**given)["breakeven_launch_price"]
        again = evaluate(**given, launch_specific_price=price)
        assert abs(again["npv"]) < 1e-9 * again["capex"]


#: Inputs with a value, and quantities, that published comparisons name.
INPUTS = {
    "altitude": "600 km",
    "solar_flux_index": "150 sfu",
    "shield_thickness": "5 mm",
    "radiator_temperature": "335 K",
    "launch_cadence": "60 1/year",
}
QUANTITIES = {
    "orbital_period": "min",
    "inclination": "deg",
    "sunlit_fraction": "1",
    "longest_eclipse": "min",
    "atmospheric_density": "kg/m^3",
    "annual_dose": "rad(Si)",
    "sink_temperature": "K",
    "radiator_net_flux": "W/m^2",
    "junction_temperature": "K",
    "payload_to_orbit": "t",
    "launch_specific_price": "USD/kg",
    "two_hop_latency": "ms",
}
FINANCE = [
    "roi",
    "first_year_return",
    "npv",
    "payback_time",
    "compute_cost",
    "accelerator_hour_cost",
    "token_cost",
    "array_electricity_cost",
    "breakeven_launch_price",
    "passive_disposal_margin",
    "disposal_delta_v",
    "launch_volume_margin",
    "junction_margin",
    "dose_margin",
]


def test_stable_names():
    found = evaluate(**INPUTS)
    base = evaluate()
    for name, unit in QUANTITIES.items():
        assert quantity_unit(LIBRARY.architectures["starlink_bus"], name) == unit
    changed = {name for name in QUANTITIES if found[name] != base[name]}
    assert changed == set(QUANTITIES)
    assert set(FINANCE) <= found.keys()
