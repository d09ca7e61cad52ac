"""Early retirement: equal to enumeration, to the equations by hand, and to the simulator."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from plans import enumerate_plans

from sunfront.cash_flow.learning import Curve
from sunfront.engines.plan.coefficients import Coefficients
from sunfront.engines.plan.engine import prove_again, run
from sunfront.engines.plan.program import build
from sunfront.engines.plan.settings import PlanSettings
from sunfront.engines.plan.simulator import Simulator
from sunfront.errors import Unverified
from sunfront.problem.plan import Decisions
from sunfront.study.plan_study import PlanStudy

#: Halls whose old chips earn less than their electricity costs, and a grid with room for one or two of them.
TEXT = """\
horizon: {{start: 2027-01, end: 2028-07, period: half-year}}
parameters: {{discount_rate: 8 %/year, compute_price_decline: {decline} %/year, service_life: 2 year, {values}}}
products:
  hall:
    architecture: terrestrial
    parameters:
      nodes_per_site: 1
      time_to_power: 0 year
      accelerator_generations: 1
      accelerator_residual_share: 20 %
    early_retirement: true
supply:
  grid: {{limits: facility_load, offered: {grid}, source: test}}
objectives: [{objectives}]
"""


def load(folder, decline=60, grid="13 MW", objectives="maximize npv", more="", values="compute_price: 6 USD/kWh"):
    path = folder / "retire.yaml"
    path.write_text(TEXT.format(decline=decline, grid=grid, objectives=objectives, values=values) + more, "utf-8")
    return PlanStudy.load(path)


@pytest.mark.parametrize(
    ("decline", "values", "more"),
    [
        (85, "compute_price: 40 USD/kWh", ""),
        (70, "compute_price: 40 USD/kWh, electricity_price: 4000 USD/MWh", "capital: {limit: 600 MUSD}\n"),
        (85, "compute_price: 60 USD/kWh, tax_rate: 25 %, debt_share: 50 %", ""),
    ],
)
def test_plans_with_early_retirement_equal_enumeration(tmp_path, decline, values, more):
    plan = load(tmp_path, decline, values=values, more=more).plan
    best = max(scores[0] for scores, _, _ in enumerate_plans(plan))
    answer = run(plan, PlanSettings(gap=1e-6))
    (point,) = answer.points
    assert answer.status == "proved"
    assert point.simulation.npv == pytest.approx(best, rel=1e-6)
    assert point.decisions.retired["hall"].sum() == 1  # it makes room on the grid for new chips
    without = run(replace(plan, products=(replace(plan.products[0], retires_early=False),)), PlanSettings(gap=1e-6))
    assert without.points[0].simulation.npv < 0.95 * best
    if more:
        ((_, bound),) = prove_again(plan, [(best,)], 1e-6, 60.0, [point.decisions])
        assert bound == pytest.approx(best, rel=1e-5)


@pytest.mark.slow
def test_a_market_that_takes_everything_changes_nothing(tmp_path):
    values = "compute_price: 40 USD/kWh"
    plain = run(load(tmp_path, 85, values=values).plan, PlanSettings(gap=1e-6)).points[0]
    market = "market: {tiers: [{up_to: 1 GW}]}\n"
    sold = run(load(tmp_path, 85, values=values, more=market).plan, PlanSettings(gap=1e-6)).points[0]
    assert sold.simulation.npv == pytest.approx(plain.simulation.npv, rel=1e-9)
    assert np.array_equal(sold.decisions.retired["hall"], plain.decisions.retired["hall"])


def test_what_retires_brings_its_residual_and_saves_what_it_would_have_cost_and_earned(tmp_path):
    """By hand, of the cash flow of one hall: what comes before the date stays, what comes after it does not."""
    plan = load(tmp_path).plan
    c = Coefficients(plan)
    simulator = Simulator(plan, c.periods)
    retired = np.zeros((3, c.periods))
    retired[0, 3] = 1.0
    units = {"hall": np.array([1.0, 0, 0])}
    kept = simulator.simulate(Decisions(units, {}, {}, {"hall": 0 * retired}))
    gone = simulator.simulate(Decisions(units, {}, {}, {"hall": retired}))
    net, less = kept.earned - kept.paid, gone.earned - gone.paid
    assert less[:3] == pytest.approx(net[:3], rel=1e-12)
    values = c.flows["hall"].vintages[0].values
    residual = 0.2 * values["compute_capex"] + values["node_residual_share"] * values["node_capex"]
    residual /= values["stacks"]
    assert less[3] == pytest.approx(residual, rel=1e-9)
    assert not less[4:].any()
    assert gone.power["hall"][3:].sum() == 0
    discounted = less[3] * 1.08**-1.5
    early = simulator.simulate(Decisions(units, {}, {}, {"hall": np.roll(retired, 1, axis=1)}))
    assert early.npv - gone.npv == pytest.approx(
        residual * 1.08**-2 - discounted + (c.flows["hall"].other + c.flows["hall"].revenue)[1, 0, 3], rel=1e-9
    )


def test_a_plan_that_retires_what_it_may_not_is_refused(tmp_path):
    plan = load(tmp_path).plan
    simulator = Simulator(plan, Coefficients(plan).periods)
    for t, n in ((0, 1.0), (6, 1.0), (3, 2.0), (3, 0.5), (3, -1.0)):
        retired = np.zeros((3, simulator.periods))
        retired[0, t] = n
        decisions = Decisions({"hall": np.array([1.0, 0, 0])}, {}, {}, {"hall": retired})
        with pytest.raises(Unverified, match="retire"):
            simulator.simulate(decisions)


def test_noise_of_the_solver_on_few_units_is_cut(tmp_path):
    """A hundredth of a unit, of which a little more is retired and sold than there is."""
    plan = load(tmp_path, more="market: {tiers: [{up_to: 1 GW}]}\n").plan
    plan = replace(plan, products=(replace(plan.products[0], whole=False),))
    c = Coefficients(plan)
    program = build(plan, c)
    m, noise = program.model, 1e-7
    m.units["hall", 0].value = 0.01
    m.retired["hall", 0, 2].value = 0.004
    m.retired["hall", 0, 3].value = 0.006 + noise
    for (_, _, v, t), variable in m.sales.items():
        variable.value = 0.0 if v else (0.01, 0.01, 0.006)[t] + noise if t < 3 else noise
    decisions = program.decisions()
    assert decisions.retired["hall"][0].sum() == pytest.approx(0.01, rel=1e-12)
    done = Simulator(plan, c.periods).simulate(decisions)
    assert done.power["hall"][1] > 0
    assert done.power["hall"][3:].max() < 1e-6


def test_what_retires_repays_its_loan_and_deducts_what_is_left_of_its_value(tmp_path):
    """By hand: the balance of an annuity and the book value of the schedule, at the ages of the stacks at that date."""
    owing = "compute_price: 6 USD/kWh, tax_rate: 25 %, debt_share: 60 %, debt_rate: 7 %/year, debt_term: 5 year"
    plan = load(tmp_path, values=owing).plan
    c = Coefficients(plan)
    simulator = Simulator(plan, c.periods)
    retired = np.zeros((3, c.periods))
    retired[0, 3] = 1.0
    units = {"hall": np.array([1.0, 0, 0])}
    kept = simulator.simulate(Decisions(units, {}, {}, {"hall": 0 * retired}))
    gone = simulator.simulate(Decisions(units, {}, {}, {"hall": retired}))
    net, less = kept.earned - kept.paid, gone.earned - gone.paid
    assert less[:3] == pytest.approx(net[:3], rel=1e-12)
    assert less[4:] == pytest.approx(0, abs=1e-6 * abs(less[3]))
    vintage = c.flows["hall"].vintages[0]
    v, year, stacks = vintage.values, vintage.values["year"], vintage.stacks
    ages = 1.0 + 0.5 * (np.arange(100_000) + 0.5) / 100_000 - v["deployment_delay"] / year  # of half a year's stacks
    force = np.log(1.07)
    since = np.maximum(ages - v["debt_grace"] / year, 0)
    drawn = 0.6 * v["capex"]
    waiting = drawn * (1.07 ** (v["deployment_delay"] / year) - 1)
    owed = np.mean((drawn + waiting) * -np.expm1(-force * (5 - since)) / -np.expm1(-force * 5))
    shares = np.array(plan.products[0].problem.values["depreciation_schedule"], float)
    book = np.mean((v["capex"] + waiting) * (1 - np.interp(ages, np.arange(len(shares) + 1), np.cumsum([0, *shares]))))
    residual = 0.2 * v["compute_capex"] + v["node_residual_share"] * v["node_capex"]
    assert v["bonus_depreciation_share"] == 0
    expected = residual - owed - 0.25 * (residual - book)
    assert less[3] == pytest.approx(expected / stacks, rel=1e-6)


#: Satellites whose price falls with their number, or whose design is open, and that have few places.
SATELLITES = """\
horizon: {{start: 2027-01, end: 2028-07, period: half-year}}
parameters: {{discount_rate: 8 %/year, compute_price_decline: 85 %/year, service_life: 2 year, {values}}}
products:
  bus:
    architecture: starlink_bus
    presets: [claimed_2026{preset}]
    parameters:
      launch_cadence: 8 1/year
      time_to_power: 0 year
      accelerator_residual_share: 30 %
      node_residual_share: 20 %
      launched_mass_to_date: 200 t
      launch_price_ceiling: 20000 USD/kg
    early_retirement: true
{keys}
supply:
  launches: {{limits: launches, offered: {launches} 1/year, source: test}}
  places: {{limits: fleet_it_power, offered: {places}, source: test}}
