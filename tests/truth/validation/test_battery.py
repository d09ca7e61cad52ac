"""Cycle life of batteries against depth of discharge, compared with published tests of three chemistries.

"recalled": a number that could not be read in its source.
"""

from __future__ import annotations

import numpy as np
import pytest

import sunfront
from sunfront.library.library import Library

pytestmark = pytest.mark.validation

#: Cycles until 70 % of the capacity is left, by depth of discharge: Battery University, BU-808, table 2; 1.0 and 0.8
#: read (via Himax), the rest recalled. Cells of consumers: shorter lives than those of satellites.
DEPTHS = np.array([1.0, 0.8, 0.6, 0.4, 0.2, 0.1])
CYCLES = {
    "battery_nca": np.array([300, 400, 600, 1000, 2000, 6000]),
    "battery_lfp": np.array([600, 900, 1500, 3000, 9000, 15000]),
}
#: Preset, depth, cycles, share of the capacity that was left, source.
TESTS = [
    ("battery_nca", 0.30, 27_000, 0.80, "Saft VES180, 5 years of low orbit (ESA ARTES 8); sets the coefficient"),
    ("battery_nca", 0.18, 60_000, 0.80, "space station, required in 10 years (NTRS 20190002835); depth recalled"),
    ("battery_nca", 0.25, 30_000, 0.80, "JAXA, cells of 10-100 Ah, more than; depth recalled"),
    ("battery_lfp", 1.00, 3_500, 0.80, "EVE LF304 data sheet, 1 per hour at 25 C, at least"),
    ("battery_lfp", 0.85, 2_000, 0.85, "LiFeBATT, deep cycles of 72 to 98 %"),
    ("battery_lfp", 1.00, 20_000, 0.65, "A123, 23 C, 1 per hour; sets the coefficient"),
    ("battery_lto", 1.00, 8_000, 1.00, "Toshiba 20Ah-HP, almost all"),
    ("battery_lto", 1.00, 20_000, 0.80, "Toshiba, more than; sets the coefficient"),
]


def law(preset: str) -> tuple[float, float]:
    """Cycles at full depth, and the exponent of the depth."""
    values = {**sunfront.evaluate("starlink_bus", presets=[preset])}
    return float(values["battery_cycle_life"]), float(values["battery_cycle_exponent"])


@pytest.mark.parametrize("preset", CYCLES)
def test_exponent_of_published_tables_is_within_the_range_of_the_preset(preset):
    slope = -np.polyfit(np.log(DEPTHS), np.log(CYCLES[preset]), 1)[0]
    library = Library.shipped()
    given = library.presets[preset].values["battery_cycle_exponent"]
    held = library.parameters["battery_cycle_exponent"] if given == "default" else given
    assert held.low <= slope <= held.high


@pytest.mark.parametrize("preset", CYCLES)
def test_shape_between_a_fifth_and_full_depth(preset):
    """Nickel cells of consumers gain less by shallow cycles than the law, which is set at the depth of low orbit."""
    _, exponent = law(preset)
    ratio = DEPTHS[:5] ** -exponent / (CYCLES[preset][:5] / CYCLES[preset][0])
    assert np.abs(np.log(ratio)).max() < np.log(4 if preset == "battery_nca" else 2.2)


@pytest.mark.parametrize(("preset", "depth", "cycles", "left", "source"), TESTS)
def test_capacity_left(preset, depth, cycles, left, source):
    """Without the calendar's share. The law ends at four fifths of the capacity, where the depth is chosen to end."""
    life, exponent = law(preset)
    found = sunfront.evaluate(
        "starlink_bus",
        presets=[preset],
        battery_cycles=float(cycles) * depth**exponent,
        battery_cycle_life=life,
        battery_calendar_fade="0 1/year",
    )["battery_remaining_capacity"]
    assert found == pytest.approx(max(left, 0.8), abs=0.11), source


def test_depth_of_satellites_in_low_orbit():
    """Batteries of satellites are discharged by 30 to 40 % (Battery University); five to seven years of low orbit."""
    for cycles, low, high in ((27_000, 0.30, 0.40), (38_000, 0.25, 0.40)):
        found = sunfront.evaluate("starlink_bus", battery_cycles=float(cycles))["battery_depth_of_discharge"]
        assert 0.95 * low < found < high
