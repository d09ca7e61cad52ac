"""Print the answer of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sunfront.cli.common import console, print_report_path, print_table
from sunfront.cli.config import preferred_units

if TYPE_CHECKING:
    from sunfront.problem.findings import Sensitivity
    from sunfront.runs.results import Results
    from sunfront.study.study import Study


#: Columns of a sensitivity table in the unit of the quantity.
IN_QUANTITY_UNIT = ("at_low", "at_high", "reoptimized_at_low", "reoptimized_at_high", "mu_star", "mu", "sigma")


def print_answer(results: Results, study: Study | None = None) -> None:
    """Print headline, answer, notes, a table of suggested designs, and the path of the report.

    Args:
        study: That of the run, to say why its front bends; None if it is not at hand, as of a run with code of its own
            library that may not run.
    """
    from rich.markup import escape

    from sunfront.report.money import money_lines
    from sunfront.report.sentences import answer, headline, levers, suggestion_table

    results = replace(results, shown_in=preferred_units())
    out = console()
    out.print(f"[bold]{escape(results.record.title)}[/bold]: {headline(results)}", soft_wrap=True)
    out.print(answer(results), soft_wrap=True, markup=False)
    for line in (*money_lines(results), *([] if study is None else _reasons(results, study)), *levers(results)):
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
    print_report_path(results.folder)


def _reasons(results: Results, study: Study) -> list[str]:
    """Why the front bends."""
    from sunfront.report.bend import reasons
    from sunfront.runs.run import Run

    assert results.folder is not None
    return reasons(Run(results, study, results.folder))


def _print_sensitivity(found: Sensitivity) -> None:
    """Print a table of the most important parameters."""
    from sunfront.engines.sensitivity.methods import display_rows

    rows = display_rows(found)[:12]
    hidden = ("unit", "quantity", "quantity_unit")
    columns = [key for key in rows[0] if key not in hidden]
    if "unit" in rows[0]:  # beside the values that it belongs to
        columns.insert(columns.index("high") + 1, "unit")
    units = {} if rows[0]["quantity_unit"] == "1" else dict.fromkeys(IN_QUANTITY_UNIT, f" ({rows[0]['quantity_unit']})")
    if found.method == "morris":
        units |= {"interval": units.get("mu_star", "")}
    title = f"{len(rows)} of {len(found.rows)} parameters" if len(rows) < len(found.rows) else ""
    table = [tuple(_text(row, key) for key in columns) for row in rows]
    names = ["converged" if key == "settled" else key.replace("_", " ") + units.get(key, "") for key in columns]
    numbers = {i for i, key in enumerate(columns) if key not in ("parameter", "unit")}
    print_table(title, names, table, numbers)


def _text(row: Mapping[str, Any], key: str) -> str:
    from sunfront.display import format_number

    value = row.get(key)
    if isinstance(value, float):
        return format_number(value)
    if key == "unit" and value == "1":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)
