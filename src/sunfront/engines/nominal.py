"""Answer a problem with statistics by an exact engine: solve it at nominal values, evaluate the designs over samples.

This is for statistics that ``engines.exact.sampled`` does not take, such as percentiles. The proof covers the nominal
problem only, and the answer says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from sunfront.errors import UserError
from sunfront.problem.answer import Answer, Status
from sunfront.problem.certificate import measure_gap
from sunfront.problem.criteria import Constraint, sense_sign
from sunfront.problem.problem import Problem
from sunfront.problem.statistics import Deviation, Probability
from sunfront.problem.verification import confirm, verified


def run(problem: Problem, engine: Callable[[Problem], Answer], why: str) -> Answer:
    """Solve the nominal problem and return those of its designs that meet the statistical constraints.

    Args:
        why: Why the engine does not take the statistics.

    Raises:
        UserError: A statistic has no counterpart at nominal values; its path names the key of the study.
        Unverified: The numpy model does not confirm the nominal answer.
    """
    try:
        nominal = nominal_problem(problem)
    except UserError as error:
        raise UserError(f"{error.message}. Not in the program: {why}", error.path) from None
    found = engine(nominal)
    omitted = ", ".join(problem.statistics)
    if not len(next(iter(found.designs.values()), ())):
        notes = [f"at nominal values: {note}" for note in found.notes]
        notes += [f"{omitted}: not evaluated, because there is no design", f"not in the program: {why}"]
        if limits := [str(c) for c in problem.constraints if c.statistic is not None]:
            limited = " and ".join(limits)
            notes.append(f"this is no proof that no design meets {limited}; search with sweep or optuna")
            found = replace(found, status="none found", infeasibility=None)
        return replace(found, notes=tuple(notes), certificate=None)
    columns = verified(nominal, found)
    proof = ""
    if found.certificate is not None:
        noise = confirm(nominal, columns, found.certificate)
        gap = measure_gap(nominal.scores(columns), found.certificate, noise, nominal.preference)
        proof = f": {found.status} over {found.certificate.scope} to a gap of {gap.relative:.2g}"
    feasible = np.ones(len(columns[nominal.objectives[0].name]), dtype=bool)
    sampled = problem.evaluate(found.designs, problem.statistics)
    notes = [
        f"solved at nominal values, without the statistics {omitted}{proof}; the designs found were then evaluated "
        "over the samples, which proves nothing about the statistics; use sweep or optuna to optimize them",
        f"not in the program: {why}",
    ]
    for c in problem.constraints:
        if c.statistic is not None:
            is_met = c.is_met(sampled[c.name])
            if not is_met.all():
                notes.append(f"{c} holds for {int(is_met.sum())} of the {len(is_met)} designs of the nominal answer")
            feasible &= is_met
    status: Status = found.status if found.status == "stopped" else "best found"
    if not feasible.any():
        status = "none found"
        notes.append("no design is left; this is no proof that there is none; search with sweep or optuna")
    return Answer(
        status=status,
        designs={name: column[feasible] for name, column in found.designs.items()},
        evaluated=len(feasible),
        feasible=int(feasible.sum()),
        notes=(*notes, *found.notes),
    )


def nominal_problem(problem: Problem) -> Problem:
    """Return the problem with every statistic replaced by its quantity at nominal values.

    Raises:
        UserError: A statistic has no counterpart: a standard deviation, or a probability as an objective. Its path
            names the key of the study.
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


def nominal_single_objective(problem: Problem) -> Problem:
    """Return the nominal problem with the first objective only.

    Raises:
        UserError: As ``nominal_problem``.
    """
    return nominal_problem(replace(problem, objectives=problem.objectives[:1], preference=None))


def _without_statistic(c: Constraint) -> Constraint:
    if not isinstance(c.statistic, Probability):
        return replace(c, statistic=None)
    # A lower limit on a probability becomes its condition; an upper limit becomes the opposite condition.
    above = c.sign * sense_sign(c.statistic.sense) > 0
    return Constraint(c.quantity, ">=" if above else "<=", c.statistic.limit, c.statistic.unit)


def _no_counterpart(name: str, key: str) -> UserError:
    return UserError(
        f"the engine solves at nominal values, where {name} does not exist; use `engine: {{name: sweep}}` or optuna",
        (key,),
    )
