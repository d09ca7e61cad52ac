"""How sure the statistics of a front are: standard errors, a fresh sample, and what nominal values hide.

Of a quantity with a heavy tail, as a product of lognormals, the standard errors of ``std`` and ``cvar`` are too small,
by a factor of up to four and two: they are those of the tail that the samples reach. Percentiles do not suffer from it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from sunfront.arrays import Array
from sunfront.display import format_value
from sunfront.library.distributions import Truncated
from sunfront.problem.findings import Column, SampledParameter, SamplingError
from sunfront.problem.problem import Problem
from sunfront.problem.statistics import Percentile, Probability, Statistic
from sunfront.problem.uncertainty import REPLICATES, UncertainParameter, Uncertainty
from sunfront.runs.results import Results

#: Percentiles that describe how an objective spreads.
PERCENTILES = (0.05, 0.25, 0.5, 0.75, 0.95)

#: What happens in none of n samples has, with 95 % confidence, a probability below this over n. Source: Hanley and
#: Lippman-Hand, If nothing goes wrong, is everything all right? JAMA 249 (1983) 1743-1745.
RULE_OF_THREE = 3.0

#: A truncation of less than this is of no account.
SLIGHT = 1e-6


def of_front(problem: Problem, results: Results) -> tuple[SamplingError, list[str]]:
    """The sampling error of a front, and the notes that a reader needs."""
    known = problem.uncertainty
    assert known is not None
    found = SamplingError(
        samples=known.samples,
        replicates=REPLICATES,
        parameters=tuple(_described(p) for p in known.parameters),
        correlations=known.correlations,
        designs=tuple(results.front_rows.tolist()),
    )
    notes = [note for p in known.parameters for note in _doubts(p)]
    if results.front.empty:
        return found, notes
    designs = {v.name: results.front[v.name].to_numpy(float) for v in problem.variables}
    parts = problem.evaluate_statistics(designs, problem.statistics, REPLICATES)
    values = {name: results.front[name].to_numpy(float) for name in parts}
    other = replace(problem, uncertainty=_fresh(known)).evaluate_statistics(designs, problem.statistics)
    fresh = {name: column[:, 0] for name, column in other.items()}
    errors = {name: _error(x) for name, x in parts.items()}
    for name, (_, statistic) in problem.statistics.items():
        if isinstance(statistic, Probability):
            agreed = (values[name] == 0) | (values[name] == 1)
            errors[name] = np.where(agreed, RULE_OF_THREE / known.samples, errors[name])
    notes += [note for name, x in errors.items() for note in _unknown(name, x)]
    notes += [note for o in problem.objectives if o.statistic for note in _unsettled(o.name, parts[o.name])]
    notes += [note for name in parts for note in _flattered(name, values[name], fresh[name], errors[name])]

    stated = {*(o.quantity for o in problem.objectives), *(c.quantity for c in problem.constraints)}
    uncertain = {quantity for quantity in stated if problem.is_uncertain(quantity)}
    plain = [c for c in problem.constraints if c.statistic is None and c.quantity in uncertain]
    holds = {str(c): (c.quantity, Probability(c.sense, c.limit, c.unit)) for c in plain}
    shares = {name: x[:, 0] for name, x in problem.evaluate_statistics(designs, holds).items()}
    notes += [
        f"{name} is required at nominal values; on the front it holds in {_span(x)} of the samples"
        for name, x in shares.items()
        if x.min() < 1
    ]
    notes += [
        f"{o.quantity} is optimized at nominal values; a statistic, as mean {o.quantity}, would weigh what is uncertain"
        for o in problem.objectives
        if o.statistic is None and o.quantity in uncertain
    ]
    wanted: dict[str, tuple[str, Statistic]] = {
        f"p{100 * share:g} {o.quantity}": (o.quantity, Percentile(share))
        for o in problem.objectives
        if o.quantity in uncertain
        for share in PERCENTILES
    }
    spread = problem.evaluate_statistics(designs, wanted)
    found = replace(
        found,
        standard_errors=_columns(errors),
        fresh_sample=_columns(fresh),
        holds=_columns(shares),
        percentiles=_columns({name: x[:, 0] for name, x in spread.items()}),
    )
    return found, notes


def _columns(columns: Mapping[str, Array]) -> dict[str, Column]:
    return {name: tuple(x if math.isfinite(x) else None for x in column.tolist()) for name, column in columns.items()}


def _error(parts: Array) -> Array:
    """Standard error of a statistic over all samples from its values in independent parts, array (designs,).

    NaN where it is infinite in a part.
    """

    with np.errstate(invalid="ignore"):
        error: Array = parts.std(axis=1, ddof=1) / parts.shape[1] ** 0.5
    return error


def _fresh(known: Uncertainty) -> Uncertainty:
    return replace(known, stream=known.stream + 1)


def _unknown(name: str, errors: Array) -> list[str]:

    lost = int(np.isnan(errors).sum())
    if not lost:
        return []
    return [f"{name}: {lost} designs have no standard error, since it is infinite in some parts of the samples"]


def _unsettled(name: str, parts: Array) -> list[str]:
    """Neighbours on the front whose difference is within twice its own error, which common samples make small."""

    with np.errstate(invalid="ignore"):  # where both are infinite, neither is better
        differences = np.diff(parts, axis=0)
    close = int((np.abs(differences.mean(axis=1)) < 2 * _error(differences)).sum())
    if not close:
        return []
    return [
        f"{name}: {close} of {len(differences)} neighbours on the front differ by less than twice the standard error "
        "of their difference; more uncertainty.samples would tell which is better"
    ]


def _flattered(name: str, values: Array, fresh: Array, errors: Array) -> list[str]:
    """A search picks what its samples flatter: a fresh sample tells by how much."""

    with np.errstate(invalid="ignore"):  # what is infinite in both has not moved
        away = np.abs(fresh - values) > 4 * np.hypot(errors, errors)
    if not away.any():
        return []
    return [f"{name}: {int(away.sum())} designs differ in a fresh sample by more than four standard errors"]


def _described(p: UncertainParameter) -> SampledParameter:

    low, middle, high = p.distribution.quantile(np.array([0.1, 0.5, 0.9])).tolist()
    kind = p.distribution.whole if isinstance(p.distribution, Truncated) else p.distribution
    return SampledParameter(p.name, p.unit, type(kind).__name__.lower(), p.origin, p.nominal, low, middle, high)


def _doubts(p: UncertainParameter) -> list[str]:
    notes = []
    if isinstance(p.distribution, Truncated) and p.distribution.lost > SLIGHT:
        low, high = (format_value(x, p.unit) for x in (p.distribution.low, p.distribution.high))
        notes.append(f"{p.name}: {p.distribution.lost:.2g} of its distribution is cut off beyond {low} to {high}")
    if not 0.01 <= p.distribution.below(p.nominal) <= 0.99:
        notes.append(
            f"{p.name}: the nominal value {format_value(p.nominal, p.unit)} is beyond 1 to 99 % of its distribution"
        )
    return notes


def _span(shares: Array) -> str:
    low, high = format_value(float(shares.min()), "%", 3), format_value(float(shares.max()), "%", 3)
    return low if low == high else f"{low} to {high}"
