"""The cash of a fleet up to a date: what ``payback_time`` and ``peak_funding`` are read from.

Closed forms over the stacks of a campaign would have a case for each order of dates; instead the flows of the stacks are
added up by Gauss and Legendre's rule, between the dates at which a flow begins or ends, where it is smooth. Received as it
is earned, whatever ``cash_flow_period`` is.
"""

from numpy.polynomial.legendre import leggauss

from sunfront.equation import SIGNED, equation, exp, larger, mean_decay

#: Nodes and weights on [0, 1], exact for polynomials of degree 23.
RULE = [((1 + float(x)) / 2, float(w) / 2) for x, w in zip(*leggauss(12), strict=True)]

#: Most generations of accelerators in one node.
GENERATIONS = 6


def within(time, duration, year):
    """Part of a duration that has passed at a time after its start."""
    after = larger(time / year, 0.0) - larger((time - duration) / year, 0.0)
    return after * year


def level_by(horizon, force, start, duration, year):
    """Value of one dollar a year from ``start`` on for ``duration``, as far as it has been paid by the horizon."""
    paid = within(horizon - start, duration, year)
    return exp(-force * start) * paid * mean_decay(force * paid)


def flow_by(horizon, force, decline, start, spread, duration, year):
    """Value of a falling flow of each stack, of one dollar a year in sum, as far as it has been paid by the horizon.

    The stacks start evenly over ``spread``.
    """
    last = within(horizon - start, spread, year)  # the last stack that has started
    ended = within(horizon - start - duration, spread, year)  # the last stack whose flow has ended
    whole = duration * mean_decay((force + decline) * duration) * ended * mean_decay(force * ended)
    running = 0 * duration
    for node, weight in RULE:
        stack = ended + node * (last - ended)
        age = horizon - start - stack
        running = running + weight * exp(-force * stack) * age * mean_decay((force + decline) * age)
    return exp(-force * start) * (whole + (last - ended) * running) / spread


def revenue_by(
    horizon,
    force,
    fleet_decline_rate,
    ageing_rate,
    price_trend,
    contract_share,
    contract_term,
    service_life,
    accelerator_generations,
    utilization_ramp_time,
    start,
    campaign_duration,
    year,
):
    """Value of the revenue of a fleet that earns one dollar a year when new, as far as it has been paid by the horizon.

    The price at the start of service falls with calendar time within the campaign too: ``force`` and the trend add up
    for the date at which a stack starts, and what is earned later falls by ``force`` and by age alone.
    """
    term = within(contract_term, service_life, year)
    market = fleet_decline_rate + ageing_rate
    parts = [(1.0, market, service_life), (contract_share, fleet_decline_rate, term), (-contract_share, market, term)]
    total = 0 * year
    for generation in range(GENERATIONS):
        used = larger(accelerator_generations - generation, 0.0) - larger(accelerator_generations - generation - 1, 0.0)
        begins = start + generation * service_life
        for weight, decline, duration in parts:
            for sign, rate in ((1.0, decline), (-1.0, decline + 1 / utilization_ramp_time)):
                # A falling price of the start is a discount of the start: exp(-(force + trend) start) times a flow that
                # falls by rate - trend more slowly after it.
                flow = flow_by(
                    horizon, force + price_trend, rate - price_trend, begins, campaign_duration, duration, year
                )
                total = total + used * sign * weight * flow
    return total


@equation("MUSD", within=SIGNED)
def cumulative_cash(
    cash_horizon,
    cash_discount_share,
    discount_force,
    capex,
    refresh_capex,
    annual_opex,
    replacement_capex,
    attrition_rate,
    replacement_share,
    fleet_decline_rate,
    sold_power,
    compute_price,
    ageing_rate,
    price_trend,
    contract_share,
    contract_term,
    service_life,
    accelerator_generations,
    host_service,
    utilization_ramp_time,
    time_to_power,
    deployment_delay,
    campaign_duration,
    year,
):
    """All money received minus all money spent from the decision to a date, without residual values.

    Source: sum of the flows; discounted by ``cash_discount_share`` of the discount rate's force, 0 by default.
    """
    force = cash_discount_share * discount_force
    start = time_to_power + deployment_delay
    revenue = revenue_by(
        cash_horizon,
        force,
        fleet_decline_rate,
        ageing_rate,
        price_trend,
        contract_share,
        contract_term,
        service_life,
        accelerator_generations,
        utilization_ramp_time,
        start,
        campaign_duration,
        year,
    )
    none = 0 * force
    operation = flow_by(cash_horizon, force, none, start, campaign_duration, host_service, year) / year
    replaced = none * year * year
    refreshed = none * year
    for generation in range(GENERATIONS):
        used = larger(accelerator_generations - generation, 0.0) - larger(accelerator_generations - generation - 1, 0.0)
        begins = start + generation * service_life
        flow = flow_by(cash_horizon, force, fleet_decline_rate, begins, campaign_duration, service_life, year)
        replaced = replaced + used * flow
        if generation:
            bought = level_by(cash_horizon, force, begins, campaign_duration, year) / campaign_duration
            refreshed = refreshed + used * bought
    spent = level_by(cash_horizon, force, time_to_power, campaign_duration, year) / campaign_duration
    losses = replacement_capex * attrition_rate * replacement_share * replaced
    costs = capex * spent + refresh_capex * refreshed + annual_opex * operation + losses
    return sold_power * compute_price * revenue - costs
