"""Equations called with the catalogue's affine forms give the same numbers as called with numpy arrays."""

import operator
from functools import cache

import numpy as np
import pytest
from common import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from sunfront import equation
from sunfront.engines.exact.affine import Affine, Ratio
from sunfront.study.study import Study

QUICKSTART = ROOT / "studies" / "quickstart.yaml"
#: Without what curves with the size of a node, which an affine form reads line by line: see test_broken_line.
WITHOUT_CURVES = {
    "boom_mass": "0 kg",
    "attitude_mass": "0 kg",
    "propulsion_mass": "0 kg",
    "layout_boom_mass": "0 kg",
    "node_learning_rate": 0,
}
SIZE = 40


@cache
def problem():
    return Study.load(QUICKSTART).with_changes(parameters=WITHOUT_CURVES).problem


@cache
def designs():
    rng = np.random.default_rng(7)
    return {v.name: v.values_at(rng.random(SIZE)) for v in problem().variables}


@cache
def by_numpy():
    return problem().model.evaluate({**problem().values, **designs()})


# Functions that numbers and symbols compute in different ways


@pytest.mark.parametrize("x", [2.5, np.array([0.3, 7.0])])
def test_numbers_and_symbols_get_the_same_power(x):
    class Symbol:
        """Only what a solver's symbol has: powers, products and sums."""

        def __init__(self, value):
            self.value = value

        def __pow__(self, power):
            return self.value**power

    assert equation.polynomial(x, (1.5, -2.0, 0.25, 3.0)) == pytest.approx(1.5 - 2 * x + x**2 / 4 + 3 * x**3, rel=1e-14)
    for function in (equation.fourth_power, equation.fourth_root, lambda y: equation.polynomial(y, (0, 4.0, -1.0))):
        assert function(x) == pytest.approx(function(Symbol(x)), rel=1e-14)


# numpy and the affine forms


@cache
def by_affine():
    """The quantities that decide, linear in the totals: option i has the altitude and cadence of design i."""
    p = problem()
    options = {name: designs()[name] for name in ("altitude", "launch_cadence")}
    ((count, count_name),) = p.count.items()
    given = {**p.values, **options}
    given[count] = given[count_name] = Affine({count: 1.0})
    for total, name in p.amounts.items():
        given[total] = Affine({total: 1.0})
        given[name] = given[total] / given[count]
    return p.model.evaluate(given, p.criterion_names)


def number(form, amounts):
    """The value of a form for given amounts."""
    if isinstance(form, Ratio):
        return number(form.numerator, amounts) / number(form.denominator, amounts)
    if not isinstance(form, Affine):
        return form
    return form.constant + sum(c * amounts[name] for name, c in form.terms.items())


@pytest.mark.parametrize("name", problem().criterion_names)
def test_affine_says_what_numpy_says(name):
    plain = by_numpy()
    amounts = {total: plain[total] for total in (*problem().count, *problem().amounts)}
    found = np.broadcast_to(number(by_affine()[name], amounts), SIZE)
    # A margin near zero is as exact as the terms whose difference it is.
    size = np.abs(plain[name]).max()
    np.testing.assert_allclose(found, np.broadcast_to(plain[name], SIZE), rtol=1e-9, atol=1e-12 * size)


def test_what_decides_is_affine_or_a_ratio():
    kinds = {name: type(by_affine()[name]) for name in problem().criterion_names}
    assert kinds["fleet_it_power"] is Affine
    assert kinds["power_margin"] is Affine
    assert kinds["launch_mass_margin"] is Affine
    assert kinds["roi"] is Ratio
    assert kinds["node_it_power"] is Ratio


# Arithmetic of the forms

NAMES = ("a", "b", "c")
VALUES = {"a": np.array([2.0, 3.0]), "b": np.array([0.5, -4.0]), "c": np.array([-1.5, 7.0])}
NONZERO = st.floats(0.125, 8.0) | st.floats(-8.0, -0.125)
CONSTANTS = st.floats(-8.0, 8.0) | st.lists(NONZERO, min_size=2, max_size=2).map(np.array)
FACTORS = NONZERO | st.lists(NONZERO, min_size=2, max_size=2).map(np.array)


def grown(forms):
    """Forms from forms, by every operation that stays linear."""
    return (
        st.tuples(st.sampled_from([operator.add, operator.sub]), forms, forms)
        | st.tuples(st.sampled_from([operator.add, operator.sub]), forms, CONSTANTS)
        | st.tuples(st.sampled_from([operator.add, operator.sub]), CONSTANTS, forms)
        | st.tuples(st.sampled_from([operator.mul, operator.truediv]), forms, FACTORS)
        | st.tuples(st.just(operator.mul), FACTORS, forms)
        | st.tuples(st.just(operator.neg), forms)
    )


LINEAR = st.recursive(st.sampled_from(NAMES), grown, max_leaves=8)


def compute(tree, leaves):
    """The value of an expression tree with these leaves."""
    if isinstance(tree, tuple):
        return tree[0](*[compute(part, leaves) for part in tree[1:]])
    return leaves[tree] if isinstance(tree, str) else tree


def affine():
    return {name: Affine({name: 1.0}) for name in NAMES}


def same(form, plain):
    np.testing.assert_allclose(np.broadcast_to(number(form, VALUES), 2), plain, rtol=1e-9, atol=1e-9)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(LINEAR)
