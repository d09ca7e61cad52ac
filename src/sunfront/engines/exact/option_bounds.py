"""Bounds on a score in each option of a catalogue, by linear programs: which options a program need not hold.

The dual values of one option's program bound the score in every other option too, since an option's rows times numbers
that are not negative, added to its score, exceed the score of each of its designs. So few programs are solved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.engines.dense_programs import LinearPrograms
from sunfront.engines.exact.catalogue import Catalogue
from sunfront.engines.exact.forms import LinearForm, ObjectiveForm
from sunfront.engines.exact.node_ranges import NodeRanges
from sunfront.engines.exact.solver_protocol import lowered

#: What a bound may be off by, in units of the score's size: the tolerance of the linear programs.
TOLERANCE = 1e-6

#: Dual values that are tried first in the next call.
MOST_KEPT = 24

#: Numbers that are not negative: of each row, and of the row of each floor by the number of its objective.
Duals = tuple[Array, Mapping[int, float]]


class OptionBounds:
    """Bounds for the options of a catalogue.

    Attributes:
        scales: Of the amounts; the programs' variables run from 0 to 1.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.scales = scales_of(catalogue)
        self.size, self.columns = catalogue.size, len(self.scales)
        self.low = np.zeros(self.columns)
        nodes = NodeRanges(catalogue)
        if nodes.first:
            self.low[0] = catalogue.all_amounts[0].variable.low / self.scales[0]
        bounds = _stacked(nodes.bound_rows(nodes.low, nodes.high, self.scales), catalogue)
        self.rows = np.concatenate([rows_of(catalogue, self.scales), bounds])
        self._programs = LinearPrograms()
        self.forget()

    def forget(self) -> None:
        """Forget the dual values that earlier calls found."""
        self._kept: list[Duals] = []
        self._empty: list[Duals] = []

    def bounds(
        self,
        target: Array,
        floors: Mapping[int, Array],
        wanted: NDArray[np.bool_],
        threshold: float,
        few: int,
    ) -> tuple[Array, NDArray[np.bool_]]:
        """Bound a score from above in each option.

        Args:
            target: The score, an array (columns + 1, options). Dual values that were found before are tried first.
            floors: Further rows, one for each other objective with a floor; arrays of the same shape.
            wanted: Which options; the bounds of the others are minus infinity.
            threshold: Bounds below it need not be tight.
            few: How many of the largest bounds must be tight.

        Returns:
            Bounds, minus infinity where the rows have no solution; and which are tight. Arrays (options,).
        """
        more = {i: scaled(row) for i, row in floors.items()}
        found = np.where(wanted, self._most(target), -np.inf)
        is_open = wanted.copy()
        for duals in reversed(self._empty):
            self._exclude(found, duals, more, is_open & (found >= threshold))
        for duals in reversed(self._kept):
            self._lower(found, target, duals, more, is_open & (found >= threshold))
        while True:
            option = int(np.where(is_open, found, -np.inf).argmax())
            largest = found[option] if is_open[option] else -np.inf
            if largest == -np.inf or largest < threshold or (found[~is_open] >= largest).sum() >= few:
                is_tight = wanted & ~is_open
                return found + np.where(is_tight, TOLERANCE, 0.0), is_tight
            is_open[option] = False
            solved = self._solve(target[:, option], option, more)
            if solved is None:
                continue
            value, weights = solved
            if value is None:
                self._exclude(found, weights, more, is_open)
                found[option] = -np.inf
                is_open &= found > -np.inf
                _keep(self._empty, weights)
            else:
                self._lower(found, target, weights, more, is_open & (found >= threshold))
                found[option] = value
                _keep(self._kept, weights)

    def _lower(
        self, found: Array, target: Array, duals: Duals, more: Mapping[int, Array], wanted: NDArray[np.bool_]
    ) -> None:
        """Lower the bounds of some options by dual values."""
        rest = np.flatnonzero(wanted & (found > -np.inf))
        found[rest] = np.minimum(found[rest], self._most(target[:, rest] + self._weighted(duals, more, rest)))

    def _exclude(self, found: Array, duals: Duals, more: Mapping[int, Array], wanted: NDArray[np.bool_]) -> None:
        """Exclude options in which weighted rows are below zero everywhere."""
        rest = np.flatnonzero(wanted & (found > -np.inf))
        found[rest[self._most(self._weighted(duals, more, rest)) < -TOLERANCE]] = -np.inf

    def _weighted(self, duals: Duals, more: Mapping[int, Array], options: NDArray[np.intp]) -> Array:
        """Return the sum of the rows times dual values, array (columns + 1, options)."""
        own, of_floors = duals
        total = np.zeros((self.columns + 1, len(options)))
        for row in np.flatnonzero(own):
            total += own[row] * self.rows[row][:, options]
        for i, weight in of_floors.items():
            if i in more and weight:
                total += weight * more[i][:, options]
        return total

    def _most(self, form: Array) -> Array:
        """Return the largest value of a form over the ranges of the amounts, in each option."""
        amounts = form[:-1]
        most: Array = form[-1] + np.maximum(amounts * self.low[:, None], amounts).sum(axis=0)
        return most

    def _solve(self, target: Array, option: int, more: Mapping[int, Array]) -> tuple[float | None, Duals] | None:
        """Maximize a score in one option; return the largest and the dual values of the rows.

        Returns:
            Without a solution, None and numbers with which the rows add up to less than zero everywhere; None if the
            solver fails.
        """
        rows = np.vstack([self.rows[:, :, option], *(row[None, :, option] for row in more.values())])
        ones, count = np.ones(self.columns), len(self.rows)

        def split(duals: Array) -> Duals:
            return duals[:count], dict(zip(more, duals[count:].tolist(), strict=True))

        found = self._programs.maximize(target[:-1], rows, self.low, ones)
        if found is not None:
            return float(target[-1]) + found[0], split(found[1])
        # The largest slack that all rows can have: its dual values prove that it is negative.
        wide = np.hstack([rows[:, :-1], -np.ones((len(rows), 1)), rows[:, -1:]])
        slack = np.append(np.zeros(self.columns), 1.0)
        found = self._programs.maximize(slack, wide, np.append(self.low, -np.inf), np.append(ones, 1.0))
        if found is None or found[0] >= -TOLERANCE:
            return None
        return None, split(found[1])


