"""What a catalogue proves about its own values, proved about all values of the continuous variables.

The range between two neighboring values is a box. Programs that relax all designs of a box bound them. A box that could
hold a design beyond a bound is split, and the values in its middle are tried as options, until no box is left.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.engines.exact.catalogue import Catalogue, amount_names, build_catalogue, scope_of_all
from sunfront.engines.exact.frontier import ENDS, FACTOR, TIGHTER, Frontier, Report, close, fault_of
from sunfront.engines.exact.option_bounds import beyond, scales_of
from sunfront.engines.exact.option_boxes import Boxes, relax
from sunfront.engines.exact.option_trees import TreeSolver
from sunfront.engines.exact.pool import Floors
from sunfront.engines.exact.ranges import Interval
from sunfront.engines.exact.sifting import SiftingSolver
from sunfront.engines.exact.solver_protocol import Solution, maximize_lexicographically
from sunfront.problem.certificate import Certificate, Fact, Measure
from sunfront.problem.preference import Region
from sunfront.problem.problem import Problem
from sunfront.problem.variables import Variable

#: Relative gap of a solve over the values that are tried.
GAP = 1e-4

#: Most boxes that are open at once.
MOST_BOXES = 20_000

#: Most boxes whose middle is tried.
MOST_TRIED = 64

#: How often steps beside a known design are halved; and most variables that are changed together.
HALVED, MOST_CROSSED = 6, 4

#: Most rounds of splitting: a count, so that the answer does not depend on the clock.
MOST_ROUNDS = 100

#: Into how many boxes one is split. Reading the equations takes most of the time, however many boxes there are.
PIECES = 8

#: Of the gap, what a solve of a front may leave open.
SHARE = 0.25

#: Most solves for a front of two objectives, and how many times as many each further one may take: a count, as that of
#: rounds.
MOST_SOLVES, FURTHER = 300, 10


class Proof(NamedTuple):
    """What is proved over all values.

    Attributes:
        certificate: Of the first objective alone, without floors, if no more was decided; None if that was not either.
        best: The best design in the first objective, between the values of the catalogue or at them.
        points: Designs of the front, between the values of the catalogue or at them.
        end: Why no bound is known, or the front was not closed; empty if it was, or if there is one objective.
        is_interrupted: It was interrupted.
    """

    certificate: Certificate | None
    best: Solution
    points: list[Solution]
    end: str = ""
    is_interrupted: bool = False


def prove_all_values(
    problem: Problem,
    shells: int,
    points: Sequence[Solution],
    sizes: Array,
    gap: float,
    measure: Measure,
    deadline: float,
    report: Report,
) -> Proof:
    """Bound every design over all values; with several objectives, find their front between the values too.

    Args:
        points: Designs of a catalogue.
        sizes: What the gap is a share of, for each objective; array (objectives,).
        gap: What may be missing, as a share.
        measure: What the gap is measured by.
        deadline: Value of ``time.monotonic`` at which to stop.
        report: As of ``trace_frontier``.

    Raises:
        TimeoutError: The deadline passed, or the boxes did not close, before the first objective was decided, and no
            better design was found.
        NonlinearEquation, UserError: As ``relax``.
    """
    count = len(problem.objectives)
    prover = BoxProver(problem, shells, deadline)
    solver = _FrontSolver(prover, sizes * gap * (1 / 2 if count == 1 else SHARE))
    try:
        best = solver.best(0, {}, points)
    except TimeoutError as error:
        known = max(points, key=lambda point: point.scores[0])
        better = prover.improved(known)
        if better is known:
            raise
        return Proof(None, better, list(points), str(error) or "no time was left")
    assert best is not None
    scope = scope_of_all(problem)
    found = Frontier(list(points), [Fact((-math.inf,) * (count - 1), best.bound)], (), scope)
    found.add_point(best)
    region = problem.preference if isinstance(problem.preference, Region) else Region.everywhere(count)
    why, is_interrupted = "", False
    try:
        for i in range(1, count):
            end = solver.best(i, {}, found.points)
            assert end is not None
            found.add_point(end)
            found.ceilings = (*found.ceilings, end.bound)
        for _ in range(1 + TIGHTER if count > 1 else 0):
            if close(solver, found, gap, measure, region, deadline, report):
                break
            solver.slack *= FACTOR
        else:
            why = "its solves leave too much open" if count > 1 else ""
    except ENDS as error:
        is_interrupted = isinstance(error, KeyboardInterrupt)
        late = "no time was left; a longer engine.time_limit may do it"
        why = "interrupted; the same command goes on" if is_interrupted else fault_of(error) or str(error) or late
        if not found.has_ends:
            first = Certificate((Fact((), best.bound),), (), scope)
            return Proof(first, best, list(points), why, is_interrupted)
    top = max(found.points, key=lambda point: point.scores[0])
    return Proof(found.certificate, top, found.points, why, is_interrupted)


class _FrontSolver:
    """What solves for a front over all values, in place of a pool of solvers.

    Args:
        slack: By how much a bound may exceed the best design found, array (objectives,).
    """

    count = 1

    def __init__(self, prover: BoxProver, slack: Array) -> None:
        self.prover, self.slack, self.solves = prover, slack, 0
        self.objectives = len(prover.problem.objectives)

    def best(self, index: int, floors: Mapping[int, float], points: Sequence[Solution]) -> Solution | None:
        """Maximize a score; None if no design is above the floors."""
        above = [point for point in points if all(point.scores[i] >= f for i, f in floors.items())]
        known = max(above, key=lambda point: point.scores[index], default=None)
        self.prover.rounds = 0
        found = self.prover.best(index, floors, known, float(self.slack[index]))
        if found is None:
            return None
        bound = found.scores[index] + float(self.slack[index])
        if found is not known and self.objectives > 1:
            found = self._improved(found, index, floors)
        return replace(found, bound=max(bound, found.scores[index]))

    def _improved(self, found: Solution, index: int, floors: Mapping[int, float]) -> Solution:
        """Improve the other objectives too, at the same values of the variables that are no amounts."""
        prover = self.prover
        options = {name: np.array([found.design[name]]) for name in prover.boxes[0]}
        catalogue = build_catalogue(prover.problem, prover.shells, given=options)
        if not catalogue.size:
            return found
        solver = SiftingSolver(catalogue, GAP)
        better = maximize_lexicographically(solver, index, floors, prover.deadline, found.scores[index])
        return better or found

    def solve(
        self, floors: Floors, points: Sequence[Solution], deadline: float, following: Sequence[Floors] = ()
    ) -> Iterator[Solution | None]:
        """Maximize the first objective above floors, as ``Pool.solve``.

        Raises:
            TimeoutError: There were as many solves as are made.
        """
        self.solves += 1
        most = MOST_SOLVES * FURTHER ** max(self.objectives - 2, 0)
        if self.solves > most:
            raise TimeoutError(f"{most} solves did not suffice; ask for a larger gap")
        yield self.best(0, {i: f for i, f in enumerate(floors, 1) if f > -math.inf}, points)


class BoxProver:
    """Bounds over all values of a problem.

    Attributes:
        members: The problem for each choice of presets that replace equations.
        boxes: Those between the values of the catalogue, for each member.
        scales: Of the objectives.
    """

    def __init__(self, problem: Problem, shells: int, deadline: float) -> None:
        self.problem, self.shells, self.deadline = problem, shells, deadline
        self.scales = [o.scale for o in build_catalogue(problem, shells).objectives]
        self.members = list(problem.members())
        self.boxes = [boxes_of(member, shells) for member in self.members]
        self.relaxed: dict[int, tuple[Catalogue, NDArray[np.intp]]] = {}
        self.rounds = 0

    def best(self, index: int, floors: Mapping[int, float], known: Solution | None, slack: float) -> Solution | None:
        """Return a design above the floors whose score no other one exceeds by more than the slack.

        Args:
            known: A design above the floors, if one is known.

        Returns:
            None if no design reaches the floors.
        """

        def bound() -> float:
            return -math.inf if known is None else known.scores[index] + slack

        for number, member in enumerate(self.members):
            for boxes in self._left(number, index, floors, bound):
                tried = {name: _middle(self.problem, name, v[:MOST_TRIED]) for name, v in boxes.items()}
                known = self._try(member, tried, index, floors, known) or known
        return known

    def excludes(self, index: int, floors: Mapping[int, float], bound: float) -> bool:
        """Whether no design above the floors exceeds a bound, as far as the boxes close."""
        self.rounds = 0
        try:
            for number in range(len(self.members)):
                for _ in self._left(number, index, floors, lambda: bound):
                    pass
        except TimeoutError:
            return False
        return True

    def _left(
        self, number: int, index: int, floors: Mapping[int, float], bound: Callable[[], float]
    ) -> Iterator[Boxes]:
        """Yield the boxes that may hold a design beyond a bound; then split them, until none is left.

        Raises:
            TimeoutError: The deadline passed, or there are too many boxes.
        """
        member, boxes = self.members[number], self.boxes[number]
        if number not in self.relaxed:
            self.relaxed[number] = relax(member, boxes, self.scales)
        relaxed, turn = self.relaxed[number], 0
        while True:
            left = self.open(relaxed, index, floors, bound())
            if not len(left):
                return
            if time.monotonic() > self.deadline:
                raise TimeoutError
            self.rounds += 1
            if PIECES * len(left) > MOST_BOXES or self.rounds > MOST_ROUNDS:
                raise TimeoutError("too many boxes are left")
            boxes = {name: values[left] for name, values in boxes.items()}
            yield boxes
            boxes, turn = self.split(boxes, turn), turn + 1
            relaxed = relax(member, boxes, self.scales)

    def split(self, boxes: Boxes, turn: int) -> Boxes:
        """Split boxes along the variable whose turn it is: first the first piece of each box, then the second one."""
        free = self.problem.continuous_options
        return _split(boxes, free[turn % len(free)])

    def open(
        self, relaxed: tuple[Catalogue, NDArray[np.intp]], index: int, floors: Mapping[int, float], score: float
    ) -> NDArray[np.intp]:
        """Return the boxes that may hold a design with more than a score."""
        catalogue, of_box = relaxed
        if not catalogue.size:
            return of_box
        target = np.ones((len(catalogue.columns) + 1, catalogue.size))
        target[:-1] = 0.0
        if score > -math.inf:
            o = catalogue.objectives[index]
            target = beyond(o, score / o.scale, scales_of(catalogue))
        if not catalogue.columns:  # no amounts: the score itself is bounded; floors and rows are left out
            return np.unique(of_box[target[-1] > 0])
        reached = TreeSolver(catalogue, 0.0).may_exceed(target, floors, self.deadline)
        return np.unique(of_box[reached])

    def improved(self, known: Solution) -> Solution:
        """Look for designs better in the first objective beside a known one, ever nearer to it."""
        free = self.problem.continuous_options[:MOST_CROSSED]
        moves = [m.ravel() for m in np.meshgrid(*[(-1.0, 0.0, 1.0)] * len(free), indexing="ij")]
        share, least = 1.0 / self.shells, 0.5**HALVED / self.shells
        while share > least and time.monotonic() < self.deadline:
            options = {name: np.full(len(moves[0]), known.design[name]) for name in self.boxes[0]}
            for v, move in zip(free, moves, strict=True):
                options[v.name] = np.clip(options[v.name] + share * move * (v.high - v.low), v.low, v.high)
            try:
                better = self._try(self.problem, options, 0, {}, known)
            except TimeoutError:
                break
            known, share = better or known, share if better else share / 2
        return known

    def _try(
        self,
        member: Problem,
        options: Mapping[str, Array],
        index: int,
        floors: Mapping[int, float],
        known: Solution | None,
    ) -> Solution | None:
        """Return the best design above the floors in some options, if it is better than the known one."""
        catalogue = build_catalogue(member, self.shells, given=options)
        if not catalogue.size:
            return None
        start = 0.0 if known is None else known.scores[index]
        return SiftingSolver(catalogue, GAP).maximize(index, floors, self.deadline, start, known is not None)


def boxes_of(member: Problem, shells: int) -> Boxes:
    """Return the boxes between the values of a catalogue, and every combination with the values of other variables."""
    axes = [v for v in member.variables if v.name not in amount_names(member)]
    ends = [v.spread(shells) if v.values is None else list(v.choices or v.values) for v in axes]
    counts = [len(e) - (v.values is None) for v, e in zip(axes, ends, strict=True)]
    places = [p.ravel() for p in np.meshgrid(*map(np.arange, counts), indexing="ij")]
    return {
        v.name: np.array(e)[at] if v.values is not None else Interval(np.array(e)[at], np.array(e)[at + 1])
        for v, e, at in zip(axes, ends, places, strict=True)
    }


def _cuts(v: Variable, range_of: Interval, count: int) -> Array:
    """Return the ends of so many pieces of ranges of a variable, array (count + 1, boxes)."""
    shares = np.linspace(0.0, 1.0, count + 1)[:, None]
    if v.log:
        found: Array = range_of.low * (range_of.high / range_of.low) ** shares
    else:
        found = range_of.low + (range_of.high - range_of.low) * shares
    found[-1] = range_of.high
    return found


def _middle(problem: Problem, name: str, values: Array | Interval) -> Array:
    """Return a value within each box."""
    if not isinstance(values, Interval):
        return values
    v = next(v for v in problem.variables if v.name == name)
    middle: Array = _cuts(v, values, 2)[1]
    return middle


def _split(boxes: Boxes, v: Variable) -> Boxes:
    """Split boxes along a variable."""
    range_of = boxes[v.name]
    assert isinstance(range_of, Interval)
    cuts = _cuts(v, range_of, PIECES)
    every = np.tile(np.arange(len(range_of)), PIECES)
    found = {name: values[every] for name, values in boxes.items()}
    found[v.name] = Interval(cuts[:-1].ravel(), cuts[1:].ravel())
    return found
