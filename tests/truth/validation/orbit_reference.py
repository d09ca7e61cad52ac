"""Dawn-dusk Sun-synchronous orbits from reference models: SGP4 for the satellite, astropy for the Sun, true shadow.

The Earth's shadow has umbra and penumbra: eclipse is the share of the Sun's disc hidden by a sphere of the equatorial
radius. The flattening of the Earth and refraction are neglected.

SGP4 has no circular orbits: the Earth's pear shape (J3) makes them 7 km lower than the mean radius in the far north and
7 km higher in the far south. Real dawn-dusk orbits are frozen in this shape. Eclipses are in the north if the node is
at 6 h and in the south if it is at 18 h; the former are longer than for a circle.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import astropy.units as u
import numpy as np
from astropy.coordinates import TEME, get_sun
from astropy.time import Time
from astropy.utils import iers
from scipy.interpolate import CubicSpline
from scipy.optimize import brentq
from sgp4.api import WGS84, Satrec

iers.conf.auto_download = False

EARTH_RADIUS = 6378.137  # km, WGS 84
EARTH_GRAVITY = 398600.4418  # km^3/s^2, EGM 96
SUN_RADIUS = 695700.0  # km, IAU 2015
TROPICAL_YEAR = 365.2422  # days
EPOCH = 2460676.5  # Julian date of 2025-01-01, within the tables of Earth rotation that astropy carries
SGP4_EPOCH = 2433281.5  # Julian date from which SGP4 counts days: 1949-12-31
DAYS = 365


@dataclass(frozen=True)
class Orbit:
    """A circular Sun-synchronous orbit of SGP4. Angles in degrees, times in minutes."""

    satellite: Satrec
    inclination: float
    nodal_period: float


@dataclass(frozen=True)
class Eclipses:
    """A year of shadow."""

    sunlit_fraction: float  # the Sun's disc, in share visible, mean over the year
    longest: float  # min, the hidden share of the disc over one revolution, in the worst one
    season: int  # days on which the Sun's centre is hidden at some time


@cache
def sun_directions() -> CubicSpline:
    """Position of the Sun in km by days since EPOCH, in the frame of SGP4."""
    days = np.arange(-1.0, DAYS + 2.0, 0.5)
    times = Time(EPOCH + days, format="jd")
    sun = get_sun(times).transform_to(TEME(obstime=times))
    return CubicSpline(days, sun.cartesian.xyz.to_value(u.km).T)


def mean_sun_right_ascension(days: float) -> float:
    """Degrees, of the fictitious mean Sun that local mean time follows; Astronomical Almanac, sec. C."""
    return (280.460 + 0.9856474 * (EPOCH + days - 2451545.0)) % 360.0


def _satellite(mean_motion: float, inclination: float, node: float) -> Satrec:
    """SGP4 elements of a nearly circular orbit without drag: rad/min, degrees."""
    satellite = Satrec()
    satellite.sgp4init(
        WGS84, "i", 1, EPOCH - SGP4_EPOCH, 0.0, 0.0, 0.0,
        1e-6, 0.0, np.radians(inclination), 0.0, mean_motion, np.radians(node),
    )  # fmt: skip
    return satellite


def _mean_radius(satellite: Satrec, samples: int = 360) -> float:
    """km, over one revolution."""
    minutes = np.arange(samples) / samples * 2 * np.pi / satellite.no_kozai
    error, position, _ = satellite.sgp4_array(np.full(samples, EPOCH), minutes / 1440)
    if error.any():
        raise ValueError(f"SGP4 error {error.max()}")
    return float(np.linalg.norm(position, axis=1).mean())


@cache
def sun_synchronous(altitude: float, local_time_of_node: float) -> Orbit:
    """The orbit whose mean radius is the Earth's plus ``altitude`` km and whose node turns once a tropical year."""
    node = mean_sun_right_ascension(0.0) + 15 * (local_time_of_node - 12)
    target = EARTH_RADIUS + altitude
    mean_motion = 60 * np.sqrt(EARTH_GRAVITY / target**3)
    yearly = 2 * np.pi / (TROPICAL_YEAR * 1440)

    def drift(inclination: float) -> float:
        return _satellite(mean_motion, inclination, node).nodedot - yearly

    for _ in range(3):  # radius and inclination each shift the other a little
        inclination = brentq(drift, 92.0, 110.0)
        satellite = _satellite(mean_motion, inclination, node)
        mean_motion *= (_mean_radius(satellite) / target) ** 1.5
    return Orbit(satellite, inclination, 2 * np.pi / (satellite.mdot + satellite.argpdot))


