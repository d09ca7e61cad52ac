"""Derivatives of a tape against those of numpy's formulas, by finite differences, and in closed form."""

import numpy as np
import pytest
from tape.test_recording import FORMULAS, quantity, root_tape, tape_of

from sunfront.equation import SIGNED, equation, mean_decay, whole_periods
from sunfront.library.model import Model
from sunfront.problem.choices import choice_equation
from sunfront.tape.derivatives import gradient
from sunfront.tape.recording import record

#: Away from every corner of the formulas.
A, B = np.array([0.3, 2.5, 7.5]), np.array([0.9, 3.0, 0.2])


@pytest.mark.parametrize("name", FORMULAS)
def test_finite_differences(name):
    formula = FORMULAS[name]
    found = gradient(tape_of(formula), {"a": A, "b": B}, "quantity")
    step = 1e-6
    by_a = (formula(A + step, B) - formula(A - step, B)) / (2 * step)
    by_b = (formula(A, B + step) - formula(A, B - step)) / (2 * step)
    size = np.abs(formula(A, B)) + 1
    np.testing.assert_allclose(found.get("a", 0.0) * np.ones(3), by_a, rtol=1e-6, atol=1e-7 * size.max())
    np.testing.assert_allclose(found.get("b", 0.0) * np.ones(3), by_b, rtol=1e-6, atol=1e-7 * size.max())


@pytest.mark.parametrize("x", [0.0, 1e-9, -1e-5, 0.0099, 0.0101, -0.3, 5.0])
def test_mean_decay_near_zero(x):
    found = gradient(tape_of(lambda a, b: mean_decay(a)), {"a": x}, "quantity")["a"]
    t, w = np.polynomial.legendre.leggauss(40)
    t = (1 + t) / 2
    assert found == pytest.approx(float((-t * np.exp(-x * t) * w / 2).sum()), rel=1e-12)


def test_whole_periods_by_a_longer_duration():
    """Beside 2.5 years of 0.5 years each: to the right of it the next period begins, which pays at its end."""
    tape = tape_of(lambda a, b: whole_periods(a, b))
    found = gradient(tape, {"a": np.array([2.5, 2.6, 2.6]), "b": np.array([0.5, 0.5, 0.0])}, "quantity")
    np.testing.assert_array_equal(found["a"], [0, 0, 1])
    np.testing.assert_array_equal(found["b"], [5, 5, 0])


def test_a_root_by_the_implicit_derivative():
    # The root is a / b: d/da = 1 / b, d/db = -a / b^2.
    _, tape = root_tape()
    found = gradient(tape, {"a": np.array([3.0, 50.0]), "b": np.array([2.0, 2.0])}, "balanced_rate")
    np.testing.assert_allclose(found["a"], [0.5, np.nan], rtol=1e-12)
    np.testing.assert_allclose(found["b"], [-0.75, np.nan], rtol=1e-12)


def test_what_a_choice_does_not_use_counts_nothing():
    """Even where its own derivative is infinite."""
    half, line = quantity(lambda a, b: a**0.5, "value"), quantity(lambda a, b: 3 * a + b, "value")
    model = Model([choice_equation("value", "1", "kind", ("x", "y"), [half, line])])
    tape = record(model, {}, ["kind", "a", "b"], ["value"])
    found = gradient(tape, {"kind": np.array([1.0, 0.0]), "a": np.array([0.0, 4.0]), "b": 1.0}, "value")
    np.testing.assert_array_equal(found["a"], [3.0, 0.25])
    np.testing.assert_array_equal(found["b"], [1.0, 0.0])


def test_an_input_that_the_quantity_does_not_depend_on():
    @equation("1", within=SIGNED)
    def other(b):
        return 2 * b

    tape = record(Model([quantity(lambda a, b: a * b), other]), {}, ["a", "b"], ["quantity", "other"])
    assert gradient(tape, {"a": 5.0, "b": 7.0}, "other") == {"a": 0.0, "b": 2.0}
