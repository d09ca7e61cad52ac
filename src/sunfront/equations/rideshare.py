"""A launch shared with others and paid by mass or by room, whichever share is the larger."""

from sunfront.equation import equation, larger


@equation("1")
def launch_share_paid(
    launched_mass, delivered_payload, payload_adapter_fraction, launched_volume, fairing_volume, fairing_packing
):
    """Share of a launch's price that a stack pays: its share of the payload beside the dispenser, or of the fairing.

    Others can fill the rest of both only so far as the stack leaves them room in proportion.

    Source: definition; as air freight is billed, by the larger of its mass and what its volume stands for.
    """
    by_mass = launched_mass / (delivered_payload * (1 - payload_adapter_fraction))
    by_volume = launched_volume / (fairing_volume * fairing_packing)
    return larger(by_mass, by_volume)
