"""Which uncertain numbers move a quantity at one design, and by how much."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from sunfront import engines
from sunfront.arrays import Array
from sunfront.engines.context import Context
from sunfront.engines.nominal import single
from sunfront.engines.sensitivity import methods
from sunfront.engines.settings import SensitivitySettings
from sunfront.errors import UserError
from sunfront.problem.answer import Answer, Status
from sunfront.problem.infeasibility import missed_by
from sunfront.problem.problem import Problem, as_columns
from sunfront.problem.verification import verified
from sunfront.runs.results import Results
from sunfront.units import show

#: Parameters without effect are named up to this many; by default every parameter with a distribution is studied.
NAMED = 8


def run(problem: Problem, settings: SensitivitySettings, context: Context) -> Answer:
    """Study the sensitivity of one quantity at the base design, or at one of a finished run.

    Raises:
        UserError: Nothing uncertain moves the quantity, or it is infinite somewhere; the design violates a constraint,
            or indices of independent parameters are asked for where these are correlated.
    """
    quantity = _quantity(problem, settings)
    known = problem.uncertainty
    supplied = {*problem.values, *(v.name for v in problem.variables)}
    used = {name for eq in problem.model.order(supplied, [quantity]) for name in eq.inputs}
    parameters = [p for p in known.parameters if p.name in used] if known else []
    if known is None or not parameters:
        raise UserError(f"nothing uncertain moves {quantity}", ("engine",))
    if known.correlations and settings.method != "tornado":
        raise UserError(
            f"{settings.method} is of independent parameters; drop the correlations, or use method: tornado",
            ("uncertainty", "correlations"),
        )
    design = _design(problem, settings)
    _check(problem, design)
    fixed = replace(problem, variables=(), values={**problem.values, **design})
    evaluated = 0

    def function(draws: Mapping[str, Array]) -> Array:
        nonlocal evaluated
        values = _values(fixed, draws, quantity)
        evaluated += len(values)
        return values

    context.progress(0, 1, f"{settings.method} of {len(parameters)} parameters")
    status: Status = "best found"
    idle = [p.name for p in known.parameters if p.name not in used]
    named = ", ".join(idle) if len(idle) <= NAMED else f"{len(idle)} uncertain parameters"
    aside = (f"without any effect on {quantity}: {named}",) if idle else ()
    notes: tuple[str, ...] = ()
    record: dict[str, Any] = {
        "method": settings.method,
        "quantity": quantity,
        "display_unit": problem.unit(quantity),
        "base": float(_values(fixed, {p.name: np.array([p.nominal]) for p in known.parameters}, quantity)[0]),
    }
    if settings.method == "tornado":
        record["rows"] = methods.tornado(function, parameters)
        if settings.reoptimize is not None:
            status, notes = _reoptimize(problem, settings, context, design, record)
    else:
        method = methods.morris if settings.method == "morris" else methods.sobol
        record["samples"] = settings.count
        record["rows"] = method(function, parameters, settings.count, context.seed)
        notes = _unsettled(record["rows"], settings.count)
    return Answer(
        status=status,
        designs=as_columns(design),
        evaluated=evaluated,
        feasible=1,
        notes=(*notes, *aside),
        record={"sensitivity": record},
    )


def _quantity(problem: Problem, settings: SensitivitySettings) -> str:
    return settings.quantity or problem.objectives[0].quantity


def _values(problem: Problem, given: Mapping[str, Array], quantity: str) -> Array:
    """The quantity, array (samples,); infinite values have neither differences nor a variance."""
    values = problem.evaluate(given, [quantity])[quantity]
    if count := int(np.isinf(values).sum()):
        raise UserError(
            f"{quantity} is infinite in {count:,} of {len(values):,} samples, and so has no spread; study another "
            "quantity, as roi",
            ("engine",),
        )
    return values


def _design(problem: Problem, settings: SensitivitySettings) -> dict[str, float]:
    """The design studied: of a finished run's front, or the base design."""
    if not settings.run:
        for v in problem.variables:
            if v.name not in problem.base:
                raise UserError(
                    f"the base design has none of the choices of {v.name} ({', '.join(v.labels)}); fix one, as "
                    f"--set {v.name}={v.labels[0]}, or name a run as engine.run",
                    ("engine",),
                )
        return {v.name: problem.base[v.name] for v in problem.variables}
    former = Results.load(Path(settings.run))
    front = former.front
    if missing := [v.name for v in problem.variables if v.name not in front]:
        raise UserError(f"{settings.run} has no {missing[0]}; its study has other variables", ("engine", "run"))
    if settings.row >= len(front):
        raise UserError(f"the front of {settings.run} has rows 0 to {len(front) - 1}", ("engine", "row"))
    row = former.front_rows[settings.row]
    return {v.name: float(former.column(v)[row]) for v in problem.variables}


