"""Dry mass of the whole node given per IT power, as in publications, with one price for all of it.

The publications do not say which parts are lighter or heavier than in the model.
"""

from sunfront.equation import SIGNED, equation


@equation("kg", within=SIGNED)
def structure_mass(it_power, node_specific_mass, equipment_mass, compute_mass):
    """Given dry mass minus the modeled equipment and compute mass; negative if these are heavier.

    Source: difference.
    """
    return it_power * node_specific_mass - equipment_mass - compute_mass


@equation("MUSD", valid={"platform_mass": ("0 kg", "100000 t")})
def structure_value(stacks, platform_mass, node_specific_cost):
    """Value of the fleet's nodes without compute, including arrays and radiators.

    Source: price per dry mass.
    """
    return stacks * platform_mass * node_specific_cost
