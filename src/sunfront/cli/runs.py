"""Commands on runs: show, open, watch, plot, report, compare and export them."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from glob import escape
from pathlib import Path
from typing import Annotated

import typer

from sunfront.cli import completion
from sunfront.cli.answers import print_answer
from sunfront.cli.common import (
    LONGEST_ENTRY,
    RUN_HELP,
    Output,
    Run,
    RunFolders,
    app,
    check_figure_format,
    check_page_name,
    count,
    describe_choice,
    find_run,
    load_results,
    print_table,
    progress,
)
from sunfront.cli.config import preferred_units
from sunfront.cli.plans import print_plan, print_plan_comparison

#: Most assumptions in the table of what differs between runs; the page has all.
ASSUMPTIONS_SHOWN = 12


@app.command()
def show(
    run: Annotated[
        str | None,
        typer.Argument(metavar="RUN", help=RUN_HELP, show_default=False, autocompletion=completion.runs),
    ] = None,
    plan: Annotated[
        int | None,
        typer.Option(metavar="N", min=0, help="Of a plan's run: the plan of the front to print.", show_default="0"),
    ] = None,
    output: Output = Path("outputs"),
) -> None:
    """Print the answer of a finished run and how it was computed.

    Without RUN, list the finished runs.
    """
    from sunfront.errors import UserError
    from sunfront.report.sentences import provenance
    from sunfront.runs.index import damaged_runs, stored_runs
    from sunfront.runs.plans import damaged_plan_runs, find_plan_run, load_plan_run, plan_runs

    if run is None:
        rows: list[tuple[str, ...]] = [
            (r.record.title, r.folder.name, r.record.engine.name, r.record.status, r.record.finished)
            for r in stored_runs(output)
        ]
        rows += [(r.title, folder.name, r.engine.name, r.status, r.finished) for folder, r in plan_runs(output)]
        rows.sort(key=lambda row: row[-1], reverse=True)
        print_table(str(output), ["study", "run", "engine", "status", "finished"], rows, set())
        for message in damaged_runs(output) + damaged_plan_runs(output):
            print(f"left out: {message}", file=sys.stderr)
        return
    if (found := find_plan_run(run, output)) is not None:
        print_plan(load_plan_run(found), plan or 0)
        return
    if plan is not None:
        raise UserError(f"{run} is no run of a plan; leave out --plan")
    results, study = load_results(run, output)
    print_answer(results, study)
    print_table("", ["how it was computed", ""], provenance(results), set())


@app.command("open")
def open_(run: Run, output: Output = Path("outputs")) -> None:
    """Open the report of a finished run in the browser."""
    import webbrowser

    from sunfront.errors import UserError
    from sunfront.runs.files import REPORT, has_report
    from sunfront.runs.plan_record import PlanRecord
    from sunfront.runs.plans import find_plan_run
    from sunfront.runs.record import RunRecord

    plan = find_plan_run(run, output)
    folder = plan or find_run(run, output)
    page = (folder / REPORT).resolve()
    if not has_report(folder):
        (RunRecord if plan is None else PlanRecord).read(folder)  # raises if the command that writes it would refuse it
        lacks = "is not whole" if page.is_file() else "does not exist"
        raise UserError(f"{page} {lacks}; write it with `sunfront report {run}`")
    print(page)
    if not webbrowser.open(page.as_uri()):
        print("no browser found; open the file above in one", file=sys.stderr)
        raise typer.Exit(1)


@app.command()
def watch(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="Study that is running.", show_default=False)],
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between updates.")] = 2.0,
    output: Output = Path("outputs"),
) -> None:
    """Follow a search that another process runs.

    Print its progress at the newest checkpoint, then at each further one until it ends. Ctrl-C stops watching, not
    the run.
    """
    checkpoint = _newest_checkpoint(Path(study).stem, output)
    print(f"watching {checkpoint.parent}; Ctrl-C stops watching, not the run")
    for line in _checkpoint_lines(checkpoint, every):
        print(line, flush=True)
    report = checkpoint.parent.with_suffix("") / "report.html"
    if report.is_file():
        print(f"report: {report}")
    elif checkpoint.exists():
        print("the run was interrupted; the same `sunfront run` continues it")
    else:
        print("the run ended without a report")


@app.command()
def plot(
    run: Run,
    figure: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            help="front, budgets, cashflow, waterfall, ground, map, distribution, convergence or sensitivity.  "
            "[default: all]",
            show_default=False,
        ),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to",
            "-o",
            metavar="FILE",
            help="File to write: .svg, .pdf or .png.  [default: SVG and PNG in the run folder]",
        ),
    ] = None,
    output: RunFolders = Path("outputs"),
) -> None:
    """Draw the figures of a run, or one of them.

    They have publication quality.
    """
    from sunfront.errors import UnknownName, UserError
    from sunfront.report import figures
    from sunfront.runs.run import open_run

    if figure is not None and figure not in figures.FIGURES:
        raise UnknownName(figure, "figure", figures.FIGURES)
    if to is not None:
        if figure is None:
            raise UserError("--to writes one figure; give its NAME too")
        check_figure_format(to)
    opened = open_run(find_run(run, output, sensitivity=figure == "sensitivity"))
    if figure is None:
        written = figures.write(opened, figures.FIGURES)
    elif to is None:
        written = figures.write(opened, [figure])
    else:
        opened = replace(opened, results=replace(opened.results, shown_in=preferred_units()))
        written = [*figures.write_one(opened, figure, to)]
    if not written:
        raise UserError(f"{opened.folder} has no data for the figure {figure}")
    print(*written, sep="\n")


@app.command()
def report(run: Run, output: Output = Path("outputs")) -> None:
    """Write tables, figure and report of a run again."""
    from sunfront.report import write
    from sunfront.report.plan_page import write_plan
    from sunfront.runs.plans import find_plan_run, load_plan_run
    from sunfront.runs.results import Results

    if (found := find_plan_run(run, output)) is not None:
        write_plan(load_plan_run(found))
        print(found / "report.html")
        return
    folder = find_run(run, output)
    write(Results.load(folder), folder)
    print(folder / "report.html")


@app.command()
def compare(
    runs: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN RUN...",
            help="Run folders, studies, or starts of run ids.",
            show_default=False,
            autocompletion=completion.runs,
        ),
    ],
    to: Annotated[
        Path | None,
        typer.Option("--to", "-o", metavar="FILE", help="Page to write (HTML).  [default: OUTPUT/comparison.html]"),
    ] = None,
    output: RunFolders = Path("outputs"),
) -> None:
    """Compare runs on one page.

    It says which run it takes for each name, and where the page is. The page shows the fronts, the assumptions that
    differ, and the cost of compute by element. Plans over time are compared by tables alone: the first plan of each
    run, and its dates.
    """
    from sunfront import display
    from sunfront.errors import UserError, shortened
    from sunfront.report import compare as write_comparison
    from sunfront.report.comparison import summary
    from sunfront.report.cost_bridge import bridges
    from sunfront.report.differences import find_differences, run_labels
    from sunfront.runs.index import find_among
    from sunfront.runs.plans import find_plan_run
    from sunfront.runs.run import open_run
    from sunfront.units import unit

    if to is not None:
        check_page_name(to)
    if len(runs) < 2:
        raise UserError("compare needs at least two runs; name another")
    plans = [find_plan_run(run, output) for run in runs]
    if all(plans):
        if to is not None:
            raise UserError("--to: no page compares plans over time; leave it out")
        print_plan_comparison([folder for folder in plans if folder is not None])
        return
    if any(plans):
        for run, plan in zip(runs, plans, strict=True):
            if plan is None:
                find_among(run, output)  # raises if no run is named so
        listed = ", ".join(run for run, plan in zip(runs, plans, strict=True) if plan)
        raise UserError(
            f"only some are runs of plans over time ({listed}); compare plans with plans, studies with studies"
        )
    folders: list[Path] = []
    for run in runs:
        folder, others = find_among(run, output)
        print("\n".join(describe_choice(folder, others)))
        if folder.resolve() in (other.resolve() for other in folders):
            raise UserError(f"{folder} would be compared with itself; name another run, by its folder or run id")
        folders.append(folder)
    opened = [open_run(folder) for folder in folders]
    page = to or output / "comparison.html"
    write_comparison(opened, page)
    for line in summary(opened):
        print(line)
    for label, bridge in bridges(opened).items():
        steps = {name: unit("USD/kWh").from_si(step) for name, step in bridge.steps}
        steps["total"] = sum(steps.values())
        digits = display.decimals(max(map(abs, steps.values())))
        rows = [(display.words(name), text) for name, step in steps.items() if float(text := f"{step:+,.{digits}f}")]
        print_table(f"from the first run to {label}", ["cost of compute", "difference (USD/kWh)"], rows, {1})
    found = find_differences(opened)
    if shown := [*found.studies, *found.assumptions[:ASSUMPTIONS_SHOWN]]:
        texts = [(each.name, *(shortened(value, LONGEST_ENTRY) for value in each.values)) for each in shown]
        print_table("what differs", ["", *run_labels(opened)], texts, set())
    print(f"{count(len(found.studies), 'difference')} in the studies, {len(found.assumptions)} in common assumptions")
    print(f"page: {page.resolve()}")


@app.command()
def export(
    run: Run,
    to: Annotated[
        Path | None,
        typer.Option("--to", "-o", metavar="FILE", help="Table to write: .csv, .xlsx, .parquet or .json."),
    ] = None,
    storage: Annotated[
        str | None, typer.Option(metavar="URL", help="Optuna storage: sqlite:///FILE or a journal file.")
    ] = None,
    output: RunFolders = Path("outputs"),
) -> None:
    """Write designs as a table or to a storage.

    The table has every design of the run, with units. Optuna-dashboard and other tools read the storage.
    """
    from sunfront.engines.search.storage import public_name
    from sunfront.errors import UserError
    from sunfront.runs.optuna_export import to_storage
    from sunfront.runs.run import open_run
    from sunfront.runs.table_export import write_designs

    if (to is None) == (storage is None):
        raise UserError("export takes either --to or --storage")
    folder = find_run(run, output)
    if to is not None:
        write_designs(open_run(folder).results, to)
        print(to)
        return
    assert storage is not None
    with progress(folder.name) as bar:
        name = to_storage(folder, storage, bar)
    print(f"study {name} in {public_name(storage)}")


def _newest_checkpoint(study: str, output: Path) -> Path:
    """The checkpoint of a study's run in progress that was written last. Raise UserError if there is none."""
    from sunfront.engines.checkpoint import is_held
    from sunfront.errors import UserError, suggest

    found = sorted(output.glob(f"{escape(study)}/*.partial/checkpoint"), key=lambda path: path.stat().st_mtime)
    if held := [path for path in found if is_held(path)]:
        return held[-1]
    if found:
        raise UserError(
            f"{study!r} is not running: {found[-1].parent} is of an interrupted run; "
            "the same `sunfront run` continues it"
        )
    running = {path.parent.parent.name for path in output.glob("*/*.partial/checkpoint")}
    hint = suggest(study, running) if running else ""
    raise UserError(f"{study!r} is not running: no checkpoint in {output}{hint}")


