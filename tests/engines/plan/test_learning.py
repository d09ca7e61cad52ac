"""Learning with the number that a plan buys: against the static study, against enumeration, and below the curve."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from plans import enumerate_plans

from sunfront.cash_flow.learning import Curve
from sunfront.engines.plan.coefficients import Coefficients
from sunfront.engines.plan.engine import PlanPoint, run
from sunfront.engines.plan.learning import chord_points, tangents
from sunfront.engines.plan.settings import PlanSettings
from sunfront.engines.plan.simulator import Simulator
from sunfront.errors import StudyError, UserError
from sunfront.problem.plan import Decisions
from sunfront.problem.problem import as_columns
from sunfront.report.figures.plan import _money
from sunfront.runs.plan_tables import period_table
from sunfront.study.plan_study import PlanStudy
from sunfront.study.study import Study
from sunfront.units import unit

EXACT = PlanSettings(gap=1e-6)

#: A satellite that earns money and whose price falls with the number.
LEARNS = """\
horizon: {{start: 2027-01, end: 2028-07, period: half-year}}
parameters: {{discount_rate: 8 %/year}}
products:
  bus:
    architecture: starlink_bus
    presets: [claimed_2026, ai1_satellite]
    parameters: {{compute_price: {price} USD/kWh, launch_cadence: 8 1/year{keys}}}
    learning: [{learning}]
timelines: {{array_specific_price: {{2027-01: 25 USD/W, 2029-01: 15 USD/W}}}}
supply:
  launches: {{limits: launches, offered: 6 1/year, source: test}}
