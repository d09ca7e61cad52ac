"""The command ``sunfront``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sunfront.errors import SunfrontError, UnknownName

if TYPE_CHECKING:
    from rich.console import Console
    from rich.tree import Tree

    from sunfront.results import Results
    from sunfront.study import Study

app = typer.Typer(
    help="Decide whether, and how, to put AI data centres in orbit.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Studies = Annotated[list[Path], typer.Argument(metavar="STUDY...", help="Study files (YAML).", show_default=False)]
OneStudy = Annotated[Path, typer.Argument(metavar="STUDY", help="A study file (YAML).", show_default=False)]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Fix a value, as 'altitude=600 km'. Repeatable."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def main() -> None:
    """Entry point: errors become one message and an exit code."""
    try:
        app()
    except SunfrontError as error:
        print(f"sunfront: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("sunfront: interrupted", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:  # the reader of our output left, as `head` does
        sys.stderr.close()
        sys.exit(0)


@app.command()
def run(
    studies: Studies,
    engine: Annotated[str | None, typer.Option(help="Answer with this engine instead of the study's.")] = None,
    set_: Set = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed instead of the study's.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes, for engines that use several (sweep).")] = 1,
    quick: Annotated[bool, typer.Option("--quick", help="A budget of seconds: smaller samples, wider gap.")] = False,
    output: Annotated[Path, typer.Option(help="Folder of the results.")] = Path("outputs"),
    force: Annotated[bool, typer.Option("--force", help="Compute even if the same run is there.")] = False,
) -> None:
    """Run studies, and write for each a folder with table, front, figures and report.

    Exit code 0: done. 1: infeasible, stopped early, or the answer could not be trusted. 2: a mistake in the input.
    """
    from sunfront import run as run_study
    from sunfront.study import Study

    loaded = []
    for path in studies:  # all are checked before the first one runs
        study = Study.load(path, set_ or [])
        if engine is not None:
            study = study.with_engine(engine)
        if seed is not None:
            study = study.changed(seed=seed)
        loaded.append(study.quick() if quick else study)
    worst = 0
    for study in loaded:
        with _progress(study.name) as progress:
            results = run_study(study, output=output, force=force, workers=workers, progress=progress)
        _print_results(results)
        worst = max(worst, 0 if results.status in ("proved", "best found") else 1)
    raise typer.Exit(worst)


@app.command()
def validate(studies: Studies, set_: Set = None) -> None:
    """Check studies without running them."""
    from sunfront.study import Study

    for path in studies:
        study = Study.load(path, set_ or [])
        problem = study.problem
        print(
            f"{path}: valid: {len(problem.variables)} variables, {len(problem.objectives)} objectives, "
            f"{len(problem.constraints)} constraints, engine {study.engine.name}"
        )
        for setting in study.settings.values():
            if setting.doubtful:
                print(f"  note: {setting.name} = {setting} lies outside the range of its sources")


@app.command()
def evaluate(study: OneStudy, set_: Set = None, as_json: AsJson = False) -> None:
    """Evaluate the base design of a study: every quantity with its unit; as JSON in SI and USD."""
    from sunfront.study import Study
    from sunfront.units import coherent, show

    loaded = Study.load(study, set_ or [])
    found = loaded.evaluate()
    if as_json:
        table = {}
        for eq in loaded.arch.model:
            value = float(found[eq.name])
            table[eq.name] = {"value": None if value == float("inf") else value, "unit": coherent(eq.unit)}
        rate = loaded.internal_rate_of_return()
        table["internal_rate_of_return"] = {"value": rate, "unit": "1/year"}
        print(json.dumps(table, indent=1, allow_nan=False))
        return
    rows = []
    for eq in loaded.arch.model:
        given = loaded.settings.get(eq.name)
        what = f"{eq.summary} Given: {given.origin}." if given else eq.summary
        rows.append((eq.name, show(float(found[eq.name]), eq.unit, 5), what))
    for c in loaded.problem.constraints:
        value = float(found[c.quantity])
        if c.sign * (value - c.limit) < 0:
            print(f"violated: {c}; the base design has {show(value, c.unit)}")
    rate = loaded.internal_rate_of_return()
    said = "none" if rate is None else f"{100 * rate:.4g} %/year"
    rows.append(("internal_rate_of_return", said, "Discount rate at which the net present value is zero."))
    _print_table(f"{loaded.name}: base design", ["quantity", "value", "what it is"], rows, right={1})


@app.command()
def explain(
    quantity: Annotated[str, typer.Argument(help="Name of a quantity or parameter.", show_default=False)],
    study: Annotated[Path | None, typer.Option(help="Values of this study's base design.")] = None,
    architecture: Annotated[str, typer.Option(help="Architecture, where no study is given.")] = "starlink_bus",
    depth: Annotated[int, typer.Option(min=1, help="Levels of inputs shown.")] = 3,
    set_: Set = None,
) -> None:
    """Explain a quantity: its equation, inputs, values and sources, recursively."""
    from sunfront.study import Study

    if study is None:
        loaded = Study(name=architecture, architecture=architecture, objectives=("maximize roi",))
        loaded = loaded.overridden(set_ or [])
    else:
        loaded = Study.load(study, set_ or [])
    model = loaded.arch.model
    if quantity not in model and quantity not in loaded.settings:
        raise UnknownName(quantity, "quantity", [*loaded.settings, *(eq.name for eq in model)])
    _console().print(_explained(loaded, quantity, loaded.evaluate(), depth, set()))


@app.command("list")
def list_(
    what: Annotated[str, typer.Argument(help="architectures, presets, parameters, equations, or engines.")] = "all",
) -> None:
    """List architectures, presets, parameters, equations, engines."""
    shown = {
        "architectures": _architectures,
        "presets": _presets,
        "parameters": _parameters,
        "equations": _equations,
        "engines": _engines,
    }
    if what not in shown and what != "all":
        raise UnknownName(what, "list", shown)
    for name, rows in shown.items():
        if what == name:
            _print_table(name, *rows())
        elif what == "all":
            _, body, _ = rows()
            print(f"{name} ({len(body)}): " + ", ".join(row[0] for row in body[:8]) + (" ..." if len(body) > 8 else ""))
    if what == "all":
        print("\nmore with `sunfront list parameters` and so on")


@app.command()
def schema() -> None:
    """Print the JSON Schema of a study, for editors."""
    from sunfront.study import Study

    print(json.dumps(Study.model_json_schema(), indent=1))


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.", show_default=False)],
) -> None:
    """Write figures and report of a finished run anew."""
    from sunfront import report as page
    from sunfront.results import Results

    results = Results.load(folder)
    page.write(results, folder)
    print(folder / "report.html")


def _explained(study: Study, name: str, values: dict[str, Any], depth: int, seen: set[str]) -> Tree:
    from rich.markup import escape
    from rich.tree import Tree

    from sunfront.architectures import SHIPPED
    from sunfront.units import show

    model = study.arch.model
    if name in study.settings:
        setting = study.settings[name]
        doubt = f" [{setting.parameter.status}]" if setting.parameter and setting.origin == SHIPPED else ""
        text = f"[bold]{name}[/bold] = {setting}   [dim]{escape(setting.source + doubt)}[/dim]"
        return Tree(text)
    eq = model[name]
    lines = [
        f"[bold]{name}[/bold] = {show(float(values[name]), eq.unit, 6)}",
        f"  {escape(eq.summary)}",
        *(f"  [cyan]{escape(line)}[/cyan]" for line in eq.text.splitlines()),
        f"  [dim]{escape(eq.source)}[/dim]",
    ]
    tree = Tree("\n".join(lines))
    if name in seen:
        return Tree(f"[bold]{name}[/bold] = {show(float(values[name]), eq.unit, 6)}   [dim]shown above[/dim]")
    seen.add(name)
    if depth > 0:
        for needed in eq.inputs:
            tree.add(_explained(study, needed, values, depth - 1, seen))
    elif eq.inputs:
        tree.add(f"[dim]from {', '.join(eq.inputs)}; --depth shows more[/dim]")
    return tree


Rows = tuple[list[str], Sequence[tuple[str, ...]], set[int]]


def _architectures() -> Rows:
    from sunfront.architectures import architecture
    from sunfront.parameters import names

    found = [architecture(name) for name in names("architectures")]
    return ["name", "title", "description"], [(a.name, a.title, a.description) for a in found], set()


def _presets() -> Rows:
    from sunfront.parameters import names
    from sunfront.presets import preset

    found = [preset(name) for name in names("presets")]
    return ["name", "title", "source"], [(p.name, p.title, p.source) for p in found], set()


def _parameters() -> Rows:
    from sunfront.architectures import Setting
    from sunfront.parameters import parameters
    from sunfront.units import show

    rows = []
    for p in parameters().values():
        span = "" if p.low is None or p.high is None else f"{show(p.low, p.unit)} to {show(p.high, p.unit)}"
        rows.append((p.name, str(Setting(p.name, p.value, p.unit, "", p)), span, p.status, p.source))
    return ["name", "value", "range of the sources", "trust", "source"], rows, {1}


def _equations() -> Rows:
    from sunfront.architectures import architecture
    from sunfront.parameters import names

    found = {eq.name: eq for name in names("architectures") for eq in architecture(name).model}
    rows = [(eq.name, eq.unit, eq.summary, eq.source) for eq in found.values()]
    return ["name", "unit", "what it is", "source"], rows, set()


def _engines() -> Rows:
    from sunfront.engines import ENGINES

    rows = []
    for name, settings in ENGINES.items():
        keys = ", ".join(f"{k} ({f.default})" for k, f in settings.model_fields.items() if k != "name")
        rows.append((name, (settings.__doc__ or "").partition("\n")[0], keys))
    return ["name", "what it does", "settings (defaults)"], rows, set()


def _console() -> Console:
    from rich.console import Console

    return Console(soft_wrap=False, highlight=False)


def _print_table(title: str, heads: list[str], rows: Sequence[tuple[str, ...]], right: set[int]) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for i, head in enumerate(heads):
        table.add_column(head, justify="right" if i in right else "left", no_wrap=i == 0, overflow="fold")
    for row in rows:
        table.add_row(*map(escape, row))
    _console().print(table)


def _print_results(results: Results) -> None:
    from sunfront import plots
    from sunfront.report import answer, cells

    console = _console()
    console.print(f"[bold]{results.record['study']}[/bold]: {plots.headline(results)}", soft_wrap=True)
    console.print(answer(results), soft_wrap=True, markup=False)
    for note in results.record["notes"]:
        console.print(f"note: {note}", soft_wrap=True, markup=False)
    if not results.front.empty:
        columns = [*(name for _, name in results.objectives), *results.record["variables"]]
        rows = cells(results, columns)
        title = ""
        if len(rows) > 9:  # the ends and points evenly between
            keep = sorted({round(i * (len(rows) - 1) / 8) for i in range(9)})
            title = f"9 of {len(rows)} designs"
            rows = [rows[i] for i in keep]
        heads = [plots.axis(name, results.units[name]) for name in columns]
        _print_table(title, heads, [tuple(row) for row in rows], set(range(len(columns))))
    assert results.folder is not None
    if results.loaded:
        print("this run was there already; --force computes it again")
    print(f"report: {results.folder / 'report.html'}")


@contextmanager
def _progress(name: str) -> Iterator[Callable[[float, float, str], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[text]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=1.0, text="starting")
        yield lambda done, total, text: bar.update(task, completed=done / max(total, 1e-300), text=text)


if __name__ == "__main__":
    main()
