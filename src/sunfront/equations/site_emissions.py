"""Greenhouse gases of data centres on the ground: halls, accelerators and electricity over the service life."""

from sunfront.equation import equation


@equation("t")
def hall_emissions(fleet_it_power, hall_embodied_carbon, service_life, infrastructure_life):
    """Carbon dioxide equivalent of making halls and plant, the share of their life that the accelerators use.

    Source: definition.
    """
    return fleet_it_power * hall_embodied_carbon * (service_life / infrastructure_life)


@equation("t")
def lifecycle_emissions(hall_emissions, accelerator_emissions, annual_emissions, service_life, year):
    """Carbon dioxide equivalent over the life: halls, accelerators, and electricity at full load.

    Source: sum of the parts.
    """
    return hall_emissions + accelerator_emissions + annual_emissions * (service_life / year)
