"""Which options of a catalogue a design can reach: bounds on amounts from the rows, option by option.

They leave out lines of a broken line before a program is built. All bounds are relaxed by the tolerance of a solver, so
that no design is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.engines.exact.envelopes import Envelope
from sunfront.engines.exact.forms import Box, LinearForm

#: Share of the largest term of a row by which a design may miss the row.
TOLERANCE = 1e-6

#: How often the rows are used; bounds that a further pass would find are not worth it.
PASSES = 4


class Reach:
    """Bounds on the amounts of each option.

    Args:
        rows: Forms that no design has below zero.
        low, high: Bounds on the amounts; numbers, or arrays (options,).
    """

    def __init__(self, rows: Sequence[LinearForm], low: Sequence[Array | float], high: Sequence[Array | float]) -> None:
        size = len(rows[0].constant) if rows else 1
        self.low = np.stack([np.broadcast_to(np.asarray(x, float), (size,)) for x in low])
        self.high = np.stack([np.broadcast_to(np.asarray(x, float), (size,)) for x in high])
        self.rows = [(np.stack(row.coefficients), row.constant) for row in rows if len(row.coefficients)]
        for _ in range(PASSES):
            for coefficients, constant in self.rows:
                self._narrow(coefficients, constant)

    def _narrow(self, coefficients: Array, constant: Array) -> None:
        """Narrow the bounds by one row: each amount makes up for the rest of the row at its largest."""
        largest = np.maximum(coefficients * self.low, coefficients * self.high)
        slack = TOLERANCE * np.maximum(np.abs(constant), np.abs(largest).max(axis=0))
        rest = constant + slack + largest.sum(axis=0) - largest
        with np.errstate(divide="ignore", invalid="ignore"):
            limit = -rest / coefficients
        low = np.where(coefficients > 0, np.maximum(self.low, limit), self.low)
        high = np.where(coefficients < 0, np.minimum(self.high, limit), self.high)
        # Where nothing is left the option has no design, which its rows say better.
        some = low <= high
        self.low, self.high = np.where(some, low, self.low), np.where(some, high, self.high)

    def allows(self, form: LinearForm) -> NDArray[np.bool_]:
        """Return in which options the form may be zero or more: a weighted sum of it and a row bounds it from above.

        Returns:
            Array (options,).
        """
        own = np.stack(form.coefficients)
        most = self._most(own, form.constant)
        for coefficients, constant in self.rows:
            for k in range(len(own)):
                with np.errstate(divide="ignore", invalid="ignore"):
                    weight = np.where((own[k] > 0) & (coefficients[k] < 0), -own[k] / coefficients[k], 0.0)
                most = np.minimum(most, self._most(own + weight * coefficients, form.constant + weight * constant))
        size = np.maximum(np.abs(form.constant), np.abs(own * np.maximum(abs(self.low), abs(self.high))).max(axis=0))
        allowed: NDArray[np.bool_] = most >= -TOLERANCE * size
        return allowed

    def _most(self, coefficients: Array, constant: Array) -> Array:
        total: Array = constant + np.maximum(coefficients * self.low, coefficients * self.high).sum(axis=0)
        return total


def keep_reachable(
    possible: NDArray[np.bool_],
    rows: Iterable[LinearForm],
    sides: Sequence[LinearForm],
    box: Box,
    envelopes: Sequence[Envelope],
    low: Sequence[Array | float],
    high: Sequence[Array | float],
) -> None:
    """Leave out options in which a side cannot be the larger for any amounts that the rows allow.

    Args:
        possible: Array (options,), changed in place; the rows of the others are never read.
        rows, sides: Forms that no design has below zero.
        low, high: As of ``Reach``.
    """
    if not sides or not possible.any():
        return
    left = np.flatnonzero(possible)
    tightening = [form.without_constant_rows() for form in rows] + rows_of_bounds(box, envelopes, len(low))
    reach = Reach([form.select(possible) for form in tightening], low, high)
    for form in [form.select(possible) for form in sides]:
        possible[left] &= reach.allows(form)


def rows_of_bounds(box: Box, envelopes: Sequence[Envelope], columns: int) -> list[LinearForm]:
    """Return bounds on the amounts of each node, and on envelopes by their lines, as forms that are not negative."""
    none = np.zeros(len(box.fewest))
    first = 1 if box.counted else 0
    rows = []
    for i, (low, high) in enumerate(zip(box.low, box.high, strict=True)):
        for bound, sign in ((low, 1.0), (high, -1.0)):
            coefficients = [none] * columns
            coefficients[first + i] = none + sign
            if box.counted:
                coefficients[0] = none - sign * bound
            rows.append(LinearForm(tuple(coefficients), none if box.counted else -sign * bound * box.fewest))
    for i, envelope in enumerate(envelopes):
        coefficients = [none] * columns
        coefficients[first + len(box.low) + i] = none + 1.0
        rows += [LinearForm(tuple(coefficients), none).minus(line, 1.0) for line in envelope.lines]
    return rows
