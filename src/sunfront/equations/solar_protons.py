"""Protons of solar storms: how many come in a year or a mission at a confidence level.

The spectra are those of SAPPHIRE's one-in-x-year storms. Their sums over a mission follow from a Poisson process whose
storm sizes have the same return periods; the fit holds from 1 to 15 active years and from 50 to 99 %.
"""

from sunfront.equation import equation, exp, log


def _storms(years, confidence, fit):
    """Solar protons of some active years, not exceeded at a confidence level, relative to one year at 95 %."""
    a, b, c, d, e, f, g, h, i, j = fit
    x, y = log(years), log(-log(confidence))
    constant = a + b * y + c * y**2 + d * y**3
    return exp(constant + (e + f * y + g * y**2) * x + (h + i * y) * x**2 + j * x**3)


@equation("1")
def annual_storms(solar_proton_confidence, solar_storm_fit):
    """Solar protons of one active year, not exceeded at the confidence level, relative to those at 95 %.

    Source: Poisson process of SAPPHIRE's storms, fit 8 %.
    """
    return _storms(1.0, solar_proton_confidence, solar_storm_fit)


@equation("1", valid={"service_life": ("1 year", "15 year")})
def mission_storms(service_life, year, solar_active_share, solar_proton_confidence, solar_storm_fit):
    """Solar protons of the accelerators' life, not exceeded at the confidence level, relative to one year at 95 %.

    Less than annual_storms times the years: years with a great storm are rare, and few missions meet several.

    Source: Poisson process of SAPPHIRE's storms, fit 8 %.
    """
    return _storms(solar_active_share * service_life / year, solar_proton_confidence, solar_storm_fit)


@equation("1", valid={"host_service": ("1 year", "15 year")})
def host_storms(host_service, year, solar_active_share, solar_proton_confidence, solar_storm_fit):
    """Solar protons while the node is in service, not exceeded at the confidence level, as mission_storms.

    Source: as mission_storms.
    """
    return _storms(solar_active_share * host_service / year, solar_proton_confidence, solar_storm_fit)


@equation("1")
def median_storms(service_life, year, solar_active_share, solar_storm_fit):
    """Solar protons of the service life that half of the missions exceed, relative to one active year at 95 %.

    For rates of failure, which are expected, unlike the dose that hardware must bear.

    Source: as mission_storms, at a confidence level of 50 %.
    """
    return _storms(solar_active_share * service_life / year, 0.5, solar_storm_fit)
