"""Stores between factory and launch: equal to enumeration, to present values by hand, and to a second solver."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import numpy as np
import pytest
from plans import enumerate_simulations

from sunfront.engines.plan.coefficients import Coefficients
from sunfront.engines.plan.engine import prove_again, run
from sunfront.engines.plan.robustness import Bench, Trial
from sunfront.engines.plan.settings import PlanSettings
from sunfront.engines.plan.simulator import Simulator
from sunfront.engines.plan.two_stage import solve_two_stage
from sunfront.errors import StudyError, Unverified
from sunfront.problem.plan import Decisions, as_json, from_json
from sunfront.problem.scenarios import in_scenario
from sunfront.study.plan_study import PlanStudy

EXACT = PlanSettings(gap=1e-6)

#: A factory of two units a period, and launches of which most are offered late.
TEXT = """\
horizon: {{start: 2027-01, end: {end}, period: half-year}}
parameters: {{discount_rate: 8 %/year{values}}}
products:
  bus:
    architecture: starlink_bus
    presets: [claimed_2026, ai1_satellite, launch_at_cost]
    parameters: {{compute_price: 25 USD/kWh, node_learning_rate: 0, launch_cadence: 4 1/year}}
    {store}
supply:
  factory: {{limits: nodes, offered: 60 1/half-year, source: test}}
  launches: {{limits: launches, offered: {launches}, source: test}}
