"""Write the folder of a run. A run folder is complete or absent, and a stopped run never replaces a finished one."""

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
from sunfront.runs.record import FILE, FORMAT, stored_format
from sunfront.runs.results import Results
from sunfront.runs.settings import FILE as SETTINGS_FILE
from sunfront.runs.settings import settings_as_data, stored_settings
from sunfront.study.study import Study

#: Folder of a run that holds a copy of the libraries that its study names, so that it runs again as it is.
LIBRARIES = "libraries"

#: Called with the results and the folder being written, before the folder gets its final name.
Writer = Callable[[Results, Path], None]


def load_finished(folder: Path) -> Results | None:
    """Load the run of a folder; None if there is none, if it was stopped, or if its format is older."""
    if not (folder / FILE).is_file():
        return None
    if stored_format(folder) < FORMAT:
        return None  # it is computed again and replaced
    results = Results.load(folder)
    return results if results.status != "stopped" else None


def remove_work_folders(folder: Path) -> None:
    """Remove the work folders that killed processes left of a finished run; those in use stay."""
    for work in folder.parent.glob(f"{folder.name}.partial*"):
        with suppress(SunfrontError), Checkpoint(work) as checkpoint:
            checkpoint.clear()


def store(results: Results, study: Study, folder: Path, work: Path, writers: Sequence[Writer]) -> Results:
    """Write everything in the work folder, then rename it at once, so that a run folder is complete or absent."""
    try:
        staging = Path(tempfile.mkdtemp(prefix="finished.", dir=work))
    except OSError as error:
        raise RunError(f"cannot write to {work}: {error.strerror}") from None
    try:
        staging.chmod(0o755)
        _write_yaml(staging / "study.yaml", _study_data(study))
        _copy_libraries(study, staging / LIBRARIES)
        _write_yaml(staging / SETTINGS_FILE, settings_as_data(stored_settings(study)))
        results.save(staging)
        for write in writers:
            write(results, staging)
        _rename(staging, folder)
    except OSError as error:
        raise RunError(f"cannot write {folder}: {error.strerror}") from None
    finally:
        for leftover in [*work.glob("finished.*"), *work.glob("former.*")]:
            shutil.rmtree(leftover, ignore_errors=True)
    return Results(results.designs, results.record, folder)


def _rename(staging: Path, folder: Path) -> None:
    """Give a complete folder its final name; an older folder of that name is moved away, even one stored meanwhile."""
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


def _copy_libraries(study: Study, target: Path) -> None:
    for folder in study.library.folders:
        for file, content in folder.content.items():
            copy = target / folder.name / file
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(content)


def _study_data(study: Study) -> dict[str, Any]:
    """The study as data of a file that can be run again, with every engine setting written out."""
    data = study.model_dump(mode="json", exclude={"name", "library"}, exclude_none=True, by_alias=True)
    if study.library.folders:
        data["library"] = [f"./{LIBRARIES}/{folder.name}" for folder in study.library.folders]
    data["variables"] = {n: spec.model_dump(mode="json", exclude_unset=True) for n, spec in study.variables.items()}
    return data
