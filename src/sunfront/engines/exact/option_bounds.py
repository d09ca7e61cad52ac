"""Bounds on a score in each option of a catalogue, by linear programs: which options a program need not hold.

The dual values of one option's program bound the score in every other option too, since an option's rows times numbers
that are not negative, added to its score, exceed the score of each of its designs. So few programs are solved.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from sunfront.arrays import Array
from sunfront.engines.exact.catalogue import Amount, Catalogue
from sunfront.engines.exact.forms import LinearForm

#: What a bound may be off by, in units of the score's size: the tolerance of the linear programs.
TOLERANCE = 1e-6


class OptionBounds:
    """Bounds for the options of a catalogue.

    Attributes:
        scales: Of the amounts; the programs' variables run from 0 to 1.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.scales = np.array(list(catalogue.columns.values()))
        self.size, self.columns = catalogue.size, len(self.scales)
        self.low = np.zeros(self.columns)
        if isinstance(catalogue.count, Amount):
            self.low[0] = catalogue.count.variable.low / catalogue.count.scale
        rows = [self.form(form) for form in (*catalogue.rows.values(), *catalogue.sides)]
        rows += self._bounds(catalogue)
        for i, envelope in enumerate(catalogue.envelopes):
            for line in envelope.lines:
                row = -self.form(line)
                row[self.columns - len(catalogue.envelopes) + i] += envelope.scale
                rows.append(row)
        self.rows = scaled(rows, self.columns + 1, self.size)

    def form(self, form: LinearForm) -> Array:
        """Return a form as an array (columns + 1, options), the constant last."""
        return np.stack([*(c * s for c, s in zip(form.coefficients, self.scales, strict=True)), form.constant])

    def _bounds(self, catalogue: Catalogue) -> list[Array]:
        """Return the bounds on the amounts of one node as rows."""
        rows = []
        first = 1 if isinstance(catalogue.count, Amount) else 0
        for i, amount in enumerate(catalogue.amounts):
            for bound, sign in ((amount.variable.low, 1.0), (amount.variable.high, -1.0)):
                row = np.zeros((self.columns + 1, self.size))
                row[first + i] = sign * amount.scale
                if isinstance(catalogue.count, Amount):
                    row[0] = -sign * bound * catalogue.count.scale
                else:
                    row[-1] = -sign * bound * catalogue.count
                rows.append(row)
        return rows

    def bounds(
        self, target: Array, more: Sequence[Array], wanted: NDArray[np.bool_], threshold: float, few: int
    ) -> Array:
        """Bound a score from above in each option.

        Args:
            target: The score, an array (columns + 1, options).
            more: Further rows, arrays of the same shape.
            wanted: Which options; the bounds of the others are minus infinity.
            threshold: Bounds below it need not be tight.
            few: How many of the largest bounds must be tight.

        Returns:
            Array (options,); minus infinity where the rows have no solution.
        """
        rows = np.concatenate([self.rows, scaled(more, self.columns + 1, self.size)]) if more else self.rows
        found = np.where(wanted, self._most(target), -np.inf)
        is_open = wanted.copy()
        while True:
            option = int(np.where(is_open, found, -np.inf).argmax())
            largest = found[option] if is_open[option] else -np.inf
            if largest == -np.inf or largest < threshold or (found[~is_open] >= largest).sum() >= few:
                return found
            is_open[option] = False
            value, duals = self._solve(target[:, option], rows[:, :, option])
            if duals is None:
                continue
            if value is None:
                outside = self._most(np.einsum("r,rco->co", duals, rows)) < -TOLERANCE
                found[outside] = -np.inf
                found[option] = -np.inf
                is_open &= ~outside
            else:
                found = np.minimum(found, self._most(target + np.einsum("r,rco->co", duals, rows)))
                found[option] = min(found[option], value + TOLERANCE)

    def _most(self, form: Array) -> Array:
        """Return the largest value of a form over the ranges of the amounts, in each option."""
        amounts = form[:-1]
        most: Array = form[-1] + np.maximum(amounts * self.low[:, None], amounts).sum(axis=0)
        return most

    def _solve(self, target: Array, rows: Array) -> tuple[float | None, Array | None]:
        """Maximize a score in one option; return the largest and the dual values of the rows.

        Returns:
            Without a solution, None and numbers with which the rows add up to less than zero everywhere; twice None if
            the solver fails.
        """
        box = list(zip(self.low.tolist(), [1.0] * self.columns, strict=True))
        found = linprog(-target[:-1], A_ub=-rows[:, :-1], b_ub=rows[:, -1], bounds=box, method="highs")
        if found.status == 0:
            return float(target[-1] - found.fun), np.maximum(-found.ineqlin.marginals, 0.0)
        if found.status != 2:
            return None, None
        # The largest slack that all rows can have: its dual values prove that it is negative.
        wide = np.hstack([-rows[:, :-1], np.ones((len(rows), 1))])
        cost = np.append(np.zeros(self.columns), -1.0)
        found = linprog(cost, A_ub=wide, b_ub=rows[:, -1], bounds=[*box, (None, 1.0)], method="highs")
        if found.status != 0:
            return None, None
        return None, np.maximum(-found.ineqlin.marginals, 0.0)


def scaled(rows: Sequence[Array], columns: int, options: int) -> Array:
    """Return rows with a largest coefficient of 1 in each option, as an array (rows, columns, options)."""
    found = np.stack(rows) if len(rows) else np.empty((0, columns, options))
    largest = np.abs(found).max(axis=1, keepdims=True, initial=0.0)
    return np.asarray(found / np.where(largest > 0, largest, 1.0))
