"""Corporate tax, depreciation and a loan: what is left for the owners.

All are off by default: the rate of tax and the share of debt are zero. With them, ``npv``, ``roi`` and ``irr`` are the
owners': what they pay in and what they get, after tax and debt service. Losses are taken to reduce the tax on other
income of the owners in the year in which they arise.

Everything is depreciated by ``depreciation_schedule``, in the years of service of each stack; what is left when an
asset retires is deducted then. The loan is drawn when a stack is bought. Interest until the start of service is added
to it. Interest alone is paid during ``debt_grace``, and then level payments over ``debt_term``. The owners pay for
exchanges of accelerators and for development.

A claim gives back capital: what the insurers are expected to pay reduces the loan and what the owners invest, each by
its share, and what is depreciated.
"""

from sunfront.equation import SHARE, SIGNED, equation, exp, larger, log, mean_decay, whole_periods
from sunfront.equations.present_value import level_or_falling


@equation("1/year")
def debt_force(debt_rate, year):
    """Continuous interest rate of the loan.

    Source: force of interest, Kellison, The Theory of Interest, 3rd ed., sec. 1.9.
    """
    return log(1 + debt_rate * year) / year


@equation("MUSD")
def debt_drawn(capex, development_cost, expected_claim, debt_share):
    """What lenders pay of the capital of the fleet, less their share of the expected claims.

    Source: definition; claims prepay the loan, as lenders are the loss payee, Yescombe, Principles of Project Finance,
    2nd ed., ch. 8.
    """
    return (capex - development_cost - expected_claim) * debt_share


@equation("MUSD")
def interest_during_construction(debt_drawn, debt_force, deployment_delay):
    """Interest from the purchase to the start of service; it is added to the loan and to what is depreciated.

    Source: definition; capitalized interest, IAS 23.
    """
    return debt_drawn * (exp(debt_force * deployment_delay) - 1)


@equation("MUSD")
def debt_at_start(debt_drawn, interest_during_construction):
    """Loan at the start of service.

    Source: definition.
    """
    return debt_drawn + interest_during_construction


@equation("1/year")
def interest_payment_rate(debt_force, cash_flow_period):
    """Interest that is paid in a year relative to the loan, as its principal stays.

    Source: nominal rate of a force of interest, Kellison, 3rd ed., ch. 1.
    """
    return debt_force * mean_decay(-debt_force * cash_flow_period)


@equation("1/year")
def debt_payment_rate(debt_force, debt_term, cash_flow_period):
    """Level payment of a year relative to the loan that it repays over its term.

    Source: annuity, Kellison, 3rd ed., ch. 5.
    """
    return 1 / level_or_falling(debt_force, 0 * debt_force, debt_term, cash_flow_period)


@equation("1")
def discounted_debt_service(
    discount_force, interest_payment_rate, debt_force, debt_payment_rate, debt_grace, debt_term, cash_flow_period
):
    """Present value at the start of service of all payments on a loan of one dollar.

    What of the grace is no whole period bears interest until it is paid, at the end of the period.

    Source: annuity, Kellison, 3rd ed., ch. 4.
    """
    none = 0 * discount_force
    whole = whole_periods(debt_grace, cash_flow_period)
    waiting = interest_payment_rate * level_or_falling(discount_force, none, whole, cash_flow_period)
    if whole is not debt_grace:
        rest = debt_force * (debt_grace - whole)
        late = debt_force * cash_flow_period - discount_force * (whole + cash_flow_period)
        waiting = waiting + exp(late) * rest * mean_decay(rest)
    repaying = exp(-discount_force * debt_grace) * level_or_falling(discount_force, none, debt_term, cash_flow_period)
    return waiting + debt_payment_rate * repaying


@equation("1")
def discounted_principal(discount_force, debt_force, debt_payment_rate, debt_grace, debt_term, cash_flow_period):
    """Present value at the start of service of the principal that repays a loan of one dollar.

    The principal within level payments grows by the interest that is saved. A last payment that is smaller, for a part
    of a period, is principal but for the interest of one period.

    Source: amortization schedule, Kellison, 3rd ed., sec. 5.3.
    """
    whole = whole_periods(debt_term, cash_flow_period)
    last = exp(-debt_force * whole) / mean_decay(-debt_force * cash_flow_period)
    growing = level_or_falling(discount_force, -debt_force, whole, cash_flow_period)
    if whole is debt_term:
        repaid = last * growing
    else:
        rest = debt_term - whole
        smaller = rest * debt_force * mean_decay(debt_force * cash_flow_period)
        late = exp(-debt_force * cash_flow_period - discount_force * (whole + cash_flow_period))
        repaid = last * (1 - smaller) * growing + rest * late
    return exp(-discount_force * debt_grace) * debt_payment_rate * repaid


