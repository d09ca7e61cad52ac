"""An append-only file of arrays that survives a crash: complete entries are read again, a torn last one is dropped."""

from __future__ import annotations

import io
import os
import shutil
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from sunfront.errors import RunError, SunfrontError, SunfrontWarning, UserError, cannot_write

#: Header of each entry: its length and its checksum.
_HEADER = struct.Struct("<QI")

#: Name of the file in which exact solvers keep what they have proved.
SOLVES = "solves.jsonl"


class KeptFile(NamedTuple):
    """A file of solves.

    Attributes:
        run: Identity of the run; lines of another one are passed over.
    """

    path: Path
    run: str


@contextmanager
def reading(path: Path | None) -> Iterator[None]:
    """Raise as UserError that what was read from a file of a work folder has not the form that is expected."""
    try:
        yield
    except SunfrontError:
        raise
    except (LookupError, TypeError, ValueError):
        if path is None:
            raise
        raise UserError(
            f"{path} has the form of another version of sunfront; delete {path.parent}, or use --force to start again"
        ) from None


#: Bytes below which a checkpoint is not rewritten.
LONG = 8_000_000


class Checkpoint:
    """Entries in the file ``checkpoint`` of a folder, each a set of named arrays; without a folder nothing is stored.

    An entry is on the disk when ``append`` returns. One process at a time holds a checkpoint.

    Beside it may lie ``solves``, the file in which exact solvers keep what they have proved.

    Args:
        folder: Created if it does not exist; removed on exit if the checkpoint is empty and there are no solves.
        run: Identity of the run; the first entry holds it, and a checkpoint of another run is refused.

    Raises:
        UserError: The folder cannot be written to.
        RunError: Another process holds the checkpoint.
    """

    def __init__(self, folder: Path | None = None, run: str = "") -> None:
        self.folder, self.run = folder, run
        self.solves = None if folder is None else KeptFile(folder / SOLVES, run)
        self._file: io.FileIO | None = None
        self._largest = 0  # entry, in bytes
        if folder is None:
            return
        self._file = _open_locked(folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is None:
            return
        assert self.folder is not None
        assert self.solves is not None
        is_empty = self._size() == 0 and not _size_of(self.solves.path)
        if isinstance(error, KeyboardInterrupt) and not hasattr(error, "__notes__"):
            error.add_note("nothing is kept of it" if is_empty else "the same command continues from its checkpoint")
        if is_empty:
            shutil.rmtree(self.folder, ignore_errors=True)
        self._file.close()

    @property
    def path(self) -> Path | None:
        """The file; None without a folder."""
        return None if self.folder is None else self.folder / "checkpoint"

    def entries(self) -> Iterator[Mapping[str, NDArray[Any]]]:
        """Yield the entries in order, then cut off an entry that a crash left incomplete.

        Raises:
            UserError: The checkpoint is of another run.
        """
        if self._file is None:
            return
        end = 0
        for entry, after in _read_entries(self._file):
            if self.run and end == 0:
                self._check_run(entry)
            elif entry.keys() == {"run"}:  # another checkpoint was appended to this one
                break
            else:
                yield entry
            self._largest = max(self._largest, after - end)
            end = after
        if _has_more_after(self._file, end):
            warnings.warn(
                f"{self.path} is damaged after {end:,} bytes; the run continues from what is before",
                SunfrontWarning,
                stacklevel=2,
            )
        self._file.truncate(end)

    def _check_run(self, entry: Mapping[str, NDArray[Any]]) -> None:
        if (found := str(entry.get("run", "unknown"))) != self.run:
            raise UserError(f"{self.path} is of another run ({found}); delete it, or use --force to start again")

    def append(self, **arrays: Any) -> None:
        """Add an entry of arrays, numbers or texts.

        Raises:
            RunError: It could not be written; the checkpoint is unchanged.
        """
        if self._file is None:
            return
        assert self.folder is not None
        before = self._size()
        first = _packed({"run": self.run}) if self.run and not before else b""
        try:
            _write(self._file, first + _packed(arrays))
        except BaseException as error:  # Ctrl-C too must not leave half an entry before the next one
            self._file.truncate(before)
            if isinstance(error, OSError):
                raise cannot_write(self.folder, error) from None
            raise

    @property
    def is_long(self) -> bool:
        """Whether it has grown so much that ``rewrite`` saves space, but not so often that it costs time."""
        return self._file is not None and self._size() > max(LONG, 3 * self._largest)

    def rewrite(self, **arrays: Any) -> None:
        """Replace all entries by one; a crash leaves either the old ones or the new one.

        Raises:
            RunError: It could not be written; the checkpoint is unchanged.
        """
        if self._file is None:
            return
        assert self.folder is not None
        path = self.folder / "checkpoint.new"
        path.unlink(missing_ok=True)
        whole = (_packed({"run": self.run}) if self.run else b"") + _packed(arrays)
        try:
            new = io.FileIO(path, "a+")
            try:
                _lock(new)  # before another process can see it
                _write(new, whole)
                path.replace(self.folder / "checkpoint")
            except BaseException:
                new.close()
                path.unlink(missing_ok=True)
                raise
        except OSError as error:
            raise cannot_write(self.folder, error) from None
        self._file.close()
        self._file, self._largest = new, len(whole)

    def clear(self) -> None:
        """Delete every entry and the solves."""
        if self._file is not None:
            assert self.solves is not None
            self._file.truncate(0)
            self.solves.path.unlink(missing_ok=True)

    def _size(self) -> int:
        assert self._file is not None
        return os.fstat(self._file.fileno()).st_size


def _packed(arrays: Mapping[str, Any]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    payload = buffer.getvalue()
    return _HEADER.pack(len(payload), zlib.crc32(payload)) + payload


def _write(file: io.FileIO, data: bytes) -> None:
    """Write all of the data; it is on the disk on return."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]
    os.fsync(file.fileno())


def _has_more_after(file: io.FileIO, start: int) -> bool:
    """Return whether more follows the entry at an offset, so that no interruption while it was written damaged it."""
    file.seek(start)
    header = file.read(_HEADER.size) or b""
    if len(header) < _HEADER.size:
        return False
    length: int = _HEADER.unpack(header)[0]
    return 0 < length < os.fstat(file.fileno()).st_size - start - _HEADER.size


def follow(path: Path, start: int = 0) -> Iterator[tuple[Mapping[str, NDArray[Any]], int]]:
    """Yield the entries that another process has added after offset ``start``, each with the offset where it ends.

    The file is not changed: its last entry may be in the course of being written.

    Raises:
        FileNotFoundError: There is no checkpoint.
    """
    with io.FileIO(path, "r") as file:
        yield from _read_entries(file, start)


def is_held(path: Path) -> bool:
    """Return whether a process holds a checkpoint, so computes its run; True on a system without file locks.

    Raises:
        FileNotFoundError: There is no checkpoint.
    """
    with io.FileIO(path, "r") as file:
        return find_spec("fcntl") is None or not _lock(file)


def _read_entries(file: io.FileIO, start: int = 0) -> Iterator[tuple[Mapping[str, NDArray[Any]], int]]:
    """Yield the complete entries from offset ``start``, each with the offset where it ends."""
    while True:
        file.seek(start)
        header = file.read(_HEADER.size) or b""
        if len(header) < _HEADER.size:
            return
        length, checksum = _HEADER.unpack(header)
        if not 0 < length < os.fstat(file.fileno()).st_size:  # a power cut may leave zeros
            return
        payload = file.read(length) or b""
        if len(payload) < length or zlib.crc32(payload) != checksum:
            return
        start += _HEADER.size + length
        try:
            with np.load(io.BytesIO(payload), allow_pickle=False) as arrays:
                entry = dict(arrays)
        except (ValueError, OSError, zipfile.BadZipFile):  # whole, but none of ours
            return
        yield entry, start


def _size_of(path: Path) -> int:
    """Size of a file in bytes, 0 if there is none."""
    return path.stat().st_size if path.exists() else 0


def _open_locked(folder: Path) -> io.FileIO:
    """Open and lock the file ``checkpoint`` of a folder; create both if they do not exist."""
    while True:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file = io.FileIO(folder / "checkpoint", "a+")  # unbuffered: no part of a failed write appears later
        except OSError as error:
            raise cannot_write(folder, error) from None
        if not _lock(file):
            file.close()
            raise RunError(f"{folder} is in use: another process is computing this run; wait for it, or stop it")
        # Another process may have removed the file between our opening and our locking it.
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file.fileno()), (folder / "checkpoint").stat()):
                return file
        file.close()


def _lock(file: io.FileIO) -> bool:
    """Lock the file until it is closed or the process ends in any way; return False if another process holds it."""
    try:
        import fcntl
    except ImportError:  # a system without file locks runs without this protection
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
