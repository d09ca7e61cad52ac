"""Pauses in eclipse: fatigue against a published factor, and the choice between cold, warm and riding through."""

from __future__ import annotations

import pytest

import sunfront
from sunfront.runs import runner
from sunfront.study.study import Study

STUDY = """\
architecture: starlink_bus
presets: [layout_between_wings]
parameters: {{nodes_per_launch: 8}}
variables:
  node_array_area: {{low: 500 m^2, high: 1200 m^2}}
  node_radiator_area: {{low: 100 m^2, high: 300 m^2}}
  keep_warm_share: {{choices: [0, 0.1, 0.2, 0.3, 0.5]}}
  wing_offset: {{choices: [2, 5, 8, 12], unit: m}}
objectives: [minimize compute_cost]
engine: {{name: {engine}}}
"""


def at(**values):
    return sunfront.evaluate("starlink_bus", **values)


@pytest.fixture
def solved(tmp_path):
    def solve(engine):
        path = tmp_path / "pauses.yaml"
        path.write_text(STUDY.format(engine=engine), "utf-8")
        return runner.run(Study.load(path), output=tmp_path / engine.partition(",")[0].strip()).front.iloc[0]

    return solve


def test_solder_lasts_as_published():
    """Tin-lead, tested from -40 to 125 C, used from 25 to 75 C: (165 / 50)^1.9 = 9.7 times the cycles by swing."""
    tin_lead = {"fatigue_swing_exponent": 1.9, "fatigue_frequency_exponent": 0.0}
    found, tested = (at(junction_swing=f"{swing} K", **tin_lead)["package_fatigue"] for swing in (50, 165))
    assert tested / found == pytest.approx(9.67, rel=1e-3)


def test_pauses_cost_what_a_review_found():
    """A mean eclipse ends warmer than the longest, at 238 K, and so does a sink with the array in it."""
    cold = at()
    assert 80 < cold["junction_swing"] < 137
    assert 1400 < cold["annual_eclipses"] < 1600
    # Losses of 0.068 a year rise to about 0.1.
    assert 0.09 < cold["attrition_rate"] * cold["year"] - at()["node_loss_rate"] * cold["year"] < 0.13
    lost = at(restart_time="0 min")["availability"] - at(restart_time="3 min")["availability"]
    assert lost == pytest.approx(0.0085, abs=0.0003)


@pytest.mark.slow
def test_between_pausing_cold_and_riding_through_lies_an_optimum(solved):
    """HiGHS proves what enumeration over the options finds: neither cold nor hot."""
    proved = solved("pyomo")
    assert 0 < proved["keep_warm_share"] < 0.5
    assert 2 < proved["wing_offset"] < 12


@pytest.mark.slow
def test_solvers_agree_on_it(solved):
    proved, nonlinear = solved("pyomo"), solved("pyomo, solver: scip")
    assert nonlinear["compute_cost"] == pytest.approx(proved["compute_cost"], rel=2e-3)
    assert nonlinear["keep_warm_share"] == proved["keep_warm_share"]


def test_riding_through_does_not_tire():
    whole = at(battery_share=1.0)
    assert whole["junction_swing"] == pytest.approx(0, abs=1e-9)
    assert whole["pause_failure_rate"] == pytest.approx(0, abs=1e-15)
    assert whole["availability"] == 1
