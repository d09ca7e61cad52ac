"""Check the proof of a sunfront run in exact rational arithmetic: ``python check_certificate.py RUN_FOLDER``.

This file needs Python alone, and no solver. ``certificate.json.gz`` has a part for the catalogue, then, if run.json has
bounds over all values of continuous variables, one for each choice of equations. A part has linear forms, claims, and
for each claim and option a proof by weak duality: rows are not negative for a design, so its score is at most the score
plus the rows times weights that are not negative. The largest value of that sum is found from the ranges of variables.

``variables`` are the number of nodes and the amounts of one node. A form has coefficients for the number of nodes, the
totals of the amounts, and envelopes, then a constant; each is one number, or one for each option. A proof is the number
of a vector, or ``[variable, step, left, right]``: what moves in steps is at most at this step in the left proof, and at
least at the next one in the right. A vector is ``[t, row, weight, row, weight ...]``: t is 1 if the score counts, 0 if
the rows contradict each other. Rows are the ``plain`` forms, those up to ``rows``, which are multiplied by a
denominator, and one for each objective (its floor); that a denominator is positive is proved by plain ones alone. An
objective that is a root has ``trials``: a value, and the form that is not negative where the root is at least that.

A box is ``[options, variable, cuts, pieces]``; null are all options. Cuts of a variable's range make smaller boxes. A
claim has proofs for the options of a box, or in all of its pieces. A form is at the end that allows most of all values
of a box; an objective has a denominator for scores from zero, and one for those below.
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

FILE, FORMAT = "certificate.json.gz", 3

#: run.json, whose bounds floating point found, may say less than is proved by this share of a bound. A bound of zero is
#: proved to this share of the sizes of a score's terms.
MARGIN, SMALL = 1e-6, Fraction(1, 10**10)

#: What Python raises on a damaged file.
DAMAGE = (OSError, EOFError, zlib.error, LookupError, TypeError, ValueError, AttributeError, ArithmeticError)

Form = list[Fraction]
Ranges = list[tuple[Fraction, Fraction]]  # of the variables


def exact(number: float) -> Fraction:
    """A number of the file as it is; text, which may stand for one of a billion digits, is none."""
    return Fraction(number + 0)


class Wrong(Exception):
    """The certificate proves less than it claims."""


class Option:
    """One option of a part, with exact coefficients."""

    def __init__(self, part: dict[str, Any], number: int) -> None:
        def own(stored: Any) -> Fraction:
            return exact(stored[number] if isinstance(stored, list) else stored)

        self.part = part
        self.ranges = [(own(v["low"]), own(v["high"])) for v in part["variables"]]
        self.envelopes = [exact(high) for high in part["envelopes"]]
        self.forms = [[own(c) for c in form["terms"]] for form in part["forms"]]
        self.zero = [Fraction(0)] * (len(self.ranges) + len(self.envelopes) + 1)
        self.one = [*self.zero[1:], Fraction(1)]
        if any(len(form) != len(self.zero) for form in self.forms) or self.ranges[0][0] < 0:
            raise Wrong("a form has another number of columns, or a number of nodes is negative")

    def largest(self, form: Form, ranges: Ranges) -> Fraction:
        """The largest value of a form: the number of nodes, and each amount of one node, is at an end of its range."""
        nodes, *amounts = ranges
        slope = form[0] + sum(c * ends[c > 0] for c, ends in zip(form[1 : len(ranges)], amounts, strict=True) if c)
        others = sum(c * high for c, high in zip(form[len(ranges) : -1], self.envelopes, strict=True) if c > 0)
        return slope * nodes[slope > 0] + others + form[-1]

    def above(self, index: int, least: float | None) -> Form:
        """``numerator - least x denominator``: not negative where a score is at least a number, if one is given."""
        objective = self.part["objectives"][index]
        if least is None:
            return self.one
        if "trials" in objective:
            return self.forms[dict(objective["trials"])[least]]
        numbers = objective["denominators"]
        below = self.forms[self.part["denominators"][numbers[least < 0]]] if numbers else self.one
        return [a - exact(least) * b for a, b in zip(self.forms[objective["numerator"]], below, strict=True)]

    def check_claim(self, claim: dict[str, Any], proof: Any) -> None:
        """Raise Wrong unless the option has no design beyond a claim."""
        if "positive" in claim:
            rows, target = self.forms[: self.part["plain"]], [-c for c in self.forms[claim["positive"]]]
        else:
            rows, target = self.forms[: self.part["rows"]], self.above(claim["objective"], claim["bound"])
            rows += [self.above(i, floor) for i, floor in enumerate(claim["floors"])]
            if claim["bound"] == 0 and "trials" not in self.part["objectives"][claim["objective"]]:
                room = SMALL * self.largest(list(map(abs, target)), self.ranges)
                target = [*target[:-1], target[-1] - (room or 1)]  # a score that is zero everywhere is not beyond it
        self.check(proof, claim["vectors"], rows, target, self.ranges)

    def check(self, proof: Any, vectors: list[Any], rows: list[Form], target: Form, ranges: Ranges) -> None:
        """Raise Wrong unless the weighted sums of a proof are below zero over the ranges."""
        if isinstance(proof, int):
            total = target if vectors[proof][0] == 1 else self.zero
            for i, weight in zip(vectors[proof][1::2], map(exact, vectors[proof][2::2]), strict=True):
                if i < 0 or weight < 0:
                    raise Wrong("a row or a weight is negative")
                total = [a + weight * b if b else a for a, b in zip(total, rows[i], strict=True)]
            if (largest := self.largest(total, ranges)) >= 0:
                raise Wrong(f"a sum that must be below zero is {float(largest):.3g}")
            return
        number, at, left, right = proof
        step = exact(self.part["variables"][number]["step"] or 0)
        if number < 0 or not isinstance(at, int) or step <= 0:
            raise Wrong("a proof splits what does not move in steps")
        (low, high), value = ranges[number], self.ranges[number][0] + at * step
        for part, ends in ((left, (low, min(high, value))), (right, (max(low, value + step), high))):
            if ends[0] <= ends[1]:
                self.check(part, vectors, rows, target, [*ranges[:number], ends, *ranges[number + 1 :]])


def options_of(claim: dict[str, Any], boxes: list[Any], number: int) -> list[int]:
    """The options whose proofs a claim needs: those of a box that has them, or of all of its pieces."""
    options, _, cuts, pieces = boxes[number]
    if options and all(claim["proofs"][option] is not None for option in options):
        return list(options)
    if len(pieces) != len(cuts) + 1:
        raise Wrong(f"a claim has no proof in box {number}, nor in pieces of it that leave nothing out")
    return [option for piece in pieces for option in options_of(claim, boxes, piece)]


def check(part: dict[str, Any]) -> int:
    """Check every claim of a part for every option that it needs; return the number of proofs, or raise Wrong."""
    claims, first = part["claims"], len(part["first"])
    every = range(len(claims[0]["proofs"]))
    boxes = [[every if own is None else own, *pieces] for own, *pieces in part["boxes"]]
    options = sorted(option for box in boxes for option in box[0])
    if {c["positive"] for c in claims if "positive" in c} != set(part["denominators"]):
        raise Wrong("it is not claimed of every denominator that it is positive")
    if not first or sorted(piece for box in boxes for piece in box[3]) != list(range(first, len(boxes))):
        raise Wrong("it has no first box, or a box is not one piece of another one")
    if len(options) != part["options"] or options != list(range(len(options))):
        raise Wrong("an option is not in one box")
    needed = [{o for box in range(first) for o in options_of(claim, boxes, box)} for claim in claims]
    for number in range(part["options"]):
        option = Option(part, number)
        for k, claim in enumerate(claims):
            try:
                if number in needed[k]:
                    option.check_claim(claim, claim["proofs"][number])
            except (Wrong, *DAMAGE) as error:
                raise Wrong(f"claim {k}, option {number}: {type(error).__name__}: {error}") from None
    return sum(map(len, needed))


def check_said(part: dict[str, Any], said: dict[str, Any] | None) -> None:
    """Raise Wrong unless a part claims each bound of run.json; None if that says that no design is feasible."""
    none = [None] * len(part["objectives"])
    bounds: list[Any] = [(0, none, None)]
    if said is not None:
        bounds = [(0, [None, *floors], bound) for floors, bound in said["facts"]]
        bounds += [(i, none, bound) for i, bound in enumerate(said["ceilings"], 1)]
    for i, floors, bound in bounds:
        most = None if bound is None else bound + MARGIN * abs(bound)
        if not any(
            (c["bound"] is None or (c["objective"] == i and most is not None and c["bound"] <= most))
            and all(a is None or (b is not None and a <= b) for a, b in zip(c["floors"], floors, strict=True))
            for c in part["claims"]
            if "positive" not in c
        ):
            raise Wrong(f"run.json has a bound that is not proved: objective {i}, floors {floors}, bound {bound}")


def check_run(folder: Path) -> tuple[dict[str, Any], int]:
    """Check the certificate of a run folder, and that it proves what run.json says; return it, and its proofs."""
    try:
        data = json.loads(gzip.decompress((folder / FILE).read_bytes()))
        record = json.loads((folder / "run.json").read_text("utf-8"))
        if data.get("format") != FORMAT:
            raise Wrong(f"it is not of format {FORMAT}: remove the file, and sunfront verify --exact writes it anew")
        if data["study"] != hashlib.sha256((folder / "study.yaml").read_bytes()).hexdigest():
            raise Wrong("the certificate is that of another study")
        catalogue, *parts = data["parts"]
        over_all = record["refinement"] and record["refinement"]["certificate"]
        if bool(over_all) != bool(parts):
            raise Wrong("run.json and the certificate do not both have bounds over all values")
        for part, said in ((catalogue, record["certificate"]), *((part, over_all) for part in parts)):
            check_said(part, said)
        return data, sum(map(check, data["parts"]))
    except (*DAMAGE, RecursionError) as error:
        raise Wrong(f"a file is missing or damaged: {type(error).__name__}: {error}") from None


if __name__ == "__main__":
    try:
        certificate, count = check_run(Path(sys.argv[1]))
    except Wrong as fault:
        sys.exit(f"NOT PROVED: {fault}")
    print(f"proved: {count:,} proofs over {certificate['scope']}{', and all values' * (len(certificate['parts']) > 1)}")
    print("of the coefficients and ranges in the file: sunfront verify --exact compares these with the equations")
