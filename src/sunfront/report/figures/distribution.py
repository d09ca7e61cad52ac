"""Distribution of an uncertain objective: percentiles along the front, and a histogram for one design."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sunfront.arrays import Array
from sunfront.display import axis_label, format_number
from sunfront.report.figures.style import BLUE, VERMILION, new_figure, style_axes
from sunfront.report.sentences import main_suggestion
from sunfront.runs.run import Run
from sunfront.units import unit

#: Percentiles along the front, as the run stores them.
PERCENTILES = (5, 25, 50, 75, 95)


@dataclass(frozen=True)
class DistributionData:
    """Distribution of a quantity over the samples, in display units.

    Attributes:
        quantity_label: Axis label of the quantity.
        x_label: Axis label of the objective against which the percentiles are drawn.
        x: Values of that objective on the front, ascending; array (designs,).
        percentiles: Array (PERCENTILES, designs).
        samples: Samples of the quantity in one design, array (samples,).
        design: Label of that design.
    """

    quantity_label: str
    x_label: str
    x: Array
    percentiles: Array
    samples: Array
    design: str


def distribution_data(run: Run) -> DistributionData | None:
    """Distribution of the first uncertain objective; None if no objective is uncertain."""
    results, problem = run.results, run.study.problem
    error = results.record.uncertainty
    stored = error.percentiles if error is not None else {}
    uncertain = [o.quantity for o in problem.objectives if f"p50 {o.quantity}" in stored]
    if not uncertain or problem.uncertainty is None:
        return None
    name = uncertain[0]
    from_si = unit(problem.unit(name)).from_si
    other = next((o.name for o in problem.objectives if o.quantity != name), problem.objectives[0].name)
    front = results.front
    x = unit(problem.unit(other)).from_si(front[other].to_numpy(float))
    order = np.argsort(x)
    percentiles = from_si(np.array([stored[f"p{share} {name}"] for share in PERCENTILES], float))[:, order]
    label, row = main_suggestion(results)
    design = {v.name: front[v.name].to_numpy(float)[[row]] for v in problem.variables}
    _, values = next(problem.uncertainty.evaluate(problem.model, problem.values, design, (name,)))
    samples = from_si(values[name][0])
    return DistributionData(
        axis_label(name, problem.unit(name)),
        axis_label(other, problem.unit(other)),
        x[order],
        percentiles,
        samples[np.isfinite(samples)],
        label,
    )


def draw_distribution(data: DistributionData) -> Any:
    """Draw percentiles along the front and the histogram of one design as a matplotlib figure."""
    figure, ((left, right),) = new_figure(1, 2, (10.5, 3.8))
    for low, high, alpha in ((0, 4, 0.18), (1, 3, 0.35)):
        band = (data.x, data.percentiles[low], data.percentiles[high])
        label = f"p{PERCENTILES[low]} to p{PERCENTILES[high]}"
        left.fill_between(*band, color=BLUE, alpha=alpha, lw=0, label=label)
        left.vlines(*band, color=BLUE, lw=1 + 2 * low, alpha=0.6)
    left.plot(data.x, data.percentiles[2], "o-", color=BLUE, ms=4, lw=1.2, label="median")
    left.set_xlabel(data.x_label)
    left.set_ylabel(data.quantity_label)
    left.set_title("Percentiles along the front", fontsize=10, loc="left")
    right.hist(data.samples, bins=40, color=BLUE, alpha=0.6)
    for share in (10, 50, 90):
        value = float(np.percentile(data.samples, share))
        right.axvline(value, color=VERMILION, lw=1.2)
        text = f"p{share}\n{format_number(value, 3)}"
        right.annotate(text, (value, 1), xycoords=("data", "axes fraction"), fontsize=8, va="top")
    right.set_xlabel(data.quantity_label)
    right.set_ylabel("Number of samples")
    right.set_title(f"Samples of one design ({data.design}): {len(data.samples):,}", fontsize=10, loc="left")
    for axes in (left, right):
        style_axes(axes)
    left.legend(frameon=False, fontsize=8)
    return figure
