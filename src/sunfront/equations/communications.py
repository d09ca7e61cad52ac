"""Latency to users and compared with fiber, laser links between satellites, and the data rate of tokens.

Latency is light time only; modems, queues and beam scheduling add to it. A ring is one dawn-dusk plane with so many
satellites that one is always near any point of it. In SI a bit is 1 and a byte is 8, so no formula multiplies by eight.
"""

from math import pi

from sunfront.equation import SHARE, arccos, cos, equation, smooth_positive_part


@equation("km")
def slant_range(altitude, earth_radius, user_elevation):
    """Distance between a user and a satellite seen at user_elevation.

    Source: law of cosines; SMAD, 3rd ed., sec. 5.2.
    """
    up = earth_radius * cos(pi / 2 - user_elevation)
    return (up**2 + altitude * (2 * earth_radius + altitude)) ** 0.5 - up


@equation("deg", within=("0 deg", "90 deg"))
def earth_central_angle(orbital_radius, earth_radius, user_elevation):
    """Angle at the Earth's center between a user and a satellite seen at user_elevation.

    Source: law of sines; SMAD, 3rd ed., sec. 5.2.
    """
    return arccos(earth_radius / orbital_radius * cos(user_elevation)) - user_elevation


@equation("ms")
def zenith_latency(altitude, speed_of_light):
    """Round-trip light time between a user and a satellite at the zenith: the minimum for two hops.

    Source: definition.
    """
    return 2 * altitude / speed_of_light


@equation("ms")
def two_hop_latency(slant_range, speed_of_light):
    """Round-trip light time between a user and a satellite at user_elevation.

    Source: definition.
    """
    return 2 * slant_range / speed_of_light


@equation("1", within=SHARE)
def direct_visibility(orbital_radius, earth_radius, minimum_elevation, inclination_cosine):
    """Share of the day in which a user on the equator sees a ring above minimum_elevation.

    The ring is visible while the user's angular distance from its plane is less than the central angle of
    minimum_elevation: a dawn-dusk ring around 6 h and 18 h, and always if the inclination is less than that angle
    (the corner is smoothed within 0.001).

    Source: spherical triangle of equator, ring and the perpendicular to it; SMAD, 3rd ed., sec. 5.2.
    """
    reach = arccos(earth_radius / orbital_radius * cos(minimum_elevation)) - minimum_elevation
    inclination_sine = (1 - inclination_cosine**2 + 1e-8) ** 0.5
    half_width_sine = cos(pi / 2 - reach) / inclination_sine
    return 1 - 2 / pi * arccos(half_width_sine - smooth_positive_part(half_width_sine - 1, 0.001))


@equation("ms")
def mesh_latency(slant_range, earth_central_angle, orbital_radius, speed_of_light):
    """One-way light time from the user farthest from a ring to the ring, over relays at its altitude.

    This user is at the pole of the ring (for a dawn-dusk ring, near the equator at noon or midnight), a quarter of a
    circle from all of it. The ring has no satellite nearby, so relays in other planes are needed. To one particular
    node instead of the nearest, the path may be half a circle.

    Source: arc at the orbit's radius.
    """
    return (slant_range + (pi / 2 - earth_central_angle) * orbital_radius) / speed_of_light


@equation("ms")
def fiber_latency(path_distance, fiber_route_factor, fiber_refractive_index, speed_of_light):
    """One-way light time through fiber between two places path_distance apart.

    Source: definition of the group index.
    """
    return path_distance * fiber_route_factor * fiber_refractive_index / speed_of_light


@equation("ms")
def satellite_path_latency(
    path_distance, earth_radius, slant_range, earth_central_angle, orbital_radius, speed_of_light
):
    """One-way light time up, along satellites and down, between two places path_distance apart.

    Both users see their satellite at user_elevation. If one satellite serves both, there is no arc between satellites;
    that corner is smoothed within 0.001 rad.

    Source: two slant ranges and an arc at the orbit's radius.
    """
    arc = smooth_positive_part(path_distance / earth_radius - 2 * earth_central_angle, 0.001)
    return (2 * slant_range + arc * orbital_radius) / speed_of_light


@equation("km")
def fiber_break_even_distance(
    slant_range, earth_central_angle, earth_radius, orbital_radius, fiber_route_factor, fiber_refractive_index
):
    """Distance beyond which the satellite path is faster than fiber.

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
    """Photon-limited data rate of a laser link between two satellites with equal telescopes.

    In the far field it falls with the square of the distance. It is an upper bound for modems; a study may give a
    terminal's data rate instead.

    Source: Friis 1946, Proc. IRE 34:254, gain (pi D / wavelength)^2; Klein & Degnan 1974, Appl. Opt. 13:2134.
    """
    gathered = (pi * telescope_aperture**2 / (4 * laser_wavelength * link_distance)) ** 2
    photon_energy = planck_constant * speed_of_light / laser_wavelength
    return laser_power * link_efficiency * gathered / (photons_per_bit * photon_energy)


@equation("Mbit/s")
def token_bandwidth(tokens_per_energy, node_it_power, data_per_token):
    """Data rate of the tokens that one node produces at full load.

    Source: definition.
    """
    return tokens_per_energy * node_it_power * data_per_token


@equation("1")
def link_utilization(token_bandwidth, inter_satellite_capacity):
    """Share of one laser link's capacity that a node's tokens use.

    Source: definition.
    """
    return token_bandwidth / inter_satellite_capacity


@equation("1", within=SHARE)
def ground_station_availability(ground_site_availability, ground_sites):
    """Share of the time in which at least one optical ground station has a clear sky.

    Source: complement of all sites being clouded, with independent sites; sites that share their weather have less.
    """
    return 1 - (1 - ground_site_availability) ** ground_sites
