"""Published claims: every number is within the tolerance of its row, and the page is up to date."""

from __future__ import annotations

import json

import pytest
from common import ROOT, STUDIES, check_each

from sunfront.units import parse
from tools.claims import compute, page, refusal, sections, violated

ROWS = [row for rows in sections().values() for row in rows]
#: By claim and number, the row and the number.
NUMBERS = {(row.claim, number.what): (row, number) for row in ROWS for number in row.numbers}


def test_every_number_is_what_its_source_says():
    def check(*names):
        row, number = NUMBERS[names]
        assert 0 < number.tolerance <= 0.15
        expected = parse(number.expect, number.unit, number.what)
        assert compute(row, number, STUDIES) == pytest.approx(expected, rel=number.tolerance)

    check_each(check, [names for names, (_, number) in NUMBERS.items() if number.expect])


def test_every_number_is_in_the_range_that_its_source_gives():
    def check(*names):
        row, number = NUMBERS[names]
        low, high = (parse(text, number.unit, number.what) for text in number.between)
        assert low <= compute(row, number, STUDIES) <= high

    check_each(check, [names for names, (_, number) in NUMBERS.items() if number.between])


def test_every_design_meets_every_constraint_or_names_those_it_violates():
    """A design that is cheap because it violates a constraint must not be compared with feasible ones unmarked."""
    found = {row.claim: {n.what: violated(row, n, STUDIES) for n in row.numbers} for row in ROWS}
    assert found == {row.claim: {n.what: n.misses for n in row.numbers} for row in ROWS}


@pytest.mark.parametrize("name", ["space_vs_ground", "thrown_from_the_moon"])
def test_no_design_is_cheaper_than_what_its_study_proves(name):
    """The golden file has the proved optimum; a row's design is that optimum, rounded."""
    golden = json.loads((ROOT / "tests" / "golden" / f"{name}.json").read_text("utf-8"))["quick"]
    assert golden["status"] == "proved"
    lowest = golden["best"]["compute_cost"]
    costs = [
        compute(row, n, STUDIES)
        for row in ROWS
        for n in row.numbers
        if n.value == "compute_cost" and row.study == name and not n.set
    ]
    assert costs
    assert all(lowest * (1 - golden["gap"] - 1e-6) <= cost <= lowest * 1.003 for cost in costs)


def test_nonsense_is_refused():
    refused = [row for row in ROWS if row.refuses]
    assert refused
    for row in refused:
        assert "out of range" in refusal(row, STUDIES)


def test_every_row_has_a_study_a_number_and_a_verdict():
    def check(claim):
        (row,) = (row for row in ROWS if row.claim == claim)
        assert (STUDIES / f"{row.study}.yaml").is_file()
        assert row.numbers
        assert row.verdict

    check_each(check, [row.claim for row in ROWS])


def test_page_is_fresh():
    fresh = page(STUDIES)
    assert (ROOT / "docs" / "claims.md").read_text("utf-8") == fresh, "python tools/claims.py studies docs/claims.md"