objectives: [{objectives}]
"""

LATE = "{steps: {2027-01: 0 1/year, 2027-07: 2 1/year, 2028-01: 8 1/year}}"
ONCE = "{steps: {2027-01: 0 1/year, 2028-01: 20 1/year, 2028-07: 0 1/year}}"
FALLING = "timelines: {accelerator_price: {2027-01: 60000 USD, 2029-01: 30000 USD}}\n"
RISING = "timelines: {accelerator_price: {2027-01: 30000 USD, 2029-01: 60000 USD}}\n"


def load(
    folder,
    store="store: {building: factory}",
    launches=LATE,
    objectives="maximize npv",
    more="",
    values="",
    end="2028-07",
):
    path = folder / "store.yaml"
    text = TEXT.format(store=store, launches=launches, objectives=objectives, values=values, end=end)
    path.write_text(text + more, "utf-8")
    return PlanStudy.load(path)


def decide(numbers, count=3):
    """Decisions of units by their periods of building and of launch; dict."""
    stored, units = np.zeros((count, count)), np.zeros(count)
    for (b, t), n in numbers.items():
        units[t] += n
        stored[b, t] += n * (b < t)
    return Decisions({"bus": units}, {}, {}, stored={"bus": stored})


CASES = {
    "prices rise, small": {"store": "store: {building: [factory], at_most: 2, cost: 2 MUSD/year}", "more": RISING},
    "owners": {"values": ", tax_rate: 25 %, debt_share: 50 %", "more": FALLING},
    "funding, dear": {
        "store": "store: {building: factory, cost: 50 MUSD/year}",
        "objectives": "minimize peak_funding",
        "more": "constraints: [npv >= 1000 MUSD]\n",
    },
}


@pytest.mark.parametrize("case", CASES)
def test_plans_with_a_store_equal_enumeration(tmp_path, case):
    plan = load(tmp_path, **CASES[case]).plan
    sign = plan.objectives[0].sign
    best = max(sign * done.scores[0] for _, done in enumerate_simulations(plan))
    answer = run(plan, EXACT)
    (point,) = answer.points
    assert answer.status == "proved"
    assert sign * point.simulation.scores[0] == pytest.approx(best, rel=1e-6)
    assert point.decisions.in_store["bus"].any()
    without = run(replace(plan, products=(replace(plan.products[0], store=None),)), EXACT)
    assert not without.points or sign * without.points[0].simulation.scores[0] < best
    if case == "owners":
        ((_, bound),) = prove_again(plan, [(best,)], 1e-6, 60.0, [point.decisions])
        assert bound == pytest.approx(best, rel=1e-5)


def test_what_is_built_evenly_and_launched_at_once_is_stored(tmp_path):
    """A launch carries 26 nodes, of which the factory makes 60 a period; launches are offered in the third alone."""
    store = "store: {building: factory, cost: 10 MUSD/year}"

    def ask(nodes, store=store):
        more = f"constraints: [nodes at 2028-12 >= {nodes}]\n"
        return run(load(tmp_path, store, ONCE, "minimize peak_funding", more, end="2029-01").plan, EXACT)

    (point,) = ask(6 * 26).points
    assert point.decisions.units["bus"].tolist() == [0, 0, 6, 0]
    assert point.decisions.built["bus"].tolist() == [2, 2, 2, 0]
    assert point.decisions.in_store["bus"].tolist() == [2, 4, 0, 0]
    assert point.simulation.used["factory"].tolist() == [52, 52, 52, 0]
    assert point.simulation.used["launches"].tolist() == [0, 0, 6, 0]

    def missing(answer):
        return {s.name: s.amount for s in answer.shortages if s.alone and s.kind == "supply"}

    assert missing(ask(7 * 26)) == pytest.approx({"factory": 3 * 26 - 60})
    assert missing(ask(6 * 26, "")) == pytest.approx({"factory": 6 * 26 - 60, "launches": 2 + 2})


def test_what_is_paid_earlier_by_hand(tmp_path):
    """Nodes and accelerators are paid as they are built; a store costs from then on, less its tax."""
    store, tax = "store: {building: factory, cost: 10 MUSD/year}", 0.25
    values = f", tax_rate: {100 * tax} %, development_cost: 0 USD"
    plan = load(tmp_path, store, ONCE, values=values, end="2029-01").plan
    (product,) = plan.products
    built = product.problem.evaluate(
        {name: np.array([x]) for name, x in product.design.items()}, ["node_capex", "compute_capex", "stacks"]
    )
    hardware = float((built["node_capex"] + built["compute_capex"])[0] / built["stacks"][0])
    simulator = Simulator(plan, Coefficients(plan).periods)
    early, late = (simulator.simulate(decide({(b, 2): 1}, 4)) for b in (0, 2))
    earlier = early.paid - late.paid
    rent = (1 - tax) * 10e6 / 2 * np.array([1 / 2, 1, 1 / 2])  # stores fill up and empty evenly
    assert earlier[:3] == pytest.approx([hardware + rent[0], rent[1], rent[2] - hardware], rel=1e-9)
    assert earlier[3:] == pytest.approx(0, abs=1)
    force = math.log(1.08)
    mean = (1 - math.exp(-force / 2)) / (force / 2)
    year = (1 - math.exp(-force)) / force  # of one dollar a year
    cost = hardware * (1 - math.exp(-force)) + (1 - tax) * 10e6 * year
    assert late.npv - early.npv == pytest.approx(mean * cost, rel=1e-9)


def test_a_unit_has_the_price_of_its_building(tmp_path):
    """Built at a price that falls later, it is worth what it is worth if the price stays."""
    plan = load(tmp_path, more=FALLING, launches=ONCE).plan
    then = float(plan.products[0].values["accelerator_price"][0])
    flat = load(tmp_path, more=f"timelines: {{accelerator_price: {{2027-01: {then} USD}}}}\n", launches=ONCE).plan
    npv = [Simulator(p, Coefficients(p).periods).simulate(decide({(0, 2): 2})).npv for p in (plan, flat)]
    assert npv[0] == pytest.approx(npv[1], rel=1e-9)


def test_shadow_prices_of_building_and_launch(tmp_path):
    """What one more is worth of a factory and of launches that are used up is what one more unit adds."""
    plan = load(tmp_path, launches="{steps: {2027-01: 0 1/year, 2028-01: 12 1/year}}").plan
    factory, launches = plan.supplies
    plan = replace(plan, supplies=(replace(factory, offered=np.full(3, 52.0)), launches))
    answer = run(plan, EXACT)
    (point,) = answer.points
    assert point.decisions.built["bus"].tolist() == [2, 2, 2]
    price = {(p.supply, p.period): p.price for p in answer.prices}
    loose = replace(plan, supplies=tuple(replace(s, offered=s.offered + 99) for s in plan.supplies))
    simulator = Simulator(loose, Coefficients(plan).periods)
    for b in range(3):
        more = {(b, 2): 3, **{(t, 2): 2 for t in range(3) if t != b}}
        gain = simulator.simulate(decide(more)).npv - point.simulation.npv
        assert 26 * price["factory", b] + price.get(("launches", 2), 0.0) == pytest.approx(gain, rel=1e-6)


@pytest.mark.parametrize(
    "stored",
    [{(1, 0): 1}, {(0, 2): -1}, {(0, 2): 0.5}, {(0, 2): 2}, {(0, 1): 2}],
    ids=["backwards", "negative", "a part", "too full", "more than is launched"],
)
def test_what_a_store_cannot_do_is_refused(tmp_path, stored):
    plan = load(tmp_path, "store: {building: factory, at_most: 1}").plan
    table = np.zeros((3, 3))
    for key, n in stored.items():
        table[key] = n
    decisions = Decisions({"bus": np.array([0.0, 1.0, 3.0])}, {}, {}, stored={"bus": table})
    assert np.array_equal(from_json(as_json(decisions)).stored["bus"], table)
    simulator = Simulator(plan, Coefficients(plan).periods)
    with pytest.raises(Unverified, match="stores"):
        simulator.simulate(decisions)


@pytest.mark.slow
def test_first_decisions_with_a_store_equal_enumeration(tmp_path):
    """What is built before the price is known is common to all scenarios; what is launched is decided later."""
    price = "uncertain: {bus.compute_price: {empirical: [35 %, 140 %], known: 2027-07}}\n"
    study = load(tmp_path, launches=ONCE, more=price)
    plan, draws = study.plan, np.array([[0.35], [1.4]])

    def begin(decisions):
        return decisions.built["bus"][0], decisions.units["bus"][0]

    each = [{} for _ in draws]
    for found, row in zip(each, draws, strict=True):
        for decisions, done in enumerate_simulations(in_scenario(plan, study.factors, row)):
            found[begin(decisions)] = max(done.npv, found.get(begin(decisions), -np.inf))
    best = max(each[0], key=lambda key: each[0][key] + each[1][key])
    solved = solve_two_stage(plan, study.factors, draws, 1e-7, time.monotonic() + 60)
    assert solved.mean == pytest.approx((each[0][best] + each[1][best]) / 2, rel=1e-6)
    assert {begin(decisions) for decisions in solved.decisions} == {best}
    nominal = run(plan, EXACT).points[0].decisions
    bench = Bench(Trial(plan, study.factors, draws, (nominal, solved.decisions[0]), 1e-7, 60.0))
    for i, found in enumerate(each):
        outcome = bench.try_scenario(i)
        assert outcome.npv == pytest.approx((found[begin(nominal)], found[best]), rel=1e-6)
        assert outcome.best == pytest.approx(max(found.values()), rel=1e-6)


MISTAKES = [
    ("{building: factry}", "maximize npv", 8, "did you mean 'factory'"),
    ("{building: factory, cost: -1 USD/year}", "maximize npv", 8, "is negative"),
    ("{buildings: factory}", "maximize npv", 8, "did you mean 'building'"),
    ("{building: grid}", "maximize npv", 8, "limits what is in service"),
    ("{building: [factory, factory]}", "maximize npv", 8, "factory stands twice"),
    ("{building: [factory, launches]}", "maximize npv", 8, "limits launches, which count as a unit is launched"),
    ("{building: other}", "maximize npv", 8, "does not limit bus"),
    ("{building: factory}\n    learning: nodes", "maximize npv", 8, "learning"),
    (
        "{building: factory}\n    variables: {node_accelerators: {low: 20, high: 30, integer: true}}",
        "maximize npv",
        8,
        "variables",
    ),
    (
        "{building: factory}\n    timelines: {accelerator_power: {2027-01: 1 kW, 2029-01: 1.2 kW}}",
        "maximize npv",
        8,
        "generation",
    ),
    ("{building: factory}", "maximize roi", 15, "roi does not go with a store"),
]


@pytest.mark.parametrize(("store", "objective", "line", "message"), MISTAKES)
def test_a_mistake_is_told_at_its_line(tmp_path, store, objective, line, message):
    supplies = "4 1/year, source: test}\n  grid: {limits: fleet_it_power, offered: 9 GW, source: test}\n  other: "
    supplies += "{limits: facility_load, products: hall, offered: 9 GW"
    with pytest.raises(StudyError) as caught:
        load(
            tmp_path,
            f"store: {store}\n  hall: {{architecture: terrestrial, parameters: {{time_to_power: 0 year}}}}",
            supplies,
            objective,
        )
    assert message in str(caught.value)
    assert f"store.yaml:{line}" in str(caught.value)