@cache
def inclined(altitude: float, inclination: float, node: float) -> Orbit:
    """An orbit of given inclination, its node at that right ascension on the first of January; degrees."""
    mean_motion = 60 * np.sqrt(EARTH_GRAVITY / (EARTH_RADIUS + altitude) ** 3)
    satellite = _satellite(mean_motion, inclination, node)
    return Orbit(satellite, inclination, 2 * np.pi / (satellite.mdot + satellite.argpdot))


def hidden_share(position: np.ndarray, sun: np.ndarray) -> np.ndarray:
    """Share of the Sun's disc that the Earth hides, seen from ``position``; both in km."""
    to_sun = sun - position
    distance, radius = np.linalg.norm(to_sun, axis=-1), np.linalg.norm(position, axis=-1)
    sun_disc, earth_disc = np.arcsin(SUN_RADIUS / distance), np.arcsin(EARTH_RADIUS / radius)
    separation = np.arccos(np.clip(-(position * to_sun).sum(-1) / radius / distance, -1, 1))
    hidden = np.where(separation <= earth_disc - sun_disc, 1.0, 0.0)
    partly = np.abs(separation - earth_disc) < sun_disc
    a, b, d = sun_disc[partly], earth_disc[partly], separation[partly]
    # Area common to two circles, in the plane of the sky.
    x = (d**2 + a**2 - b**2) / (2 * d)
    y = np.sqrt(np.maximum(a**2 - x**2, 0))
    common = a**2 * np.arccos(np.clip(x / a, -1, 1)) + b**2 * np.arcsin(np.clip(y / b, -1, 1)) - d * y
    hidden[partly] = common / (np.pi * a**2)
    return hidden


def eclipses(orbit: Orbit, step_days: float = 1.0, samples: int = 720) -> Eclipses:
    """Follow one revolution every ``step_days`` for a year."""
    starts = np.arange(0.0, DAYS, step_days)
    days = starts[:, None] + np.arange(samples) / samples * orbit.nodal_period / 1440
    error, position, _ = orbit.satellite.sgp4_array(np.full(days.size, EPOCH), days.ravel())
    if error.any():
        raise ValueError(f"SGP4 error {error.max()}")
    hidden = hidden_share(position, sun_directions()(days.ravel())).reshape(days.shape)
    share = hidden.mean(axis=1)
    return Eclipses(
        sunlit_fraction=float(1 - share.mean()),
        longest=float(share.max() * orbit.nodal_period),
        season=round(float((hidden.max(axis=1) >= 0.5).mean() * DAYS)),
    )


def beta_angles(altitude: float, local_time_of_node: float) -> np.ndarray:
    """Radians, day by day: elevation of the Sun above the plane of the orbit."""
    days = np.arange(float(DAYS))
    sun = sun_directions()(days)
    sun /= np.linalg.norm(sun, axis=1, keepdims=True)
    orbit = sun_synchronous(altitude, local_time_of_node)
    _, position, velocity = orbit.satellite.sgp4_array(np.full(DAYS, EPOCH), days)
    normal = np.cross(position, velocity)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    return np.arcsin((normal * sun).sum(axis=1))


def inclined_beta_angles(inclination: float) -> np.ndarray:
    """Radians, through the year, the node of an orbit of that inclination in degrees at every right ascension."""
    sun = sun_directions()(np.arange(0.0, DAYS, 5.0))
    sun /= np.linalg.norm(sun, axis=1, keepdims=True)
    tilt, node = np.radians(inclination), np.radians(np.arange(0.0, 360.0, 5.0))
    normal = np.stack([np.sin(node) * np.sin(tilt), -np.cos(node) * np.sin(tilt), np.full_like(node, np.cos(tilt))])
    return np.arcsin(sun @ normal).ravel()
