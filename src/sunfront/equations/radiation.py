"""Ionizing dose behind the accelerators' shield, and damage of the cells: radiation belts and solar protons."""

from sunfront.equation import SHARE, SIGNED, equation, exp, log, polynomial, smooth_positive_part


@equation("rad(Si)")
def trapped_annual_dose(
    fit_variable,
    shield_thickness,
    millimetre,
    dose_fit_2mm,
    dose_fit_3mm,
    dose_fit_5mm,
    dose_fit_10mm,
    dose_unit,
):
    """Ionizing dose per year from the radiation belts, at the center of a solid aluminum sphere.

    One fit for each of 2, 3, 5 and 10 mm, whose coefficients are weighted by Lagrange polynomials, so that the formula
    has no branch. The models are uncertain by a factor of 2: hence the design margin. Cosmic rays are neglected, below
    10 rad a year behind any shield.

    Source: AP8/AE8, mean of solar minimum and maximum, SHIELDOSE-2; fits 1.2 %, 400-2000 km.
    """
    knots = [log(2.0), log(3.0), log(5.0), log(10.0)]
    thickness = log(shield_thickness / millimetre)
    weights = []
    for i in range(4):
        weight = 1.0
        for j in range(4):
            if j != i:
                weight = weight * (thickness - knots[j]) / (knots[i] - knots[j])
        weights.append(weight)
    fits = zip(dose_fit_2mm, dose_fit_3mm, dose_fit_5mm, dose_fit_10mm, strict=True)
    coefficients = [sum(w * c for w, c in zip(weights, same, strict=True)) for same in fits]
    return dose_unit * exp(polynomial(fit_variable, coefficients))


@equation("1", within=SHARE)
def solar_proton_exposure(inclination_cosine, fit_variable, earth_radius, orbital_radius, solar_proton_exposure_fit):
    """Share of the solar protons near the Earth that reaches the orbit: those that its field and its disc let through.

    The field keeps them to the polar caps, so the share vanishes for inclinations below 48 degrees.

    Source: Stoermer cutoff in an eccentric dipole, reduced in storms (Adams et al. 1981, NRL 4506), open beyond L = 5,
    and the Earth's shadow, averaged over orbit and longitude; fit 3 % at 97-105 deg, 30 % at 51-60 deg.
    """
    a, b, c, d, e, width, power = solar_proton_exposure_fit
    x = fit_variable
    sky = (1 + (1 - (earth_radius / orbital_radius) ** 2) ** 0.5) / 2
    caps = smooth_positive_part(1 - inclination_cosine**2 / (c + d * x + e * x**2), width)
    return sky * exp(a + b * x + power * log(caps))


@equation("rad(Si)")
def interplanetary_proton_dose(shield_thickness, millimetre, solar_proton_dose_fit, dose_unit):
    """Ionizing dose from solar protons at the Earth's distance from the Sun, outside the Earth's field.

    In one active year, not exceeded at a confidence level of 95 %, at the center of a solid aluminum sphere.

    Source: SAPPHIRE, Jiggens et al. 2018, J. Space Weather Space Clim. 8:A31, table 8; SHIELDOSE-2; exact at 2, 3, 5
    and 10 mm.
    """
    return dose_unit * exp(polynomial(log(shield_thickness / millimetre), solar_proton_dose_fit))


@equation("rad(Si)")
def solar_proton_annual_dose(interplanetary_proton_dose, solar_proton_exposure, annual_storms):
    """Ionizing dose from solar protons in one active year, not exceeded at the confidence level.

    Source: definition.
    """
    return interplanetary_proton_dose * solar_proton_exposure * annual_storms


@equation("rad(Si)")
def solar_proton_mission_dose(interplanetary_proton_dose, solar_proton_exposure, mission_storms):
    """Ionizing dose from solar protons over the service life, not exceeded at the confidence level.

    Source: definition.
    """
    return interplanetary_proton_dose * solar_proton_exposure * mission_storms


@equation("rad(Si)")
def annual_dose(trapped_annual_dose, solar_proton_annual_dose):
    """Ionizing dose of one year of high solar activity, with solar protons at the confidence level.

    Source: sum.
    """
    return trapped_annual_dose + solar_proton_annual_dose


@equation("rad(Si)")
def mission_dose(trapped_annual_dose, service_life, year, solar_proton_mission_dose):
    """Ionizing dose of the accelerators over their life, with solar protons at the confidence level for all of it.

    Source: sum.
    """
    return trapped_annual_dose * service_life / year + solar_proton_mission_dose


@equation("rad(Si)")
def median_dose(
    trapped_annual_dose, service_life, year, interplanetary_proton_dose, solar_proton_exposure, median_storms
):
    """Ionizing dose over the service life with the solar protons that half of the missions exceed.

    Source: sum.
    """
    return trapped_annual_dose * service_life / year + (
        interplanetary_proton_dose * solar_proton_exposure * median_storms
    )


@equation("rad(Si)", within=SIGNED)
def dose_margin(dose_limit, radiation_design_margin, mission_dose):
    """Dose limit minus the mission dose times its design margin.

    Source: ECSS-E-ST-10-12C, radiation design margin.
    """
    return dose_limit - radiation_design_margin * mission_dose


@equation("1/year")
def memory_error_rate(median_dose, dose_per_memory_error, service_life):
    """Rate of uncorrectable memory errors of one accelerator over its life; each causes a restart.

    Source: Suncatcher, arXiv 2511.19468, order of magnitude.
    """
    return median_dose / (dose_per_memory_error * service_life)


@equation("MeV/g")
def annual_displacement_damage(fit_variable, displacement_damage_fit, displacement_damage_unit):
    """Displacement damage dose of the cells per year from the radiation belts, behind the cover glass.

    Protons in silicon do 20 % more non-ionizing damage than in gallium arsenide, for which the fit is; neglected.

    Source: AP8/AE8 with NIEL under 100 um of glass, cubic fit in the logarithm; 1.8 %.
    """
    return displacement_damage_unit * exp(polynomial(fit_variable, displacement_damage_fit))
