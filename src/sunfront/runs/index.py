"""Finished runs on the disk: found by folder, by study or by run id."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from sunfront.errors import UserError, suggest


@dataclass(frozen=True)
class Run:
    """A finished run, as its ``run.json`` says."""

    folder: Path
    study: str
    engine: str
    status: str
    finished: str


def runs(output: Path) -> list[Run]:
    """The finished runs in a folder of results, the newest first."""
    found = []
    for path in output.glob("*/*/run.json"):
        try:
            record = json.loads(path.read_text("utf-8"))
            engine = record["engine"]["name"]
            found.append(Run(path.parent, record["study"], engine, record["status"], record["finished"]))
        except (OSError, ValueError, KeyError, TypeError):
            continue  # what cannot be read is no finished run
    return sorted(found, key=lambda run: run.finished, reverse=True)


def find(name: str, output: Path) -> Path:
    """The folder of a run.

    Args:
        name: A run folder or a file in it; or a study, whose newest run is taken; or the beginning of a run id.

    Raises:
        UserError: There is none, or a run id begins several.
    """
    path = Path(name)
    for folder in (path, path.parent):
        if (folder / "run.json").is_file() and (folder == path or path.is_file()):
            return folder
    known = runs(output)
    of_study = [run for run in known if run.study == path.stem and path.suffix in ("", ".yaml")]
    if of_study:
        return of_study[0].folder
    of_id = [run for run in known if run.folder.name.startswith(name)]
    if len(of_id) == 1:
        return of_id[0].folder
    if of_id:
        listed = "\n".join(f"  {run.folder}  {run.engine}, {run.status}, {run.finished}" for run in of_id)
        raise UserError(f"{name} begins several runs:\n{listed}")
    if path.is_dir():
        raise UserError(f"{name} is no finished run: run.json is missing")
    where = f"no finished run {name!r} in {output}"
    raise UserError(where + (suggest(name, {run.study for run in known}) if known else "; `sunfront run` makes one"))
