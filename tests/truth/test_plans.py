"""What the shipped plans say of the claims of the field that are about time."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from common import ROOT, STUDIES
from golden import FOLDER as GOLDEN

from sunfront.cash_flow.learning import Curve
from sunfront.display import format_scaled
from sunfront.engines.plan.engine import PlanAnswer, run
from sunfront.engines.plan.settings import PlanSettings
from sunfront.problem.plan import Plan
from sunfront.report.plan_dates import earliest_dates, price_of_dates
from sunfront.study.plan_study import PlanStudy

PLANS = sorted((STUDIES / "plans").glob("*.yaml"))
RAMP = STUDIES / "plans" / "gigasat_ramp.yaml"


def answer_of(name: str, *lines: str) -> tuple[Plan, PlanAnswer]:
    """Load and run a shipped plan with values as of ``--set``."""
    study = PlanStudy.load(STUDIES / "plans" / f"{name}.yaml", lines)
    return study.plan, run(study.plan, study.engine)


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_shipped_plans_are_valid_and_their_supplies_have_sources(path):
    study = PlanStudy.load(path)
    assert all(supply.source for supply in study.plan.supplies)


def test_the_page_on_plans_says_what_the_goldens_hold():
    """``tests/golden.py`` keeps what each shipped plan yields."""
    told = " ".join((ROOT / "docs" / "plans.md").read_text("utf-8").split())
    goldens = {path.stem: json.loads((GOLDEN / f"{path.stem}.json").read_text("utf-8"))["plan"] for path in PLANS}
    assert {golden["status"] for golden in goldens.values()} == {"proved"}

    def date(name, text):
        label = PlanStudy.load(name).plan.horizon.label
        return label(round(goldens[name]["best"][text]))

    assert date("gigasat_ramp", "date of fleet_it_power added >= 1 GW/year") == "2032Q4"
    assert "it is the end of 2032; launches bind" in told
    ramp = goldens["gigasat_ramp"]
    assert f"costs {ramp['price of a year'] / 1e9:.1f} GUSD more than a year later" in told
    lacks = {date: round(found["launches"]) for date, found in ramp["earlier lacks"].items()}
    assert f"the quarter before lacks {lacks['2032Q3']} of them, the year before too" in told
    assert lacks["2031Q4"] == lacks["2032Q3"]
    years = ", ".join(f"{lacks[f'{year}Q4']}" for year in (2030, 2029, 2028))
    assert f"2030, 2029 and 2028 lack {years} launches" in told
    chips = round(ramp["earlier lacks"]["2027Q4"]["chips"], -2)
    assert f"2027, as announced, {lacks['2027Q4']}, a factory that opens earlier, and {chips:.0f} chips" in told
    assert date("thousand_launches_plan", "date of launches >= 1000") == "2033Q1"
    assert "it is the first quarter of 2033; satellites lose less money than panels" in told
    assert goldens["thousand_launches_plan"]["units"]["panel"] == 0
    start_up = goldens["capital_limited"]
    assert f"at most {start_up['best']['launches at 2033-12']:.0f} of 16 kW in orbit" in told
    assert f"costs its owners {-start_up['npv'] / 1e6:.0f} MUSD" in told
    operator = goldens["ground_then_orbit"]
    assert f"what the ground cannot carry, from {operator['first']['bus'][:4]} on" in told
    (launches,) = map(float, re.findall(r"launches instead of (\d+)", told))
    assert operator["units"]["bus"] == pytest.approx(launches, rel=0.005)  # the gap of the plan
    kept = goldens["refresh_or_replace"]["first"]
    assert "hall_3_years" not in kept
    assert "bus_refreshed" not in kept
    assert {"hall_5_years", "bus_5_years", "bus_7_years"} <= set(kept)
    assert "satellites live five years, a few seven" in told


@pytest.mark.slow
def test_one_gigawatt_a_year_by_the_end_of_2027_lacks_launches_and_satellites():
    """By hand: 1 GW is 320 launches of 26 satellites of 120.28 kW; permits and pads give 12 or 13 up to mid-2027.

    What enters service by the end of 2027 is bought by the third quarter of it, after a quarter of delay: in the year
    to then 0.25 of the last quarter of 2026 is offered, and so on.
    """
    lines = ("objectives=maximize npv", "constraints=fleet_it_power added at 2027-12 >= 1 GW/year")
    plan = PlanStudy.load(RAMP, lines).plan
    answer = run(plan, PlanStudy.load(RAMP).engine)
    assert answer.status == "infeasible"
    short = {s.name: s for s in answer.shortages if s.kind == "supply"}
    needed = math.ceil(1e9 / (26 * 62 * 1940))
    offered = plan.supplies[0].offered[1:5]  # 2026Q4 to 2027Q3, whose purchases enter service in 2027
    whole = sum(math.floor(x) for x in offered)
    assert needed - offered.sum() - 1 <= short["launches"].amount <= needed - whole + 1
    assert short["launches"].when == ("2026Q4", "2027Q3")
    assert not short["launches"].alone
    assert "factory" in short


@pytest.mark.slow
def test_earliest_gigawatt_a_year_is_bound_by_launches():
    answer = run(PlanStudy.load(RAMP).plan, PlanStudy.load(RAMP).engine)
    assert answer.status == "proved"
    plan = PlanStudy.load(RAMP).plan
    first = min(p.simulation.scores[1] for p in answer.points)
    assert plan.horizon.label(round(first)) == "2032Q4"
    npv = [p.simulation.npv for p in answer.points]
    assert npv == sorted(npv, reverse=True)  # each earlier date costs more
    labels = ("2032Q3", *(f"{year}Q4" for year in range(2031, 2026, -1)))
    assert tuple(plan.horizon.label(date.period) for date in answer.earlier) == labels
    needed, whole = math.ceil(1e9 / (26 * 62 * 1940)), np.floor(plan.supplies[0].offered)
    worths = []
    for date in answer.earlier[:5]:  # launches alone are short, by hand; chips and a factory are there
        (short, *_), worth = next((way.shortages, way.npv) for way in date.ways if way.npv is not None)
        assert short.name == "launches"
        offered = plan.supplies[0].offered[date.period - 4 : date.period]
        assert needed - offered.sum() - 1 <= short.amount <= needed - whole[date.period - 4 : date.period].sum() + 1
        worths.append(worth)
    assert worths == sorted(worths, reverse=True)
    assert {s.name for way in answer.earlier[5].ways for s in way.shortages} > {"launches", "factory", "chips"}
    found = SimpleNamespace(study=SimpleNamespace(plan=plan), points=answer.points, text=format_scaled)
    (earliest,) = earliest_dates(found).values()
    assert earliest.startswith("end of 2032Q4, in plan 4 with npv -35.9")
    (told,) = price_of_dates(found).values()
    cost = f"{(npv[0] - npv[-1]) / 1e9:.3f} GUSD"  # the latest date is a year later
    assert told == f"end of 2032Q4 costs {cost} of npv more than end of 2033Q4"


@pytest.mark.slow
def test_orbit_is_bought_once_the_ground_is_short():
    """Without limits of the ground no satellite is bought; with them, the first ones before the end of 2030."""
    path = STUDIES / "plans" / "ground_then_orbit.yaml"
    plan = PlanStudy.load(path).plan
    answer = run(plan, PlanStudy.load(path).engine)
    bought = answer.points[0].decisions.units["bus"].nonzero()[0]
    assert plan.horizon.label(int(bought[0])) == "2030H1"
    free = PlanStudy.load(path, ("grid.offered=20 GW",))
    unlimited = run(free.plan, free.engine).points[0]
    assert unlimited.decisions.units["bus"].sum() == 0
    assert unlimited.simulation.npv > 0


@pytest.mark.long
def test_the_thousandth_launch_is_in_service_in_2033():
    """By hand: what is bought in a quarter is in service two quarters later, for 20 quarters; launches are whole."""
    plan, answer = answer_of("thousand_launches_plan", "objectives=minimize date of launches >= 1000")
    whole = np.floor(plan.supplies[0].offered)
    first = next(q for q in range(plan.horizon.count) if whole[max(q - 21, 0) : q - 1].sum() >= 1000 and q > 1)
    assert answer.points[0].simulation.scores == (first,)
    assert plan.horizon.label(first) == "2033Q1"
    missed = {s.kind: s.amount for way in answer.earlier[0].ways for s in way.shortages}
    assert missed["constraint"] == pytest.approx(1000 - whole[first - 22 : first - 2].sum())


@pytest.mark.slow
def test_a_thousand_launches_of_panels_are_a_sixth_of_what_is_claimed():
    """30 GW are claimed; thousand_launches proves 4.9 GW for a thousand launches, of which 1060 fly in five years."""
    _plan, answer = answer_of("thousand_launches_plan", "objectives=maximize fleet_it_power at 2033-03")
    (power,) = answer.points[0].simulation.scores
    assert power == pytest.approx(1.060 * 4.9e9, rel=0.01)
    assert answer.points[0].decisions.units["bus"].sum() == 0


@pytest.mark.long
def test_exchanging_chips_in_orbit_replaces_nearly_all_that_is_bought_for_one_life():
    """Robots that cost nothing are worth 2.8 of 26 GUSD; without them chips are kept for five years, some for seven."""
    _plan, answer = answer_of("refresh_or_replace", "engine.gap=1 %")
    (point,) = answer.points
    bought = {name: units.sum() for name, units in point.decisions.units.items()}
    assert bought["hall_3_years"] == bought["bus_3_years"] == bought["bus_refreshed"] == 0
    assert bought["bus_5_years"] > bought["bus_7_years"] > 0
    _, served = answer_of("refresh_or_replace", "engine.gap=1 %", "robots.offered=145 1/year")
    (with_robots,) = served.points
    assert with_robots.decisions.units["bus_refreshed"].sum() > 5 * with_robots.decisions.units["bus_5_years"].sum()
    gain = with_robots.simulation.npv - point.simulation.npv
    assert gain == pytest.approx(2.80e9, abs=0.02 * abs(point.simulation.npv))


@pytest.mark.slow
def test_200_musd_are_18_small_satellites_and_no_large_one():
    """Development of the large one alone is 280 MUSD. By hand: 22 % off the average price with each doubling.

    Without learning each small one has the price of a run of four, and the capital carries 12.
    """
    plan, answer = answer_of("capital_limited")
    (point,) = answer.points
    assert answer.status == "proved"
    assert point.simulation.scores == (18,)
    assert point.decisions.units["ai1"].sum() == 0
    assert plan.product("ai1").problem.evaluate({}, ["development_cost"])["development_cost"][0] == 280e6
    assert point.simulation.peak_funding <= 200e6
    curve = Curve(plan.product("small"), "nodes")
    value = curve.bought(4, plan.horizon.begin(4), plan.horizon.length)
    four, all_of_them = curve.total(value * np.array([4.0, 18.0]))
    assert all_of_them / 18 == pytest.approx(four / 4 * 0.78 ** math.log2(18 / 4), rel=0.04)
    without = replace(plan, products=tuple(replace(p, learning=()) for p in plan.products))
    assert run(without, PlanSettings(gap=0.01)).points[0].simulation.scores == (12,)
