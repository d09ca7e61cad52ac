"""Designs as rows of numbers from 0 to 1, on which evolution and local steps work; grids are kept exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.problem.variables import Variable


def fingerprint(gene: Array) -> bytes:
    """Equal for designs that differ only by rounding, as after the way through the units of a trial."""
    return np.round(gene, 9).tobytes()


class Genome:
    """The code between designs and genes.

    A continuous variable's gene is its share of the range. A grid of n values cuts [0, 1] into n cells; its gene is
    the middle of a cell, so that equal designs have equal genes.

    Attributes:
        sizes: Number of values of each variable's grid; 0 if it is continuous.
        grid: Which variables have a grid.
        category: Which variables have a grid whose order means nothing.
        values: Each variable's grid; empty if it is continuous.
        cell: Width of a cell; 0 if continuous.
    """

    def __init__(self, variables: Sequence[Variable]) -> None:
        self.variables = tuple(variables)
        self.sizes = np.array([v.size or 0 for v in variables], dtype=int)
        self.grid = self.sizes > 0
        self.category = np.array([bool(v.labels) for v in variables], dtype=bool)
        self.values = tuple(np.array(v.values or ()) for v in variables)
        self.cell = np.where(self.grid, 1.0 / np.maximum(self.sizes, 1), 0.0)

    def snapped(self, genes: Array) -> Array:
        """The nearest genes (designs, variables) that stand for a design."""
        within: Array = np.clip(genes, 0.0, 1.0)
        # Written into the grid's columns alone: most problems mix both kinds.
        cells = np.minimum((within[:, self.grid] * self.sizes[self.grid]).astype(int), self.sizes[self.grid] - 1)
        within[:, self.grid] = (cells + 0.5) * self.cell[self.grid]
        return within

    def cells(self, genes: Array) -> NDArray[np.int64]:
        """Index of each gene's cell; 0 if continuous; (designs, variables)."""
        cells: NDArray[np.int64] = (genes * self.sizes).astype(np.int64)
        return cells

    def designs(self, genes: Array) -> dict[str, Array]:
        """For every variable an array (designs,)."""
        cells = self.cells(genes)
        return {
            v.name: self.values[i][cells[:, i]] if self.grid[i] else np.clip(v.values_at(genes[:, i]), v.low, v.high)
            for i, v in enumerate(self.variables)
        }

    def genes(self, designs: Mapping[str, Array]) -> Array:
        """The genes (designs, variables) of designs that lie on the grids and in the ranges."""
        columns = []
        for v, grid in zip(self.variables, self.values, strict=True):
            given = np.asarray(designs[v.name], float)
            if not len(grid):
                columns.append((given - v.low) / (v.high - v.low))
            else:
                middles = (grid[1:] + grid[:-1]) / 2
                columns.append((np.searchsorted(middles, given) + 0.5) / len(grid))
        return self.snapped(np.stack(columns, axis=1)) if columns else np.empty((1, 0))
