"""Plans with the best return: against enumeration, a second solver, and what has none."""

from __future__ import annotations

import math
from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
from plans import enumerate_plans, enumerate_simulations, load_small

from sunfront.engines.checkpoint import KeptFile
from sunfront.engines.plan import engine, returns
from sunfront.engines.plan.claims import NPV
from sunfront.engines.plan.engine import is_confirmed, prove_again, run
from sunfront.engines.plan.settings import PlanSettings
from sunfront.engines.plan.simulator import YEAR
from sunfront.engines.plan.solver import PlanSolver
from sunfront.errors import SolverFailure, StudyError, UserError
from sunfront.problem.front import non_dominated
from sunfront.problem.plan import at_rate
from sunfront.study.plan_study import PlanStudy

CLOSE = PlanSettings(gap=1e-4)
FRONT = PlanSettings(gap=0.02)


@pytest.mark.parametrize("end", ["2028-01", pytest.param("2028-07", marks=pytest.mark.long)])
def test_the_best_rate_of_return_is_where_no_plan_has_more_than_nothing(tmp_path, end):
    """By enumeration at the rate that is proved; below what is found, the plan itself has some."""
    plan = load_small(tmp_path, "maximize irr", end=end).plan
    answer = run(plan, CLOSE)
    ((rate,), bound) = answer.points[0].simulation.scores, answer.gap.bound
    assert answer.status == "proved"
    assert bound == pytest.approx(rate, rel=1e-4)
    for value, has_more in ((bound, False), (rate * (1 - 1e-6), True)):
        every = enumerate_plans(replace(at_rate(plan, value), objectives=(NPV,)))
        assert (max(npv for _, npv, _ in every) > 1.0) == has_more
    ((_, again),) = prove_again(plan, [(rate,)], 1e-3, 60.0)
    assert again == pytest.approx(rate, rel=1.1e-3)


@pytest.mark.parametrize("more", ["", "constraints: [facility_load at 2028-06 >= 5 MW]\n"])
def test_the_best_return_on_what_is_invested_equals_enumeration(tmp_path, more):
    """With a hall that must be bought, too."""
    plan = load_small(tmp_path, "maximize roi", more, end="2028-07").plan
    answer = run(plan, CLOSE)
    (score,) = answer.points[0].simulation.scores
    best = max(scores[0] for scores, _, _ in enumerate_plans(plan))
    assert answer.status == "proved"
    assert score == pytest.approx(best, rel=1e-4)
    assert answer.gap.bound >= best * (1 - 1e-9)


@pytest.mark.parametrize(
    ("objectives", "end"),
    [
        ("maximize roi, minimize peak_funding", "2028-01"),
        pytest.param("maximize roi, maximize npv", "2028-07", marks=pytest.mark.long),
        pytest.param("maximize roi, minimize date of fleet_it_power >= 3 MW", "2028-07", marks=pytest.mark.long),
        pytest.param("maximize irr, minimize peak_funding", "2028-07", marks=pytest.mark.long),
        pytest.param("maximize irr, maximize roi, maximize npv", "2028-07", marks=pytest.mark.long),
        pytest.param("maximize roi, maximize irr", "2028-07", marks=pytest.mark.long),
    ],
)
def test_a_front_of_a_return_equals_enumeration(tmp_path, objectives, end):
    """Every plan that is listed is one of the best; none exceeds a bound; SCIP confirms each."""
    overrides = (f"objectives=[{objectives}]",)
    plan = load_small(tmp_path, end=end, overrides=overrides).plan
    answer = run(plan, FRONT)
    assert answer.status == "proved"
    every = enumerate_simulations(plan)
    signs = [o.sign for o in plan.objectives]
    for decisions, simulation in every:
        engine.measure(plan, [engine.PlanPoint(decisions, simulation)], answer.certificate)  # raises beyond a bound
    scores = np.array(signs) * [simulation.scores for _, simulation in every]
    best = scores[non_dominated(scores)]
    found = np.array(signs) * [p.simulation.scores for p in answer.points]
    for point in found:
        assert np.isclose(best, point, rtol=1e-6).all(axis=1).any()
    for i in range(len(signs)):
        assert found[:, i].max() == pytest.approx(best[:, i].max(), rel=1e-4)
    proved = prove_again(plan, [tuple(x) for x in found], 1e-3, 60.0)
    for point, (_, bound) in zip(answer.points, proved, strict=True):
        assert is_confirmed(plan, point, bound, 1e-3, FRONT.gap, answer.certificate)


