"""The page that compares runs: their fronts, the assumptions that differ, and why their costs of compute differ."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sunfront import display
from sunfront.report import sentences
from sunfront.report.comparison_data import comparison_data
from sunfront.report.cost_bridge import compared_rows
from sunfront.report.descriptions import share_units
from sunfront.report.differences import find_differences, run_labels
from sunfront.report.html import render_page
from sunfront.runs.files import replacing
from sunfront.runs.run import Run


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
    return render_page(
        "comparison",
        share_units(data),
        labels=run_labels(runs),
        records=[run.results.record for run in runs],
        headlines=[sentences.headline(run.results) for run in runs],
        answers=[sentences.answer(run.results) for run in runs],
        summary=summary(runs),
        differences=find_differences(runs),
        has_cost=data["cost"] is not None,
    )


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
