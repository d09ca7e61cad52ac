"""Bounds over all values of continuous variables: parts of an exact certificate, one for each choice of equations."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunfront.analysis.stored_forms import are_close, stored_forms, stored_positive, stored_score
from sunfront.arrays import Array
from sunfront.engines.exact.all_values import BoxProver
from sunfront.engines.exact.box_proofs import BoxTree, Claim
from sunfront.engines.exact.catalogue import Catalogue
from sunfront.engines.exact.dual_proofs import DualProver
from sunfront.engines.exact.envelopes import tightened
from sunfront.engines.exact.forms import LinearForm
from sunfront.engines.exact.option_boxes import Boxes, relax
from sunfront.engines.exact.ranges import Interval
from sunfront.errors import Unverified
from sunfront.problem.problem import Problem

#: Random designs of each choice of equations that no box may exclude.
DESIGNS = 256

#: What a form may be off by, relative to its largest term: rounding.
ROUNDING = 1e-9


#: Ends of a box, by variable.
BoxRanges = dict[str, list[float]]


def prove_boxes(problem: Problem, shells: int, claims: Sequence[Claim], deadline: float) -> list[dict[str, Any]]:
    """Prove claims over all values; return the parts of the certificate.

    Raises:
        Unverified: No proof was found.
        TimeoutError: The deadline passed.
    """
    prover, parts = BoxProver(problem, shells, deadline), []
    for number in range(len(prover.members)):
        tree = BoxTree(prover, number)
        proved = tree.prove(claims)
        head = stored_forms(proved.prover, [o.name for o in problem.objectives])
        found = stored_positive(head, proved.positive)
        for claim, (vectors, proofs) in zip(claims, proved.claims, strict=True):
            stated = stored_score(*claim, len(problem.objectives))
            found.append({**stated, "vectors": vectors, "proofs": proofs})
        ranges = _ranges(tree.boxes)
        options = _options(proved.of_box, len(ranges))
        boxes = [[own, *_cuts(ranges, box, tree.children[box])] for box, own in enumerate(options)]
        parts.append({**head, "first": ranges[: tree.roots], "boxes": boxes, "claims": found})
    return parts


def compare_boxes(problem: Problem, shells: int, claims: Sequence[Claim], parts: Sequence[Mapping[str, Any]]) -> None:
    """Compare the parts of a certificate, whose proofs were checked, with the equations.

    Raises:
        Unverified: They differ, or a box excludes a random design.
    """
    prover = BoxProver(problem, shells, math.inf)
    if len(parts) != len(prover.members):
        raise Unverified("it does not have a part over all values for each choice of equations")
    for member, roots, part in zip(prover.members, prover.boxes, parts, strict=True):
        stated = [stored_score(*claim, len(problem.objectives)) for claim in claims]
        if not all(
            any(are_close({key: own.get(key) for key in each}, each) for own in _scores(part)) for each in stated
        ):
            raise Unverified("a bound over all values is not claimed for each choice of equations")
        if not are_close(part["first"], first := _ranges(roots)):
            raise Unverified("its first boxes do not hold all values")
        try:
            boxes = _boxes(roots, _cut(first, part["boxes"]))
            catalogue, of_box = relax(member, boxes, prover.scales, whole=True)
        except (LookupError, TypeError, ValueError) as error:
            raise Unverified(f"its boxes are damaged: {type(error).__name__}: {error}") from None
        if [options for options, *_ in part["boxes"]] != _options(of_box, len(part["boxes"])):
            raise Unverified("its options are not those of its boxes")
        for key, value in stored_forms(DualProver(catalogue, 0.0), [o.name for o in problem.objectives]).items():
            if not are_close(part.get(key), value):
                raise Unverified(f"{key} over all values are not what the equations give")
        check_relaxation(member, catalogue, of_box, boxes)


def _scores(part: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [claim for claim in part["claims"] if "positive" not in claim]


def _ranges(boxes: Boxes) -> list[BoxRanges]:
    """The ranges of each box, as stored."""
    ends = {name: (Interval.of(v).low.tolist(), Interval.of(v).high.tolist()) for name, v in boxes.items()}
    count = len(next(iter(boxes.values())))
    return [{name: [low[i], high[i]] for name, (low, high) in ends.items()} for i in range(count)]


def _options(of_box: NDArray[np.intp], count: int) -> list[list[int]]:
    """The options of each box."""
    return [np.flatnonzero(of_box == box).tolist() for box in range(count)]


def _cuts(ranges: list[BoxRanges], box: int, pieces: list[int]) -> tuple[str | None, list[float], list[int]]:
    """The variable whose range is cut into the pieces of a box, where, and the pieces."""
    variable = next((name for name, ends in ranges[box].items() if any(ranges[p][name] != ends for p in pieces)), None)
    return variable, [ranges[piece][variable][1] for piece in pieces[:-1]] if variable else [], pieces


def _cut(first: list[BoxRanges], stored: Sequence[Any]) -> list[BoxRanges]:
    """The ranges of each box, from those of the first ones and the stored cuts.

    Raises:
        LookupError, TypeError, ValueError: A box is damaged, or does not follow the one that it is a piece of.
    """
    found = dict(enumerate(first))
    for number, (_, variable, cuts, pieces) in enumerate(stored):
        if pieces:
            low, high = found[number][variable]
            ends = [low, *map(float, cuts), high]
            if ends != sorted(ends):
                raise ValueError("cuts are not in order")
            for piece, *own in zip(pieces, ends[:-1], ends[1:], strict=True):
                found[piece] = found[number] | {variable: own}
    return [found[number] for number in range(len(stored))]


def _boxes(roots: Boxes, ranges: list[BoxRanges]) -> Boxes:
    """Boxes as arrays; of the same variables as the first ones."""
    ends = {name: np.array([own[name] for own in ranges]) for name in roots}  # each (boxes, 2)
    return {
        name: Interval(ends[name][:, 0], ends[name][:, 1]) if isinstance(values, Interval) else ends[name][:, 0]
        for name, values in roots.items()
    }


def check_relaxation(
    member: Problem,
    catalogue: Catalogue,
    of_box: NDArray[np.intp],
    boxes: Boxes,
    designs: Mapping[str, Array] | None = None,
) -> int:
    """Check that boxes hold random designs with their scores; return how many feasible ones there were.

    Raises:
        Unverified: A box excludes a design.
    """
    designs = member.random_designs(DESIGNS) if designs is None else designs
    found = member.evaluate(designs)
    scores, feasible = member.scores(found), member.feasible(found)
    for i in range(len(scores)):
        inside = np.ones(len(of_box), dtype=bool)
        for name, values in boxes.items():
            ends = Interval.of(values)
            inside &= ((ends.low <= designs[name][i]) & (designs[name][i] <= ends.high))[of_box]
        design = {name: float(values[i]) for name, values in designs.items()}
        for box in np.unique(of_box[inside]):
            options = np.flatnonzero(of_box == box)
            if not any(_holds(catalogue, int(o), design, scores[i], bool(feasible[i])) for o in options):
                where = ", ".join(f"{name} = {value:.9g}" for name, value in design.items())
                raise Unverified(f"a box over all values excludes a design: {where} (SI)")
    return int(feasible.sum())


def _holds(catalogue: Catalogue, option: int, design: Mapping[str, float], scores: Array, is_feasible: bool) -> bool:
    """Whether the relaxed program of an option has a design with at least its scores; and its rows, if feasible."""
    count = catalogue.count
    nodes = float(count[option]) if isinstance(count, np.ndarray) else design[count.variable.name]
    totals = [] if isinstance(count, np.ndarray) else [nodes]
    totals += [design[a.variable.name] * nodes for a in catalogue.amounts] + [0.0] * len(catalogue.envelopes)
    totals = tightened(catalogue.envelopes, option, totals)
    forms: list[LinearForm] = list(catalogue.sides)
    forms += catalogue.rows.values() if is_feasible else []
    for o, score in zip(catalogue.objectives, scores.tolist(), strict=True):
        if not math.isfinite(score):
            continue
        below = o.denominator_at(score)
        plain = LinearForm.number(1.0, len(totals), catalogue.size)
        forms.append(o.numerator.minus(below or plain, score / o.scale))
    return all(form.relative_value(option, totals) >= -ROUNDING for form in forms)
