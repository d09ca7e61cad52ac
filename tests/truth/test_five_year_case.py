"""A hall of five years with tax, five-year depreciation, a loan of 60 % and a residual value, year by year.

The years are made with numpy-financial and plain sums, at the ends of years, from the capital and the yearly revenue
and operation that the model gives.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy_financial as npf
import pytest
from scipy.integrate import quad

from sunfront.cash_flow.table import cash_flow
from sunfront.study.study import Study

YEARS = 5
YEAR = 31557600
TAX, DEBT, INTEREST, RETURN, RESIDUAL = 0.25, 0.6, 0.08, 0.12, 0.1
SCHEDULE = [0.2, 0.32, 0.192, 0.1152, 0.1152, 0.0576]

GIVEN = {
    "cash_flow_period": "1 year",
    "time_to_power": "0 year",
    "deployment_delay": "0 year",
    "service_life": f"{YEARS} year",
    "contract_share": 0,
    "contract_term": "1 year",
    "compute_price_decline": "0 1/year",
    "accelerator_failure_rate": "0 1/year",
    "accelerator_residual_share": RESIDUAL,
    "node_residual_share": 0,
    "tax_rate": TAX,
    "debt_share": DEBT,
    "debt_rate": f"{INTEREST} 1/year",
    "debt_term": f"{YEARS} year",
    "debt_grace": "0 year",
    "discount_rate": f"{RETURN} 1/year",
}


def hall(ramp=1e-9 * YEAR, **given):
    """A hall that is bought at once and sold out from the first day."""
    study = Study(
        name="five_years",
        architecture="terrestrial",
        presets=["taxed_equity"],  # for its schedule
        parameters=GIVEN | given,
        objectives=["maximize npv"],
        engine={"name": "sweep"},
    )
    at_once = {"campaign_duration": 1e-8 * YEAR, "utilization_ramp_time": ramp}
    return replace(study.problem, values={**study.problem.values, **at_once})


@pytest.fixture(scope="module")
def problem():
    return hall()


@pytest.fixture(scope="module")
def values(problem):
    names = ["capex", "annual_revenue", "annual_opex", "compute_capex", "npv", "roi", "irr", "compute_cost"]
    found = problem.evaluate({}, [*names, "compute_price", "discounted_energy", "present_value_of_tax"])
    return {name: float(column[0]) for name, column in found.items()}


@pytest.fixture(scope="module")
def years(values):
    """By year, from 1: what the owners get, and its parts."""
    capital = values["capex"]
    income = np.full(YEARS, values["annual_revenue"])
    income[-1] += RESIDUAL * values["compute_capex"]
    operation = np.full(YEARS, values["annual_opex"])
    number = np.arange(1, YEARS + 1)
    interest = -npf.ipmt(INTEREST, number, YEARS, DEBT * capital)
    principal = -npf.ppmt(INTEREST, number, YEARS, DEBT * capital)
    depreciation = capital * np.array([*SCHEDULE[:4], SCHEDULE[4] + SCHEDULE[5]])  # what is left at the end
    tax = TAX * (income - operation - depreciation - interest)
    net = income - operation - interest - principal - tax
    return {"interest": interest, "principal": principal, "tax": tax, "net": net}


def test_the_value_to_the_owners(values, years):
    flows = [-(1 - DEBT) * values["capex"], *years["net"]]
    assert values["npv"] == pytest.approx(npf.npv(RETURN, flows), rel=1e-7)
    assert values["roi"] == pytest.approx(npf.npv(RETURN, flows) / ((1 - DEBT) * values["capex"]), rel=1e-7)
    assert values["irr"] * YEAR == pytest.approx(npf.irr(flows), rel=1e-6)
    discounted = years["tax"] / (1 + RETURN) ** np.arange(1, YEARS + 1)
    assert values["present_value_of_tax"] == pytest.approx(discounted.sum(), rel=1e-7)


def test_at_the_cost_of_compute_the_owners_earn_their_return_alone(values):
    at_cost = hall(compute_price=f"{values['compute_cost']!r} USD/J").evaluate({}, ["npv"])
    assert abs(at_cost["npv"][0]) < 1e-8 * values["capex"]


def test_the_table_is_that_of_the_years(years):
    frame = cash_flow(hall(ramp=1e-6 * YEAR), {}).to_frame()  # of a second or less, the table cannot resolve it
    for name in ("interest", "principal", "tax"):
        found = -frame[name].to_numpy()
        # What is paid as the fifth year ends stands in the sixth.
        assert [*found[: YEARS - 1], found[YEARS - 1 :].sum()] == pytest.approx(years[name], rel=1e-5), name


def test_multiple_and_margin(values, years):
    found = hall().evaluate({}, ["moic", "ebitda_margin"])
    equity = (1 - DEBT) * values["capex"]
    assert found["moic"][0] == pytest.approx(years["net"].sum() / equity, rel=1e-7)
    assert found["ebitda_margin"][0] == pytest.approx(1 - values["annual_opex"] / values["annual_revenue"], rel=1e-7)


def test_peak_funding_and_debt_service_cover_as_money_is_earned(values):
    """Up to a date money counts as it is earned, so the loan is repaid continuously: its interest by quadrature."""
    problem = hall()
    problem = replace(problem, values={**problem.values, "campaign_duration": 1e-6 * YEAR})  # shorter, it would round
    found = problem.evaluate({}, ["peak_funding", "debt_service_cover"])
    capital, earned = values["capex"], values["annual_revenue"] - values["annual_opex"]
    force = np.log(1 + INTEREST)
    yearly = DEBT * capital * force / (1 - np.exp(-force * YEARS))

    def interest(begin, end):
        return quad(lambda t: yearly * (1 - np.exp(-force * (YEARS - t))), begin, end)[0]

    taxes = [TAX * (earned - interest(k, k + 1) - SCHEDULE[k] * capital) for k in range(YEARS)]
    assert found["debt_service_cover"][0] == pytest.approx(min((earned - tax) / yearly for tax in taxes), rel=1e-6)
    first_quarter = (earned - yearly - TAX * (earned - SCHEDULE[0] * capital)) / 4 + TAX * interest(0, 0.25)
    assert found["peak_funding"][0] == pytest.approx((1 - DEBT) * capital - first_quarter, rel=1e-6)
