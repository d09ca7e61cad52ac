"""Mean atmospheric density along a dawn-dusk orbit: NRLMSIS 2.1 through pymsis, with all indices given.

The altitude above the ellipsoid is constant, as in the shipped fits. `flattening` uses a circle about the Earth's
center instead, which is up to 21 km higher above the poles.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pymsis
from orbit_reference import EARTH_RADIUS, beta_angles, inclined_beta_angles, sun_synchronous
from pymsis import Variable
from scipy.special import erf

POLAR_RADIUS = 6356.752  # km, WGS 84
CYCLE_MEAN, CYCLE_AMPLITUDE = 130.0, 60.0  # sfu: F10.7 from 70 to 190 over a solar cycle
GAS_CONSTANT = 8.314462618  # J/mol/K
MOLAR_MASS = {  # g/mol
    Variable.N2: 28.0134,
    Variable.O2: 31.9988,
    Variable.O: 15.9994,
    Variable.HE: 4.0026,
    Variable.H: 1.00794,
    Variable.AR: 39.948,
    Variable.N: 14.0067,
    Variable.ANOMALOUS_O: 15.9994,
    Variable.NO: 30.0061,
}


def geomagnetic_index(solar_flux: float) -> float:
    """Mean Ap that goes with a mean F10.7: 4 at 70 sfu, 25 at 230 sfu; the convention of the shipped fits."""
    return 4 + (solar_flux - 70) * 21 / 160


def along_orbit(
    altitude: float, solar_flux: float, *, inclination: float | None = None, local_time_of_node: float = 18.0,
    flattening: bool = False, geomagnetic: float | None = None, revolution: int = 24, dates: int = 12, hours: int = 4,
) -> np.ndarray:  # fmt: skip
    """Output of NRLMSIS 2.1 along the orbit, over the year and the day.

    Args:
        altitude: km.
        solar_flux: F10.7 of the day and of the 81 days around it, sfu.
        inclination: Degrees; that of the Sun-synchronous orbit if None.
        flattening: Circle about the Earth's centre instead of constant height above the ellipsoid.
        geomagnetic: Ap; by default `geomagnetic_index`.
        revolution, dates, hours: How many points on the orbit, in the year and in the day.
    """
    if inclination is None:
        inclination = sun_synchronous(altitude, local_time_of_node).inclination
    inclination = np.radians(inclination)
    angle = 2 * np.pi * np.arange(revolution) / revolution
    latitude = np.arcsin(np.sin(inclination) * np.sin(angle))
    ahead_of_node = np.degrees(np.arctan2(np.cos(inclination) * np.sin(angle), np.cos(angle)))
    height = np.full(revolution, altitude)
    if flattening:
        surface = 1 / np.hypot(np.cos(latitude) / EARTH_RADIUS, np.sin(latitude) / POLAR_RADIUS)
        height = EARTH_RADIUS + altitude - surface

    day = 365.0 * (np.arange(dates) + 0.5) / dates
    hour = 24.0 * np.arange(hours) / hours
    date, universal_time, point = (a.ravel() for a in np.meshgrid(day.astype(int), hour, np.arange(revolution)))
    longitude = (15 * (local_time_of_node - universal_time) + ahead_of_node[point]) % 360
    times = np.datetime64("2025-01-01") + date * np.timedelta64(86400, "s") + (universal_time * 3600).astype(int)
    size = len(times)
    ap = geomagnetic_index(solar_flux) if geomagnetic is None else geomagnetic
    return pymsis.calculate(
        times, longitude, np.degrees(latitude)[point], height[point],
        f107s=np.full(size, solar_flux), f107as=np.full(size, solar_flux), aps=np.full((size, 7), ap), version=2.1,
    )  # fmt: skip


@cache
def density(altitude: float, solar_flux: float, flattening: bool = False, geomagnetic: float | None = None) -> float:
    """kg/m^3, mean over orbit and year."""
    found = along_orbit(altitude, solar_flux, flattening=flattening, geomagnetic=geomagnetic)
    return float(found[:, Variable.MASS_DENSITY].mean())


@cache
def inclined_density(altitude: float, solar_flux: float, inclination: float) -> float:
    """kg/m^3, mean over orbit, year and local time of the node, which turns once in about two months."""
    nodes = [
        along_orbit(altitude, solar_flux, inclination=inclination, local_time_of_node=hour)[:, Variable.MASS_DENSITY]
        for hour in range(0, 24, 4)
    ]
    return float(np.mean(nodes))


def cycle_mean_density(altitude: float, points: int = 8) -> float:
    """kg/m^3, mean over orbit, year and a solar cycle in which F10.7 varies as a sine."""
    phase = np.pi * (np.arange(points) + 0.5) / points
    return float(np.mean([density(altitude, flux) for flux in CYCLE_MEAN - CYCLE_AMPLITUDE * np.cos(phase)]))


def speed_ratio(altitude: float, solar_flux: float) -> tuple[float, float]:
    """Orbital velocity over the most probable speed of the mean molecule, and temperature in K, along the orbit."""
    found = along_orbit(altitude, solar_flux)
    amounts = np.nan_to_num(found[:, list(MOLAR_MASS)])
    molar_mass = (amounts * np.array(list(MOLAR_MASS.values()))).sum(axis=1) / amounts.sum(axis=1) / 1000
    temperature = found[:, Variable.TEMPERATURE]
    velocity = np.sqrt(EARTH_GRAVITY / (1000 * (EARTH_RADIUS + altitude)))
    thermal = np.sqrt(2 * GAS_CONSTANT * temperature / molar_mass)
    return float((velocity / thermal).mean()), float(temperature.mean())


# Drag of a thin plate in free-molecular flow.

ACCOMMODATION = 0.93
WALL_TEMPERATURE = 340.0  # K
EARTH_GRAVITY = 3.986004418e14  # m^3/s^2


def plate_drag(cosine: np.ndarray, speed_ratio: float, temperature: float) -> np.ndarray:
    """Drag area per planform area of a plate, both faces; Sentman 1961, in the form of Doornbos 2012, ch. 3.

    Args:
        cosine: Of the angle between the plate's normal and the velocity.
        speed_ratio: Velocity over the most probable speed of the molecules.
        temperature: Of the air, K.
    """
    s = speed_ratio
    # Ratio of the speeds of leaving and arriving molecules: Koppenwallner 2009.
    leaving = np.sqrt((1 + ACCOMMODATION * (1.5 * WALL_TEMPERATURE / temperature / s**2 - 1)) * 2 / 3)
    total = np.zeros_like(cosine)
    for c in (cosine, -cosine):
        density, flux = np.exp(-((s * c) ** 2)) / s, 1 + erf(s * c)
        total += density / np.sqrt(np.pi) + c * (1 + 0.5 / s**2) * flux
        total += 0.5 * c * leaving * (c * np.sqrt(np.pi) * flux + density)
    return total


def array_drag(altitude: float, local_time_of_node: float = 18.0, solar_flux: float = 150.0) -> float:
    """Drag area per area of an array that faces the Sun, mean over orbit and year."""
    s, temperature = speed_ratio(altitude, solar_flux)
    angle = 2 * np.pi * (np.arange(72) + 0.5) / 72
    beta = beta_angles(altitude, local_time_of_node)
    return float(plate_drag(np.cos(beta)[:, None] * np.cos(angle), s, temperature).mean())


def edge_on_drag(altitude: float, solar_flux: float = 150.0) -> float:
    """Drag area per area of a plate in the plane of its orbit: shear on both faces."""
    s, temperature = speed_ratio(altitude, solar_flux)
    return float(plate_drag(np.zeros(1), s, temperature)[0])


def steered_radiator_drag(altitude: float, inclination: float, solar_flux: float = 150.0) -> float:
    """Drag area per area of a plate edge-on to the Sun and the Earth's center, mean over orbit and year.

    Its normal is along Sun x radius; the cosine to the velocity is sin(beta) over the sine between Sun and radius.
    """
    s, temperature = speed_ratio(altitude, solar_flux)
    angle = 2 * np.pi * (np.arange(36) + 0.5) / 36
    beta = inclined_beta_angles(inclination)[:, None]
    cosine = np.sin(beta) / np.sqrt(1 - (np.cos(beta) * np.cos(angle)) ** 2)
    return float(plate_drag(np.abs(cosine).ravel(), s, temperature).mean())
