"""The frontier of two objectives with a proof: the epsilon-constraint method, the next floor where most is unknown.

Each solve maximizes the first objective with the second at least a floor. It yields a point, and a fact: nothing
with the second objective at least the floor has the first above the bound. Points make an inner staircase, facts an
outer one, and the true frontier lies between.

The next floor goes where the largest rectangle between the staircases is: first a hair above its left point, which
closes it at one blow where the frontier is a step (the next tier of a catalogue), else in its middle, which halves it.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from sunfront.certificate import Certificate, Gap, measure, outer_staircase
from sunfront.engines.program import LOOSE, Program, Solved
from sunfront.errors import SolverFailure

Report = Callable[[Gap, int], None]


def trace(
    program: Program, gap: float, deadline: float, scope: str, report: Report
) -> tuple[list[Solved], Certificate, bool] | None:
    """Certified points of the frontier.

    Args:
        gap: Stop when this share of the outer hypervolume may be missing.
        deadline: Value of ``time.monotonic`` at which to stop with what is proved.
        report: Called after each point.

    Returns:
        Points, what is proved, and whether the gap was reached; None if no design is feasible.

    Raises:
        TimeoutError: The deadline came before the frontier's ends were known.
    """
    ends = _ends(program, deadline)
    if ends is None:
        return None
    points, facts, ceiling = ends
    low = min(p.scores[1] for p in points)
    # The slivers left open beside the points are a tenth of what may stay open.
    hair = max(0.1 * gap * (ceiling - low), 3 * LOOSE * max(abs(ceiling), abs(low)))
    smooth: set[float] = set()  # second scores of points from which the frontier goes on without a step
    while True:
        certificate = Certificate(tuple(facts), ceiling, scope)
        try:
            now = measure(np.array([p.scores for p in points]), certificate)
            report(now, len(points))
            if now.relative <= gap:
                return points, certificate, True
            floor = _next_floor(points, certificate, hair, smooth)
            if floor is None:
                return points, certificate, False
            known = max((p.scores[0] for p in points if p.scores[1] >= floor), default=0.0)
            found = program.maximize(0, {1: floor}, deadline, start=known)
            if found is None:  # rounding: the floor is a hair above what there is
                facts.append((floor, min(p.scores[0] for p in points)))
                continue
            facts.append((floor, found.bound))
            points.append(found)
            points[-1] = _lift(program, found, deadline)
            if points[-1].scores[1] <= floor + hair:
                smooth.add(points[-1].scores[1])  # of the lifted point: its edge is the one looked up
        except (TimeoutError, KeyboardInterrupt):
            return points, Certificate(tuple(facts), ceiling, scope), False


def _ends(program: Program, deadline: float) -> tuple[list[Solved], list[tuple[float, float]], float] | None:
    """Both ends of the frontier by lexicographic solves, the first facts, and the second objective's bound."""
    best_first = program.maximize(0, {}, deadline)
    if best_first is None:
        return None
    facts = [(-np.inf, best_first.bound)]
    left = _lift(program, best_first, deadline)
    best_second = program.maximize(1, {}, deadline)
    if best_second is None:
        raise SolverFailure("HiGHS found a design for the first objective and none for the second")
    floor = best_second.scores[1]
    right = program.maximize(0, {1: floor}, deadline)
    if right is None:  # rounding
        right = best_second
    else:
        facts.append((floor, right.bound))
    return [left, right], facts, best_second.bound


def _lift(program: Program, point: Solved, deadline: float) -> Solved:
    """The point with the most of the second objective among those as good in the first."""
    lifted = program.maximize(1, {0: point.scores[0]}, deadline)
    if lifted is None or lifted.scores[1] <= point.scores[1]:
        return point
    return Solved(lifted.design, lifted.scores, point.bound)


def _next_floor(points: list[Solved], certificate: Certificate, hair: float, smooth: set[float]) -> float | None:
    """Where to look next, in the second objective; None if nothing but rounding is left."""
    low = min(p.scores[1] for p in points)
    steps = outer_staircase(certificate, low)
    assert certificate.ceiling is not None
    cuts = sorted({low, certificate.ceiling, *(s for s, _ in steps), *(p.scores[1] for p in points)})
    cuts = [cut for cut in cuts if low <= cut <= certificate.ceiling]
    asked = {at for at, _ in certificate.facts}
    edges = {p.scores[1] for p in points} - smooth
    best, floor = 0.0, None
    for start, end in pairwise(cuts):
        outer = min(bound for at, bound in steps if at <= start)
        inner = max((p.scores[0] for p in points if p.scores[1] >= end), default=min(p.scores[0] for p in points))
        area = (end - start) * (outer - inner)
        if area > best and end - start > 1e-7 * (certificate.ceiling - low):
            step = start in edges and end - start > 2 * hair
            here = start + hair if step else (start + end) / 2
            if here not in asked:  # the same question has the same answer
                best, floor = area, here
    return floor
