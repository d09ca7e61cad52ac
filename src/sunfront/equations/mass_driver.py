"""A mass driver, a track that launches mass off the Moon: length, energy and cost per mass."""

from sunfront.equation import equation


@equation("kWh/kg")
def mass_driver_energy(lunar_escape_velocity):
    """Energy per mass to launch it off the Moon, before losses.

    Source: kinetic energy at escape velocity.
    """
    return lunar_escape_velocity**2 / 2


@equation("km")
def mass_driver_length(lunar_escape_velocity, mass_driver_acceleration):
    """Length of a track that reaches escape velocity.

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
    """Cost per mass launched off the Moon: interest and upkeep of the track over its throughput, plus energy.

    Source: perpetuity and energy.
    """
    capital = mass_driver_length * mass_driver_specific_cost
    yearly = capital * (discount_force + mass_driver_upkeep) / mass_driver_throughput
    return yearly + mass_driver_energy / mass_driver_efficiency * array_energy_price
