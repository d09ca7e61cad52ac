"""Extremes: the largest and the least value over a parameter, with numpy, on the tape, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from sunfront.equation import SIGNED, equation
from sunfront.errors import MissingInput, UserError
from sunfront.library.model import Model
from sunfront.root import extreme
from sunfront.study.study import Study
from sunfront.tape.derivatives import gradient
from sunfront.tape.recording import record


@equation("1", within=SIGNED)
def height(date, a):
    """Largest at ``a``."""
    return a * date - date**2 / 2


@equation("1")
def walked(date, pace):
    """Rises with the date up to 3."""
    return pace * (3 - ((date - 3) ** 2) ** 0.5 + date) / 2


@extreme("1", of="height", over="date", every="0.5 1", count=20, largest=True, within=("0", "inf"))
def summit():
    """The largest height at a multiple of 0.5 up to 10."""


@extreme("1", of="height", per="walked", over="date", every="1 1", count=10, largest=False, within=SIGNED)
def least_slope():
    """The least slope of the height over the way, of ten days."""


MODEL = Model([height, walked, summit, least_slope])
GIVEN = {"date": 0.0, "pace": 2.0, "a": np.array([1.5, 7.1, -3.0, 40.0])}


def test_largest_and_least_by_hand():
    found = MODEL.evaluate(GIVEN)
    # At 1.5, at 7 (7.1 is no multiple), at 0, and at the last value.
    np.testing.assert_allclose(found["summit"], [1.125, 7.1 * 7 - 24.5, 0, 350], atol=1e-12)
    # Of the third day, the last on which one walks: (3 a - 4.5 - 2 a + 2) / 2.
    np.testing.assert_allclose(found["least_slope"], (GIVEN["a"] - 2.5) / 2, rtol=1e-8)


def test_nobody_walks():
    assert MODEL.evaluate({"date": 0.0, "pace": 0.0, "a": 1.5})["least_slope"] == np.inf


def test_an_extreme_is_a_step_of_the_tape_with_derivatives():
    tape = record(MODEL, {"date": 0.0}, ["a", "pace"], ["summit", "least_slope"])
    assert sum(step.operation == "extreme" for step in tape.steps) == 2
    values = {"a": GIVEN["a"], "pace": np.full(4, 2.0)}
    found, plain = tape.evaluate(values), MODEL.evaluate(GIVEN)
    for name in ("summit", "least_slope"):
        np.testing.assert_allclose(found[name], plain[name], rtol=1e-14)
    np.testing.assert_allclose(gradient(tape, values, "summit")["a"], [1.5, 7, 0, 10])  # the date of the summit
    np.testing.assert_allclose(gradient(tape, values, "least_slope")["a"], 0.5, rtol=1e-8)


def test_it_says_what_it_is_and_needs_what_it_is_of():
    assert summit.text == "largest height, at each 0.5 1 of date up to 10 1"
    with pytest.raises(MissingInput, match="summit is meaningless if height is given"):
        MODEL.check({"height", "walked", "date"}, ["summit"])
    with pytest.raises(TypeError, match="no parameters"):
        extreme("1", of="height", over="date", every="1 1", count=1, largest=True, within=SIGNED)(lambda x: x)


def test_the_parameter_cannot_be_a_variable():
    study = Study(
        name="dates",
        architecture="terrestrial",
        variables={"cash_horizon": {"low": "1 year", "high": "5 year"}},
        objectives=["minimize peak_funding"],
        engine={"name": "sweep"},
    )
    with pytest.raises(UserError, match="peak_funding tries values of cash_horizon by itself"):
        study.check()
