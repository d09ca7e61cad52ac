"""Proofs of bounds that need no solver to check: weights of rows for each option of a catalogue.

Rows times weights that are not negative, added to a score, exceed the score of every design. If the largest value of
that sum over the ranges of the amounts is below zero, no design of the option is beyond a claim. The weights are the
dual values of linear programs. One vector serves every option that it excludes. An option that none excludes gets a
tree: its whole numbers are split until each leaf has a vector. Floating point looks for the vectors; whoever checks
them does so in exact arithmetic (``sunfront.analysis.check_certificate``, which states the format).
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from sunfront.arrays import Array
from sunfront.engines.exact.catalogue import Catalogue
from sunfront.engines.exact.forms import LinearForm
from sunfront.engines.exact.node_ranges import NodeRanges

#: A sum must be below zero by this share of its terms, so that exact arithmetic finds it below zero as well.
CLEARLY = 1e-13

#: Tolerance of the linear programs, relative.
LP_TOLERANCE = 1e-10

#: Most leaves of one tree.
MAX_LEAVES = 20_000

#: Envelopes may exceed their computed largest value by this share.
ENVELOPE_MARGIN = 1e-9

#: A bound of zero is proved to this share of the sizes of a score's terms, half of what the checker allows.
ROOM = 0.5e-10

#: Lowest and highest number of nodes, then amounts of one node; two arrays (1 + amounts,).
Ranges = tuple[Array, Array]


class NoProof(Exception):
    """An option was not excluded: a design seems to be beyond the claim, or there are too many leaves."""


@dataclass
class _Claim:
    """What is proved: the largest value of ``target`` is below zero, or no design exists if it is None.

    Attributes:
        target: Array (columns + 1, options), the constant last.
        rows: Stored rows, and one for each objective; array (rows, columns + 1, options).
        vectors: Those found, in the form of the certificate.
        most_leaves: Of one tree.
        leaves: Of the tree at hand.
    """

    target: Array | None
    rows: Array
    vectors: list[list[float]]
    most_leaves: int = MAX_LEAVES
    leaves: int = 0


class DualProver:
    """Finds proofs for a catalogue with all of its options (``build_catalogue(..., whole=True)``).

    Args:
        deadline: Value of ``time.monotonic`` at which to stop.
        objectives: Of the claims; those that follow are trials of roots. None for all.
        trials: Number of the trial at a score, by number of the objective that is a root and the score.

    Attributes:
        rows: Forms that are not negative, then ``products``, those of quotients times their denominators.
        denominators: Forms that must be positive.
        below: For each objective the numbers of its denominators, for scores from zero and for those below; none if it
            has no denominator.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        deadline: float,
        objectives: int | None = None,
        trials: Mapping[tuple[int, float], int] = MappingProxyType({}),
    ) -> None:
        self.catalogue, self.deadline, self.trials = catalogue, deadline, trials
        self.objectives = len(catalogue.objectives) if objectives is None else objectives
        c = catalogue
        self.nodes = NodeRanges(c)
        self.scales = np.array([*c.columns.values(), 1.0])
        self.envelopes = [e.scale * (1 + ENVELOPE_MARGIN) for e in c.envelopes]
        rows: list[tuple[str, LinearForm]] = [(str(k), row) for k, row in c.rows.items() if k not in c.denominators]
        rows += [("", side) for side in c.sides]
        for i, envelope in enumerate(c.envelopes):
            for line in envelope.lines:
                own = [np.zeros(c.size)] * len(c.columns)
                own[len(own) - len(c.envelopes) + i] = np.ones(c.size)
                rows.append(("", LinearForm(tuple(own), np.zeros(c.size)).minus(line, 1.0)))
        products = [(str(k), c.rows[k]) for k in c.denominators]
        self.rows, self.plain = [*rows, *products], len(rows)
        self.denominators, self.below = list(c.denominators.values()), list[list[int]]()
        for o in c.objectives[: self.objectives]:
            forms = [o.denominator_at(score) for score in (0.0, -1.0)]
            self.below.append([self._number(form) for form in forms if form is not None])
        self.stored = np.array([_array(form) for _, form in self.rows]).reshape(-1, len(self.scales), c.size)

    def _number(self, form: LinearForm) -> int:
        """The number of a denominator."""
        if not any(form is other for other in self.denominators):
            self.denominators.append(form)
        return next(i for i, other in enumerate(self.denominators) if form is other)

    def prove_score(
        self,
        objective: int,
        floors: Mapping[int, float],
        bound: float,
        wanted: NDArray[np.bool_] | None = None,
        leaves: int = MAX_LEAVES,
    ) -> tuple[list[Any], list[Any]]:
        """Prove that no design with at least some scores exceeds a bound in another one.

        Args:
            bound: Minus infinity if no design has these scores.
            wanted: In which options, array (options,); None for all.
            leaves: Most leaves of a tree.

        Returns:
            Vectors, and a proof for each option; None for those that are not wanted, or without a proof.

        Raises:
            TimeoutError: The deadline passed.
        """
        blocked = np.zeros((len(self.scales), self.catalogue.size))
        blocked[-1] = 1.0  # no floor: a row that always holds
        limits = [self._score(i, floors[i]) if i in floors else blocked for i in range(self.objectives)]
        target = None if bound == -math.inf else self._score(objective, bound)
        if target is not None and bound == 0 and (objective, bound) not in self.trials:
            room = ROOM * self._largest(np.abs(target), self._ranges(np.arange(self.catalogue.size)))
            target[-1] -= np.where(room > 0, room, 1.0)  # a score that is zero everywhere is not beyond it
        claim = _Claim(target, np.concatenate([self.stored, limits]), [], leaves)
        return self._prove(claim, np.ones(self.catalogue.size, dtype=bool) if wanted is None else wanted)

    def prove_positive(self, form: LinearForm, wanted: NDArray[np.bool_] | None = None) -> tuple[list[Any], list[Any]]:
        """Prove that a form is positive for every design, by rows without a denominator; as ``prove_score``."""
        claim = _Claim(-_array(form), self.stored[: self.plain], [])
        return self._prove(claim, np.ones(self.catalogue.size, dtype=bool) if wanted is None else wanted)

    def _score(self, index: int, least: float) -> Array:
        """A score minus a number, times its denominator; array (columns + 1, options).

        Of a root, what is not negative where it is at least the number.
        """
        if (index, least) in self.trials:
            return _array(self.catalogue.objectives[self.trials[index, least]].numerator)
        o = self.catalogue.objectives[index]
        form, denominator = o.scale * _array(o.numerator), o.denominator_at(least)
        if denominator is not None:
            return np.asarray(form - least * _array(denominator))
        form[-1] -= least
        return np.asarray(form)

    def _prove(self, claim: _Claim, wanted: NDArray[np.bool_]) -> tuple[list[Any], list[Any]]:
        proofs: list[Any] = [None] * self.catalogue.size
        open_options = wanted.copy()
        while open_options.any():
            o = int(open_options.argmax())
            vector, _ = self._solve(claim, o, self._ranges(o))
            if vector is not None:
                claim.vectors.append(vector)
                rest = np.flatnonzero(open_options)
                for other in rest[self._excludes(claim, vector, rest, self._ranges(rest))]:
                    proofs[other] = len(claim.vectors) - 1
                    open_options[other] = False
            if open_options[o]:
                claim.leaves = 0
                with suppress(NoProof):
                    proofs[o] = self._tree(claim, o, self._ranges(o))
                open_options[o] = False
        return claim.vectors, proofs

    def _ranges(self, options: int | NDArray[np.intp]) -> Ranges:
        return self.nodes.low[:, options], self.nodes.high[:, options]

    def _box(self, ranges: Ranges) -> tuple[Array, Array]:
        """Lowest and highest value of each column; arrays (columns, ...)."""
        low, high = self.nodes.totals(*ranges)
        most = np.multiply.outer(np.array(self.envelopes), np.ones(low.shape[1:]))
        return np.concatenate([low, np.zeros_like(most)]), np.concatenate([high, most])

    def _is_proof(self, claim: _Claim, vector: Sequence[float], option: int, ranges: Ranges) -> bool:
        """Whether a vector's sum is below zero in one option and range."""
        low, high = ranges
        return bool(self._excludes(claim, vector, np.array([option]), (low[:, None], high[:, None]))[0])

    def _excludes(
        self, claim: _Claim, vector: Sequence[float], options: NDArray[np.intp], ranges: Ranges
    ) -> NDArray[np.bool_]:
        """Whether the sum of a vector is clearly below zero everywhere in ranges, for each of some options."""
        total, size = _sum(claim, vector, options)
        found: NDArray[np.bool_] = self._largest(total, ranges) < -CLEARLY * self._largest(size, ranges)
        return found

    def _largest(self, forms: Array, ranges: Ranges) -> Array:
        """The largest value of forms, array (columns + 1, options): numbers of nodes and amounts are at ends."""
        (low, high), first, last = ranges, self.nodes.first, len(forms) - 1 - len(self.envelopes)
        amounts, envelopes = forms[first:last], np.maximum(forms[last:-1], 0.0)
        slope = np.maximum(amounts * low[1:], amounts * high[1:]).sum(axis=0) + forms[:first].sum(axis=0)
        largest: Array = np.maximum(slope * low[0], slope * high[0]) + np.array(self.envelopes) @ envelopes + forms[-1]
        return largest

    def _solve(self, claim: _Claim, option: int, ranges: Ranges) -> tuple[list[float] | None, Array | None]:
        """Maximize the target in one option and range.

        Returns:
            A vector that excludes it, or None; and the columns of the best solution, or None if there is none.
        """
        if time.monotonic() > self.deadline:
            raise TimeoutError
        if len(self.scales) == 1:  # numbers alone
            tried: list[list[float]] = [[1]]
            tried += [[0, i, 1.0] for i in np.flatnonzero(claim.rows[:, 0, option] < 0).tolist()]
            return next((v for v in tried if self._is_proof(claim, v, option, ranges)), None), None
        low, high = self._box(ranges)
        bounds = self.nodes.bound_rows(*ranges, np.ones(len(self.scales) - 1))
        rows = np.concatenate([claim.rows[:, :, option], bounds]) * self.scales
        sizes = np.abs(rows).max(axis=1)
        rows = rows / np.where(sizes > 0, sizes, 1.0)[:, None]
        box = np.stack([low, high], axis=1) / self.scales[:-1, None]
        best = None
        if claim.target is not None:
            target = claim.target[:, option] * self.scales
            size = float(np.abs(target).max()) or 1.0
            found = _maximize(target[:-1] / size, rows, box)
            if found is not None:
                best, duals = found
                if (vector := _vector(1, duals * size, sizes, len(claim.rows))) and self._is_proof(
                    claim, vector, option, ranges
                ):
                    return vector, best
                return None, best * self.scales[:-1]
        # The largest slack that all rows can have: its dual values prove that it is negative.
        wide = np.hstack([rows[:, :-1], -np.ones((len(rows), 1)), rows[:, -1:]])
        found = _maximize(np.append(np.zeros(len(box)), 1.0), wide, np.vstack([box, [-np.inf, 1.0]]))
        if found is not None:
            best, duals = found
            if (vector := _vector(0, duals, sizes, len(claim.rows))) and self._is_proof(claim, vector, option, ranges):
                return vector, None
            best = best[:-1] * self.scales[:-1]
        return None, best

    def _tree(self, claim: _Claim, option: int, ranges: Ranges) -> Any:
        """Return the proof of one option and range.

        Raises:
            NoProof: There is none.
        """
        vector, best = self._solve(claim, option, ranges)
        if vector is not None:
            claim.vectors.append(vector)
            claim.leaves += 1
            if claim.leaves > claim.most_leaves:
                raise NoProof
            return len(claim.vectors) - 1
        if best is None:
            raise NoProof
        number = best[0] if self.nodes.first else ranges[0][0]
        values = np.array([number, *best[self.nodes.first : self.nodes.first + len(ranges[0]) - 1] / number])
        at = self.nodes.split(values, *ranges)
        if at is None:
            raise NoProof
        (low, high), (last, following) = ranges, (ranges[1].copy(), ranges[0].copy())
        last[at.variable], following[at.variable] = at.below, at.above
        below, above = self._tree(claim, option, (low, last)), self._tree(claim, option, (following, high))
        return [at.variable, at.step, below, above]


