"""The page that compares runs: their fronts, the assumptions that differ, and why their costs of compute differ."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sunfront import display
from sunfront.report import sentences
from sunfront.report.comparison_data import comparison_data
from sunfront.report.cost_bridge import compared_rows
from sunfront.report.descriptions import share_units
from sunfront.report.differences import find_differences, run_labels
from sunfront.report.html import render_page
from sunfront.report.page_data import column_values, constraint_limits, ordered_columns
from sunfront.root import Root
from sunfront.runs.files import replacing
from sunfront.runs.run import Run
from sunfront.units import unit


def compare(runs: Sequence[Run], path: Path) -> None:
    """Write the page that compares runs.

    Raises:
        UserError: A run has no front, or the runs have no quantity in common.
    """
    with replacing(path) as new:
        new.write_text(render(runs), "utf-8")


def render(runs: Sequence[Run]) -> str:
    """Render the page that compares runs."""
    data = comparison_data(runs)
    labels, split = run_labels(runs), data["cost"]["split"]
    return render_page(
        "comparison",
        share_units(data),
        labels=labels,
        designs=design_rows(runs) if len(data["front"]) == len(runs) else None,
        unsplit=[label for label, is_split in zip(labels, split, strict=True) if not is_split],
        has_bridge=len({row for row in data["highlighted"].values() if split[data["runs"]["indices"][row]]}) > 1,
        records=[run.results.record for run in runs],
        headlines=[sentences.headline(run.results) for run in runs],
        answers=[sentences.answer(run.results) for run in runs],
        summary=summary(runs),
        differences=find_differences(runs),
    )


def design_rows(runs: Sequence[Run]) -> list[tuple[str, ...]]:
    """Rows of a table of runs with one design each: a quantity, its name in words, and its value in each run."""

    def text(run: Run, name: str) -> str:
        results, model = run.results, run.study.problem.model
        shown = results.front_text(name, 0) if name in results.units else ""
        if shown and name in model and isinstance(model[name], Root) and np.isinf(results.front[name].iloc[0]):
            return "none"
        if shown and name in (limits := constraint_limits(run)):
            at_limit = column_values(results, name, limits)[results.front_rows[0]]
            shown = results.text(name, unit(results.units[name]).to_si(at_limit))
        return shown or "-"

    names = dict.fromkeys(name for run in runs for name in ordered_columns(run.results))
    return [(name, display.words(name), *(text(run, name) for run in runs)) for name in names]


def summary(runs: Sequence[Run]) -> list[str]:
    """One line per run: the cost of compute of the design that stands for it, and the ratio to the first run's."""
    lines = []
    costs: list[float] = []
    for label, run in zip(run_labels(runs), runs, strict=True):
        design, row = next(iter(compared_rows(run.results).items()))
        costs.append(float(run.results.designs["compute_cost"].iloc[row]))
        ratio = f", {_ratio_text(costs[-1], costs[0])}" if len(costs) > 1 else ""
        lines.append(f"{label} ({design}): cost of compute {display.format_scaled(costs[-1], 'USD/kWh')}{ratio}")
    return lines


def _ratio_text(cost: float, first: float) -> str:
    """The ratio of two costs in words, the larger over the smaller."""
    if cost < first:
        return f"the first costs {first / cost:.3g} times as much"
    return f"{cost / first:.3g} times the first"
