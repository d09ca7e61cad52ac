"""A root as objective, as limit and on a front: exact engines and searches against enumeration."""

import itertools
import json
import math

import numpy as np
import pytest
from common import NONLINEAR, write_small

from sunfront.engines.exact.engine import build_pyomo_model
from sunfront.engines.exact.roots import RootSolver, at_first_trial, sizes_of_roots, with_rows
from sunfront.engines.exact.solver_protocol import FLOOR_TOLERANCE, SMALLEST_FLOOR
from sunfront.errors import NonlinearEquation
from sunfront.library.bound import Trial
from sunfront.library.parameters import load_data
from sunfront.runs import runner
from sunfront.study.study import Study

YEAR = 31557600.0
#: A study of whole choices only, so that every design is enumerated by numpy.
HALL = """\
architecture: terrestrial
parameters: {{compute_price: {price}, new_compute_price_decline: 20 %/year}}
variables:
  node_accelerators: {{low: 1000, high: 5000, step: 1000}}
  nodes_per_site: {{low: 1, high: 5, integer: true}}
  time_to_power: {{choices: [0, 1, 2, 4], unit: year}}
objectives: [{objectives}]
constraints: [{constraints}]
engine: {{name: {engine}}}
"""
SOLVERS = ["highs", *NONLINEAR]


def hall(folder, objectives="maximize irr", constraints="", engine="pyomo", price="6 USD/kWh", more=""):
    path = folder / "hall.yaml"
    text = HALL.format(objectives=objectives, constraints=constraints, engine=engine, price=price)
    path.write_text(text + more, "utf-8")
    return Study.load(path)


def all_designs(study):
    """Every design of a study with choices and steps alone, and what numpy says of it."""
    problem = study.problem
    grid = np.array(list(itertools.product(*(v.values for v in problem.variables)))).T
    designs = dict(zip((v.name for v in problem.variables), grid, strict=True))
    values = problem.evaluate(designs, problem.table_columns, may_lack=["irr"])
    return {**designs, **values}, problem.feasible(values)


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_greatest_rate_is_that_of_the_enumeration(tmp_path, solver):
    study = hall(tmp_path, constraints="fleet_it_power >= 10 MW", engine=f"pyomo, solver: {solver}")
    values, feasible = all_designs(study)
    results = runner.run(study, output=tmp_path / "out")
    best = values["irr"][feasible].max()
    assert results.front["irr"][0] == pytest.approx(best, rel=1e-6)
    gap = results.record.gap
    assert best <= gap.bound * (1 + 1e-9)
    # The tolerance of MAiNGO on a value at a trial rate leaves a rate open.
    assert (results.status == "proved") == (gap.relative <= study.engine.gap)
    assert results.status == "proved" or solver == "maingo"
    assert gap.bound == pytest.approx(best, rel=0.1 if solver == "maingo" else study.engine.gap)


@pytest.mark.parametrize("solver", ["highs", *(pytest.param(each, marks=pytest.mark.long) for each in SOLVERS[1:])])
@pytest.mark.parametrize("limit", [">= 20 %/year", "<= 20 %/year"])
def test_a_limit_is_that_of_the_enumeration(tmp_path, solver, limit):
    objective = "maximize time_to_power" if limit[0] == ">" else "minimize time_to_power"
    study = hall(tmp_path, objective, f"irr {limit}", f"pyomo, solver: {solver}")
    values, feasible = all_designs(study)
    assert 0 < feasible.sum() < len(feasible)
    results = runner.run(study, output=tmp_path / "out")
    best = (np.max if limit[0] == ">" else np.min)(values["time_to_power"][feasible])
    assert results.front["time_to_power"][0] == best


@pytest.mark.parametrize(
    "objectives",
    [
        "maximize irr, maximize time_to_power",
        pytest.param("maximize time_to_power, maximize irr", marks=pytest.mark.long),
    ],
)
def test_a_front_is_that_of_the_enumeration(tmp_path, objectives):
    """For each time of waiting the greatest rate; whoever waits longer earns less."""
    study = hall(tmp_path, objectives)
    values, feasible = all_designs(study)
    results = runner.run(study, output=tmp_path / "out")
    assert results.status == "proved"
    times = [0.0, YEAR, 2 * YEAR, 4 * YEAR]
    best = [values["irr"][feasible & (values["time_to_power"] == time)].max() for time in times]
    found = results.front.sort_values("time_to_power")
    assert found["time_to_power"].tolist() == times
    assert found["irr"].tolist() == pytest.approx(best, rel=1e-6)


@pytest.mark.parametrize("engine", ["sweep, evaluations: 100", "optuna, evaluations: 100", "evolve, evaluations: 100"])
def test_searches_find_the_same(tmp_path, engine):
    study = hall(tmp_path, engine=engine)
    values, feasible = all_designs(study)
    results = runner.run(study, output=tmp_path / "out")
    assert results.front["irr"][0] == pytest.approx(values["irr"][feasible].max(), rel=1e-9)


