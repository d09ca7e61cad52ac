"""What moves a plan most, against plans that are run with the values."""

from __future__ import annotations

import pytest
from plans import load_small

from sunfront.analysis import plan_sensitivity
from sunfront.analysis.plan_sensitivity import plan_movers
from sunfront.engines.plan.engine import run
from sunfront.engines.plan.settings import PlanSettings
from sunfront.errors import UserError
from sunfront.units import si_unit

EXACT = PlanSettings(gap=1e-6)
TIMELINE = "timelines: {electricity_price: {2027-01: 60 USD/MWh, 2029-01: 90 USD/MWh}}\n"
UNCERTAIN = "uncertain: {launches.offered: {uniform: {low: 20 %, high: 120 %}, known: 2027-07}}\n"


@pytest.mark.slow
def test_each_end_is_the_plan_with_that_value(tmp_path, monkeypatch):
    monkeypatch.setattr(plan_sensitivity, "MOST", 3)
    study = load_small(tmp_path, more=TIMELINE + UNCERTAIN, end="2028-07")
    base, movers = plan_movers(study, "bus")
    point = run(study.plan, EXACT).points[0]
    assert base.npv == pytest.approx(point.simulation.npv, rel=2e-4)
    assert base.units["bus"] == point.decisions.units["bus"].sum()
    assert base.first["bus"] == 0
    assert len(movers) == 4
    launches = next(each for each in movers if each.bar.parameter == "launches.offered")
    assert (launches.bar.low, launches.bar.high) == pytest.approx((0.3, 1.1))
    few = load_small(tmp_path, end="2028-07", launches="{2027-01: 0.6 1/year, 2029-01: 1.8 1/year}", more=TIMELINE)
    fewer = run(few.plan, EXACT).points[0]
    assert launches.low.npv == pytest.approx(fewer.simulation.npv, rel=2e-4)
    assert launches.low.units["bus"] == fewer.decisions.units["bus"].sum() < base.units["bus"]
    bar, low = next((each.bar, each.low) for each in movers if "." not in each.bar.parameter)
    value = f"{bar.parameter}={bar.low!r} {si_unit(bar.display_unit)}"
    other = run(load_small(tmp_path, more=TIMELINE, end="2028-07", overrides=(value,)).plan, EXACT)
    assert low.npv == pytest.approx(other.points[0].simulation.npv, rel=2e-4)


def test_a_timeline_is_multiplied(tmp_path):
    plan = load_small(tmp_path, more=TIMELINE, end="2028-07").plan
    before = plan.product("hall").values["electricity_price"]
    changed = plan_sensitivity._set("electricity_price", ("hall",), 2.0, plan, 3.0)
    assert changed.product("hall").values["electricity_price"] == pytest.approx(1.5 * before)
    rate = plan_sensitivity._set("discount_rate", ("hall", "bus"), 1.0, plan, 3e-9)
    assert rate.discount_rate == rate.product("bus").problem.values["discount_rate"] == 3e-9


def test_what_cannot_be_ranked_is_refused(tmp_path):
    with pytest.raises(UserError, match="no product 'buss'"):
        plan_movers(load_small(tmp_path, end="2028-01"), "buss")
    with pytest.raises(UserError, match="cannot be met as it is"):
        plan_movers(load_small(tmp_path, end="2028-01", more="constraints: [launches at 2027-12 >= 99]\n"))
