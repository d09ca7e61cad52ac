"""Prove the optimum of one objective, or the frontier of several, with HiGHS, SCIP or MAiNGO."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from sunfront.engines.context import Context
from sunfront.engines.exact import highs, nonlinear
from sunfront.engines.exact.catalogue import build_catalogue
from sunfront.engines.exact.each_choice import NONLINEAR
from sunfront.engines.exact.frontier import ENDS, Frontier, fault_of, share_done, trace_ever_tighter
from sunfront.engines.exact.lexicographic import solve_in_order
from sunfront.engines.exact.pool import open_pool
from sunfront.engines.exact.pyomo_interface import require_docstrings
from sunfront.engines.exact.reading import Reading, gap_of_solves, mip_of, read_problem, read_with
from sunfront.engines.exact.refinement import refine
from sunfront.engines.exact.relaxation import explain_infeasibility
from sunfront.engines.exact.repair import confirmed
from sunfront.engines.exact.replications import Lack, compute_lack
from sunfront.engines.exact.roots import at_first_trial, sizes_of_roots, with_trials
from sunfront.engines.exact.sampled import read_sampled
from sunfront.engines.exact.shadow_prices import shadow_prices_and_notes
from sunfront.engines.exact.solver_protocol import Solution
from sunfront.engines.exact.tails import TailSolver
from sunfront.engines.exact.warm_start import better, former_frontier
from sunfront.engines.settings import PyomoSettings
from sunfront.errors import SolverFailure, UserError
from sunfront.problem.answer import Answer
from sunfront.problem.certificate import Fact, Gap, measure_gap
from sunfront.problem.findings import ShadowPrice
from sunfront.problem.preference import Order
from sunfront.problem.problem import Problem
from sunfront.problem.statistics import Mean, Probability, TailMean
from sunfront.problem.verification import gap_of, largest_score

#: Relative gap of the best quotient that a model is written with; and of the best root, or mean of worst cases.
RATIO_GAP, LOOSER_GAP = 1e-9, 1e-6

#: Seconds that an explanation of infeasibility has, however little the proof has left of the time limit.
EXPLANATION = 20.0


def run(problem: Problem, settings: PyomoSettings, context: Context) -> Answer:
    """Solve a problem to ``settings.gap``.

    Raises:
        NonlinearEquation: The solver cannot represent the problem.
        SolverFailure: No design or proof of infeasibility was found within the time limit.
    """
    require_docstrings()
    deadline = time.monotonic() + settings.time_limit
    context.progress(0, 1, "reading the equations")
    read = read_problem(problem, settings, context)
    scope, notes, own_gap = read.scope, read.notes, gap_of_solves(problem, settings, read)
    if read.is_empty:
        return _infeasible(problem, scope, settings, context, deadline)

    def report(gap: Gap, count: int, where: str = "") -> None:
        left = gap.by(settings.measure)
        context.progress(
            share_done(left, settings.gap), 1, f"{count} points, at most {100 * left:.2f} % missing{where}"
        )

    preference = problem.preference
    known = former_frontier(problem, settings, context, scope)
    if known is not None and isinstance(preference, Order):
        notes = (*notes, "warm_start serves no objectives in an order: nothing of it was used")
    elif known is not None and known.facts:
        notes = (*notes, f"started from the bounds of {settings.warm_start}")
    try:
        if isinstance(preference, Order):
            result = solve_in_order(read.build(own_gap), preference, settings.gap, deadline, scope)
        elif len(problem.objectives) == 1:
            top = largest_score(problem, problem.objectives[0])
            result = _solve_one_objective(read, own_gap, settings.gap, deadline, known, top)
        else:
            result = trace_ever_tighter(
                lambda share: open_pool(partial(read.build, own_gap * share), context.workers, context.cluster),
                settings.gap, deadline, scope, report, settings.measure, preference, known,
            )  # fmt: skip
    except TimeoutError:
        raise SolverFailure(
            f"the time limit of {settings.time_limit:g} s passed before a design was found; raise engine.time_limit"
        ) from None
    if result is None:
        return _infeasible(problem, scope, settings, context, deadline)
    found, done = result
    found.points, more_notes = confirmed(problem, found.points)
    if more_notes:
        notes = (*notes, *more_notes)
        done &= found.has_ends and (
            measure_gap(found.scores, found.certificate, preference=preference).by(settings.measure) <= settings.gap
        )
    designs = {v.name: np.array([p.design[v.name] for p in found.points]) for v in problem.variables}
    if not done and found.has_ends and len(problem.objectives) == 1:
        # What is left may be rounding: of a deviation whose goal is met at the very limit, say.
        columns = {**designs, **problem.evaluate(designs)}
        done = gap_of(problem, columns, found.certificate).relative <= settings.gap
    refined = None
    if settings.is_over_catalogue and done:
        refined = refine(
            problem, found.certificate, found.points, settings.shells, settings.gap, settings.measure, deadline,
            partial(report, where=" over all values"),
        )  # fmt: skip
    certificate = found.certificate if found.has_ends else None
    if refined is not None and refined.points and refined.refinement is not None:
        found.points, certificate = list(refined.points), refined.refinement.certificate
        designs = {v.name: np.array([p.design[v.name] for p in found.points]) for v in problem.variables}
        done = refined.is_closed
    shadow_prices: tuple[ShadowPrice, ...] = ()
    is_interrupted = refined is not None and refined.is_interrupted
    if not problem.statistics:
        shadow_prices, more_notes, is_cut = shadow_prices_and_notes(problem, designs)
        is_interrupted |= is_cut
        notes = (*notes, *more_notes)
    if not found.has_ends:
        what = "the ends of the frontier were" if len(problem.objectives) > 1 else "a bound was"
        notes = (*notes, f"stopped before {what} known: how much is missing is not known")
    if found.fault:
        notes = (*notes, f"stopped: {found.fault}; the designs found before are kept")
    if found.is_exhausted:
        notes = (*notes, "stopped: what is left of the gap is smaller than the tolerance of the solver resolves")
    if done and (lack := _find_lack(problem, found.points[0], settings, own_gap, deadline)) is not None:
        notes = (*notes, lack.text(problem))
    if refined is not None:
        notes = (*notes, refined.note)
    return Answer(
        status="proved" if done and not is_interrupted else "stopped",
        designs=designs,
        claims={o.name: o.sign * found.scores[:, i] for i, o in enumerate(problem.objectives)},
        certificate=certificate,
        notes=notes,
        shadow_prices=shadow_prices,
        refinement=None if refined is None else refined.refinement,
    )


def build_pyomo_model(problem: Problem, settings: PyomoSettings, is_solved: bool = False) -> Any:
    """Build the Pyomo model that the settings' solver gets; it maximizes the first objective.

    Over a catalogue the objective of a quotient is ``numerator - ratio x denominator``, with the parameter ``ratio`` at
    0. A root is what it looks for, at the first value that the engine would try.

    Args:
        is_solved: Solve the problem first, so that ``ratio`` is the best quotient, and a root is what it looks for at
            the best root: then the optimum of the model is that of the problem, and its value is 0. A mean of worst
            cases has the lines that the engine needed.

    Raises:
        NonlinearEquation: The solver cannot represent the problem.
        UserError: No option of the catalogue can meet every constraint; or statistics are proved without a program.
        SolverFailure: No design was found within the time limit.
    """
    if settings.solver in NONLINEAR:
        for v in problem.equation_choices:
            raise UserError(
                f"{settings.solver} solves one model for each choice of {v.name}, since the choices replace equations; "
                f"fix one with --set {v.name}={v.labels[0]}, or use --solver highs"
            )
        return nonlinear.formulate(at_first_trial(problem)).model
    sampled = None
    if problem.statistics:
        read = read_sampled(problem, settings.shells)
        if not read.is_linear and settings.solver == "highs":
            raise UserError(
                f"{', '.join(problem.statistics)}: proved by trees over samples, not by one program that could be "
                "written; of statistics, only a mean and a cvar over a certain denominator have a program"
            )
        sampled = read.joined()
    catalogue = sampled.catalogue if sampled else build_catalogue(at_first_trial(problem), settings.shells)
    nothing = f"there is nothing to formulate: no design over {catalogue.scope} meets every constraint"
    if catalogue.size == 0:
        raise UserError(f"{nothing}; `sunfront run` shows which constraints to relax")
    is_root, has_tails, ratio = 0 in sizes_of_roots(problem), sampled is not None and len(sampled.tails) > 0, 0.0
    if is_solved and (is_root or has_tails or catalogue.objectives[0].denominator is not None):
        gap = LOOSER_GAP if is_root or has_tails else RATIO_GAP
        solver = read_with("highs", problem, settings.shells, None).build(gap)
        try:
            best = solver.maximize(0, {}, time.monotonic() + settings.time_limit)
        except TimeoutError:
            name = problem.objectives[0].name
            raise SolverFailure(
                f"the time limit of {settings.time_limit:g} s passed before the best {name} was known, which the model "
                f"of a {'root' if is_root else 'statistic' if has_tails else 'quotient'} needs; raise engine.time_limit"
            ) from None
        if best is None:
            raise UserError(nothing)
        if is_root:
            tried = with_trials(problem, [(0, best.scores[0])])
            goals = (tried.objectives[-1], *tried.objectives[1 : len(problem.objectives)])
            catalogue = build_catalogue(replace(tried, objectives=goals), settings.shells)
        elif catalogue.objectives[0].denominator is not None:
            ratio = best.scores[0] / catalogue.objectives[0].scale
        if sampled is not None and isinstance(solver, TailSolver):
            catalogue = sampled.with_lines_at(solver.places)
    model = highs.formulate(catalogue)
    model.weight[0], model.ratio[0] = 1.0, ratio
    return model


def _find_lack(problem: Problem, point: Solution, settings: PyomoSettings, gap: float, deadline: float) -> Lack | None:
    """Bound what is due to the samples, for one statistic as objective and certain constraints.

    The best percentile of few samples may be worse than that of many, so that it bounds nothing.
    """
    is_alone = len(problem.objectives) == 1 and len(problem.statistics) == 1
    if not is_alone or not isinstance(problem.objectives[0].statistic, Mean | TailMean | Probability):
        return None
    return compute_lack(problem, point.design, settings.shells, gap, mip_of(settings), deadline)


def _solve_one_objective(
    read: Reading, own_gap: float, gap: float, deadline: float, known: Frontier | None, top: float
) -> tuple[Frontier, bool] | None:
    """Find the optimum of one objective, as a frontier of one point, and whether it is proved to the gap.

    Args:
        own_gap: Of the solve.
        gap: What may be missing, as a share.
        known: Designs of a former run, and its bound if it holds.
        top: No score is larger by the physical range of the quantity.
    """
    best = None
    if known is not None and known.points:
        best = better(max(known.points, key=lambda point: point.scores[0]), known)
    if best is None or not _is_within(best, gap):
        start = 0.0 if best is None else best.scores[0]
        try:
            found = better(read.build(own_gap).maximize(0, {}, deadline, start), known)
        except ENDS as end:
            if best is None:
                raise
            return _of_one_point(best, read.scope, fault_of(end)), False
        if found is None and best is not None:
            raise SolverFailure("the solver claims that no design is feasible, but the run it starts from has some")
        best = found
    if best is None:
        return None
    # What a solve spares leaves a bound beyond that range where the best design is at its end, as if a goal is met.
    best = replace(best, bound=min(best.bound, top))
    return _of_one_point(best, read.scope), _is_within(best, gap)


def _of_one_point(best: Solution, scope: str, fault: str = "") -> Frontier:
    """The frontier of one objective: its best design, and the bound if there is one."""
    facts = [Fact((), best.bound)] if best.bound < np.inf else []
    return Frontier([best], facts, (), scope, fault)


def _is_within(best: Solution, gap: float) -> bool:
    """Whether the bound on the one objective is within a gap, relative."""
    value = best.scores[0]
    return best.bound < np.inf and best.bound - value <= gap * max(abs(best.bound), abs(value))


def _infeasible(problem: Problem, scope: str, settings: PyomoSettings, context: Context, deadline: float) -> Answer:
    """Return the answer of a problem without a feasible design, with the constraints to relax."""
    context.progress(0.5, 1, "no design meets every constraint; looking for constraints to relax")
    if problem.statistics:
        proof = f"proved: no design over {scope} meets every constraint"
        more = "which of them to relax is not looked for where statistics are limited"
        return Answer("infeasible", {v.name: np.empty(0) for v in problem.variables}, notes=(proof, more))
    deadline = max(deadline, time.monotonic() + EXPLANATION)
    infeasibility, notes = explain_infeasibility(problem, settings.shells, deadline)
    return Answer(
        status="infeasible",
        designs={v.name: np.empty(0) for v in problem.variables},
        notes=(f"proved: no design over {scope} meets every constraint", *notes),
        infeasibility=infeasibility,
    )
