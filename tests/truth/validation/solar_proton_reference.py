"""Solar protons: SAPPHIRE's storms, their sums over missions, and what the Earth's field and disc let through.

SAPPHIRE (Jiggens et al. 2018, J. Space Weather Space Clim. 8:A31, table 8) gives the fluence of the storm that comes
once in 10 to 10 000 years as a Band function of rigidity. Here these return periods are those of a Poisson process; its
sums over a mission are sampled. SPENVIS's attenuation for two orbits shows whether the cutoff is computed as there.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from radiation_reference import (
    ALUMINIUM,
    DEPTHS,
    GLASS_DENSITY,
    MEV_PER_GRAM_IN_RAD,
    NO_NUCLEAR_ATTENUATION,
    PROTON_MASS,
    PROTON_NIEL,
    SILICON,
    SILICON_ATOM,
    SILICON_DIOXIDE,
    SPHERE,
    _cumulative,
    _log_interpolated,
    stopping_power,
)
from spacepy.irbempy import Shieldose2

ENERGIES = np.geomspace(0.5, 1000, 290)  # MeV; SHIELDOSE-2 takes no more than 301
RIGIDITIES = np.sqrt(ENERGIES**2 + 2 * ENERGIES * PROTON_MASS) / 1000  # GV
#: By return period in years: low-rigidity index, rigidity in GV, particles/cm²/sr of a storm's fluence.
STORMS = {
    10: (0.85, 7.22e-2, 1.33e10),
    20: (0.71, 7.01e-2, 2.81e10),
    50: (0.56, 6.81e-2, 5.85e10),
    100: (0.48, 6.71e-2, 8.73e10),
    300: (0.38, 6.58e-2, 1.45e11),
    1000: (0.315, 6.50e-2, 2.14e11),
    10000: (0.195, 6.36e-2, 3.95e11),
}
HIGH_INDEX = 5.7
CYCLE_PER_ACTIVE_YEAR = 11 / 7  # all storms in the seven active of eleven years


@cache
def storm(period: int) -> np.ndarray:
    """Omnidirectional fluence per MeV, 1/cm^2, of the storm of that return period."""
    index, scale, size = STORMS[period]
    knee = (HIGH_INDEX - index) * scale
    low = size * RIGIDITIES**-index * np.exp(-RIGIDITIES / scale)
    high = size * RIGIDITIES**-HIGH_INDEX * knee ** (HIGH_INDEX - index) * np.exp(index - HIGH_INDEX)
    per_rigidity = np.where(knee >= RIGIDITIES, low, high)
    return 4 * np.pi * per_rigidity * (ENERGIES + PROTON_MASS) / (1000 * 1000 * RIGIDITIES)


def dose(fluence: np.ndarray, thicknesses: np.ndarray) -> np.ndarray:
    """rad(Si) at the center of solid aluminum spheres of the given radii in mm, by SHIELDOSE-2."""
    code = Shieldose2()
    code.set_shielding(depths=DEPTHS, units="mm")
    electrons = np.geomspace(0.04, 7, 30)
    code.set_flux(np.full_like(electrons, 1e-25), electrons, species="e", tau=1.0)
    present = fluence > 0
    code.set_flux(np.full(present.sum(), 1e-25), ENERGIES[present], species="p_tr", tau=1.0)
    code.set_flux(fluence[present], ENERGIES[present], species="p_un", tau=1.0)
    code.get_dose(detector=SILICON, nucmeth=NO_NUCLEAR_ATTENUATION)
    centre = 2 * np.array(code.results["dose_total"])[:, SPHERE]
    return np.exp(np.interp(np.log(thicknesses), np.log(DEPTHS), np.log(centre)))


def dose_by_ranges(fluence: np.ndarray, thickness: float) -> float:
    """The same by the ranges of straight protons; holds for spectra with cutoffs, which SHIELDOSE-2 does not take."""
    energy = np.geomspace(0.5, 1000, 6000)
    spent = 0.0014 + _cumulative(1 / stopping_power(energy, ALUMINIUM), energy)
    left = spent - thickness / 10 * 2.70
    emerging = np.interp(left, spent, energy)
    flux = np.exp(np.interp(np.log(energy), np.log(ENERGIES), np.log(np.maximum(fluence, 1e-30))))
    deposited = np.where(left > spent[0], flux * stopping_power(emerging, SILICON_ATOM), 0)
    return float(np.trapezoid(deposited, energy) * MEV_PER_GRAM_IN_RAD)


def displacement_damage(fluence: np.ndarray, glass: float = 0.1) -> float:
    """MeV/g in a cell behind ``glass`` mm of cover glass with a fully shielded back."""
    energy = np.geomspace(0.1, 900, 4000)
    power = stopping_power(np.maximum(energy, 0.8), SILICON_DIOXIDE) * np.minimum(energy / 0.8, 1) ** -0.55
    spent = 1.2e-4 + _cumulative(1 / power, energy)
    flux = np.exp(np.interp(np.log(energy), np.log(ENERGIES), np.log(np.maximum(fluence, 1e-30))))
    cosine = (np.arange(40) + 0.5)[:, None] / 40
    left = spent - glass / 10 * GLASS_DENSITY / cosine
    damage = np.where(left > spent[0], flux * _log_interpolated(np.interp(left, spent, energy), PROTON_NIEL), 0)
    return float(np.trapezoid(damage, energy, axis=1).mean() / 2)


@cache
def mission_quantiles(active_years: float, levels: tuple[float, ...], missions: int = 200_000) -> np.ndarray:
    """Sum of the storms' doses behind 5 mm outside the field, rad(Si), at confidence levels.

    The yearly number of storms above a dose is a power law with an exponential cutoff, SAPPHIRE's own form, through the
    seven storms of its table to 1 %.
    """
    from scipy.optimize import least_squares

    doses = np.array([dose(storm(period), np.array([5.0]))[0] for period in STORMS])
    periods = np.array(list(STORMS), float)
    fitted = least_squares(
        lambda p: p[0] - p[1] * np.log(doses) - doses / np.exp(p[2]) + np.log(periods), [0.7, 0.3, 6]
    )
    assert np.abs(fitted.fun).max() < 0.02
    grid = np.geomspace(0.5, 6000, 4000)
    rate = np.exp(fitted.x[0] - fitted.x[1] * np.log(grid) - grid / np.exp(fitted.x[2])) * CYCLE_PER_ACTIVE_YEAR
    rng = np.random.default_rng(0)
    counts = rng.poisson(rate[0] * active_years, missions)
    found = np.interp(np.log(rng.random(counts.sum()) * rate[0]), np.log(rate[::-1]), np.log(grid[::-1]))
    sums = np.bincount(np.repeat(np.arange(missions), counts), weights=np.exp(found), minlength=missions)
    return np.quantile(sums, levels)


# The Earth's field: an eccentric dipole of 2025.

EARTH_RADIUS = 6371.2  # km
POLE = np.radians([80.8, -72.7])  # latitude and longitude of the geomagnetic pole
CENTER = 580.0, *np.radians([22.7, 138.0])  # km towards the western Pacific
STOERMER = 57.2  # GV: four times the vertical cutoff at the magnetic equator
OPEN_SHELL = 5.0  # field lines beyond it are open to protons of all energies


def _unit(latitude: float, longitude: float) -> np.ndarray:
    return np.array([np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)])


@cache
def transmission(altitude: float, inclination: float, storming: bool = True) -> np.ndarray:
    """Share of isotropic protons of each of ENERGIES that reaches a circular orbit, in km and degrees.

    Stoermer's cutoff by direction, lowered in storms by Adams et al. 1981; directions into the Earth are closed.
    """
    angle = (np.arange(240) + 0.5) / 240 * 2 * np.pi
    tilt = np.radians(inclination)
    latitude = np.arcsin(np.sin(tilt) * np.sin(angle))[:, None]
    longitude = np.arctan2(np.cos(tilt) * np.sin(angle), np.cos(angle))[:, None] + np.arange(72) / 72 * 2 * np.pi
    cos = np.cos(latitude)
    place = np.stack([cos * np.cos(longitude), cos * np.sin(longitude), np.sin(latitude) + 0 * longitude])
    place = (EARTH_RADIUS + 7 + altitude) * place.reshape(3, -1) - CENTER[0] * _unit(*CENTER[1:])[:, None]
    radius = np.linalg.norm(place, axis=0)
    magnetic = np.abs(np.arcsin(_unit(*POLE) @ place / radius))
    radius /= EARTH_RADIUS
    limb = -np.sqrt(1 - (EARTH_RADIUS / (EARTH_RADIUS + altitude)) ** 2)  # cosine of the zenith angle of the horizon
    zenith = limb + (np.arange(24) + 0.5) / 24 * (1 - limb)
    east = (np.sqrt(1 - zenith**2)[:, None] * np.cos((np.arange(24) + 0.5) / 24 * 2 * np.pi)).ravel()
    weight, radii, latitudes = np.histogram2d(
        radius, magnetic, bins=[6, 360], range=[[radius.min(), radius.max()], [0, np.pi / 2]]
    )
    open_share = np.zeros_like(ENERGIES)
    for i, j in zip(*np.nonzero(weight), strict=True):
        r, c = (radii[i] + radii[i + 1]) / 2, np.cos((latitudes[j] + latitudes[j + 1]) / 2)
        cutoff = STOERMER * c**4 / (r * (1 + np.sqrt(1 - east * c**3))) ** 2
        if storming:
            cutoff = cutoff * (1 - 0.54 * np.exp(-cutoff / 2.9))
        if r / c**2 > OPEN_SHELL:
            cutoff = 0 * cutoff
        open_share += weight[i, j] * np.searchsorted(np.sort(cutoff), RIGIDITIES) / east.size
    return (1 - limb) / 2 * open_share / weight.sum()


def exposure(altitude: float, inclination: float, thickness: float = 5.0) -> float:
    """Share of the dose behind ``thickness`` mm that reaches the orbit, for the storm of 20 years."""
    spectrum = storm(20)
    return dose_by_ranges(spectrum * transmission(altitude, inclination), thickness) / dose_by_ranges(
        spectrum, thickness
    )
