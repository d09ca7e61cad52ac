"""Check the proof of a sunfront run in exact rational arithmetic: ``python check_certificate.py RUN_FOLDER``.

This file needs Python alone, and no solver. ``certificate.json.gz`` holds the coefficients of every option of a
catalogue as the equations gave them, claims, and for each claim and option a proof. It is checked by weak duality:
rows are not negative for a design, so its score is at most the score plus the rows times weights that are not negative,
and the largest value of that sum over the ranges of the columns is found term by term.

Columns are the number of nodes (unless each option fixes it), the totals of amounts of hardware, and envelopes. A proof
is the number of a vector, or ``[variable, step, left, right]``: a variable that moves in steps is at most at this step
in the left proof and at least at the next one in the right. Variable -1 is the number of nodes, others are amounts of
one node. A vector is ``[t, row, weight, row, weight ...]``: t = 1 if the score counts, 0 if the rows contradict each
other. Rows are those stored, one for each objective (its floor), then two for each amount (its lowest, its highest).
An objective that is a root has ``trials``: a trial is not negative for a design whose root is at least ``at``.

A proof over all values of continuous variables (``all_values``) has boxes of these in place of options, ``[ranges,
options, pieces]``, with an option for each side of ``larger``. A coefficient is at the end that allows most in the box.
A box whose options have no proof of a claim is split into pieces; the first boxes, ``roots``, hold all values.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
import zlib
from fractions import Fraction
from pathlib import Path
from typing import Any

FILE = "certificate.json.gz"

#: run.json, whose bounds floating point found, may say less than is proved by this share of a bound; if it is zero, by
#: this share of the largest term of the score.
MARGIN, SMALL = 1e-6, 1e-9

#: What Python raises on a damaged certificate.
DAMAGE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)

Form = list[Fraction]  # a coefficient for each column, then the constant
Ranges = list[tuple[Fraction, Fraction]]  # of the number of nodes, then of the amounts of one node


class Wrong(Exception):
    """The certificate proves less than it claims."""


class Option:
    """One option, with exact coefficients."""

    def __init__(self, data: dict[str, Any], number: int) -> None:
        self.data, self.number, self.forms = data, number, dict[int, Form]()
        self.counted = isinstance(data["count"], dict)
        nodes = data["count"] if self.counted else dict.fromkeys(("low", "high"), data["count"][number])
        self.ranges = [(Fraction(each["low"]), Fraction(each["high"])) for each in (nodes, *data["amounts"])]
        self.columns = self.counted + len(data["amounts"]) + len(data["envelopes"])

    def form(self, stored: dict[str, Any]) -> Form:
        """A form as stored; a coefficient is one number for all options, or a list."""
        if id(stored) not in self.forms:
            parts = [*stored["terms"], stored["constant"]]
            if len(parts) != self.columns + 1:
                raise Wrong("a row has another number of columns")
            self.forms[id(stored)] = [Fraction(c[self.number] if isinstance(c, list) else c) for c in parts]
        return self.forms[id(stored)]

    def box(self, ranges: Ranges) -> Ranges:
        """The lowest and highest value of each column."""
        totals = [[each * nodes for each in amount for nodes in ranges[0]] for amount in ranges[1:]]
        found = [*ranges[: self.counted], *((min(each), max(each)) for each in totals)]
        return found + [(Fraction(0), Fraction(high)) for high in self.data["envelopes"]]

    def above(self, index: int, least: float) -> Form:
        """``scale x numerator - least x denominator``: not negative where a score is at least a number."""
        objective = self.data["objectives"][index]
        if "trials" in objective:
            return self.form({trial["at"]: trial for trial in objective["trials"]}[least])
        below = [Fraction(0)] * self.columns + [Fraction(1)]
        if least < 0 and objective.get("highest"):  # of a box: the larger the denominator, the less is below the score
            below = self.form(objective["highest"])
        elif objective["denominator"] is not None:
            below = self.form(self.data["denominators"][objective["denominator"]])
        scale, limit = Fraction(objective["scale"]), Fraction(least)
        return [scale * a - limit * b for a, b in zip(self.form(objective["numerator"]), below, strict=True)]

    def row(self, i: int, claim: dict[str, Any], ranges: Ranges) -> Form:
        """A row that is not negative for the designs of a claim in the ranges."""
        rows, objectives = self.data["rows"], self.data["objectives"]
        if i < 0 or (i < len(rows) and "denominator" in claim and rows[i]["denominator"] is not None):
            raise Wrong("a row is used that needs a positive denominator to prove that one is")
        if i < len(rows):
            return self.form(rows[i])
        if "denominator" in claim and i < len(rows) + len(objectives):
            raise Wrong("a floor is used to prove that a denominator is positive")
        if i < len(rows) + len(objectives):
            return self.above(i - len(rows), claim["floors"][i - len(rows)])
        k, upper = divmod(i - len(rows) - len(objectives), 2)
        sign, limit, found = 1 - 2 * upper, ranges[1 + k][upper], [Fraction(0)] * (self.columns + 1)
        found[self.counted + k] = Fraction(sign)
        found[0 if self.counted else -1] = -sign * limit * (1 if self.counted else ranges[0][0])
        return found

    def check(self, proof: Any, claim: dict[str, Any], target: Form, ranges: Ranges) -> None:
        """Raise Wrong unless no design of the ranges is beyond a claim."""
        if isinstance(proof, int):
            self.check_vector(claim["vectors"][proof], claim, target, ranges)
            return
        variable, at, left, right = proof
        grid = self.data["count"] if variable == -1 else self.data["amounts"][variable]
        if variable < -1 or not isinstance(at, int) or not isinstance(grid, dict) or not (grid["step"] or 0) > 0:
            raise Wrong("a proof splits what does not move in steps")
        (low, high), step = ranges[variable + 1], Fraction(grid["step"])
        value = Fraction(grid["low"]) + at * step
        for part, side in ((left, (low, min(high, value))), (right, (max(low, value + step), high))):
            if side[0] <= side[1]:
                self.check(part, claim, target, [*ranges[: variable + 1], side, *ranges[variable + 2 :]])

    def check_vector(self, vector: list[Any], claim: dict[str, Any], target: Form, ranges: Ranges) -> None:
        """Raise Wrong unless the weighted sum is below zero over the ranges."""
        total = target if vector[0] == 1 else [Fraction(0)] * (self.columns + 1)
        for i, weight in zip(vector[1::2], map(Fraction, vector[2::2]), strict=True):
            if weight < 0:
                raise Wrong("a weight is negative")
            total = [a + weight * b if b else a for a, b in zip(total, self.row(i, claim, ranges), strict=True)]
        largest = total[-1] + sum(c * ends[c > 0] for c, ends in zip(total[:-1], self.box(ranges), strict=True) if c)
        if largest >= 0:
            raise Wrong(f"a sum that must be below zero is {float(largest):.3g}")

    def largest(self, form: Form) -> Fraction:
        """The size of the largest term of a form."""
        ends = [*(high for _, high in self.box(self.ranges)), Fraction(1)]
        return max(abs(c * x) for c, x in zip(form, ends, strict=True))

    def check_claim(self, claim: dict[str, Any]) -> None:
        """Raise Wrong unless the option has no design beyond a claim."""
        target = [Fraction(0)] * self.columns + [Fraction(1)]  # no design at all: t = 1 proves nothing
        if "denominator" in claim:
            target = [-c for c in self.form(self.data["denominators"][claim["denominator"]])]
        elif claim["bound"] is not None:
            target = self.above(claim["objective"], claim["bound"])
        self.check(claim["proofs"][self.number], claim, target, self.ranges)


def options_of(claim: dict[str, Any], boxes: list[Any], roots: int) -> set[int]:
    """The options whose proofs a claim needs: those of each box that has them, or of all of its pieces."""
    left, found = list(range(roots)), set[int]()
    while left:
        number = left.pop()
        ranges, options, pieces = boxes[number]
        if options and all(claim["proofs"][option] is not None for option in options):
            found |= set(options)
            continue
        axes = [[boxes[piece][0][k] for piece in pieces] for k in range(len(ranges))]
        split = [(own, axis) for own, axis in zip(ranges, axes, strict=True) if any(each != own for each in axis)]
        if len(split) != 1 or min(pieces) <= number:
            raise Wrong(f"a claim has no proof in box {number}, nor in its pieces")
        ((own, axis),) = split
        if [own[0], *(high for _, high in axis)] != [*(low for low, _ in axis), own[1]]:
            raise Wrong(f"the pieces of box {number} leave something out")
        left += pieces
    return found


def check(data: dict[str, Any], boxes: list[Any] | None = None, roots: int = 1) -> int:
    """Check every claim for every option, or every value in boxes; return the number of proofs, or raise Wrong."""
    if {c["denominator"] for c in data["claims"] if "denominator" in c} != set(range(len(data["denominators"]))):
        raise Wrong("it is not claimed of every denominator that it is positive")
    if any(len(c["floors"]) != len(data["objectives"]) for c in data["claims"] if "denominator" not in c):
        raise Wrong("a claim does not have a floor, or none, for each objective")
    boxes = [[[], list(range(data["options"])), []]] if boxes is None else boxes
    if type(roots) is not int or not 1 <= roots <= len(boxes):
        raise Wrong("no box is named to begin with")
    needed = [options_of(claim, boxes, roots) for claim in data["claims"]]
    for option in (Option(data, number) for number in sorted(set().union(*needed))):
        for number, claim in enumerate(data["claims"]):
            try:
                if option.number in needed[number]:
                    option.check_claim(claim)
            except (Wrong, *DAMAGE) as error:
                raise Wrong(f"claim {number}, option {option.number}: {type(error).__name__}: {error}") from None
    return sum(map(len, needed))


def implies(data: dict[str, Any], claim: dict[str, Any], objective: int, floors: list[Any], bound: Any) -> bool:
    """Whether a claim of the certificate implies a bound of run.json."""
    pairs = zip(claim["floors"], [None, *floors], strict=True)
    if any(low is not None and (floor is None or low > floor) for low, floor in pairs):
        return False
    if claim["bound"] is None or bound is None or claim["objective"] != objective:
        return claim["bound"] is None
    return bool(claim["bound"] <= bound + room(data, objective, bound))


def room(data: dict[str, Any], objective: int, bound: float) -> float:
    """What run.json may say less than is proved. A bound is zero where a deviation cannot be negative."""
    if bound or "trials" in data["objectives"][objective]:
        return MARGIN * abs(bound)
    sizes = []
    for option in (Option(data, number) for number in range(data["options"])):
        at_zero, at_one = option.above(objective, 0), option.above(objective, 1)
        below = [a - b for a, b in zip(at_zero, at_one, strict=True)]  # the denominator
        sizes.append(option.largest(at_zero) / option.largest(below))
    return SMALL * float(max(sizes))


def check_said(data: dict[str, Any], said: dict[str, Any] | None, further: int) -> None:
    """Raise Wrong unless each bound of run.json is claimed; None if it says that no design is feasible."""
    none = [None] * further
    bounds: list[tuple[int, list[Any], Any]] = [(0, none, None)]
    if said is not None:
        bounds = [(0, *fact) for fact in said["facts"]] + [(i, none, b) for i, b in enumerate(said["ceilings"], 1)]
    for each in bounds:
        if not any(implies(data, claim, *each) for claim in data["claims"] if "denominator" not in claim):
            raise Wrong(f"run.json has a bound that is not proved: objective, floors, bound = {each}")


def check_run(folder: Path) -> tuple[dict[str, Any], int]:
    """Check the certificate of a run folder, and that it proves what run.json says; return it, and its proofs."""
    try:
        data = json.loads(gzip.decompress((folder / FILE).read_bytes()))
        record = json.loads((folder / "run.json").read_text("utf-8"))
        study = hashlib.sha256((folder / "study.yaml").read_bytes()).hexdigest()
    except (OSError, EOFError, zlib.error, ValueError, RecursionError) as error:
        raise Wrong(f"a file cannot be read: {error}") from None
    try:
        if data["study"] != study:
            raise Wrong("the certificate is that of another study")
        check_said(data, record["certificate"], len(record["objectives"]) - 1)
        count, parts = check(data), data.get("all_values") or []
        refined = (record["refinement"] or {}).get("certificate") or {}
        if bool(refined) != bool(parts):
            raise Wrong("run.json and the certificate do not both have bounds over all values")
        for part in parts:
            check_said(part, refined, len(refined["facts"][0][0]))
            count += check(part, part["boxes"], part["roots"])
        return data, count
    except DAMAGE as error:
        raise Wrong(f"the certificate is damaged: {type(error).__name__}: {error}") from None


if __name__ == "__main__":
    try:
        certificate, count = check_run(Path(sys.argv[1]))
    except Wrong as fault:
        sys.exit(f"NOT PROVED: {fault}")
    more = ", carried on to all values" if certificate.get("all_values") else ""
    print(f"proved: {count:,} proofs of {len(certificate['claims'])} claims over {certificate['scope']}{more}")
