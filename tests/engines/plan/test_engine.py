"""Plans against enumeration, against the static model, and against a second solver."""

from __future__ import annotations

import itertools
import math
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from plans import enumerate_plans, load_small

from sunfront.cash_flow.vintages import OF_THE_CAMPAIGN
from sunfront.engines.plan import earlier, engine, explanation
from sunfront.engines.plan.coefficients import Coefficients
from sunfront.engines.plan.engine import prove_again, run
from sunfront.engines.plan.settings import PlanSettings
from sunfront.engines.plan.simulator import Simulator
from sunfront.engines.plan.solver import PlanSolver
from sunfront.equations import cash, present_value, returns, revenue
from sunfront.errors import Unverified, UserError
from sunfront.library.library import Library
from sunfront.problem.plan import RETURNS, Decisions, Goal, PlanConstraint
from sunfront.root import AtZero, Extreme, Root
from sunfront.study.plan_study import PlanStudy
from sunfront.study.study import Study

EXACT = PlanSettings(gap=1e-6)

CASES = {
    "npv": ("maximize npv", ""),
    "target": ("maximize npv", "constraints: [fleet_it_power at 2028-12 >= 14 MW]\n"),
    "added": ("maximize npv", "constraints: [fleet_it_power added at 2028-12 >= 8 MW/year]\n"),
    "capital": ("maximize npv", "capital: {limit: 700 MUSD}\n"),
    "funding": ("minimize peak_funding", "constraints: [fleet_it_power at 2028-12 >= 9 MW]\n"),
    "amount": ("maximize fleet_it_power at 2028-12", "capital: {limit: 900 MUSD}\n"),
    "date": ("'minimize date of fleet_it_power >= 12 MW'", "capital: {limit: 1500 MUSD}\n"),
    "energy": ("maximize sold_energy", "capital: {limit: 600 MUSD}\n"),
}


@pytest.mark.parametrize("case", CASES)
def test_small_plans_equal_enumeration(tmp_path, case):
    objectives, more = CASES[case]
    plan = load_small(tmp_path, objectives, more).plan
    answer = run(plan, EXACT)
    every = enumerate_plans(plan)
    sign = plan.objectives[0].sign
    best = max(sign * scores[0] for scores, _, _ in every)
    assert answer.status == "proved"
    size = answer.points[0].simulation.turnover if case in ("npv", "funding", "capital") else abs(best)
    assert sign * answer.points[0].simulation.scores[0] == pytest.approx(best, rel=1e-6, abs=1e-6 * size)
    if case in ("amount", "date"):  # among equals, the best net present value
        equal = [npv for scores, npv, _ in every if sign * scores[0] >= best - 1e-6 * abs(best)]
        assert answer.points[0].simulation.npv == pytest.approx(max(equal), rel=1e-6)


def test_a_plan_with_tax_and_a_long_loan_equals_enumeration(tmp_path):
    plan = load_small(tmp_path, end="2028-01", overrides=tuple(f"{name}={value}" for name, value in OWNED.items())).plan
    answer = run(plan, EXACT)
    assert answer.status == "proved"
    assert answer.points[0].simulation.npv == pytest.approx(max(npv for _, npv, _ in enumerate_plans(plan)), rel=1e-9)


def test_modules_equal_enumeration(tmp_path):
    module = (
        "  factory: {limits: nodes, products: bus, module: 60 1/year, cost: 30 MUSD, lead: 0.5 year, "
        "ramp: [50 %, 100 %], at_most: 2, source: test}\n"
    )
    study = load_small(tmp_path, grid="0 MW")
    path = tmp_path / "small.yaml"
    text = path.read_text()
    path.write_text(text.replace("objectives:", module + "objectives:"))
    plan = type(study).load(path).plan
    answer = run(plan, EXACT)
    every = enumerate_plans(plan)
    assert answer.points[0].simulation.npv == pytest.approx(max(npv for _, npv, _ in every), rel=1e-9)
    assert answer.points[0].decisions.modules["factory"].sum() >= 1


