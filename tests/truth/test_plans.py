"""What the shipped plans say of the claims of the field that are about time."""

from __future__ import annotations

import math

import pytest
from common import STUDIES

from sunfront.engines.plan.engine import run
from sunfront.study.plan_study import PlanStudy

RAMP = STUDIES / "plans" / "gigasat_ramp.yaml"


@pytest.mark.parametrize("path", sorted((STUDIES / "plans").glob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_plans_are_valid_and_their_supplies_have_sources(path):
    study = PlanStudy.load(path)
    assert all(supply.source for supply in study.plan.supplies)


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
    assert [s.name for s in answer.earlier if s.kind == "supply"] == ["launches"]
    npv = [p.simulation.npv for p in answer.points]
    assert npv == sorted(npv, reverse=True)  # each earlier date costs more


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
