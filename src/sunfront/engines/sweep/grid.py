"""A full grid of designs, evaluated in boxes: each quantity only along the axes that it depends on."""

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
    """The designs of a grid, numbered so that the last axis varies fastest.

    Attributes:
        problem: Problem whose constraints need no samples of uncertain parameters.
        axes: Values of each variable.
    """

    problem: Problem
    axes: tuple[Array, ...]

    @classmethod
    def from_problem(cls, problem: Problem, points: int) -> Grid:
        """Return a grid of ``points`` values of each variable; all of them if it has fewer or is a preset variable."""
        return cls(problem, tuple(_axis(v, points) for v in problem.variables))

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(len(axis) for axis in self.axes)

    @property
    def total(self) -> int:
        return math.prod(self.shape)

    def boxes(self, size: int) -> list[tuple[int, int]]:
        """Divide the numbers of the grid into ranges (start, stop), each a box of at most ``size`` designs."""
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

    def feasible_numbers(self, start: int, stop: int) -> NDArray[np.intp]:
        """Return the numbers of the designs of a box that meet every constraint.

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
            # A box is a range of one axis, one value of each axis before it, and all values of each axis after it.
            given[v.name] = axis[first[i] : last[i] + 1].reshape(along)
        box = tuple(int(b - a) + 1 for a, b in zip(first, last, strict=True))
        quantities = problem.evaluate_broadcast(given, [c.quantity for c in problem.constraints])
        feasible = np.ones((1,) * count, dtype=bool)
        # Small arrays first: few quantities depend on every axis of the box.
        for c in sorted(problem.constraints, key=lambda c: np.size(quantities[c.quantity])):
            feasible = feasible & c.is_met(quantities[c.quantity])
        return np.flatnonzero(np.broadcast_to(feasible, box)) + start

    def designs(self, numbers: NDArray[np.intp]) -> dict[str, Array]:
        """Return the values of every variable for design numbers, each an array (designs,)."""
        indices: Sequence[NDArray[np.intp]] = np.unravel_index(numbers, self.shape)
        return {v.name: axis[index] for v, axis, index in zip(self.problem.variables, self.axes, indices, strict=True)}


def _axis(variable: Variable, points: int) -> Array:
    """Return ``points`` values of a variable from low to high, or all if it has fewer or is a preset variable."""
    count = len(variable.choices) if variable.labels else min(variable.size or points, points)
    shares = np.arange(count) / max(count - 1, 1)
    if variable.size is None:
        return np.asarray(variable.values_at(shares))
    return variable.at(np.round(shares * (variable.size - 1)).astype(int))
