"""Returns: multiples and margins of the undiscounted flows; roots and extremes over dates and rates.

What is undiscounted is the present value at a rate of zero, by the same equation.
"""

from sunfront.equation import SIGNED, equation
from sunfront.equations import finance, financing, present_value, revenue
from sunfront.equations.cash import debt_service_by, invested_by, level_by
from sunfront.root import at_zero, extreme, root


@root("%/year", of="npv", over="discount_rate", between=("-0.01 %/year", "1000 %/year"), falls=True)
def irr():
    """Internal rate of return: the discount rate at which the net present value is zero.

    A fleet that loses money at every rate from 0 on has none: minus infinity. Below 0, whoever pays in the last years
    has a second rate without a meaning.

    Source: definition; Brealey, Myers, Allen, Principles of Corporate Finance, 13th ed., ch. 5-3.
    """


@root("year", of="cumulative_cash", over="cash_horizon", between=("0 year", "100 year"), falls=False)
def payback_time():
    """Payback time: from the decision to the date at which all money received equals all money spent.

    Source: definition; Brealey, Myers, Allen, Principles of Corporate Finance, 13th ed., ch. 5-2.
    """


@root("year", of="cumulative_discounted_cash", over="cash_horizon", between=("0 year", "100 year"), falls=False)
def discounted_payback_time():
    """Discounted payback time: from the decision to the date at which what was invested has earned its cost of capital.

    Source: definition; Brealey, Myers, Allen, Principles of Corporate Finance, 13th ed., ch. 5-2.
    """


@at_zero(revenue.present_value_of_revenue, discount_force=lambda year: 1 / year, cash_flow_period=lambda year: year)
def lifetime_revenue():
    """Revenue of the whole life, undiscounted.

    Source: as present_value_of_revenue.
    """


@equation("MUSD")
def lifetime_operation(
    annual_opex,
    annual_fixed_cost,
    replacement_capex,
    attrition_rate,
    replacement_share,
    fleet_decline_rate,
    service_life,
    accelerator_generations,
    host_service,
    campaign_duration,
    year,
):
    """Operation and replacement of losses over the whole life, undiscounted.

    Source: as present_value_of_operation.
    """
    capacity = present_value.discounted_capacity(
        0 / year, fleet_decline_rate, 1.0, accelerator_generations, service_life, 0 * year
    )
    losses = replacement_capex * attrition_rate * replacement_share * capacity
    programme = campaign_duration + host_service
    return finance.present_value_of_operation(annual_opex, annual_fixed_cost, host_service, programme, losses, year)


@equation("%", within=SIGNED)
def ebitda_margin(lifetime_revenue, lifetime_operation):
    """Earnings before interest, tax, depreciation and amortization over revenue, of the whole life.

    Replacing what fails counts as operation, and the exchange of all accelerators as capital.

    Source: definition.
    """
    return (lifetime_revenue - lifetime_operation) / lifetime_revenue


@equation("MUSD", within=SIGNED)
def lifetime_interest(
    debt_at_start,
    debt_drawn,
    interest_payment_rate,
    debt_force,
    debt_payment_rate,
    debt_grace,
    debt_term,
    cash_flow_period,
    year,
):
    """All interest on the loan, that before the start of service included: what is paid less what is drawn.

    Source: definition.
    """
    paid = financing.discounted_debt_service(
        0 / year, interest_payment_rate, debt_force, debt_payment_rate, debt_grace, debt_term, cash_flow_period
    )
    return debt_at_start * paid - debt_drawn


@equation("MUSD")
def lifetime_capital(capex, refresh_capex, accelerator_generations):
    """All capital of the whole life, undiscounted: the fleet, its development, and the exchanges of accelerators.

    Source: sum of the parts.
    """
    return capex + refresh_capex * (accelerator_generations - 1)


@equation("MUSD", within=SIGNED)
def lifetime_profit(
    lifetime_revenue,
    lifetime_operation,
    lifetime_capital,
    lifetime_interest,
    expected_claim,
    node_capex,
    node_residual_share,
    compute_capex,
    accelerator_residual_share,
    accelerator_generations,
    tax_rate,
):
    """All cash that the owners receive less all that they pay, undiscounted, after tax.

    Over the whole life all capital is deducted, so that the taxed profit is the profit in cash.

    Source: sum of the flows.
    """
    nodes_sold = node_capex * node_residual_share
    accelerators_sold = compute_capex * accelerator_residual_share * accelerator_generations
    received = lifetime_revenue + nodes_sold + accelerators_sold + expected_claim
    return (received - lifetime_operation - lifetime_capital - lifetime_interest) * (1 - tax_rate)


@equation("MUSD")
def lifetime_equity(capex, development_cost, expected_claim, debt_share, refresh_capex, accelerator_generations):
    """All that the owners put in, undiscounted: the capital of the whole life less expected claims and the loan.

    Source: as present_value_of_equity.
    """
    own = (capex - expected_claim) * (1 - debt_share) + development_cost * debt_share
    return own + refresh_capex * (accelerator_generations - 1)


@equation("1", within=SIGNED)
def moic(lifetime_profit, lifetime_equity):
    """Multiple on invested capital, undiscounted: all cash that comes back to the owners over all that they put in.

    What comes back is revenue and residual values, less operation, tax and debt service.

    Source: distributions over invested capital, exchanges included: Carta, Multiple on invested capital, August 2024.
    """
    return (lifetime_profit + lifetime_equity) / lifetime_equity


@extreme("MUSD", of="net_funding", over="cash_horizon", every="0.25 year", count=120, largest=True, within=("0", "inf"))
def peak_funding():
    """Peak funding: the most money that has been spent net of what was received, at the end of a quarter of 30 years.

    Source: definition; the lowest point of the cumulative cash flow.
    """


@equation("MUSD", within=SIGNED)
def net_funding(cumulative_cash):
    """Money spent less money received, from the decision to a date.

    Source: definition.
    """
    return -cumulative_cash


@equation("MUSD")
def cumulative_debt_service(
    cash_horizon,
    debt_at_start,
    debt_force,
    debt_grace,
    debt_term,
    time_to_power,
    deployment_delay,
    campaign_duration,
    year,
):
    """Interest and principal paid from the decision to a date.

    Source: sum of the flows.
    """
    start = time_to_power + deployment_delay
    paid, _ = debt_service_by(cash_horizon, 0 / year, debt_force, debt_grace, debt_term, start, campaign_duration, year)
    return debt_at_start * paid


@equation("MUSD", within=SIGNED)
def cumulative_available_cash(
    cash_horizon,
    cumulative_cash,
    cumulative_debt_service,
    debt_drawn,
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
    """Cash available for debt service from the decision to a date: revenue and residual values less operation and tax.

    It is all cash but what is paid for the fleet, and the loan.

    Source: definition.
    """
    invested, _ = invested_by(
        cash_horizon,
        0 / year,
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
    drawn = debt_drawn * level_by(cash_horizon, 0 / year, time_to_power, campaign_duration, year) / campaign_duration
    return cumulative_cash + invested - drawn + cumulative_debt_service


@extreme(
    "1",
    of="cumulative_available_cash",
    per="cumulative_debt_service",
    over="cash_horizon",
    every="1 year",
    count=30,
    largest=False,
    within=SIGNED,
)
def debt_service_cover():
    """Debt service cover ratio, the least of all years from the decision on in which debt is served; infinite without.

    Source: definition: cash available for debt service over debt service of a year.
    """
