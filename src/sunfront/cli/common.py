"""What every command shares: the application, its options, how tables and progress are printed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sunfront.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

app = typer.Typer(
    help="Decide whether, and how, to put AI data centres in orbit.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Studies = Annotated[
    list[Path], typer.Argument(metavar="STUDY...", help="Study files (YAML), or folders of them.", show_default=False)
]
OneStudy = Annotated[Path, typer.Argument(metavar="STUDY", help="A study file (YAML).", show_default=False)]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Fix a value, as 'altitude=600 km'. Repeatable."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Run = Annotated[
    str,
    typer.Argument(metavar="RUN", help="A run folder, a study (its newest run), or a run id.", show_default=False),
]
Output = Annotated[Path, typer.Option(help="Folder of the results.")]


def study_files(paths: Sequence[Path]) -> list[Path]:
    """The files, and for a folder the study files in it, by name.

    Raises:
        UserError: A folder holds none.
    """
    files = []
    for path in paths:
        found = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
        if not found:
            raise UserError(f"{path} is a directory without a study: there is no *.yaml in it")
        files += found
    return files


def check_figure(path: Path) -> None:
    """Raise UserError if a figure cannot be written to a file of that name."""
    if path.suffix not in (".svg", ".pdf", ".png"):
        raise UserError(f"{path}: a figure is written as .svg, .pdf or .png")


def console() -> Console:
    from rich.console import Console

    return Console(soft_wrap=False, highlight=False)


def print_table(title: str, heads: list[str], rows: Sequence[tuple[str, ...]], right: set[int]) -> None:
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
