"""Products of which parts of units may be bought: what is read of a solution, however little it is."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from sunfront.engines.plan.claims import hold
from sunfront.engines.plan.coefficients import Coefficients
from sunfront.engines.plan.engine import run
from sunfront.engines.plan.program import build
from sunfront.engines.plan.settings import PlanSettings
from sunfront.engines.plan.simulator import Simulator
from sunfront.engines.plan.solver import PlanSolver
from sunfront.study.plan_study import PlanStudy

#: A hall that earns much from the first period on, and one whose program costs something.
RICH = """\
horizon: {start: 2027-01, end: 2029-01, period: half-year}
products:
  hall: {architecture: terrestrial, at_most: 4, whole: false, parameters: {
    compute_price: 100 USD/kWh, development_cost: 0 USD, time_to_power: 0.25 year}}
  planned: {architecture: terrestrial, at_most: 4, whole: false, parameters: {
    development_cost: 50 MUSD, time_to_power: 0.25 year}}
objectives: [maximize npv, minimize peak_funding]
"""


@pytest.fixture
def plan(tmp_path):
    """The plan of ``RICH``."""
    (tmp_path / "rich.yaml").write_text(RICH, "utf-8")
    return PlanStudy.load(tmp_path / "rich.yaml").plan


def test_little_is_bought_and_noise_is_not(plan):
    program = build(plan, Coefficients(plan))
    bought = {"planned": [2e-3, 1e-5, 3.0, 1e-5], "hall": [0.0, 4e-7, 1e-10, 2e-7]}
    expected = {"planned": [2e-3, 1e-5, 3.0, 0.0], "hall": [0.0, 4e-7, 0.0, 2e-7]}
    for name, units in bought.items():
        for variable, value in zip((program.model.units[name, t] for t in range(4)), units, strict=True):
            variable.set_value(value, skip_validation=True)
    for name, units in program.decisions().units.items():
        assert units.tolist() == expected[name]


def test_what_hardly_costs_anything_is_what_the_program_claims(plan):
    """Without funding a solver's tolerance buys less than a millionth of a unit, which is worth thousands of USD."""
    plan = replace(plan, products=plan.products[:1])
    solver = PlanSolver(plan, 0.01)
    found = solver.maximize(0, {1: 0.0}, time.monotonic() + 60)
    decisions = solver.load(found)
    simulation = Simulator(plan, solver.coefficients.periods).simulate(decisions)
    assert 0 < decisions.units["hall"].sum() < 1e-6
    assert simulation.npv == pytest.approx(found.scores[0], rel=1e-3)
    hold(solver, found, simulation)


@pytest.mark.parametrize("objectives", ["maximize npv, minimize peak_funding", "maximize irr, maximize npv"])
def test_fronts_of_less_than_a_thousandth_of_a_unit_are_proved(tmp_path, objectives):
    """One product, of which the grid allows so little, and which no step of a whole unit changes."""
    path = tmp_path / "little.yaml"
    path.write_text(
        "horizon: {start: 2027-01, end: 2029-01, period: year}\n"
        "products: {hall: {architecture: terrestrial, whole: false, parameters: {\n"
        "  nodes_per_site: 1, time_to_power: 0.5 year, compute_price: 20 USD/kWh, development_cost: 1 kUSD}}}\n"
        "supply: {grid: {limits: facility_load, offered: 8 kW, source: test}}\n"
        f"objectives: [{objectives}]\n",
        "utf-8",
    )
    answer = run(PlanStudy.load(path).plan, PlanSettings(gap=0.01))
    assert answer.status == "proved"
    assert 0 < answer.points[0].decisions.units["hall"].sum() < 1e-3
