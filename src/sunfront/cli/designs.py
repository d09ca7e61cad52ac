"""Options and helpers of commands that ask about one design: the base design of a study, or a design of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sunfront.cli import completion
from sunfront.cli.common import RUN_HELP, find_run
from sunfront.errors import UserError

if TYPE_CHECKING:
    from sunfront.engines.settings import SensitivitySettings
    from sunfront.runs.results import Results
    from sunfront.study.study import Study

OfRun = Annotated[
    str | None,
    typer.Option(
        "--run", metavar="RUN", help=f"Take the design from a run. {RUN_HELP}", autocompletion=completion.runs
    ),
]
Row = Annotated[
    str | None,
    typer.Option(
        metavar="ROW",
        help="Design of the run's front: its row, from 0, or 'knee', 'nearest to the ideal', or an objective for the "
        "best in it.  [default: the design to look at first, as in the report]",
    ),
]
Workers = Annotated[int, typer.Option(min=1, help="Number of worker processes.")]


def checked_settings(data: dict[str, Any]) -> SensitivitySettings:
    """Settings of the engine sensitivity from options; raise UserError if one is wrong."""
    from pydantic import ValidationError

    from sunfront.engines.settings import SensitivitySettings
    from sunfront.library.messages import describe, describe_each

    try:
        return SensitivitySettings.model_validate(data)
    except ValidationError as error:
        path, message = describe_each(error, lambda item: describe(item, item["loc"]))[0]
        raise UserError(f"--{path[0]}: {message}") from None


def chosen_design(results: Results, row: str | None) -> tuple[int | str, str]:
    """The design of a front that an option names, and what it is called: without one, that to look at first."""
    from sunfront.report.sentences import suggestion_label

    chosen = checked_settings({"row": row}).row
    if chosen is None:
        chosen = results.table.first
    return chosen, f"row {chosen}" if isinstance(chosen, int) else suggestion_label(results, chosen)


def check_row(run: str | None, row: str | None) -> None:
    """Raise UserError if a design of a run is named without the run."""
    if run is None and row is not None:
        raise UserError("--row names a design of a run; name the run with --run")


def study_of_run(run: str, output: Path) -> Study:
    """The study of a finished run."""
    from sunfront.runs.run import Run

    return Run.load(find_run(run, output, designs=True)).study


def study_at_design(
    study: Path | None, run: str | None, row: str | None, set_: list[str] | None, output: Path
) -> Study:
    """The study of a question, with a design of a run as its base design if one is named; notes go to stderr."""
    import sys

    from sunfront.runs.design import with_design_of
    from sunfront.runs.run import Run
    from sunfront.study.study import Study

    check_row(run, row)
    if run is None:
        assert study is not None
        return Study.load(study, set_ or [])
    opened = Run.load(find_run(run, output, designs=True))
    loaded = opened.study if study is None else Study.load(study)
    loaded = loaded.with_overrides(set_) if set_ else loaded
    chosen, words = chosen_design(opened.results, row)
    loaded, notes = with_design_of(loaded, opened.results, chosen)
    print(f"note: the base design is that of {opened.folder}, {words}", file=sys.stderr)
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    return loaded