def test_infeasible_if_and_only_if_enumeration_finds_none(tmp_path):
    for limit in (16, 30):
        plan = load_small(tmp_path, more=f"constraints: [fleet_it_power at 2028-12 >= {limit} MW]\n").plan
        answer = run(plan, EXACT)
        assert (answer.status == "infeasible") == (not enumerate_plans(plan))


@pytest.mark.slow
def test_frontier_equals_enumeration(tmp_path):
    plan = load_small(tmp_path, "maximize npv, minimize peak_funding").plan
    answer = run(plan, PlanSettings(gap=1e-3))
    every = np.array([(scores[0], -scores[1]) for scores, _, _ in enumerate_plans(plan)])
    found = np.array([(p.simulation.scores[0], -p.simulation.scores[1]) for p in answer.points])
    assert answer.status == "proved"
    spans = np.ptp(every, axis=0)
    for point in found:  # none is dominated by more than rounding
        assert not ((every >= point - 1e-6 * spans).all(axis=1) & (every > point + 1e-3 * spans).any(axis=1)).any()
    assert found[:, 0].max() == pytest.approx(every[:, 0].max(), rel=1e-9)


HALLS = """\
horizon: {start: 2027-01, end: 2029-01, period: half-year}
parameters: {discount_rate: 8 %/year, compute_price: 40 USD/kWh, service_life: 3 year}
products:
  hall:
    architecture: terrestrial
    at_most: 3
    parameters: {nodes_per_site: 1, time_to_power: 0 year, accelerator_generations: 1}
supply:
  grid: {limits: facility_load, offered: 13 MW, source: test}
objectives: [maximize npv, maximize fleet_it_power at 2028-12]
"""


def test_a_front_holds_no_plan_that_another_dominates(tmp_path):
    """The end of the most power has the best net present value too."""
    (tmp_path / "halls.yaml").write_text(HALLS, "utf-8")
    plan = PlanStudy.load(tmp_path / "halls.yaml").plan
    every = np.array([scores for scores, _, _ in enumerate_plans(plan)])
    answer = run(plan, PlanSettings(gap=0.01))
    assert [point.simulation.scores for point in answer.points] == [pytest.approx(every.max(axis=0), rel=1e-9)]


#: Tax, and a loan that is paid back seven years after the accelerators are retired.
OWNED = {"tax_rate": 0.21, "debt_share": 0.6, "debt_term": "12 year", "debt_grace": "1 year"}


@pytest.mark.parametrize(
    ("architecture", "more"),
    [
        *((name, {}) for name in ("starlink_bus", "terrestrial", "lunar_pole", "gpu_on_panel")),
        *((name, OWNED) for name in ("starlink_bus", "terrestrial")),
    ],
)
def test_one_purchase_is_the_static_campaign(tmp_path, architecture, more):
    """All stacks of a static campaign of half a year, bought in one period: the same npv."""
    size = more | ({"sites": 5} if architecture == "terrestrial" else {"launch_cadence": "10 1/year"})
    dates = {"campaign_duration": "0.5 year", "time_to_power": "0.5 year"}
    static = Study(
        name="static",
        architecture=architecture,
        parameters={**size, **dates},
        objectives=["maximize npv"],
        engine={"name": "sweep"},
    )
    keys = ", ".join(f"{name}: {value}" for name, value in {**size, **dates}.items())
    path = tmp_path / "one.yaml"
    path.write_text(
        "horizon: {start: 2027-01, end: 2028-01, period: half-year}\n"
        f"products: {{it: {{architecture: {architecture}, parameters: {{{keys}}}, at_most: 5}}}}\n"
        "objectives: [maximize npv]\n"
    )
    plan = PlanStudy.load(path).plan
    bought = Decisions({"it": np.array([0.0, 5.0])}, {}, {})
    simulator = Simulator(plan, Coefficients(plan).periods)
    done = simulator.simulate(bought)
    assert done.npv == pytest.approx(static.base_evaluation["npv"], rel=1e-6)
    for kind in RETURNS:
        value = simulator.value(Goal(kind, kind, "1"), done, bought)
        assert value == pytest.approx(static.base_evaluation[kind], rel=1e-6, nan_ok=True)