def _keep(kept: list[Duals], duals: Duals) -> None:
    """Add dual values to those that serve the next call too."""
    kept.append(duals)
    del kept[:-MOST_KEPT]


def scales_of(catalogue: Catalogue) -> Array:
    """Return the scales of the columns; those of a program run up to 1."""
    return np.array(list(catalogue.columns.values()))


def form_array(form: LinearForm, scales: Array) -> Array:
    """Return a form in scaled columns as an array (columns + 1, options), the constant last."""
    return np.stack([*(c * s for c, s in zip(form.coefficients, scales, strict=True)), form.constant])


def rows_of(catalogue: Catalogue, scales: Array) -> Array:
    """Return what no design has below zero, but for the bounds on the amounts of one node.

    Returns:
        Rows in scaled columns with a largest coefficient of 1 in each option, array (rows, columns + 1, options).
    """
    rows = [form_array(form, scales) for form in (*catalogue.rows.values(), *catalogue.sides)]
    for i, envelope in enumerate(catalogue.envelopes):
        for line in envelope.lines:
            row = -form_array(line, scales)
            row[len(scales) - len(catalogue.envelopes) + i] += envelope.scale
            rows.append(row)
    return _stacked(rows, catalogue)


def floor_row(objective: ObjectiveForm, floor: float, scales: Array) -> Array:
    """Return the row that a score is at least its floor, which is lowered as by other solvers."""
    least = lowered(floor, objective.scale) / objective.scale
    return beyond(objective, least, scales)


def beyond(objective: ObjectiveForm, score: float, scales: Array) -> Array:
    """Return ``N - r D``, positive where a design has more than a score r, in units of its size.

    Returns:
        Array (columns + 1, options).
    """
    found, denominator = form_array(objective.numerator, scales), objective.denominator_at(score)
    if denominator is None:
        found[-1] -= score
    else:
        found -= score * form_array(denominator, scales)
    return found


def _stacked(rows: Sequence[Array] | Array, catalogue: Catalogue) -> Array:
    return np.array([scaled(row) for row in rows]).reshape(len(rows), len(catalogue.columns) + 1, catalogue.size)


def scaled(row: Array) -> Array:
    """Return a row, array (columns + 1, options), with a largest coefficient of 1 in each option."""
    largest = np.abs(row).max(axis=0, keepdims=True, initial=0.0)
    return np.asarray(row / np.where(largest > 0, largest, 1.0))
