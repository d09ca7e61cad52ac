"""The folder of a run: whole or absent, and never poorer than before."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from sunfront.engines.checkpoint import Checkpoint
from sunfront.errors import RunError, SunfrontError
from sunfront.runs.record import FILE
from sunfront.runs.results import Results
from sunfront.runs.settings import FILE as SETTINGS_FILE
from sunfront.runs.settings import settings_as_data, stored_settings
from sunfront.study.study import Study

#: Called with the results and the folder being written, before it gets its name.
Writer = Callable[[Results, Path], None]


def finished(folder: Path) -> Results | None:
    """The run of a folder; None if there is none, or if it was stopped."""
    if not (folder / FILE).is_file():
        return None
    kept = Results.load(folder)
    return kept if kept.status != "stopped" else None


def clean(folder: Path) -> None:
    """Remove the workplaces of a finished run that a killed process left, not those in use."""
    for workplace in folder.parent.glob(f"{folder.name}.partial*"):
        with suppress(SunfrontError), Checkpoint(workplace) as checkpoint:
            checkpoint.clear()


def store(results: Results, study: Study, folder: Path, workplace: Path, writers: Sequence[Writer]) -> Results:
    """Write everything in the workplace, then give it its name at once: a run folder is whole or absent."""
    try:
        staging = Path(tempfile.mkdtemp(prefix="finished.", dir=workplace))
    except OSError as error:
        raise RunError(f"cannot write to {workplace}: {error.strerror}") from None
    try:
        staging.chmod(0o755)
        _write_yaml(staging / "study.yaml", _resolved(study))
        _write_yaml(staging / SETTINGS_FILE, settings_as_data(stored_settings(study)))
        results.save(staging)
        for write in writers:
            write(results, staging)
        _name(staging, folder)
    except OSError as error:
        raise RunError(f"cannot write {folder}: {error.strerror}") from None
    finally:
        for leftover in [*workplace.glob("finished.*"), *workplace.glob("former.*")]:
            shutil.rmtree(leftover, ignore_errors=True)
    return Results(results.designs, results.record, folder)


def _name(staging: Path, folder: Path) -> None:
    """Give a whole folder its name; what is there, or what another process stores there meanwhile, gives way."""
    while True:
        if folder.exists():
            with suppress(FileNotFoundError):
                folder.replace(tempfile.mkdtemp(prefix="former.", dir=staging.parent))
        try:
            staging.replace(folder)
            return
        except OSError as error:
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                raise


def _write_yaml(path: Path, data: Any) -> None:
    import yaml

    text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=100)
    path.write_text(text, "utf-8")


def _resolved(study: Study) -> dict[str, Any]:
    """The study as a file that runs again, with every setting of its engine written out."""
    data = study.model_dump(mode="json", exclude={"name"}, exclude_none=True)
    data["variables"] = {n: spec.model_dump(mode="json", exclude_unset=True) for n, spec in study.variables.items()}
    return data
