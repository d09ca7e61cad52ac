"""Properties of every design: monotonicity, proportionality, limits, smoothness."""

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from sunfront.equation import mean_decay
from sunfront.library.architectures import resolve
from sunfront.library.library import Library
from sunfront.root import Extreme, Root

LIBRARY = Library.shipped()


fifty_examples = settings(derandomize=True, max_examples=50, deadline=None)

ARCH = LIBRARY.architectures["starlink_bus"]
BASE = {name: setting.value for name, setting in resolve(ARCH).items()}
KM, MM = 1e3, 1e-3
LOWEST, HIGHEST = 400 * KM, 2000 * KM  # what the fits hold for


def at(wanted, **values):
    """Quantities of the base design with changed values: one if ``wanted`` is a name, else a list."""
    names = [wanted] if isinstance(wanted, str) else wanted
    found = ARCH.model.evaluate({**BASE, **values}, names)
    return found[wanted] if isinstance(wanted, str) else [found[name] for name in names]


def pairs(low, high):
    """Two values, the first lower by at least a thousandth of the range."""
    gap = (high - low) / 1000
    lower = st.floats(low, high - gap)
    return lower.flatmap(lambda a: st.tuples(st.just(a), st.floats(a + gap, high)))


# Monotonicity


@fifty_examples
@given(pairs(220.0, 450.0), st.floats(LOWEST, HIGHEST))
def test_hotter_radiator_rejects_more(temperatures, altitude):
    cold, hot = (at("radiator_net_flux", radiator_temperature=t, altitude=altitude) for t in temperatures)
    assert hot > cold


@fifty_examples
@given(pairs(220.0, 450.0))
def test_hotter_radiator_heats_the_junction(temperatures):
    cold, hot = (at("junction_temperature", radiator_temperature=t) for t in temperatures)
    assert hot - cold == pytest.approx(temperatures[1] - temperatures[0])


@fifty_examples
@given(pairs(-0.9, 3.0), st.floats(LOWEST, HIGHEST))  # dearer than 3986 USD/kg is no launch
def test_dearer_launch_means_dearer_compute_and_less_return(markups, altitude):
    (cheap, high), (dear, low) = (
        at(["compute_cost", "roi"], launch_markup=markup, altitude=altitude) for markup in markups
    )
    assert dear > cheap
    assert low < high


@fifty_examples
@given(pairs(LOWEST, HIGHEST), st.sampled_from([2.0, 3.0, 5.0, 10.0]))
def test_higher_means_slower_thinner_air_and_more_dose(altitudes, millimetres):
    names = ["orbital_period", "orbital_velocity", "atmospheric_density", "annual_dose", "sink_temperature"]
    low, high = (at(names, altitude=h, shield_thickness=millimetres * MM) for h in altitudes)
    assert [b > a for a, b in zip(low, high, strict=True)] == [True, False, False, True, False]


def test_thicker_shield_means_less_dose_at_every_altitude():
    thickness, altitude = np.array([2, 3, 5, 10]) * MM, np.linspace(LOWEST, HIGHEST, 161)
    dose = at("annual_dose", shield_thickness=thickness, altitude=altitude[:, None])
    assert dose.shape == (161, 4)
    assert (np.diff(dose, axis=1) < 0).all()


@fifty_examples
@given(pairs(LOWEST, HIGHEST))
def test_lower_means_more_eclipse(altitudes):
    names = ["eclipse_fraction", "longest_eclipse", "eclipse_season"]
    low, high = (at(names, altitude=h) for h in altitudes)
    assert all(a > b > 0 for a, b in zip(low, high, strict=True))


