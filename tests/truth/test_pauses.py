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


def test_heat_capacities_are_those_of_the_masses():
    """Aluminum 0.90 kJ/kg/K (6061, MMPDS), ammonia 5.13 (1 kW warms 0.0195 kg/s by 10 K at 55 C, CoolProp).

    Boards 0.7: copper 0.385, glass and epoxy 1.0, aluminum 0.9. Pumps, lines and plates 0.8. All with growth.
    """
    found = at()
    parameters = Library.shipped().parameters
    area, growth = found["radiator_area"], 1 + parameters["mass_growth_allowance"].value
    bore = parameters["tube_diameter"].value - 2 * parameters["tube_wall"].value
    ammonia = 553 * 3.14159 / 4 * bore**2 / (2 * parameters["fin_length"].value)  # kg/m^2, in the tubes
    panel = 0.90 * (found["radiator_areal_mass"] - ammonia) + 5.13 * ammonia
    boards = 0.7 * found["compute_mass"] / area
    lines = ammonia_lines(found["heat_load"]) / area
    loop_mass = parameters["cooling_loop_specific_mass"].value * found["heat_load"] / area
    loop = boards + 0.8 * (loop_mass - lines) + 5.13 * lines
    assert growth * loop * 1e3 == pytest.approx(parameters["loop_heat_capacity"].value, rel=0.2)
    assert growth * (panel + loop) * 1e3 == pytest.approx(parameters["radiator_heat_capacity"].value, rel=0.1)


def ammonia_lines(heat):
    """Ammonia in 10 m of line to the radiator and back, at 2 m/s; kg."""
    return 0.0195 * heat / 1e3 / 2 * 20


def test_the_loop_weighs_about_the_sum_of_its_parts():
    """For 140 kW: ammonia, lines with a wall of 5 mm against debris, two pumps of 15 kg, accumulators, copper plates.

    The wall bears four times 23 bar. Plates of 7 x 7 x 1 cm with fittings 0.7 kg, one for each accelerator.
    """
    heat = 140e3
    flow = 0.0195 * heat / 1e3
    diameter = (4 * flow / 553 / 2 / 3.14159) ** 0.5
    wall = 5e-3
    assert 4 * 2.3e6 * diameter / 2 / wall < 276e6  # yield of 6061-T6
    lines = 3.14159 * diameter * wall * 20 * 2700 + ammonia_lines(heat)
    parts = lines + 2 * 15 + 15 + 64 * 0.7
    assert parts / 140 == pytest.approx(1.2, rel=0.05)
    known = Library.shipped().parameters["cooling_loop_specific_mass"]
    assert known.low < parts / heat < known.value
