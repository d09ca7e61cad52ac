"""Air drag and electric propulsion: station keeping, orbit raising and disposal."""

from sunfront.equation import SIGNED, equation, exp, larger, log, magnitude, polynomial, smooth_positive_part


@equation("km", within=SIGNED)
def geopotential_depth(altitude, earth_radius, fit_altitude):
    """Geopotential altitude relative to that of fit_altitude.

    Source: definition; U.S. Standard Atmosphere 1976, eq. 18.
    """
    return altitude * earth_radius / (earth_radius + altitude) - fit_altitude * earth_radius / (
        earth_radius + fit_altitude
    )


@equation("kg/m^3", valid={"solar_flux_index": ("70 sfu", "230 sfu")})
def atmospheric_density(
    geopotential_depth,
    solar_flux_index,
    solar_flux_fit,
    density_components_low,
    density_scale_heights_low,
    density_components_moderate,
    density_scale_heights_moderate,
    density_components_raised,
    density_scale_heights_raised,
    density_components_high,
    density_scale_heights_high,
):
    """Atmospheric density at one level of solar activity, averaged over orbit and year.

    A sum of three exponentials at each F10.7 of 70, 110, 170 and 230. Between these levels the logarithm is
    interpolated by the cubic in the square root of F10.7, within 4 %. Altitudes are above the ellipsoid; a circular
    orbit is up to 21 km higher over the poles, where the true density is lower by 19 to 4 % from 400 to 1000 km. The
    base value of solar_flux_index represents a mean solar cycle.

    Source: NRLMSIS 2.1 (Emmert et al. 2022) along dawn-dusk orbits, 300-2000 km. The model itself is uncertain by
    15 %, the activity of a future cycle by half.
    """
    layers = (
        (density_components_low, density_scale_heights_low),
        (density_components_moderate, density_scale_heights_moderate),
        (density_components_raised, density_scale_heights_raised),
        (density_components_high, density_scale_heights_high),
    )
    levels = _weighted_levels(geopotential_depth, solar_flux_index, solar_flux_fit, layers)
    unit = density_components_low[0]
    return unit * exp(sum(w * log(density / unit) for w, density, _ in levels))


@equation("km")
def scale_height(
    geopotential_depth,
    altitude,
    earth_radius,
    solar_flux_index,
    solar_flux_fit,
    density_components_low,
    density_scale_heights_low,
    density_components_moderate,
    density_scale_heights_moderate,
    density_components_raised,
    density_scale_heights_raised,
    density_components_high,
    density_scale_heights_high,
):
    """Geometric height over which the density falls by a factor of e.

    Source: logarithmic derivative of atmospheric_density.
    """
    layers = (
        (density_components_low, density_scale_heights_low),
        (density_components_moderate, density_scale_heights_moderate),
        (density_components_raised, density_scale_heights_raised),
        (density_components_high, density_scale_heights_high),
    )
    levels = _weighted_levels(geopotential_depth, solar_flux_index, solar_flux_fit, layers)
    slope = sum(w * fall / density for w, density, fall in levels)
    return ((earth_radius + altitude) / earth_radius) ** 2 / slope


def _weighted_levels(z, flux, knots, layers):
    """Return the interpolation weight, the density and its decrease with height at each level of activity."""
    weights = _lagrange(flux**0.5, [knot**0.5 for knot in knots])
    return [(w, *_exponentials(z, *layer)) for w, layer in zip(weights, layers, strict=True)]


def _exponentials(z, components, heights):
    """Return the density of three exponential layers and its decrease with height."""
    parts = [r * exp(-z / h) for r, h in zip(components, heights, strict=True)]
    return sum(parts[1:], parts[0]), sum(
        (p / h for p, h in zip(parts[1:], heights[1:], strict=True)), parts[0] / heights[0]
    )


def _lagrange(x, knots):
    """Return the Lagrange weights of the knots at x."""
    weights = []
    for i, knot in enumerate(knots):
        weight = 1.0
        for j, other in enumerate(knots):
            if j != i:
                weight = weight * (x - other) / (knot - other)
        weights.append(weight)
    return weights


@equation("1", valid={"altitude": ("400 km", "1400 km")})
def array_drag_coefficient(altitude, fit_length, drag_fit_ceiling, array_sun_tracking, array_drag_fit, edge_drag_fit):
    """Drag area per planform area of the array, averaged over the year: Sun-tracking, or edge-on in the orbit plane.

    Above 1400 km the value at 1400 km is used; drag is negligible there.

    Source: Sentman 1961, free-molecular flow on a flat plate, accommodation 0.93; fits, 3.8 %.
    """
    y = (altitude - fit_length * smooth_positive_part((altitude - drag_fit_ceiling) / fit_length)) / fit_length
    facing, edge_on = polynomial(y, array_drag_fit), polynomial(y, edge_drag_fit)
    return array_sun_tracking * facing + (1 - array_sun_tracking) * edge_on


