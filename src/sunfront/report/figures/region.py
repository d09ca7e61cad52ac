"""The feasible region around a design: two variables, contours of the first objective, and the line of each limit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from sunfront.analysis.maps import feasible_map
from sunfront.arrays import Array
from sunfront.display import axis_label
from sunfront.report.figures.style import BLUE, GRAY, GREEN, ORANGE, VERMILION, new_figure, style_axes
from sunfront.report.sentences import main_suggestion
from sunfront.runs.run import Run
from sunfront.units import unit

LINES = (VERMILION, BLUE, GREEN, "#CC79A7", ORANGE, "#56B4E9", "#882255", "#999933")

#: Points of the shading for one of the map.
FINER = 8


@dataclass(frozen=True)
class RegionData:
    """A map in display units.

    Attributes:
        contours: The first objective, array (y, x).
        slacks: By the text of a constraint, how far it is met, in its scale, array (y, x); negative where it is not.
        design: x and y of the design around which the map is.
    """

    x_label: str
    y_label: str
    contour_label: str
    x: Array
    y: Array
    contours: Array
    slacks: dict[str, Array]
    design: tuple[float, float]
    title: str


def region_data(run: Run) -> RegionData | None:
    """The map of the first two variables around the design to look at first.

    Choices of a preset have no order, so that they are no axes; None if there are fewer than two other variables.
    """
    problem, results = run.study.problem, run.results
    axes = [v for v in problem.variables if not v.labels]
    if results.front.empty or len(axes) < 2:
        return None
    label, suggested = main_suggestion(results)
    row = int(results.front_rows[suggested])
    first = problem.objectives[0]
    found = feasible_map(run, row, (axes[0], axes[1]), list(problem.criterion_names))
    across, up = (unit(v.unit) for v in axes[:2])
    own = [float(results.designs[v.name].iloc[row]) for v in axes[:2]]
    scales = problem.constraint_scales
    return RegionData(
        x_label=axis_label(axes[0].name, axes[0].unit),
        y_label=axis_label(axes[1].name, axes[1].unit),
        contour_label=axis_label(first.name, problem.unit(first.name)),
        x=across.from_si(found.x),
        y=up.from_si(found.y),
        contours=unit(problem.unit(first.name)).from_si(found.values[first.name]),
        slacks={str(c): c.slack(found.values[c.name]) / scales[c] for c in problem.constraints},
        design=(float(across.from_si(own[0])), float(up.from_si(own[1]))),
        title=f"Around the design ({label}); the other variables have its values",
    )


def draw_region(data: RegionData) -> Any:
    """Draw the map as a matplotlib figure: contours, lines of limits, what misses one shaded."""
    figure, axes = new_figure()
    grid = (data.x, data.y)
    contours = np.ma.masked_invalid(data.contours)
    if contours.count() and np.ptp(contours.compressed()) > 0:
        axes.clabel(
            axes.contour(*grid, contours, 8, colors=GRAY, linewidths=0.7, linestyles="solid"), fontsize=8, fmt="%g"
        )
    worst = np.min([_finer(np.nan_to_num(slack, nan=-1.0)) for slack in data.slacks.values()], axis=0, initial=1e9)
    if (worst < 0).any():
        axes.contourf(*(_finer(end) for end in grid), worst, [-np.inf, 0], colors=[GRAY], alpha=0.2)
    for i, (text, slack) in enumerate(data.slacks.items()):
        known = np.ma.masked_invalid(slack)
        if known.count() and known.min() < 0 < known.max():
            color = LINES[i % len(LINES)]
            axes.contour(*grid, known, [0], colors=[color], linewidths=1.8)
            axes.plot([], [], color=color, label=text)
    axes.plot(*data.design, "o", color=VERMILION, mfc="none", ms=10, mew=2, label="the design")
    axes.set_xlabel(data.x_label)
    axes.set_ylabel(data.y_label)
    axes.set_title(f"{data.title}\ncontours: {data.contour_label}; gray: misses a limit", fontsize=9, loc="left")
    axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    style_axes(axes)
    return figure


def _finer(values: Array) -> Array:
    """Values interpolated along each axis, ``FINER`` for one step, so that the least of some has sharp corners."""
    for axis in range(values.ndim):
        at = np.arange(values.shape[axis])
        fine = np.linspace(0, at[-1], FINER * at[-1] + 1)
        values = np.apply_along_axis(partial(np.interp, fine, at), axis, values)
    return values
