"""Products that learn together: against one product in their place, against enumeration, and a second solver."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from plans import enumerate_plans

from sunfront.analysis.plan_sensitivity import _set
from sunfront.engines.plan.coefficients import Coefficients
from sunfront.engines.plan.engine import run
from sunfront.engines.plan.learning import purchase_points
from sunfront.engines.plan.program import build
from sunfront.engines.plan.settings import PlanSettings
from sunfront.engines.plan.simulator import Simulator
from sunfront.engines.plan.solver import PlanSolver
from sunfront.errors import StudyError
from sunfront.problem.plan import Decisions
from sunfront.study.plan_study import PlanStudy

EXACT = PlanSettings(gap=1e-6)

#: Two generations of a satellite that earn money. Few launches were flown before, so that each makes the next cheaper.
TWO = """\
horizon: {{start: 2027-01, end: {end}, period: half-year}}
parameters:
  discount_rate: 8 %/year
  launch_cadence: 8 1/year
  launched_mass_to_date: 200 t
  launch_price_ceiling: 20000 USD/kg
  compute_price: {price} USD/kWh
  annual_fixed_cost: 0 USD
products:
  old: {{architecture: starlink_bus, presets: [claimed_2026, ai1_satellite], parameters: {{{old}}}, {keys}}}
  new: {{architecture: starlink_bus, presets: [claimed_2026, ai1_satellite], parameters: {{{new}}}, {keys}}}
supply:
  launches: {{limits: launches, offered: {offered}, source: test}}
