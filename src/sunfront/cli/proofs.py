"""Commands on proofs: write the optimization model of a study, verify a run with a second solver."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sunfront.cli.common import OneStudy, Output, Run, Set, app, count, load_results, positive, print_table, progress
from sunfront.cli.plans import verify_plan
from sunfront.errors import UserError

if TYPE_CHECKING:
    from sunfront.analysis.second_proof import SecondProof
    from sunfront.problem.certificate import Gap
    from sunfront.runs.results import Results

#: File formats that Pyomo writes.
SUFFIXES = (".lp", ".mps", ".nl")

#: Plans of a front that are proved again unless said otherwise: one may take a minute.
PLANS = 12


@app.command()
def formulate(
    study: OneStudy,
    solver: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Solver to write the model for, as highs or scip.  [default: the study's]"),
    ] = None,
    to: Annotated[
        Path | None, typer.Option("--to", "-o", metavar="FILE", help="File to write: .lp, .mps or .nl.")
    ] = None,
    set_: Set = None,
) -> None:
    """Write the optimization model of a study, or print its size."""
    import pyomo.environ as pyo
    from pyomo.core.expr.visitor import identify_variables

    from sunfront.runs.files import check_can_write, replacing
    from sunfront.study.study import Study

    if to is not None:
        check_can_write(to)
    if to is not None and to.suffix not in SUFFIXES:
        raise UserError(f"{to.name}: unknown model format; end the name in {', '.join(SUFFIXES)}")
    model = Study.load(study, set_ or []).pyomo_model(solver, is_solved=to is not None)
    rows = list(model.component_data_objects(pyo.Constraint, active=True))
    nonlinear = sum(row.body.polynomial_degree() not in (0, 1) for row in rows)
    if to is not None:
        if to.suffix != ".nl" and nonlinear:
            raise UserError(f"{to.name}: the model is nonlinear; write it to a .nl file")
        with replacing(to) as new:
            model.write(str(new), io_options={"symbolic_solver_labels": True})
        print(to)
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
    gap: Annotated[
        float, typer.Option(callback=positive(1), help="Relative distance within which a bound is confirmed.")
    ] = 1e-3,
    time_limit: Annotated[float, typer.Option(callback=positive(), help="Seconds per bound.")] = 120.0,
    bounds: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="COUNT",
            help="Most bounds to prove again: those at the ends of a front, and some evenly between.  [default: all of "
            "a study, 12 of a plan]",
            show_default=False,
        ),
    ] = None,
    exact: Annotated[
        bool, typer.Option("--exact", help="Check the proof in exact arithmetic instead, without a solver.")
    ] = False,
    output: Output = Path("outputs"),
) -> None:
    """Verify a finished run with a second solver.

    Designs, gap and front.csv are computed again; study, equations and parameters must be those of the run. Then
    each bound is proved by itself, or that no design is feasible. Bounds that a catalogue's proof carries on to all
    values are proved again by intervals. Of a plan over time every plan is simulated. Exit code 0: all that was
    proved again is confirmed. 1: some bounds are not confirmed within the time limit, or the solvers contradict each
    other. 2: a file is damaged, was changed, or is missing.

    With --exact, the certificate in the run folder is checked in rational arithmetic. A run of HiGHS that has none gets
    one first. `tools/check_certificate.py` checks it without sunfront.
    """
    from sunfront.analysis.second_proof import prove_again
    from sunfront.runs.plans import find_plan_run

    if (found := find_plan_run(run, output)) is not None:
        if exact or solver != "scip":
            raise UserError(f"a plan is proved again with scip; leave {'--exact' if exact else '--solver'} out")
        raise typer.Exit(verify_plan(found, gap, time_limit, bounds or PLANS))
    results, _ = load_results(run, output)
    if exact:
        if bounds is not None or solver != "scip":
            raise UserError(
                f"--exact checks every bound, without a solver; leave out {'--bounds' if bounds else '--solver'}"
            )
        _verify_exactly(results, time_limit)
        return
    with progress(f"{results.record.study} with {solver}") as bar:
        proof = prove_again(results, solver, gap, time_limit, bar, bounds)
    _print_proof(results, proof, solver)
    raise typer.Exit(0 if proof.confirmed else 1)


def _verify_exactly(results: Results, time_limit: float) -> None:
    from sunfront.analysis.check_certificate import FILE
    from sunfront.analysis.exact_certificate import prove_exactly
    from sunfront.errors import Unverified

    assert results.folder is not None
    try:
        with progress(results.record.study) as bar:
            proof = prove_exactly(results, time_limit, bar)
    except TimeoutError:
        raise Unverified("the proofs were not found in time; raise --time-limit") from None
    print(f"{results.folder / FILE}: {'written and ' if proof.written else ''}proved in exact arithmetic")
    print(f"{count(proof.proofs, 'proof')} of {count(proof.claims, 'claim')} over {proof.scope or 'a catalogue'}")
    print(f"the coefficients are those of the equations, and of the numpy model at {proof.designs} random designs")
    if proof.gap is None:
        print("no design is feasible")
    else:
        print(f"missing at most: {100 * _missing(results, proof.gap):.3g} %")
    if proof.all_values is not None:
        print(f"missing at most over all values: {100 * _missing(results, proof.all_values):.3g} %")


def _missing(results: Results, gap: Gap) -> float:
    """What is missing by the measure that the run was asked for."""
    from sunfront.engines.settings import PyomoSettings

    engine = results.record.engine
    return gap.by(engine.measure) if isinstance(engine, PyomoSettings) else gap.relative


def _print_proof(results: Results, proof: SecondProof, solver: str) -> None:
    from sunfront.display import axis_label, format_number
    from sunfront.units import unit

    def number(name: str, value: float | None, digits: int) -> str:
        if value is None:
            return "no design"
        return format_number(unit(results.units[name]).from_si(value), digits) if math.isfinite(value) else "none"

    units = results.units
    objectives = {o.name: o for o in results.objectives}
    floored = [name for name in objectives if any(name in claim.floors for claim in proof.claims)]
    heads = [f"{axis_label(n, units[n])} at {'least' if objectives[n].sign > 0 else 'most'}" for n in floored]
    heads += ["bound on", "by the run", f"by {solver}", "beyond it (%)", "result"]
    rows = [
        (
            *(number(name, claim.floors[name], 5) if name in claim.floors else "" for name in floored),
            axis_label(claim.objective, units[claim.objective]),
            *(number(claim.objective, bound, 6) for bound in (claim.bound, claim.second)),
            f"{100 * claim.excess:.2g}" if math.isfinite(claim.excess) else "unknown",
            "confirmed" if claim.confirmed else "not confirmed",
        )
        for claim in proof.claims
    ]
    right = {*range(len(floored)), *range(len(floored) + 1, len(heads) - 1)}
    of = f" of {proof.total}" if proof.total > len(proof.claims) else ""
    print_table(f"{count(len(proof.claims), 'bound')}{of} proved again", heads, rows, right)
    if results.record.gap is not None:
        second = "unknown" if proof.gap is None else f"{100 * _missing(results, proof.gap):.2g} %"
        print(f"missing at most: {100 * _missing(results, results.record.gap):.2g} % by the run, {second} by {solver}")
    if proof.all_values:
        print(
            f"{sum(proof.all_values)} of {count(len(proof.all_values), 'bound')} over all values confirmed by intervals"
        )
