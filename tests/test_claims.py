"""The claims of the field: every number within the tolerance that its row states, and the page fresh."""

from __future__ import annotations

import pytest
from common import ROOT, STUDIES

from sunfront.claims import Row, compute, page, refusal, sections
from sunfront.units import parse

ROWS = [row for rows in sections().values() for row in rows]
EXPECTED = [(row, number) for row in ROWS for number in row.numbers if number.expect]


@pytest.mark.parametrize(
    ("row", "number"), EXPECTED, ids=lambda item: (item.claim if isinstance(item, Row) else item.what)[:40]
)
def test_number_is_what_the_source_says(row, number):
    assert 0 < number.tolerance <= 0.15
    expected = parse(number.expect, number.unit, number.what)
    assert compute(row, number, STUDIES) == pytest.approx(expected, rel=number.tolerance)


RANGES = [(row, number) for row in ROWS for number in row.numbers if number.between]


@pytest.mark.parametrize(
    ("row", "number"), RANGES, ids=lambda item: (item.claim if isinstance(item, Row) else item.what)[:40]
)
def test_number_is_within_what_the_source_says(row, number):
    low, high = (parse(text, number.unit, number.what) for text in number.between)
    assert low <= compute(row, number, STUDIES) <= high


def test_nonsense_is_refused():
    refused = [row for row in ROWS if row.refuses]
    assert refused
    for row in refused:
        assert "out of range" in refusal(row, STUDIES)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.claim[:40])
def test_row_has_a_study_a_number_and_a_verdict(row):
    assert (STUDIES / f"{row.study}.yaml").is_file()
    assert row.numbers
    assert row.verdict


def test_page_is_fresh():
    fresh = page(STUDIES)
    assert (ROOT / "docs" / "claims.md").read_text("utf-8") == fresh, "python -m sunfront.claims studies docs/claims.md"
