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
An objective with a ``root`` is a form that is positive for designs whose root has a larger score than that.
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

#: run.json, whose bounds floating point found, may say less than is proved by this share of a bound, of a score's size.
MARGIN, SMALL = 1e-6, 1e-9

Form = tuple[list[Fraction], Fraction]
Ranges = list[tuple[Fraction, Fraction]]


class Wrong(Exception):
    """The certificate proves less than it claims."""


class Option:
    """One option, with exact coefficients, and the claim that is checked."""

    def __init__(self, data: dict[str, Any], number: int) -> None:
        self.data, self.number = data, number
        self.forms: dict[int, Form] = {}
        self.floor_rows: dict[int, Form] = {}
        self.counted = isinstance(data["count"], dict)
        self.columns = self.counted + len(data["amounts"]) + len(data["envelopes"])

    def check_claim(self, claim: dict[str, Any]) -> None:
        """Raise Wrong unless the option has no design beyond a claim."""
        self.vectors, self.of_denominator = claim["vectors"], "denominator" in claim
        self.floors, self.floor_rows = dict(enumerate(claim.get("floors", []))), {}
        self.target: Form = [Fraction(0)] * self.columns, Fraction(1)  # no design at all: t = 1 proves nothing
        if self.of_denominator:
            terms, constant = self.form(self.data["denominators"][claim["denominator"]])
            self.target = [-c for c in terms], -constant
        elif claim["bound"] is not None:
            self.target = self.above(claim["objective"], claim["bound"])
        self.check(claim["proofs"][self.number], self.ranges())

    def form(self, form: dict[str, Any]) -> Form:
        """The coefficients of the columns, and the constant; each is stored once, or for every option."""
        if id(form) not in self.forms:
            stored = [*form["terms"], form["constant"]]
            if len(stored) != self.columns + 1:
                raise Wrong("a row has another number of columns")
            numbers = [Fraction(c[self.number] if isinstance(c, list) else c) for c in stored]
            self.forms[id(form)] = numbers[:-1], numbers[-1]
        return self.forms[id(form)]

    def above(self, index: int, least: float) -> Form:
        """``scale x numerator - least x denominator``: not negative where a score is at least a number."""
        objective = self.data["objectives"][index]
        scale, (terms, constant) = Fraction(objective["scale"]), self.form(objective["numerator"])
        below: Form = [Fraction(0)] * self.columns, Fraction(1)
        if objective["denominator"] is not None:
            below = self.form(self.data["denominators"][objective["denominator"]])
        terms = [scale * a - Fraction(least) * b for a, b in zip(terms, below[0], strict=True)]
        return terms, scale * constant - Fraction(least) * below[1]

    def row(self, i: int, ranges: Ranges) -> Form:
        """A row that is not negative for the designs in the ranges."""
        rows, objectives = self.data["rows"], self.data["objectives"]
        if i < 0 or (i < len(rows) and self.of_denominator and rows[i]["denominator"] is not None):
            raise Wrong("a row is used that needs a positive denominator to prove that one is")
        if i < len(rows):
            return self.form(rows[i])
        if i < len(rows) + len(objectives):
            if i not in self.floor_rows:
                self.floor_rows[i] = self.above(i - len(rows), self.floors[i - len(rows)])
            return self.floor_rows[i]
        k, upper = divmod(i - len(rows) - len(objectives), 2)
        sign, (limit, count) = 1 - 2 * upper, (ranges[1 + k][upper], ranges[0][0])
        terms = [Fraction(0)] * self.columns
        terms[self.counted + k] = Fraction(sign)
        if self.counted:
            terms[0] = -sign * limit
        return terms, Fraction(0) if self.counted else -sign * limit * count

    def ranges(self) -> Ranges:
        """The number of nodes, then the amounts of one node."""
        count, amounts = self.data["count"], self.data["amounts"]
        first = (count["low"], count["high"]) if self.counted else (count[self.number], count[self.number])
        return [(Fraction(low), Fraction(high)) for low, high in [first, *((a["low"], a["high"]) for a in amounts)]]

    def check(self, proof: Any, ranges: Ranges) -> None:
        """Raise Wrong unless no design of the ranges is beyond the claim."""
        if isinstance(proof, int):
            self.check_vector(self.vectors[proof], ranges)
            return
        variable, at, left, right = proof
        grid = self.data["count"] if variable == -1 else self.data["amounts"][variable]
        if variable < -1 or not isinstance(at, int) or not isinstance(grid, dict) or not (grid["step"] or 0) > 0:
            raise Wrong("a proof splits what does not move in steps")
        (low, high), step = ranges[variable + 1], Fraction(grid["step"])
        value = Fraction(grid["low"]) + at * step
        for part, side in ((left, (low, min(high, value))), (right, (max(low, value + step), high))):
            if side[0] <= side[1]:
                self.check(part, [*ranges[: variable + 1], side, *ranges[variable + 2 :]])

    def check_vector(self, vector: list[Any], ranges: Ranges) -> None:
        """Raise Wrong unless the weighted sum is negative over the ranges."""
        total, constant = self.target if vector[0] == 1 else ([Fraction(0)] * self.columns, Fraction(0))
        for i, weight in zip(vector[1::2], map(Fraction, vector[2::2]), strict=True):
            if weight < 0:
                raise Wrong("a weight is negative")
            terms, more = self.row(i, ranges)
            total = [a + weight * b if b else a for a, b in zip(total, terms, strict=True)]
            constant += weight * more
        box = ranges[: self.counted]
        ends = [[v * n for v in amount for n in ranges[0]] for amount in ranges[1:]]
        box += [(min(products), max(products)) for products in ends]
        box += [(Fraction(0), Fraction(high)) for high in self.data["envelopes"]]
        largest = constant + sum(c * (high if c > 0 else low) for c, (low, high) in zip(total, box, strict=True) if c)
        if largest >= 0:
            raise Wrong(f"a sum that must be below zero is {float(largest):.3g}")


