"""Price of compute and its decline, sold power, losses of accelerators."""

from sunfront.equation import SIGNED, equation, exp, log, mean_decay


@equation("USD/kWh")
def compute_price(token_price, tokens_per_energy):
    """Revenue per IT energy, from the price of tokens.

    Most studies give compute_price directly, because tokens per joule and price per token vary four hundredfold in
    opposite directions. A study with ``compute_price: computed`` uses this equation.

    Source: definition.
    """
    return token_price * tokens_per_energy


@equation("USD/kWh")
def price_in_service(compute_price, price_decline_rate, time_to_power, deployment_delay, campaign_duration):
    """Price of compute at the start of service, averaged over the stacks of the campaign.

    Stacks are spread evenly over the campaign, which begins time_to_power after the decision. Each enters service
    deployment_delay after its capital is spent.

    Source: mean of an exponential decline.
    """
    waited = exp(-price_decline_rate * (time_to_power + deployment_delay))
    falling = waited * mean_decay(price_decline_rate * campaign_duration)
    return compute_price * falling


@equation("USD/Mtoken")
def implied_token_price(compute_price, tokens_per_energy):
    """Price of tokens at which the revenue per IT energy equals compute_price.

    Source: definition.
    """
    return compute_price / tokens_per_energy


@equation("token/s")
def token_rate(fleet_it_power, tokens_per_energy):
    """Token rate of the fleet at full load.

    Source: definition.
    """
    return fleet_it_power * tokens_per_energy


@equation("MW")
def sold_power(fleet_it_power, availability, utilization):
    """Mean IT power in use by customers at the start of service.

    Source: definition.
    """
    return fleet_it_power * availability * utilization


@equation("1/year")
def attrition_rate(accelerator_failure_rate, pause_failure_rate, node_loss_rate):
    """Continuous rate at which accelerators are lost: by themselves, by pauses in eclipse, or with their node.

    Source: exponential survival; independent hazards add.
    """
    return accelerator_failure_rate + pause_failure_rate + node_loss_rate


@equation("1/year")
def fleet_decline_rate(attrition_rate, replacement_share, avoidance_loss_rate):
    """Continuous rate at which the fleet's compute declines: the losses that are not replaced.

    Nodes that have no propellant left to avoid collisions are not replaced: their successors would fare the same.

    Source: definition.
    """
    return attrition_rate * (1 - replacement_share) + avoidance_loss_rate


@equation("1/year", within=SIGNED)
def price_decline_rate(compute_price_decline, year):
    """Continuous rate of decline of compute_price.

    Source: definition, from the yearly decline.
    """
    return -log(1 - compute_price_decline * year) / year


@equation("1/year", within=SIGNED)
def discount_force(discount_rate, year):
    """Continuous discount rate (force of interest).

    Source: force of interest, Kellison, The Theory of Interest, 3rd ed., sec. 1.9.
    """
    return log(1 + discount_rate * year) / year
