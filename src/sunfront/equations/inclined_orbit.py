"""Circular orbit of any inclination: eclipses all year, in place of those of the dawn-dusk orbit."""

from math import pi

from sunfront.equation import equation
from sunfront.xmath import arccos, cos


@equation("1")
def inclination_cosine(orbit_inclination):
    """Cosine of the inclination.

    Source: definition.
    """
    return cos(orbit_inclination)


@equation("1")
def eclipse_fraction(altitude, fit_length, inclined_eclipse_fit):
    """Share of the year spent in the Earth's shadow.

    Source: cubic fit to the closed form with the true Sun over ten years of nodal precession; 1.4e-3 absolute,
    3e-3 above 1500 km.
    """
    a, b, c, d = inclined_eclipse_fit
    y = altitude / fit_length
    return a + b * y + c * y**2 + d * y**3


@equation("min")
def longest_eclipse(orbital_period, earth_radius, orbital_radius):
    """Longest passage through the Earth's shadow: the Sun in the orbit plane.

    Source: cylindrical shadow; Vallado, 4th ed., sec. 5.3.
    """
    return orbital_period * (1 / 2 - arccos(earth_radius / orbital_radius) / pi)


@equation("day")
def eclipse_season(altitude, fit_length, year, day, inclined_season_fit):
    """Days a year with an eclipse in every orbit: all but those when the orbit plane stands high over the Sun.

    Source: quadratic fit of the days without eclipse to the closed form with the true Sun over 60 years; 0.5 day.
    """
    a, b, c = inclined_season_fit
    y = altitude / fit_length
    return year - day * (a + b * y + c * y**2)
