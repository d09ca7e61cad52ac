"""What moves a quantity: the bars of a tornado, Morris's effects, or Sobol's indices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sunfront.arrays import Array
from sunfront.display import axis_label, format_value, words
from sunfront.problem.findings import MorrisEffect, SobolIndex, TornadoBar
from sunfront.report.figures.style import BLUE, GREY, ORANGE, VERMILION, blank, quiet
from sunfront.runs.run import Run
from sunfront.units import unit, unit_label

#: Parameters shown, those that matter most.
MOST = 12


@dataclass(frozen=True)
class Bars:
    """A bar for each parameter, the one that matters most first; in read units.

    Attributes:
        labels: Parameters, of a tornado with their two values.
        across: What the axis shows, with its unit.
        base: The quantity of the design, from which a tornado's bars start; None for shares and effects.
        low, high: Arrays (bars,): ends of a tornado at low and high values of the parameter; for the others the first
            of two measures (first-order index, mean effect) and the one shown behind it (total index, deviation).
        error: Array (bars,): half width of the 95 % interval of ``high``; zero for a tornado.
        inner: Ends with the design reoptimized, array (bars, 2); None without.
        names: What low and high are called.
    """

    labels: list[str]
    across: str
    base: float | None
    low: Array
    high: Array
    error: Array
    inner: Array | None
    names: tuple[str, str]


def sensitivity_data(run: Run) -> Bars | None:
    """The rows of a run's study of sensitivity; None if it is another kind of run."""

    found = run.results.record.sensitivity
    if found is None:
        return None
    rows, of = found.rows[:MOST], unit(found.display_unit)
    labels = [words(row.parameter) for row in rows]
    bars = [row for row in rows if isinstance(row, TornadoBar)]
    effects = [row for row in rows if isinstance(row, MorrisEffect)]
    indices = [row for row in rows if isinstance(row, SobolIndex)]
    if bars:
        for i, bar in enumerate(bars):
            low, high = format_value(bar.low, bar.display_unit, 3), format_value(bar.high, bar.display_unit, 3)
            labels[i] += "\n" + low.removesuffix(" " + unit_label(bar.display_unit)) + f" to {high}"
        inner = np.array([[bar.reoptimized_at_low, bar.reoptimized_at_high] for bar in bars], float)  # None is NaN
        return Bars(
            labels,
            axis_label(found.quantity, found.display_unit),
            of.from_si(found.base),
            of.from_si(np.array([bar.at_low for bar in bars])),
            of.from_si(np.array([bar.at_high for bar in bars])),
            np.zeros(len(bars)),
            of.from_si(inner) if found.reoptimized_base is not None else None,
            ("parameter at its 10th percentile", "at its 90th"),
        )
    if effects:
        across = f"Change of {axis_label(found.quantity, found.display_unit)} from the 10th to the 90th percentile"
        sigma, size, error = (
            np.array([getattr(effect, name) for effect in effects]) / of.factor
            for name in ("sigma", "mu_star", "interval")
        )
        names = ("standard deviation of the effects", "mean size of the effect, 95 % interval")
        return Bars(labels, across, None, sigma, size, error, None, names)
    first, total, error = (
        np.array([getattr(index, name) for index in indices]) for name in ("first", "total", "total_interval")
    )
    names = ("alone (first-order index)", "with interactions (total index), 95 % interval")
    across = f"Share of the variance of {words(found.quantity)}"
    return Bars(labels, across, None, first, total, error, None, names)


def draw_sensitivity(data: Bars) -> Any:
    """A matplotlib figure of bars."""

    figure, axes = blank(size=(7.2, 1.2 + 0.42 * max(len(data.labels), 3)))
    places = np.arange(len(data.labels))
    if data.base is not None:
        for ends, color, name in ((data.low, BLUE, data.names[0]), (data.high, VERMILION, data.names[1])):
            axes.barh(places, ends - data.base, left=data.base, height=0.62, color=color, alpha=0.85, label=name)
        if data.inner is not None:
            axes.plot(data.inner[:, 0], places, "<", color="black", ms=4, label="design reoptimized")
            axes.plot(data.inner[:, 1], places, ">", color="black", ms=4)
        axes.axvline(data.base, color=GREY, lw=1)
    else:
        error = {"ecolor": GREY, "capsize": 2, "lw": 1}
        axes.barh(places, data.high, xerr=data.error, height=0.62, color=ORANGE, error_kw=error, label=data.names[1])
        axes.barh(places, data.low, height=0.3, color=BLUE, label=data.names[0])
    axes.set_yticks(places, data.labels, fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel(data.across)
    quiet(axes, "x")
    axes.legend(frameon=False, fontsize=8, loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
    return figure
