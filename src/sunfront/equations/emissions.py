"""Greenhouse gases over the life of a fleet, as carbon dioxide equivalent: accelerators, and all per energy."""

from sunfront.equation import equation, mean_decay


@equation("1")
def replaced_share(attrition_rate, replacement_share, fleet_decline_rate, service_life, accelerator_generations):
    """Hardware that replaces losses as they occur, over all generations, relative to the first fleet.

    Source: integral of the replaced losses of a fleet that declines and begins anew with each generation.
    """
    one = attrition_rate * replacement_share * service_life * mean_decay(fleet_decline_rate * service_life)
    return accelerator_generations * one


@equation("GWh")
def lifetime_energy(fleet_it_power, availability, fleet_decline_rate, service_life, accelerator_generations):
    """IT energy that all generations of the fleet's accelerators can use.

    Source: definition; losses that are not replaced lower it.
    """
    one = fleet_it_power * availability * service_life * mean_decay(fleet_decline_rate * service_life)
    return accelerator_generations * one


@equation("t")
def accelerator_emissions(fleet_it_power, accelerator_embodied_carbon, accelerator_generations, replaced_share):
    """Carbon dioxide equivalent of making the accelerators with their share of the server, of all generations.

    Source: definition.
    """
    return fleet_it_power * accelerator_embodied_carbon * (accelerator_generations + replaced_share)


@equation("kg/MWh")
def emission_intensity(lifecycle_emissions, lifetime_energy):
    """Carbon dioxide equivalent per IT energy over the life cycle.

    Source: definition; ISO 14044, functional unit one unit of IT energy.
    """
    return lifecycle_emissions / lifetime_energy
