"""Debris that hits, and traffic that is avoided. LOW CONFIDENCE: right to an order of magnitude.

ESA's MASTER and NASA's ORDEM are licensed tools. Until one is read, the flux is that of a gas of particles, and its
dependence on altitude is assumed: a study may replace every number of it.
"""

from sunfront.equation import equation, exp


@equation("1/m^2/year")
def debris_flux(altitude, debris_mean_flux, debris_background, debris_peaks, debris_peak_altitudes, debris_peak_widths):
    """Debris above 1 cm that crosses a unit of area in a unit of time. LOW CONFIDENCE: the altitude shape is assumed.

    A background and bell curves about the crowded shells, in units of the mean from 400 to 1600 km.

    Source: kinetic gas with the counts of ESA's Space Environment Report 2025; the shape is an assumption.
    """
    shape = debris_background
    for peak, center, width in zip(debris_peaks, debris_peak_altitudes, debris_peak_widths, strict=True):
        shape = shape + peak * exp(-(((altitude - center) / width) ** 2) / 2)
    return debris_mean_flux * shape


@equation("1/year")
def debris_strikes(debris_flux, array_area, radiator_area):
    """Strikes by debris above 1 cm on a stack's arrays and radiators. LOW CONFIDENCE, as debris_flux.

    The planform counts as cross-section; a sheet that debris meets from all sides shows half of it on the mean.

    Source: flux x area; Kessler & Cour-Palais 1978, J. Geophys. Res. 83:2637.
    """
    return debris_flux * (array_area + radiator_area)


@equation("1/year")
def collision_avoidance_maneuvers(avoidance_maneuver_rate, population_density_ratio):
    """Manoeuvres of one node to avoid collisions.

    Linear in the density of what it meets, so that the manoeuvres of all in a shell grow as the square.

    Source: kinetic gas, scaled from Starlink; Kessler & Cour-Palais 1978, J. Geophys. Res. 83:2637.
    """
    return avoidance_maneuver_rate * population_density_ratio


@equation("m/s/year")
def collision_avoidance_rate(collision_avoidance_maneuvers, avoidance_maneuver_delta_v):
    """Velocity change that one node spends on avoiding collisions.

    Source: definition.
    """
    return collision_avoidance_maneuvers * avoidance_maneuver_delta_v
