"""Ionizing dose behind the accelerators' shield, and displacement damage of the cells."""

from sunfront.equation import equation, exp, log


@equation("rad(Si)")
def annual_dose(
    fit_variable,
    shield_thickness,
    millimetre,
    dose_fit_2mm,
    dose_fit_3mm,
    dose_fit_5mm,
    dose_fit_10mm,
    dose_unit,
):
    """Ionizing dose per year at the center of a solid aluminum sphere.

    One fit for each of 2, 3, 5 and 10 mm, selected by Lagrange polynomials, so that the formula has no branch. Solar
    protons and cosmic rays are neglected (0.1-0.4 krad in 5 years behind 10 mm at solar maximum, unverified), and the
    trapped-particle models are uncertain by a factor of 2: hence the design margin.

    Source: AP8/AE8, mean of solar minimum and maximum, SHIELDOSE-2; fits 1.2 %, 400-2000 km.
    """
    x = fit_variable
    knots = [log(2.0), log(3.0), log(5.0), log(10.0)]
    thickness = log(shield_thickness / millimetre)
    logarithm = 0
    for i, (a, b, c, d, e, f) in enumerate((dose_fit_2mm, dose_fit_3mm, dose_fit_5mm, dose_fit_10mm)):
        weight = 1.0
        for j in range(4):
            if j != i:
                weight = weight * (thickness - knots[j]) / (knots[i] - knots[j])
        logarithm = logarithm + weight * (a + b * x + c * x**2 + d * x**3 + e * x**4 + f * x**5)
    return dose_unit * exp(logarithm)


@equation("rad(Si)")
def mission_dose(annual_dose, service_life, year):
    """Ionizing dose over the service life.

    Source: definition.
    """
    return annual_dose * service_life / year


@equation("rad(Si)")
def dose_margin(dose_limit, radiation_design_margin, mission_dose):
    """Dose limit minus the mission dose times its design margin.

    Source: ECSS-E-ST-10-12C, radiation design margin.
    """
    return dose_limit - radiation_design_margin * mission_dose


@equation("1/year")
def memory_error_rate(annual_dose, dose_per_memory_error, year):
    """Rate of uncorrectable memory errors of one accelerator; each causes a restart.

    Source: Suncatcher, arXiv 2511.19468, order of magnitude.
    """
    return annual_dose / (dose_per_memory_error * year)


@equation("MeV/g")
def annual_displacement_damage(fit_variable, displacement_damage_fit, displacement_damage_unit):
    """Displacement damage dose of the solar cells per year.

    Source: AP8/AE8 with NIEL under 100 um of glass, cubic fit in the logarithm; 1.8 %.
    """
    a, b, c, d = displacement_damage_fit
    return displacement_damage_unit * exp(a + b * fit_variable + c * fit_variable**2 + d * fit_variable**3)
