"""Verify a finished run with another solver: every bound that it claims, or that it has no feasible design."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from sunfront.arrays import Array
from sunfront.display import format_value
from sunfront.engines.exact.all_values import BoxProver
from sunfront.engines.exact.catalogue import scope_of_all
from sunfront.engines.exact.each_choice import NONLINEAR
from sunfront.engines.exact.mip import OWN_SOLVERS, mip_builder
from sunfront.engines.exact.reading import read_with
from sunfront.engines.exact.sampled import read_sampled
from sunfront.engines.exact.solver_protocol import ExactSolver, Solution
from sunfront.engines.settings import PyomoSettings
from sunfront.errors import UnknownName, Unverified, UserError
from sunfront.problem.answer import Answer
from sunfront.problem.certificate import Certificate, Fact, Gap, measure_gap
from sunfront.problem.front import evenly
from sunfront.problem.problem import Problem, as_columns
from sunfront.problem.variables import TOLERANCE, Variable
from sunfront.problem.verification import bounded_problem, confirm, verified
from sunfront.runs.identity import study_hashes
from sunfront.runs.results import Results
from sunfront.runs.run import Run, open_run

#: Called with (done, total, text).
Progress = Callable[[float, float, str], None]


class Claim(NamedTuple):
    """What a run claims: no design with at least ``floors`` exceeds ``bound`` in an objective; in scores.

    Attributes:
        objective: Number of the objective that is bounded.
        floors: Lowest scores, by number of the objective.
        bound: Minus infinity if no design reaches the floors.
    """

    objective: int
    floors: Mapping[int, float]
    bound: float


@dataclass(frozen=True)
class ClaimProof:
    """A claim of a run beside what a second solver proves. Values are SI and USD.

    Attributes:
        objective: Name of the objective that is bounded.
        floors: Values of the other objectives that the claim is about, by name.
        bound: Bound that the run claims; None if it claims that there is no design.
        second: Bound that the second solver proved; None if it proved that there is no design, and infinite if its
            time limit came first.
        excess: How much the second bound is beyond the first, as a share of the larger one.
        confirmed: Whether the excess is within the requested gap.
    """

    objective: str
    floors: Mapping[str, float]
    bound: float | None
    second: float | None
    excess: float
    confirmed: bool


@dataclass(frozen=True)
class SecondProof:
    """What a second solver proves about a run.

    Attributes:
        claims: Every bound of the run; a bound that another one implies is left out.
        total: Number of bounds of the run.
        gap: Measured again from the designs of the run and the bounds of the second solver; None if the run has no
            design, the time limit left the best of an objective open, or not all bounds were proved again. Where the
            bounds of the run are over all values, each counts as the larger of both: the second solver proves over the
            catalogue alone, and the gap is None unless intervals confirm every bound.
        all_values: For each bound of a proof over a catalogue that was carried on to all values, whether intervals,
            computed again, leave no design beyond it.
    """

    claims: tuple[ClaimProof, ...]
    total: int
    gap: Gap | None
    all_values: tuple[bool, ...] = ()

    @property
    def confirmed(self) -> bool:
        """Whether every claim is."""
        return all(claim.confirmed for claim in self.claims) and all(self.all_values)


def prove_again(
    results: Results, solver: str, gap: float, time_limit: float, progress: Progress, most: int | None = None
) -> SecondProof:
    """Prove every bound of a run with another solver; first compute again what the numpy model can.

    Args:
        results: A finished run of an exact engine, loaded from its folder.
        solver: ``scip``, ``maingo`` or ``highs``.
        gap: Relative distance within which the second bound confirms the first.
        time_limit: Seconds per bound.
        most: Most bounds that are proved; all if None.

    Raises:
        UserError: The run has no proof, this solver cannot repeat it, or study, equations, parameters or a stored value
            have changed.
        Unverified: The two solvers contradict each other.
    """
    record = results.record
    if not isinstance(record.engine, PyomoSettings) or (record.certificate is None and record.status != "infeasible"):
        raise UserError("the run has no proof to verify; run the study with `engine: {name: pyomo}`")
    run = open_run(results)
    check_origin(run)
    results.check_csv()
    problem, settings = run.study.problem, record.engine
    if solver == settings.solver:
        raise UserError(f"{solver} proved the run itself; choose another --solver")
    if solver not in ("highs", *NONLINEAR, *OWN_SOLVERS):
        raise UnknownName(solver, "solver", ["highs", *NONLINEAR, *OWN_SOLVERS])
    if settings.is_over_catalogue:
        problem = discretize_options(problem, settings.shells)
    elif solver not in NONLINEAR and problem.continuous_options:
        raise UserError(
            f"{solver} proves over a catalogue, but this run is proved over all values; use --solver scip or maingo"
        )
    if problem.statistics and solver in NONLINEAR:
        read_sampled(problem, settings.shells).joined()  # tells if no other solver does
        raise UserError(f"{solver} takes no samples; --solver {' or '.join(OWN_SOLVERS)} does")
    exact = build_solver(problem, solver, settings.shells, gap / 2)
    columns = {name: results.designs[name].to_numpy(float) for name in results.designs}
    scores, refined = results.scores, record.refinement and record.refinement.certificate
    is_refined = record.certificate is not None and record.certificate == refined
    listed = scores
    if is_refined:  # over the catalogue the second solver has no design between its values
        outside = [v.outside_domain(columns[v.name])[: len(scores)] for v in problem.variables]
        listed = scores[~np.any(outside, axis=0)]
    noise = 0.0 if record.certificate is None else confirm(problem, columns, record.certificate)
    every = claims_of(record.certificate)
    claims = every if most is None else [every[i] for i in evenly(len(every), most)]
    proofs, bounds = [], []
    for i, claim in enumerate(claims):
        progress(i, len(claims), f"bound {i + 1} of {len(claims)}")
        proof, bound = _prove(problem, exact, solver, claim, listed, noise, gap, time_limit, record.certificate)
        proofs.append(proof)
        bounds.append(claim._replace(bound=max(bound, claim.bound) if is_refined else bound))
    all_values = prove_all_values(run, settings, time_limit, progress)
    is_whole = len(claims) == len(every) and (all(all_values) or not is_refined)
    gap_again = _gap(bounds, scores, noise, record.certificate, problem) if is_whole else None
    return SecondProof(tuple(proofs), len(every), gap_again, all_values)


def prove_all_values(run: Run, settings: PyomoSettings, time_limit: float, progress: Progress) -> tuple[bool, ...]:
    """Whether each bound over all values is confirmed."""
    refinement = run.results.record.refinement
    if refinement is None or refinement.certificate is None:
        return ()
    problem, found = bounded_problem(run.study.problem, refinement.certificate), []
    claims, prover = claims_of(refinement.certificate), BoxProver(problem, settings.shells, math.inf)
    for i, claim in enumerate(claims):
        progress(i, len(claims), f"bound {i + 1} of {len(claims)} over all values")
        prover.deadline = time.monotonic() + time_limit
        found.append(prover.excludes(*claim))
    return tuple(found)


def check_origin(run: Run) -> None:
    """Raise UserError if study, equations, parameters, library or scope are not those that a run was computed with."""
    now, then = study_hashes(run.study), run.results.record.hashes
    for what in sorted(now):
        if now[what] != then.get(what):
            raise UserError(f"{run.folder} was computed with another {what} than the one at hand; run the study again")
    certificate, settings, problem = run.results.record.certificate, run.results.record.engine, run.study.problem
    if certificate is None or not isinstance(settings, PyomoSettings):
        return
    refinement = run.results.record.refinement
    if refinement is not None and refinement.certificate == certificate:
        scope = scope_of_all(problem)
    else:
        scope = read_with(settings.solver, problem, settings.shells, None).scope
    if certificate.scope != scope:
        raise UserError(f"{run.folder} claims a proof over {certificate.scope}; its study gives {scope}")


def claims_of(certificate: Certificate | None) -> list[Claim]:
    """The claims of a run, without those that another one implies.

    Args:
        certificate: None if the run claims that no design is feasible."""
    if certificate is None:
        return [Claim(0, {}, -math.inf)]
    facts: list[Fact] = []
    for fact in sorted(certificate.facts, key=lambda fact: (fact.bound, fact.floors)):
        if not any(all(a <= b for a, b in zip(kept.floors, fact.floors, strict=True)) for kept in facts):
            facts.append(fact)
    claims = [Claim(i, {}, bound) for i, bound in enumerate(certificate.ceilings, 1)]
    return claims + [
        Claim(0, {i: floor for i, floor in enumerate(fact.floors, 1) if floor > -math.inf}, fact.bound)
        for fact in reversed(facts)
    ]


def build_solver(problem: Problem, solver: str, shells: int, gap: float) -> ExactSolver:
    """Build an exact solver by its name.

    Args:
        shells: As of ``build_catalogue``, where the solver proves over a catalogue.
        gap: Relative distance between bound and value at which a solve ends.
    """
    mip = None if solver in NONLINEAR else mip_builder(solver)
    return read_with(solver, problem, shells, mip).build(gap)


def _prove(
    problem: Problem,
    exact: ExactSolver,
    solver: str,
    claim: Claim,
    scores: Array,
    noise: float,
    gap: float,
    time_limit: float,
    certificate: Certificate | None,
) -> tuple[ClaimProof, float]:
    """Prove one claim; return the proof, and the bound of the second solver as a score.

    Args:
        scores: Of the designs of the run, array (designs, objectives).
        noise: Numerical error of the first objective.
    """
    objective = problem.objectives[claim.objective]
    floors = {problem.objectives[i].name: problem.objectives[i].sign * floor for i, floor in claim.floors.items()}
    limits = ", ".join(f"{name} = {format_value(v, problem.unit(name), 7)}" for name, v in floors.items())
    where = f" where {limits} or better" if limits else ""
    # What the second bound must not be below: the best design of the run above the floors.
    above = [score for score in scores if all(score[i] >= floor for i, floor in claim.floors.items())]
    best = max((float(score[claim.objective]) for score in above), default=-math.inf)
    try:
        found = exact.maximize(claim.objective, claim.floors, time.monotonic() + time_limit)
        bound = -math.inf if found is None else found.bound
    except TimeoutError:
        found, bound = None, math.inf
    rounding = max(10 * TOLERANCE * abs(best), noise) if best > -math.inf else 0.0
    if bound < best - rounding:
        value = format_value(objective.sign * best, problem.unit(objective.name), 7)
        raise Unverified(
            f"{solver} proves that no design reaches {objective.name} = {value}{where}, which the run found"
        )
    if found is not None:
        _check_design(problem, found, solver, certificate)
    excess = max(bound - claim.bound, 0.0) if bound > claim.bound else 0.0
    if math.isfinite(excess):
        excess = max(excess - rounding, 0.0) / (max(abs(bound), abs(claim.bound)) or 1.0)
    claimed, second = (None if each == -math.inf else objective.sign * each for each in (claim.bound, bound))
    return ClaimProof(objective.name, floors, claimed, second, excess, excess <= gap), bound


def _check_design(problem: Problem, found: Solution, solver: str, certificate: Certificate | None) -> None:
    """Raise Unverified if the numpy model confirms a design that a claim of the run excludes."""
    claims = {o.name: o.sign * score for o, score in zip(problem.objectives, found.scores, strict=True)}
    try:
        columns = verified(problem, Answer("best found", as_columns(found.design), as_columns(claims)))
    except Unverified:
        return  # its bound counts; its design, rounded, shows nothing
    try:
        if certificate is not None:
            confirm(problem, columns, certificate)
            return
    except Unverified:
        pass
    values = {o.name: float(columns[o.name][0]) for o in problem.objectives}
    reached = ", ".join(f"{name} = {format_value(value, problem.unit(name), 7)}" for name, value in values.items())
    raise Unverified(f"{solver} finds a design with {reached}; the run claims that there is none such")


def _gap(
    bounds: list[Claim], scores: Array, noise: float, certificate: Certificate | None, problem: Problem
) -> Gap | None:
    """The gap between the designs of a run and the bounds of the second solver."""
    if certificate is None or not len(scores):
        return None
    further = scores.shape[1] - 1
    facts = tuple(
        Fact(tuple(claim.floors.get(i, -math.inf) for i in range(1, further + 1)), claim.bound)
        for claim in bounds
        if claim.objective == 0 and claim.bound < math.inf
    )
    ceilings = tuple(claim.bound for claim in bounds if claim.objective > 0)
    whole = any(set(fact.floors) <= {-math.inf} for fact in facts)
    if not whole or not all(map(math.isfinite, ceilings)):
        return None
    return measure_gap(scores, Certificate(facts, ceilings, certificate.scope), noise, problem.preference)


def discretize_options(problem: Problem, count: int) -> Problem:
    """Restrict each continuous variable that is no amount of hardware to the ``count`` values of a catalogue."""

    def discretized(v: Variable) -> Variable:
        if v not in problem.continuous_options:
            return v
        if v.log:
            return replace(v, choices=tuple(v.spread(count).tolist()))
        return replace(v, step=(v.high - v.low) / (count - 1))

    return replace(problem, variables=tuple(map(discretized, problem.variables)))
