"""What the commands do with a plan: run, validate, show, verify and draw it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sunfront.cli.common import (
    LONGEST_ENTRY,
    Cluster,
    Output,
    Run,
    app,
    console,
    count,
    print_report_path,
    print_table,
    progress,
)
from sunfront.cli.config import preferred_units
from sunfront.errors import UserError, shortened

if TYPE_CHECKING:
    from sunfront.runs.plans import PlanRun
    from sunfront.study.plan_study import PlanStudy


#: Most plans of a front that are printed.
PLANS_SHOWN = 20


def load_plan(path: Path, overrides: list[str], output: Path = Path("outputs"), quick: bool = False) -> PlanStudy:
    """Load a plan whose code, if its library has any, is trusted as a study's that is run."""
    from sunfront.library.trust import remember
    from sunfront.runs import plan_designs

    study = plan_designs.load_plan(path, overrides, output=output, trust_code=True)
    for folder in study.library.folders:
        remember(folder.code.values())
    return study.quick() if quick else study


def solve_plan(study: PlanStudy, output: Path, force: bool, workers: int, cluster: str) -> PlanRun:
    """Run a plan with a progress bar, and write its report."""
    from sunfront.report.plan_page import write_plan
    from sunfront.runs.plans import run_plan

    with progress(study.name) as bar:

        def draw(run: PlanRun) -> None:
            if run.interrupted:  # the page of a front takes seconds
                print(f"{study.name}: interrupted; {run.folder} has what was found; drawing its page", file=sys.stderr)
            write_plan(run, bar)

        return run_plan(study, output=output, force=force, workers=workers, cluster=cluster, progress=bar, draw=draw)


def print_plan(run: PlanRun, index: int = 0) -> None:
    """Print the answer of a plan's run: headline, plans, and one plan by year."""
    from rich.markup import escape

    from sunfront.report import plan_dates, plan_text
    from sunfront.runs.plan_tables import FRONT_TABLE

    if run.points and not 0 <= index < len(run.points):
        raise UserError(f"--plan {index}: the run has plans 0 to {len(run.points) - 1}")
    run = replace(run, shown_in=preferred_units())
    out = console()
    out.print(f"[bold]{escape(run.study.title)}[/bold]: {escape(plan_text.headline(run))}", soft_wrap=True)
    for line in plan_text.answer_lines(run):
        out.print(line, soft_wrap=True, markup=False)
    for note in run.record.notes:
        out.print(f"note: {note}", soft_wrap=True, markup=False)
    if run.points:
        heads, rows = plan_text.front_rows(run)
        if len(rows) > 1:
            shown = plan_text.chosen_plans(run, PLANS_SHOWN)
            print_table("", heads, [rows[i] for i in shown], set(range(1, len(heads))))
            if len(shown) < len(rows):
                print(f"{len(shown)} of {len(rows)} plans, with the ends and the knee; all: {run.folder / FRONT_TABLE}")
        heads, rows = plan_dates.earlier_rows(run)
        if rows:
            print_table("", heads, rows, {1, 3, 4, 5})
            print("\n".join(plan_dates.earlier_notes(run)))
        heads, rows = plan_text.year_rows(run, index)
        print_table(f"plan {index} by year", heads, rows, set(range(1, len(heads))))
    if run.loaded:
        print("This run was finished already and has been loaded; --force computes it again.")
    print_report_path(run.folder)
    sys.stdout.flush()


def print_plan_comparison(folders: Sequence[Path]) -> None:
    """Print the first plans of runs and their dates side by side, and what differs between the plans' files."""
    from sunfront.report import plan_dates, plan_text
    from sunfront.report.differences import find_entries, labels
    from sunfront.runs.index import run_text
    from sunfront.runs.plan_record import PlanRecord
    from sunfront.runs.plans import load_plan_run

    for i, folder in enumerate(folders):
        print(f"taken: {run_text(folder, PlanRecord.read(folder))}")
        if folder in folders[:i]:
            raise UserError(f"{folder} would be compared with itself; name another run, by its folder or run id")
    runs = [replace(load_plan_run(folder), shown_in=preferred_units()) for folder in folders]
    names = labels([(run.record, run.folder) for run in runs])
    answers = []
    for run in runs:
        heads, rows = plan_text.front_rows(run)
        first = dict(zip(heads[1:], rows[0][1:], strict=True)) if rows else {}
        dates = plan_dates.earliest_dates(run) | plan_dates.price_of_dates(run)
        answers.append({"answer": plan_text.headline(run)} | first | dates)
    told = dict.fromkeys(name for answer in answers for name in answer)
    print_table("", ["", *names], [(name, *(answer.get(name, "-") for answer in answers)) for name in told], set())
    found = find_entries([run.study.as_data() for run in runs])
    rows = [(each.name, *(shortened(value, LONGEST_ENTRY) for value in each.values)) for each in found]
    print_table("what differs", ["", *names], rows, set())


