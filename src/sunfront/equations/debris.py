"""Debris strikes and collision avoidance. LOW CONFIDENCE: right to an order of magnitude.

ESA's MASTER and NASA's ORDEM are licensed tools and were not available. The flux is that of a kinetic gas, and its
dependence on altitude is assumed; a study may replace each of its numbers.
"""

from sunfront.equation import equation, exp


@equation("1")
def debris_altitude_factor(altitude, debris_background, debris_peaks, debris_peak_altitudes, debris_peak_widths):
    """Flux of debris relative to its mean from 400 to 1600 km. LOW CONFIDENCE: the dependence on altitude is assumed.

    A background plus Gaussian peaks at the crowded shells.

    Source: counts of ESA's Space Environment Report 2025; the shape is an assumption.
    """
    factor = debris_background
    for peak, center, width in zip(debris_peaks, debris_peak_altitudes, debris_peak_widths, strict=True):
        factor = factor + peak * exp(-(((altitude - center) / width) ** 2) / 2)
    return factor


@equation("1/m^2/year")
def debris_flux(debris_mean_flux, debris_altitude_factor):
    """Flux of debris larger than 1 cm. LOW CONFIDENCE, as debris_altitude_factor.

    Source: kinetic gas with the counts of ESA's Space Environment Report 2025.
    """
    return debris_mean_flux * debris_altitude_factor


@equation("1/year")
def debris_strikes(debris_flux, array_area, radiator_area):
    """Rate of strikes by debris larger than 1 cm on a stack's arrays and radiators. LOW CONFIDENCE, as debris_flux.

    The planform area is the cross-section; for debris from all directions the mean cross-section of a sheet is half
    of it.

    Source: flux x area; Kessler & Cour-Palais 1978, J. Geophys. Res. 83:2637.
    """
    return debris_flux * (array_area + radiator_area)


@equation("1/year")
def collision_avoidance_maneuvers(avoidance_maneuver_rate, population_density_ratio):
    """Rate of collision avoidance maneuvers of one node.

    Linear in the density of tracked objects, so that the total in a shell grows with the square of the density.

    Source: kinetic gas, scaled from Starlink; Kessler & Cour-Palais 1978, J. Geophys. Res. 83:2637.
    """
    return avoidance_maneuver_rate * population_density_ratio


@equation("m/s/year")
def collision_avoidance_rate(collision_avoidance_maneuvers, avoidance_maneuver_delta_v):
    """Velocity change that one node spends on collision avoidance per year.

    Source: definition.
    """
    return collision_avoidance_maneuvers * avoidance_maneuver_delta_v
