"""Convex broken lines of the amounts: the mass that grows with the square of a node's array, in every engine."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
from common import NONLINEAR as SOLVERS
from common import STUDIES

from sunfront import engines
from sunfront.engines.context import Context
from sunfront.engines.exact.affine import Affine, Ratio, Sides
from sunfront.engines.exact.catalogue import build_catalogue
from sunfront.engines.exact.each_choice import NONLINEAR
from sunfront.engines.exact.highs import HighsSolver
from sunfront.engines.settings import PyomoSettings
from sunfront.equation import broken_line
from sunfront.problem.verification import verified
from sunfront.study.study import Study

CORNERS, SLOPES = (0.0, 2.0, 5.0), (1.0, 3.0, 8.0)

#: Across nine knots of the square of the array area.
GRID = {
    "node_array_area": {"low": "100 m^2", "high": "2900 m^2", "step": "400 m^2"},
    "node_radiator_area": {"low": "30 m^2", "high": "730 m^2", "step": "100 m^2"},
    "node_accelerators": {"low": 8, "high": 248, "step": 16},
    "nodes_per_launch": {"low": 1, "high": 12, "integer": True},
    "altitude": {"choices": [560, 620], "unit": "km"},
}


def problem_of(objective, constraints=(), variables=GRID):
    study = Study(
        architecture="starlink_bus",
        parameters={"node_learning_rate": 0},
        variables=variables,
        objectives=(objective,),
        constraints=tuple(constraints),
    )
    return study.problem


def enumerated(problem):
    names = [v.name for v in problem.variables]
    grid = np.array(list(itertools.product(*(v.values for v in problem.variables))))
    found = problem.evaluate({name: grid[:, i] for i, name in enumerate(names)})
    return problem.scores(found)[problem.feasible(found)].max()


def solved(problem, solver):
    if solver == "highs":
        return HighsSolver(build_catalogue(problem, 2), 1e-8).maximize(0, {}, time.monotonic() + 60)
    return NONLINEAR[solver](problem, 1e-6).maximize(0, {}, time.monotonic() + 60)


def test_numbers_lie_on_the_lines():
    x = np.array([0.0, 1.0, 2.0, 3.0, 5.0, 7.0])
    assert broken_line(x, CORNERS, SLOPES).tolist() == [0.0, 1.0, 2.0, 5.0, 11.0, 27.0]
    assert broken_line(3.0, CORNERS, SLOPES) == 5.0


def test_as_an_amount_it_is_at_least_each_of_its_lines():
    sides, nodes = Sides((), as_amounts=True), Affine({"n": 1.0})
    with sides.used():
        value = nodes * broken_line(Ratio(Affine({"a": 1.0}), nodes), CORNERS, SLOPES)
    assert value.terms == {"broken_line_0": 1.0}
    assert sides.next is None
    (lines,) = sides.envelopes
    for n, a in itertools.product([1.0, 2.0, 5.0], [0.0, 1.0, 7.0, 30.0]):
        largest = max(line.terms["a"] * a + line.terms.get("n", 0.0) * n for line in lines)
        assert largest == pytest.approx(n * broken_line(a / n, CORNERS, SLOPES))


def test_as_options_one_line_is_the_largest():
    assumed, found = (), []
    while assumed is not None:
        sides = Sides(assumed)
        with sides.used():
            value = broken_line(Affine({"a": 1.0}), CORNERS, SLOPES)
        found.append((value, sides.differences))
        assumed = sides.next
    assert len(found) == 3
    for a in (1.0, 3.0, 9.0):

        def number(form, a=a):
            return float(form.constant) + float(form.terms["a"]) * a

        valid = [number(value) for value, others in found if all(number(other) >= 0 for other in others)]
        assert valid == [broken_line(a, CORNERS, SLOPES)]


@pytest.mark.parametrize(
    ("objective", "solver"),
    [
        *itertools.product(("minimize compute_cost", "maximize specific_power"), ("highs", "scip")),
        pytest.param("minimize compute_cost", "maingo", marks=pytest.mark.long),
        pytest.param("maximize specific_power", "maingo", marks=pytest.mark.long),
        *itertools.product(("minimize node_mass",), ("highs", *SOLVERS)),
    ],
)
def test_the_optimum_is_that_of_all_designs_one_by_one(objective, solver):
    problem = problem_of(objective, ["fleet_it_power >= 2 MW"])
    found = solved(problem, solver)
    assert found.scores[0] == pytest.approx(enumerated(problem), rel=1e-6)
    assert found.bound >= found.scores[0]
    if solver != "maingo":  # whose bound on a quotient of this many lines stays open
        assert found.bound == pytest.approx(found.scores[0], rel=1e-5)


@pytest.mark.parametrize("constraint", ["node_mass >= 12 t", "attitude_mass >= 5 t"])
def test_where_more_mass_helps_each_line_makes_options(constraint):
    problem = problem_of("minimize capex", [constraint])
    catalogue = build_catalogue(problem, 2)
    assert not catalogue.envelopes
    assert catalogue.sides
    assert solved(problem, "highs").scores[0] == pytest.approx(enumerated(problem), rel=1e-7)


def test_lines_beyond_the_range_are_left_out():
    whole = build_catalogue(problem_of("minimize compute_cost"), 2)
    (envelope,) = whole.envelopes
    assert (whole.size, len(envelope.lines)) == (2, 7)  # six knots, 175 to 2700 m², lie within 100 to 2900
    near = {**GRID, "node_array_area": {"low": "200 m^2", "high": "290 m^2"}}
    (envelope,) = build_catalogue(problem_of("minimize compute_cost", variables=near), 2).envelopes
    assert len(envelope.lines) == 1


@pytest.mark.long
def test_claims_of_a_frontier_are_those_of_the_model():
    """A floor on one objective may leave the amount above its lines; scores are computed with the lines."""
    study = Study(
        architecture="starlink_bus",
        variables=GRID,
        objectives=("minimize compute_cost", "maximize fleet_it_power", "minimize node_mass"),
    )
    answer = engines.run(study.problem, PyomoSettings(gap=0.05), Context())
    assert answer.status == "proved"
    scores = study.problem.scores(verified(study.problem, answer))
    for column, (name, claim) in zip(scores.T, answer.claims.items(), strict=True):
        assert np.abs(column) == pytest.approx(np.abs(claim), rel=1e-6), name


@pytest.mark.slow
def test_the_best_size_of_a_satellite_lies_within_its_range():
    study = Study.load(STUDIES / "bus_size.yaml")
    answer = engines.run(study.problem, study.engine, Context())
    assert answer.status == "proved"
    (area,), (cost,) = answer.designs["node_array_area"], np.abs(study.problem.scores(verified(study.problem, answer)))
    assert 250 < area < 1000
    for low, high in ((20, 120), (1800, 20000)):
        limits = {"low": f"{low} m^2", "high": f"{high} m^2"}
        other = study.with_changes(variables={**study.variables, "node_array_area": limits})
        found = engines.run(other.problem, study.engine, Context())
        assert np.abs(other.problem.scores(verified(other.problem, found)))[0] > 1.02 * cost
