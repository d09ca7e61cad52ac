"""Refit the coefficients in the presets of inclined orbits; prints the values and the largest error of each.

python tests/truth/validation/refit.py 53
"""

from __future__ import annotations

import sys

import numpy as np
from atmosphere_reference import inclined_density
from orbit_reference import EARTH_RADIUS
from radiation_reference import annual_displacement_damage, annual_dose
from scipy.optimize import least_squares

THICKNESSES = (2, 3, 5, 10)  # mm
ACTIVITIES = {"low": 70, "moderate": 110, "raised": 170, "high": 230}  # sfu
FIT_ALTITUDE = 600.0  # km
# Initial guess: the layers of the dawn-dusk orbit, kg/m³ and km.
LAYERS = {
    "low": ((6.356e-15, 8.765e-15, 1.379e-15), (37.80, 113.84, 357.11)),
    "moderate": ((3.094e-14, 2.840e-14, 6.008e-15), (43.53, 77.98, 244.52)),
    "raised": ((2.709e-14, 2.377e-13, 1.206e-14), (41.26, 67.76, 248.64)),
    "high": ((6.446e-14, 5.881e-13, 1.579e-14), (44.43, 76.17, 268.48)),
}


def polynomial(altitudes: np.ndarray, values: np.ndarray, degree: int) -> tuple[np.ndarray, float]:
    """Minimax coefficients of the logarithm in ln(h / 600 km), lowest order first, and the largest relative error."""
    x = np.log(altitudes / FIT_ALTITUDE)
    weight = np.ones_like(x)
    for _ in range(200):  # Lawson: weigh up where the error is large
        found = np.polynomial.polynomial.polyfit(x, np.log(values), degree, w=np.sqrt(weight))
        error = np.abs(np.expm1(np.polynomial.polynomial.polyval(x, found) - np.log(values)))
        weight *= error
        weight /= weight.mean()
    return found, float(error.max())


def geopotential(altitude: np.ndarray | float) -> np.ndarray:
    """km."""
    return np.asarray(altitude) * EARTH_RADIUS / (EARTH_RADIUS + altitude)


def layers(altitudes: np.ndarray, values: np.ndarray, start: tuple) -> tuple[np.ndarray, np.ndarray, float]:
    """Densities at 600 km and scale heights of three exponential layers, and the largest relative error."""
    z = geopotential(altitudes) - geopotential(FIT_ALTITUDE)

    def residual(logarithms: np.ndarray) -> np.ndarray:
        density, height = np.exp(logarithms[:3]), np.exp(logarithms[3:])
        return np.log((density[:, None] * np.exp(-z / height[:, None])).sum(axis=0) / values)

    guess = np.log(np.concatenate(start))
    for power in (1, 2, 4):  # towards the least largest error
        guess = least_squares(lambda p, n=power: np.abs(residual(p)) ** n * 10**n, guess, max_nfev=4000).x
    found = np.exp(guess)
    return found[:3], found[3:], float(np.abs(np.expm1(residual(guess))).max())


def show(name: str, values: np.ndarray, digits: int, error: float) -> None:
    print(f"  {name}: [{', '.join(f'{v:.{digits}g}' for v in values)}]  # {100 * error:.1f} %", flush=True)


def main(inclination: float) -> None:
    altitudes = np.geomspace(400, 2000, 33)
    doses = np.array([annual_dose(h, np.array(THICKNESSES, float), inclination) for h in altitudes])
    for thickness, column in zip(THICKNESSES, doses.T, strict=True):
        found, error = polynomial(altitudes, column, 5)
        show(f"dose_fit_{thickness}mm", found, 5, error)
    damage = np.array([annual_displacement_damage(h, inclination) for h in altitudes])
    found, error = polynomial(altitudes, damage, 3)
    show("displacement_damage_fit", found, 5, error)
    heights = np.geomspace(300, 2000, 40)
    for level, flux in ACTIVITIES.items():
        air = np.array([inclined_density(h, flux, inclination) for h in heights])
        density, height, error = layers(heights, air, LAYERS[level])
        show(f"density_components_{level}", density, 4, error)
        show(f"density_scale_heights_{level}", height, 5, error)


if __name__ == "__main__":
    main(float(sys.argv[1]))