objectives: [maximize npv]
"""


def load_satellites(folder, keys, places, price=200, launches=4, values="tax_rate: 25 %, debt_share: 50 %", preset=""):
    path = folder / "satellites.yaml"
    lines = "".join(f"    {line}\n" for line in keys)
    values = f"compute_price: {price} USD/kWh, {values}"
    path.write_text(
        SATELLITES.format(keys=lines, places=places, launches=launches, values=values, preset=preset), "utf-8"
    )
    return PlanStudy.load(path).plan


def best_of_whole_purchases(plan, c, designs=({},)):
    """The best npv of all whole units, designs of each period and dates at which all of a purchase retires."""
    simulator, count = Simulator(plan, c.periods), plan.horizon.count
    dates = [[None, *c.may_retire(c.corners_of("bus")[0], v)] for v in range(count)]
    found = [0.0]
    for units in itertools.product(*(range(int(x) + 1) for x in c.most["bus"])):
        when = [dates[v] if n else [None] for v, n in enumerate(units)]
        kinds = [designs if n else designs[:1] for n in units]
        for chosen, bought in itertools.product(itertools.product(*when), itertools.product(*kinds)):
            retired = np.zeros((count, c.periods))
            for v, t in enumerate(chosen):
                if t is not None:
                    retired[v, t] = units[v]
            sized = {name: np.array([each[name] for each in bought]) for name in designs[0]}
            decisions = Decisions(
                {"bus": np.array(units, float)}, {}, {}, {"bus": retired}, {"bus": sized} if sized else {}
            )
            try:
                found.append(simulator.simulate(decisions).npv)
            except Unverified:
                continue
    return max(found)


@pytest.mark.parametrize(
    "kinds",
    [
        "launches",
        pytest.param("nodes", marks=pytest.mark.slow),
        pytest.param("nodes, launches", marks=pytest.mark.long),
    ],
)
def test_a_product_that_learns_retires_whole_purchases(tmp_path, kinds):
    """With a loan and tax: what is owed and not yet deducted follows the price that was paid."""
    plan = load_satellites(tmp_path, [f"learning: [{kinds}]"], "9 MW", preset=", ai1_satellite")
    best = best_of_whole_purchases(plan, Coefficients(plan))
    answer = run(plan, PlanSettings(gap=1e-6))
    (point,) = answer.points
    assert answer.status == "proved"
    assert point.simulation.npv == pytest.approx(best, rel=1e-6)
    assert np.argwhere(point.decisions.retired["bus"]).tolist() == [[0, 3]]
    assert point.decisions.retired["bus"][0, 3] == 2  # two make room for two
    if kinds != "launches":
        ((_, bound),) = prove_again(plan, [(best,)], 1e-6, 60.0, [point.decisions])
        assert bound == pytest.approx(best, rel=1e-5)


@pytest.mark.parametrize(
    "more", [pytest.param([], marks=pytest.mark.slow), pytest.param(["learning: nodes"], marks=pytest.mark.long)]
)
def test_a_product_that_the_plan_sizes_retires_whole_purchases(tmp_path, more):
    """The best design fills the places, between the corners of what is possible."""
    sized = "variables: {node_accelerators: {low: 8, high: 16}, nodes_per_launch: {choices: [30, 40]}}"
    values = "tax_rate: 25 %, debt_share: 50 %, node_array_area: 170 m^2, node_radiator_area: 60 m^2"
    plan = load_satellites(tmp_path, ["at_most: 2", sized, *more], "0.9 MW", 900, 2, values)
    (point,) = run(plan, PlanSettings(gap=1e-6)).points
    assert point.decisions.units["bus"].tolist() == [1, 0, 1]
    assert np.argwhere(point.decisions.retired["bus"]).tolist() == [[0, 3]]
    found = point.decisions.designs["bus"]["node_accelerators"][0]
    assert 8 < found < 16
    other = 0.75 * found
    designs = [{"node_accelerators": x, "nodes_per_launch": n} for n, x in ((30, found), (40, other))]
    assert point.simulation.npv == pytest.approx(best_of_whole_purchases(plan, Coefficients(plan), designs), rel=1e-6)


def test_what_retires_brings_a_share_of_the_price_that_learning_left(tmp_path):
    """By hand: the second purchase is cheaper, and brings less; a part of a purchase does not retire."""
    plan = load_satellites(tmp_path, ["learning: nodes"], "90 MW", values="tax_rate: 0", preset=", ai1_satellite")
    c = Coefficients(plan)
    simulator = Simulator(plan, c.periods)
    units = {"bus": np.array([2.0, 1.0, 0])}
    brought = []
    for v, n in ((0, 2.0), (1, 1.0)):
        retired = np.zeros((3, c.periods))
        kept = simulator.simulate(Decisions(units, {}, {}, {"bus": retired.copy()}))
        retired[v, 3] = n
        gone = simulator.simulate(Decisions(units, {}, {}, {"bus": retired}))
        values = c.flows["bus"].vintages[v].values
        later = np.arange(c.periods) >= 3
        flows = c.flows["bus"]
        saved = (flows.other + flows.revenue)[0, v]
        learned = flows.learned["nodes"][0, v]
        curve = Curve(plan.products[0], "nodes")
        step = flows.steps["nodes"]
        paid = np.diff(curve.total(np.array([0.0, 2 * step[0], 2 * step[0] + step[1]])))[v]
        net = (gone.earned - gone.paid) - (kept.earned - kept.paid)
        sold = net[later].sum() + (n * saved + learned * paid)[later].sum()
        expected = 0.2 * paid + 0.3 * n * values["compute_capex"] / values["stacks"]
        assert sold == pytest.approx(expected, rel=1e-9)
        brought.append(sold / n)
    assert brought[1] < brought[0]
    retired[1, 3], retired[0, 3] = 0.0, 1.0
    with pytest.raises(Unverified, match="a part of what it bought of bus in one period"):
        simulator.simulate(Decisions(units, {}, {}, {"bus": retired}))
