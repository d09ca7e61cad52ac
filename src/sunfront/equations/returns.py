"""Returns as roots: rates and times at which a value of the cash flows is zero."""

from sunfront.root import root


@root("%/year", of="npv", over="discount_rate", between=("-90 %/year", "1000 %/year"), falls=True)
def irr():
    """Internal rate of return: the discount rate at which the net present value is zero.

    Source: definition; Brealey, Myers, Allen, Principles of Corporate Finance, 13th ed., ch. 5-3.
    """
