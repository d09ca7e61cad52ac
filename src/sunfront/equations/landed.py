"""Nodes landed on the Moon or Mars: price of a landing, power and latency."""

from sunfront.equation import SHARE, equation


@equation("t")
def stack_mass(dry_mass):
    """Mass of the nodes of one landing on the surface.

    Source: definition.
    """
    return dry_mass


@equation("t")
def delivered_payload(landed_payload):
    """Payload that one launch delivers to its destination.

    Source: definition.
    """
    return landed_payload


@equation("launches/year")
def flight_rate(launch_cadence, landed_payload, landed_cost_factor, launcher_reference_payload):
    """Launches per year that the campaign takes from the market, including the tankers for each landing.

    Source: landed_cost_factor counts the tankers, as payload to the reference orbit over landed payload.
    """
    return launch_cadence * landed_payload * landed_cost_factor / launcher_reference_payload


@equation("MUSD")
def launch_price(launch_specific_price, landed_payload, landed_cost_factor):
    """Price of one landing including its tankers, whether full or not.

    Source: ratio of the price per landed mass to the price per mass to low orbit.
    """
    return launch_specific_price * landed_payload * landed_cost_factor


@equation("1", within=SHARE)
def solar_proton_exposure(surface_proton_exposure):
    """Share of the solar protons near the Earth that reaches the surface.

    Source: definition.
    """
    return surface_proton_exposure


@equation("MeV/g")
def displacement_damage(solar_proton_damage):
    """Displacement damage dose of the cells while the node is in service; there are no radiation belts.

    Source: definition.
    """
    return solar_proton_damage


@equation("kW")
def electrical_load(heat_load):
    """Electric power that a stack needs in sunlight, without battery charging; there is no propulsion.

    Source: definition.
    """
    return heat_load


@equation("kW")
def survival_power(nodes, node_survival_power):
    """Power that a stack's pods draw in the dark to stay warm and reachable while the accelerators pause.

    Source: definition.
    """
    return nodes * node_survival_power


@equation("kW")
def dark_load(battery_share, electrical_load, survival_power):
    """Power that a stack draws from its batteries in the dark: a share of the load, and survival of the rest.

    Source: energy balance.
    """
    return battery_share * electrical_load + (1 - battery_share) * survival_power


@equation("s")
def round_trip_latency(distance_to_earth, speed_of_light):
    """Round-trip light time to the Earth.

    Source: definition.
    """
    return 2 * distance_to_earth / speed_of_light


@equation("1")
def annual_eclipses(year, recharge_period):
    """Number of dark spells or nights per year.

    Source: definition.
    """
    return year / recharge_period
