"""How names and numbers are written."""

from __future__ import annotations

import math

import pytest

from sunfront import display
from sunfront.display import format_change, format_range, format_value

YEAR = 365.25 * 86400  # Julian year


def test_words():
    assert display.words("fleet_it_power") == "Fleet IT power"
    assert display.words("target_roi") == "Target ROI"
    assert display.phrase("roi") == "ROI"
    assert display.phrase("fleet_it_power") == "fleet IT power"
    assert display.axis_label("altitude", "km") == "Altitude (km)"
    assert display.axis_label("roi", "1") == "ROI"
    assert display.axis_label("node_array_area", "m^2") == "Node array area (m²)"


@pytest.mark.parametrize(
    ("value", "read", "text"),
    [
        (1.2345e9, "MW", "1.234 GW"),
        (0.0, "MW", "0 MW"),
        (-62.34e9, "MUSD", "-62.34 GUSD"),
        (999.4, "kW", "999.4 W"),
        (3627.0, "kg", "3.627 t"),
        (0.109, "1", "0.109"),
        (0.109, "%", "10.9 %"),
        (560e3, "km", "560 km"),
        (226.0, "m^2", "226 m²"),
        (3.0, "delta_degC", "3 K"),
        (1000 / 3.6e6, "USD/kWh", "1,000 USD/kWh"),
        (float("inf"), "year", "inf year"),
    ],
)
def test_format_scaled(value, read, text):
    assert display.format_scaled(value, read) == text


@pytest.mark.parametrize(
    ("value", "text", "shown"),
    [
        (560e3, "km", "560 km"),
        (358.15, "degC", "85 degC"),
        (6.5e6, "MUSD", "6.5 MUSD"),
        (0.1 / YEAR, "%/year", "10 %/year"),
        (0.1, "1", "0.1"),
        (0.12346, "%", "12.35 %"),
        (12 / YEAR, "launches/year", "12 launches/year"),
        (-0.0, "kg", "0 kg"),
        (-0.0, "1", "0"),
        (1_400_000.0, "W/m^2", "1,400,000 W/m²"),
        (9999.0, "kg", "9,999 kg"),
        (123456.7, "kg", "123,457 kg"),
        (-123456.7, "kg", "-123,457 kg"),
        (1e12, "kg", "1e+12 kg"),
        (2.5e-9, "s", "2.5e-09 s"),
        (math.inf, "s", "inf s"),
    ],
)
def test_format_value(value, text, shown):
    assert format_value(value, text) == shown


def test_format_range():
    assert format_range(400e3, 1200e3, "km") == "400 km to 1,200 km"


@pytest.mark.parametrize(
    ("change", "display_unit", "text"),
    [(0.0012, "%", "0.12 points"), (-0.02, "%", "-2 points"), (3.0, "degC", "3 K"), (500.0, "kW", "0.5 kW")],
)
def test_format_change(change, display_unit, text):
    assert format_change(change, display_unit) == text
