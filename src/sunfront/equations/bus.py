"""Parts of a satellite that grow with its size: booms by span and stiffness, the bus by attitude and propulsion."""

from math import pi

from sunfront.equation import equation


@equation("kg")
def boom_mass(
    squared_array_area,
    array_aspect_ratio,
    spread_areal_mass,
    boom_strip_width,
    array_least_frequency,
    boom_density,
    boom_modulus,
    boom_slenderness,
):
    """Mass of the booms that hold a stack's arrays, two wings a node, stiff enough for the least natural frequency.

    A wing is strips of boom_strip_width side by side, each a cantilever on a boom. Its frequency, 3.516 / (2 pi L^2)
    times the root of E I over mass per length, sets I; a thin tube of radius over wall k has I = A^2 k / (4 pi). So
    the mass per area grows with the square of the length L = span / 2.

    Source: Euler-Bernoulli cantilever, Blevins, Formulas for Natural Frequency and Mode Shape, table 8-1; thin tube.
    """
    strip = spread_areal_mass / boom_strip_width
    stiffness = 2 * pi * array_least_frequency / 3.516 * (strip / boom_modulus) ** 0.5
    per_square_length = boom_density * 2 * (pi / boom_slenderness) ** 0.5 * stiffness
    return per_square_length * array_aspect_ratio / 4 * squared_array_area


@equation("kg")
def array_mass(array_area, array_areal_mass, array_packing, cell_added_mass, boom_mass):
    """Mass of a stack's arrays with drives and booms, and cells heavier or lighter than silicon.

    Source: sum of the parts.
    """
    return array_area * (array_areal_mass + array_packing * cell_added_mass) + boom_mass


@equation("kg")
def bus_mass(fixed_bus_mass, attitude_mass, propulsion_mass):
    """Mass of a stack's buses: what every node has, attitude control by momentum, propulsion by need.

    Source: sum of the parts.
    """
    return fixed_bus_mass + attitude_mass + propulsion_mass
