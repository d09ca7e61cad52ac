"""Mass growth allowance and system margin: what a design of this phase will weigh beyond the sum of its estimates.

The allowance is for parts that get heavier than estimated, the margin for parts that nobody thought of yet and for
changed requirements. The margin is taken on the mass with the allowance; coefficients of parts hold neither.
"""

from sunfront.equation import equation


@equation("kg")
def growth_mass(equipment_mass, compute_mass, structure_mass, mass_growth_allowance):
    """Expected growth of a stack's dry parts from their estimates to flight, propellant excluded.

    Source: ANSI/AIAA S-120A-2015: basic mass plus mass growth allowance is the predicted mass.
    """
    return mass_growth_allowance * (equipment_mass + compute_mass + structure_mass)


@equation("kg")
def margin_mass(equipment_mass, compute_mass, structure_mass, growth_mass, system_mass_margin):
    """Margin of a stack's dry mass, kept at system level, on top of the growth of its parts.

    Source: ESA SRE-PA/2011.097, issue 1 rev. 3, sec. 2.1.1: on the dry mass including the margins of the equipment.
    """
    return system_mass_margin * (equipment_mass + compute_mass + structure_mass + growth_mass)
