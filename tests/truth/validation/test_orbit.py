"""Period, inclination and eclipses compared with SGP4, astropy's Sun and a shadow with penumbra, over a year."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from orbit_reference import Eclipses, eclipses, inclined, sun_synchronous
from shipped import evaluate, known, relative_error

import sunfront
from sunfront.library.parameters import data_names

pytestmark = pytest.mark.validation

ALTITUDES = (400, 560, 800, 1000, 1200, 1400)
NODES = (6, 18) if known("local_time_of_node") else (18,)
INCLINED = {"orbit_51_deg": 51.6, "orbit_53_deg": 53.0}

dawn_and_dusk = pytest.mark.parametrize("node", NODES)
by_altitude = pytest.mark.parametrize("altitude", ALTITUDES)


@cache
def year_of_shadow(altitude: float, node: float) -> Eclipses:
    return eclipses(sun_synchronous(altitude, node))


def design(altitude: float, node: float = 18) -> dict:
    return evaluate(altitude, local_time_of_node=f"{node} h")


@by_altitude
def test_inclination(altitude):
    """First-order J2 against SGP4's node, which includes J2 squared and J4: 0.007 deg, or 0.4 deg of node per year."""
    assert np.degrees(design(altitude)["inclination"]) == pytest.approx(
        sun_synchronous(altitude, 18).inclination, abs=0.01
    )


@by_altitude
def test_period(altitude):
    """Kepler's period is 0.03 % shorter than from node to node over the oblate Earth."""
    reference = 60 * sun_synchronous(altitude, 18).nodal_period
    assert abs(relative_error(design(altitude)["orbital_period"], reference)) < 5e-4


@dawn_and_dusk
@by_altitude
def test_sunlit_fraction(altitude, node):
    found = design(altitude, node)["sunlit_fraction"]
    assert found == pytest.approx(year_of_shadow(altitude, node).sunlit_fraction, abs=0.0015)


@dawn_and_dusk
@by_altitude
def test_longest_eclipse(altitude, node):
    found = design(altitude, node)["longest_eclipse"] / 60
    assert found == pytest.approx(year_of_shadow(altitude, node).longest, abs=0.5)


@dawn_and_dusk
@pytest.mark.parametrize("altitude", [h for h in ALTITUDES if h <= 1300])
def test_eclipse_season(altitude, node):
    found = design(altitude, node)["eclipse_season"] / 86400
    assert found == pytest.approx(year_of_shadow(altitude, node).season, abs=2)


@pytest.mark.skipif(not set(INCLINED) <= set(data_names("presets")), reason="this sunfront has no inclined orbits")
@pytest.mark.parametrize("preset", INCLINED)
@pytest.mark.parametrize("altitude", [400, 560, 1000, 1400])
def test_inclined_orbit(altitude, preset):
    """Mean of four years that begin with different nodes."""
    found = sunfront.evaluate("starlink_bus", presets=[preset], altitude=f"{altitude} km")["sunlit_fraction"]
    years = [eclipses(inclined(altitude, INCLINED[preset], node), samples=240) for node in (0, 90, 180, 270)]
    assert found == pytest.approx(np.mean([year.sunlit_fraction for year in years]), abs=0.003)
