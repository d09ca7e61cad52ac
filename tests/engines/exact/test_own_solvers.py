"""Solvers that a user brings in place of HiGHS: the same optimum and front, their options, and clear errors."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import pytest

from sunfront import engines
from sunfront.engines.context import Context
from sunfront.engines.exact import mip
from sunfront.engines.exact.mip import OWN_SOLVERS, OwnMip, SolverOptions
from sunfront.engines.settings import PyomoSettings
from sunfront.errors import SolverFailure, StudyError, UserError
from sunfront.problem.certificate import measure_gap
from sunfront.problem.verification import confirm, verified

ONE_SHELL = "{choices: [600, 690], unit: km}"

#: gurobipy comes with ``sunfront[test]``, with a licence for small programs; the others are installed by hand.
NAMES = [name if name == "gurobi" else pytest.param(name, marks=pytest.mark.long) for name in OWN_SOLVERS]


def solved(problem, solver, **settings):
    answer = engines.run(problem, PyomoSettings(solver=solver, **settings), Context())
    columns = verified(problem, answer)
    confirm(problem, columns, answer.certificate)
    assert answer.status == "proved"
    return problem.scores(columns), answer.certificate


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("objective", ["maximize roi", "maximize fleet_it_power", "minimize compute_cost"])
def test_the_optimum_is_that_of_highs(name, objective, small):
    problem = small(objective, altitude=ONE_SHELL).problem
    (scores, own), (best, highs) = (solved(problem, solver, gap=1e-5) for solver in (name, "highs"))
    assert scores[0, 0] == pytest.approx(best[0, 0], rel=2e-5)
    assert own.facts[0].bound == pytest.approx(highs.facts[0].bound, rel=2e-5)
    assert own.facts[0].bound >= best[0, 0] - 1e-6 * abs(best[0, 0])


@pytest.mark.parametrize("name", NAMES)
def test_its_front_lies_within_the_bounds_of_highs(name, small):
    problem = small("maximize roi, maximize fleet_it_power", altitude=ONE_SHELL).problem
    (scores, own), (others, highs) = (solved(problem, solver, gap=0.05) for solver in (name, "highs"))
    assert measure_gap(scores, highs).relative <= 0.1
    assert measure_gap(others, own).relative <= 0.1


@pytest.mark.parametrize("name", NAMES)
def test_infeasible_is_told_as_by_highs(name, small):
    answer = engines.run(small(constraints="fleet_it_power >= 900 GW").problem, PyomoSettings(solver=name), Context())
    assert answer.status == "infeasible"


def knapsack():
    import pyomo.environ as pyo

    m = pyo.ConcreteModel()
    m.x = pyo.Var(range(30), domain=pyo.Binary)
    weights = [(37 * i * i + 11 * i) % 97 + 20 for i in range(30)]
    m.row = pyo.Constraint(expr=sum(w * m.x[i] for i, w in enumerate(weights)) <= sum(weights) / 2 + 0.5)
    m.score = pyo.Objective(expr=sum((w + i % 7) * m.x[i] for i, w in enumerate(weights)), sense=pyo.maximize)
    return m


@pytest.mark.parametrize("name", NAMES)
def test_a_bound_is_not_below_the_optimum(name):
    """With any gap, and the value of the loaded solution is the one that is told."""
    import pyomo.environ as pyo

    exact = mip.HighsMip(knapsack()).run(0.0, True, math.inf).found
    for gap in (0.0, 0.3):
        model = knapsack()
        end = OwnMip(model, name).run(gap, True, time.monotonic() + 60)
        assert end.found <= exact + 1e-6 <= end.bound + 2e-6
        assert pyo.value(model.score) == end.found
    assert OwnMip(knapsack(), name).run(0.0, True, time.monotonic() + 60).bound <= exact * (1 + 1e-6)


def test_options_reach_the_solver_and_bad_ones_are_told():
    few = SolverOptions({"SolutionLimit": 1, "Heuristics": 1})
    end = OwnMip(knapsack(), "gurobi", few).run(0.0, True, time.monotonic() + 60)
    assert end.status == "time"
    with pytest.raises(SolverFailure, match=r"gurobi: .*NoSuchOption"):
        OwnMip(knapsack(), "gurobi", SolverOptions({"NoSuchOption": 1})).run(0.0, True, time.monotonic() + 60)
    with pytest.raises(UserError, match="HiGHS takes no option nonsense: 3") as error:
        mip.HighsMip(knapsack(), SolverOptions({"nonsense": 3}))
    assert error.value.path == ("engine", "solver_options")
    with pytest.raises(TimeoutError):
        OwnMip(knapsack(), "gurobi").run(0.0, True, time.monotonic())


@pytest.mark.parametrize(
    ("name", "option", "setting"),
    [("highs", "mip_rel_gap", "gap"), ("highs", "time_limit", "time_limit"), ("gurobi", "MIPGap", "gap"),
     ("gurobi", "timelimit", "time_limit"), ("cbc", "seconds", "time_limit")],
)  # fmt: skip
def test_an_option_that_is_a_setting_of_the_study_is_refused(name, option, setting):
    with pytest.raises(UserError, match=rf"{option} is set by engine\.{setting}"):
        mip.mip_builder("highs", SolverOptions({option: 1.0}))(knapsack()) if name == "highs" else OwnMip(
            knapsack(), name, SolverOptions({option: 1.0})
        )


@pytest.mark.long
def test_an_option_that_cbc_does_not_list_is_refused():
    OwnMip(knapsack(), "cbc", SolverOptions({"cutD": 3, "cutDepth": 3, "logLevel": 1}))
    with pytest.raises(UserError, match="cbc takes no option cutDeep; nearest: cutDepth"):
        OwnMip(knapsack(), "cbc", SolverOptions({"cutDeep": 3}))


def test_what_to_install_is_told(small, monkeypatch):
    monkeypatch.setitem(OWN_SOLVERS, "cbc", replace(OWN_SOLVERS["cbc"], pyomo="none"))
    with pytest.raises(UserError, match=r"solver: cbc needs the program cbc .*apt install coinor-cbc"):
        engines.run(small().problem, PyomoSettings(solver="cbc"), Context())
    with pytest.raises(StudyError, match="scip takes none"):
        small(engine="pyomo, solver: scip, threads: 2")
    with pytest.raises(StudyError, match=r"engine\.solver.*gurobi"):
        small(engine="pyomo, solver: gurobbi")


@pytest.mark.parametrize("option", ["ratioGap", "ratiogap", "ratio", "cutoff", "allowableGap"])
def test_a_solver_without_a_bound_takes_no_option_to_end_early(option):
    """CBC calls what it has then optimal: bounds would be false, and options cut off."""
    with pytest.raises(UserError, match="would prove what is not so") as error:
        OwnMip(None, "cbc", SolverOptions(options={option: 0.3}))
    assert error.value.path == ("engine", "solver_options")
