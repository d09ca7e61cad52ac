"""Prove the optimum of one objective, or the frontier of two, over a catalogue of options, with Pyomo and HiGHS."""

from __future__ import annotations

import time

import numpy as np

from sunfront.answer import Answer
from sunfront.certificate import Certificate, Gap
from sunfront.engines.catalogue import read
from sunfront.engines.common import Context
from sunfront.engines.frontier import trace
from sunfront.engines.program import Program, Solved
from sunfront.engines.settings import PyomoSettings
from sunfront.errors import NonlinearEquation, SolverFailure
from sunfront.problem import Problem


def run(problem: Problem, settings: PyomoSettings, context: Context) -> Answer:
    """Solve to ``settings.gap``.

    Raises:
        NonlinearEquation: The study is not representable, or has more than two objectives.
        SolverFailure: No design, bound or proof of infeasibility within the time limit.
    """
    if len(problem.objectives) > 2:
        raise NonlinearEquation(
            "the pyomo engine proves one objective or a frontier of two; for more use `engine: {name: optuna}`",
            path=("objectives",),
        )
    deadline = time.monotonic() + settings.time_limit
    context.progress(0, 1, "reading the equations")
    catalogue = read(problem, settings.catalogue)
    scope = catalogue.scope
    if catalogue.size == 0:
        return _nothing(problem, scope)
    # Subproblems are solved closer than the whole, so that their gaps do not add up to it.
    program = Program(catalogue, gap=min(1e-4, settings.gap / 10))
    try:
        if len(problem.objectives) == 1:
            found = program.maximize(0, {}, deadline)
            if found is None:
                return _nothing(problem, scope)
            certificate = Certificate(((-np.inf, found.bound),), None, scope)
            done = found.bound - found.scores[0] <= settings.gap * max(abs(found.bound), abs(found.scores[0]))
            points = [found]
        else:

            def report(gap: Gap, count: int) -> None:
                # Progress on a scale of orders of magnitude from 1 to the gap asked for.
                share = np.log(max(gap.relative, settings.gap)) / np.log(settings.gap)
                context.progress(float(share), 1, f"{count} points, at most {gap.relative:.2%} missing")

            traced = trace(program, settings.gap, deadline, scope, report)
            if traced is None:
                return _nothing(problem, scope)
            points, certificate, done = traced
    except TimeoutError:
        raise SolverFailure(
            f"the time limit of {settings.time_limit:g} s came before the first proof; raise engine.time_limit"
        ) from None
    return Answer(
        status="proved" if done else "stopped",
        designs=_columns(problem, points),
        claims={o.quantity: np.array([o.sign * p.scores[i] for p in points]) for i, o in enumerate(problem.objectives)},
        certificate=certificate,
        notes=catalogue.notes,
    )


def _columns(problem: Problem, points: list[Solved]) -> dict[str, np.ndarray]:
    return {v.name: np.array([p.design[v.name] for p in points]) for v in problem.variables}


def _nothing(problem: Problem, scope: str) -> Answer:
    return Answer(
        status="infeasible",
        designs={v.name: np.empty(0) for v in problem.variables},
        notes=(f"proved: no design in {scope} meets every constraint",),
    )
