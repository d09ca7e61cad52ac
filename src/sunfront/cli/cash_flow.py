"""The command that prints the cash flow of a design."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sunfront.cli import completion
from sunfront.cli.common import RUN_HELP, AsJson, RunFolders, app, find_run, print_table
from sunfront.cli.designs import chosen_design

if TYPE_CHECKING:
    from sunfront.cash_flow.table import CashFlow, Period

#: Periods beside each other in a table on the terminal.
COLUMNS = 8


@app.command()
def cashflow(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            help=f"{RUN_HELP} Or a study file (YAML), for its base design.",
            show_default=False,
            autocompletion=completion.runs,
        ),
    ],
    row: Annotated[
        str | None,
        typer.Argument(
            metavar="ROW",
            help="Design of the run's front: its row, from 0, or 'knee', 'nearest to the ideal', or an objective for "
            "the best in it.  [default: the design to look at first, as in the report]",
            show_default=False,
        ),
    ] = None,
    quarters: Annotated[bool, typer.Option("--quarters", help="By quarter instead of by year.")] = False,
    csv: Annotated[
        Path | None, typer.Option("--csv", "-o", metavar="FILE", help="Write the table as CSV, in display units.")
    ] = None,
    as_json: AsJson = False,
    output: RunFolders = Path("outputs"),
) -> None:
    """Print the cash flow of a design, by year and by element.

    Years count from the decision. What is paid is negative.
    """
    from sunfront.errors import UserError
    from sunfront.runs.cash_flows import write_csv
    from sunfront.runs.files import check_can_write
    from sunfront.runs.losses import loss_note

    if csv is not None:
        check_can_write(csv, "name one, or print with --json instead of -o")
    is_study = run.endswith((".yaml", ".yml"))
    if is_study and row is not None:
        raise UserError(f"{run} is a study, whose base design has no row; name its run, {Path(run).stem}, or no row")
    period: Period = "quarter" if quarters else "year"
    title, found = _study_flow(run, period) if is_study else _run_flow(run, row, period, output)
    if csv is not None:
        write_csv(csv, {title: found})
        print(csv)
    elif as_json:
        print(json.dumps(_as_json(title, found), indent=1, allow_nan=False))
    else:
        _print(title, found)
        if told := loss_note(found):
            print(f"note: {told}")


def _study_flow(study: str, period: Period) -> tuple[str, CashFlow]:
    """Title and cash flow of the base design of a study."""
    from sunfront.cash_flow.table import cash_flow
    from sunfront.errors import UserError
    from sunfront.study.study import Study

    loaded = Study.load(Path(study))
    problem = loaded.problem
    if missing := [v.name for v in problem.variables if v.name not in problem.base]:
        raise UserError(f"the base design has no {missing[0]}; name its preset under base:")
    return f"{loaded.name}: base design", cash_flow(problem, problem.base, period)


def _run_flow(run: str, row: str | None, period: Period, output: Path) -> tuple[str, CashFlow]:
    """Title and cash flow of a design of a run."""
    from sunfront.runs.run import Run

    opened = Run.load(find_run(run, output, designs=True))
    chosen, words = chosen_design(opened.results, row)
    return f"{opened.results.record.title}: {words}", opened.cash_flow(chosen, period)


def _as_json(title: str, found: CashFlow) -> dict[str, Any]:
    """All of a cash flow in USD."""
    from math import isfinite

    from sunfront.cash_flow.table import COVER

    frame, present = found.to_frame(), found.present_values
    elements = {
        name: {"kind": kind, "amounts": frame[name].tolist(), "present_value": present[name]}
        for name, kind in found.kinds.items()
    }
    sums = {name: frame[name].tolist() for name in frame.columns if name not in elements}
    if COVER in sums:
        sums[COVER] = [x if isfinite(x) else None for x in sums[COVER]]
    return {
        "design": title,
        "period": found.period,
        "unit": "USD",
        "elements": elements,
        **sums,
        "npv": found.npv,
        "npv_without_other_income": found.npv_without_other_income,
    }


def _print(title: str, found: CashFlow) -> None:
    """Print a table with a line for each element, and a column for each period; several if there are many periods."""
    from sunfront.report.cash_table import cash_table

    table = cash_table(found)
    last = len(table.heads) - 2
    for first in range(1, last, COLUMNS):
        end = first + COLUMNS if first + COLUMNS < last else None  # the sums follow the last period
        heads, *rows = ((cells[0], *cells[first:end]) for cells in (table.heads, *table.rows))
        print_table(f"{title}; {table.money}" if first == 1 else "", [*heads], rows, set(range(1, len(heads))))
