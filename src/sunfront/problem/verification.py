"""No answer is shown before the numpy model has confirmed it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sunfront.arrays import Array
from sunfront.display import format_value
from sunfront.errors import Unverified
from sunfront.problem.answer import Answer
from sunfront.problem.certificate import Certificate
from sunfront.problem.problem import Problem
from sunfront.problem.variables import TOLERANCE


def verified(problem: Problem, answer: Answer) -> dict[str, Array]:
    """The shown quantities of an answer's designs, by the numpy model.

    Returns:
        Variables and shown quantities, arrays (designs,).

    Raises:
        Unverified: A claimed objective differs by more than 1e-6, relative, or a constraint is violated.
        NotFinite: A quantity is NaN or infinite.
    """

    if answer.status in ("infeasible", "none found"):
        return {name: np.empty(0) for name in (*(v.name for v in problem.variables), *problem.table_columns)}
    quantities = problem.evaluate(answer.designs, problem.table_columns)
    # What numpy itself has searched claims nothing and misses nothing: it needs no forgiveness.
    exact = not answer.claims and bool(problem.feasible(quantities).all())
    moved = dict.fromkeys(problem.criterion_names, 0.0) if exact else _moved(problem, answer.designs, quantities)
    for name, claim in answer.claims.items():
        found = quantities[name]
        off = ~np.isfinite(found) | (np.abs(claim - found) > np.maximum(TOLERANCE * np.abs(found), moved[name]))
        if off.any():
            i = int(np.argmax(off))
            u = problem.unit(name)
            raise Unverified(
                f"{name}: the engine says {format_value(float(claim[i]), u, 9)}, "
                f"the numpy model {format_value(float(found[i]), u, 9)}"
            )
    for c in problem.constraints:
        missed = c.sign * (c.limit - quantities[c.name]) - np.maximum(c.rounding, moved[c.name])
        if not (missed <= 0).all():  # so written, NaN is a miss
            value = format_value(float(quantities[c.name][np.argmax(~(missed <= 0))]), c.unit, 9)
            raise Unverified(f"constraint {c}: the engine's design has {value}")
    for v in problem.variables:
        if v.outside_domain(answer.designs[v.name]).any():
            raise Unverified(f"variable {v.name}: the engine's design is off its bounds or its grid")
    return {v.name: np.asarray(answer.designs[v.name], float) for v in problem.variables} | quantities


def confirm(problem: Problem, columns: Mapping[str, Array], certificate: Certificate) -> float:
    """Raise Unverified if a verified design lies beyond what is proved: then the proof is wrong.

    Returns:
        How far the first objective is uncertain, as a solver's answer is.
    """

    moved = _moved(problem, {v.name: columns[v.name] for v in problem.variables}, columns)
    # What no variable moves is uncertain by rounding still.
    noise = np.array(
        [max(float(moved[o.name].max()), TOLERANCE * float(np.abs(columns[o.name]).max())) for o in problem.objectives]
    )
    scores = problem.scores(columns)
    for floors, bound in certificate.facts:
        above = (scores[:, 1:] >= np.array(floors) + noise[1:]).all(axis=1)
        if scores[above, 0].max(initial=-np.inf) > bound + noise[0]:
            raise Unverified("a verified design lies beyond what was proved")
    if (scores[:, 1:].max(axis=0, initial=-np.inf) > np.array(certificate.ceilings) + noise[1:]).any():
        raise Unverified("a verified design lies beyond what was proved")
    return float(noise[0])


def _moved(problem: Problem, designs: Mapping[str, Array], quantities: Mapping[str, Array]) -> dict[str, Array]:
    """How far each deciding quantity moves when every variable, categories apart, moves by TOLERANCE of its value.

    That much a solver is forgiven: its answer is exact for a design that close. Unlike a share of the sampled
    spread, it does not grow with the ranges of the study.
    """

    total = {name: np.zeros(len(quantities[name])) for name in problem.criterion_names}
    categories = {v.name for v in problem.variables if v.labels}
    for name, column in designs.items():
        if name in categories:
            continue
        changed = problem.evaluate({**designs, name: np.asarray(column, float) * (1 + TOLERANCE)})
        for quantity in total:
            with np.errstate(invalid="ignore"):
                step = np.abs(changed[quantity] - quantities[quantity])
            total[quantity] += np.where(np.isfinite(step), step, 0.0)
    return total
