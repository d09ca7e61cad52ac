"""Nodes that are landed on the Moon or on Mars: what a landing costs, and power through the night."""

from sunfront.equation import equation


@equation("t")
def stack_mass(dry_mass):
    """Mass of one landing's nodes on the surface.

    Source: definition.
    """
    return dry_mass


@equation("t")
def delivered_payload(landed_payload):
    """Payload that one launch brings to its place.

    Source: definition.
    """
    return landed_payload


@equation("launches/year")
def flight_rate(launch_cadence, landed_payload, landed_cost_factor, launcher_reference_payload):
    """Flights that the campaign takes of those on offer: each landing asks for its tankers.

    Source: landed_cost_factor counts them, as payload to the reference orbit over payload landed.
    """
    return launch_cadence * landed_payload * landed_cost_factor / launcher_reference_payload


@equation("MUSD")
def launch_price(launch_specific_price, landed_payload, landed_cost_factor):
    """Price of one landing, full or not, its tankers included.

    Source: price per mass landed over price per mass to low orbit.
    """
    return launch_specific_price * landed_payload * landed_cost_factor


@equation("1")
def array_remaining_power(array_annual_degradation, service_life, year):
    """Share of the array's power left at the end of life; there are no trapped particles.

    Source: SMAD, 3rd ed., eq. 11-7.
    """
    return (1 - array_annual_degradation * year) ** (service_life / year)


@equation("kW")
def electrical_load(heat_load):
    """Electric power that a stack needs in sunlight, before recharging batteries: there is no orbit to hold.

    Source: definition.
    """
    return heat_load


@equation("s")
def round_trip_latency(distance_to_earth, speed_of_light):
    """Light time to the Earth and back.

    Source: definition.
    """
    return 2 * distance_to_earth / speed_of_light
