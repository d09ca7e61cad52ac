"""Solar protons compared with SAPPHIRE's storms, SHIELDOSE-2, a Stoermer cutoff, and SPENVIS."""

from __future__ import annotations

import numpy as np
import pytest
from orbit_reference import sun_synchronous
from radiation_reference import dose as trapped_dose
from radiation_reference import spectra
from shipped import evaluate
from solar_proton_reference import (
    ENERGIES,
    displacement_damage,
    dose,
    dose_by_ranges,
    exposure,
    mission_quantiles,
    storm,
    transmission,
)

import sunfront

pytestmark = pytest.mark.validation

LEVELS = (0.5, 0.75, 0.9, 0.95, 0.99)
MEV_PER_GRAM = 1.602176634e-10  # Gy


def once() -> float:
    """rad(Si) behind 5 mm outside the field in one active year at 95 %."""
    return float(mission_quantiles(1.0, (0.95,))[0])


def test_cutoff_agrees_with_spenvis():
    """SPENVIS 4.6.13, quiet magnetosphere: orbit-averaged attenuation by energy in MeV."""
    for (altitude, inclination), published, slack in (
        ((825, 98.8), {10: 0.2138, 140: 0.2138, 200: 0.2225, 320: 0.2422, 500: 0.2634}, 0.003),
        ((550, 53.0), {10: 0.0061, 140: 0.0061, 200: 0.0102, 320: 0.0237, 500: 0.0441}, 0.007),
    ):
        found = np.interp(list(published), ENERGIES, transmission(altitude, inclination, False))
        assert found == pytest.approx(list(published.values()), abs=slack)


@pytest.mark.parametrize("altitude", [400, 560, 800, 1000, 1400, 2000])
def test_exposure_along_the_dawn_dusk_orbit(altitude):
    reference = exposure(altitude, sun_synchronous(altitude, 18.0).inclination)
    assert evaluate(altitude)["solar_proton_exposure"] == pytest.approx(reference, rel=0.04)


@pytest.mark.parametrize(("preset", "inclination"), [("orbit_51_deg", 51.6), ("orbit_53_deg", 53.0)])
def test_exposure_of_inclined_orbits(preset, inclination):
    for altitude in (400, 560, 1000):
        found = sunfront.evaluate("starlink_bus", presets=[preset], altitude=f"{altitude} km")
        assert found["solar_proton_exposure"] == pytest.approx(exposure(altitude, inclination), rel=0.3)


def test_no_solar_protons_at_30_degrees():
    assert exposure(2000, 30.0, 10.0) < 1e-5


@pytest.mark.parametrize("thickness", [2, 3, 5, 10])
def test_dose_outside_the_field(thickness):
    reference = dose(storm(20), np.array([float(thickness)]))[0] / dose(storm(20), np.array([5.0]))[0] * once()
    found = evaluate(560, shield_thickness=f"{thickness} mm")["interplanetary_proton_dose"]
    assert found == pytest.approx(reference, rel=0.04)
    assert dose_by_ranges(storm(20), thickness) == pytest.approx(dose(storm(20), np.array([thickness]))[0], rel=0.06)


@pytest.mark.parametrize("years", [1, 2, 5, 7])
def test_storms_of_a_mission(years):
    found = [
        evaluate(560, service_life=f"{years} year", solar_proton_confidence=f"{level}")["mission_storms"]
        for level in LEVELS
    ]
    reference = mission_quantiles(float(years), LEVELS) / once()
    assert found == pytest.approx(reference, rel=0.1)
    assert evaluate(560, service_life=f"{years} year")["median_storms"] == pytest.approx(reference[0], rel=0.1)


def test_damage_of_cells():
    reference = displacement_damage(storm(20)) / dose(storm(20), np.array([5.0]))[0] * once()
    found = evaluate(560)
    damage = found["solar_proton_damage"] / found["solar_proton_exposure"] / found["mission_storms"]
    assert damage / MEV_PER_GRAM == pytest.approx(reference, rel=0.05)


@pytest.mark.parametrize("altitude", [500, 1000, 2000])
def test_belts_of_solar_minimum(altitude):
    thicknesses = (2, 3, 5, 10)
    for thickness, reference in zip(
        thicknesses, trapped_dose(spectra(altitude, "min"), np.array(thicknesses)), strict=True
    ):
        found = sunfront.evaluate(
            "starlink_bus",
            presets=["orbit_solar_minimum"],
            altitude=f"{altitude} km",
            shield_thickness=f"{thickness} mm",
        )
        assert found["trapped_annual_dose"] == pytest.approx(reference, rel=0.03)
