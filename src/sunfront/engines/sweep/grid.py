"""A full grid, evaluated in boxes: each quantity only over the axes that it depends on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.problem.problem import Problem
from sunfront.problem.variables import Variable


@dataclass(frozen=True)
class Grid:
    """The designs of a grid, numbered so that the last axis runs fastest.

    Attributes:
        problem: What is evaluated.
        axes: Values of each variable.
    """

    problem: Problem
    axes: tuple[Array, ...]

    @classmethod
    def of(cls, problem: Problem, points: int) -> Grid:
        """The grid of ``points`` values along each variable; of all where there are fewer, or it is a category."""
        return cls(problem, tuple(_axis(v, points) for v in problem.variables))

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(len(axis) for axis in self.axes)

    @property
    def total(self) -> int:
        return math.prod(self.shape)

    def boxes(self, size: int) -> list[tuple[int, int]]:
        """Stretches (start, stop) of the grid that are boxes of at most about ``size`` designs."""
        tail, axis = 1, len(self.shape)
        while axis and tail * self.shape[axis - 1] <= size:
            axis -= 1
            tail *= self.shape[axis]
        if not axis:
            return [(0, self.total)]
        length, step = self.shape[axis - 1], max(size // tail, 1)
        return [
            (first + low * tail, first + min(low + step, length) * tail)
            for first in range(0, self.total, length * tail)
            for low in range(0, length, step)
        ]

    def met(self, start: int, stop: int) -> NDArray[np.intp]:
        """Numbers of the designs of a box that meet every constraint.

        Raises:
            NotFinite: A constrained quantity is NaN or infinite.
        """
        first, last = np.transpose(np.unravel_index([start, stop - 1], self.shape))
        problem = self.problem
        count = len(self.shape)
        given = dict(problem.values)
        for i, (v, axis) in enumerate(zip(problem.variables, self.axes, strict=True)):
            along = [1] * count
            along[i] = -1
            # A box is some stretch of one axis, one value of those before it, and all of those after it.
            given[v.name] = axis[first[i] : last[i] + 1].reshape(along)
        box = tuple(int(b - a) + 1 for a, b in zip(first, last, strict=True))
        quantities = problem.evaluate_broadcast(given, [c.quantity for c in problem.constraints])
        met = np.ones((1,) * count, dtype=bool)
        # The small ones first: few quantities need the whole box.
        for c in sorted(problem.constraints, key=lambda c: np.size(quantities[c.quantity])):
            met = met & (c.sign * (c.limit - quantities[c.quantity]) <= c.rounding)
        return np.flatnonzero(np.broadcast_to(met, box)) + start

    def designs(self, numbers: NDArray[np.intp]) -> dict[str, Array]:
        """For every variable an array (designs,)."""
        indices: Sequence[NDArray[np.intp]] = np.unravel_index(numbers, self.shape)
        return {v.name: axis[index] for v, axis, index in zip(self.problem.variables, self.axes, indices, strict=True)}


def _axis(variable: Variable, points: int) -> Array:
    count = len(variable.choices) if variable.labels else min(variable.size or points, points)
    share = np.arange(count) / max(count - 1, 1)
    if variable.values is None:
        return np.asarray(variable.values_at(share))
    chosen: Array = np.array(variable.values)[np.round(share * (len(variable.values) - 1)).astype(int)]
    return chosen
