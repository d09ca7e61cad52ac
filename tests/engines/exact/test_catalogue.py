"""The exact engine over a catalogue: compared with enumeration and another solver; known pitfalls of HiGHS."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pyomo.environ as pyo
import pytest
from common import STUDIES
from enumeration import CASES, enumerated

from sunfront import engines
from sunfront.engines.context import Context
from sunfront.engines.exact import highs, mip
from sunfront.engines.exact.catalogue import build_catalogue
from sunfront.engines.exact.highs import HighsSolver
from sunfront.errors import NonlinearEquation, SolverFailure, Unverified
from sunfront.problem.certificate import measure_gap
from sunfront.problem.verification import confirm, verified
from sunfront.study.study import Study


@pytest.mark.parametrize("case", CASES)
def test_optimum_is_that_of_enumeration(case, small):
    problem = small(*CASES[case]).problem
    answer = engines.run(problem, small(engine="pyomo, gap: 0.001 %").engine, Context())
    assert answer.status == "proved"
    score = problem.scores(verified(problem, answer))[0, 0]
    best = enumerated(problem)
    assert score == pytest.approx(best, rel=1e-5)
    bound = answer.certificate.facts[0].bound
    assert bound >= best - 1e-7 * abs(best)
    assert bound - score <= 1e-5 * abs(bound) + 1e-12


def test_two_objective_bound_holds_for_every_enumerated_floor(small):
    """Every bound is at least the optimum that enumeration finds with the same floor on the second objective."""
    study = small("maximize roi, maximize fleet_it_power", engine="pyomo, gap: 1 %")
    answer = engines.run(study.problem, study.engine, Context())
    assert answer.status == "proved"
    for floor in (30e6, 37e6, 100e6, 300e6):
        limited = small("maximize roi", f"fleet_it_power >= {floor} W").problem
        best = enumerated(limited)
        bounds = [b for (f,), b in answer.certificate.facts if f <= floor]
        assert min(bounds) >= best - 1e-7
    ceiling = enumerated(small("maximize fleet_it_power").problem)
    assert answer.certificate.ceilings == pytest.approx((ceiling,), rel=1e-6)


def test_scip_proves_the_same_program(small):
    """SCIP, on the same Pyomo model, confirms that no design exceeds the quotient that HiGHS reports."""
    from pyomo.contrib.solver.common.factory import SolverFactory

    problem = small("maximize roi").problem
    solver = HighsSolver(build_catalogue(problem, 81), 1e-6)
    solution = solver.maximize(0, {}, time.monotonic() + 60)
    assert solution is not None
    scale = solver.catalogue.objectives[0].scale
    model = highs.formulate(solver.catalogue)
    model.ratio[0] = solution.scores[0] / scale
    model.weight[0] = 1.0
    scip = SolverFactory("scip_direct")
    scip.config.solver_options["display/verblevel"] = 0  # its output would fill a pipe and block it forever
    scip.config.solver_options["limits/absgap"] = 1e-7
    result = scip.solve(model, time_limit=100)
    assert result.solution_status.name == "optimal"
    assert pyo.value(model.score) == pytest.approx(0.0, abs=1e-5)


def test_infeasible_is_proved(small):
    study = small(constraints="npv >= 1e12 USD")
    answer = engines.run(study.problem, study.engine, Context())
    assert answer.status == "infeasible"
    assert not len(answer.designs["altitude"])


def test_options_that_no_design_can_use_are_left_out(small):
    catalogue = build_catalogue(small().problem, 81)
    assert set(catalogue.options["altitude"]) == {500e3, 600e3, 690e3}  # at 800 km no design meets dose_margin
    assert catalogue.size == 6


def test_a_continuous_variable_is_split_into_shells_with_a_note(small):
    study = small()
    variables = tuple(
        v if v.name != "altitude" else type(v)("altitude", "km", 500e3, 700e3) for v in study.problem.variables
    )
    catalogue = build_catalogue(replace(study.problem, variables=variables), 5)
    assert set(catalogue.options["altitude"]) <= {500e3, 550e3, 600e3, 650e3, 700e3}
    assert "altitude is continuous" in catalogue.notes[0]


def test_a_nonlinear_equation_is_refused_by_name(small):
    study = small()
    problem = study.problem
    bent = replace(problem.model["fleet_it_power"], function=lambda launches, it_power: launches * it_power**2)
    problem = replace(problem, model=problem.model.with_equations(bent))
    with pytest.raises(NonlinearEquation, match=r"power 2.*choices") as error:
        engines.run(problem, study.engine, Context())
    assert error.value.quantity == "fleet_it_power"


@pytest.mark.slow
def test_bound_of_three_objectives_holds_for_enumerated_floors(small):
    study = small("maximize roi, maximize fleet_it_power, minimize node_mass", engine="pyomo, gap: 30 %")
    answer = engines.run(study.problem, study.engine, Context())
    assert answer.status == "proved"
    scores = study.problem.scores(verified(study.problem, answer))
    confirm(study.problem, verified(study.problem, answer), answer.certificate)
    assert measure_gap(scores, answer.certificate).relative <= 0.3
    for power, mass in ((37e6, 4000), (100e6, 3000), (300e6, 3500)):
        limited = small("maximize roi", f"fleet_it_power >= {power} W, node_mass <= {mass} kg").problem
        best = enumerated(limited)
        bounds = [b for floors, b in answer.certificate.facts if floors[0] <= power and floors[1] <= -mass]
        assert min(bounds) >= best - 1e-7


def test_steps_times_a_continuous_count_are_refused(small):
    study = small()
    variables = tuple(
        v if v.name != "nodes_per_launch" else type(v)(v.name, "1", 14, 19) for v in study.problem.variables
    )
    problem = replace(study.problem, variables=variables)
    with pytest.raises(NonlinearEquation, match="make nodes_per_launch an integer") as error:
        engines.run(problem, study.engine, Context())
    assert error.value.path == ("variables", "nodes_per_launch")


def test_highs_drops_a_row_beyond_1e15_and_still_says_optimal():
    """If HiGHS no longer drops the row, this test fails, and ``check_rows`` is not needed any more."""
    model = pyo.ConcreteModel()
    model.x = pyo.Var(bounds=(0, 1000))
    model.row = pyo.Constraint(expr=1e16 * model.x <= 5e16)
    model.goal = pyo.Objective(expr=model.x, sense=pyo.maximize)
    result = pyo.SolverFactory("appsi_highs").solve(model)
    assert result.solver.termination_condition == pyo.TerminationCondition.optimal
    assert model.x.value == 1000  # the truth is 5

    from pyomo.contrib.appsi.solvers import Highs

    solver = Highs()
    solver.set_instance(model)
    with pytest.raises(SolverFailure, match="dropped 1 of 1 rows"):
        mip.check_rows(model, solver)


def test_the_program_is_scaled_far_from_the_limit(small):
    highs_solver = HighsSolver(build_catalogue(small("maximize npv, maximize roi").problem, 81), 1e-4)
    matrix = highs_solver.mip.solver._solver_model.getLp().a_matrix_
    values = np.abs(np.array(matrix.value_))
    assert values.max() < 1e6
    assert len(values) > 100


def test_a_wrong_answer_is_refused(small):
    """A false objective value, a violated constraint and a value off the grid each raise Unverified."""
    problem = small().problem
    answer = engines.run(problem, small().engine, Context())
    too_good = replace(answer, claims={"roi": answer.claims["roi"] * (1 + 1e-5)})
    with pytest.raises(Unverified) as error:
        verified(problem, too_good)
    assert error.value.name == "roi"
    starved = {**answer.designs, "node_array_area": answer.designs["node_array_area"] * 0.999}
    with pytest.raises(Unverified) as error:
        verified(problem, replace(answer, designs=starved, claims={}))
    assert error.value.name == "power_margin"
    off_grid = {**answer.designs, "launch_cadence": answer.designs["launch_cadence"] * 0.5}
    with pytest.raises(Unverified) as error:
        verified(problem, replace(answer, designs=off_grid, claims={}))
    assert error.value.name == "launch_cadence"


@pytest.mark.long
def test_a_floor_at_the_very_best_does_not_hide_designs():
    """Two shells reach the same best power. With a floor 1e-8 below it, HiGHS misses the one with the better ROI."""
    problem = Study.load(STUDIES / "fleet_size.yaml").problem
    solver = HighsSolver(build_catalogue(problem, 81), 1e-4)
    deadline = time.monotonic() + 3000
    most = solver.maximize(1, {}, deadline)
    tight = solver.maximize(0, {1: most.scores[1]}, deadline)
    loose = solver.maximize(0, {1: most.scores[1] * (1 - 1e-3)}, deadline)
    size = abs(loose.scores[0])
    assert tight.scores[0] >= loose.scores[0] - 1e-6 * size
    assert tight.bound >= loose.scores[0] - 1e-9 * size


@pytest.mark.parametrize(
    ("kept", "scope"),
    [
        ([], "the base design"),
        (["node_array_area"], "all values of node_array_area"),
        (["node_array_area", "one"], "all values of node_array_area, launch_cadence"),
        (["node_array_area", "launch_cadence"], "a catalogue of 2 combinations of launch_cadence"),
        (["launch_cadence", "altitude", "one"], "a catalogue of 4 combinations of altitude"),
    ],
)
def test_the_scope_of_a_proof_in_words(small, kept, scope):
    """A variable with one value is no choice, and amounts of hardware are covered without steps."""
    study = small(engine="pyomo")
    variables = {v.name: v for v in study.problem.variables}
    if "one" in kept:
        v = variables["launch_cadence"]
        variables["launch_cadence"] = replace(v, choices=v.choices[:1], high=v.low)
        kept = [*dict.fromkeys([*kept, "launch_cadence"])]
    problem = replace(study.problem, variables=tuple(v for name, v in variables.items() if name in kept))
    fixed = {name: study.problem.base[name] for name in variables if name not in kept}
    problem = replace(problem, values={**problem.values, **fixed})
    assert build_catalogue(problem, 81).scope == scope
