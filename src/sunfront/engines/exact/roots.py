"""Roots in the exact engines: by the sign of what they look for, at one value of their parameter.

A limit on a root is a limit on the other quantity: the internal rate of return is at least 15 % where the net present
value at 15 % is not negative. At one value of the parameter that quantity is an equation like any other.

An objective that is a root is found by trials, as a quotient by Dinkelbach's method. A trial maximizes the other
quantity at one value of the parameter. Its design has a root of its own: the next value to try. If the solver proves
that no design has a positive one, no design has a root beyond the value tried: a bound, in the unit of the root.

Both hold for designs in which the other quantity goes through zero once. Every answer is computed again by numpy,
which finds a design without that property.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from sunfront.engines.exact.solver_protocol import ExactSolver, Solution, lowered
from sunfront.errors import NotFinite, SolverFailure
from sunfront.library.bound import Trial, trial
from sunfront.problem.criteria import Constraint, Objective
from sunfront.problem.problem import Problem, as_columns
from sunfront.root import Root

#: A bound is told with this share of the root's range more, so that a proof in exact arithmetic has room.
ROOM = 1e-9

#: Maximum number of trials in one solve; five are common.
TRIALS = 60

#: Gap of the solver of a trial, as a share of the gap of the root.
TRIAL_GAP = 1 / 20

#: Builds the solver of a problem without roots; None if no design can meet its constraints.
Build = Callable[[Problem], ExactSolver | None]


def has_root_objective(problem: Problem) -> bool:
    """Return whether an objective is a root."""
    return any(_root(problem, o) for o in problem.objectives)


def with_rows(problem: Problem) -> Problem:
    """Return the problem with each limit on a root as a limit on what the root looks for.

    An objective that is a root gets a limit, too: designs in which it is infinite the wrong way are left out.
    """
    worst = [o.as_constraint(_ends(o, root)[0], root.unit) for o in problem.objectives if (root := _root(problem, o))]
    found = replace(problem, constraints=())
    for c in dict.fromkeys([*problem.constraints, *worst]):
        root = _root(problem, c)
        found = _with_row(found, root, c) if root else replace(found, constraints=(*found.constraints, c))
    return found


def at_first_trial(problem: Problem) -> Problem:
    """Return the problem with each root objective as its first trial; other values change numbers alone."""
    plain = with_rows(problem)
    for i, o in enumerate(problem.objectives):
        if root := _root(problem, o):
            plain, first = _with_trial(plain, o, root, _first_value(problem, o, root))
            plain = replace(plain, objectives=(*plain.objectives[:i], first, *plain.objectives[i + 1 :]))
    return plain


def with_trials(problem: Problem, scores: Sequence[tuple[int, float]]) -> Problem:
    """Return the problem as ``at_first_trial``, with a trial at each of some scores as a further objective.

    Args:
        scores: Number of an objective that is a root, and a score: its value, or for ``minimize`` the negative of it.
            The score of the trial is not negative where that of the root is at least this.
    """
    plain = at_first_trial(problem)
    for i, score in scores:
        o = problem.objectives[i]
        root = _root(problem, o)
        assert root is not None
        plain, goal = _with_trial(plain, o, root, o.sign * score)
        plain = replace(plain, objectives=(*plain.objectives, goal))
    return plain


def sizes_of_roots(problem: Problem) -> dict[int, float]:
    """Return the size of the range of each objective that is a root, by its number."""
    roots = {i: root for i, o in enumerate(problem.objectives) if (root := _root(problem, o))}
    return {i: root.range[1] - root.range[0] for i, root in roots.items()}


def rooted(build: Build, problem: Problem, gap: float) -> ExactSolver:
    """Build the solver of a problem whose criteria may be roots.

    Args:
        gap: Relative distance between bound and value at which a root counts as found.
    """
    if has_root_objective(problem):
        return RootSolver(problem, gap, build)
    found = build(with_rows(problem))
    assert found is not None
    return found


class RootSolver:
    """An exact solver for a problem with roots among its objectives; it solves problems without them.

    Args:
        gap: As in ``rooted``.
        build: Its solvers' gap must be a small part of this one.
    """

    def __init__(self, problem: Problem, gap: float, build: Build) -> None:
        self.problem, self.gap = problem, gap
        self.plain = with_rows(problem)
        self.build = build
        self.roots = {i: root for i, o in enumerate(problem.objectives) if (root := _root(problem, o))}
        self.others = [i for i in range(len(problem.objectives)) if i not in self.roots]
        self.sizes = sizes_of_roots(problem)
        self.solvers: dict[tuple[tuple[str, ...], str], ExactSolver | None] = {}

    @property
    def objectives(self) -> int:
        """Number of objectives."""
        return len(self.problem.objectives)

    def maximize(self, index: int, floors: Mapping[int, float], deadline: float, start: float = 0.0) -> Solution | None:
        """Maximize as ``ExactSolver.maximize``; trials of a root begin at ``start``, unless it is zero.

        Raises:
            SolverFailure: As there, or a root is infinite the right way, so that it has no best design.
            NotFinite: A design has several roots.
        """
        limited = replace(self.plain, objectives=tuple(self.problem.objectives[i] for i in self.others))
        for i, floor in floors.items():
            if i in self.roots:
                o = self.problem.objectives[i]
                limit = o.sign * lowered(floor, self.sizes[i])
                limited = _with_row(limited, self.roots[i], o.as_constraint(limit, self.roots[i].unit))
        plain = {self.others.index(i): floor for i, floor in floors.items() if i not in self.roots}
        if index in self.roots:
            return self._find_root(index, limited, plain, deadline, start)
        solver = self._solver(limited, "")
        found = None if solver is None else solver.maximize(self.others.index(index), plain, deadline, start)
        return None if found is None else self._scored(found, found.bound)

    def _find_root(
        self, index: int, limited: Problem, floors: Mapping[int, float], deadline: float, start: float
    ) -> Solution | None:
        """Maximize an objective that is a root, by trials.

        Args:
            limited: The problem with the floors on roots as constraints, and the other objectives alone.
            floors: On the other objectives.
        """
        objective, root = self.problem.objectives[index], self.roots[index]
        worst, last = sorted(objective.sign * end for end in _ends(objective, root))
        best: Solution | None = None
        low, high = -math.inf, math.inf
        at = start or objective.sign * _first_value(self.problem, objective, root)
        step = 0.0
        is_cut = False
        for _ in range(TRIALS):
            tried, goal = _with_trial(limited, objective, root, objective.sign * at)
            size = self._size(tried, goal)
            tried, goal = _with_trial(limited, objective, root, objective.sign * at, goal.sign * size)
            tried = replace(tried, objectives=(*limited.objectives, goal))
            try:
                solver = self._solver(tried, goal.quantity)
                found = None if solver is None else solver.maximize(len(limited.objectives), floors, deadline)
            except (TimeoutError, KeyboardInterrupt):
                if best is None:
                    raise
                is_cut = True
                break
            if found is None:
                return None
            is_cut = found.is_cut
            scored = self._scored(found, math.inf)
            reached = scored.scores[index]
            if reached == math.inf:
                raise SolverFailure(f"{objective} has no optimum: a design has {root.name} beyond {root.between[1]}")
            if best is None or reached > low:
                best, low = scored, reached
            # The sign of the bound decides; what was added keeps the solver's relative gap meaningful at zero.
            if found.bound < size:
                high = min(high, at)
            smallest = self.gap * max(abs(low), 1e-6 * (last - worst))
            if high - low <= smallest or is_cut:
                break
            # Just beyond the best design known; farther each time that this decided nothing.
            undecided = found.bound >= size and reached <= at
            step = max(8 * step, smallest / 2) if undecided else smallest / 2
            at = min(low + step, last)
            if at >= high:
                break
        assert best is not None
        if math.isinf(high):
            if is_cut:
                raise TimeoutError
            raise SolverFailure(f"no bound on {objective} was found below {root.between[1]}")
        return replace(best, bound=max(high, low) + ROOM * self.sizes[index], is_cut=is_cut)

    def _solver(self, problem: Problem, goal: str) -> ExactSolver | None:
        """Return the solver of a problem; the last ones are kept."""
        key = (tuple(map(str, problem.constraints)), goal)
        if key not in self.solvers:
            while len(self.solvers) >= 4:
                del self.solvers[next(iter(self.solvers))]
            self.solvers[key] = self.build(problem)
        return self.solvers[key]

    def _scored(self, found: Solution, bound: float) -> Solution:
        """Return a solution of a problem without roots as one of the problem itself."""
        names = [self.problem.objectives[i].name for i in self.roots]
        values = self.problem.evaluate(as_columns(found.design), names)
        scores = dict(zip(self.others, found.scores, strict=False))
        scores |= {i: o.sign * float(values[o.name][0]) for i in self.roots for o in [self.problem.objectives[i]]}
        return Solution(found.design, tuple(scores[i] for i in range(self.objectives)), bound, found.is_cut)

    def _size(self, problem: Problem, goal: Objective) -> float:
        """Return the typical size of what a trial maximizes."""
        values = np.abs(problem.evaluate(self._sample, [goal.quantity])[goal.quantity])
        return float(np.median(values)) or 1.0

    @cached_property
    def _sample(self) -> dict[str, np.ndarray]:
        return self.problem.random_designs(64)


def _root(problem: Problem, criterion: Objective | Constraint) -> Root | None:
    """Return the root that a criterion is; None if it is none."""
    name = criterion.quantity
    if name not in problem.model or name in problem.values:
        return None
    eq = problem.model[name]
    return eq if isinstance(eq, Root) else None


def _ends(objective: Objective, root: Root) -> tuple[float, float]:
    """Return the worst and the best value of a root's range."""
    low, high = root.range
    return (low, high) if objective.sign > 0 else (high, low)


