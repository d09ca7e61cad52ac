"""Designs that a plan sizes: equal to the exact static engine, to enumeration over designs, and to fixed designs."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace

import numpy as np
import pytest
from plans import enumerate_plans

from sunfront.cash_flow.vintages import closed_npv
from sunfront.engines.plan import prices
from sunfront.engines.plan.coefficients import Coefficients
from sunfront.engines.plan.engine import prove_again, run
from sunfront.engines.plan.settings import PlanSettings
from sunfront.engines.plan.simulator import Simulator
from sunfront.engines.plan.sizing import corners
from sunfront.errors import Unverified, UserError
from sunfront.problem.plan import Decisions, as_json, from_json
from sunfront.runs.plan_tables import period_table
from sunfront.runs.runner import run as run_study
from sunfront.study.plan_study import PlanStudy
from sunfront.study.study import Study

EXACT = PlanSettings(gap=1e-6)

#: What static study and plan share.
VALUES = {"node_learning_rate": "0", "compute_price": "30 USD/kWh", "launch_cadence": "10 1/year"}

AMOUNTS = {
    "node_array_area": {"low": "300 m^2", "high": "520 m^2"},
    "node_accelerators": {"low": 20, "high": 80},
    "node_radiator_area": {"low": "40 m^2", "high": "240 m^2"},
}


def written(mapping):
    return "{" + ", ".join(f"{k}: {written(v) if isinstance(v, dict) else v}" for k, v in mapping.items()) + "}"


def load(folder, variables, more="", objectives="maximize npv", end="2028-01", keys="", values=None, presets=""):
    path = folder / "sized.yaml"
    path.write_text(
        f"horizon: {{start: 2027-01, end: {end}, period: half-year}}\n"
        "products:\n"
        f"  bus: {{architecture: starlink_bus, presets: [claimed_2026, {presets}], "
        f"parameters: {written(values or VALUES)}, "
        f"variables: {written(variables)}, at_most: 5{keys}}}\n"
        f"objectives: [{objectives}]\n" + more,
        "utf-8",
    )
    return PlanStudy.load(path).plan


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param({**AMOUNTS, "nodes_per_launch": {"choices": [20, 26, 30]}}, marks=pytest.mark.long),
        {"node_accelerators": {"low": 20, "high": 80}, "nodes_per_launch": {"low": 20, "high": 40}},
        pytest.param(
            {
                **AMOUNTS,
                "node_accelerators": {"low": 8, "high": 400, "integer": True},
                "nodes_per_launch": {"low": 10, "high": 40, "integer": True},
            },
            marks=pytest.mark.long,
        ),
        pytest.param(
            {
                "node_accelerators": {"low": 58, "high": 64, "step": 1},
                "altitude": {"choices": [500, 600], "unit": "km"},
            },
            marks=pytest.mark.long,
        ),
    ],
)
def test_one_purchase_has_the_design_of_the_exact_static_engine(tmp_path, variables):
    """All launches of half a year bought at one date, as the plan and as HiGHS over a catalogue decide."""
    dates = {"campaign_duration": "0.5 year", "time_to_power": "0.5 year"}
    static = Study(
        name="static",
        architecture="starlink_bus",
        presets=["claimed_2026"],
        parameters={**VALUES, **dates},
        variables=variables,
        objectives=["maximize npv"],
        constraints=["launches >= 5"],
        engine={"name": "pyomo", "gap": 1e-6},
    )
    best = run_study(static, output=tmp_path / "out")
    values = {**VALUES, **dates}
    (point,) = run(load(tmp_path, variables, values=values), EXACT).points
    assert point.decisions.units["bus"].tolist() == [0.0, 5.0]
    assert point.simulation.npv == pytest.approx(float(best.table.columns["npv"][best.table.front[0]]), rel=2e-6)


#: Chips are the one amount; all else is as in the presets.
SMALL = {"node_accelerators": {"low": 8, "high": 16}, "nodes_per_launch": {"choices": [30, 40]}}


def best_of(plan, **tried):
    """The best npv of all whole units with values of a list; two periods may have different continuous amounts."""
    return max(npv for _, npv, _ in enumerate_plans(plan, tried))


def load_small(folder, more="", objectives="maximize npv", variables=SMALL, keys="", presets="", **changed):
    """Chips are short, so that the designs of the two periods differ."""
    offered = "{steps: {2027-01: 1000 1/year, 2027-07: 1200 1/year}}"
    chips = f"supply:\n  chips: {{limits: accelerators, offered: {offered}, source: test}}\n"
    array = {"node_array_area": "170 m^2", "node_radiator_area": "60 m^2", "time_to_power": "0 year"}
    values = {**VALUES, **array, "compute_price": "60 USD/kWh", **changed}
    return load(folder, variables, more=chips + more, objectives=objectives, keys=keys, values=values, presets=presets)


def test_no_design_of_a_fine_grid_is_better(tmp_path):
    plan = load_small(tmp_path)
    plan = replace(plan, products=(replace(plan.products[0], most=2.0),))
    (point,) = run(plan, EXACT).points
    best = best_of(plan, node_accelerators=[8.0, 10.0, 12.5, 14.0, 15.0, 16.0])
    assert point.simulation.npv == pytest.approx(best, rel=1e-6)
    assert point.decisions.designs["bus"]["node_accelerators"] == pytest.approx([12.5, 15.0])  # by hand: 500, 600 of 40


def test_whole_numbers_of_a_long_range_equal_enumeration(tmp_path):
    """Of 93 x 3 combinations; one number in all periods, so that the chips of one are not used up."""
    whole = {
        "node_accelerators": {"low": 8, "high": 100, "integer": "true"},
        "nodes_per_launch": {"low": 33, "high": 41, "step": 4},
    }
    plan = load_small(tmp_path, variables=whole)
    plan = replace(plan, products=(replace(plan.products[0], most=2.0),))
    (point,) = run(plan, EXACT).points
    assert point.simulation.npv == pytest.approx(best_of(plan, node_accelerators=range(8, 17)), rel=1e-6)
    assert len({float(x) for x in point.decisions.designs["bus"]["node_accelerators"]}) == 1


def test_sized_products_learn_as_enumeration_does(tmp_path):
    """With a steep curve, on which the nodes of the second period are cheaper by what the first are worth."""
    variables = {"node_accelerators": {"low": 8, "high": 16}}
    more = {"node_learning_rate": "0.3", "nodes_per_launch": 40}
    plan = load_small(tmp_path, variables=variables, keys=", learning: nodes", **more)
    plan = replace(plan, products=(replace(plan.products[0], most=2.0),))
    (point,) = run(plan, EXACT).points
    best = best_of(plan, node_accelerators=[10.0, 12.5, 15.0])
    assert point.simulation.npv == pytest.approx(best, rel=1e-6)
    alone = replace(plan, products=(replace(plan.products[0], learning=()),))
    assert run(alone, EXACT).points[0].simulation.npv != pytest.approx(best, rel=1e-3)


@pytest.mark.slow
def test_presets_to_choose_from_equal_a_product_of_each(tmp_path):
    """One chip in the whole plan; a preset of the first replaces equations, those of the others are numbers."""
    amounts = {"node_accelerators": {"low": 4, "high": 60}}
    chips = ["gb200", "b200", "tpu"]
    choice = {"chip": {"presets": f"[{', '.join(chips)}]"}}
    plan = load_small(tmp_path, variables={**amounts, **choice}, nodes_per_launch=40)
    (point,) = run(plan, EXACT).points
    found = []
    for chip in chips:
        own = load_small(tmp_path, variables=amounts, nodes_per_launch=40, presets=chip)
        found.append(run(own, EXACT).points[0].simulation.npv)
    assert point.simulation.npv == pytest.approx(max(found), rel=1e-6)
    assert set(point.decisions.designs["bus"]["chip"]) == {float(np.argmax(found))}
    table = period_table(plan, point, Simulator(plan, Coefficients(plan).periods))
    assert table["bus chip"].dropna().unique().tolist() == [chips[np.argmax(found)]]


@pytest.mark.slow
def test_two_solvers_agree_on_designs_for_a_market_that_takes_everything(tmp_path):
    plain = run(load_small(tmp_path), EXACT).points[0]
    plan = load_small(tmp_path, "market: {tiers: [{up_to: 1 GW}]}\n")
    (sold,) = run(plan, EXACT).points
    assert sold.simulation.npv == pytest.approx(plain.simulation.npv, rel=1e-6)
    ((value, bound),) = prove_again(plan, [(sold.simulation.npv,)], 1e-6, 60.0, [sold.decisions])
    assert value == pytest.approx(sold.simulation.npv, rel=1e-5)
    assert bound == pytest.approx(sold.simulation.npv, rel=1e-5)


@pytest.mark.long
def test_a_poor_second_tier_makes_the_design_smaller_or_the_fleet(tmp_path):
    """What the program claims of sales of a mix is what the simulator finds; no fixed design of a list earns more."""
    market = "market: {tiers: [{up_to: 1.2 MW}, {price: 5 %}]}\n"
    plan = load_small(tmp_path, market)
    (point,) = run(plan, PlanSettings(gap=1e-4)).points
    (product,) = plan.products
    for accelerators, nodes in ((8.0, 40.0), (12.5, 40.0), (15.0, 30.0)):
        fixed = {"node_accelerators": accelerators, "nodes_per_launch": nodes}
        other = replace(plan, products=(replace(product, design={**product.design, **fixed}, is_sized=False),))
        assert run(other, PlanSettings(gap=1e-4)).points[0].simulation.npv <= point.simulation.npv * (1 + 1e-4)


@pytest.mark.slow
def test_the_front_of_money_is_proved_over_designs(tmp_path):
    plan = load_small(tmp_path, objectives="maximize npv, minimize peak_funding")
    answer = run(plan, PlanSettings(gap=0.02))
    assert answer.status == "proved"
    found = [p.simulation.peak_funding for p in answer.points]
    assert found == sorted(found, reverse=True)
    assert len(found) > 3


def test_designs_are_stored_and_forged_ones_refused(tmp_path):
    plan = load_small(tmp_path)
    (point,) = run(plan, EXACT).points
    again = from_json(json.loads(json.dumps(as_json(point.decisions))))
    simulator = Simulator(plan, Coefficients(plan).periods)
    assert simulator.simulate(again).npv == point.simulation.npv
    for name, values, match in (
        ("node_accelerators", [17.0, 15.0], "cannot have"),
        ("nodes_per_launch", [35.0, 35.0], "cannot have"),
        ("nodes_per_launch", [30.0, 40.0], "cannot have"),
        ("node_accelerators", [16.0, 15.99], "misses power_margin|more of chips"),
    ):
        other = {**point.decisions.designs["bus"], name: np.array(values)}
        with pytest.raises(Unverified, match=match):
            simulator.simulate(replace(point.decisions, designs={"bus": other}))


def test_prices_hold_the_region_of_each_period(tmp_path, monkeypatch):
    """Masses of an array bend at 300 m^2: what is bought on one side of it is not valued with designs of the other."""
    variables = {"node_array_area": {"low": "200 m^2", "high": "520 m^2"}}
    values = {**VALUES, "nodes_per_launch": 20, "node_accelerators": 12}
    plan = load(tmp_path, variables, end="2029-01", values=values)
    chosen = {}

    def read(solver, model, deadline):
        chosen.update({key: x.value for key, x in model.choice.items() if x.fixed})
        raise TimeoutError

    monkeypatch.setattr(prices, "run_highs", read)
    designs = {"bus": {"node_array_area": np.array([200.0, 250.0, 0.0, 450.0])}}
    decisions = Decisions({"bus": np.array([0.0, 1.0, 0.0, 1.0])}, {}, {}, {}, designs)
    assert prices.period_prices(plan, Coefficients(plan), decisions, {}, 0.0) == ()
    assert [chosen["bus", 0, 0, t] for t in range(4)] == [1, 1, 1, 0]
    assert [chosen["bus", 0, 1, t] for t in range(4)] == [0, 0, 0, 1]


def test_program_costs_of_a_design_are_compared_even_if_they_are_zero(tmp_path):
    plan = load(tmp_path, AMOUNTS, values={**VALUES, "development_cost": "100 MUSD", "nodes_per_launch": 20})
    c = Coefficients(plan)
    sent = pickle.loads(pickle.dumps((plan, c)))  # to a worker, which reads no equation again
    for at, known in ((plan, c), sent):
        again = Coefficients(at, like=known)  # its corners have no program costs either: they are left to the product
        for name, flows in known.flows.items():
            assert again.flows[name] is flows
    with pytest.raises(UserError, match="depends on what is sized"):
        c._part(c.sizings["bus"])


@pytest.mark.parametrize(
    ("architecture", "count", "nodes", "amounts"),
    [
        ("terrestrial", "nodes_per_site", (1, 20), {"node_accelerators": (1000, 20000)}),
        pytest.param(
            "gpu_on_panel", "nodes_per_launch", (100, 500),
            {"node_accelerators": (100, 900), "node_array_area": (10, 60)}, marks=pytest.mark.long,
        ),
        pytest.param(
            "cluster", "nodes_per_launch", (10, 40),
            {"node_accelerators": (8, 40), "node_array_area": (200, 500), "node_radiator_area": (40, 160)},
            marks=pytest.mark.long,
        ),
        pytest.param(
            "lunar_pole", "nodes_per_launch", (2, 30),
            {"node_accelerators": (20, 120), "node_array_area": (300, 1200), "node_radiator_area": (60, 400)},
            marks=pytest.mark.long,
        ),
    ],
)  # fmt: skip
def test_every_architecture_can_be_sized_with_the_number_of_nodes(tmp_path, architecture, count, nodes, amounts):
    """Flows of the mean of each region's corners are held to numpy, to 1e-8; so are they here, between corners."""
    units = {"node_array_area": " m^2", "node_radiator_area": " m^2"}
    variables = {
        n: {"low": f"{x}{units.get(n, '')}", "high": f"{y}{units.get(n, '')}"} for n, (x, y) in amounts.items()
    }
    variables[count] = {"low": nodes[0], "high": nodes[1], "integer": "true"}
    path = tmp_path / "any.yaml"
    path.write_text(
        "horizon: {start: 2027-01, end: 2030-01, period: year}\n"
        f"products: {{it: {{architecture: {architecture}, variables: {written(variables)}, at_most: 3}}}}\n"
        "objectives: [maximize npv]\n",
        "utf-8",
    )
    c = Coefficients(PlanStudy.load(path).plan)
    (sizing,) = c.sizings.values()
    for region in sizing.regions:
        one, other = (region.corners[i].name for i in (0, -1))
        mean = replace(region.corners[0], design=sizing.mean({one: 0.5, other: 0.5}))
        dates = 2, c.plan.horizon.begin(2), c.plan.horizon.length
        halves = sum(closed_npv(c.plan.product(name), *dates) for name in (one, other)) / 2
        assert closed_npv(mean, *dates) == pytest.approx(halves, rel=1e-6)


