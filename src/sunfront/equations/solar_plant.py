"""Solar array and battery at the site, without a grid: sized by a closed form of the storage that weather asks for.

Day by day the stored energy is a random walk: it gains what the array yields beyond the load, with a variance that the
weather gives, between empty and full. The load that finds the store empty is not served.
"""

from sunfront.equation import equation, exp, mean_decay, smooth_positive_part


@equation("USD/kW")
def power_plant_specific_cost(solar_oversizing, solar_specific_cost, storage_duration, storage_specific_cost):
    """Price of array and battery per load that they carry.

    Source: definition.
    """
    return solar_oversizing * solar_specific_cost + storage_duration * storage_specific_cost


@equation("1")
def uncarried_night(night_share, storage_duration, day):
    """Share of the load's energy that falls into the night and finds no battery large enough, on any day.

    Source: definition; the corner at a battery for just the night is rounded within 0.01.
    """
    return smooth_positive_part(night_share - storage_duration / day)


@equation("1")
def solar_surplus(solar_oversizing, solar_capacity_factor, night_share, uncarried_night, storage_efficiency):
    """Energy of a mean day beyond the load that can be carried and the losses of the battery, over the load.

    Source: energy balance of a day.
    """
    stored = night_share - uncarried_night
    return solar_oversizing * solar_capacity_factor - (1 - uncarried_night) - stored * (1 / storage_efficiency - 1)


@equation("1")
def weather_storage(storage_duration, day, night_share):
    """Battery left for weather once the night is carried, in days of load.

    Source: definition; the corner at an empty store is rounded within 0.01.
    """
    return smooth_positive_part(storage_duration / day - night_share)


@equation("1")
def unserved_share(
    solar_surplus,
    weather_storage,
    solar_oversizing,
    solar_capacity_factor,
    insolation_variability,
    uncarried_night,
    overshoot,
):
    """Share of the load's energy that array and battery do not serve: in dark spells, and in nights too long for it.

    The store is a Brownian motion between two barriers. Days are steps, not a continuum: each barrier is moved
    outwards by overshoot standard deviations of a day. Against a simulation hour by hour: within 0.003 where days are
    independent; up to 0.04 too much where they resemble their neighbours (r = 0.3) and the store holds less than a day;
    within 0.055 with a battery for less than a night, or none, or an array for less than the load.
    Against pvlib's hours of a synthetic desert winter: 0.003 too little to 0.05 too much, 0.005 too much at the base
    plant; of the whole year, whose brighter seasons are left out, 0.03 too much there.

    Source: Harrison 1985, Brownian Motion and Stochastic Flow Systems, sec. 5.5; overshoot: Siegmund 1985, Sequential
    Analysis, ch. 10.
    """
    deviation = solar_oversizing * solar_capacity_factor * insolation_variability
    room = weather_storage + 2 * overshoot * deviation
    drift = 2 * solar_surplus * room / deviation**2
    in_dark_spells = deviation**2 / (2 * room) * exp(-drift) / mean_decay(drift)
    return in_dark_spells + uncarried_night


@equation("1")
def availability(unserved_share):
    """Share of the year's energy that array and battery serve, none below zero.

    Source: definition; the corner at nothing served is rounded within 0.001.
    """
    return smooth_positive_part(1 - unserved_share, 0.001)
