"""What money must do: signs of effects, rank of designs, and an owned hall that earns its cost of capital."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

import sunfront

YEAR = 31557600.0
COMMON = {
    "service_life": (3 * YEAR, 8 * YEAR),
    "discount_rate": (0.05 / YEAR, 0.16 / YEAR),
    "contract_share": (0.0, 0.75),
    "contract_term": (1 * YEAR, 6 * YEAR),
    "utilization": (0.5, 0.95),
    "time_to_power": (0.0, 4 * YEAR),
    "compute_price_decline": (-0.05 / YEAR, 0.35 / YEAR),
}


def draw(n: int, seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {name: rng.uniform(low, high, n) for name, (low, high) in COMMON.items()}


def designs(name: str, given: dict[str, np.ndarray], price: float) -> dict[str, np.ndarray]:
    """Evaluate an architecture with a price of compute in USD/kWh."""
    return sunfront.evaluate(name, **given, compute_price=price / 3.6e6)


def test_an_owned_hall_without_wait_earns_about_its_cost_of_capital():
    """Contracts of 2026 pay back in about 2.5 years; hyperscalers earn their cost of capital, neither more nor less."""
    hall = sunfront.evaluate("terrestrial", time_to_power="0 year")
    assert -0.1 <= hall["roi"] <= 0.2
    contracted = sunfront.evaluate("terrestrial", time_to_power="0 year", contract_share=0.9)
    assert contracted["roi"] > hall["roi"] + 0.1


@pytest.mark.parametrize(("years", "sign"), [((0.0, 5.0), -1)])
def test_waiting_costs_a_profitable_asset_value(years, sign):
    given = draw(200, 1) | {"time_to_power": np.full(200, years[0] * YEAR)}
    soon = designs("terrestrial", given, 5.0)
    late = designs("terrestrial", given | {"time_to_power": np.full(200, years[1] * YEAR)}, 5.0)
    profitable = soon["npv"] > 0
    assert profitable.sum() > 100
    assert (sign * (late["npv"] - soon["npv"])[profitable] > 0).all()


@pytest.mark.parametrize("price", [1.0, 20.0])
@pytest.mark.parametrize("name", ["terrestrial", "starlink_bus"])
@pytest.mark.parametrize(
    ("parameter", "factor", "effects"),
    [
        ("accelerator_price", 1.2, {"roi": -1, "npv": -1}),
        ("compute_price", 1.2, {"roi": 1, "npv": 1}),
        ("contract_share", 1.3, {"roi": 1, "npv": 1}),
        ("compute_price_decline", 1.3, {"roi": -1, "npv": -1}),
        ("utilization_ramp_time", 2.0, {"roi": -1, "npv": -1}),
        ("accelerator_residual_share", 2.0, {"roi": 1, "npv": 1}),
    ],
)
def test_sign_of_each_effect(name, price, parameter, factor, effects):
    given = draw(200, 2) | {
        "compute_price_decline": np.full(200, 0.2 / YEAR),
        "compute_price": np.full(200, price / 3.6e6),
    }
    given |= {
        "utilization_ramp_time": np.full(200, 0.2 * YEAR),
        "accelerator_residual_share": np.full(200, 0.1),
        "accelerator_price": np.full(200, 51000.0),
    }
    before = sunfront.evaluate(name, **given)
    after = sunfront.evaluate(name, **(given | {parameter: given[parameter] * factor}))
    for quantity, sign in effects.items():
        # Who loses money in operation loses a smaller share of a larger capital.
        asked = before["roi"] > -0.8 if quantity == "roi" else np.ones(200, dtype=bool)
        assert (sign * (after[quantity] - before[quantity])[asked] >= 0).all(), quantity
        assert not asked.any() or (sign * (after[quantity] - before[quantity])[asked] > 0).mean() > 0.9, quantity


@pytest.mark.parametrize("name", ["terrestrial", "starlink_bus"])
def test_a_higher_discount_rate_lowers_the_value_of_what_earns_after_it_is_paid(name):
    given = draw(200, 3) | {"time_to_power": np.zeros(200)}
    low = designs(name, given | {"discount_rate": np.full(200, 0.06 / YEAR)}, 40.0)
    high = designs(name, given | {"discount_rate": np.full(200, 0.12 / YEAR)}, 40.0)
    profitable = high["npv"] > 0
    assert profitable.mean() > 0.9
    assert (high["npv"] < low["npv"])[profitable].all()
    assert (high["roi"] < low["roi"])[profitable].all()


def test_a_longer_life_is_worth_what_its_last_years_earn():
    """The value rises with the life exactly where a year more earns more than it costs."""
    given = draw(100, 4) | {"service_life": np.full(100, 5 * YEAR), "node_residual_share": np.zeros(100)}
    given |= {"contract_share": np.zeros(100), "accelerator_residual_share": np.zeros(100)}
    longer = given | {"service_life": np.full(100, 5.01 * YEAR)}
    for price in (0.3, 5.0, 40.0):
        one, two = designs("terrestrial", given, price), designs("terrestrial", longer, price)
        age = 5 * YEAR
        earned = one["sold_power"] * price / 3.6e6 * np.exp(-(one["ageing_rate"] + one["fleet_decline_rate"]) * age)
        late = earned - one["annual_opex"] / YEAR
        clear = np.abs(late) > 0.02 * earned
        assert (np.sign(two["npv"] - one["npv"]) == np.sign(late))[clear].mean() > 0.98


def sizes_of(rng, name: str, low: float, high: float) -> np.ndarray:
    values = rng.uniform(low, high, 500)
    return np.round(values) if name == "node_accelerators" else values


def test_roi_ranks_designs_as_their_value_per_capital_does():
    """1000 random designs, orbit and ground mixed: Spearman's rank correlation with npv over present capital."""
    rng = np.random.default_rng(5)
    roi, value = [], []
    for name, sizes in (
        ("terrestrial", {"node_accelerators": (2000, 8000), "power_usage_effectiveness": (1.05, 1.4)}),
        ("starlink_bus", {"node_accelerators": (40, 70), "node_array_area": (700, 900), "altitude": (5e5, 8e5)}),
    ):
        given = draw(500, 6) | {"time_to_power": np.zeros(500), "discount_rate": np.full(500, 0.1 / YEAR)}
        given |= {key: sizes_of(rng, key, *span) for key, span in sizes.items()}
        found = sunfront.evaluate(name, **given)
        roi.append(found["roi"])
        value.append(found["npv"] / found["capex"])
    assert spearmanr(np.concatenate(roi), np.concatenate(value)).statistic >= 0.99


