"""The files of a run folder that are read back: their names and their hashes."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

from sunfront.errors import UserError, cannot_write
from sunfront.runs.record import FILE
from sunfront.runs.sealed import REPAIR

#: The designs.
TABLE = "designs.parquet"

#: The study, so that the run can be computed again.
STUDY = "study.yaml"

#: What the model was given, value by value.
SETTINGS = "parameters.yaml"

#: Folder with a copy of the libraries that the study names.
LIBRARIES = "libraries"

#: Cash flows of the suggested designs, for reading. Drawn like the page.
CASH_FLOWS = "cashflow.csv"

#: The page. It is drawn from the other files after these are stored, and may be drawn again.
REPORT = "report.html"


def hashes(folder: Path, names: Iterable[str] = (TABLE, STUDY, SETTINGS)) -> dict[str, str]:
    """Hash of each file that is read back, by its path in the folder.

    Args:
        names: Files that are read back, beside those of the libraries.

    Raises:
        OSError: A file cannot be read.
    """
    read = [*names, *_library_files(folder)]
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in read}


def check_files(
    folder: Path, files: Mapping[str, str], names: Iterable[str] = (TABLE, STUDY, SETTINGS), record: str = FILE
) -> None:
    """Check that the files of a run folder are those that its record names.

    Args:
        files: Hashes that the record names.
        names: As in ``hashes``.
        record: Name of the record's file.

    Raises:
        UserError: One is missing, cannot be read, was changed, or was added; names the file.
    """
    for name in sorted({*names, *files}):
        path = folder / name
        try:
            found = hashlib.sha256(path.read_bytes()).hexdigest()
        except FileNotFoundError:
            raise UserError(f"{path} is missing; {REPAIR}") from None
        except OSError as error:
            raise UserError(f"{path} cannot be read: {error.strerror}; {REPAIR}") from None
        if found != files.get(name):
            raise UserError(f"{path} is not what {record} names: one of the two was changed after the run; {REPAIR}")
    for name in _library_files(folder):
        if name.endswith((".yaml", ".yml", ".py")) and name not in files:
            raise UserError(f"{folder / name} was added after the run was stored; remove it, or {REPAIR}")


def check_can_write(path: Path, instead: str = "name one") -> None:
    """Raise UserError unless a file may be written at a path; its folder need not exist.

    Args:
        instead: What to do where the path is a device or a pipe.
    """
    try:
        if path.is_dir() or not path.name:
            raise UserError(f"{path} is a folder; name a file in it")
        if path.exists() and not path.is_file():  # a device, which must not be replaced
            raise UserError(f"{path} is no file on a disk; {instead}")
        folder = next(each for each in path.absolute().parents if each.exists())
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise cannot_write(path, error) from None


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path to write to; what is written replaces the file at once, so that the file is whole or as before.

    Its folder is created.

    Raises:
        UserError: No file can be written there.
        RunError: It cannot be written, as on a full disk.
    """
    check_can_write(path)
    new = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(path)
        yield new
        new.replace(path)
    except OSError as error:
        raise cannot_write(path, error) from None
    finally:
        with suppress(OSError):
            new.unlink(missing_ok=True)


def _remove_leftovers(path: Path) -> None:
    """Remove what processes that have ended left beside a file, as on a disk that became read-only."""
    for leftover in path.parent.glob(f".*.{escape(path.name)}") if os.name == "posix" else ():
        number = leftover.name.split(".")[1]
        if number.isdecimal() and not _is_running(int(number)):
            leftover.unlink(missing_ok=True)


def _is_running(number: int) -> bool:
    try:
        os.kill(number, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # it runs, for another user
        return True
    return True


def has_report(folder: Path) -> bool:
    """Return whether the page of a run is there and is whole."""
    try:
        with (folder / REPORT).open("rb") as file:
            file.seek(max(file.seek(0, 2) - 64, 0))
            return file.read().rstrip().endswith(b"</html>")
    except OSError:
        return False


def _library_files(folder: Path) -> list[str]:
    """Files of the copied libraries, as paths in the run folder."""
    found = (path.relative_to(folder) for path in (folder / LIBRARIES).rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in found if "__pycache__" not in path.parts)
