"""A launch shared with others and paid by mass."""

from sunfront.equation import equation


@equation("1")
def launch_share_paid(launched_mass, delivered_payload, payload_adapter_fraction):
    """Share of a launch's price that a stack pays: its share of what the launch carries beside the dispenser.

    Source: definition; launches to share are sold so, as are prices per mass throughout the literature.
    """
    return launched_mass / (delivered_payload * (1 - payload_adapter_fraction))