def describe_plan(path: Path, overrides: list[str]) -> list[str]:
    """Lines that say that a plan is valid."""
    from sunfront.engines.plan.coefficients import Coefficients
    from sunfront.engines.plan.program import build

    study = load_plan(path, overrides)
    plan = study.plan
    with study.placing_errors():
        build(plan, Coefficients(plan))  # what the program cannot hold is told here
    counts = [
        count(len(plan.products), "product"),
        count(plan.horizon.count, "period"),
        f"{len(plan.supplies)} {'supply' if len(plan.supplies) == 1 else 'supplies'}",
        count(len(plan.objectives), "objective"),
        count(len(plan.constraints), "constraint"),
    ]
    return [f"{path}: valid: {', '.join(counts)}, engine plan", *(f"  note: {note}" for note in study.notes)]


def verify_plan(folder: Path, gap: float, time_limit: float, bounds: int) -> int:
    """Simulate every plan, and solve the program of some again with SCIP; print a table, and return the exit code.

    Args:
        bounds: As of ``prove_plan_again``.
    """
    from sunfront.analysis.plan_proof import prove_plan_again
    from sunfront.report.plan_dates import value_text
    from sunfront.runs.plans import load_plan_run

    run = replace(load_plan_run(folder), shown_in=preferred_units())  # simulates every plan
    objectives = run.study.plan.objectives
    with progress(f"{run.record.study} with scip") as bar:
        proofs = prove_plan_again(run, gap, time_limit, bounds, bar)
    rows = []
    for proof in proofs:
        values = run.points[proof.plan].simulation.scores
        texts = [value_text(run, o.goal, value) for o, value in zip(objectives, values, strict=True)]
        second = "none" if proof.bound is None else value_text(run, objectives[0].goal, proof.bound)
        rows.append((str(proof.plan), *texts, second, "confirmed" if proof.confirmed else "not confirmed"))
    heads = ["plan", *(o.goal.text for o in objectives), "bound by SCIP", "result"]
    every, proved = len(run.points), len(proofs)
    title = f"{count(every, 'plan')} simulated and proved again"
    if proved < every:
        title = f"{every} plans simulated; the ends and some evenly between proved again, {proved} in all"
    print_table(title, heads, rows, set(range(1, len(heads) - 1)))
    if proved < every:
        print(f"--bounds {every} proves all again")
    return 0 if all(proof.confirmed for proof in proofs) else 1


def plan_sensitivity(path: Path, overrides: list[str], quantity: str, output: Path) -> None:
    """Print how the parameters of a plan move its net present value, or the first purchase of a product."""
    from sunfront.analysis.plan_sensitivity import plan_movers
    from sunfront.report.plan_text import mover_rows

    study = load_plan(path, overrides, output)
    product = "" if quantity == "npv" else quantity
    with progress(study.name) as bar, study.placing_errors():
        base, movers = plan_movers(study, product, bar)
    heads, rows = mover_rows(study, base, movers, product, preferred_units())
    print_table(f"{study.title}: what moves {product or 'npv'} most", heads, rows, set(range(1, len(heads))))


@app.command()
def robust(
    run: Run,
    scenarios: Annotated[int, typer.Option(help="Number of scenarios.")] = 200,
    two_stage: Annotated[
        int,
        typer.Option(help="Also solve one program over so many scenarios, at most 20, and try its first decisions."),
    ] = 0,
    seed: Annotated[int, typer.Option(help="Seed of the scenarios.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Number of worker processes.")] = 1,
    cluster: Cluster = "",
    output: Output = Path("outputs"),
    force: Annotated[bool, typer.Option("--force", help="Compute again, even if it is stored.")] = False,
) -> None:
    """Try a plan's first decisions in scenarios.

    What is decided before something is known is held; the rest is decided again whenever something becomes known. The
    table compares it with the best plan that knows the scenario from the start. An interrupted command goes on where it
    was.
    """
    from sunfront.report import plan_text
    from sunfront.report.plan_page import write_page
    from sunfront.runs.plan_robustness import Asked, try_plan
    from sunfront.runs.plans import find_plan_run, load_plan_run

    folder = find_plan_run(run, output)
    if folder is None:
        raise UserError(f"no run of a plan over time is named {run!r} in {output}")
    found = load_plan_run(folder)
    with progress(found.study.name) as bar:
        asked = Asked(scenarios, two_stage, seed)
        record = try_plan(found, asked, force=force, workers=workers, cluster=cluster, progress=bar)
    write_page(found)
    shown = replace(found, shown_in=preferred_units())
    heads, rows = plan_text.robust_rows(shown, record)
    print_table(f"{found.study.title} in {count(record.scenarios, 'scenario')}", heads, rows, set(range(1, len(heads))))
    for line in plan_text.robust_lines(shown, record):
        print(line)
    print(f"each scenario: {found.folder / 'robust.csv'}")
