"""Convergence of a search: hypervolume against evaluations, and the proved hypervolume."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sunfront.arrays import Array
from sunfront.problem.certificate import outer_hypervolume
from sunfront.report.figures.style import BLUE, VERMILION, new_figure, style_axes
from sunfront.runs.results import Results
from sunfront.runs.run import Run


@dataclass(frozen=True)
class ConvergenceData:
    """Hypervolume of a search.

    Attributes:
        evaluations, hypervolume: Arrays (batches,). The hypervolume is a share of the proved one if there is a proof.
        certified: Another run of the same problem has a proof.
    """

    evaluations: Array
    hypervolume: Array
    certified: bool


def convergence_data(run: Run) -> ConvergenceData | None:
    """Hypervolume of the run's search; None if the run is no search."""
    found = run.results.record.convergence
    if found is None or not found.evaluations:
        return None
    evaluations, hypervolume = np.array(found.evaluations, float), np.array(found.hypervolume)
    reference = np.array(found.reference)
    bounds = [proved_hypervolume(other, reference) for other in run.other_engines]
    certified = next((bound for bound in bounds if bound), None)
    return ConvergenceData(evaluations, hypervolume / (certified or 1.0), certified is not None)


def proved_hypervolume(results: Results, reference: Array) -> float | None:
    """Upper bound on the hypervolume beyond a reference point in scores; None without a proof of two objectives."""
    certificate = results.record.certificate
    if certificate is None or len(certificate.ceilings) != 1:
        return None
    return outer_hypervolume(certificate, reference)


def draw_convergence(data: ConvergenceData) -> Any:
    """Draw the hypervolume against evaluations as a matplotlib figure."""
    figure, axes = new_figure(size=(7.2, 3.6))
    scale = 100 if data.certified else 1
    axes.step(data.evaluations, scale * data.hypervolume, where="post", color=BLUE, lw=1.6, label="search")
    if data.certified:
        axes.axhline(100, color=VERMILION, lw=1.2, label="proved upper bound")
        axes.legend(frameon=False, fontsize=9, loc="lower right")
    axes.set_xlabel("Evaluations")
    axes.set_ylabel("Hypervolume (% of the proved bound)" if data.certified else "Hypervolume (in scores)")
    style_axes(axes)
    return figure
