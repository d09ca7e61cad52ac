"""The exact engine against exhaustive enumeration and another solver, and its traps."""

from __future__ import annotations

import time

import numpy as np
import pyomo.environ as pyo
import pytest
from common import STUDIES
from enumeration import CASES, enumerated

from sunfront import engines
from sunfront.engines.context import Context
from sunfront.engines.exact import highs
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
    """The staircase of facts against enumerated optima under floors on the second objective."""
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
    """A second, independent solver on the same Pyomo model: no design exceeds the quotient HiGHS reports."""
    from pyomo.contrib.solver.common.factory import SolverFactory

    problem = small("maximize roi").problem
    found = HighsSolver(build_catalogue(problem, 81), 1e-6)
    solved = found.maximize(0, {}, time.monotonic() + 60)
    assert solved is not None
    unit = found.catalogue.objectives[0].scale
    model = highs.formulate(found.catalogue)
    model.ratio[0] = solved.scores[0] / unit
    model.weight[0] = 1.0
    scip = SolverFactory("scip_direct")
    scip.config.solver_options["display/verblevel"] = 0  # its log fills a pipe and it stops for ever
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
    kept = build_catalogue(small().problem, 81)
    assert set(kept.options["altitude"]) == {500e3, 600e3, 690e3}  # 800 km fails dose_margin whatever else
    assert kept.size == 6


def test_continuous_variable_becomes_shells_and_says_so(small):
    study = small()
    variables = tuple(
        v if v.name != "altitude" else type(v)("altitude", "km", 500e3, 700e3) for v in study.problem.variables
    )
    problem = type(study.problem)(**{**vars_of(study.problem), "variables": variables})
    read = build_catalogue(problem, 5)
    assert set(read.options["altitude"]) <= {500e3, 550e3, 600e3, 650e3, 700e3}
    assert "altitude is continuous" in read.notes[0]


def vars_of(problem):
    from dataclasses import fields

    return {f.name: getattr(problem, f.name) for f in fields(problem)}


def test_what_is_not_linear_is_refused_by_name(small):
    study = small()
    problem = study.problem
    eq = problem.model["fleet_it_power"]
    bent = type(eq)(**{**vars_of(eq), "function": lambda launches, it_power: launches * it_power**2})
    problem = type(problem)(**{**vars_of(problem), "model": problem.model.with_equations(bent)})
    with pytest.raises(NonlinearEquation, match=r"fleet_it_power.*power 2.*choices"):
        engines.run(problem, study.engine, Context())


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
    problem = type(study.problem)(**{**vars_of(study.problem), "variables": variables})
    with pytest.raises(NonlinearEquation, match="make nodes_per_launch an integer"):
        engines.run(problem, study.engine, Context())


def test_highs_drops_a_row_beyond_1e15_and_still_says_optimal():
    """The trap itself; should HiGHS mend it, this test says that the guard can go."""
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
        highs.check_rows(model, solver)


def test_program_is_scaled_far_from_the_trap(small):
    program = HighsSolver(build_catalogue(small("maximize npv, maximize roi").problem, 81), 1e-4)
    matrix = program.solver._solver_model.getLp().a_matrix_
    values = np.abs(np.array(matrix.value_))
    assert values.max() < 1e6
    assert len(values) > 100


def test_a_wrong_answer_is_caught(small):
    """A design that misses a constraint, or claims too much, never gets through."""
    problem = small().problem
    answer = engines.run(problem, small().engine, Context())
    too_good = type(answer)(**{**vars_of(answer), "claims": {"roi": answer.claims["roi"] * (1 + 1e-5)}})
    with pytest.raises(Unverified, match="roi: the engine says"):
        verified(problem, too_good)
    starved = {**answer.designs, "node_array_area": answer.designs["node_array_area"] * 0.999}
    with pytest.raises(Unverified, match="power_margin"):
        verified(problem, type(answer)(**{**vars_of(answer), "designs": starved, "claims": {}}))
    off_grid = {**answer.designs, "launch_cadence": answer.designs["launch_cadence"] * 0.5}
    with pytest.raises(Unverified, match="launch_cadence"):
        verified(problem, type(answer)(**{**vars_of(answer), "designs": off_grid, "claims": {}}))


def test_a_floor_at_the_very_best_does_not_hide_designs():
    """Two shells reach the same best power; HiGHS lost the better one when the floor was 1e-8 below it."""
    problem = Study.load(STUDIES / "quickstart.yaml").problem
    program = HighsSolver(build_catalogue(problem, 81), 1e-4)
    deadline = time.monotonic() + 100
    most = program.maximize(1, {}, deadline)
    tight = program.maximize(0, {1: most.scores[1]}, deadline)
    loose = program.maximize(0, {1: most.scores[1] * (1 - 1e-3)}, deadline)
    assert tight.scores[0] >= loose.scores[0] * (1 - 1e-6)
    assert tight.bound >= loose.scores[0] * (1 - 1e-9)
