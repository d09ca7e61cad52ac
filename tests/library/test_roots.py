"""Roots: the value of a parameter at which a quantity is zero, against roots found by other means."""

import math
import pickle

import numpy as np
import pytest
from common import STUDIES
from scipy.optimize import brentq

import sunfront
from sunfront.equation import SIGNED, equation
from sunfront.errors import MissingInput, ModelError, NotFinite, StudyError, UserError
from sunfront.library.bound import root_notes
from sunfront.library.model import Model
from sunfront.root import root
from sunfront.study.study import Study
from sunfront.units import base_quantity, registry

YEAR = 31557600.0


@equation("USD", within=SIGNED)
def worth(first, second, third, rate, year):
    """Value of payments after one, two and three years, with one dollar paid now.

    Source: definition.
    """
    factor = 1 + rate * year
    return (
        first / factor
        + second / factor**2
        + third / factor**3
        - 1.0 * (first + second + third) / (first + second + third)
    )


@root("%/year", of="worth", over="rate", between=("-90 %/year", "1000 %/year"), falls=True)
def rate_of_return():
    """Rate at which the payments are worth nothing.

    Source: definition.
    """


@equation("USD", within=SIGNED)
def cash(flow, paid, horizon):
    """Cash after a time.

    Source: definition.
    """
    return flow * horizon - paid


@root("year", of="cash", over="horizon", between=("0 year", "100 year"), falls=False)
def back():
    """Time after which the cash is back.

    Source: definition.
    """


RETURN, BACK = Model([worth, rate_of_return]), Model([cash, back])


def rate(*payments):
    values = dict(zip(("first", "second", "third"), payments, strict=True)) | {"year": YEAR}
    return RETURN.evaluate(values, ["rate_of_return"])["rate_of_return"] * YEAR


def notes(*payments):
    values = dict(zip(("first", "second", "third"), payments, strict=True)) | {"year": YEAR, "rate": 0.0}
    return root_notes(RETURN, values, RETURN.evaluate(values))


def test_rate_of_return_of_payments_found_by_polynomial_and_brentq():
    """numpy's roots of 1 = a v + b v^2 + c v^3 give v = 1 / (1 + r)."""
    rng = np.random.default_rng(1)
    payments = rng.uniform(0.05, 2.0, (3, 200))
    found = rate(*payments)
    for column, value in zip(payments.T, found, strict=True):
        (v,) = [z.real for z in np.roots([*column[::-1], -1.0]) if abs(z.imag) < 1e-9 and z.real > 0]
        assert value == pytest.approx(1 / v - 1, rel=1e-9, abs=1e-12)
        assert value == pytest.approx(
            brentq(lambda r, c=column: c[0] / (1 + r) + c[1] / (1 + r) ** 2 + c[2] / (1 + r) ** 3 - 1, -0.9, 10),
            rel=1e-9,
            abs=1e-12,
        )


def test_the_same_one_by_one_in_many_dimensions_and_in_parts():
    payments = np.random.default_rng(2).uniform(-0.5, 2.0, (3, 3, 1500))
    together = rate(*payments)
    assert together.shape == (3, 1500)
    apart = [[rate(*payments[:, i, j]) for j in range(0, 1500, 50)] for i in range(3)]
    assert together[:, ::50] == pytest.approx(np.array(apart), rel=1e-12, nan_ok=True)


@pytest.mark.parametrize(
    ("payments", "expected", "text"),
    [
        ((0.0, 0.0, 1e5), math.inf, "positive at every rate from -90 %/year to 1,000 %/year"),
        ((-0.1, -0.1, 1e-9), -math.inf, "negative at every rate"),
        ((6.0, -11.0, 6.0), math.nan, "3 times, at "),
        ((2.3, -1.32, 1e-9), math.nan, "twice, at 10 %/year and at 20 %/year of rate"),
        ((2.3, -1.3201, -1e-9), math.nan, "twice, at "),
    ],
)
def test_no_root_and_several(payments, expected, text):
    """1 = 2.3 v - 1.32 v^2 at v = 1 / 1.1 and 1 / 1.2; two roots 10 % apart lie between neighboring values tried."""
    found = rate(*payments)
    assert found == expected or (math.isnan(expected) and math.isnan(found))
    assert text in "".join(notes(*payments))


def test_two_roots_between_values_that_are_tried():
    """Roots a percent apart: the quantity turns back just beyond zero."""
    one, two = 1 / 1.2, 1 / 1.21
    first, second = (one + two) / (one * two), -1 / (one * two)
    assert math.isnan(rate(first, second, 0.0))


@pytest.mark.parametrize(
    ("flow", "paid", "years"), [(2.0, 10.0, 5.0), (0.0, 10.0, math.inf), (0.05, 10.0, math.inf), (2.0, -1.0, 0.0)]
)
def test_payback_lies_in_its_range_or_is_infinite(flow, paid, years):
    found = BACK.evaluate({"flow": flow / YEAR, "paid": paid}, ["back"])["back"]
    assert found / YEAR == pytest.approx(years, rel=1e-12)


