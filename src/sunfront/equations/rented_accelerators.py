"""Accelerators that a buyer rents by the hour; they take the place of the rent of halls."""

from sunfront.equation import equation


@equation("MUSD")
def annual_rent(stacks, accelerators, accelerator_hour_price, year):
    """Rent of the accelerators for one year, whether in use or not.

    Source: definition.
    """
    return stacks * accelerators * accelerator_hour_price * year
