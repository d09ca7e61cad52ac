"""The cash of a fleet up to a date: what ``payback_time`` and ``peak_funding`` are read from.

Closed forms over the stacks of a campaign would have a case for each order of dates; instead the flows of the stacks
are added up by Gauss and Legendre's rule, between the dates at which a flow begins or ends, where it is smooth. Money
is received as it is earned, whatever ``cash_flow_period`` is.
"""

import numpy as np

from sunfront.arrays import PLAIN
from sunfront.equation import SIGNED, equation, exp, larger, mean_decay, mean_over
from sunfront.equations.financing import write_offs
from sunfront.root import at_zero

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
    passed = horizon - start
    ended = within(passed - duration, spread, year)  # the last stack whose flow has ended
    whole = duration * mean_decay((force + decline) * duration) * ended * mean_decay(force * ended)
    # Ages of the stacks whose flow runs; within the duration, so that a fast decline stays a number.
    youngest, oldest = within(passed - spread, duration, year), within(passed, duration, year)

    def earned(age):
        return exp(-force * (horizon - age)) * age * mean_decay((force + decline) * age)

    running = (oldest - youngest) * mean_over(earned, youngest, oldest)
    return (exp(-force * start) * whole + running) / spread


def is_none(share):
    """Whether a share is known to be zero, so that what it multiplies need not be computed."""
    return isinstance(share, PLAIN) and not np.any(share)


def generations_of(accelerator_generations, service_life, start):
    """Each generation of accelerators: 1 if there is one, else 0, and the start of its service in the first stack."""
    for i in range(GENERATIONS):
        used = larger(accelerator_generations - i, 0.0) - larger(accelerator_generations - i - 1, 0.0)
        if not is_none(used):
            yield i, used, start + i * service_life


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
    for _, used, begins in generations_of(accelerator_generations, service_life, start):
        for weight, decline, duration in parts:
            if is_none(weight):
                continue
            for sign, rate in ((1.0, decline), (-1.0, decline + 1 / utilization_ramp_time)):
                # A falling price of the start is a discount of the start: exp(-(force + trend) start) times a flow that
                # falls by rate - trend more slowly after it.
                flow = flow_by(
                    horizon, force + price_trend, rate - price_trend, begins, campaign_duration, duration, year
                )
                total = total + used * sign * weight * flow
    return total


def debt_service_by(horizon, force, debt_force, grace, term, start, campaign, year):
    """Value of the payments on a loan of one dollar at the start of service, and of the interest within them."""
    none = 0 * force
    waiting = debt_force * flow_by(horizon, force, none, start, campaign, grace, year)
    level = 1 / (term * mean_decay(debt_force * term))
    repaying = level * flow_by(horizon, force, none, start + grace, campaign, term, year)
    growing = flow_by(horizon, force, -debt_force, start + grace, campaign, term, year)
    principal = level * exp(-debt_force * term) * growing
    return waiting + repaying, waiting + repaying - principal


def invested_by(
    horizon,
    force,
    capex,
    development_cost,
    expected_claim,
    refresh_capex,
    node_capex,
    node_residual_share,
    compute_capex,
    accelerator_residual_share,
    service_life,
    accelerator_generations,
    host_service,
    time_to_power,
    deployment_delay,
    campaign_duration,
    year,
):
    """Value of what is paid for the fleet by the horizon, less claims, and of what it has been sold for."""
    start = time_to_power + deployment_delay
    refreshed = resold = 0 * force * year
    for generation, used, begins in generations_of(accelerator_generations, service_life, start):
        if generation:
            bought = level_by(horizon, force, begins, campaign_duration, year) / campaign_duration
            refreshed = refreshed + used * bought
        retired = level_by(horizon, force, begins + service_life, campaign_duration, year) / campaign_duration
        resold = resold + used * retired
    spent = level_by(horizon, force, time_to_power, campaign_duration, year) / campaign_duration
    preparing = larger(time_to_power / year, 1e-6) * year
    developed = level_by(horizon, force, 0 * force * year * year, preparing, year) / preparing
    left = level_by(horizon, force, start + host_service, campaign_duration, year) / campaign_duration
    capital = (capex - development_cost - expected_claim) * spent + development_cost * developed
    residuals = node_capex * node_residual_share * left + compute_capex * accelerator_residual_share * resold
    return capital + refresh_capex * refreshed, residuals