@pytest.mark.parametrize(
    ("name", "quantity", "sign"),
    [
        ("accelerator_price", "compute_cost", 1),
        ("discount_rate", "present_value_of_revenue", -1),
        ("utilization", "roi", 1),
        ("compute_price", "roi", 1),
        ("compute_price", "npv", 1),
        ("compute_price_decline", "roi", -1),
        ("accelerator_failure_rate", "annual_revenue", -1),
        ("opex_rate", "compute_cost", 1),
        ("array_specific_price", "capex", 1),
        ("radiator_specific_price", "capex", 1),
        ("node_bus_price", "capex", 1),
        ("assembly_test_share", "capex", 1),
        ("node_learning_value", "capex", 1),
        ("node_learning_rate", "capex", -1),
        ("node_value_to_date", "capex", -1),
        ("bus_development", "capex", 1),
        ("annual_staff_cost", "annual_opex", 1),
        ("launch_failure_rate", "delivered_share", -1),
        ("infant_loss_share", "expected_claim", 1),
        ("replacement_share", "discounted_energy", 1),
        ("replacement_share", "present_value_of_cost", 1),
        ("replacement_share", "annual_revenue", 1),
        ("launch_supply", "launch_price", -1),
        ("launch_learning_rate", "launch_price", -1),
        ("launched_mass_to_date", "launch_price", -1),
        ("thruster_specific_impulse", "propellant_mass", -1),
        ("battery_share", "availability", 1),
        ("battery_share", "power_margin", -1),
        ("battery_share", "stack_mass", 1),
        ("cell_efficiency", "power_margin", 1),
        ("array_annual_degradation", "array_power", -1),
        ("launcher_burnout_mass", "payload_to_orbit", -1),
        ("service_life", "dose_margin", -1),
        ("service_life", "array_remaining_power", -1),
        ("injection_altitude", "payload_to_orbit", -1),
    ],
)
def test_direction_within_the_range_of_the_sources(name, quantity, sign):
    grid = np.linspace(LIBRARY.parameters[name].low, LIBRARY.parameters[name].high, 21)
    steps = np.diff(at(quantity, **{name: grid}))
    assert (sign * steps > 0).all()


def test_insurance_pays_no_more_than_it_costs():
    rates = np.linspace(0, 0.5, 21)
    cost, claim = (at(name, launch_failure_rate=rates) for name in ("insurance_cost", "expected_claim"))
    assert (claim <= cost * (1 + 1e-12)).all()
    assert claim[-1] == pytest.approx(cost[-1])
    assert claim[0] < cost[0]
    premiums = at("capex", premium_rate=np.array([0.0, 0.04, 0.06, 0.12]))
    assert premiums[0] == premiums[1] < premiums[2] < premiums[3]


# Proportionality

AMOUNTS = st.fixed_dictionaries(
    {
        "nodes": st.floats(1.0, 60.0),
        "array_area": st.floats(50.0, 54000.0),
        "accelerators": st.floats(8.0, 24000.0),
        "radiator_area": st.floats(10.0, 36000.0),
    }
)
EXTENSIVE = [
    "exchange_launches",
    "lifetime_revenue",
    "served_token_rate",
    "present_value_of_residuals",
    "array_mass",
    "radiator_mass",
    "cooling_loop_mass",
    "layout_boom_mass",
    "power_electronics_mass",
    "battery_mass",
    "compute_mass",
    "shield_mass",
    "fixed_bus_mass",
    "drag_propellant",
    "unpropelled_mass",
    "propulsion_mass",
    "bus_mass",
    "subsystem_mass",
    "equipment_mass",
    "structure_mass",
    "growth_mass",
    "margin_mass",
    "platform_mass",
    "dry_mass",
    "propellant_mass",
    "stack_mass",
    "launched_mass",
    "stowed_volume",
    "launched_volume",
    "array_power",
    "it_power",
    "heat_load",
    "electrical_load",
    "propulsion_power",
    "drag_force",
    "battery_energy",
    "charging_power",
    "dark_load",
    "power_margin",
    "heat_rejection",
    "thermal_margin",
    "fleet_mass",
    "fleet_it_power",
    "it_power_per_launch",
    "sold_power",
    "token_rate",
    "debris_strikes",
    "compute_capex",
    "cell_power",
    "power_value",
    "cooling_value",
    "structure_value",
    "hardware_value",
    "annual_revenue",
    "present_value_of_revenue",
    "discounted_energy",
    "lifetime_energy",
    "accelerator_emissions",
    "spacecraft_emissions",
    "fleet_fp8_rate",
    "fleet_bf16_rate",
]
INTENSIVE = [
    "node_mass",
    "node_it_power",
    "specific_power",
    "launched_power_price",
    "electrical_load_ratio",
    "array_specific_power",
    "passive_decay_time",
    "passive_disposal_margin",
    "token_bandwidth",
    "link_utilization",
    "levelized_accelerators",
]
#: What grows with the square of a node's array: twice as much for twice as many equal nodes, but not additive.
CURVED = [
    "squared_array_area",
    "array_inertia",
    "gravity_gradient_torque",
    "lasting_torque",
    "momentum_storage",
    "attitude_mass",
    "boom_mass",
]
#: Terms of the launch that do not depend on the stack, fixed costs, and hardware whose price falls with its amount.
WITH_A_CONSTANT = [
    "refresh_capex",
    "present_value_of_refresh",
    "levelized_refresh",
    "exchanged_payload",
    "launch_emissions",
    "cumulative_available_cash",
    "cumulative_debt_service",
    "debt_service_cover",
    "demand_margin",
    "ebitda_margin",
    "equivalent_annual_cost",
    "lifetime_capital",
    "lifetime_equity",
    "lifetime_interest",
    "lifetime_operation",
    "lifetime_profit",
    "moic",
    "net_funding",
    "peak_funding",
    "accelerator_emissions",
    "annual_emissions",
    "bf16_operation_cost",
    "emission_intensity",
    "fleet_bf16_rate",
    "fleet_fp8_rate",
    "fp8_operation_cost",
    "lifecycle_emissions",
    "lifetime_energy",
    "spacecraft_emissions",
    "node_capex",
    "node_learning_factor",
    "power_capex",
    "cooling_capex",
    "structure_capex",
    "array_electricity_cost",
    "levelized_power",
    "levelized_cooling",
    "levelized_structure",
    "levelized_development",
    "levelized_fixed",
    "insured_value",
    "expected_claim",
    "present_value_of_claims",
    "capex",
    "insurance_cost",
    "capital_intensity",
    "infrastructure_intensity",
    "infrastructure_annual_cost",
    "breakeven_launch_price",
    "token_cost",
    "annual_upkeep",
    "annual_opex",
    "levelized_transport",
    "levelized_insurance",
    "levelized_upkeep",
    "levelized_replacement",
    "replacement_capex",
    "annual_replacement",
    "present_value_of_replacement",
    "transport_intensity",
    "transport_annual_cost",
    "roi",
    "first_year_return",
    "present_value_of_capital",
    "present_value_of_equity",
    "debt_drawn",
    "debt_at_start",
    "interest_during_construction",
    "present_value_of_debt",
    "present_value_of_depreciation",
    "present_value_of_deductions",
    "present_value_of_tax",
    "levelized_debt",
    "levelized_tax",
    "present_value_of_operation",
    "cumulative_cash",
    "cumulative_discounted_cash",
    "irr",
    "npv",
    "payback_time",
    "discounted_payback_time",
    "present_value_of_cost",
    "compute_cost",
    "accelerator_hour_cost",
    "fp8_operation_cost",
    "bf16_operation_cost",
    "lifecycle_emissions",
    "annual_emissions",
    "emission_intensity",
    "launch_mass_margin",
    "launch_volume_margin",
]


