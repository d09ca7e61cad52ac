"""Proofs over all values that need no solver to check: trees of boxes, each split until a claim closes its pieces.

The tree is found as the run found its bounds (``all_values``). Then each box that closes gets a proof of its own, as an
option of a catalogue does (``dual_proofs``). A box that closes in floating point alone is split again.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sunfront.engines.exact.all_values import MOST_BOXES, MOST_ROUNDS, BoxProver
from sunfront.engines.exact.catalogue import Catalogue
from sunfront.engines.exact.dual_proofs import DualProver
from sunfront.engines.exact.option_boxes import Boxes, relax
from sunfront.engines.exact.ranges import Interval
from sunfront.errors import Unverified

#: Most leaves of a tree of whole numbers in one box: to split the box is better then.
MOST_LEAVES = 100

#: Objective, floors by number of the objective, bound; in scores.
Claim = tuple[int, Mapping[int, float], float]

#: Vectors, and a proof or None for each option.
Proofs = tuple[list[Any], list[Any]]


class BoxProofs(NamedTuple):
    """What is proved of one member.

    Attributes:
        catalogue: Of which each option is a box of the tree, with one side of each ``larger``.
        of_box: The box of each option, array (options,).
        prover: Of the catalogue.
        positive: That each denominator of the prover is positive.
        claims: Of each claim.
    """

    catalogue: Catalogue
    of_box: NDArray[np.intp]
    prover: DualProver
    positive: list[Proofs]
    claims: list[Proofs]


class BoxTree:
    """The boxes of a member of a problem; the pieces of a box follow it.

    Args:
        number: Of the member.

    Attributes:
        boxes: Of the whole tree; those between the values of the catalogue come first.
        children: The pieces of each box; empty unless it is split.
    """

    def __init__(self, prover: BoxProver, number: int) -> None:
        self.prover, self.member = prover, prover.members[number]
        self.boxes: Boxes = prover.boxes[number]
        self.roots = len(next(iter(self.boxes.values())))
        self.children: list[list[int]] = [[] for _ in range(self.roots)]
        self._turns = [0] * self.roots
        self._relaxed: dict[tuple[int, ...], tuple[Catalogue, NDArray[np.intp]]] = {}

    def prove(self, claims: Sequence[Claim]) -> BoxProofs:
        """Prove claims.

        Raises:
            Unverified: No proof was found.
            TimeoutError: The deadline passed.
        """
        closed = [self._close(claim, list(range(self.roots))) for claim in claims]
        for _ in range(MOST_ROUNDS):
            catalogue, of_box = relax(self.member, self.boxes, self.prover.scales, whole=True)
            prover = DualProver(catalogue, self.prover.deadline)
            found, is_whole = [], True
            for number, (objective, floors, bound) in enumerate(claims):
                wanted = np.isin(of_box, closed[number])
                vectors, proofs = prover.prove_score(objective, floors, bound, wanted, MOST_LEAVES)
                failed = {int(of_box[o]) for o in np.flatnonzero(wanted) if proofs[o] is None}
                for turn in sorted({self._turns[box] for box in failed}):
                    pieces = self._split([box for box in sorted(failed) if self._turns[box] == turn])
                    closed[number] += self._close(claims[number], pieces)
                closed[number] = [box for box in closed[number] if box not in failed]
                is_whole &= not failed
                found.append((vectors, proofs))
            if is_whole:
                roots = of_box < self.roots
                positive = [prover.prove_positive(form, roots) for form in prover.denominators]
                if any(proofs[o] is None for _, proofs in positive for o in np.flatnonzero(roots)):
                    raise Unverified("no proof was found that a denominator is positive over all values")
                return BoxProofs(catalogue, of_box, prover, positive, found)
        raise Unverified("no proof was found over all values")

    def _close(self, claim: Claim, boxes: list[int]) -> list[int]:
        """Split boxes, all of which were split as often, until a claim closes them; return those that it closes."""
        closed: list[int] = []
        for _ in range(MOST_ROUNDS):
            if not boxes:
                return closed
            if time.monotonic() > self.prover.deadline:
                raise TimeoutError
            key = tuple(boxes)
            if key not in self._relaxed:
                self._relaxed[key] = relax(self.member, self.select(boxes), self.prover.scales)
            left = self.prover.open(self._relaxed[key], *claim).tolist()
            closed += sorted(set(boxes) - {boxes[i] for i in left})
            boxes = self._split([boxes[i] for i in left])
            if len(boxes) > MOST_BOXES:
                break
        raise Unverified("no proof was found over all values: too many ranges are left")

    def select(self, boxes: list[int]) -> Boxes:
        """Return some of the boxes."""
        return {name: values[boxes] for name, values in self.boxes.items()}

    def _split(self, boxes: list[int]) -> list[int]:
        """Return the pieces of boxes, all of which were split as often."""
        if new := [box for box in boxes if not self.children[box]]:
            turn, first = self._turns[new[0]], len(self.children)
            pieces = self.prover.split(self.select(new), turn)
            self.boxes = {name: _joined(values, pieces[name]) for name, values in self.boxes.items()}
            count = len(next(iter(self.boxes.values()))) - first
            for i, box in enumerate(new):
                self.children[box] = list(range(first + i, first + count, len(new)))
            self.children += [[] for _ in range(count)]
            self._turns += [turn + 1] * count
        return [piece for box in boxes for piece in self.children[box]]


def _joined(one: Any, other: Any) -> Any:
    if isinstance(one, Interval):
        return Interval(np.concatenate([one.low, other.low]), np.concatenate([one.high, other.high]))
    return np.concatenate([one, other])
