"""Light times to users and against fibre, laser links between satellites, and what tokens ask of them.

Light times only: modems, queues and the schedule of beams come on top. A ring is one dawn-dusk plane, so well filled
that a satellite is always near where it is wanted. A byte is 8 in SI, as a bit is 1: no formula multiplies by eight.
"""

from math import pi

from sunfront.equation import arccos, cos, equation, smooth_positive_part


@equation("km")
def slant_range(altitude, earth_radius, user_elevation):
    """Distance between a user and the satellite that he sees at user_elevation.

    Source: law of cosines; SMAD, 3rd ed., sec. 5.2.
    """
    up = earth_radius * cos(pi / 2 - user_elevation)
    return (up**2 + altitude * (2 * earth_radius + altitude)) ** 0.5 - up


@equation("deg")
def earth_central_angle(orbital_radius, earth_radius, user_elevation):
    """Angle at the Earth's centre between a user and the satellite that he sees at user_elevation.

    Source: law of sines; SMAD, 3rd ed., sec. 5.2.
    """
    return arccos(earth_radius / orbital_radius * cos(user_elevation)) - user_elevation


@equation("ms")
def zenith_latency(altitude, speed_of_light):
    """Light time from a user to the satellite overhead and back: no two hops take less.

    Source: definition.
    """
    return 2 * altitude / speed_of_light


@equation("ms")
def two_hop_latency(slant_range, speed_of_light):
    """Light time from a user to the satellite at user_elevation and back.

    Source: definition.
    """
    return 2 * slant_range / speed_of_light


@equation("1")
def direct_visibility(orbital_radius, earth_radius, minimum_elevation, inclination_cosine):
    """Share of the day in which a user on the equator sees a ring above minimum_elevation.

    He sees it while his distance from the ring's plane is less than the central angle of minimum_elevation: a
    dawn-dusk ring around 6 h and 18 h, a ring inclined by less than that angle always (corner rounded within 0.001).

    Source: spherical triangle of equator, ring and the perpendicular on it; SMAD, 3rd ed., sec. 5.2.
    """
    reach = arccos(earth_radius / orbital_radius * cos(minimum_elevation)) - minimum_elevation
    inclination_sine = (1 - inclination_cosine**2 + 1e-8) ** 0.5
    half_width_sine = cos(pi / 2 - reach) / inclination_sine
    return 1 - 2 / pi * arccos(half_width_sine - smooth_positive_part(half_width_sine - 1, 0.001))


@equation("ms")
def mesh_latency(slant_range, earth_central_angle, orbital_radius, speed_of_light):
    """Light time, one way, from the user farthest from a ring to the ring, over relays at its altitude.

    He stands at the pole of the ring (of a dawn-dusk one near the equator at noon or midnight), a quarter of a circle
    from all of it. The ring has no satellite near him: relays in other planes are needed. To one given node instead
    of the nearest, the way may be half a circle.

    Source: arc at the orbit's radius.
    """
    return (slant_range + (pi / 2 - earth_central_angle) * orbital_radius) / speed_of_light


@equation("ms")
def fiber_latency(path_distance, fiber_route_factor, fiber_refractive_index, speed_of_light):
    """Light time, one way, through fibre between two places path_distance apart.

    Source: definition of the group index.
    """
    return path_distance * fiber_route_factor * fiber_refractive_index / speed_of_light


@equation("ms")
def satellite_path_latency(
    path_distance, earth_radius, slant_range, earth_central_angle, orbital_radius, speed_of_light
):
    """Light time, one way, up, along satellites and down, between two places path_distance apart.

    Both see their satellite at user_elevation. Where one satellite serves both there is no arc between satellites;
    that corner is rounded within 0.001 rad.

    Source: two slant ranges and an arc at the orbit's radius.
    """
    arc = smooth_positive_part(path_distance / earth_radius - 2 * earth_central_angle, 0.001)
    return (2 * slant_range + arc * orbital_radius) / speed_of_light


@equation("km")
def fiber_break_even_distance(
    slant_range, earth_central_angle, earth_radius, orbital_radius, fiber_route_factor, fiber_refractive_index
):
    """Distance beyond which the path over satellites is faster than fibre.

    Source: satellite_path_latency = fiber_latency, solved for the distance, with one satellite and with an arc.
    """
    slowness = fiber_route_factor * fiber_refractive_index
    arc_slowness = orbital_radius / earth_radius
    over_one_satellite = 2 * slant_range / slowness
    left_over = earth_radius * smooth_positive_part(over_one_satellite / earth_radius - 2 * earth_central_angle, 0.001)
    return over_one_satellite + left_over * arc_slowness / (slowness - arc_slowness)


@equation("Gbit/s")
def inter_satellite_capacity(
    laser_power,
    telescope_aperture,
    laser_wavelength,
    link_distance,
    link_efficiency,
    photons_per_bit,
    planck_constant,
    speed_of_light,
):
    """Data rate of a laser link between two satellites with equal telescopes, as far as photons limit it.

    Far field: falls as the square of the distance. It bounds what modems reach; a study may give a terminal's rate
    instead.

    Source: Friis 1946, Proc. IRE 34:254, gain (pi D / wavelength)^2; Klein & Degnan 1974, Appl. Opt. 13:2134.
    """
    gathered = (pi * telescope_aperture**2 / (4 * laser_wavelength * link_distance)) ** 2
    photon_energy = planck_constant * speed_of_light / laser_wavelength
    return laser_power * link_efficiency * gathered / (photons_per_bit * photon_energy)


@equation("Mbit/s")
def token_bandwidth(tokens_per_energy, node_it_power, data_per_token):
    """Data rate of the tokens that one node yields at full load.

    Source: definition.
    """
    return tokens_per_energy * node_it_power * data_per_token


@equation("1")
def link_utilization(token_bandwidth, inter_satellite_capacity):
    """Share of one laser link that a node's tokens fill.

    Source: definition.
    """
    return token_bandwidth / inter_satellite_capacity


@equation("1")
def ground_station_availability(ground_site_availability, ground_sites):
    """Share of the time in which at least one optical ground station has a clear sky.

    Source: complement of all clouded at once, the sites independent; sites that share their weather have less.
    """
    return 1 - (1 - ground_site_availability) ** ground_sites
