"""The command that writes a page on which the assumptions of a design are moved."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from sunfront.cli import completion
from sunfront.cli.common import STUDY_HELP, Set, app, check_page_name, study_or_architecture


@app.command()
def calculator(
    architecture: Annotated[
        str,
        typer.Argument(
            metavar="ARCHITECTURE",
            help="Name of an architecture.",
            show_default=False,
            autocompletion=completion.architectures,
        ),
    ],
    study: Annotated[
        Path | None,
        typer.Argument(
            metavar="[STUDY]",
            help=f"Begin with the base design of this study of the architecture. {STUDY_HELP}",
            show_default=False,
            autocompletion=completion.studies,
        ),
    ] = None,
    set_: Set = None,
    to: Annotated[
        Path, typer.Option("--to", "-o", metavar="FILE", help="The page to write.", show_default=True)
    ] = Path("calculator.html"),
) -> None:
    """Write a page with sliders for the assumptions of a design.

    The page computes the design anew whenever one is moved, with sunfront's own equations, and needs no network.
    """
    from sunfront.data import shipped
    from sunfront.errors import UnknownName, UserError
    from sunfront.report.calculator import render_calculator
    from sunfront.runs.files import replacing

    check_page_name(to)
    if study is None and architecture not in (known := shipped.names("architectures")):
        raise UnknownName(architecture, "architecture", known)
    given = study or Path(architecture)
    loaded = study_or_architecture(given, set_ or [])
    if loaded.architecture != architecture:
        raise UserError(f"{given} is a study of {loaded.architecture}, not of {architecture}; name that first")
    sets = "".join(f" --set {quote(text)}" for text in set_ or [])
    text = render_calculator(loaded, f"sunfront evaluate {quote(str(given))}{sets}")
    with replacing(to) as new:
        new.write_text(text, "utf-8")
    print(to)
