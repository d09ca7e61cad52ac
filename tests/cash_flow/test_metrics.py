"""Multiples, margins and extremes of random designs are those of their cash-flow tables."""

from __future__ import annotations

import numpy as np
import pytest
from cash_flow.test_closed_forms import designs_of, random_problem

from sunfront.cash_flow.table import add_up, cash_flow, design_elements
from sunfront.problem.problem import as_columns

METRICS = ["moic", "ebitda_margin", "peak_funding", "debt_service_cover"]


def table(problem, design, step):
    """Amounts of the elements by period of a part of a year over 30 years, and their kinds."""
    values, elements = design_elements(problem, design)
    found = add_up(elements, values, np.arange(0, 30 + step, step) * values["year"])
    return found.amounts, found.kinds


def rows(amounts, kinds, *wanted):
    return sum((row for row, (name, kind) in zip(amounts, kinds.items(), strict=True) if {name, kind} & {*wanted}), 0.0)


@pytest.mark.parametrize("architecture", ["starlink_bus", "terrestrial"])
def test_metrics_are_those_of_the_table(architecture):
    problem = random_problem(architecture)
    for design in designs_of(problem, 4):
        found = {name: float(column[0]) for name, column in problem.evaluate(as_columns(design), METRICS).items()}
        quarters, kinds = table(problem, design, 0.25)
        put_in = -rows(quarters, kinds, "capital", "claims", "loan").sum()
        assert found["moic"] == pytest.approx(1 + quarters.sum() / put_in, rel=1e-7)
        revenue, operation = (rows(quarters, kinds, kind).sum() for kind in ("revenue", "operation"))
        assert found["ebitda_margin"] == pytest.approx((revenue + operation) / revenue, rel=1e-7)
        lowest = np.cumsum(quarters.sum(axis=0)).min()
        assert found["peak_funding"] == pytest.approx(-lowest, rel=1e-6)
        years, kinds = table(problem, design, 1.0)
        served = -rows(years, kinds, "interest", "principal")
        available = rows(years, kinds, "revenue", "residual", "operation", "tax")
        lent = served > 1e-9 * served.max()
        cover = available[lent] / served[lent]
        assert found["debt_service_cover"] == pytest.approx(cover.min(), rel=1e-5, abs=1e-6)
        column = cash_flow(problem, design).to_frame()["debt_service_cover"].to_numpy()
        np.testing.assert_allclose(column[lent[: len(column)]], cover, rtol=1e-9)
        assert np.isnan(column[~lent[: len(column)]]).all()


def test_without_a_loan_no_debt_is_served():
    problem = random_problem("terrestrial", debt_share=0)
    (design,) = designs_of(problem, 1)
    assert problem.evaluate(as_columns(design), ["debt_service_cover"])["debt_service_cover"][0] == np.inf
