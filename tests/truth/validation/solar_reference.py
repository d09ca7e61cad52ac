"""A tracking array and its battery hour by hour: pvlib for sunlight, a synthetic year for clouds.

Measured weather would have to be downloaded. Each day has one clear-sky index, drawn from a beta distribution that is
correlated from day to day; pvlib models the Sun, clear sky, diffuse share, tracker and cell temperature.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import pvlib
from scipy import stats

HOURS = 8760
#: Of a tracked plant: direct over alternating rating, losses before the inverter, temperature coefficient, tilt limit.
LOADING, LOSSES, COEFFICIENT, TILT = 1.3, 0.14, -0.0035, 60.0
INDEX = np.linspace(0.02, 1.06, 27)  # of the clear sky, between which a day is interpolated


@dataclass(frozen=True)
class Site:
    """A place and its clouds: mean and deviation of a day's clear-sky index, its correlation with the day before."""

    latitude: float
    altitude: float
    temperature: float  # of the air, mean of the year, degC
    mean: float
    deviation: float
    likeness: float


#: The southwestern United States, as in the shipped parameters, and the high plains. Clouds are assumed.
DESERT = Site(33.4, 340, 23.0, 0.90, 0.15, 0.35)
PLAINS = Site(35.2, 1090, 14.0, 0.80, 0.24, 0.30)


@cache
def hourly_yield(site: Site) -> np.ndarray:
    """Power at each clear-sky index and hour of the year relative to the plant's AC rating; [index, hour]."""
    times = pd.date_range("2025-01-01 07:30", periods=HOURS, freq="h", tz="UTC")  # from local midnight on
    place = pvlib.location.Location(site.latitude, -105.0, altitude=site.altitude)
    sun = place.get_solarposition(times)
    clear = place.get_clearsky(times, model="simplified_solis", solar_position=sun)
    extra = pvlib.irradiance.get_extra_radiation(times)
    track = pvlib.tracking.singleaxis(
        sun["apparent_zenith"], sun["azimuth"], axis_azimuth=180, max_angle=TILT, backtrack=True, gcr=0.35
    )
    tilt, azimuth = track["surface_tilt"].fillna(0), track["surface_azimuth"].fillna(180)
    season = np.cos(2 * np.pi * (times.day_of_year - 200) / 365)
    air = site.temperature + 10 * season + 6 * np.cos(2 * np.pi * (times.hour - 7 - 15) / 24)
    rows = []
    for index in INDEX:
        horizontal = clear["ghi"] * index
        parts = pvlib.irradiance.erbs(horizontal, sun["zenith"], times)
        # Under a clear sky the clear-sky model's beam, because Erbs is a mean over all skies.
        share = np.clip((index - 0.7) / 0.3, 0, 1)
        beam = (1 - share) * parts["dni"] + share * np.minimum(clear["dni"] * index, extra)
        diffuse = (1 - share) * parts["dhi"] + share * clear["dhi"] * index
        plane = pvlib.irradiance.get_total_irradiance(
            tilt, azimuth, sun["apparent_zenith"], sun["azimuth"], beam, horizontal, diffuse, extra, model="haydavies"
        )["poa_global"].fillna(0)
        cell = pvlib.temperature.faiman(plane, air, 3.0)
        direct = pvlib.pvsystem.pvwatts_dc(plane, cell, LOADING, COEFFICIENT) * (1 - LOSSES)
        rows.append(np.clip(direct, 0, 1 / 0.96) * 0.96)
    return np.array(rows)


def power(site: Site, years: int, seed: int = 1) -> np.ndarray:
    """Power of a plant relative to its rating; [year, hour]."""
    rng = np.random.default_rng(seed)
    days = years * 365
    state, states = 0.0, np.empty(days)
    for day, noise in enumerate(rng.standard_normal(days)):
        state = site.likeness * state + (1 - site.likeness**2) ** 0.5 * noise
        states[day] = state
    top = 1.05
    mean, variance = site.mean / top, (site.deviation / top) ** 2
    size = mean * (1 - mean) / variance - 1
    index = top * stats.beta.ppf(stats.norm.cdf(states), mean * size, (1 - mean) * size).reshape(years, 365)
    table = hourly_yield(site).reshape(len(INDEX), 365, 24)
    at = np.clip((index - INDEX[0]) / (INDEX[1] - INDEX[0]), 0, len(INDEX) - 1.001)
    low = at.astype(int)
    share = (at - low)[..., None]
    day = np.arange(365)
    return ((1 - share) * table[low, day] + share * table[low + 1, day]).reshape(years, HOURS)


def served(supply: np.ndarray, oversizing: np.ndarray, hours: np.ndarray, efficiency: float) -> np.ndarray:
    """Share of a constant load that plants serve, hour by hour; a plant along the last axis.

    Battery losses occur on charging, as in the closed form.
    """
    store, total = hours.astype(float).copy(), np.zeros(len(hours))
    for yielded in supply:
        surplus = yielded * oversizing - 1
        charged = np.minimum(np.maximum(surplus, 0) * efficiency, hours - store)
        drawn = np.minimum(np.maximum(-surplus, 0), store)
        store += charged - drawn
        total += 1 + np.minimum(surplus, 0) + drawn
    return total / len(supply)


def darkest_quarter(supply: np.ndarray) -> np.ndarray:
    """The hours of the 91 consecutive days with the least mean yield, with the year treated as cyclic."""
    daily = supply.reshape(len(supply), 365, 24).sum(2).mean(0)
    first = np.argmin([np.take(daily, np.arange(d, d + 91), mode="wrap").sum() for d in range(365)])
    days = (first + np.arange(91)) % 365
    return (days[:, None] * 24 + np.arange(24)).ravel()


def closed_form_inputs(quarter: np.ndarray, oversizing: float) -> dict[str, float]:
    """Weather parameters of the closed form for a season; ``quarter`` is [year, hour of the season]."""
    daily = quarter.reshape(len(quarter), -1, 24).sum(2)
    mean = daily.mean()
    relative = (daily - daily.mean(0)) / mean
    likeness = np.mean(relative[:, 1:] * relative[:, :-1]) / np.mean(relative**2)
    unmet = np.clip(1 - oversizing * quarter, 0, None).reshape(-1, 24).sum(1)
    bright = daily.ravel() >= np.median(daily)
    return {
        "solar_capacity_factor": mean / 24,
        "insolation_variability": daily.std() / mean * ((1 + likeness) / (1 - likeness)) ** 0.5,
        "night_share": unmet[bright].mean() / 24,
    }