LOW = """horizon: {{start: 2027-01, end: 2028-01, period: half-year}}
parameters: {{node_learning_rate: 0, launch_cadence: 4 1/year}}
products:
  bus: {{architecture: starlink_bus, presets: {presets}, parameters: {{compute_price: 15.81104 USD/kWh}}, at_most: 2}}
  other: {{architecture: starlink_bus, presets: {presets}, parameters: {{compute_price: 13.18 USD/kWh}}, at_most: 1}}
supply: {{launches: {{limits: launches, offered: 4 1/year, source: test}}}}
objectives: [maximize irr]
"""


def test_no_plan_has_more_than_a_trial_bounds_at_a_rate_near_zero(tmp_path, monkeypatch):
    """By enumeration. The npv of a small rate is small: less than what a solve at a large rate may leave."""
    path = tmp_path / "low.yaml"
    path.write_text(LOW.format(presets="[claimed_2026, ai1_satellite, launch_at_cost]"), "utf-8")
    plan = PlanStudy.load(path).plan
    best = max(scores[0] for scores, _, _ in enumerate_plans(plan))
    assert 0 < best * YEAR < 0.01
    bounds, solve = [], returns.Trials.at

    def noted(trials, value, *more):
        trial = solve(trials, value, *more)
        bounds.extend([value + trials.room(value)] if trial.has_no_more else [])
        return trial

    monkeypatch.setattr(returns.Trials, "at", noted)
    answer = run(plan, PlanSettings(gap=0.05))
    assert answer.status == "proved"
    assert min(bounds) >= best * (1 - 1e-9)


@pytest.mark.parametrize("kind", [pytest.param("irr", marks=pytest.mark.long), "roi"])
def test_a_product_that_is_very_much_larger_hides_nothing(tmp_path, kind):
    """By enumeration: halls of 90 000 GUSD, in which HiGHS counts, beside a launch of satellites that return more."""
    large = ("hall.nodes_per_site=300000", "bus.compute_price=60 USD/kWh")
    plan = load_small(tmp_path, f"maximize {kind}", end="2028-01", grid="9000000 MW", overrides=large).plan
    answer = run(plan, CLOSE)
    best = max(scores[0] for scores, _, _ in enumerate_plans(plan))
    assert answer.status == "proved"
    assert answer.points[0].simulation.scores[0] == pytest.approx(best, rel=1e-4)
    assert best * (1 - 1e-9) <= answer.gap.bound <= best * (1 + 1e-3)


HALLS = """horizon: {{start: 2027-01, end: 2029-01, period: year}}
parameters: {{discount_rate: 8 %/year{debt}}}
products:
  hall: {{architecture: terrestrial, at_most: 1, parameters: {{
    nodes_per_site: 1, time_to_power: 0.5 year, compute_price: {price} USD/kWh}}}}
  soon: {{architecture: terrestrial, at_most: 1, parameters: {{
    nodes_per_site: 1, time_to_power: 0.25 year, compute_price: {of_soon} USD/kWh}}}}
supply: {{grid: {{limits: facility_load, offered: 100 MW, source: test}}}}
objectives: [maximize {kind}]
{tiers}
"""

STORED = """horizon: {{start: 2027-01, end: 2030-01, period: year}}
products:
  bus: {{architecture: starlink_bus, presets: [claimed_2026, ai1_satellite], at_most: 2, store: {{building: factory}},
    parameters: {{
      compute_price: 12 USD/kWh, node_learning_rate: 0, launch_cadence: 4 1/year, development_cost: 0 USD}}}}
timelines:
  accelerator_price: {{2027-01: 20000 USD, 2027-12: 20000 USD, 2028-01: 90000 USD, 2030-01: 90000 USD}}
  launch_price: {{2027-01: 300 MUSD, 2028-10: 300 MUSD, 2028-11: 5 MUSD, 2030-01: 5 MUSD}}
supply: {{factory: {{limits: accelerators, offered: 100000 1/year, source: test}}}}
objectives: [maximize {kind}]
"""