def _array(form: LinearForm) -> Array:
    """A form as an array (columns + 1, options), the constant last."""
    return np.stack([*form.coefficients, form.constant])


def _sum(claim: _Claim, vector: Sequence[float], options: NDArray[np.intp]) -> tuple[Array, Array]:
    """The sum of a vector in some options, and the sum of the sizes of its terms; arrays (columns + 1, options)."""
    used, weights = np.array(vector[1::2], dtype=int), np.array(vector[2::2])
    terms = weights[:, None, None] * claim.rows[used[:, None], :, options[None, :]].transpose(0, 2, 1)
    if vector[0] and claim.target is not None:
        terms = np.concatenate([terms, [claim.target[:, options]]])
    return terms.sum(axis=0), np.abs(terms).sum(axis=0)


def _vector(counts: int, duals: Array, sizes: Array, count: int) -> list[float]:
    """Dual values of the first ``count`` scaled rows as a vector of the certificate."""
    vector: list[float] = [counts]
    duals, sizes = duals[:count], sizes[:count]
    largest = float(duals.max(initial=0.0))
    for i in np.flatnonzero((duals > 1e-14 * largest) & (sizes > 0)).tolist():
        vector += [i, float(duals[i] / sizes[i])]
    return vector


def _maximize(target: Array, rows: Array, box: Array) -> tuple[Array, Array] | None:
    """Maximize a linear program; return the columns and the dual values of the rows, None if it is infeasible."""
    options = {"primal_feasibility_tolerance": LP_TOLERANCE, "dual_feasibility_tolerance": LP_TOLERANCE}
    found = linprog(-target, A_ub=-rows[:, :-1], b_ub=rows[:, -1], bounds=box, method="highs", options=options)
    if found.status != 0:
        return None
    return found.x, np.maximum(-found.ineqlin.marginals, 0.0)
