"""The whole dry mass of a node given per IT power, as publications state it."""

from sunfront.equation import equation


@equation("kg")
def structure_mass(it_power, node_specific_mass, equipment_mass, compute_mass):
    """What is left of the given dry mass beside equipment and compute; negative where they weigh more.

    Source: difference.
    """
    return it_power * node_specific_mass - equipment_mass - compute_mass
