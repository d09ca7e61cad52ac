"""Present values of flows of money: what the equations of revenue, cost and return share.

A stack is bought ``time_to_power`` after the decision or later: the stacks of a campaign are spread evenly over
``campaign_duration``. It enters service ``deployment_delay`` after it is bought. Everything is valued at the decision.
"""

from sunfront.equation import SIGNED, equation, exp, log, mean_decay, whole_periods


@equation("1/year", within=SIGNED)
def discount_force(discount_rate, year):
    """Continuous discount rate (force of interest).

    Source: force of interest, Kellison, The Theory of Interest, 3rd ed., sec. 1.9.
    """
    return log(1 + discount_rate * year) / year


def level_or_falling(force, decline, duration, period):
    """Value at its start of one dollar a year that falls at the rate ``decline``, for ``duration``.

    What a period earns is received at its end, and so is what the begun period at the end earns; with a period of
    zero it is received as it is earned. Kellison, 3rd ed., ch. 4.
    """
    whole = whole_periods(duration, period)
    received = exp(-force * period) * mean_decay(decline * period) / mean_decay((force + decline) * period)
    value = whole * mean_decay((force + decline) * whole) * received
    if whole is duration:
        return value
    rest = duration - whole
    return value + exp(-force * (whole + period) - decline * whole) * rest * mean_decay(decline * rest)


def repeated(force, interval, times):
    """Value at the first of one dollar that is paid ``times`` times, once each ``interval``."""
    return times * mean_decay(force * interval * times) / mean_decay(force * interval)


@equation("1")
def capital_discount(discount_force, time_to_power, campaign_duration):
    """Present value of one dollar of capital, spent evenly over the campaign.

    Source: discount factor; Kellison, 3rd ed., ch. 1 and 4.
    """
    return exp(-discount_force * time_to_power) * mean_decay(discount_force * campaign_duration)


@equation("1")
def start_discount(capital_discount, discount_force, deployment_delay):
    """Present value of one dollar at the start of service of the stacks.

    Source: as capital_discount.
    """
    return capital_discount * exp(-discount_force * deployment_delay)


@equation("year")
def host_service(service_life, accelerator_generations):
    """Time in service of a node: the lives of the accelerators that it hosts, one generation after the other.

    Source: definition.
    """
    return service_life * accelerator_generations


@equation("year")
def discounted_service(discount_force, start_discount, host_service, cash_flow_period):
    """Present value of one dollar per year while the nodes are in service.

    Source: annuity, Kellison, 3rd ed., ch. 4.
    """
    return start_discount * level_or_falling(discount_force, 0 * discount_force, host_service, cash_flow_period)


@equation("1")
def discounted_generations(discount_force, service_life, accelerator_generations):
    """Present value, at the start of service, of one dollar for each generation of accelerators at its start.

    Source: annuity-due, Kellison, 3rd ed., ch. 3.
    """
    return repeated(discount_force, service_life, accelerator_generations)


@equation("year")
def discounted_capacity(
    discount_force, fleet_decline_rate, start_discount, discounted_generations, service_life, cash_flow_period
):
    """Present value of one dollar per year of service that declines with the fleet's compute.

    Each generation of accelerators begins with the whole fleet.

    Source: as discounted_service.
    """
    one = level_or_falling(discount_force, fleet_decline_rate, service_life, cash_flow_period)
    return start_discount * discounted_generations * one


@equation("1")
def development_discount(discount_force, time_to_power):
    """Present value of one dollar of development, spent evenly from the decision to the first purchase.

    Source: as capital_discount.
    """
    return mean_decay(discount_force * time_to_power)


@equation("year")
def programme_time(discount_force, time_to_power, deployment_delay, campaign_duration, host_service, cash_flow_period):
    """Present value of one dollar per year from the first start of service to the last retirement.

    Source: as discounted_service.
    """
    start = exp(-discount_force * (time_to_power + deployment_delay))
    duration = campaign_duration + host_service
    return start * level_or_falling(discount_force, 0 * discount_force, duration, cash_flow_period)
