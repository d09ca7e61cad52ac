"""Thirteen small studies of money over all architectures: HiGHS, SCIP and MAiNGO agree with enumeration.

Taxed owners, loans, learning, development, insurance, contracts and generations, as objectives and as limits.
"""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import pytest
from common import NONLINEAR

from sunfront import engines
from sunfront.engines.context import Context
from sunfront.engines.settings import PyomoSettings
from sunfront.errors import NonlinearEquation
from sunfront.problem.verification import confirm, verified
from sunfront.study.study import Study

HALL = {
    "node_accelerators": {"low": 1000, "high": 5000, "step": 1000},
    "nodes_per_site": {"low": 1, "high": 5, "integer": True},
}


def satellites(array, radiator, accelerators, nodes, cadence=(2, 12, 52)):
    """A grid of nodes and launches; three values of each amount."""
    return {
        "node_array_area": {"low": f"{array[0]} m^2", "high": f"{array[1]} m^2", "step": f"{array[2]} m^2"},
        "node_radiator_area": {"low": f"{radiator[0]} m^2", "high": f"{radiator[1]} m^2", "step": f"{radiator[2]} m^2"},
        "node_accelerators": {"low": accelerators[0], "high": accelerators[1], "step": accelerators[2]},
        "nodes_per_launch": {"low": nodes[0], "high": nodes[1], "integer": True},
        "launch_cadence": {"choices": list(cadence), "unit": "1/year"},
    }


BUS = satellites((500, 900, 200), (120, 240, 60), (32, 80, 16), (4, 12))
CLUSTER = satellites((220, 340, 60), (55, 95, 20), (16, 32, 8), (10, 26))
POD = satellites((640, 840, 100), (140, 220, 40), (48, 80, 16), (4, 11), (1, 2))
MARS = satellites((1400, 2200, 400), (100, 220, 60), (32, 64, 16), (3, 8), (1, 2))
SHEET = {
    "node_array_area": {"low": "20 m^2", "high": "40 m^2", "step": "10 m^2"},
    "node_accelerators": {"low": 200, "high": 500, "step": 50},
    "nodes_per_launch": {"low": 100, "high": 400, "step": 100},
    "launch_cadence": {"choices": [2, 12, 52], "unit": "1/year"},
}

#: By name: architecture, presets, parameters, variables, objective and constraints.
STUDIES = {
    "hall of taxed owners": ("terrestrial", ["taxed_equity"], {"contract_share": 0.5}, HALL, "maximize npv", ()),
    "hall with a loan": ("terrestrial", ["project_finance"], {}, HALL, "minimize compute_cost", ()),
    "hall that must earn a rate": (
        "terrestrial",
        [],
        {"token_price": "14 USD/Mtoken", "new_compute_price_decline": "10 %/year"},
        {**HALL, "time_to_power": {"choices": [0, 1, 2, 4], "unit": "year"}},
        "maximize time_to_power",
        ("irr >= 25 %/year",),
    ),
    "hall of two generations with a loan": (
        "terrestrial",
        ["project_finance"],
        {"token_price": "12 USD/Mtoken", "accelerator_generations": 2},
        {**HALL, "contract_share": {"choices": [0, 0.3, 0.6]}},
        "maximize roi",
        (),
    ),
    "generations of a hall with a loan": (
        "terrestrial",
        ["project_finance"],
        {"token_price": "12 USD/Mtoken", "debt_share": 0.6},
        {**HALL, "accelerator_generations": {"low": 1, "high": 3, "integer": True}},
        "maximize npv",
        ("moic >= 2",),
    ),
    "satellites whose accelerators robots exchange": (
        "starlink_bus",
        ["taxed_equity"],
        {"node_loss_rate": "4 %/year", "accelerator_generations": 2},
        satellites((500, 900, 200), (120, 240, 60), (32, 64, 16), (6, 10), (12,)),
        "minimize compute_cost",
        (),
    ),
    "satellites whose builder learns": ("starlink_bus", [], {}, BUS, "maximize roi", ("fleet_it_power >= 1 MW",)),
    "satellites with a loan and insured": (
        "starlink_bus",
        ["project_finance"],
        {"token_price": "40 USD/Mtoken", "insured_share": 1},
        BUS,
        "maximize npv",
        (),
    ),
    "satellites that pay back": (
        "starlink_bus",
        ["starlink_heritage"],
        {"token_price": "40 USD/Mtoken"},
        BUS,
        "minimize capex",
        ("payback_time <= 5.5 year", "fleet_it_power >= 2 MW"),
    ),
    "rate of satellites of taxed owners": (
        "starlink_bus",
        ["taxed_equity"],
        {"token_price": "40 USD/Mtoken"},
        BUS,
        "maximize irr",
        (),
    ),
    "cluster with a small development": (
        "cluster",
        ["smallsat"],
        {"insured_share": 0},
        CLUSTER,
        "minimize compute_cost",
        ("capex <= 500 MUSD",),
    ),
    "sheet of taxed owners": (
        "gpu_on_panel",
        ["taxed_equity"],
        {},
        SHEET,
        "minimize compute_cost",
        (),
    ),
    "pods with a loan": ("lunar_pole", ["project_finance"], {}, POD, "maximize roi", ()),
    "pods on Mars": ("mars_surface", ["taxed_equity"], {}, MARS, "minimize compute_cost", ()),
}


