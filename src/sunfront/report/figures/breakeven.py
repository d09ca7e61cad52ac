"""A map of two parameters, divided by the line on which a quantity equals its target."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any

import numpy as np

from sunfront.analysis.breakeven_answer import BreakEvenMap
from sunfront.arrays import Array
from sunfront.display import axis_label, format_value, words
from sunfront.report.figures.style import BLUE, GRAY, VERMILION, new_figure, style_axes
from sunfront.units import unit

#: Contour levels of a ratio, besides 1.
RATIOS = (0.25, 0.5, 0.75, 1.25, 1.5, 1.75, 2, 2.5, 3, 4, 6, 10, 20, 50, 100)


@dataclass(frozen=True)
class MapData:
    """A break-even map in display units.

    Attributes:
        x, y: Values along the axes, arrays (x,) and (y,).
        excess: The quantity minus its target, array (y, x).
        contours: Array (y, x) for the thin contours: ratio of the quantity to its target if another study gives the
            target, else the quantity.
        is_ratio: The contours are those of a ratio.
        points: Solved break-even points, array (points, 2).
    """

    x_label: str
    y_label: str
    x: Array
    y: Array
    excess: Array
    contours: Array
    is_ratio: bool
    points: Array
    title: str


def map_data(found: BreakEvenMap, other: str) -> MapData:
    """Convert a break-even map to display units.

    Args:
        other: Name of the study that gives the target; empty if the target is a value.
    """
    first = found.lines[0]
    x_unit, y_unit, quantity_unit = unit(found.over_unit), unit(first.unit), unit(first.quantity_unit)
    quantity, target = quantity_unit.from_si(found.quantity), quantity_unit.from_si(found.target)
    points = [(x, root) for x, line in zip(found.values, found.lines, strict=True) for root in line.roots]
    array = np.array(points).reshape(-1, 2)
    against = f"that of {other}" if other else format_value(float(found.target[0, 0]), first.quantity_unit, 6)
    contours = "ratio of the two" if other else "its value"
    return MapData(
        x_label=axis_label(found.over, found.over_unit),
        y_label=axis_label(first.parameter, first.unit),
        x=x_unit.from_si(found.across),
        y=y_unit.from_si(found.up),
        excess=quantity - target,
        contours=quantity / target if other else quantity,
        is_ratio=bool(other),
        points=np.stack([x_unit.from_si(array[:, 0]), y_unit.from_si(array[:, 1])], axis=1),
        title=f"{words(first.quantity)} against {against}; thin lines: {contours}",
    )


def draw_map(data: MapData) -> Any:
    """Draw a break-even map as a matplotlib figure."""
    figure, axes = new_figure()
    grid = (data.x, data.y)
    excess = np.ma.masked_invalid(data.excess)
    axes.contourf(*grid, excess, [-np.inf, 0, np.inf], colors=[BLUE, VERMILION], alpha=0.1)
    levels = RATIOS if data.is_ratio else 8
    lines = axes.contour(*grid, np.ma.masked_invalid(data.contours), levels, colors=GRAY, linewidths=0.7)
    axes.clabel(lines, fontsize=8, fmt="%gx" if data.is_ratio else "%g")
    axes.contour(*grid, excess, [0], colors=BLUE, linewidths=1.8)
    axes.plot(*data.points.T, "o", color=BLUE, ms=5, label="break-even")
    axes.set_xlim(data.x[0], data.x[-1])
    axes.set_ylim(data.y[0], data.y[-1])
    for color, label in ((VERMILION, "above the target"), (BLUE, "below the target")):
        axes.fill([], [], color=color, alpha=0.2, lw=0, label=label)
    axes.set_xlabel(data.x_label)
    axes.set_ylabel(data.y_label)
    axes.set_title("\n".join(textwrap.wrap(data.title, 90)), fontsize=10, loc="left")
    axes.legend(frameon=False, fontsize=9)
    style_axes(axes)
    return figure
