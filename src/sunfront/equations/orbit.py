"""Circular dawn-dusk Sun-synchronous orbit: period, inclination, eclipses. Valid from 400 to 2000 km."""

from math import pi

from sunfront.equation import equation
from sunfront.xmath import arccos, exp, log, smooth_positive_part


@equation("km")
def orbital_radius(earth_radius, altitude):
    """Distance from the Earth's centre.

    Source: definition.
    """
    return earth_radius + altitude


@equation("min")
def orbital_period(orbital_radius, earth_gravity):
    """Time of one revolution.

    Source: Kepler's third law; Vallado, Fundamentals of Astrodynamics and Applications, 4th ed., eq. 1-27.
    """
    return 2 * pi * (orbital_radius**3 / earth_gravity) ** 0.5


@equation("km/s")
def orbital_velocity(orbital_radius, earth_gravity):
    """Speed on a circular orbit.

    Source: Vallado, 4th ed., eq. 1-23.
    """
    return (earth_gravity / orbital_radius) ** 0.5


@equation("1")
def inclination_cosine(orbital_period, orbital_radius, earth_radius, earth_oblateness, tropical_year):
    """Cosine of the inclination at which the node turns with the Sun, once a year.

    Source: secular J2 rate of the node, Vallado, 4th ed., eq. 9-37, solved for the inclination.
    """
    return -(2 * pi / tropical_year) / (
        1.5 * earth_oblateness * (2 * pi / orbital_period) * (earth_radius / orbital_radius) ** 2
    )


@equation("deg")
def inclination(inclination_cosine):
    """Inclination of the Sun-synchronous orbit.

    Source: as inclination_cosine.
    """
    return arccos(inclination_cosine)


@equation("deg")
def least_beta_angle(inclination, obliquity):
    """Least angle in the year between the Sun and the plane of a dawn-dusk orbit, at a solstice.

    Source: geometry of the Sun-synchronous orbit; Vallado, 4th ed., sec. 5.3.
    """
    return pi - inclination - obliquity


@equation("1")
def eclipse_depth(eclipse_free_altitude, altitude, fit_length):
    """How far below the altitude free of eclipse, in units of fit_length, smoothed to stay above zero.

    Source: variable of the eclipse fits; the smoothing is 0.01 wide, that is 10 km.
    """
    return smooth_positive_part((eclipse_free_altitude - altitude) / fit_length)


@equation("1")
def eclipse_fraction(eclipse_depth, local_time_of_node, day, eclipse_fraction_dawn_fit, eclipse_fraction_dusk_fit):
    """Share of the year spent in the Earth's shadow, the node at 6 h or at 18 h of local time.

    Source: cubic fits to the closed form with the true Sun, Vallado, 4th ed., sec. 5.3; 5.8e-4 absolute.
    """
    dusk = 2 * local_time_of_node / day - 0.5  # 0 at 6 h, 1 at 18 h: chooses without a branch
    (a6, b6, c6), (a18, b18, c18) = eclipse_fraction_dawn_fit, eclipse_fraction_dusk_fit
    a, b, c = a6 + dusk * (a18 - a6), b6 + dusk * (b18 - b6), c6 + dusk * (c18 - c6)
    return a * eclipse_depth + b * eclipse_depth**2 + c * eclipse_depth**3


@equation("1")
def sunlit_fraction(eclipse_fraction):
    """Share of the year in sunlight.

    Source: definition.
    """
    return 1 - eclipse_fraction


@equation("min", valid={"eclipse_depth": ("0.09", "1")})
def longest_eclipse(eclipse_depth, longest_eclipse_fit):
    """Longest passage through the Earth's shadow in the year.

    Source: fit as eclipse_fraction, the same for both local times; 0.12 min to 1300 km.
    """
    a, b, c = longest_eclipse_fit
    return (a * eclipse_depth + b * eclipse_depth**2 + c * eclipse_depth**3) ** 0.5


@equation("day", valid={"eclipse_depth": ("0.09", "1")})
def eclipse_season(eclipse_depth, local_time_of_node, day, eclipse_season_dawn_fit, eclipse_season_dusk_fit):
    """Days a year with an eclipse in every orbit.

    Source: fits as eclipse_fraction; 0.8 day to 1300 km.
    """
    dusk = 2 * local_time_of_node / day - 0.5
    (a6, b6, c6), (a18, b18, c18) = eclipse_season_dawn_fit, eclipse_season_dusk_fit
    a, b, c = a6 + dusk * (a18 - a6), b6 + dusk * (b18 - b6), c6 + dusk * (c18 - c6)
    return (a * eclipse_depth + b * eclipse_depth**2 + c * eclipse_depth**3) ** 0.5


@equation("1")
def fit_variable(altitude, fit_altitude):
    """Logarithm of the altitude over fit_altitude, in which view factor, dose and damage are fitted.

    Source: definition.
    """
    return log(altitude / fit_altitude)


@equation("1")
def earth_view_factor(fit_variable, view_factor_fit):
    """View factor to the Earth of a plate whose plane contains the nadir.

    Source: Gilmore, Spacecraft Thermal Control Handbook, vol. 1, 2nd ed., ch. 2; fit of the closed form, 8e-4.
    """
    a, b, c, d = view_factor_fit
    return exp(a + b * fit_variable + c * fit_variable**2 + d * fit_variable**3)


@equation("W/m^2")
def array_infrared_flux(earth_infrared_flux, earth_view_factor):
    """The Earth's infrared on a face of the array.

    Source: Gilmore, vol. 1, 2nd ed., ch. 2.
    """
    return earth_infrared_flux * earth_view_factor
