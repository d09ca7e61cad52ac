"""Trapped particles and their dose: AP8/AE8 (aep8) averaged over the orbit, then SHIELDOSE-2 (spacepy).

Three pitfalls, each worth a factor of about two:

* SHIELDOSE-2 reports half the dose at the center of a sphere: `dose` doubles it, and `proton_dose_by_ranges`, which
  does not use SHIELDOSE-2, confirms this.
* The dose in a sphere is a derivative of the dose behind a slab: coarse grids of energy or depth spoil it.
* The models require the magnetic field of their own epoch, which aep8 applies; with today's field the fluxes at low
  altitude are far too high.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import aep8
import astropy.units as u
import numpy as np
from astropy.coordinates import EarthLocation
from astropy.time import Time
from orbit_reference import EARTH_RADIUS, sun_synchronous
from spacepy.irbempy import Shieldose2

YEAR = 365.25 * 86400  # s
MEV_PER_GRAM_IN_RAD = 1.602176634e-8
PROTON_ENERGIES = np.geomspace(1, 400, 240)  # MeV; 80 are not enough: 3 % at 10 mm, 5 % at 3 mm
ELECTRON_ENERGIES = np.geomspace(0.04, 7, 120)
DEPTHS = np.geomspace(0.05, 60, 70)  # mm of aluminium; SHIELDOSE-2 takes no more than 71
SPHERE, SILICON, NO_NUCLEAR_ATTENUATION = 2, 3, 1  # of SHIELDOSE-2
SOLAR = ("min", "max")
ANY_TIME = Time("1970-01-01")  # aep8 takes the field of the model's own epoch whatever the time


@dataclass(frozen=True)
class Spectra:
    """Omnidirectional flux above each energy, 1/cm^2/s, mean over orbit and Earth's rotation."""

    protons: np.ndarray
    electrons: np.ndarray


@cache
def spectra(
    altitude: float, solar: str, inclination: float | None = None, revolution: int = 90, meridians: int = 36
) -> Spectra:
    """Spectra along a circular orbit at ``altitude`` km, at solar "min" or "max", averaged over the node's longitude.

    Args:
        inclination: Degrees; that of the Sun-synchronous orbit if None.
    """
    if inclination is None:
        inclination = sun_synchronous(altitude, 18.0).inclination
    inclination = np.radians(inclination)
    angle = (np.arange(revolution) + 0.5) / revolution * 2 * np.pi
    latitude = np.arcsin(np.sin(inclination) * np.sin(angle))[:, None]
    ahead_of_node = np.arctan2(np.cos(inclination) * np.sin(angle), np.cos(angle))[:, None]
    # Each revolution starts at another longitude, so that all meridians are sampled evenly at every latitude.
    longitude = ahead_of_node + (np.arange(meridians) + angle[:, None] / (2 * np.pi)) / meridians * 2 * np.pi
    radius = EARTH_RADIUS + altitude
    place = EarthLocation.from_geocentric(
        (radius * np.cos(latitude) * np.cos(longitude)).ravel(),
        (radius * np.cos(latitude) * np.sin(longitude)).ravel(),
        (radius * np.sin(latitude) * np.ones_like(longitude)).ravel(),
        unit=u.km,
    )
    found = {}
    for particle, energies in (("p", PROTON_ENERGIES), ("e", ELECTRON_ENERGIES)):
        model = aep8.model(particle, solar)
        shell, field = (np.asarray(a)[:, None] for a in model.geomagnetic_coordinates(place, ANY_TIME))
        with np.errstate(invalid="ignore"):  # off the closed field lines there is no flux
            flux = model.integral_flux_for_geomagnetic_coordinates(shell, field, energies * u.MeV).value
        found[particle] = np.where(np.isfinite(flux) & (flux > 0), flux, 0).mean(axis=0)
    return Spectra(found["p"], found["e"])


