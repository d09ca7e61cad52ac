"""Attitude control compared with torques on point masses along an orbit: gravity, air and sunlight."""

from __future__ import annotations

import numpy as np
import pytest
from attitude_reference import Plate, mean, swing, torques
from shipped import evaluate

pytestmark = pytest.mark.validation

#: A knot of array_area_knots, where the square of the area is exact.
AREA = 900.0


def shipped(altitude, aspect=6.0):
    """Quantities of one node, and its plate."""
    found = evaluate(altitude, node_array_area=f"{AREA} m^2", array_aspect_ratio=f"{aspect}", nodes_per_launch="1")
    span = np.sqrt(aspect * AREA)
    return found, Plate(span=span, width=AREA / span, mass=found["spread_areal_mass"] * AREA)


@pytest.mark.parametrize("altitude", [400, 560, 1000, 2000])
def test_torque_and_momentum_of_gravity(altitude):
    """In a dawn-dusk orbit the plate nearly lies in the orbit plane. The equations leave its width out: 1/36."""
    found, plate = shipped(altitude)
    time, gravity, _, _ = torques(plate, found["orbital_radius"], 0.0)
    assert found["gravity_gradient_torque"] == pytest.approx(np.linalg.norm(gravity, axis=1).max(), rel=0.035)
    assert found["momentum_storage"] / found["momentum_margin"] == pytest.approx(swing(time, gravity), rel=0.035)
    assert found["momentum_storage"] / found["momentum_margin"] >= swing(time, gravity)


@pytest.mark.parametrize("aspect", [3.0, 6.0, 12.0])
def test_slender_or_broad(aspect):
    found, plate = shipped(560, aspect)
    time, gravity, _, _ = torques(plate, found["orbital_radius"], 0.0)
    assert found["momentum_storage"] / found["momentum_margin"] == pytest.approx(
        swing(time, gravity), rel=1.05 / (aspect**2 - 1)
    )


@pytest.mark.parametrize("tilt", [8.0, 23.4, 32.0, 45.0])
def test_lasting_torque_is_an_upper_bound_at_any_angle_to_the_sun(tilt):
    """Exact at 45 degrees. Dawn-dusk orbits are within 32 degrees of the Sun (560 km, 97.6 degrees, December)."""
    found, plate = shipped(560)
    time, gravity, _, _ = torques(plate, found["orbital_radius"], np.radians(tilt))
    left = np.linalg.norm(mean(time, gravity))
    assert left == pytest.approx(found["lasting_torque"] * np.sin(2 * np.radians(tilt)), rel=2e-3)
    assert left <= found["lasting_torque"] * (1 + 2e-3)


@pytest.mark.parametrize("altitude", [400, 560, 1000])
def test_margin_covers_air_and_sunlight(altitude):
    """The center of area may be off by 5 % of the span, as if one wing were a fifth larger than the other."""
    found, plate = shipped(altitude)
    moved = Plate(plate.span, plate.width, plate.mass, offset=0.05 * plate.span)
    tilt, density = np.radians(32), float(found["atmospheric_density"])
    time, gravity, air, sun = torques(moved, found["orbital_radius"], tilt, density)
    assert swing(time, gravity + air + sun) <= found["momentum_storage"]
    lasting = np.linalg.norm(mean(time, gravity + air + sun))
    assert lasting > 1.2 * np.linalg.norm(mean(time, gravity)), "air and sunlight count"
    assert lasting <= found["momentum_margin"] * found["lasting_torque"]
