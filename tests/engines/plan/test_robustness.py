"""First decisions in scenarios, and the two-stage program, against enumeration of every plan in every scenario."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace

import numpy as np
import pytest
from plans import enumerate_plans

from sunfront.analysis.plan_sensitivity import plan_movers
from sunfront.engines.plan.coefficients import Coefficients
from sunfront.engines.plan.engine import run
from sunfront.engines.plan.robustness import Bench, Outcome, Trial, check_objective, summarize, try_scenarios
from sunfront.engines.plan.settings import PlanSettings
from sunfront.engines.plan.simulator import Simulator
from sunfront.engines.plan.two_stage import solve_two_stage
from sunfront.errors import StudyError, Unverified, UserError
from sunfront.problem.plan import Decisions
from sunfront.problem.scenarios import draw, in_scenario, stages
from sunfront.study.plan_study import PlanStudy

EXACT = PlanSettings(gap=1e-6)

#: Satellites need a factory, which is opened before their price is known; halls use the grid.
UNCERTAIN = """\
horizon: {{start: 2027-01, end: 2028-07, period: half-year}}
parameters: {{discount_rate: 8 %/year}}
products:
  bus:
    architecture: starlink_bus
    presets: [claimed_2026, ai1_satellite, launch_at_cost]
    parameters:
      compute_price: {price} USD/kWh
      node_learning_rate: 0
      launch_cadence: 4 1/year
      development_cost: 0 USD
  hall: {{architecture: terrestrial, parameters: {{nodes_per_site: 1, time_to_power: 0.5 year}}}}
supply:
  launches: {{limits: launches, offered: 4 1/year, source: test}}
  grid: {{limits: facility_load, offered: {grid} MW, source: test}}
  factory:
    limits: nodes
    products: bus
    module: 60 1/year
    cost: {cost} MUSD
    lead: 0.5 year
    at_most: 1
    source: test