def test_every_quantity_that_depends_on_the_amounts_is_classed():
    reached = {"nodes", "array_area", "accelerators", "radiator_area"}
    classed = {*EXTENSIVE, *INTENSIVE, *WITH_A_CONSTANT, *CURVED}
    depending = set()
    for eq in ARCH.model.order(reached):
        if not reached.isdisjoint(eq.inputs):
            reached.add(eq.name)
            depending.add(eq.name)
    assert depending == classed


@fifty_examples
@given(AMOUNTS, st.floats(LOWEST, HIGHEST), st.floats(0.0, 1.0, allow_subnormal=False))
def test_twice_the_hardware_twice_every_extensive_quantity(amounts, altitude, battery_share):
    more = {name: 2 * value for name, value in amounts.items()}
    fixed = {"altitude": altitude, "battery_share": battery_share}
    names = [*EXTENSIVE, *CURVED, *INTENSIVE]
    once, twice = (at(names, **fixed, **each) for each in (amounts, more))
    # A margin is a small difference of large terms, so its error is relative to them.
    scale = max(abs(value) for name, value in zip(EXTENSIVE, once, strict=False) if name.endswith("_power"))
    for name, a, b in zip(names, once, twice, strict=True):
        factor = 1 if name in INTENSIVE else 2
        slack = 1e-9 * scale if name.endswith("margin") else 0.0
        assert b == pytest.approx(factor * a, rel=1e-10, abs=slack), name


@fifty_examples
@given(AMOUNTS, AMOUNTS, st.floats(LOWEST, HIGHEST))
def test_extensive_quantities_add(one, other, altitude):
    both = {name: one[name] + other[name] for name in one}
    flat = {"altitude": altitude, "boom_mass": 0.0, "attitude_mass": 0.0}
    a, b, c = (np.array(at(EXTENSIVE, **flat, **each)) for each in (one, other, both))
    np.testing.assert_allclose(c, a + b, rtol=1e-9, atol=1e-6)


# Limits


