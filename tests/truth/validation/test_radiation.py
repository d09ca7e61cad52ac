"""Dose and displacement damage compared with AP8/AE8 and SHIELDOSE-2, mean of solar minimum and maximum."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from radiation_reference import (
    annual_displacement_damage,
    annual_dose,
    dose,
    proton_dose_by_ranges,
    spectra,
)
from shipped import evaluate, relative_error

import sunfront

pytestmark = pytest.mark.validation

ALTITUDES = (400, 560, 650, 800, 1000, 1400)
THICKNESSES = (2, 3, 5, 10)  # mm
MEV_PER_GRAM = 1.602176634e-10  # Gy

INCLINED = {"orbit_51_deg": 51.6, "orbit_53_deg": 53.0}

by_altitude = pytest.mark.parametrize("altitude", ALTITUDES)


@cache
def reference(altitude: float) -> dict[int, float]:
    """rad(Si) per year by thickness in mm."""
    return dict(zip(THICKNESSES, annual_dose(altitude, np.array(THICKNESSES, float)), strict=True))


@pytest.mark.parametrize("thickness", THICKNESSES)
@by_altitude
def test_annual_dose(altitude, thickness):
    found = evaluate(altitude, shield_thickness=f"{thickness} mm")["trapped_annual_dose"]
    assert abs(relative_error(found, reference(altitude)[thickness])) < 0.03


@by_altitude
def test_dose_is_doubled_rightly(altitude):
    """Behind 10 mm nearly all dose is from protons; a sum over their ranges gives it without SHIELDOSE-2."""
    found = spectra(altitude, "min")
    by_ranges = proton_dose_by_ranges(found, 10)
    assert by_ranges == pytest.approx(dose(found, np.array([10.0]))[0], rel=0.05)


@pytest.mark.parametrize("altitude", [560, 1400])
def test_dose_falls_with_thickness(altitude):
    """Coarse grids of energy or depth make the sphere's dose curve non-monotonic."""
    thicknesses = np.geomspace(0.5, 20, 40)
    assert (np.diff(annual_dose(altitude, thicknesses)) < 0).all()


@by_altitude
def test_displacement_damage(altitude):
    """The spectra are computed, the damage per particle is recalled; this checks the spectra."""
    found = evaluate(altitude)["annual_displacement_damage"] / MEV_PER_GRAM
    assert abs(relative_error(found, annual_displacement_damage(altitude))) < 0.05


@pytest.mark.parametrize("preset", INCLINED)
@by_altitude
def test_inclined_orbit(altitude, preset):
    """Dose behind four shields, and damage, along orbits of 51.6 and 53 deg."""
    dose_there = annual_dose(altitude, np.array(THICKNESSES, float), INCLINED[preset])
    for thickness, expected in zip(THICKNESSES, dose_there, strict=True):
        found = sunfront.evaluate(
            "starlink_bus", presets=[preset], altitude=f"{altitude} km", shield_thickness=f"{thickness} mm"
        )
        assert abs(relative_error(found["trapped_annual_dose"], expected)) < 0.03
    damage = annual_displacement_damage(altitude, INCLINED[preset])
    assert abs(relative_error(found["annual_displacement_damage"] / MEV_PER_GRAM, damage)) < 0.05