@pytest.mark.long
def test_with_areas_and_orbits_all_solvers_agree(tmp_path):
    more = "parameters: {compute_price: 12 USD/kWh}\n"
    found = []
    for solver in SOLVERS:
        study = Study.load(write_small(tmp_path, "maximize irr", "", f"pyomo, solver: {solver}", solver, more=more))
        results = runner.run(study, output=tmp_path / solver)
        assert results.status == "proved"
        found.append(results.front["irr"][0])
    assert found == pytest.approx([found[0]] * len(found), rel=2e-3)
    rate = Study.load(write_small(tmp_path, "maximize npv", "irr >= 20 %/year", more=more))
    value = runner.run(rate, output=tmp_path / "limit").front
    assert value["irr"][0] * YEAR >= 0.2 * (1 - 1e-6)


def test_no_design_with_a_rate_is_infeasible_by_name(tmp_path):
    """At a hundredth of the price, every design loses money at every rate."""
    results = runner.run(hall(tmp_path, price="0.05 USD/kWh"), output=tmp_path / "out")
    assert results.status == "infeasible"
    assert any("irr" in note or "npv at discount_rate" in note for note in results.record.notes)
    swept = runner.run(
        hall(tmp_path, price="0.05 USD/kWh", engine="sweep, evaluations: 100"), output=tmp_path / "sweep"
    )
    assert swept.status == "none found"


def test_a_limit_becomes_one_row(tmp_path):
    problem = hall(tmp_path, "maximize npv", "irr >= 20 %/year").problem
    plain = with_rows(problem)
    (row,) = [c for c in plain.constraints if c not in problem.constraints]
    assert str(row) == "npv at discount_rate = 20 %/year >= 0 MUSD"
    designs = problem.random_designs(200)
    one = problem.evaluate(designs, ["irr"])["irr"] >= 0.2 / YEAR
    assert (plain.evaluate(designs, [row.quantity])[row.quantity] >= 0).tolist() == one.tolist()
    assert build_pyomo_model(problem, hall(tmp_path, "maximize npv", "irr >= 20 %/year").engine) is not None
    assert at_first_trial(problem).objectives == problem.objectives


def test_a_root_inside_of_an_expression_is_refused_by_name(tmp_path):
    study = hall(tmp_path, "maximize npv", "irr >= discount_rate + 2 %/year")
    with pytest.raises(NonlinearEquation, match="by itself, not as part of another quantity"):
        runner.run(study, output=tmp_path / "out")


CASH = '''\
"""Cash."""

from sunfront.equation import SIGNED, equation
from sunfront.root import root


@equation("MUSD", within=SIGNED)
def cash_so_far(capex, annual_revenue, annual_opex, cash_date, time_to_power, year):
    """Cash after a time.

    Source: definition.
    """
    return (annual_revenue - annual_opex) * ((cash_date - time_to_power) / year) - capex


@root("year", of="cash_so_far", over="cash_date", between=("0 year", "100 year"), falls=False)
def cash_payback():
    """Time after which the cash is back.

    Source: definition.
    """
'''


@pytest.fixture
def cash_library(tmp_path):
    own = tmp_path / "own"
    hall = load_data("architectures", "terrestrial")
    hall["own_equations"] = [*hall.get("own_equations", []), "own_cash"]
    hall["own_metrics"] = [*hall["own_metrics"], "cash_payback"]
    horizon = "{value: 5, unit: year, low: 1, high: 20, allowed: [0, 100], trust: assumed, source: An example}"
    for name, text in (
        ("equations/own_cash.py", CASH),
        ("architectures/hall.yaml", json.dumps(hall)),
        ("parameters/cash.yaml", f"cash_date: {horizon}\n"),
    ):
        (own / name).parent.mkdir(parents=True, exist_ok=True)
        (own / name).write_text(text, "utf-8")
    return own


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_rising_root_is_minimized_and_limited(tmp_path, cash_library, solver):
    text = HALL.replace("terrestrial", "hall") + "library: own\n"
    for objective, limit in (("minimize cash_payback", ""), ("maximize time_to_power", "cash_payback <= 6 year")):
        path = tmp_path / "cash.yaml"
        engine = f"pyomo, solver: {solver}"
        path.write_text(text.format(price="6 USD/kWh", objectives=objective, constraints=limit, engine=engine), "utf-8")
        study = Study.load(path)
        problem = study.problem
        grid = np.array(list(itertools.product(*(v.values for v in problem.variables)))).T
        designs = dict(zip((v.name for v in problem.variables), grid, strict=True))
        values = designs | problem.evaluate(designs, problem.table_columns, may_lack=["irr"])
        feasible = problem.feasible(values)
        results = runner.run(study, output=tmp_path / "out")
        assert results.status == "proved"
        (o,) = results.objectives
        best = o.sign * (o.sign * values[o.name][feasible]).max()
        assert results.front[o.name][0] == pytest.approx(best, rel=1e-6)


def test_a_floor_of_zero_on_a_root_leaves_room_for_rounding(small):
    problem = small("maximize fleet_it_power, maximize irr").problem
    seen = []
    assert RootSolver(problem, 1e-6, seen.append).maximize(0, {1: 0.0}, math.inf) is None
    rates = [eq.at for eq in seen[0].model if isinstance(eq, Trial)]
    room = FLOOR_TOLERANCE * SMALLEST_FLOOR * sizes_of_roots(problem)[1]
    assert any(rate == pytest.approx(-room, rel=1e-6) for rate in rates)