def test_a_zero_at_the_low_end_is_no_root():
    """Nothing is spent yet at time zero; the cash goes below zero, and comes back after four years."""

    @equation("USD", within=SIGNED)
    def cash(flow, horizon):
        """Cash.

        Source: definition.
        """
        return flow * horizon * (horizon - 4 * 31557600.0)

    assert Model([cash, back]).evaluate({"flow": 1.0}, ["back"])["back"] == pytest.approx(4 * YEAR)


def test_a_root_does_not_depend_on_its_parameter_and_has_its_unit():
    eq = RETURN["rate_of_return"]
    assert eq.inputs == ("first", "second", "third", "year")
    assert BACK.inputs == {"flow", "paid", "horizon"}
    found = BACK["back"](base_quantity(2.0 / YEAR, "USD/s"), base_quantity(10.0, "USD"))
    assert found.dimensionality == registry().Unit("s").dimensionality
    assert found.to("year").magnitude == pytest.approx(5.0)
    assert pickle.loads(pickle.dumps(BACK))["back"](2.0, 10.0) == BACK["back"](2.0, 10.0)


def test_a_given_quantity_on_the_way_is_kept_and_one_that_cuts_it_is_refused():
    @equation("USD")
    def doubled(horizon, flow):
        """Twice.

        Source: definition.
        """
        return 2 * horizon * flow

    @equation("USD", within=SIGNED)
    def cash(flow, doubled, paid, horizon):
        """Cash.

        Source: definition.
        """
        return flow * horizon + doubled - paid

    model = Model([doubled, cash, back])
    assert model.evaluate({"flow": 1.0, "paid": 30.0}, ["back"])["back"] == pytest.approx(10.0)
    assert model.evaluate({"flow": 1.0, "paid": 30.0, "doubled": 20.0}, ["back"])["back"] == pytest.approx(10.0)
    fixed = model.constant_part({"flow": 1.0, "paid": 30.0, "horizon": 7.0}, [], ["cash", "back"])
    assert fixed["back"] == pytest.approx(10.0)
    with pytest.raises(MissingInput, match="back is meaningless if cash is given"):
        model.evaluate({"cash": 1.0}, ["back"])
    assert [eq.name for eq in model.order({"cash", "flow", "horizon"})] == ["doubled"]
    with pytest.raises(MissingInput, match="no equation computes cash"):
        Model([back]).evaluate({"horizon": 1.0}, ["back"])


def test_constants_of_a_batch_do_not_hide_the_parameter():
    """What is computed once for all designs must still follow the rate that is tried."""
    study = Study.load(STUDIES / "handmer_2025.yaml")
    given = {name: s.value for name, s in study.settings.items()}
    model = study.arch.model
    fixed = model.constant_part(given, ["capex"], ["irr", "npv"])
    assert "discount_force" not in fixed
    assert "sold_power" in fixed
    capex = study.evaluate()["capex"]
    found = model.evaluate(fixed | {"capex": capex}, ["irr"])["irr"]
    assert found == pytest.approx(study.evaluate()["irr"], rel=1e-12)


def test_a_root_of_itself():
    @equation("USD", within=SIGNED)
    def cash(flow, horizon, back):
        """Cash.

        Source: definition.
        """
        return flow * horizon * back

    with pytest.raises(ModelError, match="depends on itself"):
        Model([cash, back])


def test_irr_makes_the_net_present_value_zero():
    study = Study.load(STUDIES / "handmer_2025.yaml")
    rate = study.evaluate()["irr"]
    again = study.evaluate(discount_rate=rate)
    assert abs(again["npv"]) < 1e-9 * again["capex"]
    assert study.evaluate(discount_rate=0.07 / YEAR)["irr"] == pytest.approx(rate, rel=1e-12)


def test_two_rates_are_both_told_and_neither_is_taken():
    study = Study(
        name="two",
        architecture="starlink_bus",
        parameters={
            "compute_price": "50 USD/kWh",
            "compute_price_decline": "0.3 1/year",
            "service_life": "20 year",
            "opex_rate": "30 %/year",
        },
        objectives=("maximize roi",),
    )
    values = study.base_evaluation
    assert math.isnan(values["irr"])
    given = {name: s.value for name, s in study.settings.items()}
    notes = root_notes(study.arch.model, given, given | values)
    note = next(note for note in notes if note.startswith("irr:"))
    assert note.startswith("irr: npv goes through zero twice, at ")
    for found in sunfront.breakeven(study, "discount_rate").roots:
        assert f"{100 * found * YEAR:.4g} %/year" in note
    with pytest.raises(NotFinite, match="irr has no value: npv does not go through zero once"):
        study.problem.evaluate({}, ["irr"])
    assert math.isnan(study.problem.evaluate({}, ["irr"], may_lack=study.problem.reported_roots)["irr"][0])


