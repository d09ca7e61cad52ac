"""The nonlinear model and its solvers, compared with numpy, exhaustive enumeration and HiGHS."""

from __future__ import annotations

import math
import sys
import time
from dataclasses import replace

import common
import numpy as np
import pyomo.environ as pyo
import pytest
from common import NONLINEAR, STUDIES, write_small
from enumeration import CASES, enumerated
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sunfront import engines
from sunfront.engines.context import Context
from sunfront.engines.exact import scip
from sunfront.engines.exact.interval import Symbol
from sunfront.engines.exact.nonlinear import formulate
from sunfront.engines.exact.scip import ScipSolver, quiet_scip
from sunfront.engines.settings import PyomoSettings, SweepSettings
from sunfront.errors import NonlinearEquation, SolverFailure, UserError
from sunfront.problem.certificate import measure_gap
from sunfront.problem.criteria import Objective
from sunfront.problem.verification import confirm, verified
from sunfront.report import sentences
from sunfront.runs import runner
from sunfront.study.study import Study


def solved(problem, **settings):
    answer = engines.run(problem, PyomoSettings(**settings), Context())
    columns = verified(problem, answer)
    if answer.certificate is not None:
        confirm(problem, columns, answer.certificate)
    return answer, problem.scores(columns)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("solver", NONLINEAR)
def test_optimum_is_that_of_enumeration(solver, case, small):
    problem = small(*CASES[case]).problem
    answer, scores = solved(problem, solver=solver, gap=1e-4)
    assert answer.status == "proved"
    best = enumerated(problem)
    assert scores[0, 0] == pytest.approx(best, rel=1.1e-4)
    assert answer.certificate.facts[0].bound >= best - 1e-6 * abs(best)


@pytest.mark.long
@pytest.mark.parametrize(
    "altitude",
    [
        "{choices: [600, 690], unit: km}",
        "{choices: [600], unit: km}",
        pytest.param("{low: 600 km, high: 690 km}", marks=pytest.mark.slow),
        pytest.param("{low: 443 km, high: 443.5 km}", marks=pytest.mark.slow),
        "{low: 410 km, high: 430 km, step: 10 km}",
    ],
)
@pytest.mark.parametrize("objective", ["maximize roi", "minimize compute_cost"])
def test_an_optimum_at_an_end_of_a_range_is_not_cut_off(objective, altitude, tmp_path):
    """The catalogue contains the ends of the range; SCIP's bound must not exclude the best design there."""
    problem = Study.load(write_small(tmp_path, objective, altitude=altitude)).problem
    (answer, scores), (_, best) = (solved(problem, solver=s, gap=1e-3) for s in ("scip", "highs"))
    assert answer.status == "proved"
    assert answer.certificate.facts[0].bound >= best[0, 0] - 1e-6 * abs(best[0, 0])
    assert scores[0, 0] >= best[0, 0] - 1.1e-3 * abs(best[0, 0])


class Broken:
    """A program of SCIP whose solution ends with an error."""

    def __init__(self, program):
        self._program = program

    def __getattr__(self, name):
        return getattr(self._program, name)

    def optimize(self):
        raise Exception("SCIP: error in LP solver!")


@pytest.mark.parametrize("often", [1, scip.SEEDS])
def test_a_linear_program_that_scip_cannot_solve_is_solved_with_other_settings(small, monkeypatch, often):
    solver, programs = ScipSolver(small(*CASES["of the amounts only"]).problem, 0.1), []
    build = quiet_scip()._create_solver_model

    def broken(self, *args):
        program, *others = build(self, *args)
        programs.append(program)
        return Broken(program) if len(programs) <= often else program, *others

    monkeypatch.setattr(quiet_scip(), "_create_solver_model", broken)
    if often > 1:
        with pytest.raises(SolverFailure, match="SCIP ended with an error: SCIP: error in LP solver!"):
            solver.maximize(0, {}, math.inf)
    else:
        found = solver.maximize(0, {}, math.inf)
        assert found.bound >= max(scores[0] for scores, _ in solver.known)
        assert found.bound <= found.scores[0] * 1.11
        assert len(programs) == 2


def test_claims_that_a_known_design_contradicts_are_errors(small):
    problem = small().problem
    scip = ScipSolver(problem, 1e-3)
    deadline = time.monotonic() + 100
    honest = scip.maximize(0, {}, deadline)
    ((_, design),) = scip.known
    better = honest.bound + 0.01 * abs(honest.bound)
    scip.known = [((better,), design)]
    with pytest.raises(SolverFailure, match=r"maximize roi.*") as error:
        scip.maximize(0, {}, deadline)
    assert honest.bound <= error.value.bound < better
    assert honest.scores[0] <= error.value.bound < better
    assert error.value.score == better
    with pytest.raises(SolverFailure) as error:
        scip.maximize(0, {0: better}, deadline)
    assert error.value.bound == -math.inf
    assert error.value.score == better


