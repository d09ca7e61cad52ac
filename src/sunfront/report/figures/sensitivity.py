"""Sensitivity of a quantity: tornado bars, Morris effects or Sobol indices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sunfront.arrays import Array
from sunfront.display import axis_label, format_value, words
from sunfront.problem.findings import MorrisEffect, SobolIndex, TornadoBar
from sunfront.report.figures.style import BLUE, GRAY, ORANGE, VERMILION, new_figure, style_axes
from sunfront.runs.run import Run
from sunfront.units import unit, unit_label

#: Largest number of parameters shown.
MAX_PARAMETERS = 12


@dataclass(frozen=True)
class SensitivityData:
    """Bars in display units, one per parameter, the most important first.

    Attributes:
        labels: The parameters; for a tornado with their two values.
        x_label: Label of the axis along the bars.
        base: The quantity at nominal values, from which tornado bars start; None for effects and indices.
        low, high: Arrays (parameters,). Tornado: the quantity at the parameter's low and high value. Morris: standard
            deviation and mean size of the effects. Sobol: first-order and total index.
        error: Half width of the 95 % confidence interval of ``high``, array (parameters,); zero for a tornado.
        reoptimized: Tornado with the design reoptimized, array (parameters, 2); None if not asked for.
        low_label, high_label: Legend entries.
    """

    labels: list[str]
    x_label: str
    base: float | None
    low: Array
    high: Array
    error: Array
    reoptimized: Array | None
    low_label: str
    high_label: str


def sensitivity_data(run: Run) -> SensitivityData | None:
    """The rows of a sensitivity run; None for other runs."""
    found = run.results.record.sensitivity
    if found is None:
        return None
    rows, quantity_unit = found.rows[:MAX_PARAMETERS], unit(found.display_unit)
    labels = [words(row.parameter) for row in rows]
    bars = [row for row in rows if isinstance(row, TornadoBar)]
    effects = [row for row in rows if isinstance(row, MorrisEffect)]
    indices = [row for row in rows if isinstance(row, SobolIndex)]
    if bars:
        ends = np.array([[bar.reoptimized_at_low, bar.reoptimized_at_high] for bar in bars], float)  # NaN for None
        return SensitivityData(
            labels=[f"{label}\n{_range_text(bar)}" for label, bar in zip(labels, bars, strict=True)],
            x_label=axis_label(found.quantity, found.display_unit),
            base=quantity_unit.from_si(found.base),
            low=quantity_unit.from_si(np.array([bar.at_low for bar in bars])),
            high=quantity_unit.from_si(np.array([bar.at_high for bar in bars])),
            error=np.zeros(len(bars)),
            reoptimized=quantity_unit.from_si(ends) if found.reoptimized_base is not None else None,
            low_label="parameter at its 10th percentile",
            high_label="at its 90th percentile",
        )
    if effects:
        sigma, mu_star, interval = (
            np.array([getattr(effect, name) for effect in effects]) / quantity_unit.factor
            for name in ("sigma", "mu_star", "interval")
        )
        return SensitivityData(
            labels=labels,
            x_label=f"Change of {axis_label(found.quantity, found.display_unit)} from the 10th to the 90th percentile",
            base=None,
            low=sigma,
            high=mu_star,
            error=interval,
            reoptimized=None,
            low_label="standard deviation of the effects",
            high_label="mean size of the effects, 95 % interval",
        )
    first, total, interval = (
        np.clip([getattr(index, name) for index in indices], 0, 1) for name in ("first", "total", "total_interval")
    )
    return SensitivityData(
        labels=labels,
        x_label=f"Share of the variance of {words(found.quantity)}",
        base=None,
        low=first,
        high=total,
        error=interval,
        reoptimized=None,
        low_label="first-order index (alone)",
        high_label="total index (with interactions), 95 % interval",
    )


def _range_text(bar: TornadoBar) -> str:
    """Low and high value of a parameter, with the unit once: ``0.8 to 1.2 km``."""
    low, high = format_value(bar.low, bar.display_unit, 3), format_value(bar.high, bar.display_unit, 3)
    return low.removesuffix(" " + unit_label(bar.display_unit)) + f" to {high}"


def draw_sensitivity(data: SensitivityData) -> Any:
    """Draw sensitivity bars as a matplotlib figure."""
    figure, axes = new_figure(size=(7.2, 1.2 + 0.42 * max(len(data.labels), 3)))
    y = np.arange(len(data.labels))
    if data.base is not None:
        for ends, color, label in ((data.low, BLUE, data.low_label), (data.high, VERMILION, data.high_label)):
            axes.barh(y, ends - data.base, left=data.base, height=0.62, color=color, alpha=0.85, label=label)
        if data.reoptimized is not None:
            axes.plot(data.reoptimized[:, 0], y, "<", color="black", ms=4, label="design reoptimized")
            axes.plot(data.reoptimized[:, 1], y, ">", color="black", ms=4)
        axes.axvline(data.base, color=GRAY, lw=1)
    else:
        style = {"ecolor": GRAY, "capsize": 2, "lw": 1}
        axes.barh(y, data.high, xerr=data.error, height=0.62, color=ORANGE, error_kw=style, label=data.high_label)
        axes.barh(y, data.low, height=0.3, color=BLUE, label=data.low_label)
    axes.set_yticks(y, data.labels, fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel(data.x_label)
    style_axes(axes, "x")
    axes.legend(frameon=False, fontsize=8, loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
    return figure
