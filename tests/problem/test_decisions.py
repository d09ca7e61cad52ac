"""Suggested designs of a front: against closed forms, exhaustive counting and another library."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from common import write_small

from sunfront.errors import RangeError, UnitError, UnknownName
from sunfront.problem import decisions
from sunfront.problem.front import hypervolume
from sunfront.runs import runner
from sunfront.study.study import Study

# Hwang and Yoon (1981), the choice of a fighter aircraft; the fourth column is a cost.
AIRCRAFT = np.array(
    [
        [2.0, 1500, 20000, -5.5, 5, 9],
        [2.5, 2700, 18000, -6.5, 3, 5],
        [1.8, 2000, 21000, -4.5, 7, 7],
        [2.2, 1800, 20000, -5.0, 5, 5],
    ]
)


def circle(count=181):
    """A quarter of a circle: its knee is at 45 degrees, by symmetry."""
    angle = np.linspace(0, np.pi / 2, count)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def test_knee_of_a_circle_is_in_its_middle():
    assert decisions.knee(circle()) == 90


def test_knee_does_not_depend_on_units_or_offsets():
    """Maximum of 1 - x^p beyond the chord is where the slope is that of the chord: p x^(p-1) = 1."""
    x = np.linspace(0, 1, 100_001)
    for power in (2, 5):
        scores = np.stack([300 + 1e6 * x, -40 + 1e-3 * (1 - x**power)], axis=1)
        assert x[decisions.knee(scores)] == pytest.approx((1 / power) ** (1 / (power - 1)), abs=2e-5)


@pytest.mark.parametrize(
    "scores",
    [
        np.array([[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]]),  # straight
        1 - circle(),  # bends the other way
        np.array([[0.0, 1.0], [1.0, 0.0]]),
        np.array([[3.0, 4.0]]),
        np.array([[3.0, 4.0], [3.0, 4.0]]),
        np.array([[1.0], [2.0]]),
    ],
)
def test_no_knee(scores):
    assert decisions.knee(scores) is None


def test_three_objectives():
    """On a sphere the middle is the knee and nearest to the ideal."""
    rng = np.random.default_rng(0)
    points = np.abs(rng.normal(size=(400, 3)))
    points = np.concatenate([np.eye(3), np.ones((1, 3)), points])
    points /= np.linalg.norm(points, axis=1)[:, None]
    assert decisions.knee(points) == 3
    assert decisions.compromise(points) == 3
    assert decisions.closeness(points).argmax() == 3


def test_plane_through_ends_that_are_not_the_worst_in_everything_else():
    """Through (1, 0.5, 0) and its like runs the plane on which the scores add up to 1.5."""
    ends = np.array([[1.0, 0.5, 0.0], [0.0, 1.0, 0.5], [0.5, 0.0, 1.0]])
    for middle, found in ((0.45, None), (0.5, None), (0.55, 3)):
        assert decisions.knee(np.concatenate([ends, np.full((1, 3), middle)])) == found


@pytest.mark.parametrize(
    "ends",
    [
        [[0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]],  # each the best in two objectives
        [[1.0, 1.0, 0.0], [0.0, 0.5, 1.0], [0.5, 0.0, 0.9]],  # one is
        [[1.0, 0.9, 0.9], [0.9, 1.0, 0.0], [0.0, 0.0, 1.0], [0.3, 0.95, 0.6]],  # a plane that leans over the ideal
    ],
)
def test_no_knee_without_a_plane_through_the_ends(ends):
    weights = np.random.default_rng(0).dirichlet(np.ones(len(ends)), 50)
    assert decisions.knee(np.concatenate([ends, weights @ ends])) is None


def test_compromise_follows_weights():
    scores = circle()
    assert decisions.compromise(scores) == 90
    assert decisions.compromise(scores, [1, 0]) == 0
    assert decisions.compromise(scores, [0, 5]) == 180
    # Nearest to (1, 1) when the first counts w: w^2 (1 - c) s = (1 - s) c.
    c, s = scores[decisions.compromise(scores, [3, 1])]
    assert 9 * (1 - c) * s == pytest.approx((1 - s) * c, abs=0.05)


def test_topsis_agrees_with_pymcdm():
    """pymcdm 1.4.0, TOPSIS(minmax_normalization), weights 0.2 0.1 0.1 0.1 0.2 0.3."""
    found = decisions.closeness(AIRCRAFT, [0.2, 0.1, 0.1, 0.1, 0.2, 0.3])
    np.testing.assert_allclose(found, [0.61274818, 0.3660254, 0.53064194, 0.35168953], atol=1e-8)
    np.testing.assert_allclose(decisions.closeness(AIRCRAFT, [2, 1, 1, 1, 2, 3]), found)


@pytest.mark.parametrize("weights", [[1], [1, 2, 3], [-1, 1], [0, 0], [float("nan"), 1]])
def test_impossible_weights_are_refused(weights):
    for rank in (decisions.compromise, decisions.closeness):
        with pytest.raises(RangeError) as caught:
            rank(circle(), weights)
        assert "2 numbers" in caught.value.message


def test_one_design_and_equal_designs():
    one, equal = np.array([[2.0, -3.0]]), np.array([[2.0, -3.0], [2.0, -3.0]])
    assert decisions.compromise(one) == decisions.compromise(equal) == 0
    np.testing.assert_array_equal(decisions.closeness(one), [1])
    np.testing.assert_array_equal(decisions.contributions(one), [1])
    np.testing.assert_array_equal(decisions.contributions(equal), [0, 0])


def test_an_objective_that_is_equal_for_all_designs_is_ignored():
    scores = circle(41)
    wide = np.insert(scores, 1, 7.0, axis=1)
    assert decisions.knee(wide) == decisions.knee(scores)
    np.testing.assert_allclose(decisions.closeness(wide), decisions.closeness(scores))
    np.testing.assert_allclose(decisions.contributions(wide), decisions.contributions(scores))


def test_contributions_against_counting():
    """Three objectives on a lattice: the cells that only one design covers, counted."""
    scores = np.array([[0, 60, 100], [100, 0, 60], [60, 100, 0], [60, 60, 60], [35, 20, 75]], float)
    # Cells of 1 %; the reference lies one below zero.
    grid = np.stack(np.meshgrid(*[(np.arange(101) - 0.5) / 100] * 3, indexing="ij"), axis=-1)
    covers = np.stack([(grid < decisions.normalized(scores)[i]).all(axis=-1) for i in range(len(scores))])
    alone = [(covers[i] & (covers.sum(axis=0) == 1)).sum() for i in range(len(scores))]
    expected = np.array(alone) / covers.any(axis=0).sum()
    np.testing.assert_allclose(decisions.contributions(scores), expected, rtol=1e-9)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("decisions")
    path = write_small(folder, "maximize roi, minimize node_mass", engine="sweep, evaluations: 20000")
    return runner.run(Study.load(path), output=folder)


def test_suggestions_are_rows_of_the_front(finished):
    front, found = finished.front, finished.suggestions
    assert front["roi"].max() == front["roi"].iloc[found["maximize roi"]]
    assert front["node_mass"].min() == front["node_mass"].iloc[found["minimize node_mass"]]
    assert set(found) - {"knee"} == {"maximize roi", "minimize node_mass", "nearest to the ideal"}


def test_filter_limits_have_units(finished):
    limit = float(finished.front["node_mass"].median())
    kept = finished.filtered(f"node_mass <= {limit / 1000} t", "roi >= -100 %")
    assert 0 < len(kept) < len(finished.front)
    assert kept["node_mass"].max() <= limit * (1 + 1e-6)
    with pytest.raises(UnknownName) as caught:
        finished.filtered("node_maas <= 3 t")
    assert (caught.value.name, caught.value.kind) == ("node_maas", "column")
    assert "node_mass" in caught.value.message
    with pytest.raises(UnitError):
        finished.filtered("node_mass <= 3 m")


def test_a_filter_allows_what_the_verification_allows(finished):
    """A proved design may miss a limit by an engine's tolerance; a limit of the study drops none."""
    mass = finished.front["node_mass"].max()
    assert len(finished.filtered(f"node_mass <= {mass * (1 - 1e-7)} kg")) == len(finished.front)
    assert len(finished.filtered(f"node_mass <= {mass * (1 - 1e-4)} kg")) < len(finished.front)
    off = finished.front.assign(power_margin=-1e-3)  # W, at terms of 100 kW
    units = {**finished.units, "power_margin": "kW"}
    over = replace(finished, designs=off, record=finished.record.model_copy(update={"units": units}))
    assert len(over.filtered("power_margin >= 0 kW")) == len(off)
    assert len(over.filtered("power_margin >= 1 kW")) == 0


