"""The sampling error of a front's statistics: standard errors, an independent sample, and the spread of objectives.

If a quantity has a heavy tail, such as a product of lognormals, the standard errors of ``std`` and ``cvar`` are too
small, by factors of up to four and two, because the samples do not reach the whole tail. Percentiles are not affected.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from sunfront.arrays import Array
from sunfront.display import format_range, format_value
from sunfront.library.distributions import Truncated
from sunfront.problem.findings import Column, SampledParameter, SamplingError
from sunfront.problem.problem import Problem
from sunfront.problem.statistics import Percentile, Probability, Statistic
from sunfront.problem.uncertainty import REPLICATES, UncertainParameter
from sunfront.runs.results import Results

#: Percentiles that describe the distribution of an objective.
PERCENTILES = (0.05, 0.25, 0.5, 0.75, 0.95)

#: An event seen in none of n samples has, with 95 % confidence, a probability below this number over n. Source: Hanley
#: and Lippman-Hand, If nothing goes wrong, is everything all right? JAMA 249 (1983) 1743-1745.
RULE_OF_THREE = 3.0

#: Truncated probability below which no note is written.
NEGLIGIBLE_TRUNCATION = 1e-6


def sampling_error(problem: Problem, results: Results) -> tuple[SamplingError, list[str]]:
    """Compute the sampling error of a front, and the notes for its reader."""
    uncertainty = problem.uncertainty
    assert uncertainty is not None
    error = SamplingError(
        samples=uncertainty.samples,
        replicates=REPLICATES,
        parameters=tuple(_describe(p) for p in uncertainty.parameters),
        correlations=uncertainty.correlations,
        designs=tuple(results.front_rows.tolist()),
    )
    notes = [note for p in uncertainty.parameters for note in _distribution_notes(p)]
    if (front := results.front).empty:
        return error, notes
    designs = {v.name: front[v.name].to_numpy(float) for v in problem.variables}
    error, more = _of_statistics(problem, error, results, designs)
    notes += more

    criteria = {*(o.quantity for o in problem.objectives), *(c.quantity for c in problem.constraints)}
    uncertain = {quantity for quantity in criteria if problem.is_uncertain(quantity)}
    nominal = [c for c in problem.constraints if c.statistic is None and c.quantity in uncertain]
    probabilities = {str(c): (c.quantity, Probability(c.sense, c.limit, c.unit)) for c in nominal}
    holds = _single_values(problem, designs, probabilities)
    notes += [
        f"{name} is required at nominal values; on the front it holds in "
        f"{format_range(share.min(), share.max(), '%', 3)} of the samples"
        for name, share in holds.items()
        if share.min() < 1
    ]
    notes += [
        f"{o.quantity} is optimized at nominal values; a statistic such as mean {o.quantity} would include the "
        "uncertainty"
        for o in problem.objectives
        if o.statistic is None and o.quantity in uncertain
    ]
    percentiles: dict[str, tuple[str, Statistic]] = {
        f"p{100 * share:g} {o.quantity}": (o.quantity, Percentile(share))
        for o in problem.objectives
        if o.quantity in uncertain
        for share in PERCENTILES
    }
    values = _single_values(problem, designs, percentiles)
    return replace(error, holds=_columns(holds), percentiles=_columns(values)), notes


def _of_statistics(
    problem: Problem, error: SamplingError, results: Results, designs: Mapping[str, Array]
) -> tuple[SamplingError, list[str]]:
    """Add standard errors and an independent sample of the front's statistics, with their notes."""
    uncertainty = problem.uncertainty
    assert uncertainty is not None
    parts = problem.evaluate_statistics(designs, problem.statistics, REPLICATES)
    front = results.front
    values = {name: front[name].to_numpy(float) for name in parts}
    independent = replace(problem, uncertainty=replace(uncertainty, stream=uncertainty.stream + 1))
    fresh = _single_values(independent, designs, problem.statistics)
    errors = {name: _standard_error(column) for name, column in parts.items()}
    for name, (_, statistic) in problem.statistics.items():
        if isinstance(statistic, Probability):
            unanimous = (values[name] == 0) | (values[name] == 1)
            errors[name] = np.where(unanimous, RULE_OF_THREE / uncertainty.samples, errors[name])
    notes = [note for name, column in errors.items() for note in _unknown_error_notes(name, column)]
    notes += [note for o in problem.objectives if o.statistic for note in _ranking_notes(o.name, parts[o.name])]
    notes += [note for name in parts for note in _optimism_notes(name, values[name], fresh[name], errors[name])]
    return replace(error, standard_errors=_columns(errors), fresh_sample=_columns(fresh)), notes


