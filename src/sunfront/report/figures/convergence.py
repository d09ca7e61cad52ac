"""How a search came to its front: the hypervolume over evaluations, and what a proof says is possible."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sunfront.arrays import Array
from sunfront.problem.certificate import outer_hypervolume
from sunfront.report.figures.style import BLUE, VERMILION, blank, quiet
from sunfront.runs.results import Results
from sunfront.runs.run import Review, beside


@dataclass(frozen=True)
class Convergence:
    """The course of a search.

    Attributes:
        evaluations, hypervolume: Arrays (batches,); the volume as a share of the certified one, where there is one.
        certified: A run of the same problem with a proof was there to measure against.
    """

    evaluations: Array
    hypervolume: Array
    certified: bool


def convergence_data(review: Review) -> Convergence | None:
    """The course of the run's search; None if it is no search."""

    course = review.results.record.get("convergence")
    if not course:
        return None
    evaluations, volume = np.array(course, float).T
    reference = np.array(review.results.record["hypervolume_reference"], float)
    bounds = [proved_hypervolume(other, reference) for other in beside(review)]
    certified = next((bound for bound in bounds if bound), None)
    return Convergence(evaluations, volume / (certified or 1.0), certified is not None)


def proved_hypervolume(results: Results, reference: Array) -> float | None:
    """The hypervolume, beyond a reference in scores, that a run proves cannot be exceeded; None without a proof of two
    objectives.
    """
    certificate = results.certificate
    if certificate is None or len(certificate.ceilings) != 1:
        return None
    return outer_hypervolume(certificate, reference)


def draw_convergence(data: Convergence) -> Any:
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
