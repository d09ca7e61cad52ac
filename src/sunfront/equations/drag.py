"""Air drag and electric propulsion: what holds the orbit, raises it, and ends it."""

from sunfront.equation import equation
from sunfront.xmath import exp


@equation("kg/m^3")
def atmospheric_density(altitude, earth_radius, fit_altitude, density_components, density_scale_heights):
    """Density of the air, mean over orbit, year and solar cycle.

    Source: NRLMSIS 2.1 (Emmert et al. 2022), three exponentials in geopotential altitude, 3.3 %, 300-2000 km.
    The model itself is uncertain by 15 %, the activity of a cycle by half. A life of five years about a solar maximum
    meets 1.8 times this mean, one about a minimum 0.25 times.
    """
    geopotential = altitude * earth_radius / (earth_radius + altitude)
    z = geopotential - fit_altitude * earth_radius / (earth_radius + fit_altitude)
    (r1, r2, r3), (h1, h2, h3) = density_components, density_scale_heights
    return r1 * exp(-z / h1) + r2 * exp(-z / h2) + r3 * exp(-z / h3)


@equation("1")
def array_drag_coefficient(altitude, fit_length, array_drag_fit):
    """Drag area per planform area of a Sun-pointing array, mean over the year.

    Source: Sentman 1961, free-molecular flow on a flat plate, accommodation 0.93; quadratic fit, 3.1 %.
    """
    a, b, c = array_drag_fit
    y = altitude / fit_length
    return a + b * y + c * y**2


@equation("mN")
def drag_force(
    atmospheric_density,
    orbital_velocity,
    array_drag_coefficient,
    array_area,
    radiator_edge_drag,
    radiator_area,
):
    """Mean drag on all nodes of a stack, once they fly apart.

    Source: Vallado, 4th ed., sec. 8.6.2.
    """
    drag_area = array_drag_coefficient * array_area + radiator_edge_drag * radiator_area
    return 0.5 * atmospheric_density * orbital_velocity**2 * drag_area


@equation("km/s")
def exhaust_velocity(thruster_specific_impulse, standard_gravity):
    """Effective exhaust velocity of the thrusters.

    Source: definition of specific impulse.
    """
    return thruster_specific_impulse * standard_gravity


@equation("kW")
def propulsion_power(drag_force, exhaust_velocity, thruster_efficiency):
    """Mean electric power of the thrusters that balance the drag.

    Source: jet power over efficiency; SMAD, 3rd ed., sec. 17.4.
    """
    return drag_force * exhaust_velocity / (2 * thruster_efficiency)


@equation("m/s")
def raising_delta_v(earth_gravity, earth_radius, injection_altitude, orbital_velocity):
    """Velocity change of the slow spiral from the injection orbit up.

    Source: difference of circular velocities; Vallado, 4th ed., sec. 6.7.
    """
    return (earth_gravity / (earth_radius + injection_altitude)) ** 0.5 - orbital_velocity


@equation("m/s")
def disposal_delta_v(earth_gravity, earth_radius, disposal_altitude, orbital_velocity):
    """Velocity change of the slow spiral down to where the air takes over.

    Source: as raising_delta_v.
    """
    return (earth_gravity / (earth_radius + disposal_altitude)) ** 0.5 - orbital_velocity


@equation("m/s")
def avoidance_delta_v(collision_avoidance_rate, service_life):
    """Velocity change of collision avoidance over the life.

    Source: definition.
    """
    return collision_avoidance_rate * service_life


@equation("kg")
def propellant_mass(
    dry_mass,
    drag_force,
    service_life,
    exhaust_velocity,
    raising_delta_v,
    avoidance_delta_v,
    disposal_delta_v,
):
    """Propellant of a stack for its life: raise, hold against drag, avoid, dispose.

    Thrust against drag spends force x time / exhaust velocity whatever the mass, so that the total is linear in
    the amounts. Avoidance is charged on the dry mass, which is 3e-6 of the total too low; drag
    during the raise is left out, about 7 % of the raise.

    Source: Tsiolkovsky; SMAD, 3rd ed., eq. 17-7.
    """
    at_end = dry_mass * exp((avoidance_delta_v + disposal_delta_v) / exhaust_velocity)
    on_station = at_end + drag_force * service_life / exhaust_velocity
    return on_station * exp(raising_delta_v / exhaust_velocity) - dry_mass