objectives: [{objective}]
uncertain:
"""

PRICE = "  bus.compute_price: {empirical: [60 %, 140 %], known: 2027-07}\n"


def load(folder, uncertain=PRICE, more="", cost=60, price=15, objective="maximize npv", grid=0):
    path = folder / "uncertain.yaml"
    text = UNCERTAIN.format(cost=cost, price=price, objective=objective, grid=grid)
    path.write_text(text + uncertain + more, "utf-8")
    return PlanStudy.load(path)


def begin(decisions, before):
    """Decisions before a period, to group plans by."""
    parts = (*decisions.units.values(), *decisions.modules.values())
    return tuple(tuple(x[:before].tolist()) for x in parts)


def best_by_beginning(plan, before):
    """The best net present value of every beginning of a plan, by enumeration."""
    found = {}
    for _, npv, decisions in enumerate_plans(plan):
        key = begin(decisions, before)
        found[key] = max(npv, found.get(key, -np.inf))
    return found


@pytest.mark.parametrize(
    ("price", "cost"),
    [(15, 100), pytest.param(15, 300, marks=pytest.mark.slow), pytest.param(20, 300, marks=pytest.mark.slow)],
)
def test_the_two_stage_program_equals_enumeration(tmp_path, price, cost):
    study = load(tmp_path, price=price, cost=cost)
    plan, draws = study.plan, np.array([[0.6], [1.4]])
    stage = stages(study.factors)[0]
    each = [best_by_beginning(in_scenario(plan, study.factors, row), stage) for row in draws]
    mean = {key: np.mean([found[key] for found in each]) for key in each[0] if all(key in found for found in each)}
    best = max(mean, key=mean.get)
    solved = solve_two_stage(plan, study.factors, draws, 1e-7, time.monotonic() + 60)
    assert solved.proved
    assert solved.mean == pytest.approx(mean[best], rel=1e-6)
    assert solved.bound == pytest.approx(mean[best], rel=1e-6)
    assert begin(solved.decisions[0], stage) == begin(solved.decisions[1], stage) == best
    # The first decisions of the plan of nominal values, and the value of the stochastic solution.
    nominal = run(plan, EXACT).points[0].decisions
    trial = Trial(plan, study.factors, draws, (nominal, solved.decisions[0]), 1e-7, 60.0)
    outcomes = [outcome for _, outcome in try_scenarios(trial, {})]
    for i, found in enumerate(each):
        assert outcomes[i].best == pytest.approx(max(found.values()), rel=1e-6)
        assert outcomes[i].npv == pytest.approx((found[begin(nominal, stage)], found[best]), rel=1e-6)
    of_nominal, of_two = summarize(outcomes, 0), summarize(outcomes, 1)
    assert of_two.mean - of_nominal.mean == pytest.approx(mean[best] - mean[begin(nominal, stage)], abs=1)
    opened = [decisions.modules["factory"][0] for decisions in (nominal, solved.decisions[0])]
    assert opened == {(15, 100): [0, 1], (15, 300): [0, 0], (20, 300): [1, 1]}[price, cost]


@pytest.mark.slow
def test_what_becomes_known_later_is_decided_again(tmp_path):
    """Two dates: by enumeration, the best that is known at the first, then the best of what is left."""
    dates = "  bus.compute_price: {uniform: {low: 60 %, high: 140 %}, known: [2027-07, 2028-01]}\n"
    study = load(tmp_path, dates, price=25, cost=20)
    plan, factors = study.plan, study.factors
    assert [factor.known for factor in factors] == [1, 2]
    nominal = run(plan, EXACT).points[0].decisions
    draws = np.array([[0.7, 1.3], [1.25, 0.62], [1.1, 1.2]])
    trial = Trial(plan, factors, draws, (nominal,), 1e-7, 60.0)
    bench = Bench(trial)
    for i, row in enumerate(draws):
        held = nominal
        for stage in (1, 2):
            every = enumerate_plans(in_scenario(plan, factors, row, stage))
            left = [(npv, d) for _, npv, d in every if begin(d, stage) == begin(held, stage)]
            npv, held = max(left, key=lambda each: each[0])
        assert bench.try_scenario(i).npv[0] == pytest.approx(npv, rel=1e-6)


def test_scenarios_change_what_they_name(tmp_path):
    more = "market: {tiers: [{up_to: 8 MW}, {price: 60 %}]}\n"
    names = (
        "  launches.offered: {uniform: {low: 50 %, high: 100 %}, known: 2027-07}\n"
        "  market: {uniform: {low: 50 %, high: 100 %}, known: 2028-01}\n"
        "  hall.available: {uniform: {low: 0.1 year, high: 0.6 year}, known: 2027-07}\n"
        "  electricity_price: {uniform: {low: 50 %, high: 100 %}, known: 2028-01}\n"
    )
    study = load(tmp_path, names, more)
    year = 365.25 * 24 * 3600
    plan = in_scenario(study.plan, study.factors, np.array([0.5, 0.75, 0.55 * year, 0.8]))
    np.testing.assert_allclose(plan.supplies[0].offered, [2, 1, 1])
    np.testing.assert_allclose(plan.tiers[0].limits, [8e6, 8e6, 6e6])
    assert not np.isfinite(plan.tiers[1].limits).any()
    hall = plan.product("hall")
    assert hall.available == study.plan.product("hall").available + 2
    price = hall.problem.values["electricity_price"]
    np.testing.assert_allclose(hall.values["electricity_price"], [price, price, 0.8 * price])
    early = in_scenario(study.plan, study.factors, np.array([0.5, 0.75, 0.55 * year, 0.8]), until=1)
    np.testing.assert_allclose(early.tiers[0].limits, 8e6)


def test_draws_cover_each_part_once(tmp_path):
    study = load(
        tmp_path, "  bus.compute_price: {uniform: {low: 0 %, high: 100 %}}\n  grid.offered: {empirical: [0.5, 1]}\n"
    )
    draws = draw(study.factors, 10, 3)
    np.testing.assert_allclose(np.sort(draws[:, 0]), np.arange(10) / 10 + 0.05)
    assert sorted(draws[:, 1]) == [0.5] * 5 + [1.0] * 5
    np.testing.assert_array_equal(draws, draw(study.factors, 10, 3))
    assert (draws != draw(study.factors, 10, 4)).any()


def test_statistics_by_hand():
    outcomes = [Outcome(10.0, (float(i),)) for i in range(1, 10)] + [Outcome(5.0, (None,))]
    found = summarize(outcomes, 0)
    assert (found.mean, found.p10, found.regret) == (5.0, None, 5.0)
    assert (found.p90_regret, found.largest_regret, found.missed, found.hopeless) == (9.0, 9.0, 1, 0)
    outcomes[-1] = Outcome(None, (None,))
    assert summarize([*outcomes[:-1], *outcomes[:-1], outcomes[-1]], 0).p10 == 1.0  # the second worst of 19
    assert summarize(outcomes[-1:], 0).hopeless == 1


def test_targets_that_a_scenario_makes_impossible_are_counted(tmp_path):
    """A launch must be in service at the end; with a tenth of the launches no plan has it, with all some have."""
    launches = "  launches.offered: {empirical: [10 %, 100 %], known: 2027-07}\n"
    study = load(tmp_path, launches, "constraints: [launches at 2028-06 >= 1]\n", cost=1)
    nominal = run(study.plan, EXACT).points[0].decisions
    never = replace(nominal, modules={"factory": np.array([0.0, 0, 0])})
    opened = replace(nominal, modules={"factory": np.array([1.0, 0, 0])})
    trial = Trial(study.plan, study.factors, np.array([[0.1], [1.0]]), (never, opened), 1e-6, 60.0)
    outcomes = [outcome for _, outcome in try_scenarios(trial, {})]
    assert outcomes[0] == Outcome(None, (None, None))
    assert (
        outcomes[1].npv[0] is None
    )  # a factory that is opened in the second period makes a launch in the third, too late
    assert outcomes[1].npv[1] is not None
    assert solve_two_stage(study.plan, study.factors, trial.draws, 1e-6, time.monotonic() + 60) is None


@pytest.mark.slow
def test_workers_find_the_same(tmp_path):
    study = load(tmp_path)
    nominal = run(study.plan, EXACT).points[0].decisions
    trial = Trial(study.plan, study.factors, draw(study.factors, 4, 0), (nominal,), 1e-6, 60.0)
    assert list(try_scenarios(trial, {}, workers=2)) == list(try_scenarios(trial, {}))


@pytest.mark.parametrize(
    ("uncertain", "message"),
    [
        ("  bus.compute_prise: {uniform: {low: 50 %, high: 100 %}}\n", "did you mean 'compute_price'"),
        ("  buss.compute_price: {uniform: {low: 50 %, high: 100 %}}\n", "did you mean 'bus'"),
        ("  compute_price: {uniform: {low: 50 %, high: 100 %}}\n", "compute_price of hall is computed"),
        ("  bus: {uniform: {low: 50 %, high: 100 %}}\n", "such as bus.available"),
        ("  grid.cost: {uniform: {low: 50 %, high: 100 %}}\n", "unknown uncertain part of grid 'cost'"),
        ("  market: {uniform: {low: 50 %, high: 100 %}}\n", "no tier with up_to"),
        ("  bus.compute_price: {uniform: {low: -50 %, high: 100 %}}\n", "a factor is negative"),
        ("  bus.compute_price: {known: 2027-07}\n", "give one distribution"),
        ("  bus.compute_price: default\n", "give one distribution"),
        ("  bus.compute_price: {uniform: {low: 50 %, high: 100 %}, known: 2027-01}\n", "2027H2 to 2028H1"),
        ("  bus.compute_price: {uniform: {low: 50 %, high: 100 %}, known: [2028-01, 2027-09]}\n", "remove one"),
        ("  bus.available: {uniform: {low: 0 year, high: 1 year}, known: 2027-07}\n", "before its delay is known"),
        ("  discount_rate: {uniform: {low: 50 %, high: 100 %}}\n", "the same at all dates"),
        ("  bus.compute_price: {uniform: {low: 50 USD, high: 100 USD}}\n", "the factor is given in no unit"),
        ("  hall.power_usage_effectiveness: {uniform: {low: 10 %, high: 100 %}}\n", "power_usage_effectiveness"),
    ],
)
def test_what_cannot_be_uncertain_is_refused(tmp_path, uncertain, message):
    with pytest.raises(StudyError, match=message) as caught:
        load(tmp_path, uncertain)
    assert "uncertain" in str(caught.value)


def test_other_objectives_are_refused(tmp_path):
    with pytest.raises(UserError, match="the only objective"):
        check_objective(load(tmp_path, objective="maximize sold_energy").plan)
    with pytest.raises(UserError, match="as parameters move the net present value is compared"):
        plan_movers(load(tmp_path, objective="maximize irr"))


#: A factory is short of chips, and what the chips are worth is known a period later.
SIZED = """\
horizon: {start: 2027-01, end: 2028-07, period: half-year}
products:
  bus:
    architecture: starlink_bus
    presets: claimed_2026
    parameters:
      node_learning_rate: 0
      compute_price: 60 USD/kWh
      launch_cadence: 10 1/year
      node_array_area: 170 m^2
      node_radiator_area: 60 m^2
      time_to_power: 0 year
    variables: {node_accelerators: {low: 8, high: 16}, nodes_per_launch: {low: 30, high: 40, step: 2}}
