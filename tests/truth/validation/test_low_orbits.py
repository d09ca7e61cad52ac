"""Orbits from 325 to 400 km, where the fits are extrapolated: how far they are off, as the note of `altitude` says."""

from __future__ import annotations

import numpy as np
import pytest
from atmosphere_reference import array_drag, cycle_mean_density, edge_on_drag
from orbit_reference import eclipses, sun_synchronous
from radiation_reference import annual_displacement_damage, annual_dose
from shipped import evaluate, relative_error

import sunfront

pytestmark = pytest.mark.validation

MEV_PER_GRAM = 1.602176634e-10  # Gy

by_altitude = pytest.mark.parametrize("altitude", [325, 350])


@by_altitude
def test_air_and_drag(altitude):
    found = evaluate(altitude)
    assert 0 < relative_error(found["atmospheric_density"], cycle_mean_density(altitude)) < 0.125
    assert -0.065 < relative_error(found["array_drag_coefficient"], array_drag(altitude, 18)) < 0
    edge_on = evaluate(altitude, array_sun_tracking="0")["array_drag_coefficient"]
    assert 0 < relative_error(edge_on, edge_on_drag(altitude)) < 0.11


@pytest.mark.parametrize(("preset", "inclination"), [(None, None), ("orbit_51_deg", 51.6), ("orbit_53_deg", 53.0)])
@by_altitude
def test_dose(altitude, preset, inclination):
    thicknesses = (2, 3, 5, 10)
    orbit = () if inclination is None else (inclination,)
    reference = annual_dose(altitude, np.array(thicknesses, float), *orbit)
    for thickness, expected in zip(thicknesses, reference, strict=True):
        found = sunfront.evaluate(
            "starlink_bus",
            presets=[preset] if preset else [],
            altitude=f"{altitude} km",
            shield_thickness=f"{thickness} mm",
        )
        assert 0 < relative_error(found["trapped_annual_dose"], expected) < 0.28


@by_altitude
def test_damage_of_the_cells(altitude):
    found = evaluate(altitude)["annual_displacement_damage"] / MEV_PER_GRAM
    assert -0.15 < relative_error(found, annual_displacement_damage(altitude)) < 0


@by_altitude
@pytest.mark.parametrize("node", [6, 18])
def test_sunlight(altitude, node):
    found = evaluate(altitude, local_time_of_node=f"{node} h")["sunlit_fraction"]
    assert found == pytest.approx(eclipses(sun_synchronous(altitude, node)).sunlit_fraction, abs=0.003)
