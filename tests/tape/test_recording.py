"""What a tape holds, and that it computes what numpy computes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sunfront.equation import (
    SIGNED,
    arccos,
    broken_line,
    concave_broken_line,
    cos,
    equation,
    exp,
    fourth_power,
    fourth_root,
    larger,
    log,
    magnitude,
    mean_decay,
    mean_over,
    polynomial,
    quotient_or_infinity,
    smooth_positive_part,
    whole_periods,
)
from sunfront.errors import ModelError
from sunfront.library.model import Model
from sunfront.problem.choices import choice_equation
from sunfront.root import root
from sunfront.tape.recording import record
from sunfront.tape.tape import follow


def quantity(function, name="quantity"):
    """The model of one quantity of a and b."""

    def formula(a, b):
        return function(a, b)

    formula.__name__ = name
    return equation("1", within=SIGNED)(formula)


def tape_of(function, free=("a", "b"), **given):
    return record(Model([quantity(function)]), {"a": 2.0, "b": 3.0, **given}, free, ["quantity"])


def operations(tape):
    return [step.operation for step in tape.steps if step.operation not in ("input", "number")]


def test_a_tape_takes_what_a_first_one_computed():
    model = Model([quantity(lambda a, b: exp(a) * b, "cost"), quantity(lambda a, b: exp(a) * b * a + b, "loss")])
    first, second = (record(model, {}, ["a", "b"], [name]) for name in ("cost", "loss"))
    following = follow(second, first)
    assert set(following.inputs) == {"a", "b", "cost"}
    assert operations(following) == ["multiply", "add"]
    given = {"a": 2.0, "b": 3.0}
    assert following.evaluate(given | first.evaluate(given)) == second.evaluate(given)


A = np.array([0.3, 2.0, 7.5, 0.0, -1.0, 1e-9, np.inf, np.nan])
B = np.array([0.5, -4.0, 7.5, 0.0, 2.0, 1e-3, 1.0, 1.0])

FORMULAS = {
    "arithmetic": lambda a, b: (a + 2 * b - 3) / (b - a * b) + -a,
    "numbers on the left": lambda a, b: 2 + (3 - 4 * a) / (1 / b),
    "numpy numbers on the left": lambda a, b: np.float64(2) + (np.float64(3) - np.float64(4) * a) / (np.float64(1) / b),
    "powers": lambda a, b: a**2 + a**3 + a**-1 + a**0.5 + b**1.7 + 2**b + a**b + b**1,
    "exp and log": lambda a, b: exp(a) * log(b),
    "angles": lambda a, b: arccos(b / 10) + cos(a),
    "larger": lambda a, b: larger(a, 1.0) + larger(0.5, b) + larger(a, b),
    "magnitude": lambda a, b: magnitude(a - b),
    "mean_decay": lambda a, b: mean_decay(a) + mean_decay(b),
    "mean_over": lambda a, b: mean_over(lambda x: exp(-x * a), 0.0, b),
    "quotient_or_infinity": lambda a, b: (quotient_or_infinity(a, b), quotient_or_infinity(1.0, a))[1],
    "whole_periods": lambda a, b: whole_periods(a, 0.37 * b) + whole_periods(3.1, b) + whole_periods(a, 0.0),
    "quotient of two": quotient_or_infinity,
    "quotient by a number": lambda a, b: quotient_or_infinity(a, 2.0) + b,
    "broken_line": lambda a, b: broken_line(a, (0.0, 1.0, 2.0), (1.0, 2.0, 5.0)) + b,
    "concave_broken_line": lambda a, b: concave_broken_line(a, (0.0, 1.0), (3.0, 2.0)) * b,
    "polynomial": lambda a, b: polynomial(a, (1.0, 2.0, 3.0, b)),
    "fourth powers": lambda a, b: fourth_power(a) + fourth_root(b),
    "smooth_positive_part": lambda a, b: smooth_positive_part(a) + b,
}


@pytest.mark.parametrize("name", FORMULAS)
def test_helpers_give_what_numpy_gives(name):
    with np.errstate(all="ignore"):
        plain = FORMULAS[name](A, B)
    found = tape_of(FORMULAS[name]).evaluate({"a": A, "b": B})["quantity"]
    np.testing.assert_allclose(found, plain, rtol=1e-13)


def test_what_depends_on_numbers_alone_is_a_number():
    tape = tape_of(lambda a, b: exp(a) * (b + larger(a, 3.0)), free=("b",))
    assert operations(tape) == ["add", "multiply"]
    assert tape.inputs == ("b",)
    assert tape.evaluate({"b": 4.0})["quantity"] == np.exp(2.0) * 7.0


def test_the_same_operation_is_one_step():
    tape = tape_of(lambda a, b: (a * b + exp(a)) / (1 + b * a) - exp(a))
    assert operations(tape).count("multiply") == operations(tape).count("exp") == 1


def test_neutral_numbers_leave_no_step():
    assert operations(tape_of(lambda a, b: ((0 + a * 1 - 0.0) / 1) ** 1 + 0)) == []


def test_a_product_with_zero_keeps_what_is_no_number():
    tape = tape_of(lambda a, b: 0 * a + b)
    assert np.isnan(tape.evaluate({"a": np.nan, "b": 1.0})["quantity"])


def test_only_what_is_wanted_is_kept():
    model = Model([quantity(lambda a, b: a + b, "total"), quantity(lambda a, b: exp(a), "other")])
    tape = record(model, {}, ["a", "b"], ["other"])
    assert operations(tape) == ["exp"]
    assert tape.inputs == ("a",)


def test_a_quantity_that_is_given_is_an_output():
    tape = record(Model([quantity(lambda a, b: a + b)]), {"b": 3.0}, ["a"], ["a", "b", "quantity"])
    assert {k: float(v) for k, v in tape.evaluate({"a": 1.0}).items()} == {"a": 1.0, "b": 3.0, "quantity": 4.0}


@pytest.mark.parametrize(
    ("function", "match"),
    [
        (lambda a, b: np.where(a > 0, a, b), "quantity .* has no straight-line program"),
        (lambda a, b: np.sin(a), "it uses sin"),
        (lambda a, b: a if a else b, "branches"),
        (lambda a, b: a if a == b else b, "compares"),
    ],
)
def test_what_a_tape_does_not_have_is_told(function, match):
    with pytest.raises(ModelError, match=match):
        tape_of(function)


def test_a_choice_selects_numbers_fits_and_equations():
    twice = quantity(lambda a, b: 2 * a, "value")
    value = choice_equation("value", "1", "kind", ("x", "y", "z"), [5.0, twice, None])
    fit = choice_equation("fit", "1", "kind", ("x", "y", "z"), [(1.0, 2.0), (3.0, 4.0), None])

    @equation("1")
    def total(fit, value):
        return fit[0] * 10 + fit[1] + value

    model, kinds, a = Model([value, fit, total]), np.array([0.0, 1.0, 2.0]), np.array([1.0, 1.5, 2.0])
    tape = record(model, {"b": 0.0}, ["kind", "a"], ["value", "total"])
    given = {"kind": kinds, "a": a}
    with np.errstate(all="ignore"):
        plain = model.evaluate({**given, "b": 0.0}, ["value", "total"])
    found = tape.evaluate(given)
    np.testing.assert_array_equal(found["value"], plain["value"])
    np.testing.assert_array_equal(found["total"], [17.0, 37.0, np.nan])


@root("1", of="balance", over="rate", between=("-1", "10"), falls=True)
def balanced_rate():
    """Where the balance is zero."""


@equation("1", within=SIGNED)
def balance(rate, a, b):
    return a - b * rate + (a - b * rate) ** 3


#: Root at 1.5, none but positive, none but negative, exactly at the first value tried.
ROOTS = {"a": np.array([3.0, 50.0, -9.0, -2.0]), "b": np.array([2.0, 2.0, 2.0, 2.0])}
FOUND = [1.5, np.inf, -np.inf, -np.inf]


def root_tape():
    model = Model([balanced_rate, balance])
    return model, record(model, {"rate": 0.5}, ["a", "b"], ["balanced_rate", "balance"])


def test_a_root_is_a_step():
    model, tape = root_tape()
    found = tape.evaluate(ROOTS)
    np.testing.assert_allclose(found["balanced_rate"], FOUND, rtol=1e-14)
    plain = model.evaluate({"rate": 0.5, **ROOTS})
    np.testing.assert_array_equal(found["balanced_rate"], plain["balanced_rate"])
    np.testing.assert_array_equal(found["balance"], plain["balance"])
    assert operations(tape).count("root") == 1


def test_a_root_on_the_way_to_a_root_is_told():
    @root("1", of="outer", over="b", between=("0", "10"), falls=True)
    def outer_root():
        """Where what has a root in it is zero."""

    @equation("1", within=SIGNED)
    def outer(balanced_rate, b):
        return balanced_rate - b

    model = Model([balanced_rate, balance, outer, outer_root])
    with pytest.raises(ModelError, match="is a root itself"):
        record(model, {"rate": 0.5, "b": 1.0}, ["a"], ["outer_root"])


# Random formulas

_GROWN = st.sampled_from(["add", "subtract", "multiply", "divide", "larger", "exp", "mean_decay"])


def _formulas(parts):
    return st.tuples(_GROWN, parts, parts)


TREES = st.recursive(st.sampled_from(["a", "b"]) | st.floats(-4, 4), _formulas, max_leaves=12)


def compute(tree, leaves):
    """The value of a random formula."""
    if not isinstance(tree, tuple):
        return leaves.get(tree, tree) if isinstance(tree, str) else tree
    name, *parts = tree
    x, y = (compute(part, leaves) for part in parts)
    return {
        "add": lambda: x + y,
        "subtract": lambda: x - y,
        "multiply": lambda: x * y,
        "divide": lambda: x / (1.5 + cos(y)),
        "larger": lambda: larger(x, y),
        "exp": lambda: exp(-((x + y) ** 2)),
        "mean_decay": lambda: mean_decay(x) - y,
    }[name]()


@settings(derandomize=True, max_examples=150, deadline=None)
@given(TREES)
def test_random_formulas(tree):
    a, b = np.array([0.3, -2.0, 1.1]), np.array([1.5, 0.7, -3.0])
    with np.errstate(all="ignore"):
        plain = np.broadcast_to(compute(tree, {"a": a, "b": b}), 3)
    found = tape_of(lambda a, b: compute(tree, {"a": a, "b": b})).evaluate({"a": a, "b": b})["quantity"]
    size = np.abs(plain[np.isfinite(plain)]).max(initial=1e6)
    np.testing.assert_allclose(np.broadcast_to(found, 3), plain, rtol=1e-9, atol=1e-12 * size)
