"""Rows that HiGHS does not get: the others imply them."""

import numpy as np

from sunfront.engines.exact.forms import LinearForm, needed_rows


def test_the_rows_that_are_left_out_hold_wherever_the_others_do():
    rng = np.random.default_rng(0)
    rows = rng.integers(-3, 4, size=(30, 3)).astype(float)
    rows *= np.where(rows @ [1.0, 1.0, 1.0] < 0, -1.0, 1.0)[:, None]
    rows[:, 2] += 1.0  # all hold around the place where both amounts are 1
    rows = np.concatenate([rows, 2.5 * rows[:10], rows[:5] + np.array([0.0, 1.0, 0.0])])
    forms = [LinearForm((row[:1], row[1:2]), row[2:]) for row in rows]
    needed = needed_rows(forms)[:, 0]
    assert 0 < needed.sum() < 40
    amounts = np.concatenate([rng.random((20_000, 2)) * 3, np.zeros((1, 2))])
    values = rows[:, :2] @ amounts.T + rows[:, 2:]
    held = (values[needed] >= 0).all(axis=0)
    assert held.any()
    assert (values[:, held] >= -1e-12).all()
    # And each of the others is needed somewhere by comparison with every single one of the rest.
    for i in np.flatnonzero(needed):
        for j in np.flatnonzero(needed):
            assert i == j or not (rows[i] >= rows[j] * (rows[i].clip(max=0).sum() / rows[j].clip(max=0).sum())).all()


def test_each_option_has_its_own():
    one, other = (
        LinearForm((np.array([-1.0, -2.0]),), np.array([2.0, 2.0])),
        LinearForm((np.array([-2.0, -2.0]),), np.array([2.0, 3.0])),
    )
    np.testing.assert_array_equal(needed_rows([one, other]), [[False, True], [True, False]])
    np.testing.assert_array_equal(needed_rows([one, one]).sum(axis=0), [1, 1])
