"""Find which uncertain parameters change a quantity at one design, and by how much."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from sunfront import engines
from sunfront.arrays import Array
from sunfront.display import format_value
from sunfront.engines.checkpoint import reading
from sunfront.engines.context import Context
from sunfront.engines.nominal import nominal_single_objective
from sunfront.engines.processes import side_by_side, worker_pool
from sunfront.engines.sensitivity import methods
from sunfront.engines.settings import SensitivitySettings
from sunfront.errors import UserError
from sunfront.problem.answer import Answer, Status
from sunfront.problem.findings import MissedLimit, MorrisEffect, Sensitivity, SobolIndex, TornadoBar
from sunfront.problem.infeasibility import violated
from sunfront.problem.limits import missed_limits
from sunfront.problem.problem import CHUNK, Problem, as_columns
from sunfront.problem.uncertainty import UncertainParameter
from sunfront.problem.verification import verified

#: How a design of a finished run is studied.
NAME_A_RUN = "name a run (--run, or run under engine)"

#: Samples that a worker evaluates at a time; a multiple of those that the model evaluates at a time.
SAMPLES = 8 * CHUNK

#: Largest number of parameters without effect that a note names; above it the note counts them.
MOST_NAMED = 8

#: A parameter decides if the quantity moves by this share of itself between its percentiles.
DECISIVE = 0.03


def run(problem: Problem, settings: SensitivitySettings, context: Context) -> Answer:
    """Compute the sensitivity of one quantity at the base design, or at a design of a finished run.

    Raises:
        UserError: No uncertain parameter affects the quantity, or the quantity is infinite in a sample; the design
            violates a constraint; or the method needs independent parameters and these are correlated.
    """
    quantity = _quantity(problem, settings)
    uncertainty = problem.uncertainty
    supplied = {*problem.values, *(v.name for v in problem.variables)}
    used = problem.model.inputs_of([quantity], supplied)
    parameters = [p for p in uncertainty.parameters if p.name in used] if uncertainty else []
    if uncertainty is None or not parameters:
        raise UserError(f"no uncertain parameter affects {quantity}", ("engine",))
    if uncertainty.correlations and settings.method != "tornado":
        raise UserError(
            f"method {settings.method} needs independent parameters; remove the correlations, or use method: tornado",
            ("uncertainty", "correlations"),
        )
    design = _design(problem, settings, context)
    _check_design(problem, design)
    fixed = replace(problem, variables=(), values={**problem.values, **design})
    evaluated = 0

    def function(draws: Mapping[str, Array]) -> Array:
        nonlocal evaluated
        values = _values_in_parts(fixed, draws, quantity, context)
        evaluated += len(values)
        return values

    context.progress(0, 1, f"{settings.method} of {len(parameters)} parameters")
    status: Status = "best found"
    unused = [p.name for p in uncertainty.parameters if p.name not in used]
    names = ", ".join(unused) if len(unused) <= MOST_NAMED else f"{len(unused)} uncertain parameters"
    unused_notes = (f"no effect on {quantity}: {names}",) if unused else ()
    notes: tuple[str, ...] = ()
    missed = _missed_limits(fixed, problem, parameters)
    base = float(_values(fixed, {p.name: np.array([p.nominal]) for p in uncertainty.parameters}, quantity)[0])
    found = Sensitivity(settings.method, quantity, problem.unit(quantity), base, (), missed=missed)
    if settings.method == "tornado":
        found = replace(found, rows=methods.tornado(function, parameters))
        notes = _assumed_notes(found, parameters)
        if settings.reoptimize is not None:
            status, more, found = _reoptimize(problem, settings, context, design, found)
            notes = (*notes, *more)
    else:
        method = methods.morris if settings.method == "morris" else methods.sobol
        rows = method(function, parameters, settings.count, context.seed)
        found = replace(found, rows=rows, samples=settings.count)
        notes = _convergence_notes(rows, settings.count)
    return Answer(
        status=status,
        designs=as_columns(design),
        evaluated=evaluated,
        feasible=1,
        notes=(*notes, *_missed_notes(missed), *unused_notes),
        sensitivity=found,
    )


def _assumed_notes(found: Sensitivity, parameters: Sequence[UncertainParameter]) -> tuple[str, ...]:
    """A sentence on what no source gives although the quantity depends on it, the strongest first."""
    assumed = {p.name for p in parameters if p.is_assumed}
    bars = [row for row in found.rows if isinstance(row, TornadoBar) and row.parameter in assumed]
    names = [bar.parameter for bar in bars if abs(bar.at_high - bar.at_low) >= DECISIVE * abs(found.base)]
    if not names:
        return ()
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return (
        f"assumed, not sourced, and each moves {found.quantity} by {100 * DECISIVE:g} % or more: "
        f"{', '.join(names[:MOST_NAMED])}{more}",
    )


def _missed_limits(
    fixed: Problem, problem: Problem, parameters: Sequence[UncertainParameter]
) -> tuple[MissedLimit, ...]:
    """The constraints that the design misses at the 10th and 90th percentile of each parameter, the others nominal."""
    nominal = {p.name: p.nominal for p in problem.uncertainty.parameters} if problem.uncertainty else {}
    found = []
    for p in parameters:
        ends = p.distribution.quantile(np.array(methods.QUANTILES))
        found += [
            MissedLimit(
                parameter=p.name,
                end="high" if miss.row else "low",
                at=float(ends[miss.row]),
                constraint=str(miss.constraint),
                value=miss.value if np.isfinite(miss.value) else None,
                display_unit=miss.constraint.unit,
            )
            for miss in missed_limits(problem, {**fixed.values, **nominal, p.name: ends}, len(ends))
        ]
    return tuple(found)


def _missed_notes(missed: Sequence[MissedLimit]) -> tuple[str, ...]:
    """A sentence for each constraint that the design misses at an end of a parameter's range."""
    notes = []
    for constraint in dict.fromkeys(miss.constraint for miss in missed):
        ends = []
        for end, words in (("low", "10th"), ("high", "90th")):
            names = [miss.parameter for miss in missed if miss.constraint == constraint and miss.end == end]
            more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
            if names:
                ends.append(f"at the {words} percentile of {', '.join(names[:MOST_NAMED])}{more}")
        notes.append(f"the design misses {constraint} {' and '.join(ends)}")
    return tuple(notes)


