"""Answers near zero: rounding is measured by what is added up, not by the sum."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sunfront import engines
from sunfront.analysis.breakeven import breakeven
from sunfront.analysis.second_proof import prove_again
from sunfront.engines.context import Context
from sunfront.equation import equation
from sunfront.errors import Unverified
from sunfront.library.model import Model
from sunfront.problem.answer import Answer
from sunfront.problem.criteria import Objective
from sunfront.problem.problem import Problem
from sunfront.problem.sizes import added_sizes
from sunfront.problem.variables import Variable
from sunfront.problem.verification import confirm, verified
from sunfront.runs import runner
from sunfront.study.study import Study


@equation("USD")
def balance(income, cost):
    """Money left."""
    return income - cost


@equation("USD")
def doubled(balance, factor):
    """Twice of it."""
    return factor * balance


@pytest.fixture
def problem():
    """Income and cost cancel; the only variable multiplies the difference."""
    factor = Variable("factor", "1", 1.0, 3.0)
    objective = Objective("maximize", "doubled", None)
    return Problem(Model([balance, doubled]), {"income": 3e10, "cost": 3e10}, (factor,), (objective,), ())


def test_sizes_are_those_of_the_terms(problem):
    """6e10 USD are added up to a balance of zero; a factor of two makes them 12e10."""
    sizes = added_sizes(problem, {"factor": np.array([1.0, 2.0])}, ["balance", "doubled"])
    assert sizes["balance"] == pytest.approx([6e10, 6e10])
    assert sizes["doubled"] == pytest.approx([6e10, 12e10])


@pytest.mark.parametrize(("claim", "is_right"), [(0.0, True), (50.0, True), (1000.0, False)])
def test_a_claim_near_zero_may_be_off_by_rounding(problem, claim, is_right):
    """A billionth of 12e10 USD is 120 USD."""
    answer = Answer("best found", {"factor": np.array([2.0])}, {"doubled": np.array([claim])})
    if is_right:
        assert verified(problem, answer)["doubled"] == [0.0]
        return
    with pytest.raises(Unverified, match="doubled"):
        verified(problem, answer)


def test_a_wrong_claim_is_refused_as_before(problem):
    """Far from zero the terms count for little: a part in 100,000 is refused."""
    paid = replace(problem, values={"income": 4e10, "cost": 3e10})
    answer = Answer("best found", {"factor": np.array([2.0])}, {"doubled": np.array([2e10 * (1 + 1e-5)])})
    with pytest.raises(Unverified, match="doubled"):
        verified(paid, answer)


def test_an_optimum_of_zero_is_verified_and_proved_again(tmp_path):
    """Where the best of two launchers just breaks even, the optimum is some millionths of a dollar."""
    study = Study(
        name="even",
        architecture="starlink_bus",
        objectives=("maximize npv",),
        parameters={"nodes_per_launch": 3, "altitude": "650 km"},
        variables={"launcher": {"presets": ["falcon_9", "starship_v3"]}},
    )
    (price,) = breakeven(study, "compute_price").roots
    values = set()
    for _ in range(8):
        price = float(np.nextafter(price, np.inf))
        even = study.with_values({"compute_price": f"{price!r} USD/J"})
        answer = engines.run(even.problem, even.engine, Context())
        columns = verified(even.problem, answer)
        confirm(even.problem, columns, answer.certificate)
        values.add(float(columns["npv"][0]))
    assert len(values) > 2
    assert max(map(abs, values)) < 1e-3  # dollars
    results = runner.run(even, output=tmp_path)
    assert results.status == "proved"
    proof = prove_again(results, "scip", 1e-3, 60, lambda *_: None)
    assert proof.confirmed


def test_what_is_only_the_rounding_of_a_difference_violates_nothing():
    """A margin of gigawatts less gigawatts is exact to a microwatt; a proved design on a limit misses it by as much."""
    problem = Study(
        name="rounding",
        architecture="starlink_bus",
        variables={"node_accelerators": {"low": 50, "high": 100, "integer": True}},
        objectives=("maximize roi",),
        constraints=("power_margin >= 0 kW",),
    ).problem
    (c,) = [c for c in problem.constraints if c.quantity == "power_margin"]
    scale = problem.constraint_scales[c]
    quantities = {each.name: np.full(2, 1e9) for each in problem.constraints}
    quantities["power_margin"] = np.array([-1e-13, -1e-11]) * scale
    assert problem.feasible(quantities).tolist() == [True, False]
    column = problem.constraints.index(c)
    assert (problem.violations(quantities)[:, column] > 0).tolist() == [False, True]
