"""The cash-flow table of a study: its columns, its units, and when it is refused."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

from sunfront.cash_flow.flows import find_elements
from sunfront.cash_flow.table import add_up, cash_flow, design_elements
from sunfront.errors import Unverified, UserError
from sunfront.study.study import Study


def base_flow(architecture="starlink_bus", period="year", presets=(), **parameters):
    study = Study(
        name="money",
        architecture=architecture,
        presets=presets,
        parameters=parameters,
        objectives=["maximize npv"],
        engine={"name": "sweep"},
    )
    return cash_flow(study.problem, study.problem.base, period)


def test_columns_are_elements_then_sums():
    flow = base_flow("terrestrial", contract_share="0.5")
    frame = flow.to_frame()
    capital = [name for name, kind in flow.kinds.items() if kind == "capital"]
    assert capital == ["accelerators", "power", "cooling", "structure", "transport", "insurance"]
    assert {"contract_revenue", "market_revenue", "upkeep", "energy", "rent", "node_residual"} <= {*frame.columns}
    assert [*frame.columns[-4:]] == ["net", "cumulative", "discounted", "cumulative_discounted"]
    assert frame.index.name == "year"
    assert [*frame.index] == [*range(1, len(frame) + 1)]
    assert set(frame.attrs["units"].values()) == {"MUSD"}


def test_quarters_add_up_to_years():
    years, quarters = base_flow().to_frame(), base_flow(period="quarter").to_frame()
    quarters = quarters.reindex(range(1, 4 * len(years) + 1), fill_value=0.0)
    grouped = quarters.groupby((quarters.index - 1) // 4).sum()
    for name in set(years) - {"cumulative", "cumulative_discounted"}:
        np.testing.assert_allclose(grouped[name], years[name], rtol=1e-10, atol=1e-6)


@pytest.mark.parametrize("period", ["0 year", "0.5 year"])
def test_other_processes_are_sent_flows(period):
    parameters = {"contract_share": "0.5", "development_cost": "20 MUSD", "debt_share": "0.6", "tax_rate": "0.2"}
    study = Study(
        name="sent",
        architecture="starlink_bus",
        parameters={**parameters, "debt_grace": "1 year", "cash_flow_period": period},
        objectives=["maximize npv"],
        engine={"name": "sweep"},
    )
    values, elements = design_elements(study.problem, study.problem.base)
    edges = np.arange(30.0) * values["year"]
    here, there = (add_up(x, values, edges) for x in (elements, pickle.loads(pickle.dumps(elements))))
    assert {"loan", "interest", "principal", "tax", "contract_revenue", "market_revenue"} <= {*here.kinds}
    np.testing.assert_array_equal(here.amounts, there.amounts)


def test_dates_of_a_hall_by_hand():
    """Bought in the third year, evenly over one year; in service half a year later, for five years."""
    frame = base_flow("terrestrial", time_to_power="2 year", campaign_duration="1 year").to_frame()
    assert (frame.loc[:2, "net"] == 0).all()
    assert frame["accelerators"].ne(0).to_numpy().nonzero()[0].tolist() == [2]
    upkeep = frame["upkeep"] / frame["upkeep"].sum()
    # Stacks enter service evenly from 2.5 to 3.5: a trapezoid with the area of five years.
    np.testing.assert_allclose(upkeep * 5, [0, 0, 0.125, 0.875, 1, 1, 1, 0.875, 0.125], atol=1e-12)


def test_a_given_sum_is_one_column():
    given = {"capex": "100 MUSD", "annual_opex": "3 MUSD", "development_cost": "20 MUSD", "annual_fixed_cost": "1 MUSD"}
    flow = base_flow(**given)
    assert [name for name, kind in flow.kinds.items() if kind == "capital"] == ["development", "capex"]
    assert flow.to_frame()["capex"].sum() == pytest.approx(-80e6)
    assert flow.to_frame()["opex"].sum() == pytest.approx(-10e6)


def test_a_given_closed_form_is_refused():
    with pytest.raises(Unverified, match=r"another npv .* gives present_value_of_revenue"):
        base_flow(present_value_of_revenue="1 GUSD")


def test_an_unknown_period_is_refused():
    with pytest.raises(UserError, match="'month' is no period; choose year or quarter"):
        base_flow(period="month")


def test_elements_that_a_model_may_have():
    """Development before the power, fixed costs of the program, claims with the capital: by hand, at no discount."""
    study = Study(
        name="money",
        architecture="terrestrial",
        parameters={"time_to_power": "2 year", "campaign_duration": "1 year"},
        objectives=["maximize npv"],
        engine={"name": "sweep"},
    )
    values, _ = design_elements(study.problem, study.problem.base)
    values |= {"development_cost": 10.0, "annual_fixed_cost": 2.0, "expected_claim": 4.0}
    found = add_up(find_elements(values, {}, {}), values, np.arange(10) * values["year"]).to_frame()
    np.testing.assert_allclose(found["development"], [-5, -5, 0, 0, 0, 0, 0, 0, 0])
    np.testing.assert_allclose(found["fixed"], [0, 0, -1, -2, -2, -2, -2, -2, -1], atol=1e-12)
    np.testing.assert_allclose(found["claims"], [0, 0, 4, 0, 0, 0, 0, 0, 0], atol=1e-12)
    at_once = find_elements({**values, "time_to_power": 0.0}, {}, {})
    spent = add_up(at_once, values, np.arange(3) * values["year"])
    assert spent.to_frame()["development"].tolist() == [-10, 0]


@pytest.mark.parametrize("seed", range(4))
def test_losses_carried_forward_by_hand(seed):
    """Year by year: a loss fills a pool, from which later income is taken before it is taxed."""
    flow = base_flow(
        "terrestrial", presets=["project_finance"], time_to_power=f"{seed} year", token_price="9 USD/Mtoken"
    )
    name = [*flow.kinds].index("tax")
    income = np.random.default_rng(seed).normal(0.3, 1.0, len(flow.net))
    amounts = flow.amounts.copy()
    amounts[name] = -0.25 * income
    pool = added = 0.0
    for year, earned in enumerate(income):
        used = min(pool, max(earned, 0.0))
        pool += max(-earned, 0.0) - used
        tax = 0.25 * (max(earned, 0.0) - used)
        added += (tax - 0.25 * earned) / 1.13 ** (year + 0.5)
    assert replace(flow, amounts=amounts).npv_without_other_income == pytest.approx(flow.npv - added, rel=1e-9)


def test_without_tax_or_losses_other_income_does_not_matter():
    untaxed = base_flow("terrestrial")
    assert untaxed.npv_without_other_income == untaxed.npv
    rich = base_flow("terrestrial", presets=["taxed_equity"], token_price="60 USD/Mtoken", contract_share=0.9)
    assert rich.npv_without_other_income == pytest.approx(rich.npv, rel=1e-9)
