"""From the cost of compute of the same chips on the ground to that of a design, element by element."""

from __future__ import annotations

from typing import Any

from sunfront.display import best_scale, words
from sunfront.report.cost_bridge import bridge, cost_elements
from sunfront.report.figures.budgets import Waterfall, draw_waterfall
from sunfront.report.figures.style import GREEN, ORANGE, new_figure
from sunfront.report.sentences import main_suggestion
from sunfront.runs.ground import GROUNDS, cost_there
from sunfront.runs.run import Run
from sunfront.units import unit

#: Display unit of the cost of compute.
COST = "USD/kWh"


def ground_data(run: Run) -> Waterfall | None:
    """The steps from the cheapest ground to the design to look at first; None without."""
    results = run.results
    if results.front.empty:
        return None
    label, suggested = main_suggestion(results)
    row = int(results.front_rows[suggested])
    there, here = cost_there(run.study, results, row), cost_elements(run, row)
    if there is None or here is None:
        return None
    ground, elements = there
    found, from_si = bridge(elements, here), unit(COST).from_si
    symbol, factor = best_scale(float(from_si(found.end)), COST)
    steps = tuple((words(name), float(from_si(value)) * factor) for name, value in found.steps if value)
    start, end = (float(from_si(value)) * factor for value in (found.start, found.end))
    title = f"Cost of compute: from the same chips {GROUNDS[ground]} to the design ({label})"
    return Waterfall(title, symbol, steps, end, "This design", (f"On the ground, {GROUNDS[ground]}", start))


def draw_ground(data: Waterfall) -> Any:
    """Draw the steps as a matplotlib figure."""
    figure, axes = new_figure(size=(7.2, 1.3 + 0.3 * len(data.steps)))
    draw_waterfall(axes, data, gain=ORANGE, loss=GREEN)
    return figure
