"""How an uncertain objective spreads: along the front, and in the design to look at first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sunfront.arrays import Array
from sunfront.display import axis_label, format_number
from sunfront.report.figures.style import BLUE, VERMILION, blank, quiet
from sunfront.runs.run import Run
from sunfront.units import unit

#: Percentiles of the fan along the front, as the run stores them.
FAN = (5, 25, 50, 75, 95)


@dataclass(frozen=True)
class Spread:
    """The spread of a quantity over the samples, in read units.

    Attributes:
        quantity, across: Axis labels: of what spreads, and of what the front is drawn over.
        place: Array (designs on the front,) of the latter, ascending.
        fan: Array (percentiles of FAN, designs on the front).
        samples: Array (samples,) of the quantity in the design to look at first.
        design: What that design is.
    """

    quantity: str
    across: str
    place: Array
    fan: Array
    samples: Array
    design: str


def distribution_data(run: Run) -> Spread | None:
    """The spread of the first uncertain objective; None where nothing is uncertain, or no objective feels it."""

    results, problem = run.results, run.study.problem
    error = results.record.uncertainty
    stored = error.percentiles if error is not None else {}
    found = [o.quantity for o in problem.objectives if f"p50 {o.quantity}" in stored]
    if not found or problem.uncertainty is None:
        return None
    name = found[0]
    read = unit(problem.unit(name))
    others = [o for o in problem.objectives if o.quantity != name]
    over = others[0].name if others else problem.objectives[0].name
    place = unit(problem.unit(over)).from_si(results.front[over].to_numpy(float))
    order = np.argsort(place)
    fan = read.from_si(np.array([stored[f"p{share} {name}"] for share in FAN], float))[:, order]
    what, at = next(((what, at) for what, at in results.suggestions.items() if what == "knee"), ("best", 0))
    design = {v.name: results.front[v.name].to_numpy(float)[[at]] for v in problem.variables}
    _, values = next(problem.uncertainty.evaluate(problem.model, problem.values, design, (name,)))
    samples = read.from_si(values[name][0])
    return Spread(
        axis_label(name, problem.unit(name)),
        axis_label(over, problem.unit(over)),
        place[order],
        fan,
        samples[np.isfinite(samples)],
        "the knee" if what == "knee" else "the first design of the front",
    )


def draw_distribution(data: Spread) -> Any:
    """A matplotlib figure: the fan along the front, the histogram of one design."""

    figure, ((left, right),) = blank(1, 2, (10.5, 3.8))
    for low, high, share in ((0, 4, 0.18), (1, 3, 0.35)):
        label = f"{FAN[low]} to {FAN[high]} %"
        left.fill_between(data.place, data.fan[low], data.fan[high], color=BLUE, alpha=share, lw=0, label=label)
        left.vlines(data.place, data.fan[low], data.fan[high], color=BLUE, lw=1 + 2 * low, alpha=0.6)
    left.plot(data.place, data.fan[2], "o-", color=BLUE, ms=4, lw=1.2, label="median")
    left.set_xlabel(data.across)
    left.set_ylabel(data.quantity)
    left.set_title("Along the front", fontsize=10, loc="left")
    right.hist(data.samples, bins=40, color=BLUE, alpha=0.6)
    for share in (10, 50, 90):
        value = float(np.percentile(data.samples, share))
        right.axvline(value, color=VERMILION, lw=1.2)
        text = f"p{share}\n{format_number(value, 3)}"
        right.annotate(text, (value, 1), xycoords=("data", "axes fraction"), fontsize=8, va="top")
    right.set_xlabel(data.quantity)
    right.set_ylabel("Samples")
    right.set_title(f"In {data.design}: {len(data.samples):,} samples", fontsize=10, loc="left")
    for axes in (left, right):
        quiet(axes)
    left.legend(frameon=False, fontsize=8)
    return figure