def _single_values(
    problem: Problem, designs: Mapping[str, Array], statistics: Mapping[str, tuple[str, Statistic]]
) -> dict[str, Array]:
    """Statistics over all samples, each an array (designs,)."""
    return {name: column[:, 0] for name, column in problem.evaluate_statistics(designs, statistics).items()}


def _columns(columns: Mapping[str, Array]) -> dict[str, Column]:
    return {name: tuple(x if math.isfinite(x) else None for x in column.tolist()) for name, column in columns.items()}


def _standard_error(parts: Array) -> Array:
    """Standard error of a statistic over all samples, array (designs,), from its values in independent parts.

    NaN where the statistic is infinite in a part.
    """
    with np.errstate(invalid="ignore"):
        error: Array = parts.std(axis=1, ddof=1) / parts.shape[1] ** 0.5
    return error


def _unknown_error_notes(name: str, errors: Array) -> list[str]:
    unknown = int(np.isnan(errors).sum())
    if not unknown:
        return []
    return [f"{name}: {unknown} designs have no standard error, since it is infinite in some parts of the samples"]


def _ranking_notes(name: str, parts: Array) -> list[str]:
    """A note if neighbors on the front differ by less than twice the standard error of their difference.

    Common samples make that error small.
    """
    with np.errstate(invalid="ignore"):  # where both are infinite, neither is better
        differences = np.diff(parts, axis=0)
    close = int((np.abs(differences.mean(axis=1)) < 2 * _standard_error(differences)).sum())
    if not close:
        return []
    return [
        f"{name}: {close} of {len(differences)} neighbors on the front differ by less than twice the standard error "
        "of their difference; raise uncertainty.samples to rank them"
    ]


def _optimism_notes(name: str, values: Array, fresh: Array, errors: Array) -> list[str]:
    """A note if an independent sample disagrees: an optimizer prefers designs that its own samples favor."""
    with np.errstate(invalid="ignore"):  # infinite in both is no disagreement
        away = np.abs(fresh - values) > 4 * np.hypot(errors, errors)
    if not away.any():
        return []
    return [f"{name}: {int(away.sum())} designs differ in an independent sample by more than four standard errors"]


def _describe(p: UncertainParameter) -> SampledParameter:
    low, middle, high = p.distribution.quantile(np.array([0.1, 0.5, 0.9])).tolist()
    shape = p.distribution.base if isinstance(p.distribution, Truncated) else p.distribution
    return SampledParameter(p.name, p.unit, type(shape).__name__.lower(), p.origin, p.nominal, low, middle, high)


def _distribution_notes(p: UncertainParameter) -> list[str]:
    notes = []
    if isinstance(p.distribution, Truncated) and p.distribution.cut_off > NEGLIGIBLE_TRUNCATION:
        span = format_range(p.distribution.low, p.distribution.high, p.unit)
        notes.append(f"{p.name}: {p.distribution.cut_off:.2g} of its distribution is cut off beyond {span}")
    if not 0.01 <= p.distribution.cdf(p.nominal) <= 0.99:
        nominal = format_value(p.nominal, p.unit)
        notes.append(f"{p.name}: the nominal value {nominal} lies beyond 1 to 99 % of its distribution")
    return notes
