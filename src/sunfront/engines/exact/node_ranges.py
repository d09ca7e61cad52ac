"""The ranges of what an option of a catalogue leaves open: the number of nodes, and the amounts of each node.

Their ends are arrays (1 + amounts, ...), the number of nodes first; a further axis is that of options.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sunfront.arrays import Array
from sunfront.engines.exact.catalogue import Amount, Catalogue

#: A number within this share of a step is whole.
WHOLE = 1e-6


class Split(NamedTuple):
    """Where the range of a variable is split.

    Attributes:
        variable: 0 is the number of nodes, then the amounts.
        step: Of the variable; the last one of the lower part.
        below, above: The values at this step and at the next.
    """

    variable: int
    step: int
    below: float
    above: float


class NodeRanges:
    """What the ranges mean for the forms of a catalogue.

    Attributes:
        variables: Of the ends; None for a number of nodes that each option fixes.
        first: Number of the first amount among the columns: 1 if the number of nodes is a column.
        low, high: Of all designs of the options; arrays (1 + amounts, options).
    """

    def __init__(self, catalogue: Catalogue) -> None:
        c = catalogue
        self.variables = [c.count.variable if isinstance(c.count, Amount) else None, *(a.variable for a in c.amounts)]
        self.first = 1 if isinstance(c.count, Amount) else 0
        numbers = np.zeros(c.size) if isinstance(c.count, Amount) else c.count
        self.low = np.array([numbers if v is None else np.full(c.size, v.low) for v in self.variables])
        self.high = np.array([numbers if v is None else np.full(c.size, v.last) for v in self.variables])

    def totals(self, low: Array, high: Array) -> tuple[Array, Array]:
        """Return the lowest and highest total of each amount; arrays (amounts, ...), the number of nodes if it is one.

        Args:
            low, high: Ends of ranges.
        """
        least = np.minimum(low[1:] * low[0], low[1:] * high[0])
        most = np.maximum(high[1:] * low[0], high[1:] * high[0])
        return np.concatenate([low[: self.first], least]), np.concatenate([high[: self.first], most])

    def bound_rows(self, low: Array, high: Array, scales: Array) -> Array:
        """Return the bounds on the amounts of one node as rows, for each amount the lowest, then the highest.

        Args:
            low, high: Ends of ranges.
            scales: Of the columns.

        Returns:
            Array (2 x amounts, columns + 1, ...), in scaled columns; that of the amount has the coefficient 1 or -1.
        """
        count = len(low) - 1
        rows = np.zeros((count, 2, len(scales) + 1, *low.shape[1:]))
        nodes = scales[0] if self.first else low[0]
        for k in range(count):
            column = self.first + k
            for side, (sign, limit) in enumerate(((1.0, low[1 + k]), (-1.0, high[1 + k]))):
                rows[k, side, column] = sign
                rows[k, side, 0 if self.first else -1] = -sign * limit * nodes / scales[column]
        return rows.reshape(2 * count, *rows.shape[2:])

    def split(self, values: Array, low: Array, high: Array) -> Split | None:
        """Choose where to split the ranges of one option; None if no whole numbers are left.

        With the number of nodes, bounds on the other amounts are exact, so that it is split first.

        Args:
            values: Of a solution, array (1 + amounts,).
        """
        choices = []
        for i, (v, value) in enumerate(zip(self.variables, values.tolist(), strict=True)):
            if v is None or v.step is None:
                continue
            first, last = (round((end - v.low) / v.step) for end in (float(low[i]), float(high[i])))
            if first >= last:
                continue
            at = (value - v.low) / v.step
            step = min(max(math.floor(at), first), last - 1)
            distance = min(at - step, step + 1 - at)
            parts = Split(i, step, v.low + v.step * step, v.low + v.step * (step + 1))
            choices.append((i == 0 and distance > WHOLE, distance, -i, parts))
        return max(choices)[-1] if choices else None
