"""Commands on proofs: write the optimization model of a study, verify the front of a run with a second solver."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from sunfront.cli.common import OneStudy, Output, Run, Set, app, count, load_results, print_table, progress
from sunfront.cli.plans import verify_plan
from sunfront.errors import RunError, UserError

#: File formats that Pyomo writes.
SUFFIXES = (".lp", ".mps", ".nl")


@app.command()
def formulate(
    study: OneStudy,
    solver: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Solver to write the model for: highs, scip or maingo.  [default: the study's]"
        ),
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="File to write: .lp, .mps or .nl.")] = None,
    set_: Set = None,
) -> None:
    """Write the optimization model of a study, or print its size."""
    import pyomo.environ as pyo
    from pyomo.core.expr.visitor import identify_variables

    from sunfront.study.study import Study

    if output is not None and output.suffix not in SUFFIXES:
        raise UserError(f"{output.name}: unknown model format; end the name in {', '.join(SUFFIXES)}")
    model = Study.load(study, set_ or []).pyomo_model(solver)
    rows = list(model.component_data_objects(pyo.Constraint, active=True))
    nonlinear = sum(row.body.polynomial_degree() not in (0, 1) for row in rows)
    if output is not None:
        if output.suffix != ".nl" and nonlinear:
            raise UserError(f"{output.name}: the model is nonlinear; write it to a .nl file")
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
        ("nonlinear constraints", nonlinear),
    ]
    print_table("size of the model", ["kind", "count"], [(name, f"{number:,}") for name, number in counts], {1})
    blocks = [(c.name, f"{len(c):,}", c.doc or "") for c in model.component_objects(pyo.Constraint, active=True)]
    print_table("constraints", ["name", "rows", "description"], [row for row in blocks if row[1] != "0"], {1})


@app.command()
def verify(
    run: Run,
    solver: Annotated[str, typer.Option(metavar="NAME", help="Second solver: scip, maingo or highs.")] = "scip",
    gap: Annotated[float, typer.Option(help="Relative gap at which a point is confirmed.")] = 1e-3,
    time_limit: Annotated[float, typer.Option(help="Seconds per point.")] = 120.0,
    output: Output = Path("outputs"),
) -> None:
    """Prove the front of a finished run again with another solver.

    Each point is proved by itself. Exit code 0: all points are confirmed. 1: some are not confirmed within the time
    limit, or the solvers contradict each other.
    """
    from sunfront.analysis.second_proof import prove_again
    from sunfront.display import axis_label, format_number
    from sunfront.runs.plans import find_plan_run
    from sunfront.units import unit

    if (found := find_plan_run(run, output)) is not None:
        if solver != "scip":
            raise UserError(f"--solver {solver}: a plan is proved again with scip")
        raise typer.Exit(verify_plan(found, gap, time_limit))
    results, _ = load_results(run, output)
    with progress(f"{results.record.study} with {solver}") as bar:
        proofs = prove_again(results, solver, gap, time_limit, bar)

    def number(name: str, value: float, digits: int) -> str:
        return format_number(unit(results.units[name]).from_si(value), digits)

    names = [o.name for o in results.objectives]
    first = axis_label(names[0], results.units[names[0]])
    heads = [axis_label(name, results.units[name]) for name in names]
    heads += [f"{first}: bound of the run", f"bound by {solver}", "gap (%)", "result"]
    rows = [
        (
            *(number(name, proof.values[name], 5) for name in names),
            *(number(names[0], bound, 6) for bound in (proof.bound, proof.second)),
            f"{100 * proof.gap:.2g}" if math.isfinite(proof.gap) else "none",
            "confirmed" if proof.confirmed else "not confirmed",
        )
        for proof in proofs
    ]
    print_table(f"{count(len(proofs), 'point')} proved again", heads, rows, set(range(len(heads) - 1)))
    raise typer.Exit(0 if all(proof.confirmed for proof in proofs) else 1)
