"""The price of a launch: learning, margin of the launcher, and scarcity of launches."""

from sunfront.equation import equation, exp, larger, log


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


@equation("1")
def launch_scarcity(flight_rate, launch_supply, launch_supply_elasticity):
    """Price that the campaign is asked for a launch relative to that of a single launch.

    Source: a supply curve of constant elasticity, an assumption: a buyer of a large share of the available launches
    pays for scarce pads and vehicles.
    """
    return exp(log(1 + flight_rate / launch_supply) / launch_supply_elasticity)


@equation("USD/kg")
def launch_specific_price(launch_specific_cost, launch_markup, launch_scarcity, launch_price_ceiling):
    """Launch price per mass to the reference orbit at the campaign's launch rate, at most that of the next launcher.

    Source: cost plus markup times scarcity.
    """
    asked = launch_specific_cost * (1 + launch_markup) * launch_scarcity
    return asked * (1 - larger(1 - launch_price_ceiling / asked, 0.0))


@equation("MUSD")
def launch_price(launch_specific_price, launcher_reference_payload):
    """Price of one launch, whether full or not.

    Source: definition.
    """
    return launch_specific_price * launcher_reference_payload