def study_of(name: str) -> Study:
    architecture, presets, parameters, variables, objective, constraints = STUDIES[name]
    return Study(
        architecture=architecture,
        presets=tuple(presets),
        parameters=parameters,
        variables=variables,
        objectives=(objective,),
        constraints=constraints,
    )


@cache
def enumerated(name: str) -> float:
    """The best score of a study over all combinations of values, by numpy."""
    problem = study_of(name).problem
    grid = np.array(list(itertools.product(*(v.values for v in problem.variables))))
    designs = {v.name: grid[:, i] for i, v in enumerate(problem.variables)}
    found = problem.evaluate(designs, may_lack=["irr", "payback_time"])
    feasible = problem.feasible(found)
    assert feasible.any()
    return float(problem.scores(found)[feasible, 0].max())


@pytest.mark.parametrize("solver", ["highs", *(pytest.param(name, marks=pytest.mark.long) for name in NONLINEAR)])
@pytest.mark.parametrize("name", STUDIES)
def test_the_optimum_is_that_of_all_designs_one_by_one(name, solver):
    problem = study_of(name).problem
    best = enumerated(name)
    answer = engines.run(problem, PyomoSettings(solver=solver, gap=1e-4, time_limit="60 s"), Context())
    columns = verified(problem, answer)
    confirm(problem, columns, answer.certificate)
    # The bound of MAiNGO on the price of nodes that are learned, many lines, stays open.
    assert answer.status == "proved" or (solver == "maingo" and "node_learning_factor" in problem.model)
    assert problem.scores(columns)[0, 0] == pytest.approx(best, rel=1.1e-4)
    assert answer.certificate.facts[0].bound >= best - 1e-6 * abs(best)


def test_a_life_that_is_chosen_is_paid_by_whole_years_or_refused():
    """HiGHS counts the years of each option; solvers that bound a continuous life cannot, and name HiGHS."""
    life = {"low": "2.5 year", "high": "7 year", "step": "0.5 year"}
    study = Study(
        architecture="terrestrial",
        parameters={"cash_flow_period": "1 year"},
        variables={"node_accelerators": HALL["node_accelerators"], "service_life": life},
        objectives=("maximize npv",),
    )
    problem = study.problem
    grid = np.array(list(itertools.product(*(v.values for v in problem.variables))))
    found = problem.evaluate({v.name: grid[:, i] for i, v in enumerate(problem.variables)})
    answer = engines.run(problem, PyomoSettings(gap=1e-6), Context())
    assert answer.status == "proved"
    assert problem.scores(verified(problem, answer))[0, 0] == pytest.approx(found["npv"].max(), rel=1e-6)
    for solver in NONLINEAR:
        with pytest.raises(NonlinearEquation, match=r"cash_flow_period in a duration.*`solver: highs`"):
            engines.run(problem, PyomoSettings(solver=solver), Context())
