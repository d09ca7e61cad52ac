"""The uncertain parameters of a problem, and their samples: the same for every design, so that these compare alike.

The samples are Sobol points, scrambled anew in each of REPLICATES equal parts. Within a part the points fill space
evenly, which makes the error far smaller than that of random samples. The parts are independent, so that their
scatter tells the error, which the evenness of one part would hide. Sources: Owen, Practical Quasi-Monte Carlo
Integration (2023) ch. 17; L'Ecuyer, Nakayama, Owen and Tuffin, Confidence intervals for randomized quasi-Monte Carlo
estimators (Winter Simulation Conference 2023).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from sunfront.arrays import Array
from sunfront.errors import RangeError
from sunfront.library.distributions import Distribution
from sunfront.library.model import Model

#: Independent parts of the samples. The scatter of 16 gives a standard error to 18 %.
REPLICATES = 16

#: Values of a quantity (designs x samples) computed at a time.
CHUNK = 1 << 16


@dataclass(frozen=True)
class UncertainParameter:
    """A parameter that is uncertain.

    Attributes:
        nominal: Its value where no statistic is asked for; SI and USD.
        origin: Who says the distribution.
    """

    name: str
    unit: str
    distribution: Distribution
    nominal: float
    origin: str


@dataclass(frozen=True)
class Uncertainty:
    """What is uncertain together.

    Attributes:
        parameters: At least one.
        samples: A power of two, a multiple of REPLICATES.
        correlations: Pairs of names, and Spearman's rank correlation of their Gaussian copula.
        seed: Of the scrambling.
        stream: Which of the independent samples of that seed.

    Raises:
        RangeError: No joint distribution has these correlations.
    """

    parameters: tuple[UncertainParameter, ...]
    samples: int
    correlations: tuple[tuple[str, str, float], ...] = ()
    seed: int = 0
    stream: int = 0

    def __post_init__(self) -> None:
        if self.correlations:
            self._root()

    def _root(self) -> Array:
        """A matrix whose product with its transpose holds the correlations of the copula's normal variables."""

        names = [p.name for p in self.parameters]
        normal = np.eye(len(names))
        for one, other, rank in self.correlations:
            i, j = names.index(one), names.index(other)
            # Pearson, On further methods of determining correlation (1907).
            normal[i, j] = normal[j, i] = 2 * np.sin(np.pi * rank / 6)
        values, vectors = np.linalg.eigh(normal)
        if values[0] < -1e-9:
            raise RangeError(
                "the correlations contradict each other: no joint distribution has them all (the least eigenvalue of "
                f"their matrix is {values[0]:.2g}); weaken one"
            )
        root: Array = vectors * np.sqrt(np.maximum(values, 0.0))
        return root

    @cached_property
    def draws(self) -> Mapping[str, Array]:
        """For each uncertain parameter an array (samples,), replicate after replicate; SI and USD."""
        from scipy.special import ndtr, ndtri
        from scipy.stats import qmc

        size = self.samples // REPLICATES
        # Not the seed alone: a sweep draws its designs from that.
        streams = np.random.default_rng([self.seed, REPLICATES, self.stream]).spawn(REPLICATES)
        shares = np.concatenate([qmc.Sobol(len(self.parameters), rng=rng).random(size) for rng in streams])
        shares += 2.0**-31  # the middle of a point's cell: never 0, of which a normal's quantile is infinite
        if self.correlations:
            shares = ndtr(ndtri(shares) @ self._root().T)
        return {p.name: p.distribution.quantile(shares[:, i]) for i, p in enumerate(self.parameters)}

    def evaluate(
        self, model: Model, values: Mapping[str, Any], designs: Mapping[str, Array], wanted: tuple[str, ...]
    ) -> Iterator[tuple[slice, dict[str, Array]]]:
        """Quantities of every design in every sample, some designs at a time.

        A quantity has the axis of designs only if a variable reaches it, and the axis of samples only if an uncertain
        parameter does; the whole is spanned at the end.

        Args:
            designs: For every variable an array (designs,).

        Yields:
            Which designs, and for each wanted quantity an array (those designs, samples).
        """

        count = len(next(iter(designs.values()))) if designs else 1
        fixed = {**values, **self.draws}
        fixed = model.constant_part({n: x for n, x in fixed.items() if n not in designs}, designs, wanted)
        rows = max(CHUNK // self.samples, 1)
        for start in range(0, count, rows):
            part = slice(start, min(start + rows, count))
            given = fixed | {name: np.asarray(column, float)[part, None] for name, column in designs.items()}
            with np.errstate(all="ignore"):  # what goes wrong shows as NaN, and is named where it is used
                found = model.evaluate(given, wanted)
            shape = (part.stop - part.start, self.samples)
            yield part, {name: np.broadcast_to(found[name], shape) for name in wanted}
