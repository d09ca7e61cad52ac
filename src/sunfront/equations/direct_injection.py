"""The launcher delivers to the final orbit: no raise."""

from sunfront.equation import equation


@equation("km")
def injection_altitude(altitude):
    """Altitude at which the stack separates.

    Source: definition.
    """
    return altitude
