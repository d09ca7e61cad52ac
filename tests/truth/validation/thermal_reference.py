"""View factors to the Earth and the efficiency of radiating fins, from first principles."""

from __future__ import annotations

import numpy as np
from orbit_reference import EARTH_RADIUS
from scipy.integrate import solve_bvp


def view_factor(altitude: float, tilt: float) -> float:
    """Closed form, of a plate at ``altitude`` km tilted from the nadir by 0 or 90 deg.

    Howell, A Catalog of Radiation Heat Transfer Configuration Factors, C-139 to C-141: a small plate and a sphere.
    """
    h = 1 + altitude / EARTH_RADIUS
    if tilt == 0:
        return 1 / h**2
    if tilt == 90:
        tangent = np.sqrt(h**2 - 1)
        return float((np.arctan(1 / tangent) - tangent / h**2) / np.pi)
    raise ValueError(f"no closed form here for a tilt of {tilt} deg")


def view_factor_by_rays(altitude: float, tilt: float, rays: int = 2_000_000, seed: int = 0) -> tuple[float, float]:
    """Monte Carlo: share of the rays from a diffuse plate that hit the Earth, and its standard error."""
    random = np.random.default_rng(seed)
    sine2, azimuth = random.random(rays), 2 * np.pi * random.random(rays)  # cosine law: sin^2 is uniform
    # The plate's normal is in the x-z plane; the Earth's center is on the negative z axis.
    along_normal, across = np.sqrt(1 - sine2), np.sqrt(sine2) * np.cos(azimuth)
    angle = np.radians(tilt)
    downward = along_normal * np.cos(angle) - across * np.sin(angle)
    horizon = np.sqrt(1 - (EARTH_RADIUS / (EARTH_RADIUS + altitude)) ** 2)  # cosine of the Earth's angular radius
    met = float((downward > horizon).mean())
    return met, float(np.sqrt(met * (1 - met) / rays))


def reflected_by_rays(
    altitude: float, tilt: float, sun_height: float, sign: int = 1, rays: int = 400_000, seed: int = 0
) -> float:
    """Monte Carlo: sunlight that a diffuse Earth of albedo 1 reflects to a plate, relative to the solar constant.

    Args:
        tilt: Of the plate's normal from the nadir, 0 or 90 deg; at 90 towards the Sun, or away from it for sign -1.
        sun_height: Of the Sun over the ground below, radians.
    """
    random = np.random.default_rng(seed)
    sine2, azimuth = random.random(rays), 2 * np.pi * random.random(rays)
    normal = np.array([0.0, 0.0, -1.0]) if tilt == 0 else np.array([float(sign), 0.0, 0.0])
    one = np.array([0.0, 1.0, 0.0])
    other = np.cross(normal, one)
    across = np.sqrt(sine2)[:, None] * (np.cos(azimuth)[:, None] * one + np.sin(azimuth)[:, None] * other)
    ray = np.sqrt(1 - sine2)[:, None] * normal + across
    radius = EARTH_RADIUS + altitude
    along = -radius * ray[:, 2]
    square = along**2 - (radius**2 - EARTH_RADIUS**2)
    meets = (square > 0) & (along > 0)
    ground = np.array([0.0, 0.0, radius]) + (along - np.sqrt(np.where(meets, square, 0)))[:, None] * ray
    sun = np.array([np.cos(sun_height), 0.0, np.sin(sun_height)])
    return float(np.where(meets, np.maximum(ground @ sun / EARTH_RADIUS, 0), 0).mean())


def fin_efficiency(conduction_number: float, sink: float = 0.0) -> float:
    """Heat radiated by a fin relative to one at the temperature of its root.

    With y the temperature over that of the root, y'' = z (y^4 - sink^4), y(0) = 1, y'(1) = 0; z is
    sides x emissivity x Stefan-Boltzmann x T^3 L^2 / (k t).

    Args:
        conduction_number: z.
        sink: Temperature of what the fin sees over that of its root.
    """

    def slope(_: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.vstack([y[1], conduction_number * (y[0] ** 4 - sink**4)])

    def ends(root: np.ndarray, middle: np.ndarray) -> np.ndarray:
        return np.array([root[0] - 1, middle[1]])

    x = np.linspace(0, 1, 60)
    found = solve_bvp(slope, ends, x, np.vstack([np.ones_like(x), np.zeros_like(x)]), tol=1e-8)
    if not found.success:
        raise ValueError(found.message)
    return float(-found.sol(0)[1] / (conduction_number * (1 - sink**4)))  # what flows in through the root
