"""The cash-flow table and the closed forms of the equations hold each other to account, for random designs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sunfront.cash_flow.flows import Payment, Stream, falling, level
from sunfront.cash_flow.integration import integrate
from sunfront.cash_flow.table import add_up, cash_flow, design_elements
from sunfront.equations.financing import discounted_debt_service, discounted_principal
from sunfront.equations.present_value import level_or_falling
from sunfront.problem.problem import as_columns
from sunfront.study.study import Study

YEAR = 365.25 * 86400
ARCHITECTURES = ["starlink_bus", "gpu_on_panel", "lunar_pole", "terrestrial"]

#: Ranges of everything that shapes the flows.
RANGES = {
    "service_life": (2, 8, "year"),
    "deployment_delay": (0, 1.5, "year"),
    "time_to_power": (0, 5, "year"),
    "campaign_duration": (0.01, 5, "year"),
    "contract_share": (0, 0.9, "1"),
    "contract_term": (0.5, 9, "year"),
    "utilization_ramp_time": (0.005, 2, "year"),
    "compute_price_decline": (-0.1, 0.5, "1/year"),
    "new_compute_price_decline": (-0.2, 0.3, "1/year"),
    "accelerator_failure_rate": (0, 0.3, "1/year"),
    "replacement_share": (0, 1, "1"),
    "accelerator_residual_share": (0, 0.3, "1"),
    "opex_rate": (0, 0.1, "1/year"),
    "discount_rate": (-0.05, 0.3, "1/year"),
    "cash_horizon": (0, 25, "year"),
    "tax_rate": (0, 0.4, "1"),
    "bonus_depreciation_share": (0, 1, "1"),
    "debt_share": (0, 0.9, "1"),
    "debt_rate": (0.01, 0.2, "1/year"),
    "debt_term": (1, 8, "year"),
    "debt_grace": (0, 2, "year"),
}


def random_problem(architecture, **values):
    variables = {
        name: {"low": f"{low} {unit}", "high": f"{high} {unit}"} if unit != "1" else {"low": low, "high": high}
        for name, (low, high, unit) in RANGES.items()
        if name not in values
    }
    variables["accelerator_generations"] = {"low": 1, "high": 3, "integer": True}
    if architecture != "terrestrial":  # there it is computed
        variables["node_residual_share"] = {"low": 0, "high": 0.9}
    study = Study(
        name="random",
        architecture=architecture,
        variables=variables,
        parameters=values,
        objectives=["maximize npv", "maximize cumulative_cash", "maximize cumulative_discounted_cash"],
        engine={"name": "sweep"},
    )
    return study.problem


def designs_of(problem, count):
    columns = problem.random_designs(count)
    return [{name: float(column[row]) for name, column in columns.items()} for row in range(count)]


def check_sums(problem, design):
    """Hold the table of a design to the closed forms."""
    found = cash_flow(problem, design)
    v, size = found.values, abs(found.discounted).sum()
    expected = {
        "capital": -v["present_value_of_capital"],
        "revenue": v["present_value_of_revenue"],
        "operation": -v["present_value_of_operation"],
        "residual": v["present_value_of_residuals"],
        "debt": -v["present_value_of_debt"],
        "tax": -v["present_value_of_tax"],
    }
    assert {kind: found.total(kind) / size for kind in expected} == pytest.approx(
        {kind: value / size for kind, value in expected.items()}, abs=1e-9
    )
    assert found.npv / size == pytest.approx(v["npv"] / size, abs=1e-9)
    frame = found.to_frame()
    capital = [name for name, kind in found.kinds.items() if kind == "capital"]
    spent = -frame[capital].to_numpy().sum()
    refreshed = v["refresh_capex"] * (v["accelerator_generations"] - 1)
    assert spent == pytest.approx(v["capex"] + refreshed, rel=1e-12)
    assert frame["cumulative"].iloc[-1] == pytest.approx(frame["net"].sum())
    assert frame["cumulative_discounted"].iloc[-1] / size == pytest.approx(v["npv"] / size, abs=1e-9)


def check_cumulative_cash(problem, design):
    """Hold the flows up to the date ``cash_horizon`` to the closed forms."""
    values, elements = design_elements(problem, design)
    closed = problem.evaluate(as_columns(design), ["cumulative_cash", "cumulative_discounted_cash"])
    found = add_up(elements, values, np.array([0, design["cash_horizon"]]))
    size = values["capex"]
    assert found.net.sum() / size == pytest.approx(closed["cumulative_cash"][0] / size, abs=1e-7)
    assert found.npv / size == pytest.approx(closed["cumulative_discounted_cash"][0] / size, abs=1e-7)


@pytest.mark.parametrize(
    "count", [pytest.param(slice(0, 6), id="few"), pytest.param(slice(6, 56), id="many", marks=pytest.mark.long)]
)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_table_adds_up_to_the_closed_forms(architecture, count):
    problem = random_problem(architecture)
    for design in designs_of(problem, 56)[count]:
        check_sums(problem, design)
        check_cumulative_cash(problem, design)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_revenue_of_the_first_full_year_of_a_stack(architecture):
    problem = at_once(random_problem(architecture))
    for design in designs_of(problem, 5):
        design["service_life"] = max(design["service_life"], 2 * YEAR)
        values, elements = design_elements(problem, design)
        (yearly,) = problem.evaluate(as_columns(design), ["annual_revenue"])["annual_revenue"]
        start = values["time_to_power"] + values["deployment_delay"]
        edges = np.array([start, start + values["year"]]) + values["campaign_duration"]
        found = add_up([e for e in elements if e.kind == "revenue"], values, edges)
        assert found.net[0] == pytest.approx(yearly, rel=1e-6)


def test_returns_that_are_roots_are_those_of_the_table():
    """At the internal rate of return the table has no net present value; at the payback time no cumulative cash."""
    # Without fixed costs and a loan, no cash is lost again.
    none = {"annual_fixed_cost": "0 MUSD", "debt_share": 0, "tax_rate": 0}
    problem = random_problem("starlink_bus", token_price="200 USD/Mtoken", compute_price_decline="10 %/year", **none)
    checked = dict.fromkeys(["irr", "payback_time", "discounted_payback_time"], 0)
    for design in designs_of(problem, 6):
        design["accelerator_generations"] = 1.0  # an exchange of accelerators may bring the cash back below zero
        values, elements = design_elements(problem, design)
        found = problem.evaluate(as_columns(design), list(checked))
        rate, *times = (float(found[name][0]) for name in checked)
        force = np.log(1 + rate * values["year"]) / values["year"]
        all_years = np.array([0, 60 * values["year"]])
        at_rate = add_up(elements, {**values, "discount_force": force}, all_years)
        assert abs(at_rate.npv) < 1e-9 * abs(at_rate.discounted).sum()
        checked["irr"] += 1
        for name, time in zip([*checked][1:], times, strict=True):
            if np.isfinite(time):
                until = add_up(elements, values, np.array([0, time]))
                amounts = until.amounts if name == "payback_time" else until.discounted
                assert abs(amounts.sum()) < 1e-7 * abs(amounts).sum()
                checked[name] += 1
    assert all(checked.values()), checked


def at_once(problem):
    """The problem with a campaign so short that all stacks are bought at one date."""
    variables = tuple(v for v in problem.variables if v.name != "campaign_duration")
    return replace(problem, values={**problem.values, "campaign_duration": 1e-8 * YEAR}, variables=variables)


@pytest.mark.parametrize("parts", [1, 12])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_periods_discounted_at_their_ends(architecture, parts):
    """With ``cash_flow_period`` the closed forms are sums over periods of age, each discounted from its end."""
    given = {
        "time_to_power": "1 year",
        "deployment_delay": "1 year",
        "contract_term": "3 year",
        "service_life": "5 year",
        "debt_grace": "1 year",
        "debt_term": "4 year",
    }
    period = {1: "1 year", 12: f"{1 / 12:.17g} year"}[parts]
    problem = at_once(random_problem(architecture, cash_flow_period=period, **given))
    for design in designs_of(problem, 3):
        values, elements = design_elements(problem, design)
        size = abs(cash_flow(problem, design).discounted).sum()
        edges = values["year"] * np.arange(0, 2 + values["accelerator_generations"] * 5 + 1, 1 / parts)
        edges[1:] += 2 * values["campaign_duration"]  # the last stack too is within the period
        table = add_up(elements, values, edges)
        ends = np.exp(-values["discount_force"] * edges[1:])
        for kind, name in (("revenue", "present_value_of_revenue"), ("operation", "present_value_of_operation")):
            rows = [kind == of for of in table.kinds.values()]
            summed = (table.amounts[rows] * ends).sum()
            assert abs(summed) / size == pytest.approx(values[name] / size, abs=1e-6)
            assert abs(table.total(kind)) / size == pytest.approx(values[name] / size, abs=1e-9)


@pytest.mark.parametrize("period", ["0.4 year", "0.25 year", "1 year"])
@pytest.mark.parametrize("architecture", ["starlink_bus", "terrestrial"])
def test_durations_that_are_no_whole_number_of_periods(architecture, period):
    """What a begun period earns, pays or owes counts at its end, in the closed forms as in the table."""
    problem = random_problem(architecture, cash_flow_period=period)
    for design in designs_of(problem, 4):
        check_sums(problem, design)


def test_a_contract_that_ends_within_a_year_by_hand():
    """One dollar a year under contract for 1.5 years, nothing afterwards: 1 at the end of year 1, 0.5 of year 2."""
    found = level_or_falling(np.log(1.1), 0.0, 1.5, 1.0)
    assert found == pytest.approx(1 / 1.1 + 0.5 / 1.1**2, rel=1e-12)
    loan = {"debt_force": np.log(1.1), "cash_flow_period": 1.0, "debt_grace": 0.5, "debt_term": 1.5}
    rate = 1 / (1 / 1.1 + 0.5 / 1.1**2)
    principal = discounted_principal(0.0, debt_payment_rate=rate, **loan)
    assert principal == pytest.approx(1, rel=1e-12)  # all of the loan is repaid
    paid = discounted_debt_service(
        np.log(1.1), interest_payment_rate=0.1, debt_payment_rate=rate, **loan
    )  # at its own rate, a loan is worth what is paid for it
    assert paid == pytest.approx(1, rel=1e-12)


def test_a_level_flow_of_a_campaign_by_hand():
    # One dollar a year for two years from date 1 on, by stacks spread over one year: a trapezoid.
    stream = Stream(level(1.0), 1.0, 2.0, 1.0)
    plain, discounted = integrate(stream, np.array([0.0, 1, 1.5, 2, 3, 3.5, 4, 5]), 0.0, 1.0)
    np.testing.assert_allclose(plain, [0, 0.125, 0.375, 1, 0.375, 0.125, 0], atol=1e-15)
    np.testing.assert_allclose(discounted, plain)


def test_a_falling_flow_of_one_date_by_hand():
    plain, discounted = integrate(Stream(falling(2.0, 0.5), 0.25, 3.0, 0.0), np.array([0.0, 1, 4]), 0.1, 1.0)
    np.testing.assert_allclose(plain, [4 * (1 - np.exp(-0.375)), 4 * (np.exp(-0.375) - np.exp(-1.5))])
    total = 2 * np.exp(-0.025) * (1 - np.exp(-0.6 * 3)) / 0.6
    assert discounted.sum() == pytest.approx(total, rel=1e-13)


def test_a_payment_belongs_to_the_period_that_it_begins():
    paid, discounted = integrate(Payment(6.0, 1.0, 0.0), np.array([0.0, 1, 2]), 0.5, 1.0)
    np.testing.assert_allclose(paid, [0, 6])
    np.testing.assert_allclose(discounted, [0, 6 * np.exp(-0.5)])
    spread, _ = integrate(Payment(6.0, 1.0, 3.0), np.array([0.0, 2, 3, 9]), 0.0, 1.0)
    np.testing.assert_allclose(spread, [2, 2, 2])
