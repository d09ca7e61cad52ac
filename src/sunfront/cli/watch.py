"""The command that follows a search while another process runs it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from sunfront.cli.common import Output, app
from sunfront.errors import UserError, suggest


@app.command()
def watch(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="A study that is being run.", show_default=False)],
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between looks.")] = 2.0,
    output: Output = Path("outputs"),
) -> None:
    """Follow a search that another process runs, until it is done: what its log says, a line for each record."""
    log = _newest(Path(study).stem, output)
    print(f"following {log.parent}; Ctrl-C stops looking, not the run")
    for line in _lines(log, every):
        print(line, flush=True)
    report = log.parent.with_suffix("") / "report.html"
    print(f"report: {report}" if report.is_file() else "the run ended without a report")


def _newest(study: str, output: Path) -> Path:
    """The log of the study's run that was written last."""
    logs = sorted(output.glob(f"{study}/*.partial/checkpoint"), key=lambda path: path.stat().st_mtime)
    if not logs:
        running = {path.parent.parent.name for path in output.glob("*/*.partial/checkpoint")}
        raise UserError(f"no run of {study!r} is under way in {output}" + (suggest(study, running) if running else ""))
    return logs[-1]


def _lines(log: Path, every: float) -> Iterator[str]:
    """What each record says, until the log is gone or emptied: then the run is stored."""
    from sunfront.engines.checkpoint import follow

    at = 0
    while log.exists() and log.stat().st_size >= at:
        try:
            for entry, end in follow(log, at):
                at = end
                if "counters" in entry:
                    evaluated, feasible = int(entry["counters"][0]), int(entry["counters"][3])
                    volume = f", hypervolume {entry['history'][-1][1]:.6g}" if len(entry["history"]) else ""
                    yield f"{float(entry['seconds']):8.1f} s  {evaluated:,} evaluated, {feasible:,} feasible{volume}"
        except FileNotFoundError:
            return
        time.sleep(every)
