"""Batteries: the law of cycles and fade against published tests and flown batteries."""

from __future__ import annotations

import pytest

import sunfront

MINUTE, HOUR = 60.0, 3600.0


def battery(*presets, **values):
    return sunfront.evaluate("starlink_bus", presets=list(presets), **values)


def test_five_years_of_low_orbit():
    """Saft VES180: at most 20 % lost by cycling in 5 years of low orbit at a depth of 0.3 (ESA ARTES 8)."""
    found = battery("orbit_53_deg", altitude="560 km")
    assert found["battery_cycles"] == pytest.approx(27_000, rel=0.05)
    assert found["battery_depth_of_discharge"] == pytest.approx(0.30, rel=0.05)


def test_batteries_of_the_space_station():
    """60 000 cycles in 10 years are required (NASA, NTRS 20190002835).

    24 batteries replace 48 of nickel-hydrogen, which were drawn to 0.35. With 14.9 and 3.85 kWh each (recalled), the
    same energy is a depth of 0.18. The law allows a depth that is not smaller, and not twice as large.
    """
    depth = 0.35 * 48 * 3.85 / (24 * 14.9)
    found = battery(battery_cycles=60_000, service_life="10 year")
    assert 1.0 < found["battery_depth_of_discharge"] / depth < 1.25


def test_iron_phosphate_at_full_depth():
    """A123: 65 % of the capacity left after 20 000 full cycles; to 80 % it is 6500 to 11 400 by the law of fade."""
    life = sunfront.Library.shipped().presets["battery_lfp"].values["battery_cycle_life"]
    fade = 0.35
    assert life.value == pytest.approx(20_000 * (0.2 / fade) ** 2, rel=0.01)
    assert life.high == pytest.approx(20_000 * (0.2 / fade), rel=0.01)


def test_cells_that_outlived_30_000_shallow_cycles():
    """JAXA, cells of 10-100 Ah: more than 30 000 cycles as in low orbit; the depth was about a quarter (recalled)."""
    found = battery(battery_cycles=30_000)
    assert found["battery_depth_of_discharge"] == pytest.approx(0.25, rel=0.25)


def test_titanate_after_8000_cycles():
    """Toshiba: almost 100 % of the capacity after 8000 cycles; the law is careful by less than a tenth."""
    found = battery("battery_lto", battery_cycles=8000, battery_calendar_fade="0 1/year")
    assert 0.9 < found["battery_remaining_capacity"] < 1


def test_mass_of_a_rover_battery():
    """Mars Exploration Rovers: cells of 145 Wh/kg, battery 90 (SAE 2002); a lander's 28 V, 25 Ah, 8 kg (SAE)."""
    found = battery("flown", battery_cell_specific_energy="145 Wh/kg")
    assert found["battery_specific_energy"] / HOUR == pytest.approx(90, rel=0.01)
    assert found["battery_specific_energy"] / HOUR == pytest.approx(28 * 25 / 8, rel=0.05)


def test_few_cycles_draw_what_is_left():
    """Without eclipses in 5 years, at 1500 km: 0.9 of what time has left."""
    found = battery(altitude="1500 km")
    assert found["battery_cycles"] < 50
    assert found["battery_depth_of_discharge"] == pytest.approx(0.9 * 0.99**5, rel=0.01)


@pytest.mark.parametrize("chemistry", ["battery_nca", "battery_lfp", "battery_lto"])
def test_never_discharged_faster_than_allowed(chemistry):
    found = battery(chemistry, battery_share=1.0)
    rate = found["electrical_load"] / found["battery_energy"]
    assert rate <= found["battery_discharge_rate"] * (1 + 1e-12)
    drawn = found["electrical_load"] * found["longest_eclipse"] / found["battery_efficiency"] ** 0.5
    assert drawn <= found["battery_energy"] * found["battery_depth_of_discharge"] * (1 + 1e-12)