DEBT = {"debt": ", debt_share: 80 %, debt_term: 10 year", "price": 20, "of_soon": 19.74, "tiers": ""}
DUMPED = {"debt": "", "price": 400, "of_soon": 395, "tiers": "market: {tiers: [{price: 2 %}]}"}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (HALLS, {"kind": "roi", **DEBT}),
        (HALLS, {"kind": "irr", **DUMPED}),
        pytest.param(STORED, {"kind": "irr"}, marks=pytest.mark.long),
    ],
    ids=["flows above what the owners invest", "revenue above what is sold", "what only a store makes pay"],
)
def test_no_plan_has_more_than_the_bound(tmp_path, text, values):
    """By enumeration, where a second plan is nearly as good or alone earns."""
    path = tmp_path / "near.yaml"
    path.write_text(text.format(**values), "utf-8")
    plan = PlanStudy.load(path).plan
    answer = run(plan, PlanSettings(gap=0.01))
    best = max(scores[0] for scores, _, _ in enumerate_plans(plan))
    assert answer.status == "proved"
    assert best * (1 - 1e-9) <= answer.gap.bound <= best * 1.011
    assert answer.points[0].simulation.scores[0] == pytest.approx(best, rel=0.01)


def test_a_limit_on_npv_holds_at_the_rate_of_the_plan(tmp_path):
    """By enumeration: of the plans with so much npv, that with the best rate; without the limit another is better."""
    most = run(load_small(tmp_path, end="2028-01").plan, CLOSE).points[0].simulation.npv
    free = run(load_small(tmp_path, "maximize irr", end="2028-01").plan, CLOSE).points[0].simulation
    limit = (free.npv + most) / 2
    plan = load_small(tmp_path, "maximize irr", f"constraints: [npv >= {limit / 1e6} MUSD]\n", end="2028-01").plan
    answer = run(plan, CLOSE)
    found = answer.points[0].simulation
    assert answer.status == "proved"
    assert free.npv < limit <= found.npv * (1 + 1e-9)
    best = max(scores[0] for scores, _, _ in enumerate_plans(plan))
    assert found.scores[0] == pytest.approx(best, rel=1e-4)
    assert best * (1 - 1e-9) <= answer.gap.bound < free.scores[0]
    ((_, again),) = prove_again(plan, [found.scores], 1e-3, 60.0)
    assert is_confirmed(plan, answer.points[0], again, 1e-3, CLOSE.gap)


@pytest.mark.parametrize("objective", ["maximize irr", "maximize roi, minimize peak_funding"])
def test_trials_are_kept(tmp_path, objective):
    """What a run before has solved is not solved again, and the answer is the same; of a front too."""
    plan = load_small(tmp_path, objective, end="2028-01").plan
    kept = KeptFile(tmp_path / "solves.jsonl", "a run")
    first = run(plan, CLOSE, kept=kept)
    with patch.object(PlanSolver, "_solve", side_effect=AssertionError("solved again")):
        again = run(plan, CLOSE, kept=kept)
    assert [p.simulation.scores for p in again.points] == [p.simulation.scores for p in first.points]
    assert (again.certificate, again.gap) == (first.certificate, first.gap)


def test_plans_that_only_lose_money_have_no_rate_of_return(tmp_path):
    lossy = load_small(
        tmp_path, "maximize irr", end="2028-01", grid="0 MW", overrides=("bus.compute_price=0.1 USD/kWh",)
    )
    answer = run(lossy.plan, CLOSE)
    point = answer.points[0]
    assert (answer.status, answer.gap, answer.notes) == ("proved", None, returns.LOSS)
    assert point.simulation.scores == (-math.inf,)
    assert not any(units.any() for units in point.decisions.units.values())
    ((_, again),) = prove_again(lossy.plan, [point.simulation.scores], 1e-3, 60.0)
    assert is_confirmed(lossy.plan, point, again, 1e-3, CLOSE.gap)
    assert not is_confirmed(lossy.plan, point, math.inf, 1e-3, CLOSE.gap)
    must = load_small(tmp_path, "maximize irr", "constraints: [launches at 2028-06 >= 9]\n", end="2028-07")
    assert run(must.plan, CLOSE).status == "infeasible"


def test_a_best_return_on_what_is_invested_that_is_a_loss_is_told(tmp_path):
    cheap = ("bus.compute_price=0.1 USD/kWh", "hall.compute_price=1 USD/kWh")
    must = "constraints: [fleet_it_power at 2027-12 >= 1 MW]\n"
    for more, note in (("", returns.LOSS), (must, returns.LOSS_OF_ALL)):
        answer = run(load_small(tmp_path, "maximize roi", more, end="2028-01", overrides=cheap).plan, CLOSE)
        assert (answer.status, answer.notes) == ("proved", note)
        assert -1.0 < answer.points[0].simulation.scores[0] < 0.0


