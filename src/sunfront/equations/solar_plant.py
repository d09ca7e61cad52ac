"""Solar array and battery at the site without a grid, with a closed form for the share of the load that they serve.

The stored energy is a random walk from day to day between empty and full: its drift is the surplus of the array over
the load, its variance comes from the weather. The load is not served while the battery is empty.
"""

from sunfront.equation import SHARE, SIGNED, equation, exp, mean_decay, smooth_positive_part


@equation("USD/kW")
def power_plant_specific_cost(solar_oversizing, solar_specific_cost, storage_duration, storage_specific_cost):
    """Price of array and battery per load served.

    Source: definition.
    """
    return solar_oversizing * solar_specific_cost + storage_duration * storage_specific_cost


@equation("1", within=SHARE)
def uncarried_night(night_share, storage_duration, day):
    """Share of the load's energy at night that exceeds the battery's capacity, on any day.

    Source: definition; the corner at a battery for exactly one night is smoothed within 0.01.
    """
    return smooth_positive_part(night_share - storage_duration / day)


@equation("1", within=SIGNED)
def solar_surplus(solar_oversizing, solar_capacity_factor, night_share, uncarried_night, storage_efficiency):
    """Surplus of the array's energy on a mean day over served load and battery losses, relative to the load.

    Source: energy balance of a day.
    """
    stored = night_share - uncarried_night
    return solar_oversizing * solar_capacity_factor - (1 - uncarried_night) - stored * (1 / storage_efficiency - 1)


@equation("1")
def weather_storage(storage_duration, day, night_share):
    """Battery capacity that remains for weather after the night, in days of load.

    Source: definition; the corner at zero is smoothed within 0.01.
    """
    return smooth_positive_part(storage_duration / day - night_share)


@equation("1", within=SHARE)
def unserved_share(
    solar_surplus,
    weather_storage,
    solar_oversizing,
    solar_capacity_factor,
    insolation_variability,
    uncarried_night,
    overshoot,
):
    """Share of the load's energy that array and battery do not serve, in dark spells and in long nights.

    The stored energy is a Brownian motion between two barriers. Since days are discrete steps, each barrier is moved
    outward by overshoot standard deviations of a day. Compared with an hourly simulation: within 0.003 if days are
    independent; up to 0.04 too high if consecutive days are correlated (r = 0.3) and the battery holds less than a day;
    within 0.055 with a battery for less than a night, with none, or with an array that yields less than the load.
    Compared with pvlib's hours of a synthetic desert winter: 0.003 too low to 0.05 too high, 0.005 too high for the
    base plant; compared with the whole year, whose brighter seasons the model neglects, 0.03 too high there.

    Source: Harrison 1985, Brownian Motion and Stochastic Flow Systems, sec. 5.5; overshoot: Siegmund 1985, Sequential
    Analysis, ch. 10.
    """
    deviation = solar_oversizing * solar_capacity_factor * insolation_variability
    room = weather_storage + 2 * overshoot * deviation
    drift = 2 * solar_surplus * room / deviation**2
    in_dark_spells = deviation**2 / (2 * room) * exp(-drift) / mean_decay(drift)
    return in_dark_spells + uncarried_night


@equation("1", within=SHARE)
def availability(unserved_share):
    """Share of the load's yearly energy that array and battery serve, at least zero.

    Source: definition; the corner at zero is smoothed within 0.001.
    """
    return smooth_positive_part(1 - unserved_share, 0.001)
