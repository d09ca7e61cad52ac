"""Direct injection: the launcher delivers to the final orbit, so there is no orbit raising."""

from sunfront.equation import equation


@equation("km")
def injection_altitude(altitude):
    """Altitude at which the stack separates.

    Source: definition.
    """
    return altitude
