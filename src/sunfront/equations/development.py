"""What a buyer pays once for a new design, and every year whatever the size of the fleet."""

from sunfront.equation import equation


@equation("MUSD")
def development_cost(
    power_development, thermal_development, bus_development, compute_qualification, ground_segment_cost
):
    """Non-recurring cost: design and qualification of the elements, and the first ground segment.

    Source: sum of the elements.
    """
    return power_development + thermal_development + bus_development + compute_qualification + ground_segment_cost


@equation("MUSD")
def annual_fixed_cost(annual_ground_cost, annual_license_cost, annual_staff_cost, year):
    """Cost of one year that does not grow with the fleet: ground stations, licenses, operations staff.

    Source: sum of the elements.
    """
    return (annual_ground_cost + annual_license_cost + annual_staff_cost) * year