def _check(problem: Problem, design: Mapping[str, float]) -> None:
    """Raise UserError if the design violates what the study asks for."""
    for v in problem.variables:
        if not v.low <= design[v.name] <= v.high:
            raise UserError(
                f"the design has {v.name} = {show(design[v.name], v.unit)}, outside the study's range", ("engine",)
            )
        value = np.array([design[v.name]])
        if v.off(value).any():
            near = float(v.nearest(value)[0])
            raise UserError(
                f"the design has {v.name} = {show(design[v.name], v.unit)}, which is none of the study's values; fix "
                f"one, as --set '{v.name}={show(near, v.unit)}', or name a run as engine.run",
                ("engine",),
            )
    for missed in missed_by(problem, design):
        raise UserError(
            f"the design violates {missed.constraint}: it has {show(missed.value, missed.constraint.unit)}; name a run "
            "with a feasible design as engine.run, or set its values under parameters",
            ("engine",),
        )


def _reoptimize(
    problem: Problem,
    settings: SensitivitySettings,
    context: Context,
    design: Mapping[str, float],
    record: dict[str, Any],
) -> tuple[Status, tuple[str, ...]]:
    """Add to each row the quantity of the design that is best at either end, found by another engine.

    The parameters that matter most come first, so that a limit of time costs the least.
    """
    assert settings.reoptimize is not None
    rows, end = record["rows"], time.monotonic() + settings.time_limit
    ends = [(row, key) for row in rows for key in ("low", "high")]
    try:
        record["reoptimized_base"] = _best(problem, settings, context, design, {})
        for done, (row, key) in enumerate(ends):
            if time.monotonic() > end:
                return "stopped", (
                    f"stopped by engine.time_limit: {done // 2} of {len(rows)} parameters are reoptimized",
                )
            context.progress(
                done, len(ends), f"best design with {row['parameter']} at {show(row[key], row['display_unit'])}"
            )
            row[f"reoptimized_at_{key}"] = _best(problem, settings, context, design, {row["parameter"]: row[key]})
    except KeyboardInterrupt:
        return "stopped", ("interrupted: what is not reoptimized is left out",)
    if any(row[f"reoptimized_at_{key}"] is None for row, key in ends):
        return "best found", ("where a reoptimized value is missing, no design was found that meets every constraint",)
    return "best found", ()


def _best(
    problem: Problem,
    settings: SensitivitySettings,
    context: Context,
    design: Mapping[str, float],
    changed: Mapping[str, float],
) -> float | None:
    """The quantity at the design that is best in the first objective, other values of parameters given.

    The design studied is among those compared, so that one that adapts is never worse than one that does not.
    """
    assert settings.reoptimize is not None
    posed = single(problem)
    posed = replace(posed, values={**posed.values, **changed})
    answer = engines.run(posed, settings.reoptimize, Context(context.seed, context.workers))
    if answer.status == "stopped" and not settings.reoptimize.exact:  # a proof may have met its own limit of time
        raise KeyboardInterrupt
    columns = verified(posed, answer)
    if not missed_by(posed, design):
        start = as_columns(design)
        start |= posed.evaluate(start)
        columns = {name: np.append(columns[name], column) for name, column in start.items()}
    scores = posed.scores(columns)[:, 0]
    if not len(scores):
        return None
    best = {v.name: columns[v.name][[scores.argmax()]] for v in posed.variables}
    return float(_values(posed, best, _quantity(problem, settings))[0])


def _unsettled(rows: list[dict[str, Any]], samples: int) -> tuple[str, ...]:
    loose = [row["parameter"] for row in rows if not row["settled"]]
    if not loose:
        return ()
    return (
        f"not converged with {samples:,} samples: {', '.join(loose)}; their intervals are wider than what they "
        "measure or than a tenth of the variance, or lie outside what is possible: raise engine.samples",
    )
