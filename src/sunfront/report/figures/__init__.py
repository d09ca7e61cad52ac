"""Static figures of a run, without a browser. What is drawn is data first (tested), then a drawing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sunfront.report.figures import budget, convergence, distribution, front, sensitivity
from sunfront.report.figures.style import SETTINGS
from sunfront.runs.run import Run


@dataclass(frozen=True)
class Figure:
    """A kind of figure.

    Attributes:
        data: What it shows of a run; None where the run has nothing of the kind.
        draw: The data as a matplotlib figure.
        in_page: The report shows it as it is; the others it draws itself.
    """

    title: str
    text: str
    data: Callable[[Run], Any]
    draw: Callable[[Any], Any]
    in_page: bool = False


#: By name, which is also the file's.
FIGURES = {
    "front": Figure("Frontier", "The front, its proof, the other designs.", front.front_data, front.draw_front),
    "budgets": Figure(
        "Budgets",
        "Where mass, power, heat, capital and cost go in the design to look at first.",
        budget.budget_data,
        budget.draw_budgets,
    ),
    "distribution": Figure(
        "Under uncertainty",
        "How the first uncertain objective spreads along the front, and in the design to look at first.",
        distribution.distribution_data,
        distribution.draw_distribution,
        in_page=True,
    ),
    "sensitivity": Figure(
        "Sensitivity",
        "Which uncertain numbers move the quantity, the one that matters most first.",
        sensitivity.sensitivity_data,
        sensitivity.draw_sensitivity,
        in_page=True,
    ),
    "convergence": Figure(
        "Convergence of the search",
        "Hypervolume of what was found over the designs evaluated; beside a run with a proof, as a share of its bound.",
        convergence.convergence_data,
        convergence.draw_convergence,
        in_page=True,
    ),
}


def write(run: Run, folder: Path) -> None:
    """Write every figure that the run has, as ``<name>.png`` and ``<name>.svg``."""
    for name, figure in FIGURES.items():
        data = figure.data(run)
        if data is not None:
            drawn = figure.draw(data)
            save(drawn, folder / f"{name}.png")
            save(drawn, folder / f"{name}.svg")


def save(drawn: Any, path: Path) -> None:
    """Write a drawn figure; the file's suffix says how. The same figure gives the same file."""
    import matplotlib

    undated = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(path.suffix)
    with matplotlib.rc_context(SETTINGS):
        drawn.savefig(path, dpi=160, metadata=undated)
