"""Circular dawn-dusk Sun-synchronous orbit: period, inclination, eclipses. Valid from 400 to 2000 km."""

from math import pi

from sunfront.equation import (
    COSINE,
    SHARE,
    SIGNED,
    arccos,
    cos,
    equation,
    exp,
    log,
    polynomial,
    smooth_positive_part,
)


@equation("km")
def orbital_radius(earth_radius, altitude):
    """Distance from the Earth's center.

    Source: definition.
    """
    return earth_radius + altitude


@equation("min")
def orbital_period(orbital_radius, earth_gravity):
    """Time of one orbit.

    Source: Kepler's third law; Vallado, Fundamentals of Astrodynamics and Applications, 4th ed., eq. 1-27.
    """
    return 2 * pi * (orbital_radius**3 / earth_gravity) ** 0.5


@equation("km/s")
def orbital_velocity(orbital_radius, earth_gravity):
    """Speed on a circular orbit.

    Source: Vallado, 4th ed., eq. 1-23.
    """
    return (earth_gravity / orbital_radius) ** 0.5


@equation("1", within=COSINE)
def inclination_cosine(orbital_period, orbital_radius, earth_radius, earth_oblateness, tropical_year):
    """Cosine of the Sun-synchronous inclination, at which the orbit plane turns once a year.

    Source: secular J2 rate of the ascending node, Vallado, 4th ed., eq. 9-37, solved for the inclination.
    """
    return -(2 * pi / tropical_year) / (
        1.5 * earth_oblateness * (2 * pi / orbital_period) * (earth_radius / orbital_radius) ** 2
    )


@equation("deg", within=("0 deg", "180 deg"))
def inclination(inclination_cosine):
    """Inclination of the Sun-synchronous orbit.

    Source: as inclination_cosine.
    """
    return arccos(inclination_cosine)


@equation("deg", within=("-90 deg", "90 deg"))
def least_beta_angle(inclination, obliquity):
    """Least angle in the year between the Sun and the plane of a dawn-dusk orbit; it occurs at a solstice.

    Source: geometry of the Sun-synchronous orbit; Vallado, 4th ed., sec. 5.3.
    """
    return pi - inclination - obliquity


@equation("W/m^2", within=("0", "solar_constant"))
def reflected_sunlight(earth_albedo, solar_constant, least_beta_angle):
    """Sunlight reflected by the Earth per view factor, at the worst point of orbit and year.

    A panel reaches equilibrium within minutes, so the worst point counts, where the Sun is highest above the ground
    below. Ray tracing over the Earth's sphere gives 1 % less at 560 km and 6 % less at 2000 km, for one face down or
    two edge-on.

    Source: Gilmore, Spacecraft Thermal Control Handbook, vol. 1, 2nd ed., ch. 2.
    """
    return earth_albedo * solar_constant * cos(least_beta_angle)


@equation("1")
def eclipse_depth(eclipse_free_altitude, altitude, fit_length):
    """Altitude below the eclipse-free altitude, in units of fit_length, smoothed to stay positive.

    Source: variable of the eclipse fits; the smoothing is 0.004 wide, which is 4 km.
    """
    return smooth_positive_part((eclipse_free_altitude - altitude) / fit_length, 0.004)


@equation("1")
def worst_eclipse_depth(eclipse_free_altitude, altitude, frozen_orbit_offset, local_time_of_node, day, fit_length):
    """Eclipse depth at the longest eclipses; the real orbit is frozen instead of circular, and lower in the north.

    The longest eclipses are in the north if the ascending node is at 6 h, and in the south if it is at 18 h.

    Source: shape of frozen orbits, Vallado, 4th ed., sec. 9.6; offset from SGP4 with umbra and penumbra.
    """
    lower = frozen_orbit_offset * (2 - 4 * local_time_of_node / day)  # 1 at 6 h, -1 at 18 h
    return smooth_positive_part((eclipse_free_altitude - altitude + lower) / fit_length, 0.004)


@equation("1", within=SHARE)
def eclipse_fraction(eclipse_depth, local_time_of_node, day, eclipse_fraction_dawn_fit, eclipse_fraction_dusk_fit):
    """Share of the year spent in the Earth's shadow, for an ascending node at 6 h or 18 h local time.

    Source: cubic fits to the closed form with the true Sun, Vallado, 4th ed., sec. 5.3; 5.8e-4 absolute.
    """
    dusk = 2 * local_time_of_node / day - 0.5  # 0 at 6 h, 1 at 18 h: selects without a branch
    (a6, b6, c6), (a18, b18, c18) = eclipse_fraction_dawn_fit, eclipse_fraction_dusk_fit
    a, b, c = a6 + dusk * (a18 - a6), b6 + dusk * (b18 - b6), c6 + dusk * (c18 - c6)
    return polynomial(eclipse_depth, (0, a, b, c))


@equation("1", within=SHARE)
def sunlit_fraction(eclipse_fraction):
    """Share of the year in sunlight.

    Source: definition.
    """
    return 1 - eclipse_fraction


@equation("min", within=("0", "orbital_period"))
def longest_eclipse(worst_eclipse_depth, longest_eclipse_fit):
    """Longest passage through the Earth's shadow in the year.

    Source: fit to the closed form, 0.12 min up to 1300 km; deviates from SGP4 by 0.25 min up to 1350 km, 0.65 above.
    """
    return polynomial(worst_eclipse_depth, (0, *longest_eclipse_fit)) ** 0.5


@equation("day", within=("0", "year"), valid={"eclipse_depth": ("0.09", "1")})
def eclipse_season(eclipse_depth, local_time_of_node, day, eclipse_season_dawn_fit, eclipse_season_dusk_fit):
    """Days per year with an eclipse in every orbit.

    Source: fits as eclipse_fraction; 0.8 day up to 1300 km, deviates from SGP4 by 2 days.
    """
    dusk = 2 * local_time_of_node / day - 0.5
    (a6, b6, c6), (a18, b18, c18) = eclipse_season_dawn_fit, eclipse_season_dusk_fit
    a, b, c = a6 + dusk * (a18 - a6), b6 + dusk * (b18 - b6), c6 + dusk * (c18 - c6)
    return polynomial(eclipse_depth, (0, a, b, c)) ** 0.5


@equation("1")
def annual_eclipses(eclipse_season, recharge_period):
    """Number of eclipses per year.

    Source: one per orbit during the season.
    """
    return eclipse_season / recharge_period


@equation("1", within=SIGNED)
def fit_variable(altitude, fit_altitude):
    """Logarithm of altitude over fit_altitude, the variable of the fits of view factor, dose and damage.

    Source: definition.
    """
    return log(altitude / fit_altitude)


@equation("1", within=SHARE)
def earth_view_factor(fit_variable, view_factor_fit):
    """View factor to the Earth of a plate edge-on to it.

    Source: Gilmore, Spacecraft Thermal Control Handbook, vol. 1, 2nd ed., ch. 2; fit of the closed form, 8e-4.
    """
    return exp(polynomial(fit_variable, view_factor_fit))


@equation("W/m^2", within=("0", "earth_infrared_flux"))
def array_infrared_flux(earth_infrared_flux, earth_view_factor):
    """Earth's infrared on a face of the array.

    Source: Gilmore, vol. 1, 2nd ed., ch. 2.
    """
    return earth_infrared_flux * earth_view_factor


@equation("min")
def recharge_period(orbital_period):
    """Time from one eclipse to the next, in which batteries are recharged.

    Source: definition.
    """
    return orbital_period
