"""Bounds over all values of continuous variables: parts of an exact certificate, one for each choice of equations."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunfront.analysis.stored_forms import are_close, stored_forms, stored_score
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
        found = [
            {"denominator": i, "vectors": vectors, "proofs": proofs}
            for i, (vectors, proofs) in enumerate(proved.positive)
        ]
        for claim, (vectors, proofs) in zip(claims, proved.claims, strict=True):
            stated = stored_score(*claim, len(problem.objectives))
            found.append({**stated, "vectors": vectors, "proofs": proofs})
        head = _head(problem, proved.catalogue, proved.of_box, tree.boxes)
        for box, pieces in zip(head["boxes"], tree.children, strict=True):
            box[2] = pieces
        parts.append({**head, "roots": tree.roots, "claims": found})
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
        try:
            boxes = _boxes(roots, part["boxes"])
            catalogue, of_box = relax(member, boxes, prover.scales, whole=True)
        except (LookupError, TypeError, ValueError) as error:
            raise Unverified(f"its boxes are damaged: {type(error).__name__}: {error}") from None
        again = _head(problem, catalogue, of_box, boxes)
        for own, stored in zip(again["boxes"], part["boxes"], strict=True):
            own[2] = stored[2]
        first = [box[0] for box in _head(problem, catalogue, of_box, roots)["boxes"]]
        if part["roots"] != len(first) or not are_close(first, [box[0] for box in part["boxes"][: len(first)]]):
            raise Unverified("its first boxes do not hold all values")
        for key, value in again.items():
            if not are_close(part.get(key), value):
                raise Unverified(f"{key} over all values are not what the equations give")
        check_relaxation(member, catalogue, of_box, boxes)


def _scores(part: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [claim for claim in part["claims"] if "denominator" not in claim]


def _head(problem: Problem, catalogue: Catalogue, of_box: NDArray[np.intp], boxes: Boxes) -> dict[str, Any]:
    """What a part holds beside its claims; no box has pieces yet."""
    ends = [[Interval.of(values).low.tolist(), Interval.of(values).high.tolist()] for values in boxes.values()]
    count = len(ends[0][0])
    options = [np.flatnonzero(of_box == box).tolist() for box in range(count)]
    names = [o.name for o in problem.objectives]
    return {
        **stored_forms(catalogue, DualProver(catalogue, 0.0), names),
        "variables": list(boxes),
        "boxes": [[[[low[i], high[i]] for low, high in ends], options[i], []] for i in range(count)],
    }


def _boxes(roots: Boxes, stored: Sequence[Any]) -> Boxes:
    """The boxes of a part, as arrays."""
    ends = np.array([ranges for ranges, _, _ in stored], dtype=float)  # (boxes, variables, 2)
    return {
        name: Interval(ends[:, k, 0], ends[:, k, 1]) if isinstance(values, Interval) else ends[:, k, 0]
        for k, (name, values) in enumerate(roots.items())
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