def test_linear_arithmetic(tree):
    form = compute(tree, affine())
    assert isinstance(form, Affine)
    same(form, compute(tree, VALUES))


#: Of a quotient q = top / bottom and a factor k: what stays a quotient, or is linear again.
QUOTIENTS = {
    "q": lambda top, bottom, k: top / bottom,
    "q + k": lambda top, bottom, k: top / bottom + k,
    "k + q": lambda top, bottom, k: k + top / bottom,
    "q - k": lambda top, bottom, k: top / bottom - k,
    "k - q": lambda top, bottom, k: k - top / bottom,
    "k q": lambda top, bottom, k: k * (top / bottom),
    "q k": lambda top, bottom, k: (top / bottom) * k,
    "q / k": lambda top, bottom, k: (top / bottom) / k,
    "k / q": lambda top, bottom, k: k / (top / bottom),
    "k / bottom": lambda top, bottom, k: k / bottom,
    "-q": lambda top, bottom, k: -(top / bottom),
    "q + q": lambda top, bottom, k: top / bottom + (top * k + 1) / bottom,
    "q - q": lambda top, bottom, k: top / bottom - (top * k + 1) / bottom,
    "q bottom": lambda top, bottom, k: (top / bottom) * bottom,
    "bottom q": lambda top, bottom, k: bottom * (top / bottom),
    "top / q": lambda top, bottom, k: top / (top / bottom),
    "q / q": lambda top, bottom, k: (top / bottom) / ((top * k + 1) / bottom),
    "q / (top / x)": lambda top, bottom, k: (top / bottom) / (top / (bottom * k + 1)),
    "q (bottom / x)": lambda top, bottom, k: (top / bottom) * (bottom / (top * k + 3)),
    "q (x / top)": lambda top, bottom, k: (top / bottom) * ((bottom * k + 1) / top),
}


@pytest.mark.parametrize("name", QUOTIENTS)
@settings(derandomize=True, max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_quotient_arithmetic(name, seed):
    rng = np.random.default_rng(seed)
    (p, q, r), (s, t, u), k = rng.uniform(0.5, 4, 3), rng.uniform(0.5, 4, 3), rng.uniform(0.5, 4)

    def value(x):
        return QUOTIENTS[name](p * x["a"] - q * x["b"] + r, s * x["a"] + t * x["c"] + u, k)

    same(value(affine()), value(VALUES))


NONLINEAR = {
    "a b": lambda a, b: a * b,
    "a a": lambda a, b: a * a,
    "a ** 2": lambda a, b: a**2,
    "a ** 0.5": lambda a, b: a**0.5,
    "a ** 1.0": lambda a, b: a**1.0,
    "a ** b": lambda a, b: a**b,
    "2 ** a": lambda a, b: 2**a,
    "array ** a": lambda a, b: np.array([2.0, 3.0]) ** a,
    "numpy float ** a": lambda a, b: np.float64(2.0) ** a,
    "(a / b) ** 2": lambda a, b: (a / b) ** 2,
    "a / b + a": lambda a, b: a / b + a,
    "a + a / b": lambda a, b: a + a / b,
    "a - a / b": lambda a, b: a - a / b,
    "a / b + b / a": lambda a, b: a / b + b / a,
    "(a / b) a": lambda a, b: (a / b) * a,
    "a (a / b)": lambda a, b: a * (a / b),
    "(a / b)(a / b)": lambda a, b: (a / b) * (a / b),
    "(a / b) / b": lambda a, b: (a / b) / b,
    "exp(a)": lambda a, b: equation.exp(a),
    "exp(a / b)": lambda a, b: equation.exp(a / b),
    "log(a)": lambda a, b: equation.log(a),
    "cos(a)": lambda a, b: equation.cos(a),
    "arccos(a)": lambda a, b: equation.arccos(a),
    "positive part": lambda a, b: equation.smooth_positive_part(a),
    "polynomial(a)": lambda a, b: equation.polynomial(a, (1.0, 2.0, 3.0)),
    "fourth_power(a)": lambda a, b: equation.fourth_power(a),
    "fourth_root(a / b)": lambda a, b: equation.fourth_root(a / b),
    "mean_decay(a)": lambda a, b: equation.mean_decay(a),
    "mean_decay(a / b)": lambda a, b: equation.mean_decay(a / b),
    "numpy.exp(a)": lambda a, b: np.exp(a),
    "numpy.maximum(a, 0)": lambda a, b: np.maximum(a, 0.0),
    "numpy.where": lambda a, b: np.where(a > 0, a, b),
    "a < b": lambda a, b: a < b,
    "abs(a)": lambda a, b: abs(a),
    "float(a)": lambda a, b: float(a),
    "max(a, b)": lambda a, b: max(a, b),
    "a % 2": lambda a, b: a % 2,
    "a // 2": lambda a, b: a // 2,
    "bool(a)": lambda a, b: a if a else b,
    "bool(a / b)": lambda a, b: b if a / b else a,
    "a == b": lambda a, b: a == b,
}


@pytest.mark.parametrize("name", NONLINEAR)
def test_nonlinear_operation_raises_type_error(name):
    with pytest.raises(TypeError):
        NONLINEAR[name](Affine({"a": 1.0}, 1.0), Affine({"b": 2.0}))