def test_progress_of_a_solve_is_bounds_and_plans(tmp_path):
    """What is told last is what is found; no bound that is told is below it."""
    solver = PlanSolver(load_small(tmp_path, more="capital: {limit: 700 MUSD}\n").plan, 1e-6)
    told = []
    solver.watch = lambda bound, found, _: told.append((bound, found))
    best = solver.maximize(0, {}, time.monotonic() + 60).scores[0] / solver.program.money
    assert told
    assert all(bound >= best - 1e-6 * abs(best) and found <= best + 1e-6 * abs(best) for bound, found in told)
    assert told[-1] == pytest.approx((best, best), rel=1e-6)


def test_two_solvers_agree(tmp_path):
    plan = load_small(tmp_path, more="constraints: [fleet_it_power at 2028-12 >= 14 MW]\n").plan
    answer = run(plan, EXACT)
    score = answer.points[0].simulation.scores
    ((value, bound),) = prove_again(plan, [score], 1e-6, 60.0)
    assert value == pytest.approx(score[0], rel=1e-5)
    assert bound == pytest.approx(score[0], rel=1e-5)


def test_an_interrupted_second_proof_records_nothing(tmp_path, monkeypatch):
    """SCIP takes the signal itself, and returns a plan and a bound."""
    plan, solve = load_small(tmp_path).plan, PlanSolver._run_scip

    def interrupted(solver, deadline):
        end = solve(solver, deadline)
        solver.is_interrupted = True
        return end

    monkeypatch.setattr(PlanSolver, "_run_scip", interrupted)
    with pytest.raises(KeyboardInterrupt):
        prove_again(plan, [(0.0,)], 1e-3, 60.0)


@pytest.mark.parametrize(
    ("objectives", "more", "is_met"),
    [
        ("minimize peak_funding, maximize fleet_it_power at 2027-06", "", True),
        ("maximize fleet_it_power at 2027-06", "", True),
        ("maximize npv", "constraints: [fleet_it_power at 2027-06 >= 1 MW]\n", False),
    ],
)
def test_scip_takes_rows_without_variables(tmp_path, objectives, more, is_met):
    """Nothing is in service in the first half-year, so that power then is a number."""
    plan = load_small(tmp_path, objectives, more, end="2028-01", launches="0 1/year").plan
    found = PlanSolver(plan, 1e-3, "scip").maximize(0, {1: 0.0} if "peak" in objectives else {}, time.monotonic() + 60)
    assert (found is not None) == is_met


@pytest.mark.slow
def test_workers_find_the_same_front(tmp_path):
    plan = load_small(tmp_path, "maximize npv, minimize peak_funding").plan
    one, two = run(plan, PlanSettings(gap=0.01)), run(plan, PlanSettings(gap=0.01), workers=2)
    assert two.status == "proved"
    assert one.points[0].simulation.npv == pytest.approx(two.points[0].simulation.npv, rel=1e-9)


def test_sales_follow_the_tiers(tmp_path):
    """Two tiers: what is above the first earns the price of the second; a free market earns more."""
    market = "market: {tiers: [{up_to: 3 MW}, {price: 50 %}]}\n"
    open_market = run(load_small(tmp_path).plan, EXACT).points[0].simulation
    plan = load_small(tmp_path, more=market).plan
    answer = run(plan, EXACT)
    point = answer.points[0]
    assert point.simulation.npv < open_market.npv
    # By hand: in each period the best-paying power fills the first tier.
    c = Coefficients(plan)
    earned = np.zeros(c.periods)
    for t in range(c.periods):
        rows = []
        for name, units in point.decisions.units.items():
            power, revenue = c.flows[name].power[:, t] * units, c.flows[name].revenue[0, :, t] * units
            rows += [(r / w, w) for w, r in zip(power, revenue, strict=True) if w > 0]
        left = 3e6
        for price, power in sorted(rows, reverse=True):
            full = min(power, left)
            left -= full
            earned[t] += price * (full + 0.5 * (power - full))
    np.testing.assert_allclose(point.simulation.earned, earned, rtol=1e-5, atol=1)