def check(data: dict[str, Any]) -> int:
    """Check every claim for every option; return the number of proofs, or raise Wrong."""
    if {c["denominator"] for c in data["claims"] if "denominator" in c} != set(range(len(data["denominators"]))):
        raise Wrong("it is not claimed of every denominator that it is positive")
    if any(len(claim["proofs"]) != data["options"] for claim in data["claims"]):
        raise Wrong("a claim does not have a proof for each option")
    if any(len(c["floors"]) != len(data["objectives"]) for c in data["claims"] if "denominator" not in c):
        raise Wrong("a claim does not have a floor, or none, for each objective")
    for o in range(data["options"]):
        option = Option(data, o)
        for number, claim in enumerate(data["claims"]):
            try:
                option.check_claim(claim)
            except (Wrong, LookupError, TypeError, ValueError, ArithmeticError, RecursionError) as error:
                raise Wrong(f"claim {number}, option {o}: {type(error).__name__}: {error}") from None
    return len(data["claims"]) * int(data["options"])


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
        none, found = [None] * (len(record["objectives"]) - 1), record["certificate"]
        said: list[tuple[int, list[Any], Any]] = [(0, none, None)]
        if found is not None:
            said = [(0, *fact) for fact in found["facts"]] + [(i, none, b) for i, b in enumerate(found["ceilings"], 1)]
        for each in said:
            if not any(implies(data, claim, *each) for claim in data["claims"] if "denominator" not in claim):
                raise Wrong(f"run.json has a bound that is not proved: objective, floors, bound = {each}")
        return data, check(data)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise Wrong(f"the certificate is damaged: {type(error).__name__}: {error}") from None


def implies(data: dict[str, Any], claim: dict[str, Any], objective: int, floors: list[Any], bound: Any) -> bool:
    """Whether a claim of the certificate implies a bound of run.json."""
    above = zip(claim["floors"], [None, *floors], strict=True)
    if any(low is not None and (floor is None or low > floor) for low, floor in above):
        return False
    if claim["bound"] is None or bound is None or claim["objective"] != objective:
        return claim["bound"] is None
    root = data["objectives"][objective].get("root")
    if root is not None:  # what the root looks for is not positive above this score
        return bool(claim["bound"] <= 0 and root <= bound + MARGIN * abs(bound))
    margin = MARGIN * abs(bound) + SMALL * abs(data["objectives"][objective]["scale"])
    return bool(claim["bound"] <= bound + margin)


if __name__ == "__main__":
    try:
        certificate, count = check_run(Path(sys.argv[1]))
    except Wrong as fault:
        sys.exit(f"NOT PROVED: {fault}")
    print(f"proved: {count:,} proofs of {len(certificate['claims'])} claims over {certificate['scope']}")
