"""A launch shared with other customers and paid by mass or volume, whichever share is larger."""

from sunfront.equation import equation, larger


@equation("1")
def launch_share_paid(
    launched_mass, delivered_payload, payload_adapter_fraction, launched_volume, fairing_volume, fairing_packing
):
    """Share of a launch's price that a stack pays: the larger of its shares of payload and fairing volume.

    Other customers can use the remaining mass only if the stack leaves them volume in proportion, and vice versa. A
    stack that does not fit its launch has a share above 1.

    Source: definition; like air freight, which is billed by the larger of actual and volumetric weight.
    """
    by_mass = launched_mass / (delivered_payload * (1 - payload_adapter_fraction))
    by_volume = launched_volume / (fairing_volume * fairing_packing)
    return larger(by_mass, by_volume)