def test_what_is_sold_at_half_the_price_pays_half_the_tax(tmp_path):
    """Twice the list price in a tier of half of it is the list price without tiers; unsold power owes no tax."""

    def load(price, more=""):
        values = {**OWNED, "nodes_per_site": 1, "time_to_power": "0 year", "compute_price": f"{price} USD/kWh"}
        keys = ", ".join(f"{name}: {value}" for name, value in values.items())
        path = tmp_path / "taxed.yaml"
        path.write_text(
            "horizon: {start: 2027-01, end: 2028-01, period: year}\n"
            f"products: {{hall: {{architecture: terrestrial, parameters: {{{keys}}}, at_most: 1}}}}\n"
            "objectives: [maximize npv]\n" + more
        )
        return PlanStudy.load(path).plan

    half = "market: {tiers: [{price: 50 %}]}\n"
    plain, sold = (run(each, EXACT).points[0] for each in (load(4), load(8, half)))
    assert sold.decisions.units["hall"].tolist() == [1.0]
    assert sold.simulation.npv == pytest.approx(plain.simulation.npv, rel=1e-6)
    np.testing.assert_allclose(sold.simulation.paid, plain.simulation.paid, rtol=1e-6, atol=1)
    nothing = replace(sold.decisions, sales={"hall": 0 * sold.decisions.sales["hall"]})
    unsold, worthless = (
        Simulator(plan, len(sold.simulation.paid)).simulate(nothing).npv for plan in (load(8, half), load(0.001, half))
    )
    assert unsold == pytest.approx(worthless, rel=1e-9)


@pytest.mark.parametrize("change", ["units", "early", "part", "capital", "grid", "sales"])
def test_a_plan_that_breaks_a_limit_is_refused(tmp_path, change):
    more = "capital: {limit: 2 GUSD}\nmarket: {tiers: [{up_to: 3 MW}, {price: 50 %}]}\n"
    plan = load_small(tmp_path, more=more).plan
    answer = run(plan, EXACT)
    decisions = answer.points[0].decisions
    units, sales = {n: x.copy() for n, x in decisions.units.items()}, {n: x.copy() for n, x in decisions.sales.items()}
    simulator = Simulator(plan, answer.periods)
    if change == "units":
        units["bus"][1] += 10
    elif change == "early":
        units["hall"][0] = 1
    elif change == "part":
        units["bus"][1] -= 0.5
    elif change == "capital":
        simulator = Simulator(replace(plan, capital=1e6), answer.periods)
    elif change == "grid":
        units["hall"][3] += 2
    else:
        sales["bus"][0, 0] += 1
    with pytest.raises(Unverified):
        simulator.simulate(Decisions(units, decisions.modules, sales))


def test_shadow_prices_are_what_one_more_adds(tmp_path):
    """With fractions of units, the price of a launch is the slope of the optimum."""
    keys = ("bus.whole=false", "hall.whole=false")
    plan = load_small(tmp_path, overrides=keys).plan
    answer = run(plan, EXACT)
    price = next(p for p in answer.prices if p.supply == "launches" and p.period == 2)
    launches = plan.supplies[0]
    step = 0.01
    more = launches.offered.copy()
    more[2] += step
    raised = replace(plan, supplies=(replace(launches, offered=more), *plan.supplies[1:]))
    gain = run(raised, EXACT).points[0].simulation.npv - answer.points[0].simulation.npv
    assert price.price == pytest.approx(gain / step, rel=1e-3)


def test_a_floor_of_zero_has_room(tmp_path):
    """That of no money spent: rounding must not cut off what meets it exactly."""
    solver = PlanSolver(load_small(tmp_path, "maximize npv, minimize peak_funding", end="2028-01").plan, 1e-6)
    found = solver.maximize(0, {1: 0.0}, time.monotonic() + 60)
    (floor,) = solver.program.model.floors.values()
    assert found is not None
    assert -1e-8 < floor.lower() < 0


def test_what_nothing_limits_is_refused(tmp_path):
    path = tmp_path / "free.yaml"
    path.write_text(
        "horizon: {start: 2027, end: 2028}\nproducts: {it: {architecture: starlink_bus}}\nobjectives: [maximize npv]\n"
    )
    with pytest.raises(UserError, match="nothing limits how many units of it") as caught:
        run(PlanStudy.load(path).plan, EXACT)
    assert caught.value.path == ("products", "it")