def test_trials_that_do_not_suffice_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr(returns, "TRIALS", 1)
    answer = run(load_small(tmp_path, "maximize roi", end="2028-01").plan, CLOSE)
    assert (answer.status, answer.notes) == ("stopped", ("the trials of roi did not suffice for the gap",))


def _ending(end):
    def ends(*_, **__):
        raise end

    return ends


@pytest.mark.parametrize("end", [TimeoutError(), KeyboardInterrupt()], ids=["time", "interruption"])
def test_an_end_before_the_front_has_a_plan_leaves_that_of_the_best_return(tmp_path, monkeypatch, end):
    monkeypatch.setattr(engine, "trace_ever_tighter", _ending(end))
    plan = load_small(tmp_path, "maximize roi, minimize peak_funding", end="2028-01").plan
    answer = run(plan, FRONT)
    (point,) = answer.points
    assert (answer.status, answer.gap, answer.notes[-1:]) == ("stopped", None, engine.NO_ENDS)
    best = max(scores[0] for scores, _, _ in enumerate_plans(plan))
    assert point.simulation.scores[0] == pytest.approx(best, rel=FRONT.gap)


def test_trials_end_as_a_value_repeats_or_as_time_does(tmp_path, monkeypatch):
    values, limit, solve = [], [], returns.Trials.at

    def noted(trials, value, *more):
        values.append(value)
        if len(values) > limit[0]:
            raise TimeoutError
        return replace(solve(trials, value, *more), has_no_more=False)

    monkeypatch.setattr(returns.Trials, "at", noted)
    plan = load_small(tmp_path, "maximize roi", end="2028-01").plan
    for most, note in (
        (99, "the trials of roi did not suffice for the gap"),
        (1, "stopped before the trials of roi reached the gap"),
    ):
        values[:], limit[:] = [], [most]
        answer = run(plan, CLOSE)
        assert (answer.status, answer.gap, answer.notes) == ("stopped", None, (note,))
        assert len(set(values)) == len(values) < 9


def test_an_interruption_while_what_is_missing_is_sought_leaves_an_answer(tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "explain", _ending(KeyboardInterrupt()))
    must = load_small(tmp_path, "maximize roi", "constraints: [launches at 2027-12 >= 9]\n", end="2028-01")
    answer = run(must.plan, CLOSE)
    assert (answer.status, answer.notes) == ("infeasible", ("stopped before it was known what is missing",))


def test_a_rate_beyond_all_rates_is_told_as_such(tmp_path):
    """A hall on debt needs some money, and earns it back within months."""
    on_debt = (
        "debt_share=95 %",
        "debt_rate=6 %/year",
        "debt_term=4 year",
        "debt_grace=1 year",
        "deployment_delay=0 year",
    )
    overrides = tuple(f"hall.{each}" for each in on_debt)
    plan = load_small(tmp_path, "maximize irr", end="2029-01", launches="0 1/year", overrides=overrides).plan
    with pytest.raises(SolverFailure, match="has an irr above 1000 %/year; maximize npv instead"):
        run(plan, CLOSE)


@pytest.mark.parametrize(
    ("objectives", "more", "overrides", "message"),
    [
        ("minimize peak_funding, maximize irr", "", (), "write it first"),
        ("minimize roi", "", (), "write 'maximize roi'"),
        ("maximize npv, maximize npv", "", (), "an objective is given twice"),
        ("maximize irr", "", ("bus.learning=launches",), "irr does not go with learning, which bus has"),
        ("maximize roi", "", ("hall.early_retirement=true",), "roi does not go with early_retirement"),
        ("maximize npv", "constraints: [irr >= 15 %/year]\n", (), "irr is an objective, not a limit"),
        ("maximize npv", "constraints: [roi >= 5 %]\n", (), "roi is an objective, .* is an roi of at least 0 %"),
    ],
)
def test_what_returns_do_not_go_with(tmp_path, objectives, more, overrides, message):
    with pytest.raises((StudyError, UserError), match=message):
        load_small(tmp_path, objectives, more, overrides=overrides)
