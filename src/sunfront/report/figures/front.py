"""The Pareto front of a run, its proved bound, and the other designs."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any

import numpy as np

from sunfront.arrays import Array
from sunfront.display import axis_label
from sunfront.problem.certificate import outer_staircase
from sunfront.report.figures.style import BLUE, GRAY, VERMILION, new_figure, style_axes, widen_narrow
from sunfront.report.sentences import headline
from sunfront.runs.results import Results
from sunfront.runs.run import Run
from sunfront.units import unit


@dataclass(frozen=True)
class FrontData:
    """A front over two quantities, in display units. The first objective is y, the second x.

    Attributes:
        x, y: Names of the quantities.
        front: Array (points, 2) of the front, ascending in x.
        others: Array (designs, 2) of the other designs.
        bound: Array (corners, 2) of the proved bound; empty without a proof.
        reached: Array (corners, 2) of the staircase that the front reaches; empty without a proof.
    """

    x: str
    y: str
    x_unit: str
    y_unit: str
    front: Array
    others: Array
    bound: Array
    reached: Array
    title: str


def front_data(run: Run) -> FrontData | None:
    """The front over the first two objectives; a single objective is shown against fleet IT power. None if empty."""
    results = run.results
    if results.front.empty:
        return None
    names = [o.name for o in results.objectives]
    y, x = names[0], names[1] if len(names) > 1 else "fleet_it_power"

    def points(frame: Any) -> Array:
        columns = [unit(results.units[name]).from_si(frame[name].to_numpy(float)) for name in (x, y)]
        both: Array = np.stack(columns, axis=1)
        return both

    return FrontData(
        x=x,
        y=y,
        x_unit=results.units[x],
        y_unit=results.units[y],
        front=points(results.front.sort_values(x)),
        others=points(results.designs[~results.on_front]),
        bound=bound_corners(results),
        reached=reached_corners(results),
        title=headline(results),
    )


def bound_corners(results: Results) -> Array:
    """Corners of the proved bound in display units, array (corners, 2); empty without a proof of two objectives."""
    certificate = results.record.certificate
    if certificate is None or len(certificate.ceilings) != 1:
        return np.empty((0, 2))
    steps = outer_staircase(certificate, float(results.scores[:, 1].min()))
    ends = [start for start, _ in steps[1:]] + [certificate.ceilings[0]]
    pairs = zip(steps, ends, strict=True)
    corners = [(x, bound) for (start, bound), end in pairs if bound > -np.inf for x in (start, end)]
    return _from_scores(results, corners)


def reached_corners(results: Results) -> Array:
    """Corners of the staircase through the front's points in display units; empty without a proof of two objectives."""
    certificate = results.record.certificate
    if certificate is None or len(certificate.ceilings) != 1:
        return np.empty((0, 2))
    points = sorted(results.scores.tolist(), key=lambda score: score[1])
    starts = [points[0][1], *(second for _, second in points[:-1])]
    corners = [(x, first) for (first, end), start in zip(points, starts, strict=True) for x in (start, end)]
    return _from_scores(results, corners)


def _from_scores(results: Results, corners: list[tuple[float, float]]) -> Array:
    """Convert pairs (second score, first score) to display units."""
    array: Array = np.array(corners)
    for column, o in enumerate(reversed(results.objectives)):
        array[:, column] = unit(results.units[o.name]).from_si(o.sign * array[:, column])
    return array


def draw_front(data: FrontData) -> Any:
    """Draw a front as a matplotlib figure."""
    figure, axes = new_figure()
    if len(data.others):
        axes.plot(*data.others.T, ".", color=GRAY, ms=2.5, alpha=0.35, label="other designs", zorder=1, rasterized=True)
    if len(data.bound):
        axes.plot(*data.bound.T, "-", color=VERMILION, lw=1.2, label="proved bound: no design beyond it", zorder=2)
        axes.plot(*data.reached.T, "-", color=BLUE, lw=0.9, alpha=0.6, zorder=2)
        corners = np.concatenate([data.bound, data.reached[::-1]])
        axes.fill(*corners.T, color=VERMILION, alpha=0.12, lw=0, label="gap: not proved either way", zorder=1)
    if len(data.front):
        axes.plot(*data.front.T, "o", color=BLUE, ms=6, label="Pareto front, verified", zorder=3)
    axes.set_xlabel(axis_label(data.x, data.x_unit))
    axes.set_ylabel(axis_label(data.y, data.y_unit))
    axes.set_title("\n".join(textwrap.wrap(data.title, 90)), fontsize=10, loc="left")
    widen_narrow(axes)
    style_axes(axes)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, fontsize=9)
    return figure