CASH = '''\
"""Cash."""

from sunfront.equation import SIGNED, equation
from sunfront.root import root


@equation("MUSD", within=SIGNED)
def cash_so_far(capex, annual_revenue, annual_opex, cash_date, year):
    """Cash after a time.

    Source: definition.
    """
    return (annual_revenue - annual_opex) * (cash_date / year) - capex


@root("{unit}", of="{of}", over="{over}", between={between}, falls=False)
def cash_payback():
    """Time after which the cash is back.

    Source: definition.
    """
'''
ARCHITECTURE = """\
title: A hall
description: A hall whose cash is followed.
equations: [node, junction, compute, development, insurance, upkeep, present_value, revenue, finance, financing, cash,
    returns, levelized, terrestrial]
own_equations: [own_cash]
count: {nodes: nodes_per_site}
amounts: {accelerators: node_accelerators}
constraints: [power_margin >= 0 kW, junction_margin >= 0 K]
own_metrics: [facility_load, cash_payback]
values: {node_residual_share: computed, insurance_rate: 0.005, delivered_share: 1, expected_claim: 0 MUSD}
"""
HORIZON = """\
cash_date: {value: 5, unit: year, low: 1, high: 20, allowed: [0, 100], trust: assumed, source: "Example"}
"""


def library(folder, unit="year", of="cash_so_far", over="cash_date", between='("0 year", "100 year")'):
    for part, name, text in (
        ("equations", "own_cash.py", CASH.format(unit=unit, of=of, over=over, between=between)),
        ("architectures", "hall.yaml", ARCHITECTURE),
        ("parameters", "cash.yaml", HORIZON),
    ):
        (folder / part).mkdir(parents=True, exist_ok=True)
        (folder / part / name).write_text(text, "utf-8")
    return sunfront.Library.shipped().with_folder(folder)


def test_a_root_of_an_own_library(tmp_path):
    own = library(tmp_path / "own")
    found = sunfront.evaluate("hall", library=own, compute_price="20 USD/kWh")
    profit = found["annual_revenue"] - found["annual_opex"]
    assert found["cash_payback"] == pytest.approx(found["capex"] / profit * YEAR, rel=1e-12)
    lossy = sunfront.evaluate("hall", library=own, compute_price="0.01 USD/kWh")
    assert lossy["cash_payback"] == math.inf
    eq = own.architectures["hall"].model["cash_payback"]
    assert eq.place.endswith("own_cash.py:16")
    assert pickle.loads(pickle.dumps(own.architectures["hall"].model))["cash_payback"] == eq


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"of": "cumulative_cas"}, "unknown quantity in cash_payback 'cumulative_cas'; did you mean"),
        ({"over": "cash_dates"}, "unknown parameter in cash_payback 'cash_dates'; did you mean 'cash_date'"),
        ({"over": "capex"}, "cash_payback is over capex, which an equation computes"),
        ({"over": "discount_rate"}, "cash_payback is declared in year, but discount_rate is in 1/year"),
        ({"of": "npv"}, "cash_payback is meaningless: npv does not depend on cash_date"),
        ({"between": '("100 year", "0 year")'}, "least value first"),
        ({"between": '("0 kg", "1 kg")'}, "between of cash_payback"),
        ({"unit": "yaer"}, "yaer"),
    ],
)
def test_a_wrong_root_is_told_at_its_line(tmp_path, change, expected):
    with pytest.raises((StudyError, UserError), match=expected.replace("(", r"\(")):
        library(tmp_path / "own", **change)


def test_a_root_has_no_parameters():
    with pytest.raises(TypeError, match="takes no parameters"):

        @root("year", of="cash", over="horizon", between=("0 year", "1 year"), falls=False)
        def wrong(cash):
            """Wrong."""


def written(folder, lines):
    path = folder / "asked.yaml"
    path.write_text(f"architecture: terrestrial\n{lines}", "utf-8")
    return path


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("objectives: [maximize irr]\nvariables: {discount_rate: {low: 5 %/year, high: 9 %/year}}\n",
         "irr is the discount_rate at which npv is zero, so it does not depend on the variable"),
        ("objectives: [maximize npv]\nconstraints: [irr - 1 %/year >= 4 %/year]\n"
         "variables: {discount_rate: {low: 5 %/year, high: 9 %/year}}\n", "does not depend on the variable"),
        ("objectives: [maximize mean irr]\nuncertain: [compute_price]\n", "infinite"),
        ("objectives: [maximize npv]\nconstraints: [irr >= 15 kg]\n", "irr"),
        ("objectives: [maximize npv]\nconstraints: [irr >= 1500 %/year]\n", "to 1000 %/year; give a limit there"),
    ],
)  # fmt: skip
def test_a_study_that_asks_wrongly(tmp_path, lines, expected):
    with pytest.raises(StudyError, match=expected):
        Study.load(written(tmp_path, lines))