objectives: [{objective}]
"""


def load(folder, learning="nodes", objective="maximize npv", more="", price=20, keys=""):
    path = folder / "learns.yaml"
    text = LEARNS.format(learning=learning, objective=objective, price=price, keys=keys)
    path.write_text(text + more, "utf-8")
    return PlanStudy.load(path).plan


@pytest.mark.parametrize("architecture", ["starlink_bus", "lunar_pole", "gpu_on_panel"])
def test_one_purchase_costs_what_its_static_study_costs(tmp_path, architecture):
    """The price follows the number that is bought, not the campaign of the product, which is twice as long."""
    static = Study(
        name="static",
        architecture=architecture,
        parameters={"launch_cadence": "10 1/year", "campaign_duration": "0.5 year", "time_to_power": "0.5 year"},
        objectives=["maximize npv"],
        engine={"name": "sweep"},
    )
    path = tmp_path / "one.yaml"
    path.write_text(
        "horizon: {start: 2027-01, end: 2028-01, period: half-year}\n"
        f"products: {{it: {{architecture: {architecture}, parameters: {{launch_cadence: 10 1/year}}, at_most: 5, "
        "learning: [nodes, launches]}}\nobjectives: [maximize npv]\n"
    )
    plan = PlanStudy.load(path).plan
    bought = Decisions({"it": np.array([0.0, 5.0])}, {}, {})
    done = Simulator(plan, Coefficients(plan).periods).simulate(bought)
    assert done.npv == pytest.approx(static.base_evaluation["npv"], rel=1e-6)


def test_the_figure_shows_the_cost_that_learning_leaves(tmp_path):
    """The first purchase costs its own campaign; the second what the campaign of both costs more than that."""
    plan = load(tmp_path)
    (bus,), length = plan.products, plan.horizon.length
    others = ["launches", "cumulative_launched_mass", "flights"]  # as of the campaign of the product
    own = {name: float(x[0]) for name, x in bus.problem.evaluate(as_columns(bus.design), others).items()}
    units = np.array([0.0, 4.0, 3.0])
    simulator = Simulator(plan, Coefficients(plan).periods)
    found = _money(plan, bus, simulator.learned_prices("bus", Decisions({"bus": units}, {}, {})))["compute_cost"]
    assert np.isnan(found[0])

    def evaluate(index, stacks, **values):
        timeline = {name: float(x[index]) for name, x in bus.values.items()}
        values |= {**own, "stacks": stacks, "time_to_power": index * length, "campaign_duration": length}
        problem = replace(bus.problem, values={**bus.problem.values, **timeline, **values})
        return problem.evaluate(as_columns(bus.design), ["compute_cost", "node_capex", "hardware_value"])

    none = {"development_cost": 0.0, "annual_fixed_cost": 0.0}
    first = evaluate(1, 4.0)
    assert unit("USD/kWh").to_si(found[1]) == pytest.approx(evaluate(1, 4.0, **none)["compute_cost"][0], rel=1e-9)
    value = first["hardware_value"][0] + evaluate(2, 3.0)["hardware_value"][0]
    both = evaluate(2, 7.0, hardware_value=value)["node_capex"][0]
    second = evaluate(2, 3.0, **none, node_capex=both - first["node_capex"][0])["compute_cost"][0]
    assert unit("USD/kWh").to_si(found[2]) == pytest.approx(second, rel=1e-9)
    assert found[2] < found[1]
    decisions, simulator = Decisions({"bus": units}, {}, {}), Simulator(replace(plan, supplies=()), simulator.periods)
    table = period_table(simulator.plan, PlanPoint(decisions, simulator.simulate(decisions)), simulator)
    nodes = unit("MUSD").from_si(first["node_capex"][0]) / 4
    assert table["bus price of nodes"].iloc[1] == pytest.approx(nodes, rel=1e-9)
    assert table["bus price of nodes"].isna().tolist() == [True, False, False] + [True] * (len(table) - 3)


CASES = {
    "npv": ("maximize npv", "", 25),
    "capital": ("maximize fleet_it_power at 2028-06", "capital: {limit: 1500 MUSD}\n", 25),
    "funding": ("minimize peak_funding", "constraints: [launches at 2028-06 >= 5]\n", 20),
}


@pytest.mark.parametrize("case", CASES)
def test_small_plans_with_learning_of_nodes_equal_enumeration(tmp_path, case):
    objective, more, price = CASES[case]
    plan = load(tmp_path, "nodes", objective, more, price)
    answer = run(plan, EXACT)
    sign = plan.objectives[0].sign
    best = max(sign * scores[0] for scores, _, _ in enumerate_plans(plan))
    found = answer.points[0].simulation
    size = found.turnover if case != "capital" else abs(best)
    assert answer.status == "proved"
    assert answer.points[0].decisions.units["bus"].sum() > 1
    assert sign * found.scores[0] == pytest.approx(best, rel=1e-6, abs=1e-6 * size)


def test_each_further_unit_is_cheaper(tmp_path):
    plan = load(tmp_path)
    simulator = Simulator(plan, Coefficients(plan).periods)
    paid = []
    for count in range(1, 4):
        decisions = Decisions({"bus": np.array([0.0, 0.0, count])}, {}, {})
        paid.append(simulator.simulate(decisions).paid.sum())
    steps = np.diff(paid)
    assert (np.diff(steps) < 0).all()
    without = replace(plan, products=(replace(plan.products[0], learning=()),))
    fixed = Simulator(without, simulator.periods).simulate(decisions).paid.sum()
    assert fixed < paid[-1]  # three are bought at the price of a campaign of eight


@pytest.mark.parametrize(
    ("learning", "keys"),
    [("launches", ""), ("nodes, launches", ""), ("launches", ", time_to_power: 0.5 year")],
    ids=["launches", "both", "launches, from the second period"],
)
def test_small_plans_with_learning_of_launches_equal_enumeration(tmp_path, learning, keys):
    """Few launches were flown before, so that each of the plan makes the next much cheaper."""
    plan = load(tmp_path, learning, keys=f"{keys}, launched_mass_to_date: 200 t, launch_price_ceiling: 20000 USD/kg")
    answer = run(plan, EXACT)
    best = max(npv for _, npv, _ in enumerate_plans(plan))
    point = answer.points[0]
    assert answer.status == "proved"
    assert point.decisions.units["bus"].sum() > 1
    assert point.simulation.npv == pytest.approx(best, abs=1e-6 * point.simulation.turnover)
    assert answer.certificate.facts[0].bound >= best * (1 - 1e-12)


TAXED = ", tax_rate: 25 %, bonus_depreciation_share: 100 %"  # what costs more saves tax at some dates

LIMITED = {
    "capital": ("maximize fleet_it_power at 2028-06", "capital: {limit: 2200 MUSD}\n", 25, TAXED),
    "funding": ("minimize peak_funding", "constraints: [launches at 2028-06 >= 4]\n", 20, TAXED),
    "npv": ("maximize fleet_it_power at 2028-06", "constraints: [npv >= 100 MUSD]\n", 26, ""),
}


@pytest.mark.parametrize(
    "case", ["capital", pytest.param("funding", marks=pytest.mark.slow), pytest.param("npv", marks=pytest.mark.slow)]
)
def test_learning_of_launches_under_limits_on_money_equals_enumeration(tmp_path, case):
    objective, more, price, tax = LIMITED[case]
    keys = f", launched_mass_to_date: 200 t, launch_price_ceiling: 20000 USD/kg{tax}"
    plan = load(tmp_path, "launches", objective, more, price, keys)
    answer = run(plan, EXACT)
    sign = plan.objectives[0].sign
    best = max(sign * scores[0] for scores, _, _ in enumerate_plans(plan))
    found = answer.points[0].simulation
    assert answer.status == "proved"
    assert answer.points[0].decisions.units["bus"].sum() > 1
    size = found.turnover if case == "funding" else abs(best)
    assert sign * found.scores[0] == pytest.approx(best, rel=1e-6, abs=1e-6 * size)


@pytest.mark.parametrize("learning", ["nodes", "launches"])
def test_chords_lie_below_the_curve_and_tangents_above(tmp_path, learning):
    product = load(tmp_path, learning).products[0]
    curve = Curve(product, learning)
    first, last = (1.0, 2000.0) if learning == "launches" else (2e8, 4e11)
    points = chord_points(curve, first, last, (3 * first,))
    assert 3 * first in points
    amounts = np.geomspace(first, last, 400)
    true = curve.total(amounts)
    chords = np.interp(amounts, points, np.concatenate([[0.0], curve.total(points[1:])]))
    assert (chords <= true * (1 + 1e-12)).all()
    allowed = 1e-12 if learning == "nodes" else 3e-3
    assert (true - chords).max() <= allowed * true[-1]
    if not curve.is_broken_line:
        lines = np.array([slope * amounts + at_zero for slope, at_zero in tangents(curve, points)])
        assert (lines >= true * (1 - 1e-10)).all()
        assert (lines.min(axis=0) - true).max() <= 2 * allowed * true[-1]
        touching = [slope * x + at_zero for x, (slope, at_zero) in zip(points, tangents(curve, points), strict=True)]
        assert touching[1:] == pytest.approx(curve.total(points[1:]), rel=1e-12)


@pytest.mark.parametrize(
    ("learning", "more", "keys", "message"),
    [
        ("nodez", "", "", "did you mean 'nodes'"),
        ("nodes", "", ", node_capex: 1 GUSD", "node_capex is not computed"),
        ("launches", "", ", launch_specific_price: 500 USD/kg", "launch_specific_price is not computed"),
    ],
)
def test_learning_that_cannot_be_is_refused(tmp_path, learning, more, keys, message):
    with pytest.raises(StudyError, match=message):
        load(tmp_path, learning, more=more, keys=keys)


def test_a_ceiling_that_binds_is_refused(tmp_path):
    plan = load(tmp_path, "launches", keys=", launched_mass_to_date: 20 t, launch_price_ceiling: 3000 USD/kg")
    with pytest.raises(UserError, match="launch_price_ceiling"):
        run(plan, EXACT)


def test_more_than_at_most_is_told_of_a_product_that_learns(tmp_path):
    """One more would do, and does."""

    def with_most(count, objective, more=""):
        plan = load(tmp_path, "nodes, launches", objective, more)
        return run(replace(plan, products=(replace(plan.products[0], most=count),)), EXACT)

    reached = with_most(2, "maximize fleet_it_power at 2028-06").points[0].simulation.scores[0]
    target = f"constraints: [fleet_it_power at 2028-06 >= {0.9 * reached:.6g} W]\n"
    ways = [short for short in with_most(1, "maximize npv", target).shortages if not short.is_target]
    assert [(short.name, round(short.amount)) for short in ways] == [("bus", 1)]
    assert with_most(2, "maximize npv", target).status == "proved"