@pytest.mark.parametrize("solver", NONLINEAR)
def test_a_solve_in_a_test_is_cut(solver, small, monkeypatch):
    """A solve that would take for ever ends with what was found, or with TimeoutError, whatever limit it was given."""
    monkeypatch.setattr(common, "LONGEST_SOLVE", 0.0)
    if solver == "maingo":
        with pytest.raises(SolverFailure, match="time limit"):
            solved(small().problem, solver=solver, time_limit="1000000 s")
        return
    answer, _ = solved(small().problem, solver=solver, time_limit="1000000 s")
    assert (answer.status, answer.certificate) == ("stopped", None)
    assert "stopped before a bound was known" in " ".join(answer.notes)


def test_the_design_of_the_search_outlasts_a_scip_that_has_no_time(small, tmp_path):
    run = runner.run(small(engine="pyomo, solver: scip, time_limit: 0.001 s"), output=tmp_path)
    assert run.status == "stopped"
    assert len(run.front) == 1
    assert run.record.gap is None
    assert sentences.headline(run) == "stopped early, no bound"


def test_every_variable_of_the_model_gets_its_value():
    """At a feasible design every row holds to the accuracy of numpy, including those of angles."""
    study = Study.load(STUDIES / "fleet_size.yaml")
    problem = study.with_changes(
        variables={**study.variables, "altitude": {"low": "500 km", "high": "800 km"}}  # on a coarse grid, a table
    ).problem
    formulation = formulate(problem)
    _, design = ScipSolver(problem, 1e-3).known[0]
    formulation.set_values(design)
    rows = list(formulation.model.component_data_objects(pyo.Constraint, active=True))
    assert len(rows) >= 50
    assert len(formulation.model.angle) > 0
    for row in rows:
        assert row.lslack() >= -1e-10, row.name
        assert row.uslack() >= -1e-10, row.name


def test_every_design_lies_in_the_parts_of_the_ranges():
    """The bounds of each part hold at random designs, at the ends of the ranges and where two parts meet."""
    ranges = {
        "altitude": {"low": "500 km", "high": "700 km"},
        "launch_cadence": {"low": "12 1/year", "high": "104 1/year"},
    }
    study = Study.load(STUDIES / "fleet_size.yaml")
    problem = study.with_changes(variables={**study.variables, **ranges}).problem
    f = formulate(problem)
    assert {parts.name: len(parts.binaries) for parts in f.parts} == {"altitude": 15, "launch_cadence": 15}
    rng = np.random.default_rng(3)
    shares = np.concatenate([rng.random(20), [0.0, 1.0], np.arange(1, 16) / 16])
    designs = {v.name: v.values_at(rng.permutation(shares)) for v in problem.variables}
    rows = [row for row in f.model.component_data_objects(pyo.Constraint) if "_by_" in row.name or "_parts" in row.name]
    assert len(rows) > 100
    for i in range(len(shares)):
        f.set_values({name: float(column[i]) for name, column in designs.items()})
        for row in rows:
            assert row.lslack() >= -1e-9, row.name
            assert row.uslack() >= -1e-9, row.name


def test_front_agrees_with_highs(small):
    problem = small("maximize roi, minimize node_mass").problem
    (scip, found), (highs, others) = (solved(problem, solver=s, gap=0.03) for s in ("scip", "highs"))
    assert scip.status == highs.status == "proved"
    for scores, certificate in ((found, highs.certificate), (others, scip.certificate)):
        for floors, bound in certificate.facts:
            above = scores[:, 1] >= floors[0] + 1e-6 * abs(floors[0])
            assert not above.any() or scores[above, 0].max() <= bound + 1e-6 * abs(bound)
        assert measure_gap(scores, certificate).relative <= 0.06


@pytest.mark.parametrize("solver", NONLINEAR)
def test_infeasible(solver, small):
    answer, _ = solved(small("maximize roi", "specific_power >= 500 W/kg").problem, solver=solver)
    assert answer.status == "infeasible"
    assert "all values" in answer.notes[0]


@pytest.mark.parametrize("solver", NONLINEAR)
def test_a_choice_of_presets(solver):
    problem = Study.load(STUDIES / "which_chip.yaml").with_changes(objectives=("maximize npv",)).problem
    (answer, scores), (highs, best) = (solved(problem, solver=s, gap=1e-4) for s in (solver, "highs"))
    assert answer.status == highs.status == "proved"
    assert scores[0, 0] == pytest.approx(best[0, 0], rel=2e-4)
    assert answer.designs["accelerator_model"] == highs.designs["accelerator_model"]


