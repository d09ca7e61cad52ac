"""A finished run beside the study that it answers, so that whatever a page shows is computed by the numpy model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sunfront.errors import UserError
from sunfront.results import Results
from sunfront.study import Study

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

#: Two evaluations of one equation differ by rounding at most.
ROUNDING = 1e-9


@dataclass(frozen=True)
class Review:
    """A finished run and its study.

    Attributes:
        folder: Holds the run's files.
    """

    results: Results
    study: Study
    folder: Path

    def evaluate(self, names: Iterable[str]) -> dict[str, Array]:
        """Quantities of the designs kept; for each an array (designs,), SI and USD.

        Raises:
            NotFinite: One of them is NaN or infinite.
        """
        import numpy as np

        problem, designs = self.study.problem, self.results.designs
        if not len(designs):
            return {name: np.empty(0) for name in names}
        return problem.evaluate({v.name: designs[v.name].to_numpy(float) for v in problem.variables}, tuple(names))


def review(results: Results, folder: Path) -> Review:
    """Open a run for review.

    Args:
        folder: Holds its ``study.yaml``.

    Raises:
        UserError: The run was computed with other equations or parameters than those at hand.
    """
    import numpy as np

    found = Review(results, Study.load(folder / "study.yaml"), folder)
    names = found.study.problem.needed
    for name, again in found.evaluate(names).items():
        stored = results.designs[name].to_numpy(float)
        if not np.allclose(stored, again, rtol=ROUNDING, atol=0, equal_nan=True):
            raise UserError(
                f"{folder} was computed with other equations or parameters than these: {name} comes out differently; "
                "run the study again"
            )
    return found
