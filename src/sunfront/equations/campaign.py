"""The launches of a campaign: number, price and payload."""

from sunfront.equation import equation, exp, log


@equation("1")
def launches(launch_cadence, campaign_duration):
    """Number of launches of the campaign.

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
def cumulative_launched_mass(launched_mass_to_date, flight_rate, campaign_duration, launcher_reference_payload):
    """Cumulative mass launched by the middle of the campaign, as payload to the reference orbit.

    Source: definition.
    """
    return launched_mass_to_date + flight_rate * campaign_duration / 2 * launcher_reference_payload


@equation("USD/kg")
def launch_specific_cost(
    launch_cost_floor,
    learning_anchor_cost,
    cumulative_launched_mass,
    learning_anchor_mass,
    launch_learning_rate,
):
    """Launch provider's cost per mass to the reference orbit, on the learning curve.

    Source: Wright 1936, J. Aeronaut. Sci. 3:122, above a floor.
    """
    exponent = log(1 - launch_learning_rate) / log(2)
    learned = exp(exponent * log(cumulative_launched_mass / learning_anchor_mass))
    return launch_cost_floor + (learning_anchor_cost - launch_cost_floor) * learned


@equation("USD/kg")
def launch_specific_price(launch_specific_cost, launch_markup, flight_rate, launch_supply, launch_supply_elasticity):
    """Launch price per mass to the reference orbit at the campaign's launch rate.

    Source: cost plus markup; a supply curve of constant elasticity, an assumption: a buyer of a large share of the
    available launches pays for scarce pads and vehicles.
    """
    scarcity = exp(log(1 + flight_rate / launch_supply) / launch_supply_elasticity)
    return launch_specific_cost * (1 + launch_markup) * scarcity


@equation("MUSD")
def launch_price(launch_specific_price, launcher_reference_payload):
    """Price of one launch, whether full or not.

    Source: definition.
    """
    return launch_specific_price * launcher_reference_payload


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


@equation("m^3")
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


@equation("t")
def launch_mass_margin(delivered_payload, payload_adapter_fraction, launched_mass):
    """Delivered payload, less the dispenser, minus the launched mass.

    Source: definition.
    """
    return delivered_payload * (1 - payload_adapter_fraction) - launched_mass
