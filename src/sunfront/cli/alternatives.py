"""Designs nearly as good as the best, on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sunfront.cli.common import Run, RunFolders, app, count, load_results, positive, print_table, progress
from sunfront.errors import RunError, UserError


@app.command()
def alternatives(
    run: Run,
    within: Annotated[str, typer.Option(metavar="SHARE", help="Share of the best value that may be given up.")] = "1 %",
    number: Annotated[int, typer.Option("--count", min=1, help="Most designs.")] = 10,
    time_limit: Annotated[float, typer.Option(callback=positive(), help="Seconds for each solve.")] = 60.0,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to", "-o", metavar="FILE", help="Table of the designs to write: .csv, .xlsx, .parquet or .json."
        ),
    ] = None,
    output: RunFolders = Path("outputs"),
) -> None:
    """Find designs nearly as good that differ most.

    The run has a proved optimum. Also tells how far each variable can move.
    """
    from sunfront.analysis.alternatives import find_alternatives
    from sunfront.display import words
    from sunfront.units import parse

    share = parse(within, "1", "--within")
    if not 0 < share < 1:
        raise UserError(f"--within: {within} is no share between 0 and 100 %")
    results, _ = load_results(run, output)
    try:
        with progress(results.record.study) as bar:
            found = find_alternatives(results, share, number, time_limit, bar)
    except TimeoutError:
        raise RunError("a solve did not end in time; raise --time-limit") from None
    units, (objective,) = results.units, results.objectives
    limit = f"{objective.name} {'>=' if objective.sign > 0 else '<='} {results.text(objective.name, found.limit)}"
    rows = [(words(name), *(results.text(name, x) for x in ends)) for name, ends in found.ranges.items()]
    print_table(f"how far each variable can move with {limit}", ["variable", "least", "largest"], rows, {1, 2})
    names = [objective.name, *results.record.variables]
    size = len(found.columns[objective.name])
    table = [tuple(results.text(name, float(found.columns[name][i])) for name in names) for i in range(size)]
    heads = [words(name) for name in names]
    title = f"{count(size, 'design')}, each as different as can be from those above"
    print_table(title, heads, table, set(range(len(heads))))
    if to is not None:
        import pandas as pd

        from sunfront.runs.table_export import write_table

        write_table(results, pd.DataFrame({name: found.columns[name] for name in units if name in found.columns}), to)
        print(to)
