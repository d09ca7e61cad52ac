"""Concave broken lines of the amounts: the price of nodes that are learned, in every engine."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
from common import NONLINEAR as SOLVERS

from sunfront.engines.exact.affine import EXCESS, Affine, NonlinearOperation, Ratio, Sides
from sunfront.engines.exact.catalogue import build_catalogue
from sunfront.engines.exact.each_choice import NONLINEAR
from sunfront.engines.exact.highs import HighsSolver
from sunfront.engines.exact.option_bounds import OptionBounds, form_array
from sunfront.engines.exact.reach import Reach
from sunfront.engines.exact.shadow_prices import compute_shadow_prices
from sunfront.engines.exact.sifting import WHOLE, SiftingSolver
from sunfront.equation import concave_broken_line
from sunfront.study.study import Study

CORNERS, SLOPES = (0.0, 2.0, 5.0), (8.0, 3.0, 1.0)

#: Fleets from 20 MUSD to 3 GUSD of hardware, across five knots.
GRID = {
    "node_array_area": {"low": "100 m^2", "high": "900 m^2", "step": "200 m^2"},
    "node_radiator_area": {"low": "30 m^2", "high": "330 m^2", "step": "50 m^2"},
    "node_accelerators": {"low": 8, "high": 88, "step": 8},
    "nodes_per_launch": {"low": 1, "high": 12, "integer": True},
    "launch_cadence": {"choices": [2, 12, 52], "unit": "1/year"},
}

OBJECTIVES = ["minimize compute_cost", "minimize capex", "maximize roi", "maximize npv"]


def problem_of(objective, constraints=(), variables=GRID, **parameters):
    study = Study(
        architecture="starlink_bus",
        parameters=parameters,
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
    if solver in NONLINEAR:
        return NONLINEAR[solver](problem, 1e-6).maximize(0, {}, time.monotonic() + 120)
    return solver(build_catalogue(problem, 2), 1e-8).maximize(0, {}, time.monotonic() + 120)


def test_numbers_lie_on_the_lines():
    x = np.array([0.0, 1.0, 2.0, 3.0, 5.0, 7.0])
    assert concave_broken_line(x, CORNERS, SLOPES).tolist() == [0.0, 8.0, 16.0, 19.0, 25.0, 27.0]
    assert concave_broken_line(3.0, CORNERS, SLOPES) == 19.0


def every_side(x, as_amounts=False):
    assumed, found = (), []
    while assumed is not None:
        sides = Sides(assumed, as_amounts)
        with sides.used():
            value = concave_broken_line(x(), CORNERS, SLOPES)
        found.append((value, sides))
        assumed = sides.next
    return found


def number(form, **amounts):
    return float(form.constant) + sum(float(k) * amounts.get(name, 0.0) for name, k in form.terms.items())


def test_as_options_the_line_between_its_corners_is_the_smallest():
    found = every_side(lambda: Affine({"a": 1.0}))
    assert [len(sides.differences) for _, sides in found] == [1, 2, 1]
    for a in (1.0, 3.0, 9.0):
        valid = [
            number(value, a=a)
            for value, sides in found
            if all(number(difference, a=a) >= 0 for difference in sides.differences)
        ]
        assert valid == [concave_broken_line(a, CORNERS, SLOPES)]


def test_lines_of_one_slope_are_one_line():
    with Sides(()).used():
        value = concave_broken_line(Affine({"a": 1.0}), CORNERS, (2.0, 2.0, 2.0 * (1 - 1e-14)))
    assert value.terms == {"a": 2.0}


def test_a_lower_corner_of_an_envelope_is_spared():
    """A row for it would be met by a larger envelope."""
    sides = Sides((1,), as_amounts=True)
    sides.envelopes.append([Affine({"a": 1.0})])
    with sides.used():
        value = concave_broken_line(Affine({"broken_line_0": 1.0}), CORNERS, SLOPES)
    assert value.terms == {"broken_line_0": 3.0, EXCESS: 1.0}
    assert [number(form, broken_line_0=2.0) for form in sides.spared] == [0.0]
    assert [number(form, broken_line_0=5.0) for form in sides.differences] == [0.0]


def test_quotients_and_known_values_are_read_too():
    with Sides((2,)).used():
        value = concave_broken_line(Ratio(Affine({"a": 1.0}), Affine({"n": 1.0})), CORNERS, SLOPES)
    assert value.numerator.terms == {"a": 1.0, "n": 20.0}
    sides = Sides(())
    with sides.used():
        known = concave_broken_line(Affine({}, np.array([1.0, 7.0])), CORNERS, SLOPES)
    assert known.constant.tolist() == [8.0, 27.0]
    assert not sides.taken
    with pytest.raises(NonlinearOperation):
        concave_broken_line(Affine({"a": 1.0}), CORNERS, SLOPES)  # outside a catalogue


@pytest.mark.parametrize("solver", [HighsSolver, SiftingSolver, *SOLVERS], ids=str)
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_optimum_is_that_of_all_designs_one_by_one(objective, solver):
    problem = problem_of(objective, ["fleet_it_power >= 1 MW"])
    found = solved(problem, solver)
    assert found.scores[0] == pytest.approx(enumerated(problem), rel=1e-6)
    assert found.bound >= found.scores[0] - 1e-9 * abs(found.scores[0])
    if solver != "maingo":  # whose bound on a quotient of many lines stays open
        assert found.bound == pytest.approx(found.scores[0], rel=2e-5)


@pytest.mark.parametrize("heritage", ["0 MUSD", "300 MUSD"])
def test_a_limit_on_the_price_of_nodes_is_kept_from_both_sides(heritage):
    for limit in ("node_capex >= 900 MUSD", "node_capex <= 900 MUSD"):
        problem = problem_of("minimize compute_cost", [limit, "fleet_it_power >= 1 MW"], node_value_to_date=heritage)
        found = solved(problem, SiftingSolver)
        assert found.scores[0] == pytest.approx(enumerated(problem), rel=1e-7)


def test_lines_that_no_design_reaches_are_left_out():
    """With at least 5 MW, the fleets of each cadence reach two or three of the fifteen lines."""
    catalogue = build_catalogue(problem_of("minimize compute_cost", ["fleet_it_power >= 5 MW"]), 2)
    assert catalogue.size <= 9
    assert catalogue.envelopes


def test_reach_narrows_by_rows_and_loses_no_design():
    rng = np.random.default_rng(5)
    problem = problem_of("minimize compute_cost", ["fleet_it_power >= 1 MW"])
    catalogue = build_catalogue(problem, 2)
    columns = list(catalogue.columns.values())
    reach = Reach([*catalogue.rows.values()], [0.0] * len(columns), columns)
    bounds = OptionBounds(catalogue)
    o = catalogue.objectives[0]
    target = form_array(o.numerator, bounds.scales) - 0.5 * form_array(o.denominator, bounds.scales)
    most, _ = bounds.bounds(target, {}, np.ones(catalogue.size, dtype=bool), -np.inf, catalogue.size)
    designs = problem.random_designs(20000)
    found = problem.evaluate(designs)
    feasible = np.flatnonzero(problem.feasible(found))
    assert len(feasible) > 50
    for i in rng.choice(feasible, 50):
        design = {name: float(values[i]) for name, values in designs.items()}
        nodes = design["nodes_per_launch"]
        totals = [nodes, *(nodes * design[a.variable.name] for a in catalogue.amounts)]
        cadence = np.flatnonzero(catalogue.options["launch_cadence"] == design["launch_cadence"])
        totals += [
            max(e.lines[k].value(cadence[0], [*totals, 0.0]) for k in range(len(e.lines))) for e in catalogue.envelopes
        ]
        option = catalogue.option_of(int(cadence[0]), totals)
        assert all(
            low[option] * 0.999999 <= x <= high[option] * 1.000001
            for low, high, x in zip(reach.low, reach.high, totals, strict=True)
        )
        score = o.numerator.value(option, totals) / o.denominator.value(option, totals)
        claimed = float(found["compute_cost"][i])
        assert -score * o.scale == pytest.approx(claimed, rel=1e-9)
        assert most[option] >= o.numerator.value(option, totals) - 0.5 * o.denominator.value(option, totals) - 1e-9


def test_sifting_finds_what_a_whole_program_finds():
    variables = {**GRID, "altitude": {"low": "500 km", "high": "700 km", "step": "25 km"}}
    problem = problem_of("maximize roi", ["fleet_it_power >= 1 MW"], variables)
    catalogue = build_catalogue(problem, 2)
    assert catalogue.size > 2 * WHOLE
    whole, sifted = (s(catalogue, 1e-7).maximize(0, {}, time.monotonic() + 120) for s in (HighsSolver, SiftingSolver))
    assert sifted.scores[0] == pytest.approx(whole.scores[0], rel=1e-6)
    assert sifted.bound >= whole.scores[0] * (1 - 1e-9)
    assert sifted.bound == pytest.approx(sifted.scores[0], rel=1e-6)


def test_sifting_proves_that_nothing_is_feasible():
    variables = {**GRID, "altitude": {"low": "500 km", "high": "700 km", "step": "25 km"}}
    catalogue = build_catalogue(problem_of("maximize roi", ["fleet_it_power >= 1 MW"], variables), 2)
    best = SiftingSolver(catalogue, 1e-6).maximize(0, {}, time.monotonic() + 60)
    beyond = {0: best.scores[0] + abs(best.scores[0])}
    assert SiftingSolver(catalogue, 1e-6).maximize(0, beyond, time.monotonic() + 60) is None


def test_the_shadow_price_is_that_of_the_line_on_which_a_design_lies():
    problem = problem_of(
        "minimize capex", ["fleet_it_power >= 3 MW"], {k: v for k, v in GRID.items() if k != "node_accelerators"}
    )
    found = solved(problem, SiftingSolver)
    design = {name: np.array([value]) for name, value in found.design.items()}
    prices = compute_shadow_prices(problem, design)
    assert all(np.isfinite(p.price) for p in prices)
