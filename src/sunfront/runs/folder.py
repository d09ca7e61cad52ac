"""Write the folder of a run. A run folder is complete or absent, and a stopped run never replaces a finished one."""

from __future__ import annotations

import errno
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sunfront.engines.checkpoint import Checkpoint
from sunfront.errors import RunError, SunfrontError, SunfrontWarning, UserError, cannot_write
from sunfront.library.library import Library
from sunfront.runs.files import LIBRARIES, SETTINGS, STUDY, hashes
from sunfront.runs.record import FILE, FORMAT, stored_format
from sunfront.runs.results import Results
from sunfront.runs.settings import settings_as_data, stored_settings
from sunfront.study.study import Study

#: Called with the results and their folder, once it is complete, to write figures and the report into it.
Writer = Callable[[Results, Path], None]


def load_finished(folder: Path) -> Results | None:
    """Load the run of a folder; None if there is none, if it was stopped, or if its format is older.

    Raises:
        UserError: The folder is damaged; names the file.
    """
    if not (folder / FILE).exists():
        return None
    if stored_format(folder) < FORMAT:
        return None  # it is computed again and replaced
    results = Results.load(folder)
    return results if results.status != "stopped" else None


def is_finished(folder: Path) -> bool:
    """Return whether a folder holds a finished run that can be read."""
    try:
        return load_finished(folder) is not None
    except UserError:
        return False


def earlier_is_kept(folder: Path) -> RunError:
    """The error of a run that was stopped, where an earlier one is finished."""
    return RunError(f"the run was stopped; the earlier finished run is kept in {folder}")


def remove_work_folders(folder: Path) -> None:
    """Remove the work folders that killed processes left of a finished run; those in use stay."""
    for work in folder.parent.glob(f"{folder.name}.partial*"):
        with suppress(SunfrontError), Checkpoint(work) as checkpoint:
            checkpoint.clear()


@contextmanager
def staged(study: Study, work: Path) -> Iterator[Path]:
    """Create a folder in the work folder that holds what is known of a run before it is computed; remove it on exit.

    So a folder that cannot be written, and a library that changes meanwhile, cost no answer.

    Raises:
        RunError: It cannot be written.
    """
    _remove_staged(work)  # of a process that was killed
    try:
        with writing(work):
            staging = Path(tempfile.mkdtemp(prefix="finished.", dir=work))
            staging.chmod(0o755)
            write_yaml(staging / STUDY, _study_data(study))
            copy_libraries(study.library, staging / LIBRARIES)
            write_yaml(staging / SETTINGS, settings_as_data(stored_settings(study)))
        yield staging
    finally:
        _remove_staged(work)


def _remove_staged(work: Path) -> None:
    for leftover in [*work.glob("finished.*"), *work.glob("former.*")]:
        shutil.rmtree(leftover, ignore_errors=True)


def store(results: Results, staging: Path, folder: Path) -> Results:
    """Write the answer into a staged folder, then rename it at once, so that a run folder is complete or absent.

    Nothing is drawn here, so that no fault of a drawing costs the answer.

    Raises:
        RunError: The folder cannot be written.
    """
    with writing(folder):
        results.write_table(staging)
        results.write_csv(staging)
        record = results.record.model_copy(update={"files": hashes(staging)})
        record.write(staging)
        put_in_place(staging, folder)
    return Results(results.designs, record, folder)


@contextmanager
def saying_where(folder: Path) -> Iterator[None]:
    """Note on an interruption where the run is stored."""
    try:
        yield
    except KeyboardInterrupt as error:
        error.add_note(f"the run is stored in {folder}; `sunfront report {folder}` writes its report")
        raise


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raise a failure of the file system as UserError or RunError; see ``cannot_write``."""
    try:
        yield
    except OSError as error:
        raise cannot_write(path, error) from None


def draw(folder: Path, write: Callable[[], None]) -> None:
    """Let a writer add to a complete folder; a failure is a warning that says what to do, since the run is stored."""
    try:
        write()
    except Exception as error:
        reason = str(error) if isinstance(error, SunfrontError) else f"{type(error).__name__}: {error}"
        warnings.warn(
            f"the run is stored in {folder}, but its report could not be written: {reason}; "
            f"`sunfront report {folder}` writes it",
            SunfrontWarning,
            stacklevel=2,
        )


def put_in_place(staging: Path, folder: Path) -> None:
    """Give a complete folder its final name; what has that name is moved away, even a folder stored meanwhile."""
    while True:
        if folder.exists():
            with suppress(FileNotFoundError):
                folder.replace(Path(tempfile.mkdtemp(prefix="former.", dir=staging.parent)) / folder.name)
        try:
            staging.replace(folder)
            return
        except OSError as error:
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR):
                raise


def write_yaml(path: Path, data: Any) -> None:
    """Write data as YAML."""
    path.write_text(yaml_text(data), "utf-8")


def yaml_text(data: Any) -> str:
    """Return data as YAML."""
    import yaml

    # The dumper in C, where PyYAML has it, writes the same text in a fourth of the time.
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text: str = yaml.dump(data, Dumper=dumper, sort_keys=False, allow_unicode=True, width=100)
    return text


def copy_libraries(library: Library, target: Path) -> None:
    """Copy the folders of a library into a run folder."""
    for folder in library.folders:
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