def _with_trial(problem: Problem, o: Objective, root: Root, at: float, added: float = 0.0) -> tuple[Problem, Objective]:
    """Return a problem whose model has a trial, and the objective that is positive where the root is better."""
    eq = trial(root, problem.model[root.of], at, added)
    better_if_positive = o.sign * (1.0 if root.falls else -1.0)
    return _with(problem, eq), Objective("maximize" if better_if_positive > 0 else "minimize", eq.name)


def _with_row(problem: Problem, root: Root, c: Constraint) -> Problem:
    """Return a problem with a limit on a root as a limit on what the root looks for."""
    eq = trial(root, problem.model[root.of], c.limit)
    not_negative = c.sign * (1.0 if root.falls else -1.0) > 0
    row = Constraint(eq.name, ">=" if not_negative else "<=", 0.0, eq.unit)
    return replace(_with(problem, eq), constraints=(*problem.constraints, row))


def _with(problem: Problem, eq: Trial) -> Problem:
    return replace(problem, model=problem.model.with_equations(eq))


def _first_value(problem: Problem, o: Objective, root: Root) -> float:
    """Return where to begin: the root of the base design, else the value that the parameter has, within the range."""
    low, high = sorted(_ends(o, root))
    known = math.nan
    if problem.start is not None:
        try:
            known = float(problem.evaluate(as_columns(problem.start), [root.name])[root.name][0])
        except NotFinite:
            known = math.nan
    if not math.isfinite(known):
        given = problem.values.get(root.over, math.nan)
        known = float(given) if isinstance(given, float) and math.isfinite(given) else (low + high) / 2
    return min(max(known, low), high)
