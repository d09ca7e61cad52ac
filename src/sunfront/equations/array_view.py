"""What the radiator sees of its own array: the view factor by layout.

The radiator is edge-on to the Sun, so its plane is perpendicular to the array's. The lengths are those of a layout, not
of the design: a view factor is not linear in areas, and what lies far away fills little of it. Wings of 20 m instead
of 35 m see 6 % less of the base radiator, wings of 50 m 2 % more. The preset layout_by_aspect computes the lengths of
two wings from array_aspect_ratio, so that a shorter, wider array pays for its lighter booms with a warmer radiator.
"""

from math import pi

from sunfront.equation import SHARE, arccos, equation, log


@equation("m")
def wing_length(layout_array_area, array_aspect_ratio):
    """Length of each of two wings of a given area and aspect ratio, without the gap between them.

    Source: 2 length x width = area, 2 length / width = aspect ratio.
    """
    return (layout_array_area * array_aspect_ratio) ** 0.5 / 2


@equation("m")
def wing_width(layout_array_area, array_aspect_ratio):
    """Width of each of two wings of a given area and aspect ratio.

    Source: as wing_length.
    """
    return (layout_array_area / array_aspect_ratio) ** 0.5


@equation("1", within=SHARE)
def radiator_array_view(wing_offset, wing_length, wing_width, radiator_offset, radiator_height, radiator_width):
    """View factor from a face of the radiator to the array on its side.

    The array lies from wing_offset to wing_offset + wing_length beside the radiator's plane; the radiator stands from
    radiator_offset to radiator_offset + radiator_height off the array's plane. Both are symmetric to one middle line.

    Source: Howell, A Catalog of Radiation Heat Transfer Configuration Factors, C-15; Ehlert & Smith 1993, J.
    Thermophys. Heat Transfer 7:173.
    """
    near, far, low, high = wing_offset, wing_offset + wing_length, radiator_offset, radiator_offset + radiator_height
    same, opposite = (radiator_width - wing_width) / 2, (radiator_width + wing_width) / 2
    view = 0.0
    for sign, x, z in ((1, near, low), (-1, near, high), (-1, far, low), (1, far, high)):
        view = view + sign * (_corner(same, x, z, radiator_width) - _corner(opposite, x, z, radiator_width))
    return view * 2 / (radiator_width * radiator_height)


def _corner(apart, x, z, unit):
    """Integral of the view factor at a pair of corners that are apart along the line; the unit of length cancels."""
    along, across = apart**2, x**2 + z**2
    angle = arccos((across / (along + across)) ** 0.5)
    return ((along * across) ** 0.5 * angle - (across - along) * log((along + across) / unit**2) / 4) / (2 * pi)