def test_what_depends_on_the_campaign_is_a_date_or_kept():
    """No equation reads the duration of a campaign but those of money over time, and those that a plan keeps."""
    dated = {module.__name__ for module in (cash, present_value, returns, revenue)}
    for arch in Library.shipped().architectures.values():
        for eq in arch.model:
            if isinstance(eq, Root | Extreme | AtZero):
                continue  # of the same equations
            if "campaign_duration" in eq.inputs and eq.function.__module__ not in dated:
                assert eq.name in OF_THE_CAMPAIGN


def test_dates_before_the_earliest_are_priced_where_what_is_missing_is_worth_most(tmp_path):
    """Against every way to offer the two launches that are missing in one period or in two."""
    falling = "timelines: {launch_specific_price: {2027-01: 9000 USD/kg, 2028-01: 500 USD/kg}}\n"
    study = load_small(tmp_path, "maximize npv, minimize date of launches >= 3", falling, end="2029-07")
    supply = replace(study.plan.supplies[0], offered=np.array([1.0, 0.0, 0.0, 2.0, 0.0]))
    plan = replace(study.plan, supplies=(supply, *study.plan.supplies[1:]))
    answer = run(plan, EXACT)
    (earliest,) = {point.simulation.scores[1] for point in answer.points}
    (date,) = (each for each in answer.earlier if each.period == earliest - 2)  # a year
    (way,) = (way for way in date.ways if way.npv is not None)
    (short,) = way.shortages
    assert (short.name, short.alone, short.amount) == ("launches", True, pytest.approx(2.0))
    goal = Goal("in service", "launches", "1", "launches", period=date.period)
    asked = replace(plan, objectives=plan.objectives[:1], constraints=(PlanConstraint(goal, ">=", 3.0, "target"),))
    found = {}
    for places in itertools.combinations_with_replacement(range(2), 2):  # later is too late
        more = np.bincount(places, minlength=5)
        offered = replace(supply, offered=supply.offered + more)
        best = run(replace(asked, supplies=(offered, *plan.supplies[1:])), EXACT)
        if best.points:
            found[tuple(more)] = best.points[0].simulation.npv
    assert len(found) == 3
    assert way.npv == pytest.approx(max(found.values()), rel=1e-3)
    assert tuple(np.round(short.parts)) == max(found, key=found.__getitem__)


def test_a_date_before_the_earliest_on_which_the_solver_gives_up_is_left_out_with_a_note(tmp_path, monkeypatch):
    plan = load_small(tmp_path, "maximize npv, minimize date of launches >= 3", end="2029-07").plan
    whole = run(plan, EXACT)
    real = earlier.explain

    def explain(asked, *rest, **options):
        if asked.constraints[-1].text == whole.earlier[0].target:
            raise TimeoutError
        return real(asked, *rest, **options)

    monkeypatch.setattr(earlier, "explain", explain)
    answer = run(plan, EXACT)
    label = plan.horizon.label(whole.earlier[0].period)
    assert answer.status == "proved"
    assert answer.earlier == whole.earlier[1:]
    assert answer.notes == (*whole.notes, f"what the end of {label} would take is not known: the solver gave up")


def test_dates_before_the_earliest_end_at_limits_of_nodes_and_not_of_time(tmp_path, monkeypatch):
    """A solve that a limit ends tells nothing; only the deadline of the run stops it."""
    plan = load_small(tmp_path, "maximize npv, minimize date of launches >= 3", end="2029-07").plan
    ends = []
    real = explanation.run_highs

    def give_up(solver, *args):
        ends.append(solver.highs_options["mip_max_nodes"])
        return replace(real(solver, *args), status="limit")

    monkeypatch.setattr(explanation, "run_highs", give_up)
    answer = run(plan, EXACT)
    assert (answer.status, answer.earlier) == ("proved", ())
    assert ends == [explanation.NODES] * len(answer.notes)
    now = iter([time.monotonic(), math.inf])
    monkeypatch.setattr(engine, "time", SimpleNamespace(monotonic=now.__next__))
    assert run(plan, EXACT).status == "stopped"