def differential(energies: np.ndarray, above: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Energies between the given ones, and the flux per MeV there."""
    flux = -np.diff(above) / np.diff(energies)
    middle = np.sqrt(energies[1:] * energies[:-1])
    return middle[flux > 0], flux[flux > 0]


def dose(found: Spectra, thicknesses: np.ndarray) -> np.ndarray:
    """rad(Si) per year at the center of solid aluminum spheres of the given radii in mm."""
    code = Shieldose2()
    code.set_shielding(depths=DEPTHS, units="mm")
    protons, proton_flux = differential(PROTON_ENERGIES, found.protons)
    electrons, electron_flux = differential(ELECTRON_ENERGIES, found.electrons)
    code.set_flux(electron_flux, electrons, species="e", tau=YEAR)
    code.set_flux(proton_flux, protons, species="p_tr", tau=YEAR)
    code.set_flux(np.full_like(protons, 1e-25), protons, species="p_un", tau=YEAR)  # no solar protons
    code.get_dose(detector=SILICON, nucmeth=NO_NUCLEAR_ATTENUATION)
    centre = 2 * np.array(code.results["dose_total"])[:, SPHERE]
    return np.exp(np.interp(np.log(thicknesses), np.log(DEPTHS), np.log(centre)))


def annual_dose(altitude: float, thicknesses: np.ndarray, inclination: float | None = None) -> np.ndarray:
    """rad(Si) per year, mean of solar minimum and maximum."""
    return np.mean([dose(spectra(altitude, solar, inclination), thicknesses) for solar in SOLAR], axis=0)


# Protons slowing down, by hand.

PROTON_MASS, ELECTRON_MASS = 938.272, 0.510999  # MeV
ALUMINIUM = (13 / 26.98, 166.0)  # Z/A and mean excitation energy in eV, NIST PSTAR
SILICON_DIOXIDE = (0.4993, 139.2)
SILICON_ATOM = (14 / 28.086, 173.0)
ALUMINIUM_DENSITY, GLASS_DENSITY = 2.70, 2.2  # g/cm^3


def stopping_power(energy: np.ndarray, material: tuple[float, float]) -> np.ndarray:
    """MeV cm^2/g of protons: Bethe's formula, without shell and density corrections. From 1 MeV up."""
    charge_over_mass, excitation = material
    gamma = 1 + energy / PROTON_MASS
    beta2 = 1 - 1 / gamma**2
    ratio = ELECTRON_MASS / PROTON_MASS
    largest = 2 * ELECTRON_MASS * beta2 * gamma**2 / (1 + 2 * gamma * ratio + ratio**2)
    argument = 2 * ELECTRON_MASS * beta2 * gamma**2 * largest / (excitation * 1e-6) ** 2
    return 0.307075 * charge_over_mass / beta2 * (0.5 * np.log(argument) - beta2)


def _cumulative(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Integral of ``y`` from the first ``x``, by trapezoids."""
    return np.concatenate([[0], np.cumsum((y[1:] + y[:-1]) / 2 * np.diff(x))])


def _proton_flux(above: np.ndarray, energy: np.ndarray) -> np.ndarray:
    """Flux per MeV from the integral spectrum on PROTON_ENERGIES."""
    logarithm = np.interp(np.log(energy), np.log(PROTON_ENERGIES), np.log(np.maximum(above, 1e-12)))
    return -np.gradient(np.exp(logarithm), energy)


def proton_dose_by_ranges(found: Spectra, thickness: float) -> float:
    """rad(Si) per year from protons only at the center of an aluminum sphere of that radius in mm.

    Each proton loses the range that the shield takes and deposits at the stopping power that it has left: straight
    lines, no nuclear reactions.
    """
    energy = np.geomspace(0.5, 400, 4000)
    spent = 0.0014 + _cumulative(1 / stopping_power(energy, ALUMINIUM), energy)  # g/cm^2; 0.0014 below 0.5 MeV
    left = spent - thickness / 10 * ALUMINIUM_DENSITY
    emerging = np.interp(left, spent, energy)
    deposited = np.where(
        left > spent[0], _proton_flux(found.protons, energy) * stopping_power(emerging, SILICON_ATOM), 0
    )
    return float(np.trapezoid(deposited, energy) * YEAR * MEV_PER_GRAM_IN_RAD)


# Displacement damage of III-V cells. Non-ionizing energy loss in GaAs, MeV cm^2/g by MeV, after Summers et al. 1993
# and Messenger et al. 2001: recalled, 15 %.
PROTON_NIEL = np.array(
    [(0.1, 0.43), (0.3, 0.155), (1, 0.052), (3, 0.0187), (10, 0.0066), (30, 0.0038), (50, 0.0033), (100, 0.0030),
     (200, 0.0027), (400, 0.0025)]
)  # fmt: skip
ELECTRON_NIEL = np.array(
    [(0.3, 3e-7), (0.5, 1.0e-5), (0.7, 1.9e-5), (1, 3.2e-5), (2, 5.8e-5), (3, 7.5e-5), (5, 9.6e-5), (7, 1.1e-4)]
)
ELECTRONS_PER_PROTON_DAMAGE = 5.0  # MeV/g of electrons that harm a cell as much as 1 MeV/g of protons
ELECTRON_TRANSMISSION = 0.9  # of the cover glass


def _log_interpolated(energy: np.ndarray, table: np.ndarray) -> np.ndarray:
    return np.exp(np.interp(np.log(energy), *np.log(table).T))


def displacement_damage(found: Spectra, glass: float = 0.1) -> float:
    """MeV/g per year, proton equivalent, in a cell behind ``glass`` mm of cover glass with a fully shielded back."""
    energy = np.geomspace(0.1, 400, 3000)
    # Bethe's formula fails below 1 MeV, where a power law extends it. 0.1 MeV remains after the last 1.2e-4 g/cm².
    power = stopping_power(np.maximum(energy, 0.8), SILICON_DIOXIDE) * np.minimum(energy / 0.8, 1) ** -0.55
    spent = 1.2e-4 + _cumulative(1 / power, energy)
    flux = _proton_flux(found.protons, energy)
    cosine = (np.arange(40) + 0.5)[:, None] / 40  # of the direction to the normal
    left = spent - glass / 10 * GLASS_DENSITY / cosine
    emerging = np.interp(left, spent, energy)
    damage = np.where(left > spent[0], flux * _log_interpolated(emerging, PROTON_NIEL), 0)
    protons = np.trapezoid(damage, energy, axis=1).mean() / 2  # one half of all directions
    middle, electron_flux = differential(ELECTRON_ENERGIES, found.electrons)
    electrons = (
        ELECTRON_TRANSMISSION * np.trapezoid(electron_flux * _log_interpolated(middle, ELECTRON_NIEL), middle) / 2
    )
    return float((protons + electrons / ELECTRONS_PER_PROTON_DAMAGE) * YEAR)


def annual_displacement_damage(altitude: float, inclination: float | None = None) -> float:
    """MeV/g, mean of solar minimum and maximum."""
    return float(np.mean([displacement_damage(spectra(altitude, solar, inclination)) for solar in SOLAR]))
