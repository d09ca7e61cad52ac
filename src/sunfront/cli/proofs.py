"""Commands on formulations and proofs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sunfront.cli.common import OneStudy, Output, Run, Set, app, print_table, progress
from sunfront.errors import RunError, UserError

#: Suffixes that Pyomo writes.
SUFFIXES = (".lp", ".mps", ".nl")


@app.command()
def formulate(
    study: OneStudy,
    solver: Annotated[str | None, typer.Option(help="highs, scip or maingo, instead of the study's.")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File to write: model.lp, model.mps or model.nl.")
    ] = None,
    set_: Set = None,
) -> None:
    """Write the optimization model of a study, or count what is in it."""
    import pyomo.environ as pyo
    from pyomo.core.expr.visitor import identify_variables

    from sunfront.study.study import Study

    if output is not None and output.suffix not in SUFFIXES:
        raise UserError(f"{output.name}: write to a file that ends in {', '.join(SUFFIXES)}")
    model = Study.load(study, set_ or []).pyomo_model(solver)
    rows = list(model.component_data_objects(pyo.Constraint, active=True))
    bent = sum(row.body.polynomial_degree() not in (0, 1) for row in rows)
    if output is not None:
        if output.suffix != ".nl" and bent:
            raise UserError(f"{output.name}: the model is nonlinear; write it to a file that ends in .nl")
        try:
            model.write(str(output), io_options={"symbolic_solver_labels": True})
        except OSError as error:
            raise RunError(f"cannot write {output}: {error.strerror}") from None
        print(output)
        return
    used = {id(v): v for row in rows for v in identify_variables(row.body, include_fixed=False)}
    counts = [
        ("continuous variables", sum(v.is_continuous() for v in used.values())),
        ("binary variables", sum(v.is_binary() for v in used.values())),
        ("other integer variables", sum(v.is_integer() and not v.is_binary() for v in used.values())),
        ("constraints", len(rows)),
        ("nonlinear constraints", bent),
    ]
    print_table("the model", ["what", "count"], [(name, f"{count:,}") for name, count in counts], {1})
    blocks = [(c.name, f"{len(c):,}", c.doc or "") for c in model.component_objects(pyo.Constraint, active=True)]
    print_table("constraints", ["name", "rows", "what it says"], [row for row in blocks if row[1] != "0"], {1})


@app.command()
def verify(
    run: Run,
    solver: Annotated[str, typer.Option(help="The second solver: scip, maingo or highs.")] = "scip",
    gap: Annotated[float, typer.Option(help="Relative gap of each solve.")] = 1e-3,
    time_limit: Annotated[float, typer.Option(help="Seconds for each point.")] = 120.0,
    output: Output = Path("outputs"),
) -> None:
    """Prove a saved front again, point by point, with another solver.

    Exit code 0: every point confirmed. 1: a time limit came first, or the two solvers contradict each other.
    """
    from sunfront.analysis.second_proof import prove_again
    from sunfront.display import format_value
    from sunfront.runs.index import find
    from sunfront.runs.results import Results

    results = Results.load(find(run, output))
    with progress(f"{results.record.study} with {solver}") as bar:
        rows = prove_again(results, solver, gap, time_limit, bar)
    names = [o.name for o in results.objectives]
    heads = [*names, f"bound of {names[0]} then", f"bound by {solver}", "verdict"]
    table = [
        (
            *(format_value(row.values[name], results.units[name], 5) for name in names),
            *(format_value(bound, results.units[names[0]], 6) for bound in (row.bound, row.second)),
            f"confirmed to {100 * row.gap:.2g} %" if row.confirmed else f"open: {100 * row.gap:.2g} %",
        )
        for row in rows
    ]
    print_table(f"{len(rows)} points proved again", heads, table, set(range(len(heads) - 1)))
    raise typer.Exit(0 if all(row.confirmed for row in rows) else 1)
