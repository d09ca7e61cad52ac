"""Returns as roots: rates and times at which a value of the cash flows is zero."""

from sunfront.root import root


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
