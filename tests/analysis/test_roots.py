"""Roots, jumps and stretches of known curves."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sunfront.analysis.roots import Crossings, find_crossings, search_grid


def test_all_roots_and_the_signs_between():
    found = find_crossings(np.sin, search_grid(1.0, 10.0))
    assert found.roots == pytest.approx((math.pi, 2 * math.pi, 3 * math.pi), rel=1e-12)
    assert found.jumps == ()
    assert found.sides == (1, -1, 1, -1)


def test_a_jump_is_not_a_root():
    found = find_crossings(lambda x: np.where(x < math.e, -1.0, 2.0), search_grid(0.0, 10.0))
    assert found.roots == ()
    assert found.jumps == pytest.approx((math.e,), rel=1e-9)
    assert found.sides == (-1, 1)


def test_a_stretch_of_zeros_is_an_interval():
    """The curve is zero from 2 to 5 and crosses zero at 8. Ends of a stretch are as fine as the grid."""

    def curve(x):
        return np.select([x < 2, x <= 5], [x - 2, 0.0], np.minimum(x - 5, 8 - x))

    found = find_crossings(curve, search_grid(0.0, 10.0))
    assert found.roots == pytest.approx((8.0,))
    assert found.stretches == (pytest.approx((2.0, 5.0), abs=0.011),)
    assert (found.jumps, found.sides) == ((), (-1, 1, -1))


def test_a_curve_that_is_zero_everywhere_is_one_stretch():
    assert find_crossings(np.zeros_like, np.array([1.0, 2.0, 3.0])) == Crossings((), ((1.0, 3.0),), (), (0,))


def test_a_sign_change_across_nan_is_not_a_root():
    hole = 5.0021

    def curve(x):
        return np.where(np.abs(x - hole) < 1e-3, np.nan, x - hole)

    found = find_crossings(curve, np.array([0.0, 5.0, 5.01, 10.0]))
    assert (found.roots, found.jumps, found.sides) == ((), (), (-1, 1))


def test_roots_over_nine_orders_of_magnitude():
    """The curve is infinite at zero, the low end of the grid."""

    def curve(x):
        with np.errstate(divide="ignore"):
            return np.log10(x) * (np.log10(x) + 6)

    assert find_crossings(curve, search_grid(0.0, 100.0)).roots == pytest.approx((1e-6, 1.0), rel=1e-9)
