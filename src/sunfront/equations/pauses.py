"""What pauses in eclipse do to packages: they cool, warm up again, and their solder joints tire.

An eclipse of the mean length counts. The batteries' share of the load keeps the radiator as warm as it can; between
pausing cold (no batteries) and riding through lies keep_warm_share. A valve may lead the coolant past the radiator.
"""

from sunfront.equation import SHARE, equation, exp, fourth_power, fourth_root, larger
from sunfront.equations.thermal import earth_views


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
def dark_sink_temperature(
    earth_infrared_flux,
    earth_radius,
    orbital_radius,
    earth_view_factor,
    radiator_nadir_faces,
    radiator_edge_faces,
    radiator_sides,
    stefan_boltzmann,
):
    """Temperature of black surroundings that would heat the radiator as the Earth does in eclipse.

    Without sunlight there is no albedo. The array is left out: it falls to about 200 K, and emits a tenth of its heat.

    Source: as sink_temperature.
    """
    views = earth_views(radiator_nadir_faces, radiator_edge_faces, earth_radius / orbital_radius, earth_view_factor)
    return fourth_root(earth_infrared_flux * views / (radiator_sides * stefan_boltzmann))


@equation("1", within=SHARE)
def open_radiator_share(dark_radiator_share, dark_heat_share):
    """Share of the radiator that the coolant still reaches in eclipse: what the valve leaves, or what the heat needs.

    A valve that mixes by temperature opens as far as the remaining heat would warm the loop above its temperature in
    sunlight.

    Source: energy balance; mixing valves of Mars rovers and Europa Clipper, NASA NTRS 20220001487.
    """
    return larger(dark_radiator_share, dark_heat_share)


@equation("K")
def paused_temperature(
    radiator_temperature,
    dark_sink_temperature,
    dark_heat_share,
    open_radiator_share,
    mean_eclipse,
    radiator_heat_capacity,
    loop_heat_capacity,
    radiator_sides,
    radiator_emissivity,
    fin_efficiency,
    stefan_boltzmann,
):
    """Temperature of the coolant, and of what it reaches, at the end of an eclipse.

    It approaches that at which the open part of the radiator emits the remaining heat. In each of three parts of the
    eclipse the rate is that at the beginning of the part, so that the temperature is too low, by at most 4 K of a fall
    of 60 K. What a valve closes off cools by itself, at 560 km not below 205 K; ammonia freezes at 195 K.

    Source: lumped heat capacity, radiation as T^4; Gilmore, vol. 1, 2nd ed., ch. 15.
    """
    sunlit, sink = fourth_power(radiator_temperature), fourth_power(dark_sink_temperature)
    warm = dark_heat_share / open_radiator_share
    final = fourth_root(warm * sunlit + (1 - warm) * sink)
    capacity = loop_heat_capacity + open_radiator_share * (radiator_heat_capacity - loop_heat_capacity)
    faces = open_radiator_share * radiator_sides * radiator_emissivity * fin_efficiency * stefan_boltzmann
    temperature = radiator_temperature
    for _ in range(3):
        conductance = faces * (temperature**2 + final**2) * (temperature + final)
        temperature = final + (temperature - final) * exp(-mean_eclipse / 3 * conductance / capacity)
    return temperature


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
