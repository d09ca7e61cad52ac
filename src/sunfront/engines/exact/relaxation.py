"""Why no design of a catalogue meets every constraint: which constraints to relax, and by how much.

Every constrained quantity becomes an objective of the catalogue, so that no option is left out and each quantity has
a numerator and a denominator. Its constraint becomes a soft row: a binary decides whether it may be violated. The set
to relax first is a mixed-integer program: it has the fewest balances of power, then the fewest other constraints of the
architecture, then the fewest limits of the study. Among the sets of that kind, the sum of violations is minimized for
each set in turn, in units of the constraints' scales. The violation of a constraint on a quotient is
itself a quotient, minimized as by Dinkelbach. The result is the minimum for a set of one constraint, and for any set
without quotients; for several constraints with quotients it is a point from which the next linear program finds no
descent.

Then each bound of an amount of hardware is moved alone: how far it must move for every constraint to hold.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sunfront.display import format_value
from sunfront.engines.exact.catalogue import build_catalogue
from sunfront.engines.exact.highs import HighsSolver, extract_design, formulate
from sunfront.engines.exact.highs_run import create_highs, run_highs
from sunfront.engines.exact.mip import check_rows
from sunfront.engines.exact.roots import at_first_trial, with_rows
from sunfront.errors import NonlinearEquation, SolverFailure, Unverified
from sunfront.problem.criteria import Constraint, Objective
from sunfront.problem.infeasibility import Infeasibility, MovedBound, Violation, violated
from sunfront.problem.problem import Problem
from sunfront.problem.variables import Variable

#: Maximum number of alternative sets of constraints, beside the set with the smallest violation.
MAX_ALTERNATIVES = 4

#: Largest factor by which a bound is moved.
MAX_FACTOR = 10.0


def explain_infeasibility(
    problem: Problem, shells: int, deadline: float
) -> tuple[Infeasibility | None, tuple[str, ...]]:
    """Call ``find_infeasibility``; return its result, or None, and notes for people.

    Args:
        problem: May have roots; a violation of a limit on a root is told as that, where the root is finite.
    """
    try:
        found = find_infeasibility(at_first_trial(problem), shells, deadline)
    except (TimeoutError, KeyboardInterrupt):
        return None, ("stopped before it was known which constraints would have to be relaxed",)
    except (NonlinearEquation, SolverFailure) as error:  # SCIP solves problems that have no catalogue
        return None, (f"which constraints would have to be relaxed is not known: {error}",)
    if found is None:
        return None, ("no set of constraints to relax was found among those on bounded quantities",)
    found = _of_roots(problem, found)
    return found, found.notes


def _of_roots(problem: Problem, found: Infeasibility) -> Infeasibility:
    """Tell violations of rows that stand for limits on roots as those of the limits."""
    limits = dict(zip(with_rows(problem).constraints, problem.constraints, strict=False))

    def named(violations: tuple[Violation, ...], design: Mapping[str, float]) -> tuple[Violation, ...]:
        own = {v.constraint: v for v in violated(problem, design) if math.isfinite(v.shortfall)}
        return tuple(own.get(limits.get(v.constraint, v.constraint), v) for v in violations)

    return replace(found, violations=named(found.violations, found.design))


def find_infeasibility(problem: Problem, shells: int, deadline: float) -> Infeasibility | None:
    """Find the smallest sets of constraints to relax, and the bounds that could be moved instead.

    Args:
        problem: Without a feasible design.
        shells: As for ``build_catalogue``.
        deadline: Value of ``time.monotonic`` at which to stop; the sets and bounds found by then are returned.

    Returns:
        None if no set of constraints on bounded quantities is sufficient.

    Raises:
        TimeoutError, KeyboardInterrupt: The deadline passed, or an interruption came, before the first set was found.
        Unverified: The numpy model does not confirm a result.
    """
    soft = tuple(c for c in problem.constraints if _is_bounded(problem, c, shells))
    found: list[tuple[float, dict[str, float], tuple[Violation, ...]]] = []
    least = math.inf
    try:
        for relaxed in _smallest_sets(problem, soft, shells, deadline):
            firmness = sum(_weight(problem, c) for c in relaxed)
            if found and (firmness > least or len(found) > MAX_ALTERNATIVES):
                break
            least = firmness
            design = _nearest_design(problem, relaxed, shells, deadline)
            violations = violated(problem, design, relaxed)
            if not violations or {v.constraint for v in violations} - set(relaxed):
                raise Unverified(
                    f"the solver relaxes {_join(relaxed)}, but according to the numpy model: {_join(violations)}"
                )
            total = sum(v.shortfall / problem.constraint_scales[v.constraint] for v in violations)
            found.append((total, design, violations))
    except (TimeoutError, KeyboardInterrupt):
        if not found:
            raise
    if not found:
        return None
    found.sort(key=lambda each: each[0])
    _, design, violations = found[0]
    bounds = _movable_bounds(problem, shells, deadline)
    others, held = tuple(other for _, _, other in found[1:]), tuple(c for c in problem.constraints if c not in soft)
    return Infeasibility(True, design, violations, others, bounds, held)


def _weight(problem: Problem, c: Constraint) -> int:
    """Return by how much a constraint counts in a set to relax: one that is firmer counts for more than all others."""
    return int((1 + len(problem.constraints)) ** problem.firmness(c))


def _join(items: Iterable[object]) -> str:
    return ", ".join(map(str, items)) or "nothing is violated"


def _is_bounded(problem: Problem, c: Constraint, shells: int) -> bool:
    """Return whether the quantity can be an objective; one that is infinite for some designs cannot."""
    try:
        build_catalogue(replace(problem, objectives=(c.as_objective(),), constraints=()), shells)
    except NonlinearEquation:
        return False
    return True


class _SoftProgram:
    """A catalogue's program with some constraints as soft rows: ``violation[i]`` is the violation of constraint i.

    The soft constraints' quantities are the objectives of the catalogue. Violations are in units of the objective's
    ``scale``, and multiplied by its denominator.
    """

    def __init__(self, problem: Problem, soft: Sequence[Constraint], shells: int) -> None:
        import pyomo.environ as pyo

        hard = tuple(c for c in problem.constraints if c not in soft)
        self.catalogue = build_catalogue(
            replace(problem, objectives=tuple(c.as_objective() for c in soft), constraints=hard), shells
        )
        self.is_empty = not soft or self.catalogue.size == 0
        if self.is_empty:
            return
        self.objectives = self.catalogue.objectives
        self.sizes = [problem.constraint_scales[c] / o.scale for c, o in zip(soft, self.objectives, strict=True)]
        m = self.model = formulate(self.catalogue)
        m.score.deactivate()
        m.violation = pyo.Var(range(len(soft)), domain=pyo.NonNegativeReals)
        m.soft = pyo.ConstraintList()
        for i, (c, o) in enumerate(zip(soft, self.objectives, strict=True)):
            limit = c.sign * c.limit / o.scale
            m.soft.add((m.numerator[i] - limit * m.denominator[i] + m.violation[i]) / max(abs(limit), 1.0) >= 0)
            # The denominator lies between 1 and its largest value.
            m.violation[i].setub(max((limit * o.largest_denominator if limit > 0 else limit) - o.lowest, 0.0))
        self.solver = create_highs()

    def minimize(self, goal: Any, deadline: float) -> bool:
        """Minimize a Pyomo expression; return whether the program is feasible.

        Raises:
            TimeoutError, KeyboardInterrupt: The deadline passed, or an interruption came, first.
        """
        import pyomo.environ as pyo

        m = self.model
        if m.component("goal") is not None:
            m.del_component("goal")
        m.goal = pyo.Objective(expr=goal)
        status = run_highs(self.solver, m, deadline).status
        if status == "interrupted":
            raise KeyboardInterrupt
        check_rows(m, self.solver)
        if status == "time":
            raise TimeoutError
        if status == "infeasible":
            return False
        self.solver.load_vars()
        return True


def _smallest_sets(
    problem: Problem, soft: Sequence[Constraint], shells: int, deadline: float
) -> Iterator[list[Constraint]]:
    """Yield sufficient sets of constraints to relax, those that count least first; no set contains another."""
    import pyomo.environ as pyo

    program = _SoftProgram(problem, soft, shells)
    if program.is_empty:
        return
    m = program.model
    m.relaxed = pyo.Var(range(len(soft)), domain=pyo.Binary)
    m.cuts = pyo.ConstraintList()
    for i, violation in m.violation.items():
        m.cuts.add((violation - violation.ub * m.relaxed[i]) / max(violation.ub, 1.0) <= 0)
    goal = sum(_weight(problem, c) * m.relaxed[i] for i, c in enumerate(soft))
    while program.minimize(goal, deadline):
        indices = [i for i in m.relaxed if m.relaxed[i].value > 0.5]
        yield [soft[i] for i in indices]
        m.cuts.add(sum(m.relaxed[i] for i in indices) <= len(indices) - 1)


def _nearest_design(problem: Problem, relaxed: Sequence[Constraint], shells: int, deadline: float) -> dict[str, float]:
    """Return the design that violates only these constraints, by the smallest sum in units of their scales."""
    program = _SoftProgram(problem, relaxed, shells)
    infeasible = SolverFailure(f"relaxing {_join(relaxed)} was sufficient in one solve of HiGHS and not in the next")
    if program.is_empty:
        raise infeasible
    m, sizes = program.model, np.array(program.sizes)
    denominators, ratios = np.ones(len(sizes)), np.zeros(len(sizes))
    best, least = None, math.inf
    for _ in range(50):  # Dinkelbach's method: three or four steps in practice
        weights = 1.0 / (sizes * denominators)
        goal = sum(float(w) * (m.violation[i] - float(ratios[i]) * m.denominator[i]) for i, w in enumerate(weights))
        if not program.minimize(goal, deadline):
            raise infeasible
        denominators = np.array([m.denominator[i].value for i in m.denominator], float)
        ratios = np.array([m.violation[i].value for i in m.violation], float) / denominators
        total = float((ratios / sizes).sum())
        if total >= least * (1 - 1e-9):
            break
        best, least = extract_design(m, program.catalogue), total
        if all(o.denominator is None for o in program.objectives):
            break
    assert best is not None
    return best


def _movable_bounds(problem: Problem, shells: int, deadline: float) -> tuple[MovedBound, ...]:
    """Return the bounds of amounts that suffice if moved alone, the smallest move first; stop at the deadline."""
    found: list[MovedBound] = []
    for amount in build_catalogue(replace(problem, constraints=()), shells).all_amounts:
        v = amount.variable
        for upper in (True, False):
            wider = _widen(v, upper)
            if wider == v:
                continue
            variables = tuple(wider if w is v else w for w in problem.variables)
            goal = Objective("minimize" if upper else "maximize", v.name)
            widened = replace(problem, variables=variables, objectives=(goal,))
            try:
                catalogue = build_catalogue(widened, shells)
                solution = HighsSolver(catalogue, 1e-4).maximize(0, {}, deadline) if catalogue.size else None
            except NonlinearEquation:
                continue  # in the wider range a denominator may be zero
            except (TimeoutError, KeyboardInterrupt):
                return tuple(found)
            if solution is None:
                continue
            needed = solution.design[v.name]
            if violations := violated(problem, solution.design):
                raise Unverified(
                    f"according to the solver {v.name} = {format_value(needed, v.unit)} is sufficient, but "
                    f"{violations[0]}"
                )
            found.append(MovedBound.of(v, upper, needed))
    return tuple(sorted(found, key=lambda moved: abs(math.log(moved.needed / moved.bound))))


def _widen(v: Variable, upper: bool) -> Variable:
    """Move one bound of a variable by MAX_FACTOR, on its grid; return the same variable if it cannot move."""
    if upper:
        return replace(v, high=v.high * MAX_FACTOR) if v.high > 0 else v
    if v.low <= 0:
        return v
    low = v.low / MAX_FACTOR
    return replace(v, low=low if v.step is None else v.low - v.step * math.floor((v.low - low) / v.step))
