"""Prove the front of a finished run a second time, with another solver."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sunfront.display import format_value
from sunfront.engines.exact.catalogue import build_catalogue
from sunfront.engines.exact.each_choice import NONLINEAR
from sunfront.engines.exact.highs import HighsSolver
from sunfront.engines.exact.solver_protocol import ExactSolver
from sunfront.engines.settings import PyomoSettings
from sunfront.errors import UnknownName, Unverified, UserError
from sunfront.problem.certificate import Certificate
from sunfront.problem.problem import Problem
from sunfront.problem.variables import TOLERANCE, Variable
from sunfront.problem.verification import tolerances
from sunfront.runs.results import Results
from sunfront.runs.runner import identity
from sunfront.study.study import Study

#: Called with (done, total, text).
Progress = Callable[[float, float, str], None]


@dataclass(frozen=True)
class PointProof:
    """A point of a front, with the bounds of two solvers on its first objective, the other objectives held.

    Attributes:
        values: Objectives of the point, by name, in SI and USD.
        bound: Bound that the run proved, in SI and USD.
        second: Bound that the second solver proved; infinite if the time limit came first.
        gap: Relative distance of the point from the second bound.
        confirmed: Whether the distance is within the requested gap plus the gap of the run itself.
    """

    values: Mapping[str, float]
    bound: float
    second: float
    gap: float
    confirmed: bool


def prove_again(results: Results, solver: str, gap: float, time_limit: float, progress: Progress) -> list[PointProof]:
    """Bound the first objective at each point of a front with another solver, the other objectives held.

    Args:
        results: A finished run of an exact engine, loaded from its folder.
        solver: ``scip``, ``maingo`` or ``highs``.
        gap: Relative gap at which a point is confirmed.
        time_limit: Seconds per point.

    Raises:
        UserError: The run has no proof, this solver cannot repeat it, or equations or parameters have changed.
        Unverified: The two solvers contradict each other at the point named.
    """
    certificate = results.record.certificate
    if certificate is None or results.folder is None:
        raise UserError("the run has no proof to verify; run the study with `engine: {name: pyomo}`")
    problem = _problem(results)
    settings = results.record.engine
    assert isinstance(settings, PyomoSettings)  # only this engine returns a certificate
    if solver == settings.solver:
        raise UserError(f"{solver} proved the run itself; choose another --solver")
    if solver not in ("highs", *NONLINEAR):
        raise UnknownName(solver, "solver", ["highs", *NONLINEAR])
    if settings.solver == "highs":
        problem = discretize_options(problem, settings.shells)
    elif solver == "highs" and problem.continuous_options:
        raise UserError(
            "highs proves over a catalogue, but this run is proved over all values; use --solver scip or maingo"
        )
    exact: ExactSolver
    if solver == "highs":
        exact = HighsSolver(build_catalogue(problem, settings.shells), gap / 2)
    else:
        exact = NONLINEAR[solver](problem, gap / 2)

    front = results.front
    designs = {v.name: front[v.name].to_numpy(float) for v in problem.variables}
    rounding = tolerances(problem, designs, problem.evaluate(designs))[problem.objectives[0].name]
    proofs = []
    for i, score in enumerate(results.scores):
        progress(i, len(results.scores), f"point {i + 1} of {len(results.scores)}")
        point, noise = tuple(map(float, score)), float(rounding[i])
        proofs.append(_prove_point(problem, exact, point, noise, certificate, solver, gap, time_limit))
    return proofs


def _problem(results: Results) -> Problem:
    """The problem of a run. Raise UserError if equations or parameters have changed since."""
    assert results.folder is not None
    study = Study.load(results.folder / "study.yaml", trust_code=False)
    now, then = identity(study)["hashes"], results.record.hashes
    if any(now[key] != then[key] for key in ("parameters", "equations")):
        raise UserError(f"{results.folder} was computed with other equations or parameters; run the study again")
    return study.problem


def _prove_point(
    problem: Problem,
    exact: ExactSolver,
    score: tuple[float, ...],
    rounding: float,
    certificate: Certificate,
    solver: str,
    gap: float,
    time_limit: float,
) -> PointProof:
    """Prove one point, given by its scores.

    Args:
        rounding: Numerical error of the first objective.
    """
    first, best = problem.objectives[0], score[0]
    floors = dict(enumerate(score[1:], 1))
    values = {o.name: float(o.sign * s) for o, s in zip(problem.objectives, score, strict=True)}
    point = ", ".join(f"{name} = {format_value(v, problem.unit(name), 7)}" for name, v in values.items())
    proved = min(
        fact.bound for fact in certificate.facts if all(low <= floors[j] for j, low in enumerate(fact.floors, 1))
    )
    try:
        found = exact.maximize(0, floors, time.monotonic() + time_limit)
    except TimeoutError:
        return PointProof(values, first.sign * proved, first.sign * math.inf, math.inf, confirmed=False)
    noise = max(10 * TOLERANCE * max(abs(best), abs(proved)), rounding)
    if found is None or found.bound < best - noise:
        raise Unverified(f"{solver} proves that no design reaches {point}, which the run found")
    if found.scores[0] > proved + noise:
        name, unit = first.name, problem.unit(first.name)
        better, bound = (format_value(first.sign * score, unit, 7) for score in (found.scores[0], proved))
        raise Unverified(f"{solver} finds {name} = {better}, beyond the bound {bound} that the run proved at {point}")
    distance = max(found.bound - best - rounding, 0.0) / (max(abs(found.bound), abs(best)) or 1.0)
    # The gap of the run and the gap of the second solver add up.
    allowed = gap + max(proved - best, 0.0) / (abs(proved) or 1.0)
    return PointProof(values, first.sign * proved, first.sign * found.bound, distance, distance <= allowed + 1e-6)


def discretize_options(problem: Problem, count: int) -> Problem:
    """Restrict each continuous variable that is no amount of hardware to the ``count`` values of a catalogue."""

    def discretized(v: Variable) -> Variable:
        return replace(v, step=(v.high - v.low) / (count - 1)) if v in problem.continuous_options else v

    return replace(problem, variables=tuple(map(discretized, problem.variables)))
