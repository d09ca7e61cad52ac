"""How a search came to its front: the hypervolume over evaluations, and what a proof says is possible."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sunfront.arrays import Array
from sunfront.problem.certificate import outer_hypervolume
from sunfront.report.figures.style import BLUE, VERMILION, blank, quiet
from sunfront.runs.results import Results
from sunfront.runs.run import Run, runs_beside


@dataclass(frozen=True)
class ConvergenceData:
    """The course of a search.

    Attributes:
        evaluations, hypervolume: Arrays (batches,); the volume as a share of the certified one, where there is one.
        certified: A run of the same problem with a proof was there to measure against.
    """

    evaluations: Array
    hypervolume: Array
    certified: bool


def convergence_data(run: Run) -> ConvergenceData | None:
    """The course of the run's search; None if it is no search."""

    found = run.results.record.convergence
    if found is None or not found.evaluations:
        return None
    evaluations, volume = np.array(found.evaluations, float), np.array(found.hypervolume)
    reference = np.array(found.reference)
    bounds = [proved_hypervolume(other, reference) for other in runs_beside(run)]
    certified = next((bound for bound in bounds if bound), None)
    return ConvergenceData(evaluations, volume / (certified or 1.0), certified is not None)


def proved_hypervolume(results: Results, reference: Array) -> float | None:
    """The hypervolume, beyond a reference in scores, that a run proves cannot be exceeded; None without a proof of two
    objectives.
    """
    certificate = results.record.certificate
    if certificate is None or len(certificate.ceilings) != 1:
        return None
    return outer_hypervolume(certificate, reference)


def draw_convergence(data: ConvergenceData) -> Any:
    """A matplotlib figure of the hypervolume over evaluations."""
    figure, axes = blank(size=(7.2, 3.6))
    share = 100 if data.certified else 1
    axes.step(data.evaluations, share * data.hypervolume, where="post", color=BLUE, lw=1.6, label="search")
    if data.certified:
        axes.axhline(100, color=VERMILION, lw=1.2, label="proved: not beyond")
        axes.legend(frameon=False, fontsize=9, loc="lower right")
    axes.set_xlabel("Evaluations")
    axes.set_ylabel("Hypervolume (% of the proved one)" if data.certified else "Hypervolume (scores)")
    quiet(axes)
    return figure
