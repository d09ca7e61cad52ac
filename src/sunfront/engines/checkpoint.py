"""An append-only log of arrays that survives a crash: what was written whole is read again, a torn tail is dropped."""

from __future__ import annotations

import io
import os
import shutil
import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sunfront.errors import RunError, UserError

#: Before each record: its length and its checksum.
_FRAME = struct.Struct("<QI")


class Checkpoint:
    """Records in the file ``log`` of a folder, each a set of named arrays; without a folder, a log that keeps nothing.

    A record is on the disk when ``append`` returns. One process at a time holds a log.

    Args:
        folder: Made if it is not there; removed on leaving if nothing was logged.

    Raises:
        UserError: There is no writing to the folder.
        RunError: Another process holds the log.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self._file: io.FileIO | None = None
        if folder is None:
            return
        self._file = _held(folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file is None:
            return
        assert self.folder is not None
        if self._size() == 0:
            shutil.rmtree(self.folder, ignore_errors=True)
        self._file.close()

    def entries(self) -> Iterator[Mapping[str, NDArray[Any]]]:
        """What was logged, in order; afterwards what a crash left unfinished is cut off."""
        if self._file is None:
            return
        whole = 0
        for record, whole in _whole(self._file):  # noqa: B007  where the last whole record ends
            yield record
        self._file.truncate(whole)

    def append(self, **arrays: Any) -> None:
        """Add a record of arrays, numbers or texts.

        Raises:
            RunError: It could not be written; the log is as it was.
        """

        if self._file is None:
            return
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **arrays)
        payload = buffer.getvalue()
        before = self._size()
        left = memoryview(_FRAME.pack(len(payload), zlib.crc32(payload)) + payload)
        try:
            while left:
                left = left[self._file.write(left) :]
            os.fsync(self._file.fileno())
        except BaseException as error:  # a Ctrl-C too must leave no half record before the next one
            self._file.truncate(before)
            if isinstance(error, OSError):
                raise RunError(f"cannot write {self.folder}: {error.strerror}") from None
            raise

    def clear(self) -> None:
        """Forget every record: they are kept elsewhere, or not wanted."""
        if self._file is not None:
            self._file.truncate(0)

    def _size(self) -> int:
        assert self._file is not None
        return os.fstat(self._file.fileno()).st_size


def follow(path: Path, start: int = 0) -> Iterator[tuple[Mapping[str, NDArray[Any]], int]]:
    """What another process has logged in a file since ``start``; each record with where it ends, to go on from there.

    The log is left as it is: its tail may be a record that is being written.

    Raises:
        FileNotFoundError: There is no log.
    """
    with io.FileIO(path, "r") as file:
        yield from _whole(file, start)


def _whole(file: io.FileIO, start: int = 0) -> Iterator[tuple[Mapping[str, NDArray[Any]], int]]:
    """The whole records from ``start`` on, each with where it ends."""

    while True:
        file.seek(start)
        frame = file.read(_FRAME.size) or b""
        if len(frame) < _FRAME.size:
            return
        length, checksum = _FRAME.unpack(frame)
        if not 0 < length < os.fstat(file.fileno()).st_size:  # zeros are what a power cut may leave
            return
        payload = file.read(length) or b""
        if len(payload) < length or zlib.crc32(payload) != checksum:
            return
        start += _FRAME.size + length
        with np.load(io.BytesIO(payload), allow_pickle=False) as arrays:
            yield dict(arrays), start


def _held(folder: Path) -> io.FileIO:
    """The file ``log`` of a folder, both made if they are not there, locked."""
    while True:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file = io.FileIO(folder / "checkpoint", "a+")  # unbuffered: nothing of a failed write is written later
        except OSError as error:
            raise UserError(f"cannot write to {folder}: {error.strerror}") from None
        if not _lock(file):
            file.close()
            raise RunError(f"{folder} is in use: another process computes this run; wait for it, or end it")
        # Who held it may have removed it between our opening and our locking.
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file.fileno()), (folder / "checkpoint").stat()):
                return file
        file.close()


def _lock(file: io.FileIO) -> bool:
    """Hold the file until it is closed or the process ends, however it ends; False if another process holds it."""
    try:
        import fcntl
    except ImportError:  # a system without it runs without the guard
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
