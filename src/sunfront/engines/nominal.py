"""A problem with statistics, answered by an engine that proves: solved at nominal values, and evaluated anew.

A program that takes every sample at once would be as many times larger; what is proved here is proved of the nominal
problem alone, and the answer says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from sunfront.errors import UserError
from sunfront.problem.answer import Answer, Status
from sunfront.problem.certificate import measure
from sunfront.problem.criteria import Constraint
from sunfront.problem.problem import Problem
from sunfront.problem.statistics import Deviation, Probability
from sunfront.problem.verification import confirm, verified


def run(problem: Problem, engine: Callable[[Problem], Answer]) -> Answer:
    """Solve the nominal problem, and keep of its designs those that meet the statistical constraints.

    Raises:
        UserError: A statistic has no counterpart at nominal values; with its path.
        Unverified: The nominal answer is not confirmed by the numpy model.
    """
    plain = nominal(problem)
    found = engine(plain)
    dropped = ", ".join(problem.statistics)
    if not len(next(iter(found.designs.values()), ())):
        said = tuple(f"at nominal values: {note}" for note in found.notes)
        return replace(found, notes=(*said, f"{dropped}: not evaluated, for want of a design"), certificate=None)
    columns = verified(plain, found)
    proof = ""
    if found.certificate is not None:
        gap = measure(plain.scores(columns), found.certificate, confirm(plain, columns, found.certificate))
        proof = f": {found.status} over {found.certificate.scope} to a gap of {gap.relative:.2g}"
    met = np.ones(len(columns[plain.objectives[0].name]), dtype=bool)
    sampled = problem.evaluate(found.designs, problem.statistics)
    notes = [
        f"solved at nominal values, without the statistics {dropped}{proof}; its designs were then evaluated over the "
        "samples, and nothing is proved of the statistics: sweep and optuna search by them"
    ]
    for c in problem.constraints:
        if c.statistic is not None:
            holds = c.sign * (sampled[c.name] - c.limit) >= -c.rounding
            if not holds.all():
                notes.append(f"{c} holds for {int(holds.sum())} of the {len(holds)} designs of the nominal answer")
            met &= holds
    status: Status = found.status if found.status == "stopped" else "best found"
    if not met.any():
        status = "none found"
        notes.append("no design is left; this is no proof that there is none: search with sweep or optuna")
    return Answer(
        status=status,
        designs={name: column[met] for name, column in found.designs.items()},
        evaluated=len(met),
        feasible=int(met.sum()),
        notes=(*found.notes, *notes),
    )


def nominal(problem: Problem) -> Problem:
    """The problem with every statistic replaced by its quantity at nominal values.

    Raises:
        UserError: A statistic has no counterpart: a deviation, or a probability to be optimized; with its path.
    """
    for o in problem.objectives:
        if isinstance(o.statistic, Deviation | Probability):
            raise _no_counterpart(o.name, "objectives")
    constraints = []
    for c in problem.constraints:
        if isinstance(c.statistic, Deviation):
            raise _no_counterpart(c.name, "constraints")
        constraints.append(_without_statistic(c))
    return replace(
        problem,
        objectives=tuple(replace(o, statistic=None) for o in problem.objectives),
        constraints=tuple(dict.fromkeys(constraints)),
        uncertainty=None,
    )


def single(problem: Problem) -> Problem:
    """The nominal problem with the first objective alone.

    Raises:
        UserError: As ``nominal``.
    """
    return nominal(replace(problem, objectives=problem.objectives[:1]))


def _without_statistic(c: Constraint) -> Constraint:
    if not isinstance(c.statistic, Probability):
        return replace(c, statistic=None)
    # That something is likely becomes that it holds; that it is unlikely, that it does not.
    above = c.statistic.sense.startswith(">") == (c.sense == ">=")
    return Constraint(c.quantity, ">=" if above else "<=", c.statistic.limit, c.statistic.unit)


def _no_counterpart(name: str, key: str) -> UserError:
    return UserError(
        f"the engine solves at nominal values, where there is no {name}; use `engine: {{name: sweep}}` or optuna",
        (key,),
    )