@fifty_examples
@given(st.floats(0.0, 1.0))
def test_no_eclipse_means_always_available(battery_share):
    assert at("availability", eclipse_fraction=0.0, annual_eclipses=0.0, battery_share=battery_share) == 1.0


@fifty_examples
@given(st.floats(LOWEST, HIGHEST))
def test_batteries_for_all_means_always_available(altitude):
    assert at("availability", altitude=altitude, battery_share=1.0) == 1.0


@fifty_examples
@given(st.floats(LOWEST, HIGHEST))
def test_without_batteries_the_eclipse_is_lost(altitude):
    lost, available = at(["eclipse_fraction", "availability"], altitude=altitude, battery_share=0.0, restart_time=0.0)
    assert available == pytest.approx(1 - lost, rel=1e-15)


@fifty_examples
@given(st.floats(LOWEST, HIGHEST))
def test_no_accelerators_earn_nothing(altitude):
    names = ["it_power", "fleet_it_power", "compute_capex", "annual_revenue", "present_value_of_revenue"]
    assert at(names, altitude=altitude, accelerators=0.0) == [0.0] * 5


def test_without_profit_it_never_pays_back():
    assert at("payback_time", compute_price=0.0) == math.inf
    assert at("payback_time", accelerators=0.0) == math.inf


@fifty_examples
@given(st.floats(LOWEST, HIGHEST), st.floats(0.0, 0.3))
def test_a_price_at_cost_has_no_net_present_value(altitude, yearly):
    rates = {"altitude": altitude, "discount_rate": yearly / BASE["year"], "compute_price_decline": 0.0}
    price = at("compute_cost", **rates)
    value, cost = at(["npv", "present_value_of_cost"], compute_price=price, **rates)
    assert abs(value) <= 1e-9 * cost


def test_no_eclipse_above_the_altitude_free_of_eclipse():
    # Within the errors that the fits state: 5.8e-4, 0.12 min, 0.75 day.
    high = np.linspace(1450, 2000, 56) * KM
    fraction, longest, season = at(["eclipse_fraction", "longest_eclipse", "eclipse_season"], altitude=high)
    assert (fraction <= 5.8e-4).all()
    assert (longest <= 0.6 * 60).all()
    assert (season <= 3 * 86400).all()


# Smoothness


def changing_with_altitude():
    reached = {"altitude"}
    for eq in ARCH.model.order(BASE):
        if not reached.isdisjoint(eq.inputs):
            reached.add(eq.name)
    # No root: infinite. No extreme: one value in each of 120 quarters.
    return sorted(name for name in reached - {"altitude"} if not isinstance(ARCH.model[name], Root | Extreme))


@cache
def windows():
    """Every quantity at altitudes 10 m apart, in windows of 40 km, one of them around 1392 km."""
    starts = np.arange(LOWEST, HIGHEST, 40 * KM)
    altitudes = starts[:, None] + np.linspace(0, 40 * KM, 4001)
    return ARCH.model.evaluate({**BASE, "altitude": altitudes}, changing_with_altitude())


@pytest.mark.parametrize("name", changing_with_altitude())
def test_no_jump_over_the_allowed_altitudes(name):
    values = windows()[name]
    assert np.isfinite(values).all()
    # None of 4000 steps across a window is a hundredth of the change; a jump would be most of it.
    steps = np.abs(np.diff(values)).max(axis=1)
    assert (steps <= 0.01 * np.ptp(values, axis=1) + 1e-13 * np.abs(values).max(axis=1)).all()


# mean_decay


@pytest.mark.parametrize("x", [0.0, 1e-12, 9e-9, 1e-8, 2e-8, 1e-6, 5e-5, 1e-3, 1.0, 30.0])
@pytest.mark.parametrize("sign", [1, -1])
def test_mean_decay_is_the_integral(x, sign):
    integral, _ = quad(lambda t: math.exp(-sign * x * t), 0, 1, epsabs=0, epsrel=1e-13)
    assert mean_decay(sign * x) == pytest.approx(integral, rel=1e-13)


@fifty_examples
@given(st.floats(-50.0, 200.0))
def test_mean_decay_is_the_integral_anywhere(x):
    integral, _ = quad(lambda t: math.exp(-x * t), 0, 1, epsabs=0, epsrel=1e-12, limit=200)
    assert mean_decay(x) == pytest.approx(integral, rel=1e-10)


def test_mean_decay_of_an_array_is_that_of_its_elements():
    x = np.array([[-1.0, 0.0], [1e-12, 5.0]])
    assert mean_decay(x).tolist() == [[mean_decay(v) for v in row] for row in x.tolist()]
