"""Verify answers: compute them again with the numpy model before they are shown."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from sunfront.arrays import Array
from sunfront.display import format_value
from sunfront.errors import Unverified
from sunfront.library.physical_range import find_outside, fixed_range
from sunfront.problem.answer import Answer
from sunfront.problem.certificate import Certificate, Gap, measure_gap
from sunfront.problem.criteria import Objective
from sunfront.problem.problem import CANCELLATION, Problem
from sunfront.problem.sizes import added_sizes
from sunfront.problem.variables import TOLERANCE

#: Relative accuracy of a solver's sums: HiGHS drops smaller coefficients of a row, and no solver holds a row better.
ROUNDING = 1e-9


def verified(problem: Problem, answer: Answer) -> dict[str, Array]:
    """Compute the table of an answer's designs with the numpy model, and check the answer against it.

    Returns:
        Variables and quantities of the table, each an array (designs,); SI and USD.

    Raises:
        Unverified: A claimed objective differs, or a constraint is violated, by more than its tolerance
            (``tolerances``; of an objective at least TOLERANCE, relative), or a variable is outside its bounds or off
            its grid.
        NotFinite: A quantity is NaN or infinite.
        NotPhysical: A quantity that the table depends on is outside its physical range.
    """
    if answer.status in ("infeasible", "none found"):
        return {name: np.empty(0) for name in (*(v.name for v in problem.variables), *problem.table_columns)}
    quantities = problem.evaluate(answer.designs, problem.table_columns, may_lack=problem.reported_roots)
    _check_physical(problem, answer.designs)
    # Engines that evaluate with numpy claim nothing and violate nothing: they need no tolerance.
    exact = not answer.claims and bool(problem.feasible(quantities).all())
    tolerance = (
        dict.fromkeys(problem.criterion_names, 0.0) if exact else tolerances(problem, answer.designs, quantities)
    )
    for name, claim in answer.claims.items():
        found = quantities[name]
        off = ~np.isfinite(found) | (np.abs(claim - found) > np.maximum(TOLERANCE * np.abs(found), tolerance[name]))
        if off.any():
            i = int(np.argmax(off))
            u = problem.unit(name)
            raise Unverified(
                f"{name}: the engine says {format_value(float(claim[i]), u, 9)}, "
                f"the numpy model {format_value(float(found[i]), u, 9)}",
                name,
            )
    for c in problem.constraints:
        rounding = max(c.rounding, CANCELLATION * problem.constraint_scales[c])
        shortfall = c.violation(quantities[c.name]) - np.maximum(rounding, tolerance[c.name])
        if not (shortfall <= 0).all():  # written so that NaN fails
            value = format_value(float(quantities[c.name][np.argmax(~(shortfall <= 0))]), c.unit, 9)
            raise Unverified(f"constraint {c}: the engine's design has {value}", c.name)
    canonical = problem.canonical(answer.designs)
    for v in problem.variables:
        if (abs(canonical[v.name] - answer.designs[v.name]) > TOLERANCE * abs(canonical[v.name])).any():
            raise Unverified(f"variable {v.name}: the engine's design has a value where it means nothing", v.name)
        if v.outside_domain(answer.designs[v.name]).any():
            raise Unverified(f"variable {v.name}: the engine's design is off its bounds or its grid", v.name)
    return {v.name: np.asarray(answer.designs[v.name], float) for v in problem.variables} | quantities


def confirm(problem: Problem, columns: Mapping[str, Array], certificate: Certificate) -> float:
    """Check that no verified design lies beyond the certificate.

    Returns:
        The tolerance of the first objective, in its unit.

    Raises:
        Unverified: A design lies beyond it, so the certificate is wrong.
    """
    tolerance = tolerances(problem, {v.name: columns[v.name] for v in problem.variables}, columns)
    # An objective that no variable moves still has rounding.
    noise = np.array(
        [
            max(float(tolerance[o.name].max()), TOLERANCE * float(np.abs(columns[o.name]).max()))
            for o in problem.objectives
        ]
    )
    scores = problem.scores(columns)
    for floors, bound in certificate.facts:
        above = (scores[:, 1:] >= np.array(floors) + noise[1:]).all(axis=1)
        if scores[above, 0].max(initial=-np.inf) > bound + noise[0]:
            raise Unverified("a verified design lies beyond the certificate")
    if (scores[:, 1:].max(axis=0, initial=-np.inf) > np.array(certificate.ceilings) + noise[1:]).any():
        raise Unverified("a verified design lies beyond the certificate")
    return float(noise[0])


def gap_of(problem: Problem, columns: Mapping[str, Array], certificate: Certificate) -> Gap:
    """The gap between verified designs and a certificate; the bound with the sign of the quantity.

    Args:
        certificate: Of the problem, or of its first objective alone.

    Raises:
        Unverified: A design lies beyond the certificate.
    """
    problem = bounded_problem(problem, certificate)
    noise = confirm(problem, columns, certificate)
    gap = measure_gap(problem.scores(columns), certificate, noise, problem.preference)
    return gap if gap.bound is None else replace(gap, bound=gap.bound * problem.objectives[0].sign + 0.0)


def largest_score(problem: Problem, objective: Objective) -> float:
    """The score at the end of the physical range of its quantity; a design beyond it cannot exist."""
    if objective.quantity not in problem.model:
        return math.inf
    low, high = fixed_range(problem.model[objective.quantity])
    return high if objective.sign > 0 else 0.0 - low


def bounded_problem(problem: Problem, certificate: Certificate) -> Problem:
    """The problem with the objectives that a certificate bounds: all, or the first one alone."""
    if len(certificate.facts[0].floors) + 1 == len(problem.objectives):
        return problem
    return replace(problem, objectives=problem.objectives[:1], preference=None)


def _check_physical(problem: Problem, designs: Mapping[str, Array]) -> None:
    """Raise NotPhysical if a quantity of the table, or one that it depends on, leaves its physical range."""
    for member in problem.members():
        fixed = [v for v in member.variables if v.name in {choice.name for choice in problem.equation_choices}]
        rows = np.logical_and.reduce([designs[v.name] == v.low for v in fixed]) if fixed else slice(None)
        part = {name: np.asarray(column, float)[rows] for name, column in designs.items()}
        with np.errstate(all="ignore"):  # what is not finite is reported by itself
            found = member.model.evaluate({**member.values, **part}, member.table_quantities)
        for outside in find_outside(member.model, found):
            remedy = f"add the constraint '{outside.limit_text}', or narrow the variables"
            raise outside.not_physical(member.describe_designs(part), remedy)


def tolerances(problem: Problem, designs: Mapping[str, Array], quantities: Mapping[str, Array]) -> dict[str, Array]:
    """The change of each objective and constrained quantity when every variable changes by TOLERANCE of its value.

    A solver's answer is exact for a design that close. Unlike a share of the sampled range, this tolerance does not
    grow with the ranges of the study. Preset variables do not change. ROUNDING of what is added up to a quantity comes
    on top, so that a sum of zero is not held to a share of zero.
    """
    total = {name: np.zeros(len(quantities[name])) for name in problem.criterion_names}
    preset_variables = {v.name for v in problem.variables if v.labels}
    for name, column in designs.items():
        if name in preset_variables:
            continue
        changed = problem.evaluate({**designs, name: np.asarray(column, float) * (1 + TOLERANCE)})
        for quantity in total:
            with np.errstate(invalid="ignore"):
                step = np.abs(changed[quantity] - quantities[quantity])
            total[quantity] += np.where(np.isfinite(step), step, 0.0)
    computed = [name for name in total if name not in problem.statistics]
    for name, size in added_sizes(problem, designs, computed).items():
        total[name] += ROUNDING * size
    return total
