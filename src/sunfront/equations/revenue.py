"""What a fleet earns: the price of compute of a new accelerator, contracts, and the market afterwards.

Compute is priced in one of three ways: USD per million tokens (the shipped way: the tokens per joule of the accelerator
decide what a kilowatt-hour earns), USD per kWh (``compute_price`` given) or USD per hour of an accelerator (the preset
``priced_by_hour``); each is translated into the others. A share of the compute is sold under a contract at the price at
the start of service; the rest, and all of it after the contract, earns the market's price, which falls with the age of
the accelerator. What a new accelerator earns may have a trend of its own.
"""

from sunfront.equation import SIGNED, equation, exp, larger, log, mean_decay
from sunfront.equations.present_value import level_or_falling, repeated


@equation("USD/kWh")
def compute_price(token_price, tokens_per_energy):
    """Revenue per IT energy of a new accelerator, from the price of tokens.

    Source: definition.
    """
    return token_price * tokens_per_energy


@equation("USD/Mtoken")
def implied_token_price(compute_price, tokens_per_energy):
    """Price of tokens at which the revenue per IT energy equals compute_price.

    Source: definition.
    """
    return compute_price / tokens_per_energy


@equation("USD/hour")
def implied_hour_price(compute_price, accelerator_power):
    """Price of one hour of one accelerator at which the revenue per IT energy equals compute_price.

    Source: definition.
    """
    return compute_price * accelerator_power


@equation("1/year", within=SIGNED)
def ageing_rate(compute_price_decline, year):
    """Continuous rate at which the market's price of an accelerator's work falls with its age.

    Source: definition, from the yearly decline.
    """
    return -log(1 - compute_price_decline * year) / year


@equation("1/year", within=SIGNED)
def price_trend(new_compute_price_decline, year):
    """Continuous rate at which the price of a new accelerator's work falls with calendar time.

    Source: definition, from the yearly decline.
    """
    return -log(1 - new_compute_price_decline * year) / year


@equation("USD/kWh")
def price_at_start(compute_price, price_trend, time_to_power, deployment_delay, campaign_duration):
    """Price of compute at the start of service, the mean of the stacks of the campaign.

    Source: mean of an exponential decline.
    """
    waited = exp(-price_trend * (time_to_power + deployment_delay))
    return compute_price * waited * mean_decay(price_trend * campaign_duration)


@equation("MW")
def sold_power(fleet_it_power, delivered_share, availability, utilization):
    """Expected IT power in use by customers when utilization has reached its level, at the start of service.

    Source: definition.
    """
    return fleet_it_power * delivered_share * availability * utilization


def ramped(force, decline, duration, ramp_time, period):
    """Value of a flow as ``level_or_falling``, of which customers take ``1 - exp(-t / ramp_time)`` at time t."""
    early = level_or_falling(force, decline + 1 / ramp_time, duration, period)
    return level_or_falling(force, decline, duration, period) - early


def earned(force, fleet_decline_rate, ageing_rate, share, term, duration, ramp_time, period):
    """Value at the start of service of the revenue of a fleet that earns one dollar a year when new.

    A share of it is sold at that price until the end of the term, the rest at a price that falls with age.
    """
    under_contract = duration - larger((duration - term) / duration, 0.0) * duration
    market = fleet_decline_rate + ageing_rate
    fixed = ramped(force, fleet_decline_rate, under_contract, ramp_time, period)
    replaced = ramped(force, market, under_contract, ramp_time, period)
    return ramped(force, market, duration, ramp_time, period) + share * (fixed - replaced)


@equation("MUSD")
def present_value_of_revenue(
    sold_power,
    compute_price,
    discount_force,
    fleet_decline_rate,
    ageing_rate,
    price_trend,
    contract_share,
    contract_term,
    service_life,
    accelerator_generations,
    utilization_ramp_time,
    time_to_power,
    deployment_delay,
    campaign_duration,
    cash_flow_period,
):
    """Present value of the revenue of all generations of accelerators.

    Source: as discounted_service, with prices that fall with age and with calendar time.
    """
    falling = discount_force + price_trend
    start = exp(-falling * (time_to_power + deployment_delay)) * mean_decay(falling * campaign_duration)
    generations = repeated(falling, service_life, accelerator_generations)
    one = earned(
        discount_force,
        fleet_decline_rate,
        ageing_rate,
        contract_share,
        contract_term,
        service_life,
        utilization_ramp_time,
        cash_flow_period,
    )
    return sold_power * compute_price * start * generations * one


@equation("MUSD")
def annual_revenue(
    sold_power,
    price_at_start,
    fleet_decline_rate,
    ageing_rate,
    contract_share,
    contract_term,
    utilization_ramp_time,
    year,
):
    """Revenue of the first full year of service.

    Source: integral of the revenue over one year.
    """
    none = 0 * fleet_decline_rate
    first_year = earned(
        none, fleet_decline_rate, ageing_rate, contract_share, contract_term, year, utilization_ramp_time, 0 * year
    )
    return sold_power * price_at_start * first_year


@equation("GWh")
def discounted_energy(
    sold_power,
    discount_force,
    fleet_decline_rate,
    start_discount,
    discounted_generations,
    service_life,
    utilization_ramp_time,
    cash_flow_period,
):
    """IT energy sold while the fleet is in service, discounted.

    Source: definition.
    """
    one = ramped(discount_force, fleet_decline_rate, service_life, utilization_ramp_time, cash_flow_period)
    return sold_power * start_discount * discounted_generations * one
