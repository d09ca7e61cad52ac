"""The limit that is most worth relaxing at a design: each is moved a little, and the amounts are solved again.

A shadow price is the gain of a limit that only begins to move, with the whole numbers of the design. Here the whole
numbers are free: a launch that is heavier by a ton may hold one more satellite.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace

from sunfront.engines.exact.catalogue import build_catalogue
from sunfront.engines.exact.highs import HighsSolver
from sunfront.engines.exact.roots import has_root_objective, with_rows
from sunfront.engines.exact.shadow_prices import OBJECTIVE_TOLERANCE, compute_shadow_prices
from sunfront.errors import NonlinearEquation, SolverFailure
from sunfront.problem.criteria import Constraint
from sunfront.problem.findings import RelaxedLimit
from sunfront.problem.problem import Problem, as_columns
from sunfront.units import difference_unit, unit

#: How far a limit moves, as a share of the typical distance of its quantity; the second if the first gains nothing.
SHARES = (0.01, 0.1)

#: Relative gap of a solve, and least gain that is told, relative.
GAP, LEAST = 1e-8, 1e-6

#: Maximum duration in seconds; each solve takes hundredths.
TIME_LIMIT = 20.0


def find_relaxed_limit(problem: Problem, design: Mapping[str, float], row: int) -> RelaxedLimit | None:
    """Return the limit whose move gains most at a design; balances of power do not move.

    Args:
        design: Value of each variable; feasible.
        row: Of the design in the table of designs.

    Returns:
        None if none gains, or it is not known: of roots and statistics, and where there is no catalogue.
    """
    if has_root_objective(problem) or problem.statistics:
        return None
    local = _around(problem, design)
    kept = tuple(v.name for v in local.variables if v.choices)
    objective, deadline = problem.objectives[0], time.monotonic() + TIME_LIMIT
    try:
        priced = _priced(problem, design)
        before = _optimum(local, deadline)
        for share in SHARES:
            found = [
                RelaxedLimit(row, objective.name, limit, by, of, objective.sign * before, objective.sign * after, kept)
                for limit, by, of, moved in _moves(local, problem, share, priced)
                if (after := _optimum(moved, deadline)) > before + LEAST * abs(before)
            ]
            if found:
                return max(found, key=lambda each: abs(each.after - each.before))
    except (NonlinearEquation, SolverFailure, TimeoutError):
        pass
    return None


def _around(problem: Problem, design: Mapping[str, float]) -> Problem:
    """Fix the options of a design, and hold its further objectives."""
    values = problem.evaluate(as_columns(design))
    held = []
    for o in problem.objectives[1:]:
        value = float(values[o.name][0])
        held.append(o.as_constraint(value - o.sign * OBJECTIVE_TOLERANCE * abs(value), problem.unit(o.name)))
    return replace(
        problem,
        variables=tuple(
            v if v.name in problem.hardware and not v.choices else replace(v, choices=(design[v.name],))
            for v in problem.variables
        ),
        objectives=problem.objectives[:1],
        constraints=(*problem.constraints, *held),
    )


def _optimum(problem: Problem, deadline: float) -> float:
    """Return the best score; minus infinity if no design is feasible."""
    catalogue = build_catalogue(with_rows(problem), 2)
    found = HighsSolver(catalogue, GAP).maximize(0, {}, deadline) if catalogue.size else None
    return -math.inf if found is None else found.scores[0]


def _priced(problem: Problem, design: Mapping[str, float]) -> set[str]:
    """Return the limits that have a price if whole numbers are continuous, as text; others rarely gain."""
    free = tuple(replace(v, step=None) if v.name in problem.hardware else v for v in problem.variables)
    rows = with_rows(replace(problem, variables=free))
    prices = compute_shadow_prices(rows, as_columns(design))
    found = {p.constraint for p in prices if p.price and p.objective == problem.objectives[0].name}
    return found | {str(c) for c, row in zip(problem.constraints, rows.constraints, strict=True) if str(row) in found}


def _moves(
    local: Problem, problem: Problem, share: float, priced: set[str]
) -> Iterator[tuple[str, float, str, Problem]]:
    """Yield each limit as text, how far it moves, the unit of that, and the problem with the limit moved."""
    for c in problem.constraints:
        if problem.firmness(c) < 2 and str(c) in priced:
            of = difference_unit(c.unit)
            by = _rounded(share * problem.constraint_scales[c], of)
            moved = replace(c, limit=c.limit - c.sign * by)
            yield str(c), by, of, replace(local, constraints=tuple(moved if x is c else x for x in local.constraints))
    for v in local.variables:
        limit = str(Constraint(v.name, "<=", v.high, v.unit))
        if v.choices or limit not in priced:
            continue
        of = difference_unit(v.unit)
        by = v.step or _rounded(share * abs(v.high), of)
        wider = replace(v, high=v.high + by)
        yield limit, by, of, replace(local, variables=tuple(wider if x is v else x for x in local.variables))


def _rounded(value: float, display_unit: str) -> float:
    """Round an SI value to one digit in its unit."""
    factor = unit(display_unit).factor
    digit = 10.0 ** math.floor(math.log10(value / factor))
    return float(round(value / factor / digit) * digit * factor)
