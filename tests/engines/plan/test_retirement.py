"""Early retirement: equal to enumeration, to the equations by hand, and to the simulator."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from plans import enumerate_plans

from sunfront.engines.plan.coefficients import Coefficients
from sunfront.engines.plan.engine import prove_again, run
from sunfront.engines.plan.program import build
from sunfront.engines.plan.settings import PlanSettings
from sunfront.engines.plan.simulator import Simulator
from sunfront.errors import Unverified, UserError
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


@pytest.mark.parametrize(
    ("line", "match"),
    [
        ("learning: nodes", "does not go with learning"),
        ("variables: {node_accelerators: {low: 20, high: 80}}", "does not go with variables"),
    ],
)
def test_what_early_retirement_does_not_go_with(tmp_path, line, match):
    path = tmp_path / "it.yaml"
    text = TEXT.format(decline=60, grid="13 MW", objectives="maximize npv", values="compute_price: 6 USD/kWh")
    text = text.split("    parameters:")[0].replace("terrestrial", "starlink_bus") + f"    {line}\n    at_most: 1\n"
    path.write_text(text + "    early_retirement: true\nobjectives: [maximize npv]\n", "utf-8")
    with pytest.raises(UserError, match=match) as caught:
        PlanStudy.load(path)
    assert "early_retirement" in str(caught.value)
