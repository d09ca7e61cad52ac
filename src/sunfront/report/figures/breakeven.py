"""The plane of two parameters, divided where a quantity meets its target."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any

import numpy as np

from sunfront.analysis.breakeven import BreakEvenMap
from sunfront.arrays import Array
from sunfront.display import axis_label, format_value, words
from sunfront.report.figures.style import BLUE, GREY, VERMILION, blank, quiet
from sunfront.units import unit

#: Levels of a ratio that are drawn, beside parity.
RATIOS = (0.25, 0.5, 0.75, 1.25, 1.5, 1.75, 2, 2.5, 3, 4, 6, 10, 20, 50, 100)


@dataclass(frozen=True)
class PlaneData:
    """What the figure shows, in read units.

    Attributes:
        across, up: Values along the axes, arrays (x,) and (y,).
        excess: The quantity less its target, array (y, x): zero on the line of parity.
        levels: What the thin lines are of, array (y, x): the ratio to another study's; without one the quantity.
        ratio: Whether it is a ratio.
        points: Array (points, 2) of the values that were solved for.
    """

    across_label: str
    up_label: str
    across: Array
    up: Array
    excess: Array
    levels: Array
    ratio: bool
    points: Array
    title: str


def plane_data(found: BreakEvenMap, whose: str) -> PlaneData:
    """What a map shows.

    Args:
        whose: Name of the study that gives the target; empty if a value does.
    """

    first = found.lines[0]
    across, up = unit(found.over_unit), unit(first.unit)
    read = unit(first.quantity_unit)
    quantity, target = read.from_si(found.quantity), read.from_si(found.target)
    points = [(x, root) for x, line in zip(found.values, found.lines, strict=True) for root in line.roots]
    array = np.array(points).reshape(-1, 2)
    told = f"that of {whose}" if whose else format_value(float(found.target[0, 0]), first.quantity_unit, 6)
    return PlaneData(
        across_label=axis_label(found.over, found.over_unit),
        up_label=axis_label(first.parameter, first.unit),
        across=across.from_si(found.across),
        up=up.from_si(found.up),
        excess=quantity - target,
        levels=quantity / target if whose else quantity,
        ratio=bool(whose),
        points=np.stack([across.from_si(array[:, 0]), up.from_si(array[:, 1])], axis=1),
        title=f"{words(first.quantity)} against {told}; thin lines: {'ratio of the two' if whose else 'its value'}",
    )


def draw_plane(data: PlaneData) -> Any:
    """A matplotlib figure of the plane."""

    figure, axes = blank()
    grid = (data.across, data.up)
    excess = np.ma.masked_invalid(data.excess)
    axes.contourf(*grid, excess, [-np.inf, 0, np.inf], colors=[BLUE, VERMILION], alpha=0.1)
    thin = RATIOS if data.ratio else 8
    lines = axes.contour(*grid, np.ma.masked_invalid(data.levels), thin, colors=GREY, linewidths=0.7)
    axes.clabel(lines, fontsize=8, fmt="%gx" if data.ratio else "%g")
    axes.contour(*grid, excess, [0], colors=BLUE, linewidths=1.8)
    axes.plot(*data.points.T, "o", color=BLUE, ms=5, label="equal")
    axes.set_xlim(data.across[0], data.across[-1])
    axes.set_ylim(data.up[0], data.up[-1])
    for colour, text in ((VERMILION, "above"), (BLUE, "below")):
        axes.fill([], [], color=colour, alpha=0.2, lw=0, label=text)
    axes.set_xlabel(data.across_label)
    axes.set_ylabel(data.up_label)
    axes.set_title("\n".join(textwrap.wrap(data.title, 90)), fontsize=10, loc="left")
    axes.legend(frameon=False, fontsize=9)
    quiet(axes)
    return figure