def _quantity(problem: Problem, settings: SensitivitySettings) -> str:
    return settings.quantity or problem.objectives[0].quantity


def _values(problem: Problem, given: Mapping[str, Array], quantity: str) -> Array:
    """Compute the quantity, array (samples,); raise UserError if it is infinite, which has no variance."""
    return _finite(problem.evaluate(given, [quantity])[quantity], quantity)


def _values_in_parts(problem: Problem, given: Mapping[str, Array], quantity: str, context: Context) -> Array:
    """Compute the same, in parts that workers share."""
    count = len(next(iter(given.values())))
    problem = problem.for_many(count)
    if context.is_alone or count <= SAMPLES:
        return _values(problem, given, quantity)
    parts = [
        ({name: column[start : start + SAMPLES] for name, column in given.items()}, quantity)
        for start in range(0, count, SAMPLES)
    ]
    with worker_pool(min(context.workers, len(parts)), context.cluster, _set_problem, problem) as workers:
        return _finite(np.concatenate(side_by_side(workers, _evaluate_part, parts)), quantity)


#: The problem of a worker process.
_problem: list[Problem] = []


def _set_problem(problem: Problem) -> None:
    _problem[:] = [problem]


def _evaluate_part(given: Mapping[str, Array], quantity: str) -> Array:
    return _problem[0].evaluate(given, [quantity])[quantity]


def _finite(values: Array, quantity: str) -> Array:
    if count := int(np.isinf(values).sum()):
        raise UserError(
            f"{quantity} is infinite in {count:,} of {len(values):,} samples, so it has no variance; study another "
            "quantity, such as roi",
            ("engine",),
        )
    return values


def _design(problem: Problem, settings: SensitivitySettings, context: Context) -> dict[str, float]:
    """Return the design to study: one on the front of a finished run, or the base design."""
    if not settings.run:
        for v in problem.variables:
            if v.name not in problem.base:
                raise UserError(
                    f"the base design has none of the choices of {v.name} ({', '.join(v.labels)}); choose one with "
                    f"--set {v.name}={v.labels[0]} or in the study's design, or {NAME_A_RUN}",
                    ("engine",),
                )
        return {v.name: problem.base[v.name] for v in problem.variables}
    former = context.former[settings.run]
    if missing := [v.name for v in problem.variables if v.name not in former.columns]:
        raise UserError(f"{settings.run} has no {missing[0]}; its study has other variables", ("engine", "run"))
    try:
        row = former.row(settings.row)
    except UserError as error:
        raise UserError(f"{settings.run}: {error.message}", ("engine", "row")) from None
    return {v.name: float(former.column(v)[row]) for v in problem.variables}


