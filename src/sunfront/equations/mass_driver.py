"""A track on the Moon that throws mass off it: its length, its energy, what a throw costs."""

from sunfront.equation import equation


@equation("kWh/kg")
def mass_driver_energy(lunar_escape_velocity):
    """Energy that throws a mass off the Moon, before losses.

    Source: kinetic energy at the velocity of escape.
    """
    return lunar_escape_velocity**2 / 2


@equation("km")
def mass_driver_length(lunar_escape_velocity, mass_driver_acceleration):
    """Length of a track that reaches the velocity of escape.

    Source: uniform acceleration.
    """
    return lunar_escape_velocity**2 / (2 * mass_driver_acceleration)


@equation("USD/kg")
def mass_driver_cost(
    mass_driver_length,
    mass_driver_specific_cost,
    mass_driver_throughput,
    mass_driver_energy,
    mass_driver_efficiency,
    array_energy_price,
    discount_force,
    mass_driver_upkeep,
):
    """Cost of throwing a mass off the Moon: the track's interest and upkeep over what it throws, and the energy.

    Source: perpetuity and energy.
    """
    capital = mass_driver_length * mass_driver_specific_cost
    yearly = capital * (discount_force + mass_driver_upkeep) / mass_driver_throughput
    return yearly + mass_driver_energy / mass_driver_efficiency * array_energy_price
