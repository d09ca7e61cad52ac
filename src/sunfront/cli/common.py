"""The application, and the arguments, tables and progress bars that its commands share."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from sunfront.cli import completion
from sunfront.errors import SunfrontError, UserError, cannot_write

if TYPE_CHECKING:
    from rich.console import Console

    from sunfront.runs.index import StoredRun
    from sunfront.runs.results import Results
    from sunfront.study.study import Study

#: Runs of the same study that are named beside the one taken.
OTHERS_SHOWN = 3

#: Most characters of an entry that differs between runs.
LONGEST_ENTRY = 60


class _Commands(TyperGroup):
    """The commands; an option of the program is taken after the command too."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        options = args[: args.index("--")] if "--" in args else args
        if "--trust-code" in options:
            args = ["--trust-code", *(arg for arg in options if arg != "--trust-code"), *args[len(options) :]]
        for before, arg in zip(["", *args], args, strict=False):
            # As of a shell's variable that is not set. An empty --cluster overrides that of the user's file.
            if not arg.strip() and before != "--cluster" and not ctx.resilient_parsing:
                option = before if before.startswith("-") else "an argument"
                raise UserError(f"{option} is empty; give it a value, or leave it out")
        found: list[str] = super().parse_args(ctx, args)
        return found

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:  # typer ends the command without a word
            print("sunfront: interrupted", file=sys.stderr)
            raise


app = typer.Typer(
    cls=_Commands,
    help="Design and optimize AI data centers in orbit.",
    epilog="Start with: sunfront run quickstart. Then write a study of your own: sunfront new my_study",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"sunfront {version('sunfront')}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
    trust_code: Annotated[
        bool,
        typer.Option(
            "--trust-code",
            help="Run the Python files of a run's own library, even if `sunfront run` never ran them here. It may "
            "stand after the command too.",
        ),
    ] = False,
) -> None:
    """Design and optimize AI data centers in orbit."""
    from sunfront.cli.config import defaults

    if context.invoked_subcommand != "config":
        context.default_map = defaults(context.command.commands)  # type: ignore[attr-defined]  # a group has commands
    if trust_code:
        from sunfront.library.trust import trust_all

        trust_all()


STUDY_HELP = "Study file (YAML), or name of a shipped study."
Studies = Annotated[
    list[Path],
    typer.Argument(
        metavar="STUDY...",
        help="Study files (YAML), folders of study files, or names of shipped studies.",
        show_default=False,
        autocompletion=completion.studies,
    ),
]
OneStudy = Annotated[
    Path,
    typer.Argument(metavar="STUDY", help=STUDY_HELP, show_default=False, autocompletion=completion.studies),
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Fix a value, such as 'altitude=600 km'. Repeatable."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, in SI units and USD.")]
RUN_HELP = (
    "Run folder, study (its newest run without --set, else its newest; a sensitivity run only if there is no other), "
    "or start of a run id."
)
Run = Annotated[str, typer.Argument(metavar="RUN", help=RUN_HELP, show_default=False, autocompletion=completion.runs)]
Cluster = Annotated[
    str,
    typer.Option(
        metavar="ADDRESS", help="Use the workers of this dask scheduler: tcp://HOST:8786; or local, to start some here."
    ),
]
_RUN_FOLDERS = "Folder that holds the run folders."


def _no_file(path: Path) -> Path:
    """Return the path; raise UserError if it is there and is no folder."""
    try:
        if path.exists() and not path.is_dir():
            raise UserError(f"{path} is no folder; --output names the folder that holds the run folders")
    except OSError as error:
        raise cannot_write(path, error) from None
    return path


Output = Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", callback=_no_file, help=_RUN_FOLDERS)]
#: Of commands that write a file, whose -o is that file.
RunFolders = Annotated[Path, typer.Option("--output", metavar="FOLDER", callback=_no_file, help=_RUN_FOLDERS)]


def positive(most: float = math.inf) -> Callable[[float], float]:
    """Return a check of an option: above 0, and below ``most``."""

    def check(value: float) -> float:
        if not 0 < value < most:
            below = "" if most == math.inf else f" and below {most:g}"
            raise typer.BadParameter(f"{value:g} is not above 0{below or ' and finite'}")
        return value

    return check


def check_page_name(path: Path) -> None:
    """Raise UserError unless a page can be written to a file of this name."""
    from sunfront.runs.files import check_can_write

    check_can_write(path)
    if path.suffix not in (".html", ".htm"):
        raise UserError(f"{path}: a page is HTML; end the name in .html")


def study_files(paths: Sequence[Path]) -> list[Path]:
    """List study files. A folder stands for its ``*.yaml`` files in order of name, a name for the study of that name.

    Raises:
        UserError: A folder has none, or a name is unknown.
    """
    from sunfront.study.find import find_study_file

    files = []
    for path in paths:
        found = sorted(path.glob("*.yaml")) if path.is_dir() else [find_study_file(path)]
        if not found:
            raise UserError(f"{path} is a directory without study files (*.yaml)")
        files += found
    return files


def load_results(run: str, output: Path) -> tuple[Results, Study | None]:
    """Load a finished run, named by its folder, its study or the start of its id, with its study; confirm its values.

    A run whose library holds Python code is loaded without running it, and so without its study; stderr then says that
    it is not confirmed.
    """
    from sunfront.library.folder import read_folder
    from sunfront.library.trust import untrusted
    from sunfront.runs.files import LIBRARIES
    from sunfront.runs.results import Results
    from sunfront.runs.run import Run

    folder = find_run(run, output)
    results = Results.load(folder)
    libraries = [read_folder(path) for path in sorted((folder / LIBRARIES).glob("*"))]
    if not untrusted(file for library in libraries for file in library.code.values()):
        return results, Run.load(folder, results).study
    print(f"{folder} is not confirmed, since its library holds Python code; --trust-code runs it", file=sys.stderr)
    return results, None


