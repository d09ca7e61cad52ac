"""Solar cells by technology: their damage by particles, and the power by which they are sold."""

from sunfront.equation import equation


@equation("MeV/g")
def solar_proton_damage(interplanetary_proton_damage, solar_proton_exposure, host_storms):
    """Displacement damage dose of the cells while the node is in service, from solar protons, at the confidence level.

    Source: as interplanetary_proton_damage.
    """
    return interplanetary_proton_damage * solar_proton_exposure * host_storms


@equation("MeV/g")
def displacement_damage(annual_displacement_damage, host_service, year, solar_proton_damage):
    """Displacement damage dose of the cells while the node is in service.

    Source: sum.
    """
    return annual_displacement_damage * host_service / year + solar_proton_damage


@equation("kW")
def cell_power(array_area, array_packing, cell_efficiency, solar_constant):
    """Power of a stack's new cells as they are sold: at 28 C, in sunlight at the Earth's distance.

    Source: definition.
    """
    return array_area * array_packing * cell_efficiency * solar_constant
