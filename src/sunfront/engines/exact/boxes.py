"""What the points and bounds of a frontier leave undecided, as boxes in the space of the further objectives.

A bound at the lower edge of a box holds in the whole box; a point at or above its upper edge shows that its first
objective is reached throughout. The box is closed where both agree. Boxes are disjoint, and reach down to minus
infinity: the worst of an objective along a frontier is not known from the designs that are best in the others.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.engines.exact.solver_protocol import FLOOR_TOLERANCE
from sunfront.problem.certificate import Fact, Measure, missed, missed_below
from sunfront.problem.preference import Region

#: How far below a floor a solve may end, in tolerances of a floor: the solver has rounding of its own. It is less than
#: the distance from a point to the floor that excludes it.
BELOW = 1.05

#: Which boxes.
Rows = slice | list[int]

#: A step of the frontier that is a smaller share of the side of a box is small.
STEP = 0.05


class Boxes:
    """The boxes that are not closed.

    Args:
        ends: Proved highest scores, array (objectives,).
        margin: Distance in scores from the lower edge of a box to its floors, array (objectives,); of the first
            objective, within which bound and point agree.

    Attributes:
        low, high: Edges, arrays (boxes, further objectives); low may be minus infinity.
        outer: Bound on the first objective in each box, array (boxes,).
        inner: Best first objective of the points that are at least ``high``; minus infinity if there are none.
        left: What the solve with the floors of each box left open when it gave up; infinite if it found nothing.
    """

    def __init__(self, ends: Array, margin: Array) -> None:
        self.margin = margin.copy()
        self.low = np.full((1, len(ends) - 1), -np.inf)
        self.high = ends[None, 1:].copy()
        self.outer, self.inner = ends[:1].copy(), np.array([-np.inf])
        self.left = np.zeros(1)
        self._follows = np.zeros(1, dtype=bool)  # whether the lower edge is that of a small step

    def __len__(self) -> int:
        return len(self.low)

    def begin_at(self, low: Array) -> None:
        """Leave out what is below the scores ``low``, array (objectives,); the first floors are these."""
        start = low[1:] - self.margin[1:]
        self.low[:] = np.where(start + self.margin[1:] > low[1:], np.nextafter(start, -np.inf), start)
        self.inner[:] = low[0] - self.margin[0]

    def floors(self, box: int) -> Array:
        """Return the floors with which a solve bounds a box, array (further objectives,)."""
        found: Array = self.low[box] + self.margin[1:]
        return found

    def add_fact(self, fact: Fact) -> None:
        """Lower the tops of the boxes by a fact."""
        applies = (self.low + self.margin[1:] >= np.array(fact.floors)).all(axis=1)
        self.outer[applies] = np.minimum(self.outer[applies], fact.bound)

    def add_point(self, point: Array) -> None:
        """Raise what is reached in the boxes by a point, array (objectives,)."""
        applies = (self.high <= point[1:]).all(axis=1)
        self.inner[applies] = np.maximum(self.inner[applies], point[0])

    def add_answer(self, floors: Array, point: Array) -> None:
        """Widen the margin if a solve ended farther below its floors than expected: it must not find the point again.

        Args:
            point: Array (objectives,).
        """
        missed = floors - point[1:]
        is_missed = missed > BELOW * FLOOR_TOLERANCE * np.abs(floors)
        self.margin[1:] = np.maximum(self.margin[1:], np.where(is_missed, 2 * missed, 0.0))

    def give_up(self, floors: Sequence[float], left: float, points: Array) -> None:
        """Note that a solve with the floors of a box gave up with this much left open.

        If it found nothing, what is in the upper half of the box is looked for there.
        """
        for box in np.flatnonzero((self.low + self.margin[1:] == np.array(floors)).all(axis=1)).tolist():
            self.left[box] = left
            if left == np.inf:
                axis = int(np.argmax(self.high[box] - self.low[box]))
                self.cut(box, axis, float(self.low[box, axis] + self.high[box, axis]) / 2, False, points)

    def close(self) -> NDArray[np.bool_]:
        """Leave out the boxes whose bound is reached, or that are no larger than the margin.

        Returns:
            Which boxes are kept, array (boxes,).
        """
        kept: NDArray[np.bool_] = (self.high - self.low > self.margin[1:]).all(axis=1)
        # Where a solve gave up, smaller steps than what it left open are no gain.
        open_ = np.where(self.inner > -np.inf, self.inner + np.maximum(self.margin[0], 2 * self.left), -np.inf)
        kept &= self.outer > open_
        self.low, self.high = self.low[kept], self.high[kept]
        self.outer, self.inner = self.outer[kept], self.inner[kept]
        self.left, self._follows = self.left[kept], self._follows[kept]
        return kept

    def known(self, box: int, points: Array) -> Array | None:
        """Return the best of the points above the floors of a box, if the bound says that no design is better.

        A solve lowers its floors by FLOOR_TOLERANCE; what it finds there is above them too. On a steep frontier it
        would be asked again and again.

        Args:
            points: Array (points, objectives).
        """
        floors = self.floors(box)
        above = points[(points[:, 1:] >= floors - BELOW * FLOOR_TOLERANCE * np.abs(floors)).all(axis=1)]
        if not len(above):
            return None
        best: Array = above[np.argmax(above[:, 0])]
        return best if self.outer[box] - best[0] <= max(self.margin[0], self.left[box]) else None

    def where(self, box: int, corner: Array, sizes: Array) -> tuple[int, float, bool]:
        """Return the axis in which to cut a box, and where: at the point of its lower edge, or in the middle.

        One small step may be followed by a large one; many of them are as good as smooth, and the box is halved.

        Args:
            corner: The best point above the floors of the box, array (objectives,).
            sizes: Ranges of the objectives, array (objectives,).

        Returns:
            Axis, place, and whether this is a small step.
        """
        low, high, step = self.low[box], self.high[box], corner[1:]
        sides = (high - np.maximum(low, step - sizes[1:])) / sizes[1:]
        within = (step > low + 2 * self.margin[1:]) & (step < high)
        is_small = (low > -np.inf) & (step - low <= STEP * sides * sizes[1:])
        is_step = within & ~(is_small & self._follows[box])
        axis = int(np.argmax(np.where(is_step, sides, -np.inf) if is_step.any() else np.where(low > -np.inf, sides, 0)))
        if is_step[axis]:
            return axis, float(step[axis]), bool(is_small[axis])
        return axis, float(low[axis] + high[axis]) / 2, False

    def cut(self, box: int, axis: int, at: float, follows: bool, points: Array) -> None:
        """Cut a box in two; the upper piece is last.

        Args:
            follows: Whether the cut is at a small step.
        """
        rows = [*range(len(self)), box]
        self.low, self.high = self.low[rows], self.high[rows]
        self.outer, self.inner = self.outer[rows], self.inner[rows]
        self.left, self._follows = self.left[rows], self._follows[rows]
        self.left[-1], self._follows[-1] = 0.0, follows
        self.high[box, axis] = self.low[-1, axis] = at
        reached = points[(points[:, 1:] >= self.high[box]).all(axis=1), 0]
        self.inner[box] = max(self.inner[box], reached.max(initial=-np.inf))

    def volumes(self, reference: Array, rows: Rows) -> Array:
        """Return the volume between bound and points of some boxes, above a reference point; array (rows,)."""
        sides = np.maximum(self.high[rows] - np.maximum(self.low[rows], reference[1:]), 0.0)
        heights = np.maximum(self.outer[rows] - np.maximum(self.inner[rows], reference[0]), 0.0)
        found: Array = heights * sides.prod(axis=1)
        return found

    def missed(
        self, measure: Measure, points: Array, reference: Array, sizes: Array, region: Region, rows: Rows
    ) -> Array:
        """Return by how much designs of some boxes may be missed; of "hypervolume" those below the reference point.

        Returns:
            Array (rows,).
        """
        corners = np.column_stack([self.outer[rows], self.high[rows]])
        if measure == "hypervolume":
            return missed_below(corners, points, reference, sizes, region)
        return missed(corners, points, sizes if measure == "additive" else None)