def test_what_a_filter_allows_is_a_share_of_each_value(finished):
    """Neither an infinite value nor a large one lets others pass; beside a limit of zero the typical value counts."""
    values = [-0.9e-3, -1e-9, np.inf, 1e9]
    designs = finished.designs.assign(odd=1.0)
    designs.loc[finished.front_rows, "odd"] = np.resize(values, len(finished.front))
    record = finished.record.model_copy(update={"units": {**finished.units, "odd": "kg"}})
    odd = replace(finished, designs=designs, record=record)

    def kept(limit):
        return set(odd.filtered(limit)["odd"])

    assert kept("odd >= 0 kg") == {-1e-9, np.inf, 1e9}
    assert kept("odd <= 1 kg") == {-0.9e-3, -1e-9}
    assert kept("odd >= 1000000100 kg") == {np.inf, 1e9}
    assert kept("odd >= 1000010000 kg") == {np.inf}


def test_a_change_of_the_front_changes_no_answer(finished):
    before = finished.front
    changed = finished.front
    changed.iloc[:, :] = 0.0
    assert finished.front.equals(before)
    assert finished.front.attrs == before.attrs


def test_contributions_that_would_take_minutes_are_left_out():
    rng = np.random.default_rng(0)
    assert decisions.contributions(rng.random((1001, 4))) is None
    assert len(decisions.contributions(rng.random((100, 4)))) == 100


@pytest.mark.parametrize("objectives", [6, 10])
def test_hypervolumes_of_many_objectives_are_estimated(objectives):
    """Against a box, whose volume is known, and against Monte Carlo for points on a sphere."""
    rng = np.random.default_rng(0)
    assert hypervolume(np.full((1, objectives), 0.5), np.zeros(objectives)) == pytest.approx(0.5**objectives, rel=0.02)
    points = np.abs(rng.normal(size=(50, objectives)))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    draws = rng.random((200_000, objectives))
    dominated = np.zeros(len(draws), bool)
    for point in points:
        dominated |= (draws <= point).all(axis=1)
    sampled = dominated.mean()
    error = (sampled * (1 - sampled) / len(draws)) ** 0.5
    assert hypervolume(points, np.zeros(objectives)) == pytest.approx(sampled, abs=4 * error + 0.02 * sampled)
