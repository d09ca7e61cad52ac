"""How the answer of a run is printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sunfront.cli.common import console, print_table

if TYPE_CHECKING:
    from sunfront.results import Results


def print_answer(results: Results) -> None:
    """What the run says, the designs that speak for its front, and where the report is."""
    from sunfront.wording import answer, headline, landmarks, levers

    out = console()
    out.print(f"[bold]{results.record['study']}[/bold]: {headline(results)}", soft_wrap=True)
    out.print(answer(results), soft_wrap=True, markup=False)
    for line in levers(results):
        out.print(line, soft_wrap=True, markup=False)
    for note in results.record["notes"]:
        out.print(f"note: {note}", soft_wrap=True, markup=False)
    if not results.front.empty:
        table = landmarks(results)
        print_table("", ["", *table.heads], table.rows, set(range(1, len(table.heads) + 1)))
    if results.loaded:
        print("this run was there already; --force computes it again")
    assert results.folder is not None
    print(f"report: {results.folder / 'report.html'}")
