"""Print the answer of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sunfront.cli.common import console, print_table

if TYPE_CHECKING:
    from sunfront.problem.findings import Sensitivity
    from sunfront.runs.results import Results


def print_answer(results: Results) -> None:
    """Print headline, answer, notes, a table of suggested designs, and the path of the report."""
    from rich.markup import escape

    from sunfront.report.sentences import answer, headline, levers, suggestion_table

    out = console()
    out.print(f"[bold]{escape(results.record.title)}[/bold]: {headline(results)}", soft_wrap=True)
    out.print(answer(results), soft_wrap=True, markup=False)
    for line in levers(results):
        out.print(line, soft_wrap=True, markup=False)
    for note in results.record.notes:
        out.print(f"note: {note}", soft_wrap=True, markup=False)
    if results.record.sensitivity is not None:
        _print_sensitivity(results.record.sensitivity)
    elif not results.front.empty:
        table = suggestion_table(results)
        print_table("", ["", *table.labels], table.rows, set(range(1, len(table.labels) + 1)))
    if results.loaded:
        print("This run was finished already and has been loaded; --force computes it again.")
    assert results.folder is not None
    print(f"report: {results.folder / 'report.html'}")


def _print_sensitivity(found: Sensitivity) -> None:
    """Print a table of the most important parameters."""
    from sunfront.engines.sensitivity.methods import display_rows

    rows = display_rows(found)[:12]
    hidden = ("unit", "quantity", "quantity_unit", "settled")
    columns = [key for key in rows[0] if key not in hidden]
    title = f"{len(rows)} of {len(found.rows)} parameters" if len(rows) < len(found.rows) else ""
    table = [tuple(_text(row, key) for key in columns) for row in rows]
    print_table(title, [key.replace("_", " ") for key in columns], table, set(range(1, len(columns))))


def _text(row: Mapping[str, Any], key: str) -> str:
    from sunfront.display import format_number

    value = row.get(key)
    if isinstance(value, float):
        return format_number(value) + (f" {row['unit']}" if key in ("low", "high") and row["unit"] != "1" else "")
    return "none" if value is None else str(value)