def study_or_architecture(given: Path, overrides: Sequence[str]) -> Study:
    """Read a study; or take the base design of an architecture, where no study has the name."""
    from sunfront.data import shipped
    from sunfront.study.study import Study

    name = str(given)
    is_architecture = name in shipped.names("architectures") and name not in shipped.names("studies")
    if is_architecture and not given.exists() and not given.with_suffix(".yaml").is_file():
        return Study.of_architecture(name).with_overrides(overrides)
    return Study.load(given, overrides)


def find_run(run: str, output: Path, *, designs: bool = False, sensitivity: bool = False) -> Path:
    """The folder of a run. If its study has others, say on stderr which one is taken, and which cannot be read.

    See ``find_among``.
    """
    from sunfront.runs.index import damaged_runs, find_among

    folder, others = find_among(run, output, designs=designs, sensitivity=sensitivity)
    if not Path(run).exists():
        for message in damaged_runs(output, escape(folder.parent.name)):
            print(f"left out: {message}", file=sys.stderr)
    if others:
        print("\n".join(describe_choice(folder, others)), file=sys.stderr)
    return folder


def describe_choice(folder: Path, others: Sequence[StoredRun]) -> list[str]:
    """Say which run is taken and which others there are, in lines of text."""
    from sunfront.runs.index import StoredRun
    from sunfront.runs.record import RunRecord

    lines = [f"taken: {StoredRun(folder, RunRecord.read(folder))}"]
    lines += [f"not taken: {other}" for other in others[:OTHERS_SHOWN]]
    if hidden := others[OTHERS_SHOWN:]:
        lines.append(f"not taken: {count(len(hidden), 'more run')}; `sunfront show` lists all")
    return lines


def failure(error: Exception) -> tuple[str, int]:
    """What to print about an error, and the exit code."""
    if isinstance(error, SunfrontError):
        return str(error), error.exit_code
    if isinstance(error, MemoryError):
        return "memory ran out; use fewer evaluations, designs or --workers", 1
    place = getattr(error, "filename", None) or "cannot write the output"
    return f"{place}: {getattr(error, 'strerror', None) or error}", 1


def check_figure_format(path: Path) -> None:
    """Raise UserError unless a figure can be written to a file of this name."""
    from sunfront.runs.files import check_can_write

    check_can_write(path)
    if path.suffix not in (".svg", ".pdf", ".png"):
        raise UserError(f"{path}: unknown figure format; end the name in .svg, .pdf or .png")


def print_report_path(folder: Path) -> None:
    """Print where the page of a run is, if it could be written."""
    from sunfront.runs.files import REPORT, has_report

    if has_report(folder):
        print(f"report: {folder / REPORT}")


def count(number: int, noun: str) -> str:
    """A number and a noun, in the plural where needed: ``"2 objectives"``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def console() -> Console:
    """Return a console that prints text without syntax colors."""
    from rich.console import Console

    return Console(soft_wrap=False, highlight=False)


def print_table(title: str, heads: list[str], rows: Sequence[tuple[str, ...]], right: set[int]) -> None:
    """Print a table. ``right`` holds the columns to align right.

    In a terminal its cells are wrapped. Elsewhere each row is one line, and at least two spaces part the columns.
    """
    from rich.markup import escape
    from rich.table import Table

    if not console().is_terminal:
        print("\n".join([title] * bool(title) + _aligned([tuple(heads), *rows], right)))
        return
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for i, head in enumerate(heads):
        table.add_column(head, justify="right" if i in right else "left", no_wrap=i == 0, overflow="fold")
    for row in rows:
        table.add_row(*map(escape, row))
    console().print(table)


def _aligned(rows: Sequence[tuple[str, ...]], right: set[int]) -> list[str]:
    """Rows as lines of text with aligned columns."""
    cells = [[" ".join(cell.split()) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    sides = [">" if i in right else "<" for i in range(len(widths))]
    columns = list(zip(sides, widths, strict=True))
    return [
        "  ".join(f"{cell:{side}{width}}" for cell, (side, width) in zip(row, columns, strict=True)).rstrip()
        for row in cells
    ]


#: Least seconds between lines of progress where there is no terminal.
LINE_INTERVAL = 10.0


@contextmanager
def progress(name: str) -> Iterator[Callable[[float, float, str], None]]:
    """Show progress on stderr: a bar in a terminal, elsewhere a line every LINE_INTERVAL seconds.

    Yields a function of (done, total, text).
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    stderr = Console(stderr=True)
    if not stderr.is_terminal:
        yield _progress_lines(name)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[text]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=stderr, transient=True) as bar:
        task = bar.add_task(name, total=1.0, text="starting")
        yield lambda done, total, text: bar.update(task, completed=done / max(total, 1e-300), text=text)


def _progress_lines(name: str) -> Callable[[float, float, str], None]:
    """Return a function that writes progress to stderr as lines, the first after LINE_INTERVAL seconds."""
    begun = written = time.monotonic()

    def write(done: float, total: float, text: str) -> None:
        nonlocal written
        now = time.monotonic()
        if now - written >= LINE_INTERVAL:
            written = now
            share = 100 * done / max(total, 1e-300)
            with suppress(OSError):  # nobody reads it
                print(f"{name}: {share:.0f} % after {now - begun:.0f} s, {text}", file=sys.stderr, flush=True)

    return write