objectives: [{objective}]
learning: {learning}
"""

FREE = "development_cost: 0 USD"
TAXED = f"{FREE}, tax_rate: 25 %, bonus_depreciation_share: 100 %"
ALONE = "at_most: 2, learning: [nodes, launches]"

BOTH = "{nodes: [old, new], launches: [old, new]}"


def load(folder, learning=BOTH, old=FREE, new=FREE, more="", **values):
    defaults = {"objective": "maximize npv", "end": "2028-01", "offered": "6 1/year", "keys": "at_most: 2", "price": 25}
    path = folder / "two.yaml"
    path.write_text(TWO.format(learning=learning, old=old, new=new, **defaults | values) + more, "utf-8")
    return PlanStudy.load(path)


def only_old(plan):
    """A plan without its second product."""
    return replace(plan, products=plan.products[:1], supplies=(replace(plan.supplies[0], products=("old",)),))


def test_twins_that_learn_together_are_one_product(tmp_path):
    """However two products with one design share what is bought, it costs what one product costs that learns alone."""
    plan = load(tmp_path, end="2028-07", keys="at_most: 9").plan
    alone = replace(plan.products[0], name="one")
    one = replace(plan, products=(alone,), supplies=(), shared=())
    periods = Coefficients(plan).periods
    whole = Simulator(one, periods).simulate(Decisions({"one": np.array([2.0, 0.0, 5.0])}, {}, {}))
    simulator = Simulator(replace(plan, supplies=()), periods)
    for old in ([2.0, 0.0, 0.0], [1.0, 0.0, 3.0], [0.0, 0.0, 5.0]):
        units = {"old": np.array(old), "new": np.array([2.0, 0.0, 5.0]) - old}
        done = simulator.simulate(Decisions(units, {}, {}))
        assert done.npv == pytest.approx(whole.npv, abs=1e-12 * whole.turnover)
        assert done.balance == pytest.approx(whole.balance, abs=1e-12 * whole.turnover)


def test_twins_are_planned_and_a_launch_is_worth_as_of_one_product(tmp_path):
    plan = load(tmp_path, "{nodes: [old, new]}", offered="4 1/year", keys="at_most: 9").plan
    twins = run(plan, EXACT)
    alone = run(replace(only_old(plan), shared=()), EXACT)
    assert twins.points[0].simulation.npv == pytest.approx(alone.points[0].simulation.npv, rel=1e-9)
    worth = [{p.period: p.price for p in answer.prices if p.supply == "launches"} for answer in (twins, alone)]
    assert worth[0] == pytest.approx(worth[1], rel=1e-6)
    assert min(worth[0].values()) > 1e8


def test_within_a_period_the_first_of_the_list_buys_first(tmp_path):
    plan = load(tmp_path, "{launches: [old, new]}").plan
    bought = Decisions({"old": np.array([0.0, 1.0]), "new": np.array([0.0, 1.0])}, {}, {})
    prices, npv, periods = {}, {}, Coefficients(plan).periods
    for names in (("old", "new"), ("new", "old"), ()):
        simulator = Simulator(replace(plan, shared=(("launches", names),) if names else ()), periods)
        prices[names] = [
            simulator.learned_prices(name, bought)[1]["launch_specific_cost"] for name in names or ("old", "new")
        ]
        npv[names] = simulator.simulate(bought).npv
    assert prices["old", "new"] == prices["new", "old"]
    assert prices["old", "new"][0] == prices[()][0] == prices[()][1] > prices["old", "new"][1]
    assert npv["old", "new"] == npv["new", "old"] > npv[()]  # both learn alone


LATER = f"{TAXED}, time_to_power: 0.5 year"

CASES = {
    "same flows": {"new": f"{FREE}, time_to_power: 0.5 year"},
    "one taxed": {"new": LATER},
    "capital": {
        "learning": "{launches: [new, old]}",
        "new": LATER,
        "objective": "maximize fleet_it_power at 2027-12",
        "more": "capital: {limit: 1500 MUSD}\n",
    },
    "retirement": {  # the old one makes room for the new one
        "learning": "{nodes: [old, new], launches: [new, old]}",
        "old": f"{FREE}, service_life: 2 year",
        "new": f"{TAXED}, service_life: 2 year, time_to_power: 1 year, compute_price: 400 USD/kWh",
        "price": 150,
        "end": "2028-07",
        "offered": "6 1/year, source: test}\n  room: {limits: fleet_it_power, offered: 5 MW",
        "keys": "at_most: 1, early_retirement: true",
    },
}


@pytest.mark.parametrize(
    "case",
    [
        "one taxed",
        pytest.param("same flows", marks=pytest.mark.slow),
        pytest.param("capital", marks=pytest.mark.slow),
        pytest.param("retirement", marks=pytest.mark.long),
    ],
)
def test_small_plans_equal_enumeration_and_a_second_solver(tmp_path, case):
    """Both products are bought."""
    plan = load(tmp_path, **CASES[case]).plan
    answer = run(plan, EXACT)
    (objective,) = plan.objectives
    best = max(objective.sign * scores[0] for scores, _, _ in enumerate_plans(plan))
    point = answer.points[0]
    assert answer.status == "proved"
    assert all(point.decisions.units[name].sum() > 0 for name in ("old", "new"))
    assert case != "retirement" or point.decisions.retired["old"].sum() == 1
    size = point.simulation.turnover if objective.name == "npv" else best
    assert objective.sign * point.simulation.scores[0] == pytest.approx(best, rel=1e-6, abs=1e-6 * size)
    second = PlanSolver(plan, 1e-6, "scip")
    second.refine([point.decisions])
    found = second.maximize(0, {}, time.monotonic() + 60)
    assert found.bound == pytest.approx(best, rel=1e-5, abs=1e-6 * size)


def test_one_product_that_shares_with_none_learns_alone(tmp_path):
    texts = []
    for learning, keys in (("{nodes: old, launches: [old]}", "at_most: 2"), ("{}", ALONE)):
        plan = only_old(load(tmp_path, learning, keys=keys).plan)
        model = build(plan, Coefficients(plan)).model
        model.write(str(tmp_path / "program.lp"), io_options={"symbolic_solver_labels": True})
        texts.append((tmp_path / "program.lp").read_bytes())
    assert texts[0] == texts[1]


def test_the_cost_counts_once_a_period_where_a_dollar_is_the_same(tmp_path):
    def points(new, keys="at_most: 2"):
        plan = load(tmp_path, new=new, keys=keys).plan
        return purchase_points(Coefficients(plan), "launches", plan.products)

    assert points(FREE) == [(0, 1), (1, 1)]
    assert points(TAXED) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert points(LATER) == [(0, 0), (1, 0), (1, 1)]
    assert points(FREE, "early_retirement: true") == [(0, 0), (0, 1), (1, 0), (1, 1)]


@pytest.mark.parametrize(
    ("learning", "new", "message"),
    [
        ("{nodez: [old, new]}", FREE, "did you mean 'nodes'"),
        ("{nodes: [old, knew]}", FREE, "did you mean 'new'"),
        ("{nodes: [old, old]}", FREE, "old stands twice"),
        ("{nodes: [[old, new], [new]]}", FREE, "new stands twice"),
        ("{nodes: []}", FREE, "names no product"),
        ("{nodes: [old, new]}", f"{FREE}, node_learning_rate: 5 %", "they differ in node_learning_rate;"),
        ("{launches: [old, new]}", f"{FREE}, learning_anchor_cost: 900 USD/kg", "they differ in learning_anchor_cost;"),
        ("{nodes: [old, new]}", f"{FREE}, node_capex: 1 GUSD", "node_capex is not computed"),
    ],
)
def test_learning_that_cannot_be_shared_is_refused(tmp_path, learning, new, message):
    with pytest.raises(StudyError, match=message) as error:
        load(tmp_path, learning, new=new)
    assert error.value.line == 15


def test_a_curve_with_parameters_that_another_architecture_lacks_is_not_to_be_made_the_same(tmp_path):
    load(tmp_path, "{nodes: [old, new]}")
    path = tmp_path / "two.yaml"
    on_bus = "new: {architecture: starlink_bus, presets: [claimed_2026, ai1_satellite]"
    text = path.read_text("utf-8").replace(on_bus, "new: {architecture: lunar_pole").replace("nodes: [", "launches: [")
    path.write_text(text, "utf-8")
    with pytest.raises(StudyError, match="differ in landed_cost_factor, landed_payload; let each learn alone"):
        PlanStudy.load(path)


def test_a_parameter_of_the_curve_moves_in_all_that_share_it(tmp_path):
    plan = load(tmp_path, "{nodes: [old, new]}").plan
    for name, moved in (("node_learning_rate", ["old", "new"]), ("compute_price", ["old"])):
        changed = _set(name, ("old",), 0.1, plan, 0.2)
        assert [p.name for p in changed.products if p.problem.values[name] == 0.2] == moved
