"""The application, and the arguments, tables and progress bars that its commands share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sunfront.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from sunfront.runs.results import Results

app = typer.Typer(
    help="Design and optimize AI data centers in orbit.",
    epilog="Start with: sunfront run studies/quickstart.yaml",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def options(
    trust_code: Annotated[
        bool, typer.Option("--trust-code", help="Run the Python files of the library that a finished run has.")
    ] = False,
) -> None:
    """Design and optimize AI data centers in orbit."""
    if trust_code:
        from sunfront.library.code import trust_all

        trust_all()


Studies = Annotated[
    list[Path],
    typer.Argument(metavar="STUDY...", help="Study files (YAML), or folders of study files.", show_default=False),
]
OneStudy = Annotated[Path, typer.Argument(metavar="STUDY", help="Study file (YAML).", show_default=False)]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Fix a value, such as 'altitude=600 km'. Repeatable."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, in SI units and USD.")]
RUN_HELP = "Run folder, study (its newest run), or start of a run id."
Run = Annotated[str, typer.Argument(metavar="RUN", help=RUN_HELP, show_default=False)]
Output = Annotated[Path, typer.Option(help="Folder that holds the run folders.")]


def study_files(paths: Sequence[Path]) -> list[Path]:
    """List study files. A folder stands for its ``*.yaml`` files in order of name.

    Raises:
        UserError: A folder has none.
    """
    files = []
    for path in paths:
        found = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
        if not found:
            raise UserError(f"{path} is a directory without study files (*.yaml)")
        files += found
    return files


def load_results(run: str, output: Path) -> Results:
    """Load a finished run, named by its folder, its study or the start of its id."""
    from sunfront.runs.index import find
    from sunfront.runs.results import Results

    return Results.load(find(run, output))


def check_figure_format(path: Path) -> None:
    """Raise UserError unless a figure can be written to a file of this name."""
    if path.suffix not in (".svg", ".pdf", ".png"):
        raise UserError(f"{path}: unknown figure format; end the name in .svg, .pdf or .png")


def count(number: int, noun: str) -> str:
    """A number and a noun, in the plural where needed: ``"2 objectives"``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def console() -> Console:
    """Return a console that prints text without syntax colors."""
    from rich.console import Console

    return Console(soft_wrap=False, highlight=False)


def print_table(title: str, heads: list[str], rows: Sequence[tuple[str, ...]], right: set[int]) -> None:
    """Print a table. ``right`` holds the columns to align right."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for i, head in enumerate(heads):
        table.add_column(head, justify="right" if i in right else "left", no_wrap=i == 0, overflow="fold")
    for row in rows:
        table.add_row(*map(escape, row))
    console().print(table)


@contextmanager
def progress(name: str) -> Iterator[Callable[[float, float, str], None]]:
    """Show a progress bar on stderr. Yields a function of (done, total, text)."""
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
