"""What pauses in eclipse do to packages: they cool, warm up again, and their solder joints tire.

An eclipse of the mean length counts. The batteries' share of the load keeps the radiator as warm as it can; between
pausing cold (no batteries) and riding through lies keep_warm_share.
"""

from sunfront.equation import SHARE, equation, exp


@equation("1", within=SHARE)
def dark_heat_share(battery_share, keep_warm_share):
    """Heat of a node in eclipse relative to that in sunlight: of what rides through, and of what is kept warm.

    Source: energy balance.
    """
    return battery_share + (1 - battery_share) * keep_warm_share


@equation("min", within=("0", "orbital_period"))
def mean_eclipse(eclipse_fraction, year, annual_eclipses):
    """Mean length of the eclipses; one more eclipse is counted, so that it is defined where there is none.

    Source: definition.
    """
    return eclipse_fraction * year / (annual_eclipses + 1)


@equation("K")
def paused_temperature(
    radiator_temperature,
    sink_temperature,
    dark_heat_share,
    mean_eclipse,
    radiator_heat_capacity,
    radiator_sides,
    radiator_emissivity,
    fin_efficiency,
    stefan_boltzmann,
):
    """Temperature of the radiator, and of what its coolant reaches, at the end of an eclipse.

    It approaches that of the remaining heat, at the rate of the radiation at radiator_temperature. The sink is that in
    sunlight, which is too warm: without the array's heat it is up to 30 K colder, and the end of an eclipse up to 15 K.

    Source: lumped heat capacity; Gilmore, vol. 1, 2nd ed., ch. 15.
    """
    kept = dark_heat_share * radiator_temperature**4 + (1 - dark_heat_share) * sink_temperature**4
    conductance = 4 * radiator_sides * radiator_emissivity * fin_efficiency * stefan_boltzmann * radiator_temperature**3
    cooled = kept**0.25
    return cooled + (radiator_temperature - cooled) * exp(-mean_eclipse * conductance / radiator_heat_capacity)


@equation("delta_degC")
def junction_swing(radiator_temperature, paused_temperature, junction_temperature, dark_heat_share):
    """Fall of the hottest junction's temperature in an eclipse: with the radiator, and by its own lead over it.

    Source: series thermal resistances.
    """
    return (
        radiator_temperature
        - paused_temperature
        + (1 - dark_heat_share) * (junction_temperature - radiator_temperature)
    )


@equation("1")
def package_fatigue(
    junction_swing,
    junction_temperature,
    annual_eclipses,
    service_life,
    year,
    orbital_period,
    package_test_cycles,
    package_test_swing,
    package_test_temperature,
    package_test_frequency,
    fatigue_swing_exponent,
    fatigue_frequency_exponent,
    fatigue_activation_temperature,
):
    """Cycles of the service life relative to the cycles after which 63 % of the packages have failed.

    Cycles to failure are those of the test, times (swing of the test / swing) to a power, (frequency / that of the
    test) to a power, and exp(activation temperature (1 / T - 1 / T of the test)) of the hottest temperatures.

    Source: Norris & Landzberg 1969, IBM J. Res. Dev. 13:266; constants of tin-silver-copper: Pan et al. 2005.
    """
    # By the square, since rounding may make the swing of what rides through negative.
    swing = ((junction_swing / package_test_swing) ** 2) ** (fatigue_swing_exponent / 2)
    frequency = (package_test_frequency * orbital_period) ** fatigue_frequency_exponent
    hot = exp(fatigue_activation_temperature * (1 / package_test_temperature - 1 / junction_temperature))
    return annual_eclipses * service_life / year / package_test_cycles * swing * frequency * hot


@equation("1/year")
def pause_failure_rate(package_fatigue, package_fatigue_shape, service_life):
    """Mean rate over the service life at which packages fail by the cycles of their temperature.

    Source: cumulative hazard of a Weibull distribution over cycles, spread evenly over the service life.
    """
    return package_fatigue**package_fatigue_shape / service_life
