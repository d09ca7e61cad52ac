"""Prove the best plan, or the frontier of several objectives, and simulate what is found."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial

import numpy as np

from sunfront.engines.checkpoint import KeptFile
from sunfront.engines.exact.frontier import Frontier, Report, share_done, trace_ever_tighter
from sunfront.engines.exact.kept import KeptSolves
from sunfront.engines.exact.pool import Pool, open_pool
from sunfront.engines.exact.pyomo_interface import require_docstrings
from sunfront.engines.exact.solver_protocol import Solution
from sunfront.engines.plan.claims import hold, is_approximate, size
from sunfront.engines.plan.coefficients import Coefficients
from sunfront.engines.plan.earlier import Earlier, explain_earlier
from sunfront.engines.plan.explanation import Shortage, explain
from sunfront.engines.plan.neighbors import Neighbors
from sunfront.engines.plan.prices import PeriodPrice, period_prices
from sunfront.engines.plan.return_front import ReturnSolver, scope
from sunfront.engines.plan.returns import Trials, best_return, second_bound
from sunfront.engines.plan.sandwich import suits, trace_sandwich
from sunfront.engines.plan.settings import PlanSettings
from sunfront.engines.plan.simulator import TOLERANCE, Simulation, Simulator
from sunfront.engines.plan.solver import PlanSolver
from sunfront.errors import SolverFailure, Unverified
from sunfront.problem.answer import Status
from sunfront.problem.certificate import Certificate, Fact, Gap, measure_gap
from sunfront.problem.front import non_dominated
from sunfront.problem.plan import RETURNS, Decisions, Plan, as_json

#: The gap of the first solves of a frontier is this part of what may be missing of it; and they give up at this many
#: nodes, since a few that are hard would take all the time. If too much is left open, all is solved more tightly.
SHARE, NODES = 4, 30

#: The same of a return: its range along a front is a small part of its value, and trials come to a small gap soon.
SHARE_OF_RETURN = 40

#: Most times that learning is written more finely.
MOST_REFINEMENTS = 6

#: What a certificate covers.
SCOPE = "all plans"

NO_ENDS = ("stopped before the ends of the frontier were known",)

NO_TIME = "the time limit of {:g} s passed before a plan was found; raise engine.time_limit"

Progress = Callable[[float, float, str], None]


@dataclass(frozen=True)
class PlanPoint:
    """One plan that was found, and what becomes of it."""

    decisions: Decisions
    simulation: Simulation


@dataclass(frozen=True)
class PlanAnswer:
    """What the engine found; every plan is simulated.

    Attributes:
        points: Plans of the front, the best in the first objective first; one plan for one objective.
        gap: How much may be missing; None if no plan was found, or nothing is proved yet.
        shortages: If no plan can be met: what is missing.
        earlier: If an objective is a date: what is missing for dates before the earliest.
        prices: Of the first plan.
        periods: Number of all periods, those after the horizon included.
    """

    status: Status
    points: tuple[PlanPoint, ...]
    periods: int
    certificate: Certificate | None = None
    gap: Gap | None = None
    shortages: tuple[Shortage, ...] = ()
    earlier: tuple[Earlier, ...] = ()
    prices: tuple[PeriodPrice, ...] = ()
    notes: tuple[str, ...] = ()


def run(
    plan: Plan,
    settings: PlanSettings,
    workers: int = 1,
    progress: Progress = lambda *_: None,
    cluster: str = "",
    kept: KeptFile | None = None,
) -> PlanAnswer:
    """Solve a plan to ``settings.gap``.

    Args:
        workers, cluster: As of ``open_pool``.
        kept: File of the solves: what a run before has proved is used, and this one adds to it. Workers of a cluster
            do not add to it.

    Raises:
        UserError: Nothing limits a product, or a quantity is no amount; with the path of the key.
        SolverFailure: No plan or proof of infeasibility was found within the time limit.
        Unverified: The simulation contradicts the program.
        KeyboardInterrupt: It was interrupted before a plan was found. Later, what was found is returned as stopped.
    """
    require_docstrings()
    deadline = time.monotonic() + settings.time_limit
    progress(0, 1, "reading the equations")
    if plan.objectives[0].goal.kind in RETURNS:
        return _run_return(plan, settings, deadline, workers, cluster, progress, kept)
    single = len(plan.objectives) == 1
    solver = PlanSolver(plan, settings.gap / 2 if single else _first_gap(plan, settings.gap), kept=kept)
    known = f"; {len(solver.kept)} solves of a run before are kept" if len(solver.kept) else ""
    progress(0.05, 1, f"solving{known}")
    try:
        found, certificate, done = _solve(solver, settings.gap, deadline, workers, cluster, progress)
    except TimeoutError:
        raise SolverFailure(NO_TIME.format(settings.time_limit)) from None
    c = solver.coefficients
    if not found:
        return _explained(plan, c, deadline, progress)
    progress(0.95, 1, "simulating what was found")
    try:
        points, broken = _points(solver, found, deadline)
        for _ in range(MOST_REFINEMENTS):
            measured = measure(plan, points, certificate)
            is_wide = bool(broken) or (measured is not None and measured.relative > settings.gap)
            if not (done and is_wide and solver.refine([*(p.decisions for p in points), *broken])):
                break
            missing = f"at most {100 * measured.relative:.2f} % missing" if measured is not None else "no plan yet"
            progress(0.95, 1, f"{missing}; learning is written more finely")
            try:
                found, certificate, done = _solve(solver, settings.gap, deadline, workers, cluster, progress)
            except TimeoutError:
                done = False
                break
            points, broken = _points(solver, found, deadline)
    except KeyboardInterrupt:  # a simulation takes a moment; a second interruption within seconds is not heard
        solver.is_interrupted = True
        points, broken = _points(solver, found, deadline)
    if not points:
        raise SolverFailure(
            "every plan that was found breaks a limit on money, since learning is written too coarsely; leave launches "
            "out of learning, or raise the limit"
        )
    done &= not solver.is_interrupted
    measured = measure(plan, points, certificate)
    done = done and (measured is None or not is_approximate(plan) or measured.relative <= settings.gap)
    best = {i: o.sign * x for i, (o, x) in enumerate(zip(plan.objectives, points[0].simulation.scores, strict=True))}
    date = plan.date_index
    notes = () if certificate is not None else NO_ENDS
    earlier: tuple[Earlier, ...] = ()
    prices: tuple[PeriodPrice, ...] = ()
    try:
        if date is not None and done:
            progress(0.95, 1, "looking for what earlier dates would take")
            earliest = round(min(p.simulation.scores[date] for p in points))
            earlier, unknown = explain_earlier(plan, c, earliest, deadline)
            done, notes = time.monotonic() < deadline, (*notes, *unknown)
        prices = period_prices(plan, c, points[0].decisions, best, deadline)
    except KeyboardInterrupt:
        done, notes = False, (*notes, "stopped before it was known what each supply is worth")
    return PlanAnswer(
        "proved" if done else "stopped", points, c.periods, certificate, measured, (), earlier, prices, notes
    )


def _run_return(
    plan: Plan,
    settings: PlanSettings,
    deadline: float,
    workers: int,
    cluster: str,
    progress: Progress,
    kept: KeptFile | None,
) -> PlanAnswer:
    """As ``run``, of a plan whose first objective is a return."""
    c, single = Coefficients(plan), len(plan.objectives) == 1
    solver = None if single else ReturnSolver(plan, settings.gap / SHARE_OF_RETURN, kept, c)
    trials = Trials(plan, c, settings.gap, kept=KeptSolves(kept)) if solver is None else solver.trials[0]
    try:
        best = best_return(trials, deadline, progress)
    except TimeoutError:
        raise SolverFailure(NO_TIME.format(settings.time_limit)) from None
    if best is None:
        return _explained(plan, c, deadline, progress)
    found, certificate, done = [best.solution], None, best.done
    notes, top = best.notes, best.solution.bound
    if single:
        certificate = Certificate((Fact((), top),), (), SCOPE) if math.isfinite(top) else None
    elif best.done and solver is not None and best.solution.scores[0] >= solver.least[0]:
        pools = partial(_return_pools, solver, settings.gap, workers, cluster, kept)
        report = _report(progress, settings.gap)
        done = False
        try:
            result = trace_ever_tighter(pools, settings.gap, deadline, scope(plan), report)
            if result is None:
                raise SolverFailure("the solver found a plan for the first objective, and then none")
            front, done = result
            found, certificate = front.points, front.certificate if front.has_ends else None
        except (TimeoutError, KeyboardInterrupt):  # before a plan of the front: that of the best return is known
            pass
        notes = (*notes, f"the front is that of {scope(plan)}", *NO_ENDS * (certificate is None))
    progress(0.95, 1, "simulating what was found")
    base = solver.base if solver else PlanSolver(plan, settings.gap, like=c)
    points, _ = _points(base, found, deadline, trials.simulator)
    gap = measure(plan, points, certificate)
    done &= gap is None or gap.relative <= largest_gap(plan, settings, points)
    return PlanAnswer("proved" if done else "stopped", points, c.periods, certificate, gap, notes=notes)


def _return_pools(
    solver: ReturnSolver, asked: float, workers: int, cluster: str, kept: KeptFile | None, share: float
) -> AbstractContextManager[Pool]:
    """Pools of solvers of a front whose first objective is a return."""
    kept = None if cluster else kept  # other hosts have other files
    build = partial(ReturnSolver, solver.plan, asked / SHARE_OF_RETURN * share, kept, solver.base.coefficients)
    return open_pool(build, workers, cluster, solver if share == 1 else None)


def _explained(plan: Plan, c: Coefficients, deadline: float, progress: Progress) -> PlanAnswer:
    """The answer if no plan meets every constraint: what is missing."""
    progress(0.5, 1, "no plan meets every constraint; looking for what is missing")
    try:
        return PlanAnswer("infeasible", (), c.periods, shortages=explain(plan, c, deadline))
    except KeyboardInterrupt:
        note = "stopped before it was known what is missing"
    except (TimeoutError, SolverFailure):
        note = "the solver gave up before it was known what is missing"
    return PlanAnswer("infeasible", (), c.periods, notes=(note,))


def measure(plan: Plan, points: Sequence[PlanPoint], certificate: Certificate | None) -> Gap | None:
    """How much may be missing of simulated plans; None if nothing is proved.

    Raises:
        Unverified: A plan exceeds a bound that is proved.
    """
    if certificate is None or not points:
        return None
    scores = np.array([[o.sign * x for o, x in zip(plan.objectives, p.simulation.scores, strict=True)] for p in points])
    _check_bounds(plan, scores, certificate, points)
    return measure_gap(scores, certificate, _noise(plan, points))


def largest_gap(plan: Plan, settings: PlanSettings, points: Sequence[PlanPoint]) -> float:
    """Largest gap with which an answer is proved: that asked for, and what the simulation may be off by."""
    first = points[0].simulation
    off = TOLERANCE * size(plan.objectives[0], first, first.scores[0]) / max(abs(first.scores[0]), 1e-9)
    return settings.gap * 1.01 + 1e-6 + off


def _solve(
    solver: PlanSolver, asked: float, deadline: float, workers: int, cluster: str, progress: Progress
) -> tuple[list[Solution], Certificate | None, bool]:
    """Solutions, what is proved, and whether the gap that is asked for is reached; no solution if there is no plan."""
    solver.watch = partial(_tell, progress, asked)
    best = solver.maximize(0, {}, deadline)
    solver.watch = None
    if best is None:
        return [], None, True
    if solver.objectives == 1:
        done = best.bound - best.scores[0] <= asked * max(abs(best.bound), abs(best.scores[0]), 1e-9)
        return [best], Certificate((Fact((), best.bound),), (), SCOPE), done

    report = _report(progress, asked)
    if best.is_cut:
        return [best], None, False
    has_dates = any(o.goal.kind == "date" for o in solver.plan.objectives)
    sizes = () if has_dates else tuple(map(abs, best.scores))
    gap = _first_gap(solver.plan, asked)
    kept = None if cluster else solver.kept.file  # other hosts have other files

    def pools(share: float) -> AbstractContextManager[Pool]:
        nodes = round(NODES / share) if sizes else None
        if share < 1 or sizes:
            solver.tighten(gap * share, sizes, nodes)
        build = partial(
            PlanSolver, solver.plan, gap * share, chords=solver.chords, kept=kept, like=solver.coefficients,
            sizes=sizes, nodes=nodes,
        )  # fmt: skip
        return open_pool(build, workers, cluster, solver)

    result: tuple[Frontier, bool] | None = None
    if suits([o.goal.kind for o in solver.plan.objectives]):
        with pools(1.0) as pool:
            result = trace_sandwich(pool, Neighbors(solver.program), asked, deadline, SCOPE, report)
    if result is None or result[0].is_exhausted:
        known = None if result is None else result[0]
        result = trace_ever_tighter(pools, asked, deadline, SCOPE, report, known=known)
    if result is None:
        raise SolverFailure("the solver found a plan for the first objective, and then none")
    front, done = result
    return front.points, front.certificate if front.has_ends else None, done


def _report(progress: Progress, asked: float) -> Report:
    """What shows how far a front is."""

    def report(now: Gap, count: int) -> None:
        plans = f"{count} plan{'s' * (count != 1)}"
        progress(_share(now.relative, asked), 1, f"{plans}, at most {100 * now.relative:.2f} % missing")

    return report


def _tell(progress: Progress, asked: float, bound: float, found: float, nodes: int) -> None:
    """Show how far a solve is: what may be missing of its best plan."""
    if not math.isfinite(found):
        progress(0.05, 1, f"no plan yet after {nodes} nodes")
        return
    if not math.isfinite(bound):
        progress(0.05, 1, f"a plan without a bound after {nodes} nodes")
        return
    missing = (bound - found) / max(abs(bound), abs(found), 1e-9)
    progress(_share(missing, asked), 1, f"at most {100 * missing:.2f} % missing after {nodes} nodes")


def _share(missing: float, asked: float) -> float:
    """Share of the way to the gap that is asked for."""
    return max(0.05, share_done(missing, asked))


def _first_gap(plan: Plan, asked: float) -> float:
    """Relative gap of the first solves of a frontier: those with dates are few, and their steps are exact."""
    return min(1e-4, asked / 10) if any(o.goal.kind == "date" for o in plan.objectives) else asked / SHARE


def _points(
    solver: PlanSolver, found: list[Solution], deadline: float, simulator: Simulator | None = None
) -> tuple[tuple[PlanPoint, ...], list[Decisions]]:
    """Simulate solutions, the best in the first objective first; of equals in the objectives, the best in npv.

    Returns:
        The plans; and the decisions of those that break a limit on money, since chords make learning too cheap.
    """
    simulator = simulator or Simulator(solver.plan, solver.coefficients.periods)
    # a trial of a return finds the plan with the most of it
    has_npv = any(o.goal.kind in ("npv", *RETURNS) for o in solver.plan.objectives)
    points: list[PlanPoint] = []
    broken: list[Decisions] = []
    seen: set[str] = set()
    for solution in sorted(found, key=lambda each: tuple(-x for x in each.scores)):
        chosen = solution
        if not has_npv:
            try:
                better = solver.improve_npv(dict(enumerate(solution.scores)), deadline)
                chosen = solution if better is None else better
            except (TimeoutError, SolverFailure):  # what was found is good enough
                pass
            except KeyboardInterrupt:
                solver.is_interrupted = True
        decisions = solver.load(chosen)
        if (text := json.dumps(as_json(decisions))) in seen:
            continue  # it is the best in several objectives
        seen.add(text)
        try:
            simulation = simulator.simulate(decisions)
        except Unverified:
            if not is_approximate(solver.plan):
                raise
            broken.append(decisions)
            continue
        hold(solver, chosen, simulation)
        points.append(PlanPoint(decisions, simulation))
    return tuple(_non_dominated(solver.plan, points)), broken


def _non_dominated(plan: Plan, points: Sequence[PlanPoint]) -> list[PlanPoint]:
    """Leave out plans that others dominate, or equal, but for what a simulation may differ by."""
    if len(points) < 2:
        return list(points)
    signs = np.array([o.sign for o in plan.objectives])
    sizes = np.array(
        [max(size(o, p.simulation, p.simulation.scores[i]) for p in points) for i, o in enumerate(plan.objectives)]
    )
    scores = signs * np.array([p.simulation.scores for p in points])
    kept = non_dominated(np.round(scores / (TOLERANCE * sizes)))
    return [point for point, is_kept in zip(points, kept, strict=True) if is_kept]


def _noise(plan: Plan, points: Sequence[PlanPoint]) -> float:
    return TOLERANCE / 10 * max(size(plan.objectives[0], p.simulation, p.simulation.scores[0]) for p in points)


def _check_bounds(plan: Plan, scores: np.ndarray, certificate: Certificate, points: Sequence[PlanPoint]) -> None:
    """Raise Unverified if a simulated plan exceeds a proved bound."""
    floors = np.array([fact.floors for fact in certificate.facts])
    bounds = np.array([fact.bound for fact in certificate.facts])
    for row, point in zip(scores, points, strict=True):
        allowed = TOLERANCE * size(plan.objectives[0], point.simulation, row[0])
        if (row[0] > bounds[(row[1:] >= floors).all(axis=1)] + allowed).any():
            raise Unverified(f"a plan exceeds the bound that is proved of {plan.objectives[0].name}")


def prove_again(
    plan: Plan,
    points: Sequence[tuple[float, ...]],
    gap: float,
    time_limit: float,
    decisions: Sequence[Decisions] = (),
    progress: Progress = lambda *_: None,
) -> list[tuple[float, float]]:
    """Solve the program with SCIP for each point of a front; return value and bound of the first score.

    Args:
        points: Scores of the plans; those of the further objectives are floors.
        time_limit: Seconds for each; the bound of a plan is infinite if they do not suffice.
        decisions: Of the plans, at which learning is exact.

    Raises:
        KeyboardInterrupt: It was interrupted.
        Unverified: SCIP claims that there is no plan.
    """
    solver = PlanSolver(plan, gap, "scip")
    solver.refine(decisions)
    is_return, trials = plan.objectives[0].goal.kind in RETURNS, None
    if is_return:
        trials = Trials(plan, solver.coefficients, gap, "scip", is_front=len(plan.objectives) > 1)
    found = []
    for i, scores in enumerate(points):
        progress(i, len(points), f"plan {i + 1} of {len(points)}")
        deadline = time.monotonic() + time_limit
        try:
            if trials is not None:
                found.append((scores[0], second_bound(trials, scores, deadline)))
                continue
            solution = solver.maximize(0, dict(enumerate(scores[1:], 1)), deadline)
        except TimeoutError:
            found.append((scores[0], math.inf))
            continue
        if solver.is_interrupted:  # SCIP took the signal, and returned what it had
            raise KeyboardInterrupt
        if solution is None:
            raise Unverified("SCIP claims that no plan meets every constraint, but one is simulated")
        found.append((solution.scores[0], solution.bound))
    return found


def is_confirmed(
    plan: Plan, point: PlanPoint, bound: float, gap: float, asked: float, certificate: Certificate | None = None
) -> bool:
    """Whether a second bound on the first score of a plan agrees with it.

    Args:
        gap: Relative, of the second proof.
        asked: Relative, of the first.
        certificate: Of a front: the second bound must be no farther from a plan than the front's own at its scores.
    """
    objective, value = plan.objectives[0], point.simulation.scores[0]
    if value == -math.inf:  # it has no return, and so has no plan
        return bound == value
    distance, most = bound - objective.sign * value, max(abs(value), abs(bound))
    rounding = TOLERANCE * size(objective, point.simulation, value)
    further = [o.sign * x for o, x in zip(plan.objectives, point.simulation.scores, strict=True)][1:]
    facts = certificate.facts if certificate is not None and further else ()
    stated = min((fact.bound for fact in facts if (np.array(fact.floors) <= further).all()), default=-math.inf)
    allowed = max(asked * most, stated - objective.sign * value) + gap * most
    return -10 * gap * most - rounding <= distance <= allowed + rounding
