"""What a finished run gives to a proof: its designs, and its bounds where they hold for the problem at hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sunfront.engines.context import Context
from sunfront.engines.exact.frontier import Frontier
from sunfront.engines.exact.solver_protocol import Solution
from sunfront.engines.settings import PyomoSettings
from sunfront.errors import UserError
from sunfront.problem.problem import Problem
from sunfront.problem.table import DesignTable


def bounds_hold(
    before: Problem, old: PyomoSettings, now: Problem, new: PyomoSettings, over_all_values: bool = False
) -> bool:
    """Whether every design of a problem is one of a former problem, with the same scores: then its bounds hold.

    Args:
        before, old: The former problem, and the settings of the engine that proved it.
        over_all_values: Whether its bounds were carried on from a catalogue to all values.
    """

    def meaning(problem: Problem) -> tuple[object, ...]:
        values = sorted((name, repr(value)) for name, value in problem.values.items())
        equations = sorted((eq.name, eq.text) for eq in problem.model)
        return problem.objectives, problem.variables, problem.conditions, values, equations

    if before.statistics or now.statistics or meaning(before) != meaning(now):
        return False
    if not set(before.constraints) <= set(now.constraints):
        return False
    same_shells = old.shells == new.shells or not now.continuous_options
    return over_all_values or not old.is_over_catalogue or (new.is_over_catalogue and same_shells)


def former_frontier(problem: Problem, settings: PyomoSettings, context: Context, scope: str) -> Frontier | None:
    """The designs of the former run that are feasible here, and its bounds if they hold; None without either.

    Raises:
        UserError: The run has no design with these variables.
    """
    if settings.warm_start is None:
        return None
    points = _points(problem, settings, context.former[settings.warm_start])
    if context.bounds is None:
        return Frontier(points, [], (), scope) if points else None
    return Frontier(points, list(context.bounds.facts), context.bounds.ceilings, scope)


def _points(problem: Problem, settings: PyomoSettings, former: DesignTable) -> list[Solution]:
    missing = [v.name for v in problem.variables if v.name not in former.variables]
    if missing or set(former.variables) != {v.name for v in problem.variables}:
        raise UserError(
            f"warm_start: {settings.warm_start} has other variables than this study", ("engine", "warm_start")
        )
    columns = {v.name: former.column(v)[former.front] for v in problem.variables}
    fits = np.ones(len(former.front), dtype=bool)
    for v in problem.variables:
        fits &= ~v.outside_domain(columns[v.name])
        if settings.is_over_catalogue and v in problem.continuous_options:
            fits &= np.isin(columns[v.name], v.spread(settings.shells))
    columns = {name: column[fits] for name, column in columns.items()}
    if not fits.any():
        return []
    found = problem.evaluate(columns)
    scores = problem.scores(found)
    return [
        Solution({name: float(column[i]) for name, column in columns.items()}, tuple(scores[i].tolist()), np.inf)
        for i in np.flatnonzero(problem.feasible(found))
    ]


def better(solution: Solution | None, known: Frontier | None) -> Solution | None:
    """The better of a solution of one objective and the known designs, with the smaller of their bounds."""
    if known is None or solution is None:
        return solution
    best = max([solution, *known.points], key=lambda point: point.scores[0])
    bound = min([solution.bound, *(fact.bound for fact in known.facts)])
    return replace(best, bound=max(bound, best.scores[0]), is_cut=solution.is_cut)