def test_a_constraint_that_depends_on_no_variable_may_be_infeasible(small):
    answer, _ = solved(small("maximize roi", "ageing_rate <= 0.001 1/year").problem, solver="scip")
    assert answer.status == "infeasible"


def test_continuous_altitude_is_no_worse_than_its_shells(small):
    problem = small("maximize first_year_return", altitude="{low: 500 km, high: 800 km}").problem
    _, scores = solved(problem, solver="highs", gap=1e-4, shells=7)
    free, better = solved(problem, solver="scip", gap=1e-4)
    assert better[0, 0] >= scores[0, 0] * (1 - 1e-4)
    assert free.certificate.facts[0].bound >= scores[0, 0]
    swept = engines.run(problem, SweepSettings(evaluations=1 << 14, keep=0), Context())
    assert problem.scores(verified(problem, swept))[:, 0].max() <= free.certificate.facts[0].bound * (1 + 1e-6)


@settings(max_examples=3, derandomize=True, deadline=None)
@given(
    objective=st.sampled_from(["maximize roi", "minimize compute_cost", "maximize specific_power", "maximize npv"]),
    mass=st.integers(2500, 6000),
    power=st.integers(20, 60),
    price=st.integers(100, 3000),
)
def test_both_solvers_agree_on_random_studies(objective, mass, power, price):
    study = Study.load(STUDIES / "fleet_size.yaml").with_changes(
        objectives=(objective,),
        constraints=(f"node_mass <= {mass} kg", f"fleet_it_power >= {power} MW"),
        parameters={"launch_specific_price": f"{price} USD/kg"},
    )
    study = study.with_changes(
        variables={
            **study.variables,
            "altitude": {"low": "500 km", "high": "900 km", "step": "100 km"},
            "launch_cadence": {"choices": ["12 1/year", "52 1/year"]},
        }
    )
    (highs, best), (scip, found) = (solved(study.problem, solver=s, gap=1e-3) for s in ("highs", "scip"))
    assert highs.status == scip.status
    if len(best):
        assert found[0, 0] == pytest.approx(best[0, 0], rel=1.1e-3)
        assert scip.certificate.facts[0].bound >= best[0, 0] - 1e-6 * abs(best[0, 0])
        assert highs.certificate.facts[0].bound >= found[0, 0] - 1e-6 * abs(found[0, 0])


def test_symbols_enclose_every_value_of_the_model():
    """At random designs each quantity lies within its bounds, and its expression equals the numpy value."""
    problem = Study.load(STUDIES / "fleet_size.yaml").problem
    f = formulate(problem)
    rng = np.random.default_rng(1)
    designs = {v.name: v.values_at(rng.random(40)) for v in problem.variables}
    names = [eq.name for eq in problem.model.order({*problem.values, *designs}, problem.criterion_names)]
    truth = problem.evaluate(designs, names)
    checked = 0
    for i in range(40):
        f.set_values({name: float(column[i]) for name, column in designs.items()})
        for name in names:
            variable = f.model.component(name)
            if variable is None:
                continue
            size = float(variable.doc.removeprefix("in units of "))
            equation = f.model.component(f"{name}_equation")
            value = truth[name][i] / size
            variable.set_value(value, skip_validation=True)
            assert pyo.value(equation.body - equation.upper) == pytest.approx(0, abs=1e-9 * max(abs(value), 1))
            low, high = variable.bounds
            assert low is None or value >= low
            assert high is None or value <= high
            checked += 1
    assert checked > 40 * 60


RANGES = st.tuples(st.floats(-3, 3), st.floats(0, 2)).map(lambda pair: (pair[0], pair[0] + pair[1]))
OPERATIONS = {
    "sum": lambda x, y: x + y * 2 - 1.5,
    "product": lambda x, y: x * y,
    "quotient": lambda x, y: x / (y * y + 0.5),
    "inverse": lambda x, y: 2 / (x * x + 0.1) - y,
    "powers": lambda x, y: x**3 + y**2 - (x * x) ** 0.5,
    "negative power": lambda x, y: (x**2 + 1) ** -2 * y,
    "exponential": lambda x, y: np.exp(x - y) * np.float64(3),
    "logarithm": lambda x, y: np.log(x * x + np.exp(y)),
    "cosine": lambda x, y: np.cos(3 * x + y),
}


