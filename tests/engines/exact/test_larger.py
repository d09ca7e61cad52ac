"""The larger of two quantities, exactly: rideshare, which is paid by mass or volume, and hand-made values."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace

import numpy as np
import pytest
from common import NONLINEAR as SOLVERS
from scipy.optimize import linprog

from sunfront.engines.exact.affine import MOST_SIDES, Affine, Ratio, Sides
from sunfront.engines.exact.catalogue import build_catalogue
from sunfront.engines.exact.each_choice import NONLINEAR
from sunfront.engines.exact.highs import HighsSolver
from sunfront.engines.exact.relaxation import find_infeasibility
from sunfront.engines.exact.shadow_prices import compute_shadow_prices
from sunfront.equation import larger
from sunfront.problem.criteria import Constraint, Objective
from sunfront.study.study import Study

AREAS = {
    "node_array_area": {"low": "300 m^2", "high": "900 m^2", "step": "100 m^2"},
    "node_radiator_area": {"low": "60 m^2", "high": "240 m^2", "step": "30 m^2"},
}
GRID = {
    **AREAS,
    "node_accelerators": {"low": 10, "high": 100, "step": 10},
    "nodes_per_launch": {"low": 1, "high": 12, "integer": True},
    "launch_cadence": {"choices": [12, 52], "unit": "1/year"},
}

#: Fairing volumes with which rideshare is paid by mass, by volume, and by both.
FAIRINGS = {"mass": "2000 m^3", "volume": "110 m^3", "both": "175 m^3"}


def shared(fairing, variables, objective="maximize roi", constraints=()):
    study = Study(
        architecture="starlink_bus",
        presets=("rideshare", "specific_cost"),
        parameters={"fairing_volume": fairing, "node_bus_mass": "150 kg"},
        variables=variables,
        objectives=(objective,),
        constraints=constraints,
    )
    return study.problem


def shares(problem, design):
    """Shares of payload and of fairing volume of a design."""
    columns = {name: np.atleast_1d(value) for name, value in design.items()}
    names = ["launched_mass", "delivered_payload", "launched_volume"]
    mass, payload, volume = problem.evaluate(columns, names).values()
    values = problem.values
    by_mass = mass / (payload * (1 - values["payload_adapter_fraction"]))
    return by_mass[0], (volume / (values["fairing_volume"] * values["fairing_packing"]))[0]


def solved(problem, solver="highs"):
    if solver == "highs":
        catalogue = build_catalogue(problem, 2)
        found = HighsSolver(catalogue, 1e-8).maximize(0, {}, time.monotonic() + 60) if catalogue.size else None
    else:
        found = NONLINEAR[solver](problem, 1e-6).maximize(0, {}, time.monotonic() + 60)
    assert found is not None
    return found


def enumerated(problem):
    """The best score over all combinations of values."""
    names = [v.name for v in problem.variables]
    grid = np.array(list(itertools.product(*(v.values for v in problem.variables))))
    found = problem.evaluate({name: grid[:, i] for i, name in enumerate(names)})
    return problem.scores(found)[problem.feasible(found)].max()


@pytest.mark.parametrize("objective", ["maximize roi", "minimize launch_share_paid", "maximize launch_share_paid"])
@pytest.mark.parametrize("fairing", FAIRINGS)
def test_the_optimum_is_that_of_all_designs_one_by_one(fairing, objective):
    """Maximized, the share is not a concave function: the disjunction takes either side."""
    problem = shared(FAIRINGS[fairing], GRID, objective, ("fleet_it_power >= 1 MW",))
    found = solved(problem)
    assert found.scores[0] == pytest.approx(enumerated(problem), rel=1e-7)
    assert found.bound == pytest.approx(found.scores[0], rel=1e-6)
    by_mass, by_volume = shares(problem, found.design)
    if fairing != "both":
        assert (by_mass > by_volume) == (fairing == "mass")


def balanced(fairing="175 m^3"):
    """Least share paid for a hardware price, which accelerators reach with mass, and radiators with volume."""
    variables = {
        "node_accelerators": {"low": 8, "high": 400},
        "node_radiator_area": {"low": "30 m^2", "high": "600 m^2"},
    }
    problem = shared(fairing, variables, "minimize launch_share_paid")
    return replace(problem, constraints=(Constraint("node_capex", ">=", 2e9, "MUSD"),))


def linear_optimum(problem):
    """The least ``t`` with ``t >= share`` for both shares; their coefficients come from three evaluations."""
    low = np.array([v.low for v in problem.variables])
    points = np.array([low, *(low + np.diag([1.0, 1.0]))])
    named = [{v.name: x for v, x in zip(problem.variables, point, strict=True)} for point in points]
    rows = np.array([shares(problem, design) for design in named]).T
    columns = {v.name: points[:, i] for i, v in enumerate(problem.variables)}
    price = problem.evaluate(columns, ["node_capex"])["node_capex"]
    (c,) = problem.constraints
    matrix = [[row[1] - row[0], row[2] - row[0], -1.0] for row in rows] + [
        [-(price[1] - price[0]) / 1e9, -(price[2] - price[0]) / 1e9, 0.0]
    ]
    limits = [*(-row[0] for row in rows), (price[0] - c.limit) / 1e9]
    bounds = [(0.0, v.high - v.low) for v in problem.variables] + [(0.0, None)]
    return linprog([0.0, 0.0, 1.0], A_ub=matrix, b_ub=limits, bounds=bounds).fun


@pytest.mark.parametrize("solver", ["highs", *SOLVERS])
@pytest.mark.parametrize("fairing", FAIRINGS)
def test_where_both_are_equal_the_optimum_is_that_of_the_linear_program(fairing, solver):
    problem = balanced(FAIRINGS[fairing])
    found = solved(problem, solver)
    assert -found.scores[0] == pytest.approx(linear_optimum(problem), rel=1e-6)
    by_mass, by_volume = shares(problem, found.design)
    assert (abs(by_mass / by_volume - 1) < 1e-5) == (fairing == "both")


def test_in_a_tie_the_shadow_price_is_the_gain():
    problem = balanced()
    design = {name: np.array([value]) for name, value in solved(problem).design.items()}
    (price,) = [p for p in compute_shadow_prices(problem, design) if p.kind == "constraint"]
    (c,) = problem.constraints
    step = 1e5  # USD
    easier = replace(problem, constraints=(replace(c, limit=c.limit - step),))
    gain = (linear_optimum(easier) - linear_optimum(problem)) / step
    assert price.price == pytest.approx(gain, rel=1e-4)


def test_a_catalogue_does_not_show_the_sides():
    one_line = {**GRID, "node_array_area": {"low": "550 m^2", "high": "850 m^2", "step": "100 m^2"}}
    problem = shared("175 m^3", one_line)
    catalogue = build_catalogue(problem, 2)
    assert set(catalogue.options) == {"launch_cadence"}
    assert catalogue.scope == "a catalogue of 2 combinations of launch_cadence"
    assert catalogue.size == 4
    # A side that no design has is left out.
    assert build_catalogue(shared("10000 m^3", one_line), 2).size == 2


def test_the_constraints_to_relax_are_found_on_either_side():
    problem = shared("110 m^3", GRID, constraints=("launch_share_paid <= 1 %", "fleet_it_power >= 100 MW"))
    found = find_infeasibility(problem, 2, time.monotonic() + 60)
    assert {v.constraint.quantity for v in found.violations} <= {"launch_share_paid", "fleet_it_power"}


def test_every_combination_of_sides_comes_once():
    def evaluate():
        x, y, z = (Affine({name: 1.0}) for name in "xyz")
        return larger(x, 2.0) + larger(larger(y, z), 3.0 * x)

    assumed, found = (), []
    while assumed is not None:
        sides = Sides(assumed)
        with sides.used():
            value = evaluate()
        found.append((tuple(index for index, _ in sides.taken), value, sides.differences))
        assumed = sides.next
    assert [taken for taken, _, _ in found] == list(itertools.product([0, 1], repeat=3))
    rng = np.random.default_rng(0)
    for _ in range(200):
        point = dict(zip("xyz", rng.uniform(-4, 4, 3), strict=True))

        def number(form, point=point):
            return float(form.constant) + sum(float(k) * point[name] for name, k in form.terms.items())

        x, y, z = point.values()
        valid = [number(value) for _, value, sides in found if all(number(side) >= 0 for side in sides)]
        assert valid
        assert valid == pytest.approx([max(x, 2.0) + max(y, z, 3 * x)] * len(valid))


def test_known_values_take_no_side():
    sides = Sides(())
    with sides.used():
        value = larger(Affine({}, np.array([1.0, 5.0])), 3.0)
    assert value.constant.tolist() == [3.0, 5.0]
    assert not sides.taken


def test_quotients_are_compared_if_their_denominators_are_equal():
    sides, nodes = Sides(()), Affine({"nodes": 1.0})
    with sides.used():
        value = larger(Ratio(Affine({"x": 2.0}), nodes), 3.0)
    assert value.numerator.terms == {"x": 2.0}
    (difference,) = sides.differences
    assert difference.numerator.terms == {"x": 2.0, "nodes": -3.0}
    with sides.used(), pytest.raises(TypeError, match="different denominators"):
        larger(Ratio(nodes, Affine({"x": 1.0})), Ratio(nodes, Affine({"y": 1.0})))


def test_too_many_sides_are_refused():
    with Sides(()).used():
        for i in range(MOST_SIDES):
            larger(Affine({"x": 1.0}), float(i))
        with pytest.raises(TypeError, match=f"at most {MOST_SIDES}"):
            larger(Affine({"x": 1.0}), 99.0)
    with pytest.raises(TypeError, match="the larger of two"):
        larger(Affine({"x": 1.0}), 0.0)  # outside a catalogue


def test_objectives_may_be_amounts():
    """What the search for movable bounds asks of a catalogue."""
    problem = replace(shared("175 m^3", GRID), objectives=(Objective("maximize", "nodes_per_launch"),))
    assert solved(problem).design["nodes_per_launch"] == enumerated(problem)