@equation("MUSD", within=SIGNED)
def cumulative_discounted_cash(
    cash_horizon,
    discount_force,
    capex,
    development_cost,
    expected_claim,
    refresh_capex,
    node_capex,
    node_residual_share,
    compute_capex,
    accelerator_residual_share,
    annual_opex,
    annual_fixed_cost,
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
    debt_share,
    debt_drawn,
    debt_at_start,
    interest_during_construction,
    debt_force,
    debt_grace,
    debt_term,
    tax_rate,
    depreciation_schedule,
    scheduled_share,
    bonus_depreciation_share,
    year,
):
    """Present value of all money received minus all money spent up to a date.

    Source: sum of the flows.
    """
    start = time_to_power + deployment_delay
    revenue = revenue_by(
        cash_horizon,
        discount_force,
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
    none = 0 * discount_force
    operation = flow_by(cash_horizon, discount_force, none, start, campaign_duration, host_service, year) / year
    replaced = none * year * year
    for _, used, begins in generations_of(accelerator_generations, service_life, start):
        flow = flow_by(cash_horizon, discount_force, fleet_decline_rate, begins, campaign_duration, service_life, year)
        replaced = replaced + used * flow
    spent = level_by(cash_horizon, discount_force, time_to_power, campaign_duration, year) / campaign_duration
    losses = replacement_capex * attrition_rate * replacement_share * replaced
    program = level_by(cash_horizon, discount_force, start, campaign_duration + host_service, year) / year
    operating = (annual_opex - annual_fixed_cost) * operation + annual_fixed_cost * program + losses
    invested, residuals = invested_by(
        cash_horizon,
        discount_force,
        capex,
        development_cost,
        expected_claim,
        refresh_capex,
        node_capex,
        node_residual_share,
        compute_capex,
        accelerator_residual_share,
        service_life,
        accelerator_generations,
        host_service,
        time_to_power,
        deployment_delay,
        campaign_duration,
        year,
    )
    costs = invested + operating
    received = sold_power * compute_price * revenue + residuals
    interest = none
    before_tax = received - costs
    if not is_none(debt_share):
        paid, interest = debt_service_by(
            cash_horizon, discount_force, debt_force, debt_grace, debt_term, start, campaign_duration, year
        )
        before_tax = before_tax + debt_drawn * spent - debt_at_start * paid
    if is_none(tax_rate):
        return before_tax
    deducted = operating + debt_at_start * interest
    rest = capex - compute_capex - expected_claim + interest_during_construction
    assets = [(rest, start, host_service)]
    for generation, used, begins in generations_of(accelerator_generations, service_life, start):
        assets.append((used * (refresh_capex if generation else compute_capex), begins, service_life))
    for asset, begins, life in assets:
        parts, left = write_offs(depreciation_schedule, scheduled_share, bonus_depreciation_share, life, year)
        one = level_by(cash_horizon, discount_force, begins + life, campaign_duration, year) / campaign_duration
        deducted = deducted + asset * left * one
        for share, age, duration in parts:
            flow = flow_by(cash_horizon, discount_force, none, begins + age, campaign_duration, duration, year)
            deducted = deducted + asset * share * flow / year
    return before_tax - tax_rate * (received - deducted)


@at_zero(cumulative_discounted_cash, discount_force=lambda year: 1 / year)
def cumulative_cash():
    """All money received minus all money spent from the decision to a date.

    Source: sum of the flows.
    """
