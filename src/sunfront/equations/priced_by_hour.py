"""Compute that is sold by the hour of an accelerator."""

from sunfront.equation import equation


@equation("USD/kWh")
def compute_price(accelerator_hour_price, accelerator_power):
    """Revenue per IT energy of a new accelerator, from the price of one of its hours.

    Source: definition.
    """
    return accelerator_hour_price / accelerator_power
