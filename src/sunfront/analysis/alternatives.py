"""Designs nearly as good as the best one: how far each variable may move, and those designs that differ most."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sunfront.analysis.second_proof import build_solver, check_origin, discretize_options
from sunfront.arrays import Array
from sunfront.engines.exact.roots import has_root_objective
from sunfront.engines.settings import PyomoSettings
from sunfront.errors import Unverified, UserError
from sunfront.problem.answer import Answer
from sunfront.problem.criteria import Objective
from sunfront.problem.problem import Problem, as_columns
from sunfront.problem.verification import verified
from sunfront.runs.results import Results
from sunfront.runs.run import open_run

#: Called with (done, total, text).
Progress = Callable[[float, float, str], None]

#: Relative gap of a solve: how much farther a variable might move than is told.
GAP = 1e-4


@dataclass(frozen=True)
class Alternatives:
    """Designs within a share of the best value of the objective.

    Attributes:
        ranges: For each variable without labels its least and largest value among all such designs; SI.
        columns: Variables and quantities of the designs, the best first, then the one that differs most from those
            before it; each an array (designs,), SI and USD.
        limit: The worst value of the objective that counts; SI.
    """

    ranges: dict[str, tuple[float, float]]
    columns: dict[str, Array]
    limit: float


def find_alternatives(
    results: Results, within: float, count: int, time_limit: float, progress: Progress
) -> Alternatives:
    """Move each variable as far as it goes while the objective stays near its best, and choose among what is found.

    Args:
        results: A proved run of one objective.
        within: Share of the best value that may be given up.
        count: Most designs.
        time_limit: Seconds for each solve.

    Raises:
        UserError: The run proves no optimum of one objective, or study, equations or parameters have changed.
        TimeoutError: A solve did not end in time.
    """
    record, settings = results.record, results.record.engine
    if not isinstance(settings, PyomoSettings) or record.status != "proved" or len(record.objectives) > 1:
        raise UserError("alternatives need a proved optimum; run a study of one objective with `engine: {name: pyomo}`")
    run = open_run(results)
    check_origin(run)
    problem = run.study.problem
    if has_root_objective(problem) or problem.statistics:
        raise UserError("alternatives of an objective that is a root, or a statistic, are not known yet")
    if settings.is_over_catalogue:
        problem = discretize_options(problem, settings.shells)
    (objective,) = problem.objectives
    first = results.front.iloc[0]
    best = {v.name: float(first[v.name]) for v in problem.variables}
    top = float(first[objective.name]) * objective.sign
    floor = top - within * abs(top)
    tasks = list(_tasks(problem))
    found = [best]
    for done, (name, goal, changed) in enumerate(tasks):
        progress(done, len(tasks), f"how far {name} can move")
        wider = replace(changed, objectives=(objective, *goal))
        solver = build_solver(wider, settings.solver, settings.shells, GAP)
        deadline = time.monotonic() + time_limit
        solution = solver.maximize(len(goal), {0: floor} if goal else {}, deadline)
        if solution is not None and solution.is_cut:
            raise TimeoutError if time.monotonic() >= deadline else KeyboardInterrupt
        if solution is not None and solution.scores[0] >= floor - GAP * within * abs(top):
            found.append(dict(solution.design))
    columns = _confirmed(problem, found, floor - GAP * within * abs(top))
    ranges = {
        v.name: (float(columns[v.name].min()), float(columns[v.name].max()))
        for v in problem.variables
        if not v.labels and v.high > v.low
    }
    chosen = _farthest(problem, columns, count)
    return Alternatives(ranges, {name: column[chosen] for name, column in columns.items()}, objective.sign * floor)


def _tasks(problem: Problem) -> Iterator[tuple[str, tuple[Objective, ...], Problem]]:
    """What is solved: either end of each variable with the objective at its floor, or the best design of each label."""
    for v in problem.variables:
        if v.labels:
            for index in v.choices:
                fixed = tuple(replace(w, choices=(index,)) if w is v else w for w in problem.variables)
                yield v.name, (), replace(problem, variables=fixed)
        elif v.high > v.low:
            yield v.name, (Objective("minimize", v.name),), problem
            yield v.name, (Objective("maximize", v.name),), problem


def _confirmed(problem: Problem, designs: Sequence[dict[str, float]], floor: float) -> dict[str, Array]:
    """Compute the designs with numpy; leave out those that miss a constraint or the floor."""
    (objective,) = problem.objectives
    rows = []
    for design in designs:
        try:
            columns = verified(problem, Answer("best found", as_columns(design)))
        except Unverified:
            continue
        if objective.sign * columns[objective.name][0] >= floor:
            rows.append(columns)
    return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}


def _farthest(problem: Problem, columns: dict[str, Array], count: int) -> list[int]:
    """Choose the first design, then again and again the one that is farthest from those chosen; equal ones once."""
    chosen, distance = [0], _distances(problem, columns, 0)
    while len(chosen) < count and distance.max() > GAP:
        chosen.append(int(distance.argmax()))
        distance = np.minimum(distance, _distances(problem, columns, chosen[-1]))
    return chosen


def _distances(problem: Problem, columns: dict[str, Array], row: int) -> Array:
    """Distance of each design to one: a share of the range of each variable over the designs; 1 for another label."""
    total = np.zeros(len(columns[problem.variables[0].name]))
    for v in problem.variables:
        column = columns[v.name]
        away = np.abs(column - column[row])
        total += away > 0 if v.labels else away / (float(np.ptp(column)) or 1.0)
    return total
