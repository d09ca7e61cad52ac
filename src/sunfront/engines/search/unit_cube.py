"""Designs as points of the unit cube, on which evolution and local steps work; grids are represented exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.problem.variables import Variable


def fingerprint(point: Array) -> bytes:
    """Return a key that is equal for points that differ only by rounding, as after a conversion of units and back."""
    return np.round(point, 9).tobytes()


class UnitCube:
    """Converts designs to points of the unit cube, one coordinate for each variable, and back.

    The coordinate of a continuous variable is the fraction of its range, or of the logarithm of it. A grid of n values
    divides [0, 1] into n cells; its coordinate is the middle of a cell, so that equal designs have equal points.

    Attributes:
        sizes: Number of values of each variable's grid; 0 if it is continuous.
        on_grid: Which variables have a grid.
        is_preset: Which variables are preset variables: the order of their values means nothing.
        cell: Width of a cell; 0 if continuous.
    """

    def __init__(self, variables: Sequence[Variable]) -> None:
        self.variables = tuple(variables)
        self.sizes = np.array([v.size or 0 for v in variables], dtype=int)
        self.on_grid = self.sizes > 0
        self.is_preset = np.array([bool(v.labels) for v in variables], dtype=bool)
        self.cell = np.where(self.on_grid, 1.0 / np.maximum(self.sizes, 1), 0.0)

    def snap(self, points: Array) -> Array:
        """Return the nearest points (designs, variables) that represent a design."""
        snapped: Array = np.clip(points, 0.0, 1.0)
        # Only the columns of grids are changed: most problems have both kinds of variables.
        sizes = self.sizes[self.on_grid]
        cells = np.minimum((snapped[:, self.on_grid] * sizes).astype(int), sizes - 1)
        snapped[:, self.on_grid] = (cells + 0.5) * self.cell[self.on_grid]
        return snapped

    def cells(self, points: Array) -> NDArray[np.int64]:
        """Return the number of the cell of each coordinate, array (designs, variables); 0 if it is continuous."""
        cells: NDArray[np.int64] = (points * self.sizes).astype(np.int64)
        return cells

    def designs(self, points: Array) -> dict[str, Array]:
        """Return the values of every variable, each an array (designs,)."""
        cells = self.cells(points)
        return {
            v.name: v.at(cells[:, i]) if self.on_grid[i] else np.clip(v.values_at(points[:, i]), v.low, v.high)
            for i, v in enumerate(self.variables)
        }

    def points(self, designs: Mapping[str, Array]) -> Array:
        """Return the points (designs, variables) of designs that lie on the grids and within the ranges."""
        columns = []
        for v in self.variables:
            values = np.asarray(designs[v.name], float)
            columns.append(v.shares_of(values) if v.size is None else (v.nearest(values) + 0.5) / v.size)
        return self.snap(np.stack(columns, axis=1)) if columns else np.empty((1, 0))