@equation("mN")
def drag_force(
    atmospheric_density,
    orbital_velocity,
    array_drag_coefficient,
    array_area,
    radiator_edge_drag,
    radiator_area,
):
    """Mean drag on all nodes of a stack after separation.

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
    """Mean electric power of the thrusters that compensate the drag.

    Source: jet power over efficiency; SMAD, 3rd ed., sec. 17.4.
    """
    return drag_force * exhaust_velocity / (2 * thruster_efficiency)


@equation("m/s")
def raising_delta_v(earth_gravity, earth_radius, injection_altitude, orbital_velocity):
    """Velocity change of the low-thrust spiral from the injection orbit, up, or down from one above the target.

    Source: difference of circular velocities; Vallado, 4th ed., sec. 6.7.
    """
    return magnitude((earth_gravity / (earth_radius + injection_altitude)) ** 0.5 - orbital_velocity)


@equation("m/s")
def disposal_delta_v(earth_gravity, earth_radius, disposal_altitude, orbital_velocity):
    """Velocity change of the low-thrust spiral down to the altitude at which drag completes the decay.

    Source: as raising_delta_v.
    """
    return magnitude((earth_gravity / (earth_radius + disposal_altitude)) ** 0.5 - orbital_velocity)


@equation("m/s")
def avoidance_delta_v(collision_avoidance_rate, host_service, avoidance_budget):
    """Velocity change for collision avoidance while the node is in service, at most what the tanks hold for it.

    Where more is needed, the tanks run dry before the end of life and the node is lost: avoidance_loss_rate.

    Source: definition.
    """
    return avoidance_budget * (1 - larger(1 - collision_avoidance_rate * host_service / avoidance_budget, 0.0))


@equation("1/year")
def avoidance_loss_rate(collision_avoidance_rate, host_service, avoidance_budget):
    """Rate at which nodes are lost because their propellant for collision avoidance is spent before the end of life.

    They live for the budget over its yearly use; the rate is that of a constant hazard beyond that.

    Source: definition.
    """
    return larger(collision_avoidance_rate * host_service / avoidance_budget - 1, 0.0) / host_service


@equation("1")
def maneuver_propellant_ratio(raising_delta_v, avoidance_delta_v, disposal_delta_v, exhaust_velocity):
    """Propellant for orbit raising, collision avoidance and disposal relative to the dry mass.

    Source: Tsiolkovsky; SMAD, 3rd ed., eq. 17-7.
    """
    return exp((raising_delta_v + avoidance_delta_v + disposal_delta_v) / exhaust_velocity) - 1


@equation("kg")
def drag_propellant(drag_force, host_service, exhaust_velocity, raising_delta_v):
    """Propellant that compensates a stack's drag over its life, and that which raises it.

    Source: force x time / exhaust velocity.
    """
    return drag_force * host_service / exhaust_velocity * exp(raising_delta_v / exhaust_velocity)


@equation("kg")
def propellant_mass(dry_mass, maneuver_propellant_ratio, drag_propellant):
    """Propellant of a stack over its life: orbit raising, drag compensation, collision avoidance, disposal.

    Drag compensation takes force x time / exhaust velocity whatever the mass, so the total is linear in the amounts.
    Collision avoidance is computed for the dry mass, which underestimates the total by 3e-6. Drag during orbit raising
    is neglected, about 7 % of the propellant for raising.

    Source: Tsiolkovsky; SMAD, 3rd ed., eq. 17-7.
    """
    return dry_mass * maneuver_propellant_ratio + drag_propellant


@equation("year", valid={"orbital_radius": ("6770 km", "7230 km")})
def passive_decay_time(
    scale_height, atmospheric_density, orbital_radius, orbital_velocity, dry_mass, array_area, tumbling_drag_coefficient
):
    """Time in which drag alone deorbits a dead, tumbling satellite.

    First order, with the scale height at the start, which shrinks on the way down: at F10.7 = 150 the time is too long
    by 7 % from 560 km, a sixth from 850 km, a third from 1200 km. The radiator's drag is neglected.

    Source: King-Hele, Satellite Orbits in an Atmosphere, 1987, ch. 4; first order.
    """
    drag_area = tumbling_drag_coefficient * array_area
    return scale_height * dry_mass / (atmospheric_density * drag_area * orbital_radius * orbital_velocity)


@equation("year", within=SIGNED)
def passive_disposal_margin(disposal_limit, passive_decay_time):
    """Disposal time limit minus the passive decay time; if negative, active disposal must be reliable.

    Source: FCC 22-74, 47 CFR 25.114: 5 years after the end of the mission.
    """
    return disposal_limit - passive_decay_time
