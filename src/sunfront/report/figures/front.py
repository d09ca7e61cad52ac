"""The front of a run, its proof, and the designs behind it."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any

import numpy as np

from sunfront.arrays import Array
from sunfront.display import axis_label
from sunfront.problem.certificate import outer_staircase
from sunfront.report.figures.style import BLUE, GREY, VERMILION, blank, quiet
from sunfront.report.sentences import headline
from sunfront.runs.results import Results
from sunfront.runs.run import Run
from sunfront.units import unit


@dataclass(frozen=True)
class FrontData:
    """What the figure of a front shows, in read units; ``across`` is the second objective, ``up`` the first.

    Attributes:
        front: Array (points, 2) of the front, along ``across``.
        others: Array (designs, 2) of the other designs kept.
        bound: Array (corners, 2) of the outer staircase; empty without a proof.
        reached: Array (corners, 2) of the inner staircase, on the same ends; empty without a proof.
    """

    across: str
    up: str
    across_unit: str
    up_unit: str
    front: Array
    others: Array
    bound: Array
    reached: Array
    title: str


def front_data(run: Run) -> FrontData | None:
    """The front of a run with two objectives or more (the first two are shown); one objective against itself is
    shown over its most telling companion, the fleet's IT power.
    """

    results = run.results
    if results.front.empty:
        return None
    names = [o.name for o in results.objectives]
    up, across = names[0], names[1] if len(names) > 1 else "fleet_it_power"

    def read(frame: Any) -> Array:
        columns = [unit(results.units[name]).from_si(frame[name].to_numpy(float)) for name in (across, up)]
        both: Array = np.stack(columns, axis=1)
        return both

    front = results.front.sort_values(across)
    rest = results.designs[~results.on_front]
    return FrontData(
        across=across,
        up=up,
        across_unit=results.units[across],
        up_unit=results.units[up],
        front=read(front),
        others=read(rest),
        bound=bound(results),
        reached=reached(results),
        title=headline(results),
    )


def bound(results: Results) -> Array:
    """Corners of the outer staircase in read units."""

    certificate = results.record.certificate
    if certificate is None or len(certificate.ceilings) != 1:
        return np.empty((0, 2))
    steps = outer_staircase(certificate, float(results.scores[:, 1].min()))
    ends = [start for start, _ in steps[1:]] + [certificate.ceilings[0]]
    corners = [(at, bound) for (start, bound), end in zip(steps, ends, strict=True) for at in (start, end)]
    return _read(results, corners)


def reached(results: Results) -> Array:
    """Corners of the inner staircase in read units: what the front's points reach, as far as the bound goes."""

    certificate = results.record.certificate
    if certificate is None or len(certificate.ceilings) != 1:
        return np.empty((0, 2))
    points = sorted(results.scores.tolist(), key=lambda score: score[1])
    starts = [points[0][1], *(second for _, second in points[:-1])]
    corners = [(at, first) for (first, end), start in zip(points, starts, strict=True) for at in (start, end)]
    return _read(results, corners)


def _read(results: Results, corners: list[tuple[float, float]]) -> Array:
    """Pairs of scores, the second objective's before the first's, as people read them."""

    array: Array = np.array(corners)
    for column, o in enumerate(reversed(results.objectives)):
        array[:, column] = unit(results.units[o.name]).from_si(o.sign * array[:, column])
    return array


def draw_front(data: FrontData) -> Any:
    """A matplotlib figure of a front."""

    figure, axes = blank()
    if len(data.others):
        axes.plot(*data.others.T, ".", color=GREY, ms=2.5, alpha=0.35, label="other designs", zorder=1, rasterized=True)
    if len(data.bound):
        axes.plot(*data.bound.T, "-", color=VERMILION, lw=1.2, label="proved bound: nothing beyond", zorder=2)
        axes.plot(*data.reached.T, "-", color=BLUE, lw=0.9, alpha=0.6, zorder=2)
        corners = np.concatenate([data.bound, data.reached[::-1]])
        axes.fill(*corners.T, color=VERMILION, alpha=0.12, lw=0, label="not decided", zorder=1)
    if len(data.front):
        axes.plot(*data.front.T, "o", color=BLUE, ms=6, label="Pareto front, verified", zorder=3)
    axes.set_xlabel(axis_label(data.across, data.across_unit))
    axes.set_ylabel(axis_label(data.up, data.up_unit))
    axes.set_title("\n".join(textwrap.wrap(data.title, 90)), fontsize=10, loc="left")
    quiet(axes)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, fontsize=9)
    return figure
