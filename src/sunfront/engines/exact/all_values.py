"""What a catalogue proves about its own values, proved about all values of the continuous variables.

The range between two neighboring values is a box. Programs that relax all designs of a box bound them. A box that could
hold a design beyond a bound is split, and the values in its middle are tried as options, until no box is left.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.engines.exact.catalogue import Catalogue, amount_names, build_catalogue, scope_of_all
from sunfront.engines.exact.option_bounds import beyond, scales_of
from sunfront.engines.exact.option_boxes import Boxes, relax
from sunfront.engines.exact.option_trees import TreeSolver
from sunfront.engines.exact.ranges import Interval
from sunfront.engines.exact.sifting import SiftingSolver
from sunfront.engines.exact.solver_protocol import Solution
from sunfront.problem.certificate import Certificate, Fact
from sunfront.problem.problem import Problem
from sunfront.problem.variables import Variable

#: Relative gap of a solve over the values that are tried.
GAP = 1e-4

#: Most boxes that are open at once.
MOST_BOXES = 20_000

#: Most boxes whose middle is tried.
MOST_TRIED = 64

#: Most rounds of splitting: a count, so that the answer does not depend on the clock.
MOST_ROUNDS = 100

#: Into how many boxes one is split. Reading the equations takes most of the time, however many boxes there are.
PIECES = 8


class Proof(NamedTuple):
    """What is proved over all values.

    Attributes:
        certificate: Of the first objective alone, without floors, if no more was decided.
        best: The best design in the first objective, between the values of the catalogue or at them.
    """

    certificate: Certificate
    best: Solution


def prove_all_values(
    problem: Problem,
    shells: int,
    certificate: Certificate,
    points: Sequence[Solution],
    slack: Array,
    deadline: float,
) -> Proof:
    """Bound every design over all values, with the floors of the facts of a catalogue.

    Args:
        certificate: Of the catalogue.
        points: Its designs.
        slack: By how much a bound may exceed the best design known, array (objectives,).
        deadline: Value of ``time.monotonic`` at which to stop.

    Raises:
        TimeoutError: The deadline passed, or the boxes did not close, before the first objective was decided.
        NonlinearEquation, UserError: As ``relax``.
    """
    prover = BoxProver(problem, shells, deadline)

    def bounded(index: int, floors: Mapping[int, float]) -> tuple[Solution | None, float]:
        above = [point for point in points if all(point.scores[i] >= f for i, f in floors.items())]
        known = max(above, key=lambda point: point.scores[index], default=None)
        found = prover.best(index, floors, known, float(slack[index]))
        return found, -math.inf if found is None else found.scores[index] + float(slack[index])

    best, bound = bounded(0, {})
    assert best is not None
    scope = scope_of_all(problem)
    facts, ceilings = [], []
    try:
        for fact in needed(certificate.facts):
            floors = {i: f for i, f in enumerate(fact.floors, 1) if f > -math.inf}
            facts.append(Fact(fact.floors, bounded(0, floors)[1] if floors else bound))
        ceilings = [bounded(i, {})[1] for i in range(1, len(problem.objectives))]
    except (TimeoutError, KeyboardInterrupt):
        return Proof(Certificate((Fact((), bound),), (), scope), best)
    return Proof(Certificate(tuple(facts), tuple(ceilings), scope), best)


def needed(facts: Sequence[Fact]) -> list[Fact]:
    """Return the facts that no other one implies."""
    found: list[Fact] = []
    for fact in sorted(set(facts), key=lambda f: (f.bound, f.floors)):
        if not any((np.array(other.floors) <= np.array(fact.floors)).all() for other in found):
            found.append(fact)
    return found


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
