"""Torque and momentum of a node's attitude control, and its mass. Totals over one stack.

A flat array that faces the Sun is turned by the gradient of gravity: back and forth twice an orbit, which wheels or
gyros store, and by a lasting part, which coils unload against the Earth's field. The node rolls about the line to the
Sun so that the long axis of its array lies in the orbit plane; then the lasting part comes from the array's width.

The span is the root of aspect ratio times area, so inertia grows with the square of a node's array area. In the number
of nodes and their total area that square is a convex broken line of chords, which every engine reads as it is.
"""

from itertools import pairwise
from math import pi

from sunfront.equation import broken_line, equation


@equation("m^4")
def squared_array_area(nodes, array_area, array_area_knots):
    """Sum over a stack's nodes of the square of their array area, as chords between knots.

    It is exact at the knots. Between two of them, whose ratio is r, it is too large by up to (r - 1)^2 / (4 r): 8 %
    above 100 m^2, 13 % from 25 to 100 m^2, and by up to 156 m^4 a node below. Beyond the last knot it is too small.

    Source: chord of a parabola from a to b: (a + b) x - a b.
    """
    slopes = [a + b for a, b in pairwise(array_area_knots)]
    return nodes * broken_line(array_area / nodes, array_area_knots[:-1], slopes)


@equation("kg/m^2")
def spread_areal_mass(array_areal_mass, array_packing, cell_added_mass):
    """Mass per array area that is spread over the span.

    Source: as array_mass; what is near the middle and the radiator count little, momentum_margin covers them.
    """
    return array_areal_mass + array_packing * cell_added_mass


@equation("kg*m^2")
def array_inertia(squared_array_area, array_aspect_ratio, spread_areal_mass):
    """Moment of inertia of the arrays about their short axis, summed over a stack's nodes.

    Source: rod of uniform mass, m span^2 / 12, with span^2 = array_aspect_ratio x area.
    """
    return spread_areal_mass * array_aspect_ratio * squared_array_area / 12


@equation("N*m")
def gravity_gradient_torque(array_inertia, orbital_period):
    """Amplitude of the torque by the gradient of gravity on flat arrays, summed over a stack's nodes.

    Source: Wertz & Larson, SMAD, 3rd ed., table 11-9A: 3/2 n^2 times the difference of the moments of inertia.
    """
    return 1.5 * (2 * pi / orbital_period) ** 2 * array_inertia


@equation("N*m*s")
def momentum_storage(gravity_gradient_torque, orbital_period, momentum_margin):
    """Angular momentum that the nodes of a stack must store.

    The torque goes as the sine of twice the angle in orbit; its integral swings by torque / (2 n) about its mean.

    Source: integral; SMAD, 3rd ed., table 11-12.
    """
    return momentum_margin * gravity_gradient_torque * orbital_period / (4 * pi)


@equation("N*m")
def lasting_torque(gravity_gradient_torque, array_aspect_ratio):
    """Mean torque over an orbit, with the long axis of the arrays in the orbit plane, at the worst angle to the Sun.

    Source: 3/2 n^2 I sin g cos g with the inertia of the width; g, between the normals of array and orbit, at 45 deg.
    """
    return gravity_gradient_torque / (2 * array_aspect_ratio**2)


@equation("kg")
def attitude_mass(
    momentum_storage,
    momentum_specific_mass,
    lasting_torque,
    momentum_margin,
    magnetorquer_specific_mass,
    earth_dipole_field,
    earth_radius,
    orbital_radius,
):
    """Mass of a stack's wheels or gyros, which store momentum, and of the coils that unload them.

    Source: sum; the dipole moment is torque over field, SMAD, 3rd ed., table 11-12.
    """
    ratio = earth_radius / orbital_radius
    field = earth_dipole_field * ratio * ratio**2
    return momentum_specific_mass * momentum_storage + (
        magnetorquer_specific_mass * momentum_margin * lasting_torque / field
    )