supply:
  launches: {limits: launches, offered: 2 1/year, source: test}
  chips: {limits: accelerators, offered: 1000 1/year, source: test}
objectives: [maximize npv]
uncertain:
  compute_price: {empirical: [50 %, 200 %], known: 2027-07}
"""


@pytest.mark.long
def test_designs_that_are_bought_before_something_is_known_are_held(tmp_path):
    """What is bought later is sized anew, with the whole numbers of what is held; simulated in each scenario."""
    path = tmp_path / "sized.yaml"
    path.write_text(SIZED, "utf-8")
    study = PlanStudy.load(path)
    (point,) = run(study.plan, EXACT).points
    assert point.decisions.units["bus"][0] == 1
    draws = np.array([[0.5], [2.0]])
    outcomes = dict(try_scenarios(Trial(study.plan, study.factors, draws, (point.decisions,), 1e-6, 60.0), {}))
    first = {name: x[0] for name, x in point.decisions.designs["bus"].items()}
    two = solve_two_stage(study.plan, study.factors, draws, 1e-6, time.monotonic() + 60)
    for i, row in enumerate(draws):
        plan = in_scenario(study.plan, study.factors, row)
        assert outcomes[i].npv[0] == pytest.approx(best_after(plan, first), rel=1e-5)
        assert outcomes[i].npv[0] <= outcomes[i].best * (1 + 1e-9)
        assert {name: x[0] for name, x in two.decisions[i].designs["bus"].items()} == pytest.approx(
            {name: x[0] for name, x in two.decisions[0].designs["bus"].items()}, rel=1e-6
        )
    assert two.bound >= np.mean([o.npv[0] for o in outcomes.values()]) * (1 - 1e-6)
    assert two.mean == pytest.approx(two.bound, rel=1e-5)


def best_after(plan, first):
    """The best npv of the first purchase and more of the same number of nodes, by trying chips of a list."""
    simulator = Simulator(plan, Coefficients(plan).periods)
    nodes = np.full(3, first["nodes_per_launch"])
    most = 500 / nodes[0]
    best = -np.inf
    for units in itertools.product((0.0, 1.0), repeat=2):
        for later in itertools.product((8.0, 12.0, min(most, 16.0)), repeat=2):
            chips = np.array([first["node_accelerators"], *later])
            designs = {"node_accelerators": chips, "nodes_per_launch": nodes}
            try:
                done = simulator.simulate(Decisions({"bus": np.array([1.0, *units])}, {}, {}, {}, {"bus": designs}))
            except Unverified:
                continue
            best = max(best, done.npv)
    return best
