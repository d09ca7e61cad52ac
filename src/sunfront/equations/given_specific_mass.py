"""The whole dry mass of a node given per IT power, as publications state it, and priced as one.

Which parts are lighter or heavier than the model's own, it does not say.
"""

from sunfront.equation import equation


@equation("kg")
def structure_mass(it_power, node_specific_mass, equipment_mass, compute_mass):
    """What the given dry mass has beyond the model's own equipment and compute; negative where they weigh more.

    Source: difference.
    """
    return it_power * node_specific_mass - equipment_mass - compute_mass


@equation("MUSD", valid={"platform_mass": ("0 kg", "100000 t")})
def structure_capex(stacks, platform_mass, node_specific_price):
    """Price of the fleet's nodes without compute, arrays and radiators included.

    Source: cost per dry mass; McCalip 2025, Starlink v1.5.
    """
    return stacks * platform_mass * node_specific_price
