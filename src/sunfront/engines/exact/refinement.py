"""What the steps of a catalogue cost: its proof carried on to all values of the continuous variables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from sunfront.arrays import Array
from sunfront.display import format_value
from sunfront.engines.exact.all_values import Proof, prove_all_values
from sunfront.engines.exact.frontier import Report
from sunfront.engines.exact.repair import confirmed
from sunfront.engines.exact.solver_protocol import Solution
from sunfront.errors import NotPhysical, SolverFailure, UserError
from sunfront.problem.answer import Answer
from sunfront.problem.certificate import Certificate, Fact, Measure, extent, measure_gap, ranges
from sunfront.problem.findings import Refinement
from sunfront.problem.preference import Order, Region
from sunfront.problem.problem import Problem, as_columns
from sunfront.problem.verification import verified


class Refined(NamedTuple):
    """What is known over all values.

    Attributes:
        refinement: None if nothing was proved.
        note: For people.
        points: With several objectives the front over all values, as far as it is known: designs at the values of the
            catalogue, and between them. Empty if its bounds are not known, or none was found between the values.
        is_closed: The gap of a front over all values is met.
        is_interrupted: It was interrupted, and is not whole.
    """

    refinement: Refinement | None
    note: str
    points: Sequence[Solution] = ()
    is_interrupted: bool = False
    is_closed: bool = False


def refine(
    problem: Problem,
    certificate: Certificate,
    points: list[Solution],
    shells: int,
    gap: float,
    measure: Measure,
    deadline: float,
    report: Report,
) -> Refined | None:
    """Prove over all values what was proved over a catalogue.

    Args:
        certificate: Of the catalogue.
        points: Its designs, verified.
        shells: Number of shells of the catalogue.
        gap: What may be missing, as a share.
        measure: What the gap is measured by.
        deadline: Value of ``time.monotonic`` at which to stop.
        report: Called repeatedly with the gap of a front over all values and its number of points.

    Returns:
        None if the catalogue has no continuous option.

    Raises:
        Unverified: The numpy model does not confirm the refined design.
    """
    free = [v.name for v in problem.continuous_options]
    if not free:
        return None
    names = ", ".join(free)
    unknown = f"the cost of the catalogue's steps of {names} is unknown"
    if problem.statistics:
        why = "statistics are proved over the values of the catalogue alone"
        return Refined(None, f"{unknown}: {why}; to see it, raise engine.shells or give a smaller step")
    if problem.conditions:
        return Refined(None, f"{unknown}: variables have a `when`")
    scores = np.array([point.scores for point in points])
    if isinstance(problem.preference, Order):  # what comes later in an order is worth less than a step
        scores = scores[:, :1]
        problem = replace(problem, objectives=problem.objectives[:1], preference=None)
        certificate = Certificate((Fact((), certificate.top),), (), certificate.scope)
    sizes = _sizes(problem, scores, certificate)
    try:
        proof = prove_all_values(problem, shells, points, sizes, gap, measure, deadline, report)
        return _describe(problem, proof, points, scores, certificate, free, gap, measure)
    except (TimeoutError, SolverFailure, UserError, NotPhysical, MemoryError) as error:
        return Refined(None, f"{unknown}: {str(error) or 'no time or memory was left'}; {_advice(free)}")
    except KeyboardInterrupt:
        return Refined(None, f"{unknown}: interrupted; the same command goes on", is_interrupted=True)


def _describe(
    problem: Problem,
    proof: Proof,
    points: Sequence[Solution],
    scores: Array,
    catalogue: Certificate,
    free: Sequence[str],
    gap: float,
    measure: Measure,
) -> Refined:
    """Check a proof over all values by numpy, and say what it tells of the points of the catalogue."""
    objective, best = problem.objectives[0], proof.best
    claims = as_columns({objective.name: objective.sign * best.scores[0]})
    single = replace(problem, objectives=(objective,), preference=None)
    after = float(verified(single, Answer("best found", as_columns(best.design), claims))[objective.name][0])
    before = objective.sign * float(scores[:, 0].max())
    gain = max(objective.sign * (after - before), 0.0) / (abs(before) or 1.0)
    where = ", ".join(f"{name} = {format_value(best.design[name], problem.unit(name), 5)}" for name in free)
    value = format_value(after, problem.unit(objective.name), 6)
    least = "" if proof.certificate else "at least "
    note = (
        f"limiting {', '.join(free)} to the values of the catalogue costs {least}{_upward(gain)} of the best "
        f"{objective.name}; between those values {objective.name} reaches {value}, at {where}"
    )
    refinement = Refinement(objective.name, before, after, gain, dict(best.design), proof.certificate)
    if proof.certificate is None:
        return Refined(refinement, f"{note}; no bound over all values is known: {proof.end}; {_advice(free)}")
    front: Sequence[Solution] = ()
    if not is_whole(proof.certificate, problem):
        note += f"{_of_first(proof.certificate, scores)}; what the steps cost the other designs is unknown: {proof.end}"
    elif len(problem.objectives) == 1:
        note += _of_first(proof.certificate, scores)
    else:
        front, _ = confirmed(problem, proof.points)
        more = sum(all(point is not known for known in points) for point in front)
        found = np.array([point.scores for point in front])
        closed = measure_gap(found, proof.certificate, preference=problem.preference).by(measure)
        if closed <= gap:
            note += f"; the front is proved over all values, with {more} designs found between those of the catalogue"
            return Refined(refinement, note, front, proof.is_interrupted, True)
        within, left = (
            measure_gap(scores, bounds, preference=problem.preference).by(measure)
            for bounds in (catalogue, proof.certificate)
        )
        if closed >= left:
            front, found = (), scores
        cost = _largest_cost(found, proof.certificate)
        note += (
            f"{_of_first(proof.certificate, found)}; at most {_upward(closed)} of the front is missing, "
            f"{_upward(left)} without the {more} designs found between those of the catalogue (over its values at most "
            f"{_upward(within)}); no design as good as a listed one in the other objectives has a {objective.name} "
            f"better by more than {_upward(cost)}; the front over all values was not closed: {proof.end}"
        )
    return Refined(refinement, note, front, proof.is_interrupted)


def _of_first(certificate: Certificate, scores: Array) -> str:
    """Say by how much any design may be better than the listed ones in the first objective."""
    best = float(scores[:, 0].max())
    missing = (certificate.top - best) / (abs(best) or 1.0)
    return f"; proved over all values: no design is better than the one listed by more than {_upward(missing)}"


def is_whole(certificate: Certificate, problem: Problem) -> bool:
    """Whether bounds over all values are on every objective, or on the first one alone."""
    return len(certificate.facts[0].floors) + 1 == len(problem.objectives)


def _advice(free: Sequence[str]) -> str:
    """What to do about steps whose cost is unknown."""
    if len(free) == 1:
        return "`solver: scip` proves over all values"
    return f"give a `step` to all but one of them: `solver: scip` seldom closes a proof over all values of {len(free)}"


def _sizes(problem: Problem, scores: Array, certificate: Certificate) -> Array:
    """Return what a gap is a share of: the range of each objective along a front, or its value; array (objectives,)."""
    if scores.shape[1] == 1:
        return np.asarray(np.abs(scores.max(axis=0)))
    region = problem.preference if isinstance(problem.preference, Region) else Region.everywhere(scores.shape[1])
    sizes, _ = ranges(*extent(region.clipped(scores), certificate, region))
    return sizes


def _largest_cost(scores: Array, certificate: Certificate) -> float:
    """Return the largest share by which the first objective of a listed design may be beaten, the others kept."""
    facts = certificate.facts
    bounds = np.array([min(f.bound for f in facts if (np.array(f.floors) <= point[1:]).all()) for point in scores])
    return float((np.maximum(bounds - scores[:, 0], 0.0) / np.maximum(np.abs(scores[:, 0]), 1e-300)).max())


def _upward(share: float) -> str:
    """Write a share in percent with two digits, rounded up."""
    percent = 100 * share
    if percent <= 0:
        return "0 %"
    digits = 1 - math.floor(math.log10(percent))
    return f"{math.ceil(percent * 10.0**digits - 1e-9) / 10.0**digits:.{max(digits, 0)}f} %"
