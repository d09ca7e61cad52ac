"""A five-year project with a loan and tax, cell by cell beside a spreadsheet and numpy-financial.

`tools/spreadsheet_case.py` wrote the spreadsheet's formulas; LibreOffice evaluated them; the values are stored.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy_financial as npf
import pytest

from sunfront.cash_flow.table import cash_flow
from sunfront.study.study import Study

CASE = json.loads(Path(__file__).with_name("spreadsheet_case.json").read_text("utf-8"))
GIVEN = {name: value for name, (value, _) in CASE["inputs"].items()}
DATES = ["decision", "1", "2", "3", "4", "5", "6", "sale"]
YEAR = 31557600

#: Rows of the spreadsheet, and the columns of the table that add up to each.
ROWS = {
    "accelerators": ["accelerators"],
    "hall": ["node"],
    "loan": ["loan"],
    "revenue": ["contract_revenue", "market_revenue"],
    "operation": ["opex"],
    "interest": ["interest"],
    "principal": ["principal"],
    "accelerators_sold": ["accelerator_residual"],
    "hall_sold": ["node_residual"],
    "tax": ["tax"],
    "net": ["net"],
    "discounted": ["discounted"],
}


def of_the_sheet(name):
    """A row of the spreadsheet, or one of its results."""
    if name in CASE["cells"]:
        return CASE["cells"][name]["value"]
    return np.array([CASE["cells"][f"{name}/{date}"]["value"] for date in DATES], float)


def project(ramp):
    """The project of the spreadsheet, bought at once, with customers after a ramp time in years."""

    def of(name):
        value, unit = CASE["inputs"][name]
        return value if unit == "1" else f"{value} {unit}"

    nothing = dict.fromkeys(["transport_capex", "insurance_cost", "development_cost", "annual_fixed_cost"], "0 MUSD")
    study = Study(
        name="spreadsheet",
        architecture="terrestrial",
        parameters={
            "cash_flow_period": "1 year",
            "time_to_power": "0 year",
            "compute_price_decline": "0 1/year",
            "accelerator_failure_rate": "0 1/year",
            "debt_grace": "0 year",
            **nothing,
            "compute_capex": of("accelerators"),
            "node_capex": of("hall"),
            "deployment_delay": of("building"),
            "service_life": of("life"),
            "debt_term": of("life"),
            "sold_power": of("power"),
            "compute_price": of("price"),
            "annual_opex": f"{GIVEN['operation']} MUSD",
            "accelerator_residual_share": of("accelerator_residual"),
            "node_residual_share": of("hall_residual"),
            "tax_rate": of("tax"),
            "depreciation_schedule": [GIVEN[f"schedule_{k}"] for k in range(1, 7)],
            "debt_share": of("debt"),
            "debt_rate": of("interest"),
            "discount_rate": of("cost_of_equity"),
        },
        objectives=["maximize npv"],
        engine={"name": "sweep"},
    ).problem
    at_once = {"campaign_duration": 1e-8 * YEAR, "utilization_ramp_time": ramp * YEAR}
    return replace(study, values={**study.values, **at_once})


def test_the_table_is_the_spreadsheet_cell_by_cell():
    frame = (
        cash_flow(project(1e-6), {}).to_frame() / 1e6
    )  # it costs 1e-6 of the first revenue; the table cannot resolve less
    for row, columns in ROWS.items():
        expected = of_the_sheet(row)
        # The decision is the begin of the first year; the sale, as the sixth year ends, stands in the seventh.
        expected = np.array([expected[0] + expected[1], *expected[2:]])
        np.testing.assert_allclose(frame[columns].sum(axis=1), expected, rtol=1e-5, atol=1e-6, err_msg=row)
    np.testing.assert_allclose(frame["cumulative"], of_the_sheet("cumulative")[1:], rtol=1e-5)
    served, earned = (
        frame[columns].sum(axis=1).to_numpy()[1:-1]
        for columns in (["interest", "principal"], ["market_revenue", "opex", "tax"])
    )
    np.testing.assert_allclose(earned / -served, of_the_sheet("cover")[2:-1], rtol=2e-6)


def test_the_metrics_are_those_of_the_spreadsheet():
    found = project(1e-9).evaluate({}, ["npv", "irr", "roi", "moic", "ebitda_margin"])
    assert found["npv"][0] / 1e6 == pytest.approx(of_the_sheet("npv"), rel=1e-8)
    assert found["irr"][0] * YEAR == pytest.approx(of_the_sheet("irr"), rel=1e-7)
    for name in ("roi", "moic", "ebitda_margin"):
        assert found[name][0] == pytest.approx(of_the_sheet(name), rel=1e-8), name


def test_the_spreadsheet_is_that_of_numpy_financial():
    flows = of_the_sheet("at_dates")[:-1]
    assert of_the_sheet("npv") == pytest.approx(npf.npv(GIVEN["cost_of_equity"], flows), rel=1e-12)
    assert of_the_sheet("irr") == pytest.approx(npf.irr(flows), rel=1e-10)
    owed = GIVEN["debt"] * (GIVEN["accelerators"] + GIVEN["hall"]) * (1 + GIVEN["interest"])
    years = np.arange(1, 6)
    for name, function in (("interest", npf.ipmt), ("principal", npf.ppmt)):
        paid = function(GIVEN["interest"], years, GIVEN["life"], owed)
        np.testing.assert_allclose(of_the_sheet(name)[2:-1], paid, rtol=1e-12)
    assert of_the_sheet("owed_at_the_end") == pytest.approx(0, abs=1e-9)
    book = GIVEN["accelerators"] + GIVEN["hall"] + owed / (1 + GIVEN["interest"]) * GIVEN["interest"]
    assert of_the_sheet("depreciation").sum() == pytest.approx(book, rel=1e-12)