def _check_design(problem: Problem, design: Mapping[str, float]) -> None:
    """Raise UserError if the design is outside the study's ranges or violates a constraint."""
    for v in problem.variables:
        value = np.array([design[v.name]])
        is_inside = v.low <= design[v.name] <= v.high
        if not is_inside or v.outside_domain(value).any():
            near = float(v.snap(np.clip(value, v.low, v.high))[0])
            reason = "which is not one of the study's values" if is_inside else "outside the study's range"
            raise UserError(
                f"the design has {v.name} = {format_value(design[v.name], v.unit)}, {reason}; set a value with "
                f"--set '{v.name}={format_value(near, v.unit)}', or {NAME_A_RUN}",
                ("engine",),
            )
    for violation in violated(problem, design):
        raise UserError(
            f"the design violates {violation.constraint}: it has "
            f"{format_value(violation.value, violation.constraint.unit)}; "
            f"{NAME_A_RUN} with a feasible design, or write another design under design",
            ("engine",),
        )


def _reoptimize(
    problem: Problem,
    settings: SensitivitySettings,
    context: Context,
    design: Mapping[str, float],
    found: Sensitivity,
) -> tuple[Status, tuple[str, ...], Sensitivity]:
    """Add to each bar the quantity of the design that another engine finds best at either end.

    The most important parameters come first, so that a time limit costs the least. Each value is an entry of the
    checkpoint; an interrupted run continues behind the last.
    """
    assert settings.reoptimize is not None
    end = time.monotonic() + settings.time_limit
    with reading(context.checkpoint.path):
        known = {str(entry["end"]): float(entry["best"]) for entry in context.checkpoint.entries()}

    def best(end: str, changed: Mapping[str, float]) -> float | None:
        if end not in known:
            found = _best(problem, settings, context, design, changed)
            known[end] = float("nan") if found is None else found
            context.checkpoint.append(end=end, best=known[end])
        return None if np.isnan(known[end]) else known[end]

    bars = [bar for bar in found.rows if isinstance(bar, TornadoBar)]
    ends = [(i, key) for i in range(len(bars)) for key in ("low", "high")]
    status: Status = "best found"
    notes: tuple[str, ...] = ()
    try:
        found = replace(found, reoptimized_base=best("base", {}))
        for done, (i, key) in enumerate(ends):
            name, value = bars[i].parameter, getattr(bars[i], key)
            place = f"{name} {key}"
            if time.monotonic() > end and place not in known:
                status = "stopped"
                notes = (f"stopped by engine.time_limit: {done // 2} of {len(bars)} parameters are reoptimized",)
                break
            text = format_value(value, bars[i].display_unit)
            context.progress(done, len(ends), f"best design with {name} at {text}")
            reached = best(place, {name: value})
            bars[i] = (
                replace(bars[i], reoptimized_at_low=reached)
                if key == "low"
                else replace(bars[i], reoptimized_at_high=reached)
            )
        else:
            if any(getattr(bars[i], f"reoptimized_at_{key}") is None for i, key in ends):
                notes = ("a reoptimized value is missing where no design meets every constraint",)
    except KeyboardInterrupt:
        status, notes = "stopped", ("interrupted: the remaining parameters are not reoptimized",)
    return status, notes, replace(found, rows=tuple(bars))


def _best(
    problem: Problem,
    settings: SensitivitySettings,
    context: Context,
    design: Mapping[str, float],
    changed: Mapping[str, float],
) -> float | None:
    """Optimize the first objective with some parameters changed; return the quantity of the best design.

    The studied design is a candidate too, so that a reoptimized value is never worse than the value without
    reoptimizing. None if no design is feasible.
    """
    assert settings.reoptimize is not None
    reduced = nominal_single_objective(problem)
    reduced = replace(reduced, values={**reduced.values, **changed})
    again = Context(context.seed, context.workers, former=context.former, cluster=context.cluster)
    answer = engines.run(reduced, settings.reoptimize, again)
    if answer.status == "stopped" and not settings.reoptimize.exact:  # an exact one may have run out of time
        raise KeyboardInterrupt
    columns = verified(reduced, answer)
    if not violated(reduced, design):
        start = as_columns(design)
        start |= reduced.evaluate(start)
        columns = {name: np.append(columns[name], column) for name, column in start.items()}
    scores = reduced.scores(columns)[:, 0]
    if not len(scores):
        return None
    best = {v.name: columns[v.name][[scores.argmax()]] for v in reduced.variables}
    return float(_values(reduced, best, _quantity(problem, settings))[0])


def _convergence_notes(rows: Sequence[MorrisEffect | SobolIndex], samples: int) -> tuple[str, ...]:
    unsettled = [row.parameter for row in rows if not row.settled]
    if not unsettled:
        return ()
    return (
        f"not converged with {samples:,} samples: {', '.join(unsettled)}; their confidence intervals are wider than "
        "the index or than a tenth of the variance, or reach outside 0 to 1: raise engine.samples",
    )
