"""The launches of a campaign: number, mass and volume."""

from sunfront.equation import SIGNED, equation


@equation("1", within=("1", "inf"))
def launches(launch_cadence, campaign_duration):
    """Number of launches of the campaign; part of a launch cannot be bought, see the preset rideshare.

    Source: definition.
    """
    return launch_cadence * campaign_duration


@equation("1")
def stacks(launches):
    """Number of stacks that the campaign places: one per launch.

    Source: definition.
    """
    return launches


@equation("launches/year")
def flight_rate(launch_cadence):
    """Launches per year that the campaign takes from the market.

    Source: definition.
    """
    return launch_cadence


@equation("t")
def fleet_mass(stacks, stack_mass):
    """Mass of all nodes that the campaign places.

    Source: definition.
    """
    return stacks * stack_mass


@equation("MW")
def it_power_per_launch(fleet_it_power, launches):
    """IT power placed by one launch.

    Source: definition.
    """
    return fleet_it_power / launches


@equation("m^3")
def launched_volume(stowed_volume):
    """Stowed volume of a stack that its launch carries: all of it.

    Source: definition.
    """
    return stowed_volume


@equation("m^3", within=SIGNED)
def launch_volume_margin(fairing_volume, fairing_packing, launched_volume):
    """Usable fairing volume minus the launched volume.

    Source: definition.
    """
    return fairing_volume * fairing_packing - launched_volume


@equation("t")
def launched_mass(stack_mass):
    """Mass of a stack that its launch carries: all of it.

    Source: definition.
    """
    return stack_mass


@equation("t", within=SIGNED)
def launch_mass_margin(delivered_payload, payload_adapter_fraction, launched_mass):
    """Delivered payload, less the dispenser, minus the launched mass.

    Source: definition.
    """
    return delivered_payload * (1 - payload_adapter_fraction) - launched_mass


@equation("USD/kg")
def delivered_specific_price(launch_price, delivered_payload):
    """Launch price per mass that a full launch delivers to its destination.

    launch_specific_price is per mass to the launcher's reference orbit, which is lower.

    Source: definition.
    """
    return launch_price / delivered_payload
