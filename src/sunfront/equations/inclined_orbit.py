"""Inclined circular orbit: eclipses all year, in place of those of the dawn-dusk orbit."""

from math import pi

from sunfront.equation import COSINE, SHARE, arccos, cos, equation, polynomial


@equation("1", within=COSINE)
def inclination_cosine(orbit_inclination):
    """Cosine of the inclination.

    Source: definition.
    """
    return cos(orbit_inclination)


@equation("1", within=SHARE)
def eclipse_fraction(altitude, fit_length, inclined_eclipse_fit):
    """Share of the year spent in the Earth's shadow.

    Source: cubic fit to the closed form with the true Sun over ten years of nodal precession; 1.4e-3 absolute,
    3e-3 above 1500 km.
    """
    return polynomial(altitude / fit_length, inclined_eclipse_fit)


@equation("min", within=("0", "orbital_period"))
def longest_eclipse(orbital_period, earth_radius, orbital_radius):
    """Longest passage through the Earth's shadow: the Sun in the orbit plane.

    Source: cylindrical shadow; Vallado, 4th ed., sec. 5.3.
    """
    return orbital_period * (1 / 2 - arccos(earth_radius / orbital_radius) / pi)


@equation("day", within=("0", "year"))
def eclipse_season(altitude, fit_length, year, day, inclined_season_fit):
    """Days per year with an eclipse in every orbit: all but those when the Sun is far from the orbit plane.

    Source: quadratic fit of the days without eclipse to the closed form with the true Sun over 60 years; 0.5 day.
    """
    return year - day * polynomial(altitude / fit_length, inclined_season_fit)


@equation("W/m^2")
def array_infrared_flux(
    altitude,
    fit_length,
    solar_constant,
    array_back_absorptance,
    array_emissivity_front,
    array_emissivity_back,
    earth_infrared_flux,
    earth_albedo,
    array_front_view_fit,
    array_back_view_fit,
    array_back_albedo_fit,
):
    """Earth's infrared on the array, mean of both faces over the sunlit orbit, with albedo as equivalent infrared.

    The Sun is assumed in the orbit plane, so at noon the array's back faces the fully lit Earth. There the array is
    14 K hotter and yields 4 % less; its mean temperature is 1 K below the temperature at the mean heat. Albedo on the
    front, up to 9 W/m², is neglected.

    Source: Gilmore, Spacecraft Thermal Control Handbook, vol. 1, 2nd ed., ch. 2.
    """
    front, back, reflected = (
        polynomial(altitude / fit_length, fit)
        for fit in (array_front_view_fit, array_back_view_fit, array_back_albedo_fit)
    )
    infrared = (array_emissivity_front * front + array_emissivity_back * back) * earth_infrared_flux
    albedo = array_back_absorptance * earth_albedo * solar_constant * reflected
    return (infrared + albedo) / (array_emissivity_front + array_emissivity_back)
