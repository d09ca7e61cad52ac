"""Commands on a finished run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sunfront.cli.common import app


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