def test_corners_of_a_triangle():
    rows = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0], [0.0, 0.0]])
    assert corners(rows, np.array([0.0, 0.0, 1.0, 1.0])).tolist() == [[0, 0], [0, 1], [1, 0]]
    assert len(corners(rows, np.array([0.0, 0.0, -1.0, 1.0]))) == 0


@pytest.mark.parametrize(
    ("variables", "more", "match"),
    [
        ({"altitude": {"low": "500 km", "high": "600 km"}}, "", "altitude is no amount of hardware"),
        ({"altitude": {"low": "500 km", "high": "600 km", "step": "1 km"}}, "", "more than 60 combinations"),
        ({"node_accelerators": {"low": 70, "high": 90}, "node_array_area": {"low": "20 m^2", "high": "30 m^2"}}, "",
         "no design of bus"),
        ({"node_accelerators": {"low": 8, "high": 16}}, "timelines: {accelerator_power: {from: 1 kW, rate: 9 %/year}}",
         "accelerator_power has a timeline"),
    ],
)  # fmt: skip
def test_what_cannot_be_sized_is_refused(tmp_path, variables, more, match):
    with pytest.raises(UserError, match=match):
        Coefficients(load(tmp_path, variables, more))


def test_a_product_that_a_scenario_delays_beyond_the_end_is_not_bought(tmp_path):
    path = tmp_path / "hall.yaml"
    path.write_text(
        "horizon: {start: 2027-01, end: 2031-01, period: year}\n"
        "products: {hall: {architecture: terrestrial, at_most: 2, variables: {nodes_per_site: {choices: [1, 4]}}}}\n"
        "objectives: [maximize npv]\n",
        "utf-8",
    )
    plan = PlanStudy.load(path).plan
    late = replace(plan, products=(replace(plan.products[0], available=plan.horizon.count),))
    assert not Coefficients(late).most["hall"].any()
