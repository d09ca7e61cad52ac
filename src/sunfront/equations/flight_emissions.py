"""Greenhouse gases of nodes that are launched: propellant, launcher, spacecraft. Their operation has none.

The climate effect of soot and water vapor in the upper atmosphere is not counted.
"""

from sunfront.equation import equation


@equation("1")
def flights(flight_rate, campaign_duration, launch_share_paid):
    """Flights of the campaign, tankers included; a shared flight counts by the share that is paid.

    Source: definition.
    """
    return flight_rate * campaign_duration * launch_share_paid


@equation("t")
def flight_emissions(launcher_propellant_mass, propellant_carbon, launcher_hardware_emissions):
    """Carbon dioxide equivalent of one flight: making and burning its propellant, and making what it spends.

    Source: definition.
    """
    return launcher_propellant_mass * propellant_carbon + launcher_hardware_emissions


@equation("1")
def renewed_share(replaced_share, lost_node_share, accelerator_generations):
    """Nodes that replace lost ones, as they are lost or at the next exchange of accelerators, relative to the first.

    Source: sum.
    """
    return replaced_share + lost_node_share * (accelerator_generations - 1)


@equation("t")
def launch_emissions(
    flights, flight_emissions, renewed_share, exchange_launches, flight_rate, launch_cadence, accelerator_generations
):
    """Carbon dioxide equivalent of all flights: of the nodes, of replacements, and of exchanges of accelerators.

    Source: definition.
    """
    exchanges = (accelerator_generations - 1) * exchange_launches * (flight_rate / launch_cadence)
    return flight_emissions * (flights * (1 + renewed_share) + exchanges)


@equation("t")
def spacecraft_emissions(stacks, platform_mass, spacecraft_embodied_carbon, renewed_share):
    """Carbon dioxide equivalent of making the nodes without their accelerators, replacements included.

    Source: definition.
    """
    return stacks * platform_mass * spacecraft_embodied_carbon * (1 + renewed_share)


@equation("t")
def lifecycle_emissions(launch_emissions, spacecraft_emissions, accelerator_emissions):
    """Carbon dioxide equivalent of the fleet over its life: launch, nodes and accelerators.

    Source: sum of the parts.
    """
    return launch_emissions + spacecraft_emissions + accelerator_emissions


@equation("t")
def annual_emissions(lifecycle_emissions, year, host_service):
    """Carbon dioxide equivalent over the life, spread over the years of service.

    Source: definition.
    """
    return lifecycle_emissions * (year / host_service)
