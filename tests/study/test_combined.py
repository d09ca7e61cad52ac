"""Objectives in an order, as a weighted sum and as goals, and preferred parts of a front: how they are read."""

import math

import numpy as np
import pytest
from common import write_small

from sunfront.engines.nominal import nominal_single_objective
from sunfront.errors import StudyError, UserError
from sunfront.problem.preference import Order, Region, Tolerance
from sunfront.study.study import Study


def load(folder, objectives, more, **keys):
    return Study.load(write_small(folder, objectives=objectives, more=more, **keys))


def columns_of(problem, count=50):
    return problem.random_designs(count)


def test_a_weighted_sum_is_the_sum_of_the_shares(tmp_path):
    lines = '"maximize npv, scale 2 GUSD, weight 3", "minimize node_mass, scale 100 kg", maximize roi'
    problem = load(tmp_path, lines, "combine: weighted\n").problem
    assert str(problem.objectives[0]) == "maximize weighted_sum"
    designs = columns_of(problem)
    found = problem.evaluate(designs, ["weighted_sum", "npv", "node_mass", "roi"])
    expected = 3 * found["npv"] / 2e9 - found["node_mass"] / 100.0 + found["roi"]
    np.testing.assert_allclose(found["weighted_sum"], expected, rtol=1e-12)
    assert {"npv", "node_mass", "roi"} <= {*problem.table_columns}


def test_goals_are_the_sum_of_what_is_missed(tmp_path):
    lines = (
        '"capex <= 5 GUSD", "npv >= 0 USD, scale 1 GUSD, weight 2", "node_mass == 3000 kg, scale 100 kg", '
        '"20 % <= roi <= 25 %"'
    )
    problem = load(tmp_path, lines, "combine: goals\n").problem
    assert str(problem.objectives[0]) == "minimize deviation_from_goals"
    designs = columns_of(problem)
    q = problem.evaluate(designs, ["deviation_from_goals", "capex", "npv", "node_mass", "roi"])
    expected = (
        np.maximum(q["capex"] - 5e9, 0) / 5e9
        + 2 * np.maximum(-q["npv"], 0) / 1e9
        + np.abs(q["node_mass"] - 3000) / 100
        + np.maximum(0.2 - q["roi"], 0) / 0.2
        + np.maximum(q["roi"] - 0.25, 0) / 0.25
    )
    np.testing.assert_allclose(q["deviation_from_goals"], expected, rtol=1e-9, atol=1e-12)


def test_order_and_region_are_read_with_their_units(tmp_path):
    order = '"maximize roi, tolerance 1 % absolute", "maximize npv, tolerance 10 MUSD", minimize capex'
    assert load(tmp_path, order, "combine: lexicographic\n").problem.preference == Order(
        (Tolerance(0.01, False), Tolerance(1e7, False), Tolerance(0.0, False))
    )
    share = '"minimize capex, tolerance 2 %", "maximize roi"'
    assert load(tmp_path, share, "combine: lexicographic\n").problem.preference.tolerances[0] == Tolerance(0.02, True)
    both = "maximize roi, minimize capex"
    region = load(tmp_path, both, "prefer: [1 GUSD <= capex <= 5 GUSD, roi >= 10 %]\n").problem.preference
    assert region == Region((0.1, -5e9), (math.inf, -1e9))


def test_set_changes_what_is_wanted(tmp_path):
    study = load(tmp_path, "maximize roi, minimize capex", "")
    assert study.with_overrides(["prefer=capex <= 5 GUSD"]).problem.preference == Region(
        (-math.inf, -5e9), (math.inf,) * 2
    )
    assert isinstance(study.with_overrides(["combine=lexicographic"]).problem.preference, Order)
    with pytest.raises(UserError, match="npv is no objective"):
        study.with_overrides(["prefer=npv >= 0 USD"])


MISTAKES = [
    ("maximize roi, minimize capex", "combine: lexicografic", "combine", "'lexicographic'"),
    ('"maximize roi, tolerance 1 %", minimize capex', "combine: lexicographic", "objectives.0", "1 % relative"),
    ('"maximize roi, tolerance 1 %", minimize capex', "", "objectives.0", "combine: lexicographic"),
    (
        "maximize roi tolerance 1 %, minimize capex",
        "combine: lexicographic",
        "objectives.0",
        "comma before tolerance",
    ),
    ('"roi >= 9 %, tolerance 1 %", "capex <= 5 GUSD"', "combine: goals", "objectives.0", "may be a band"),
    ("maximize npv", "combine: lexicographic", "combine", "two objectives"),
    ('maximize npv, "minimize capex, scale 1 GUSD"', "combine: weighted", "objectives.0", "scale 1 MUSD"),
    ('maximize roi, "capex <= 5 GUSD"', "combine: goals", "objectives.0", "comparison"),
    ("maximize roi, minimize capex", "prefer: npv >= 1 GUSD", "prefer.0", "no objective"),
]
MORE_MISTAKES = [
    ('maximize npv, "minimize capex, tolerance 1 %"', "combine: lexicographic", "objectives.1", "last objective"),
    ('"maximize npv, tolerence 1 USD", minimize capex', "combine: lexicographic", "objectives.0", "'tolerance'"),
    ('"maximize npv, tolerance 1 kg", minimize capex', "combine: lexicographic", "objectives.0", "currency"),
    ('"maximize npv, scale 1 USD", minimize capex', "combine: lexicographic", "objectives.0", "weighted or goals"),
    ('"maximize npv, scale 0 USD", maximize roi', "combine: weighted", "objectives.0", "positive"),
    ('"maximize roi, weight -1", maximize roi', "combine: weighted", "objectives.0", "positive"),
    ('"maximize mean npv, scale 1 GUSD"', "combine: weighted", "objectives.0", "statistic"),
    ('"npv >= 0 USD"', "combine: goals", "objectives.0", "scale 1 MUSD"),
    ("maximize roi, minimize capex", "prefer: [capex <= 1 GUSD, capex >= 2 GUSD]", "prefer.1", "no capex is left"),
    ("maximize roi", "prefer: roi >= 10 %", "prefer", "constraint"),
]


@pytest.mark.parametrize(
    ("objectives", "more", "key", "words"),
    [*MISTAKES, *(pytest.param(*mistake, marks=pytest.mark.long) for mistake in MORE_MISTAKES)],
)
def test_mistakes_are_told_once_with_their_key(tmp_path, objectives, more, key, words):
    with pytest.raises(StudyError) as error:
        load(tmp_path, objectives, more + "\n")
    assert error.value.key == key
    assert words in str(error.value)
    assert not error.value.others


def test_one_objective_of_several_has_no_order(tmp_path):
    """What asks for the first objective alone, such as a tornado, does not inherit what is wanted of all."""
    problem = load(tmp_path, "maximize roi, minimize capex", "combine: lexicographic\n").problem
    assert nominal_single_objective(problem).preference is None
