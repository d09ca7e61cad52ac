"""Fatigue of packages compared with a published table of thermal cycling tests and the regression drawn from it.

Chip-scale packages: Yang, Life Cycle Reliability Engineering, Wiley 2007, example 7.2 (via ReliaWiki).
"""

from __future__ import annotations

import numpy as np
import pytest

from sunfront.equations.pauses import package_fatigue
from sunfront.library.library import Library

pytestmark = pytest.mark.validation

#: Cycles to failure, highest temperature in C, swing in K, cycles per hour.
TESTS = np.array(
    [
        (208, 80, 120, 1),
        (225, 80, 120, 2),
        (308, 80, 120, 3),
        (142, 100, 140, 2),
        (108, 120, 160, 2),
        (169, 100, 120, 2),
        (131, 120, 120, 2),
        (1300, 80, 50, 2),
        (650, 100, 70, 2),
        (258, 120, 90, 2),
        (6231, 30, 50, 2),
        (1450, 30, 70, 2),
    ],
    float,
)
LIFE, HOT, SWING, RATE = TESTS.T


PARAMETERS = Library.shipped().parameters


def fatigue(swing, hot, rate, **constants: float):
    """The equation's value for a swing in K, a highest temperature in C and cycles per hour; one cycle a year."""
    given = {
        "junction_swing": swing,
        "junction_temperature": hot + 273.15,
        "orbital_period": 3600 / rate,
        "annual_eclipses": 1.0,
        **constants,
    }
    return package_fatigue(*(given[n] if n in given else PARAMETERS[n].value for n in package_fatigue.inputs))


def lives(**constants: float) -> np.ndarray:
    """Cycles to failure that the equation gives for the tests, up to a common factor."""
    return 1 / fatigue(SWING, HOT, RATE, **constants)


def spread(found: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Factors between both, after the common factor."""
    ratio = np.log(found / reference)
    return np.exp(ratio - ratio.mean())


def test_acceleration_factors_of_the_published_regression():
    """ln L = 9.517 - 2.0635 ln dT + 0.3452 ln f + 2006.4 / Tmax."""
    published = np.exp(9.517 - 2.0635 * np.log(SWING) + 0.3452 * np.log(RATE) + 2006.4 / (HOT + 273.15))
    found = lives(
        fatigue_swing_exponent=2.0635, fatigue_frequency_exponent=0.3452, fatigue_activation_temperature=2006.4
    )
    assert spread(found, published) == pytest.approx(np.ones(12), rel=1e-9)
    assert np.abs(np.log(spread(published, LIFE))).max() < np.log(1.6)  # how well its form fits the tests


def test_constants_of_tin_silver_copper_foretell_tests_that_they_were_not_fitted_to():
    """Lives from 108 to 6231 cycles within a factor of 2 of the measured ones, from milder tests to harder."""
    factors = spread(lives(), LIFE)
    assert factors.max() < 2.0
    assert factors.min() > 0.5
    assert np.corrcoef(np.log(lives()), np.log(LIFE))[0, 1] > 0.97


def test_worked_example_of_a_chip_maker():
    """Texas Instruments, tin-lead: 11.4 from 180 K to 50 K, 3.6 from a cycle a day to 48 (E2E forum, thread 730473)."""
    swing_alone = {"fatigue_swing_exponent": 1.9, "fatigue_frequency_exponent": 0, "fatigue_activation_temperature": 0}
    assert fatigue(180, 125, 2, **swing_alone) / fatigue(50, 75, 2, **swing_alone) == pytest.approx(11.4, rel=5e-3)
    rate_alone = {**swing_alone, "fatigue_frequency_exponent": 0.33}
    assert fatigue(50, 75, 1 / 24, **rate_alone) / fatigue(50, 75, 2, **rate_alone) == pytest.approx(3.6, rel=5e-3)
