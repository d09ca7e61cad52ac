"""Cost bridges: the difference between two designs' costs of compute, element by element."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sunfront.analysis.budgets import SPLITS, budgets
from sunfront.arrays import Array
from sunfront.errors import RunError
from sunfront.library.architectures import COST_ELEMENTS
from sunfront.report.differences import run_labels
from sunfront.report.page_data import highlighted_rows
from sunfront.runs.results import IN_ORDER, Results
from sunfront.runs.run import Run

#: The quantity that is compared.
COST = SPLITS["cost"].total


@dataclass(frozen=True)
class Bridge:
    """The difference between two costs of compute, in USD/J.

    Attributes:
        start, end: The two costs.
        steps: Pairs (element, difference). They add up to the difference of the costs, in any order.
    """

    start: float
    steps: tuple[tuple[str, float], ...]
    end: float

    @property
    def ratio(self) -> float:
        """The second cost divided by the first."""
        return self.end / self.start


def bridge(first: Mapping[str, float], second: Mapping[str, float]) -> Bridge:
    """Subtract two costs of compute element by element. Differences within rounding are zero.

    Args:
        first, second: Elements of the cost of compute, USD/J.

    Raises:
        RunError: The steps do not add up to the difference of the costs.
    """
    pairs = {name: (first.get(name, 0.0), second.get(name, 0.0)) for name in element_order({**first, **second})}
    steps = tuple((name, 0.0 if math.isclose(a, b, rel_tol=1e-13) else b - a) for name, (a, b) in pairs.items())
    start, end = math.fsum(first.values()), math.fsum(second.values())
    if not math.isclose(math.fsum([start, *(step for _, step in steps)]), end, rel_tol=1e-12):
        raise RunError("the steps from one cost of compute to the other do not add up to their difference")
    return Bridge(start, steps, end)


def bridges(runs: Sequence[Run]) -> dict[str, Bridge]:
    """Bridges from the first run's design to that of each other run, by label: see ``main_row``.

    A run whose study sets a sum of its cost has no elements, and so no bridge.
    """
    found = [cost_elements(run, main_row(run.results)) for run in runs]
    first = found[0]
    if first is None:
        return {}
    pairs = zip(run_labels(runs)[1:], found[1:], strict=True)
    return {label: bridge(first, second) for label, second in pairs if second is not None}


def cost_parts(run: Run) -> dict[str, Array]:
    """Elements of each design's cost of compute, USD/J, arrays (designs,); the cost itself if the study sets a sum."""
    budget = budgets(run).get("cost")
    return {COST: run.results.designs[COST].to_numpy(float)} if budget is None else budget.parts


def cost_elements(run: Run, row: int) -> dict[str, float] | None:
    """Elements of a design's cost of compute, USD/J; None if the study sets a sum of them."""
    parts = cost_parts(run)
    return None if COST in parts else {name: float(part[row]) for name, part in parts.items()}


def element_order(names: Mapping[str, object]) -> list[str]:
    """Names of cost elements in the order of ``COST_ELEMENTS``, other names last."""
    return [n for n in COST_ELEMENTS if n in names] + [n for n in names if n not in COST_ELEMENTS]


def main_row(results: Results) -> int:
    """Row of the design that stands for a run: that of an order of objectives, else the lowest cost of compute."""
    if IN_ORDER in results.suggestions:
        return results.table.row(IN_ORDER)
    return int(results.front_rows[int(results.front[COST].to_numpy(float).argmin())])


def compared_rows(results: Results) -> dict[str, int]:
    """Rows of the designs of a run to compare, by label; that of ``main_row`` first."""
    highlighted = highlighted_rows(results)
    main = main_row(results)
    label = next((label for label, row in highlighted.items() if row == main), "lowest compute cost")
    return {label: main} | {other: row for other, row in highlighted.items() if row != main}
