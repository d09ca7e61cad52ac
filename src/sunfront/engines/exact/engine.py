"""Prove the optimum of one objective, or the frontier of several, with HiGHS, SCIP or MAiNGO."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from sunfront.engines.context import Context
from sunfront.engines.exact import highs, nonlinear, relaxation, shadow_prices
from sunfront.engines.exact.catalogue import read
from sunfront.engines.exact.frontier import Trace, trace
from sunfront.engines.exact.highs import Program
from sunfront.engines.exact.maingo import MaingoProgram
from sunfront.engines.exact.pool import pool
from sunfront.engines.exact.refinement import polish
from sunfront.engines.exact.scip import ScipProgram
from sunfront.engines.exact.solver import Exact
from sunfront.engines.settings import PyomoSettings
from sunfront.errors import SolverFailure, UserError
from sunfront.problem.answer import Answer
from sunfront.problem.certificate import Fact, Gap
from sunfront.problem.problem import Problem

#: Solvers of the equations as they are.
NONLINEAR: Mapping[str, Callable[..., Exact]] = {"scip": ScipProgram, "maingo": MaingoProgram}


def run(problem: Problem, settings: PyomoSettings, context: Context) -> Answer:
    """Solve to ``settings.gap``.

    Raises:
        NonlinearEquation: The study is not representable.
        SolverFailure: No design, bound or proof of infeasibility within the time limit.
    """
    deadline = time.monotonic() + settings.time_limit
    context.progress(0, 1, "reading the equations")
    # Subproblems are solved closer than the whole, so that their gaps do not add up to it.
    notes: tuple[str, ...] = ()
    build: Callable[[], Exact]
    if settings.solver in NONLINEAR:
        scope = f"all values of {', '.join(v.name for v in problem.variables)}"
        single = len(problem.objectives) == 1
        build = partial(NONLINEAR[settings.solver], problem, gap=settings.gap / 2 if single else settings.gap / 10)
    else:
        catalogue = read(problem, settings.shells)
        scope, notes = catalogue.scope, catalogue.notes
        if catalogue.size == 0:
            return _nothing(problem, scope, settings, context, deadline)
        build = partial(Program, catalogue, gap=min(1e-4, settings.gap / 10))

    def report(gap: Gap, count: int) -> None:
        # Progress on a scale of orders of magnitude from 1 to the gap asked for.
        share = np.log(max(gap.relative, settings.gap)) / np.log(settings.gap)
        context.progress(float(share), 1, f"{count} points, at most {gap.relative:.2%} missing")

    try:
        if len(problem.objectives) == 1:
            traced = _single(build(), settings.gap, deadline, scope)
        else:
            with pool(build, context.workers) as solvers:
                traced = trace(solvers, settings.gap, deadline, scope, report)
    except TimeoutError:
        raise SolverFailure(
            f"the time limit of {settings.time_limit:g} s came before the first proof; raise engine.time_limit"
        ) from None
    if traced is None:
        return _nothing(problem, scope, settings, context, deadline)
    found, done = traced
    designs = {v.name: np.array([p.design[v.name] for p in found.points]) for v in problem.variables}
    found_prices, more = shadow_prices.explain(problem, designs)
    notes, refinement = (*notes, *more), None
    if settings.solver == "highs" and done:
        best = max(found.points, key=lambda point: point.scores[0])
        if (polished := polish(problem, best.design, settings.shells, settings.gap, deadline)) is not None:
            refinement, note = polished
            notes = (*notes, note)
    return Answer(
        status="proved" if done else "stopped",
        designs=designs,
        claims={o.quantity: o.sign * found.scores[:, i] for i, o in enumerate(problem.objectives)},
        certificate=found.certificate,
        notes=notes,
        shadow_prices=found_prices,
        refinement=refinement,
    )


def formulated(problem: Problem, settings: PyomoSettings) -> Any:
    """The Pyomo model that the settings' solver is given; it maximizes the first objective.

    A quotient is the objective ``top - ratio x bottom`` for HiGHS, whose parameter ``ratio`` is 0 here.

    Raises:
        NonlinearEquation: The study is not representable.
        UserError: No option of the catalogue can meet every constraint.
    """
    if settings.solver in NONLINEAR:
        return nonlinear.formulate(problem).model
    catalogue = read(problem, settings.shells)
    if catalogue.size == 0:
        raise UserError(f"there is nothing to formulate: no design in {catalogue.scope} meets every constraint")
    model = highs.formulate(catalogue)
    model.weight[0] = 1.0
    return model


def _single(solver: Exact, gap: float, deadline: float, scope: str) -> tuple[Trace, bool] | None:
    """The optimum of one objective, and whether it is proved to the gap."""
    best = solver.maximize(0, {}, deadline)
    if best is None:
        return None
    done = best.bound - best.scores[0] <= gap * max(abs(best.bound), abs(best.scores[0]))
    return Trace([best], [Fact((), best.bound)], (), scope), done


def _nothing(problem: Problem, scope: str, settings: PyomoSettings, context: Context, deadline: float) -> Answer:
    context.progress(0.5, 1, "no design meets every constraint; looking for what would have to give way")
    infeasibility, notes = relaxation.explain(problem, settings.shells, deadline)
    return Answer(
        status="infeasible",
        designs={v.name: np.empty(0) for v in problem.variables},
        notes=(f"proved: no design in {scope} meets every constraint", *notes),
        infeasibility=infeasibility,
    )
