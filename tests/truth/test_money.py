"""What money must do: signs of effects, rank of designs, and an owned hall that earns its cost of capital."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.stats import spearmanr

import sunfront
from sunfront.study.study import Study

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


@cache
def drawn(name, price):
    """Designs that are given, and their quantities."""
    given = draw(200, 2) | {
        "compute_price_decline": np.full(200, 0.2 / YEAR),
        "compute_price": np.full(200, price / 3.6e6),
        "utilization_ramp_time": np.full(200, 0.2 * YEAR),
        "accelerator_residual_share": np.full(200, 0.1),
        "accelerator_price": np.full(200, 51000.0),
    }
    return given, sunfront.evaluate(name, **given)


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
    given, before = drawn(name, price)
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


#: Sign of the effect on npv, roi and irr; 0: none; "value": that of the value, the other way round.
EFFECTS = {
    ("terrestrial", "time_to_power"): {"npv": "value", "roi": 0, "irr": 0},
    ("starlink_bus", "time_to_power"): {"npv": "value", "roi": -1, "irr": -1},  # development does not wait
    ("terrestrial", "discount_rate"): {"roi": -1, "irr": 0},
    ("starlink_bus", "discount_rate"): {"roi": -1, "irr": 0},
    ("terrestrial", "accelerator_residual_share"): {"npv": 1, "roi": 1, "irr": 1},
    ("starlink_bus", "accelerator_residual_share"): {"npv": 1, "roi": 1, "irr": 1},
    ("starlink_bus", "learning_anchor_cost"): {"npv": -1, "roi": -1, "irr": -1},  # of launches
}


@cache
def unchanged(name, price):
    """Designs that are given, and their quantities."""
    base = {"accelerator_residual_share": 0.1, "time_to_power": YEAR, "compute_price_decline": 0.2 / YEAR}
    if name == "starlink_bus":
        base["learning_anchor_cost"] = 1800.0
    given = draw(60, 7) | {key: np.full(60, value) for key, value in base.items()}
    return given, designs(name, given, price)


@pytest.mark.parametrize(("name", "parameter"), EFFECTS)
def test_sign_of_the_effect_on_profitable_and_unprofitable_designs(name, parameter):
    """At three prices: designs that never earn their capital back, that earn less than it costs, and that earn more."""
    found = {"profitable": 0, "unprofitable": 0, "with a rate below the cost of capital": 0}
    for price in (1.0, 2.4, 6.0) if name == "terrestrial" else (6.0, 17.0, 40.0):
        given, before = unchanged(name, price)
        after = designs(name, given | {parameter: given[parameter] * 1.3}, price)
        profitable, earns_back = before["npv"] > 0, np.isfinite(before["irr"])
        found["profitable"] += profitable.sum()
        found["unprofitable"] += (~profitable).sum()
        found["with a rate below the cost of capital"] += (~profitable & earns_back).sum()
        for quantity, effect in EFFECTS[name, parameter].items():
            asked = np.isfinite(before[quantity]) & np.isfinite(after[quantity])
            if effect == "value":
                asked &= np.abs(before["npv"]) > before["development_cost"]
            change = (after[quantity][asked] - before[quantity][asked]) / np.abs(before[quantity][asked])
            sign = -np.sign(before["npv"])[asked] if effect == "value" else np.full(asked.sum(), effect)
            assert (np.where(sign == 0, -np.abs(change) + 1e-7, sign * change) > 0).all(), (quantity, price)
    assert min(found.values()) >= 10


@pytest.mark.parametrize("price", [6.0, 17.0, 40.0])
def test_lost_launches_and_dearer_insurance_lower_the_return_of_every_fleet(price):
    """A claim gives back capital. What is lost is not in service, and a premium brings nothing."""

    problem = Study(architecture="starlink_bus", objectives=("maximize roi",)).problem
    given = {**problem.values, **draw(60, 8), "compute_price": price / 3.6e6}

    def change(parameter, low, high, **others):
        before, after = (
            problem.model.evaluate({**given, **others, parameter: x}, ["npv", "roi", "irr"]) for x in (low, high)
        )
        earns = np.isfinite(before["irr"]) & np.isfinite(after["irr"])
        falls = {name: after[name] < before[name] for name in ("npv", "roi", "irr")}
        return falls | {"irr": falls["irr"] | ~earns}, before["npv"] > 0

    for parameter in ("launch_failure_rate", "infant_loss_share"):
        for share in (0.0, 1.0):  # without insurance, and at a fair premium
            falls, _ = change(parameter, 0.05, 0.10, premium_rate=0.0, insured_share=share)
            assert all(found.all() for found in falls.values()), parameter
        # A premium that is asked anyway pays for more losses: whoever loses a part of a fleet that loses money has a
        # smaller loss on a smaller fleet.
        falls, profitable = change(parameter, 0.01, 0.06, premium_rate=0.12)
        assert falls["roi"].all()
        assert falls["irr"].all()
        assert falls["npv"][profitable].all()
    falls, _ = change("premium_rate", 0.06, 0.12)
    assert all(found.all() for found in falls.values())


def test_a_longer_life_raises_roi_and_irr_exactly_where_the_last_year_earns():
    given = draw(60, 4) | {"service_life": np.full(60, 5 * YEAR), "node_residual_share": np.zeros(60)}
    given |= {"contract_share": np.zeros(60), "accelerator_residual_share": np.zeros(60)}
    signs = []
    for price in (0.6, 4.0, 20.0):
        one = designs("terrestrial", given, price)
        two = designs("terrestrial", given | {"service_life": np.full(60, 5.1 * YEAR)}, price)
        decline = one["ageing_rate"] + one["fleet_decline_rate"]
        earned = one["sold_power"] * price / 3.6e6 * np.exp(-decline * 5.05 * YEAR)
        late = earned - one["annual_opex"] / YEAR
        for quantity in ("roi", "irr"):
            clear = (np.abs(late) > 0.05 * earned) & np.isfinite(one[quantity]) & np.isfinite(two[quantity])
            assert (np.sign(two[quantity][clear] - one[quantity][clear]) == np.sign(late[clear])).all(), quantity
            signs += [(quantity, sign) for sign in np.sign(late[clear])]
    assert {("roi", -1.0), ("roi", 1.0), ("irr", 1.0)} <= set(signs)


SIZES = {
    "terrestrial": {
        "node_accelerators": {"low": 1000, "high": 6000, "integer": True},
        "power_usage_effectiveness": {"low": 1.05, "high": 1.4},
    },
    "starlink_bus": {
        "node_array_area": {"low": "500 m^2", "high": "900 m^2"},
        "node_radiator_area": {"low": "120 m^2", "high": "240 m^2"},
        "node_accelerators": {"low": 30, "high": 64, "integer": True},
        "nodes_per_launch": {"low": 3, "high": 10, "integer": True},
        "altitude": {"low": "500 km", "high": "800 km"},
        "launch_cadence": {"low": "6 1/year", "high": "208 1/year"},
    },
}
MONEY = {
    "token_price": {"low": "3 USD/Mtoken", "high": "60 USD/Mtoken"},
    "contract_share": {"low": 0, "high": 0.75},
    "utilization": {"low": 0.5, "high": 0.95},
    "discount_rate": {"low": "6 %/year", "high": "15 %/year"},
    "compute_price_decline": {"low": "-5 %/year", "high": "35 %/year"},
}


def feasible_designs(name: str, count: int) -> dict[str, np.ndarray]:
    """Random designs that meet every constraint of their architecture."""
    study = Study(
        architecture=name,
        parameters={"time_to_power": "0 year"},
        variables={**SIZES[name], **MONEY},
        objectives=("maximize roi",),
    )
    problem = study.problem
    found = problem.evaluate(problem.random_designs(4096), {*problem.criterion_names, "npv", "capex"})
    kept = np.flatnonzero(problem.feasible(found))[:count]
    assert len(kept) == count
    return {quantity: np.broadcast_to(found[quantity], 4096)[kept] for quantity in ("roi", "npv", "capex")}


def test_roi_ranks_designs_as_their_value_per_capital_does():
    """1000 random feasible designs, orbit and ground mixed: Spearman's rank correlation with npv over capital."""
    mixed = [feasible_designs(name, 500) for name in SIZES]
    roi, npv, capex = (np.concatenate([found[quantity] for found in mixed]) for quantity in ("roi", "npv", "capex"))
    assert 100 < (npv > 0).sum() < 900
    assert spearmanr(roi, npv / capex).statistic >= 0.99


def test_a_fleet_has_a_best_size_between_fixed_cost_and_scarcity():
    """Fixed cost and learning reward large fleets, scarce launches small ones; without either the best is at an end."""
    cadence = np.array([2, 6, 12, 26, 52, 104, 156, 208, 400, 800]) / YEAR

    def best(*presets, **values):
        return int(
            np.argmax(sunfront.evaluate("starlink_bus", presets=list(presets), launch_cadence=cadence, **values)["roi"])
        )

    last = len(cadence) - 1
    assert 0 < best() < last
    assert 0 < best(node_learning_rate=0) <= best() < last  # fixed cost alone
    assert 0 < best("no_development") <= best() < last  # learning alone
    assert best("no_development", node_learning_rate=0) == 0
    assert best("launch_at_cost") == best("launch_at_cost", node_learning_rate=0) == last


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
