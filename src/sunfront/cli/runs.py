"""Commands on finished runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sunfront.cli.answers import print_answer
from sunfront.cli.common import Output, Run, app, check_figure, print_table, progress


@app.command()
def report(run: Run, output: Output = Path("outputs")) -> None:
    """Write figures and report of a finished run anew."""
    from sunfront import report as page
    from sunfront.runs.index import find
    from sunfront.runs.results import Results

    folder = find(run, output)
    page.write(Results.load(folder), folder)
    print(folder / "report.html")


@app.command()
def show(
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="[RUN]", help="A run folder, a study (its newest run), or a run id.", show_default=False
        ),
    ] = None,
    output: Output = Path("outputs"),
) -> None:
    """Print the answer of a finished run, and how it was computed; without RUN, the runs there are."""
    from sunfront.report.sentences import provenance
    from sunfront.runs.index import find, stored_runs
    from sunfront.runs.results import Results

    if run is None:
        rows = [
            (r.record.study, r.folder.name, r.record.engine.name, r.record.status, r.record.finished)
            for r in stored_runs(output)
        ]
        print_table(str(output), ["study", "run", "engine", "status", "finished"], rows, set())
        return
    results = Results.load(find(run, output))
    print_answer(results)
    print_table("", ["how it was computed", ""], provenance(results), set())


@app.command("open")
def open_(run: Run, output: Output = Path("outputs")) -> None:
    """Open the report of a finished run in the browser."""
    import sys
    import webbrowser

    from sunfront.errors import UserError
    from sunfront.runs.index import find

    page = (find(run, output) / "report.html").resolve()
    if not page.is_file():
        raise UserError(f"{page} is not there; `sunfront report {run}` writes it")
    print(page)
    if not webbrowser.open(page.as_uri()):
        print("no browser was found; open this file with one", file=sys.stderr)
        raise typer.Exit(1)


@app.command()
def plot(
    run: Run,
    figure: Annotated[str, typer.Argument(metavar="NAME", help="A figure, as front.", show_default=False)],
    to: Annotated[Path | None, typer.Option(help="File: .svg, .pdf or .png; else both in the run folder.")] = None,
    output: Output = Path("outputs"),
) -> None:
    """Draw one figure of a finished run, at publication quality."""
    from sunfront.errors import UnknownName, UserError
    from sunfront.report import figures
    from sunfront.runs.index import find
    from sunfront.runs.run import open_run

    if figure not in figures.FIGURES:
        raise UnknownName(figure, "figure", figures.FIGURES)
    if to is not None:
        check_figure(to)
    folder = find(run, output)
    data = figures.FIGURES[figure].data(open_run(folder))
    if data is None:
        raise UserError(f"{folder} has nothing to show as {figure}")
    drawn = figures.FIGURES[figure].draw(data)
    for path in [to] if to else [folder / f"{figure}.svg", folder / f"{figure}.png"]:
        figures.save(drawn, path)
        print(path)


@app.command()
def compare(
    runs: Annotated[
        list[str], typer.Argument(metavar="RUN RUN...", help="Run folders, studies or run ids.", show_default=False)
    ],
    to: Annotated[Path, typer.Option(help="The page that is written.")] = Path("comparison.html"),
    output: Output = Path("outputs"),
) -> None:
    """Compare runs in one page: frontiers, assumptions that differ, and where the cost of compute differs."""
    from sunfront import display
    from sunfront.errors import UserError
    from sunfront.report import comparison
    from sunfront.runs.run import open_run

    if len(runs) < 2:
        raise UserError("name two runs or more to compare")
    reviews = [open_run(run, output) for run in runs]
    comparison.write(reviews, to)
    for line in comparison.summary(reviews):
        print(line)
    for second, bridged in comparison.bridges(reviews).items():
        rows = [(display.words(name), display.format_scaled(step, "USD/kWh")) for name, step in bridged.steps if step]
        print_table(f"from the first to {second}", ["cost of compute", "difference"], rows, {1})
    asked, assumed, _ = comparison.differences(reviews)
    print(f"{len(asked)} differences in the studies, {len(assumed)} in common assumptions")
    print(f"page: {to}")


@app.command()
def export(
    run: Run,
    storage: Annotated[str, typer.Option(metavar="URL", help="sqlite:///FILE, or the path of a journal.")],
    output: Output = Path("outputs"),
) -> None:
    """Write the designs of a run to an Optuna storage, for optuna-dashboard and other tools."""
    from sunfront.runs.index import find
    from sunfront.runs.optuna_export import to_storage

    folder = find(run, output)
    with progress(folder.name) as bar:
        name = to_storage(folder, storage, bar)
    print(f"study {name} in {storage}")
