"""How much of a proved optimum over samples may be due to the samples: a confidence bound from fresh ones.

The best over few samples is on average better than the best design really is, since the optimizer may choose for these
samples. So the mean of best values over independent sets of samples, minus the values of the design in the same sets,
is on average at least what the design lacks. The mean of worst cases counts with the threshold that the design's own
samples gave, which makes its value in fresh samples no better on average.

Source: Mak, Morton and Wood, Monte Carlo bounding techniques for determining solution quality in stochastic programs,
Operations Research Letters 24 (1999) 47-56.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from sunfront.arrays import Array
from sunfront.display import format_value
from sunfront.engines.exact.mip import BuildMip
from sunfront.engines.exact.sample_trees import solver_over
from sunfront.engines.exact.sampled import read_sampled
from sunfront.problem.problem import Problem, as_columns
from sunfront.problem.statistics import Mean, Percentile, Probability, TailMean
from sunfront.problem.uncertainty import REPLICATES
from sunfront.units import difference_unit

#: Confidence of the bound.
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Lack:
    """By how much a design may be worse than the best one, over the distribution itself.

    Attributes:
        mean: Estimate, in scores; it is too large rather than too small.
        bound: With a probability of CONFIDENCE the design lacks no more.
    """

    mean: float
    bound: float

    def text(self, problem: Problem) -> str:
        """Say it to a reader."""
        name = problem.objectives[0].name
        unit = difference_unit(problem.unit(name))
        lacks, at_most = (format_value(max(each, 0.0), unit, 3) for each in (self.mean, self.bound))
        return (
            f"over fresh samples, {REPLICATES} sets: with {100 * CONFIDENCE:g} % confidence no design is better in "
            f"{name} by more than {at_most} (estimated: {lacks}), whatever the samples"
        )


def compute_lack(
    problem: Problem, design: Mapping[str, float], shells: int, gap: float, build: BuildMip, deadline: float
) -> Lack | None:
    """Bound what a design lacks, by the best designs over fresh samples.

    Args:
        problem: With one objective, a mean, a mean of worst cases or a probability, and no limit on a statistic.
        shells, gap, build: As of the solver that found the design.
        deadline: Value of ``time.monotonic`` at which to stop.

    Returns:
        None if the deadline came first.
    """
    assert problem.uncertainty is not None
    fresh = replace(problem, uncertainty=replace(problem.uncertainty, stream=problem.uncertainty.stream + 1))
    read = read_sampled(fresh, shells)
    mine, size = _values(problem, fresh, design), problem.uncertainty.samples // REPLICATES
    lacks = []
    for part in range(REPLICATES):
        solver = solver_over(read.over(slice(part * size, (part + 1) * size)), fresh, gap, build)
        try:
            best = solver.maximize(0, {}, deadline)
        except (TimeoutError, KeyboardInterrupt):
            return None
        if best is None or best.is_cut:
            return None
        lacks.append(best.bound - mine[part])
    return lack_of(np.array(lacks))


def lack_of(lacks: Array) -> Lack:
    """Return the bound from what a design lacks in each of several independent sets of samples."""
    from scipy.stats import t

    error = float(lacks.std(ddof=1)) / np.sqrt(len(lacks))
    mean = float(lacks.mean())
    return Lack(mean, mean + float(t.ppf(CONFIDENCE, len(lacks) - 1)) * error)


def _values(problem: Problem, fresh: Problem, design: Mapping[str, float]) -> Array:
    """Return the score of a design in each set of fresh samples, array (REPLICATES,)."""
    objective = problem.objectives[0]
    columns, statistic = as_columns(design), objective.statistic
    found = []
    for each in (problem, fresh):
        assert each.uncertainty is not None
        ((_, values),) = each.uncertainty.evaluate(each.model, each.values, columns, (objective.quantity,))
        found.append(np.asarray(values[objective.quantity][0], float))
    own, parts = found[0], found[1].reshape(REPLICATES, -1)
    if not isinstance(statistic, TailMean):
        assert isinstance(statistic, Mean | Probability)
        shares: Array = objective.sign * statistic.compute(parts)
        return shares
    sign = 1.0 if statistic.lower else -1.0
    threshold = float(Percentile(statistic.share).compute(sign * own))
    below = np.maximum(threshold - sign * parts, 0.0).mean(axis=1) / statistic.share
    worst: Array = objective.sign * sign * (threshold - below)
    return worst
