"""Finished runs on disk: found by folder, by study or by run id."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sunfront.errors import UserError, shortened, suggest
from sunfront.runs.plan_record import PLAN_FILE, PlanRecord
from sunfront.runs.record import FILE, RunRecord
from sunfront.study.study import TAKE_PLANS


@dataclass(frozen=True)
class StoredRun:
    """A finished run on disk, not opened."""

    folder: Path
    record: RunRecord

    def __str__(self) -> str:
        return run_text(self.folder, self.record)


def run_text(folder: Path, record: RunRecord | PlanRecord) -> str:
    """Which run a folder holds, in one line."""
    return f"{folder}  {record.title}, {record.engine.name}, {record.status}, {record.finished}"


def stored_runs(output: Path) -> list[StoredRun]:
    """The finished runs in a folder of results, the newest first; folders that cannot be read are left out."""
    found = (_read(folder) for folder in _folders(output, "*"))
    runs = [run for run in found if isinstance(run, StoredRun)]
    return sorted(runs, key=lambda run: run.record.finished, reverse=True)


def damaged_runs(output: Path, study: str = "*") -> list[str]:
    """Why run folders, of all studies or of one, cannot be read."""
    found = (_read(folder) for folder in _folders(output, study))
    return [error.message for error in found if isinstance(error, UserError)]


def _read(folder: Path) -> StoredRun | UserError:
    try:
        return StoredRun(folder, RunRecord.read(folder))
    except UserError as error:
        return error


def _folders(output: Path, study: str) -> Iterator[Path]:
    return (path.parent for path in output.glob(f"{study}/*/{FILE}"))


def find(name: str, output: Path, *, designs: bool = False) -> Path:
    """The folder of a run; see ``find_among``."""
    return find_among(name, output, designs=designs)[0]


def find_among(
    name: str, output: Path, *, designs: bool = False, sensitivity: bool = False
) -> tuple[Path, list[StoredRun]]:
    """The folder of a run, and the other runs that the name might have meant, the newest first.

    Args:
        name: A run folder or a file in it; or a study, of which the newest run without ``--set`` is taken, or else its
            newest run, a sensitivity run only if there is no other; or the title of a run,
            ``quickstart [--set altitude=600 km]``; or the beginning of a run id.
        designs: Of a study's runs leave out sensitivity runs, which did not search for designs.
        sensitivity: Of a study's runs take a sensitivity run first.

    Raises:
        UserError: There is none, or a run id begins several.
    """
    path = Path(name)
    with suppress(OSError, ValueError):  # what cannot be a path may be a title
        for folder in (path, path.parent):
            if (folder / FILE).is_file() and (folder == path or path.is_file()):
                return folder, []
            _refuse_plan(folder)
    known = stored_runs(output)
    of_study = [run for run in known if run.record.study == path.stem and path.suffix in ("", ".yaml")]
    candidates = of_study or [run for run in known if run.record.title == name]
    if designs and candidates and all(run.record.sensitivity is not None for run in candidates):
        raise UserError(f"{name} has sensitivity runs only, which hold no designs; `sunfront run {name}` makes another")
    if designs:
        candidates = [run for run in candidates if run.record.sensitivity is None]
    if candidates:
        candidates.sort(
            key=lambda run: ((run.record.sensitivity is not None) != sensitivity, bool(run.record.overrides))
        )
        return candidates[0].folder, candidates[1:]
    of_id = [run for run in known if run.folder.name.startswith(name)]
    if len(of_id) == 1:
        return of_id[0].folder, []
    if of_id:
        listed = "\n".join(f"  {run}" for run in of_id)
        raise UserError(f"{name} begins several runs:\n{listed}")
    for plan in output.glob(f"*/*/{PLAN_FILE}"):
        if path.stem == plan.parent.parent.name or plan.parent.name.startswith(name):
            _refuse_plan(plan.parent)
    if os.path.isdir(name):  # noqa: PTH112  also answers for what cannot be a path
        raise UserError(f"{name} is no finished run: {FILE} is missing")
    for folder in _folders(output, "*"):
        if folder.parent.name == path.stem or folder.name.startswith(name):
            RunRecord.read(folder)  # raises: it says why the folder cannot be read
    for work in sorted(output.glob("*/*.partial*")):
        if work.parent.name != path.stem:
            continue
        raise UserError(
            f"no finished run {name!r} in {output}, but an unfinished one, {work.name}: `sunfront watch {path.stem}` "
            f"follows it while it runs; `sunfront run {path.stem}` continues it if it was interrupted"
        )
    where = f"no finished run {shortened(name)!r} in {output}"
    studies = {run.record.study for run in known} | {path.parts[-3] for path in output.glob(f"*/*/{PLAN_FILE}")}
    hint = suggest(name, studies) if studies else "; `sunfront run` makes one"
    raise UserError(where + hint)


def _refuse_plan(folder: Path) -> None:
    """Raise UserError if a folder is that of a plan over time, whose runs hold no designs."""
    if (folder / PLAN_FILE).is_file():
        raise UserError(f"{folder} is the run of a plan over time, which holds no designs; {TAKE_PLANS} take it")