def _checkpoint_lines(checkpoint: Path, every: float) -> Iterator[str]:
    """Describe the newest entry of a checkpoint, then each further one as it is written.

    It ends when the file is removed or emptied, as the run is stored, or when no process computes the run any more.
    """
    from sunfront.engines.checkpoint import follow, is_held

    position, present, file = 0, True, 0
    while checkpoint.exists() and (state := checkpoint.stat()).st_size >= (position if state.st_ino == file else 0):
        try:
            held = is_held(checkpoint)  # before the entries are read, so that none is missed
            lines = []
            if state.st_ino != file:  # the run wrote it anew, shorter
                position, present, file = 0, True, state.st_ino
            for entry, end in follow(checkpoint, position):
                position = end
                if "counters" in entry:
                    evaluated, feasible = int(entry["counters"][0]), int(entry["counters"][3])
                    volume = f", hypervolume {entry['history'][-1][1]:.6g}" if len(entry["history"]) else ""
                    lines.append(
                        f"{float(entry['seconds']):8.1f} s  {evaluated:,} evaluated, {feasible:,} feasible{volume}"
                    )
                elif "evaluated" in entry:
                    evaluated, feasible = int(entry["evaluated"]), int(entry["totals_count"])
                    lines.append(f"{evaluated:,} evaluated, {feasible:,} feasible")
        except FileNotFoundError:
            return
        yield from lines[-1:] if present else lines
        if not held:
            return
        present = False
        time.sleep(every)
