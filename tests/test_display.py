"""How names and numbers are written."""

from __future__ import annotations

import pytest

from sunfront import display


def test_words():
    assert display.words("fleet_it_power") == "Fleet IT power"
    assert display.words("lifetime_roi") == "Lifetime ROI"
    assert display.phrase("roi") == "ROI"
    assert display.phrase("fleet_it_power") == "fleet IT power"
    assert display.axis_label("altitude", "km") == "Altitude (km)"
    assert display.axis_label("roi", "1") == "ROI"


@pytest.mark.parametrize(
    ("value", "read", "text"),
    [
        (1.2345e9, "MW", "1.234 GW"),
        (0.0, "MW", "0 MW"),
        (-62.34e9, "MUSD", "-62.34 G$"),
        (999.4, "kW", "999.4 W"),
        (3627.0, "kg", "3.627 t"),
        (0.109, "1", "0.109"),
        (560e3, "km", "560 km"),
        (226.0, "m^2", "226 m²"),
        (3.0, "delta_degC", "3 K"),
        (1000 / 3.6e6, "USD/kWh", "1,000 $/kWh"),
        (float("inf"), "year", "inf year"),
    ],
)
def test_written_with_a_prefix_that_suits(value, read, text):
    assert display.format_scaled(value, read) == text