def test_the_accelerator_decides_what_a_kilowatt_hour_earns():
    """Rents of 2026 per kWh of IT energy, within the third by which they differ among sources."""
    rents = {"h100": 2.35 / 1.0, "gb200": 4.54 / 1.83, "b200": 5.30 / 1.5}
    for chip, rent in rents.items():
        found = sunfront.evaluate("terrestrial", presets=[chip])["compute_price"] * 3.6e6
        assert found == pytest.approx(rent, rel=0.34)
    assert sunfront.evaluate("terrestrial")["compute_price"] * 3.6e6 == pytest.approx(2.5, rel=0.02)


@pytest.mark.parametrize(("period", "payments"), [("1 year", 1), ("0.0833333333333 year", 12)])
def test_periods_are_paid_at_their_ends(period, payments):
    """An annuity-immediate of five years at 8 %: 3.9927 a year (Kellison, table), 12 x 0.3389 by months."""
    rate = {"discount_rate": "8 %/year", "service_life": "5 year", "deployment_delay": "0 year"}
    found = sunfront.evaluate(
        "starlink_bus", **rate, time_to_power="0 year", campaign_duration="1 year", cash_flow_period=period
    )
    each = 1.08 ** (1 / payments) - 1
    annuity = (1 - 1.08**-5) / each / payments
    assert found["discounted_service"] / found["start_discount"] / YEAR == pytest.approx(annuity, rel=1e-9)
    if payments == 1:
        assert annuity == pytest.approx(3.9927, abs=5e-5)