@equation("MUSD", within=SIGNED)
def present_value_of_debt(debt_drawn, debt_at_start, capital_discount, start_discount, discounted_debt_service):
    """Present value of all payments on the loan less what is drawn; negative where the loan costs less than capital.

    Source: sum of present values.
    """
    return debt_at_start * start_discount * discounted_debt_service - debt_drawn * capital_discount


@equation("1", within=SHARE)
def scheduled_share(depreciation_schedule):
    """Share of the price that the schedule of depreciation deducts; the rest is deducted when the asset retires.

    Source: definition.
    """
    return sum(depreciation_schedule)


def write_offs(depreciation_schedule, scheduled_share, bonus_depreciation_share, life, year):
    """What one dollar of an asset deducts: shares with the age and the duration over which each is spread evenly.

    Returns:
        These parts, and the share that is left at the end of the life and deducted then.
    """
    parts = []
    left = (1 - scheduled_share) * (1 - bonus_depreciation_share) + 0 * life / year
    for i, part in enumerate(depreciation_schedule):
        share = part * (1 - bonus_depreciation_share) + (bonus_depreciation_share if i == 0 else 0)
        used = larger(life / year - i, 0.0) - larger(life / year - i - 1, 0.0)  # part of the year before the end
        parts.append((share, i * year, used * year))
        left = left + share * (1 - used)
    return parts, left


def discounted_depreciation(
    depreciation_schedule, scheduled_share, bonus_depreciation_share, force, life, period, year
):
    """Present value at the start of service of the depreciation of one dollar of an asset, which lasts for a life."""
    parts, left = write_offs(depreciation_schedule, scheduled_share, bonus_depreciation_share, life, year)
    value = left * exp(-force * life)
    for share, age, duration in parts:
        one = level_or_falling(force, 0 * force, duration, period) / year
        value = value + share * exp(-force * age) * one
    return value


@equation("1")
def accelerator_depreciation(
    depreciation_schedule,
    scheduled_share,
    bonus_depreciation_share,
    discount_force,
    service_life,
    cash_flow_period,
    year,
):
    """Present value at the start of service of what one dollar of accelerators deducts.

    Source: definition.
    """
    return discounted_depreciation(
        depreciation_schedule,
        scheduled_share,
        bonus_depreciation_share,
        discount_force,
        service_life,
        cash_flow_period,
        year,
    )


@equation("1")
def node_depreciation(
    depreciation_schedule,
    scheduled_share,
    bonus_depreciation_share,
    discount_force,
    host_service,
    cash_flow_period,
    year,
):
    """Present value at the start of service of what one dollar of nodes, transport and premiums deducts.

    Source: definition.
    """
    return discounted_depreciation(
        depreciation_schedule,
        scheduled_share,
        bonus_depreciation_share,
        discount_force,
        host_service,
        cash_flow_period,
        year,
    )


@equation("MUSD")
def present_value_of_depreciation(
    capex,
    compute_capex,
    expected_claim,
    refresh_capex,
    interest_during_construction,
    start_discount,
    discounted_generations,
    accelerator_depreciation,
    node_depreciation,
):
    """Present value of all depreciation.

    Source: sum of present values; what insurers pay for a loss is not depreciated, Internal Revenue Code, sec. 1016.
    """
    accelerators = compute_capex + refresh_capex * (discounted_generations - 1)
    rest = capex - compute_capex - expected_claim + interest_during_construction
    return start_discount * (accelerators * accelerator_depreciation + rest * node_depreciation)


@equation("MUSD", within=SIGNED)
def present_value_of_deductions(
    present_value_of_operation,
    present_value_of_depreciation,
    present_value_of_residuals,
    debt_at_start,
    start_discount,
    discounted_debt_service,
    discounted_principal,
):
    """Present value of what reduces the taxed income: operation, depreciation and interest, less taxed other income.

    Residual values are taxed in full, as nothing of the asset is left on the books; claims are not, as they reduce what
    is depreciated.

    Source: sum of present values.
    """
    interest = debt_at_start * start_discount * (discounted_debt_service - discounted_principal)
    return present_value_of_operation + present_value_of_depreciation + interest - present_value_of_residuals


@equation("MUSD", within=SIGNED)
def present_value_of_tax(present_value_of_revenue, present_value_of_deductions, tax_rate):
    """Present value of the tax on income; negative if losses save more.

    Source: definition.
    """
    return tax_rate * (present_value_of_revenue - present_value_of_deductions)
