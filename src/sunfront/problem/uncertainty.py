"""Uncertain parameters and their samples, by randomized quasi-Monte Carlo.

All designs are evaluated with the same samples, so that differences between designs are not sampling noise. The
samples consist of REPLICATES equal parts, each a set of independently scrambled Sobol points. Within a part the points
fill space evenly, which makes the error far smaller than that of random samples. The parts are independent, so that
the scatter of their results gives the standard error, which a single part could not. Sources: Owen, Practical
Quasi-Monte Carlo Integration (2023) ch. 17; L'Ecuyer, Nakayama, Owen and Tuffin, Confidence intervals for randomized
quasi-Monte Carlo estimators (Winter Simulation Conference 2023).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from sunfront.arrays import Array
from sunfront.errors import RangeError
from sunfront.library.distributions import Distribution
from sunfront.library.model import Model

#: Independent parts of the samples. With 16 the standard error itself is known to 18 %.
REPLICATES = 16

#: Values of a quantity (designs x samples) computed in one batch.
CHUNK = 1 << 16


@dataclass(frozen=True)
class UncertainParameter:
    """An uncertain parameter.

    Attributes:
        unit: Display unit.
        nominal: Value where no statistic is asked for; SI and USD.
        origin: Origin of the distribution: the study, or the sources of the library.
        is_assumed: Whether no source gives the value.
    """

    name: str
    unit: str
    distribution: Distribution
    nominal: float
    origin: str
    is_assumed: bool = False


@dataclass(frozen=True)
class Uncertainty:
    """The joint distribution of the uncertain parameters, and how it is sampled.

    Attributes:
        parameters: At least one.
        samples: Number of samples: a power of two, and a multiple of REPLICATES.
        correlations: Pairs of names with Spearman's rank correlation, joined by a Gaussian copula. All other pairs are
            independent.
        seed: Seed of the scrambling.
        stream: Number of the sample set; sets of one seed with different numbers are independent.

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
            self._correlation_root()

    def _correlation_root(self) -> Array:
        """Compute a square root of the correlation matrix of the copula's normal variables."""
        names = [p.name for p in self.parameters]
        normal = np.eye(len(names))
        for one, other, rank in self.correlations:
            i, j = names.index(one), names.index(other)
            # Pearson, On further methods of determining correlation (1907).
            normal[i, j] = normal[j, i] = 2 * np.sin(np.pi * rank / 6)
        values, vectors = np.linalg.eigh(normal)
        if values[0] < -1e-9:
            raise RangeError(
                "the correlations contradict each other: no joint distribution has them all (the smallest eigenvalue "
                f"of their matrix is {values[0]:.2g}); move one of them towards 0"
            )
        root: Array = vectors * np.sqrt(np.maximum(values, 0.0))
        return root

    @cached_property
    def draws(self) -> Mapping[str, Array]:
        """Sampled values of each uncertain parameter, an array (samples,), part after part; SI and USD."""
        from scipy.special import ndtr, ndtri
        from scipy.stats import qmc

        size = self.samples // REPLICATES
        # A sweep draws its designs from the plain seed; the samples must differ.
        streams = np.random.default_rng([self.seed, REPLICATES, self.stream]).spawn(REPLICATES)
        shares = np.concatenate([qmc.Sobol(len(self.parameters), rng=rng).random(size) for rng in streams])
        shares += 2.0**-31  # move to the middle of a cell: the normal quantile of 0 is infinite
        if self.correlations:
            shares = ndtr(ndtri(shares) @ self._correlation_root().T)
        return {p.name: p.distribution.quantile(shares[:, i]) for i, p in enumerate(self.parameters)}

    def evaluate(
        self,
        model: Model,
        values: Mapping[str, Any],
        designs: Mapping[str, Array],
        wanted: tuple[str, ...],
        compiled: Callable[[Mapping[str, Array]], dict[str, Array]] | None = None,
    ) -> Iterator[tuple[slice, dict[str, Array]]]:
        """Evaluate quantities for every design and sample, in batches of designs.

        Inside the model a quantity has an axis of designs only if it depends on a variable, and an axis of samples
        only if it depends on an uncertain parameter; the results are broadcast to both at the end.

        Args:
            designs: For every variable an array (designs,).
            compiled: Computes the wanted quantities of a batch of designs in place of the model.

        Yields:
            The slice of designs in the batch, and for each wanted quantity an array (designs in the batch, samples).
        """
        count = len(next(iter(designs.values()))) if designs else 1
        fixed = {**values, **self.draws}
        if compiled is None:
            fixed = model.constant_part({n: x for n, x in fixed.items() if n not in designs}, designs, wanted)
        rows = max(CHUNK // self.samples, 1)
        for start in range(0, count, rows):
            part = slice(start, min(start + rows, count))
            if compiled is not None:
                yield part, compiled({name: np.asarray(column, float)[part] for name, column in designs.items()})
                continue
            given = fixed | {name: np.asarray(column, float)[part, None] for name, column in designs.items()}
            with np.errstate(all="ignore"):  # the caller checks for NaN and infinity
                found = model.evaluate(given, wanted)
            shape = (part.stop - part.start, self.samples)
            yield part, {name: np.broadcast_to(found[name], shape) for name in wanted}
