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


@equation("t")
def launch_emissions(flights, flight_emissions, replaced_share):
    """Carbon dioxide equivalent of all flights, those of replacements included.

    Source: definition.
    """
    return flights * flight_emissions * (1 + replaced_share)


@equation("t")
def spacecraft_emissions(stacks, platform_mass, spacecraft_embodied_carbon, replaced_share):
    """Carbon dioxide equivalent of making the nodes without their accelerators, replacements included.

    Source: definition.
    """
    return stacks * platform_mass * spacecraft_embodied_carbon * (1 + replaced_share)


@equation("t")
def lifecycle_emissions(launch_emissions, spacecraft_emissions, accelerator_emissions):
    """Carbon dioxide equivalent of the fleet over its life: launch, nodes and accelerators.

    Source: sum of the parts.
    """
    return launch_emissions + spacecraft_emissions + accelerator_emissions


@equation("t")
def annual_emissions(lifecycle_emissions, year, service_life):
    """Carbon dioxide equivalent over the life, spread over the years of service.

    Source: definition.
    """
    return lifecycle_emissions * (year / service_life)
