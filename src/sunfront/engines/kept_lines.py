"""What a run has computed so far, by key, in a file, so that a run that is interrupted need not compute it again.

Each line of the file is one value. Several processes may append to it. A line that a killed process left torn, or that
was edited, is no line.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from sunfront.engines.checkpoint import KeptFile
from sunfront.errors import cannot_write


class KeptLines:
    """The values in a file, data for JSON; without one nothing is kept."""

    def __init__(self, file: KeptFile | None = None) -> None:
        self.file = file
        self._known: dict[str, Any] = {}
        if file is not None and file.path.is_file():
            for line in file.path.read_bytes().splitlines():
                with suppress(ValueError, TypeError, KeyError):
                    self._read(json.loads(line), file)

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, key: str) -> bool:
        return key in self._known

    def get(self, key: str) -> Any:
        """What was found; None if it was not computed, or that was nothing."""
        return self._known.get(key)

    def add(self, key: str, found: Any) -> None:
        """Keep what was found; the file is written at once.

        Raises:
            RunError: It cannot be written.
        """
        self._known[key] = found
        if self.file is None:
            return
        path, run = self.file
        line = {"run": run, "key": key, "found": found}
        # It begins a line of its own, also after one that a killed process left torn.
        text = "\n" + json.dumps({**line, "hash": _hash(line)}) + "\n"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                os.write(file, text.encode())
            finally:
                os.close(file)
        except OSError as error:
            raise cannot_write(path, error) from None

    def _read(self, line: dict[str, Any], file: KeptFile) -> None:
        if line["run"] == file.run and line.pop("hash") == _hash(line):
            self._known[line["key"]] = line["found"]


def _hash(line: Mapping[str, Any]) -> str:
    """Hash a line, so that an edited one is no line."""
    return hashlib.sha256(json.dumps(line, sort_keys=True).encode()).hexdigest()[:16]
