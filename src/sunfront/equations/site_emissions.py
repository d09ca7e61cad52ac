"""Greenhouse gases of data centres on the ground: halls, accelerators and electricity while they are in service."""

from sunfront.equation import equation


@equation("t")
def hall_emissions(fleet_it_power, hall_embodied_carbon, host_service, infrastructure_life):
    """Carbon dioxide equivalent of making halls and plant, the share of their life that the accelerators use.

    Source: definition.
    """
    return fleet_it_power * hall_embodied_carbon * (host_service / infrastructure_life)


@equation("t")
def lifecycle_emissions(hall_emissions, accelerator_emissions, annual_emissions, host_service, year):
    """Carbon dioxide equivalent over the life: halls, accelerators, and electricity at full load.

    Source: sum of the parts.
    """
    return hall_emissions + accelerator_emissions + annual_emissions * (host_service / year)