@pytest.mark.parametrize("operation", OPERATIONS)
@example(a=(1e-310, 1e-310), b=(-1e-310, 0.0), shares=(0.5, 0.5))
@settings(max_examples=60, derandomize=True, deadline=None)
@given(a=RANGES, b=RANGES, shares=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_intervals_enclose_and_expressions_agree(operation, a, b, shares):
    m = pyo.ConcreteModel()
    m.v = pyo.Var([0, 1])
    point = [low + s * (high - low) for (low, high), s in zip((a, b), shares, strict=True)]
    for i in (0, 1):
        m.v[i].set_value(point[i] / 4)
    x, y = (Symbol(m, 4.0, m.v[i], *bounds) for i, bounds in enumerate((a, b)))
    found, truth = OPERATIONS[operation](x, y), OPERATIONS[operation](*point)
    low, high = found.bounds
    assert low - 1e-9 <= truth <= high + 1e-9
    assert found.scale * pyo.value(found.expression) == pytest.approx(truth, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    "operation",
    [lambda x: abs(x), lambda x: np.maximum(x, 1), lambda x: x if x else 1, lambda x: x == 1, lambda x: 2**x],
)
def test_unsupported_operations_are_refused(operation):
    m = pyo.ConcreteModel()
    m.v = pyo.Var()
    with pytest.raises(TypeError):
        operation(Symbol(m, 1.0, m.v, 1, 2))


def test_an_equation_with_an_unsupported_operation_is_named(small):
    study = small()
    model = study.problem.model
    bent = replace(model["fleet_it_power"], function=lambda launches, it_power: abs(launches * it_power))
    problem = replace(study.problem, model=model.with_equations(bent))
    with pytest.raises(NonlinearEquation, match="sweep") as error:
        formulate(problem)
    assert error.value.quantity == "fleet_it_power"


def test_a_missing_solver_names_the_package_to_install(small, monkeypatch):
    monkeypatch.setitem(sys.modules, "maingopy", None)
    with pytest.raises(UserError, match=r"pip install 'sunfront\[maingo\]'") as error:
        solved(small().problem, solver="maingo")
    assert error.value.path == ("engine", "solver")


def test_an_equation_that_maingo_cannot_evaluate_is_named(small):
    if "maingo" not in NONLINEAR:
        pytest.skip("MAiNGO has no wheel for this system")
    problem = small().problem
    bent = replace(problem.model["fleet_it_power"], function=lambda launches, it_power: abs(launches * it_power))
    problem = replace(
        problem,
        model=problem.model.with_equations(bent),
        objectives=(Objective("maximize", "fleet_it_power"),),
    )
    with pytest.raises(NonlinearEquation, match="solver: scip") as error:
        solved(problem, solver="maingo")
    assert error.value.quantity == "fleet_it_power"


def test_a_division_by_what_may_be_zero_is_named_by_maingo(small):
    if "maingo" not in NONLINEAR:
        pytest.skip("MAiNGO has no wheel for this system")
    problem = small().problem
    middle = float(np.median(problem.evaluate(problem.random_designs(64), ["it_power"])["it_power"]))
    bent = replace(problem.model["fleet_it_power"], function=lambda launches, it_power: launches / (it_power - middle))
    objectives = (Objective("maximize", "fleet_it_power"),)
    problem = replace(problem, model=problem.model.with_equations(bent), objectives=objectives)
    with pytest.raises(NonlinearEquation, match="cannot tell from zero") as error:
        solved(problem, solver="maingo")
    assert error.value.quantity == "fleet_it_power"


@pytest.mark.slow
def test_valve_and_keep_warm_share_together(tmp_path):
    """Bounds of fleet_decline_rate are 5000 times its value here: an exponential's scale at their middle was zero.

    Without the physical ranges as bounds, discounted_energy went below zero, and compute_cost had no bound.
    """
    path = tmp_path / "valve.yaml"
    path.write_text(
        "architecture: starlink_bus\nparameters: {nodes_per_launch: 8}\nvariables:\n"
        "  node_array_area: {low: 500 m^2, high: 1200 m^2}\n  node_radiator_area: {low: 100 m^2, high: 300 m^2}\n"
        "  keep_warm_share: {low: 0, high: 0.5}\n  dark_radiator_share: {low: 0.02, high: 1}\n"
        "objectives: [minimize compute_cost]\nengine: {name: pyomo}\n",
        "utf-8",
    )
    problem = Study.load(path).problem
    answer, scores = solved(problem, solver="scip", gap=0.01)
    assert answer.status == "proved"
    grid = {
        "keep_warm_share": np.array([0.0, 0.0, 0.02, 0.1, 0.3]),
        "dark_radiator_share": np.array([0.02, 0.1, 0.02, 0.1, 1.0]),
    }
    few = {n: np.full(5, answer.designs[n][0]) for n in ("node_array_area", "node_radiator_area")}
    around = problem.evaluate({**few, **grid})["compute_cost"]
    assert around.argmin() == 0
    assert -scores[0, 0] == pytest.approx(around[0], rel=0.01)


def test_an_exponential_of_a_wide_range_keeps_its_scale():
    found = Symbol(None, 1.0, 1.0, np.array([-2240.0]), np.array([0.0])).exp()
    assert 1e-6 < found.scale <= 1
    assert (found.low[0], found.high[0]) == (0.0, 1.0)
