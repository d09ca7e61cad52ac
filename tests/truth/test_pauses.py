"""Pauses in eclipse: fatigue against a published factor, and the choice between cold, warm and riding through."""

from __future__ import annotations

import pytest
from scipy.integrate import solve_ivp

import sunfront
from sunfront.library.library import Library
from sunfront.runs import runner
from sunfront.study.study import Study

STUDY = """\
architecture: starlink_bus
parameters: {{nodes_per_launch: 8}}
variables:
  node_array_area: {{low: 500 m^2, high: 1200 m^2}}
  node_radiator_area: {{low: 100 m^2, high: 300 m^2}}
  keep_warm_share: {{choices: [0, 0.1, 0.2, 0.3, 0.5]}}
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


def test_fatigue_by_swing_is_a_power_law():
    """(165 / 50)^1.9 = 9.67; 1.9 is the exponent of tin-lead in Norris & Landzberg 1969."""
    tin_lead = {"fatigue_swing_exponent": 1.9, "fatigue_frequency_exponent": 0.0}
    found, tested = (at(junction_swing=f"{swing} K", **tin_lead)["package_fatigue"] for swing in (50, 165))
    assert tested / found == pytest.approx(9.67, rel=1e-3)


@pytest.mark.parametrize(
    ("warm", "valve"), [(0.0, 1.0), (0.15, 1.0), (0.5, 1.0), (0.0, 0.1), (0.02, 0.1), (0.02, 0.02)]
)
def test_the_coolant_cools_as_the_heat_balance_says(warm, valve):
    """Against scipy's integration of C dT/dt = heat - open n e s (T^4 - T0^4): at most 4 K too cold, never too warm."""
    found = at(keep_warm_share=warm, dark_radiator_share=valve)
    parameters = Library.shipped().parameters
    faces = (
        parameters["radiator_sides"].value
        * parameters["radiator_emissivity"].value
        * found["fin_efficiency"]
        * parameters["stefan_boltzmann"].value
    )
    start, sink = parameters["radiator_temperature"].value, found["dark_sink_temperature"]
    heat = warm * faces * (start**4 - sink**4)
    panel = parameters["radiator_heat_capacity"].value - parameters["loop_heat_capacity"].value
    capacity = parameters["loop_heat_capacity"].value + valve * panel
    cooled = solve_ivp(
        lambda _, t: (heat - valve * faces * (t**4 - sink**4)) / capacity,
        (0, found["mean_eclipse"]),
        [start],
        rtol=1e-10,
        atol=1e-8,
    )
    exact = float(cooled.y[0, -1])
    assert exact - 4 < found["paused_temperature"] < exact + 1e-6


def test_a_valve_spares_packages_for_little_mass():
    """Without power the package's own lead over its coolant is lost all the same: 45 K of 97."""
    without, closed = at(), at(dark_radiator_share=0.1)
    lead = float(without["junction_temperature"]) - Library.shipped().parameters["radiator_temperature"].value
    assert lead < closed["junction_swing"] < lead + 20 < without["junction_swing"]
    assert closed["pause_failure_rate"] < 0.05 * without["pause_failure_rate"]
    # 13 kg a satellite, with structure, growth and margin and what they draw along.
    assert 1 < (closed["dry_mass"] - without["dry_mass"]) / without["nodes"] / 13 < 2
    assert 0.95 < closed["compute_cost"] / without["compute_cost"] < 0.98


def test_a_valve_opens_when_the_kept_heat_would_warm_the_loop():
    """Half of the load with a tenth of the radiator would run hotter than in sunlight; the valve mixes."""
    assert at(keep_warm_share=0.5, dark_radiator_share=0.1)["paused_temperature"] == pytest.approx(330, abs=1e-9)


def test_warmer_surroundings_in_sunlight_do_not_spare_packages():
    """A radiator that sees more of its array, or absorbs more sunlight, rejects less and saves nothing."""
    costs = [float(at(radiator_array_view=view)["compute_cost"]) for view in (0.0, 0.1, 0.28)]
    assert costs == sorted(costs)
    costs = [float(at(radiator_solar_absorptance=share)["compute_cost"]) for share in (0.05, 0.15, 0.3)]
    assert costs == sorted(costs)


def test_pauses_cost_time():
    """1500 pauses of 3 minutes are 0.85 % of the year; longest eclipses would cool the radiator to 238 K."""
    cold = at()
    assert cold["paused_temperature"] > 238
    assert 1400 < cold["annual_eclipses"] < 1600
    lost = at(restart_time="0 min")["availability"] - at(restart_time="3 min")["availability"]
    assert lost == pytest.approx(0.0085, abs=0.0003)


@pytest.mark.slow
def test_between_pausing_cold_and_riding_through_lies_an_optimum(solved):
    """HiGHS proves what enumeration over the options finds: neither cold nor hot."""
    proved = solved("pyomo")
    assert 0 < proved["keep_warm_share"] < 0.5


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
