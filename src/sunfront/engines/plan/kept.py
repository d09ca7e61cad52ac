"""What the solves of a plan have proved, kept in a file, so that a run that is interrupted need not prove it again.

Each line of the file is one solve: what was maximized over which floors, the best plan, and the bound. Several
processes may append to it. A line that a killed process left torn is no line.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from sunfront.engines.exact.solver_protocol import Solution
from sunfront.errors import RunError

#: What tells a solve from another: what is maximized, the floors, and the chords of learning; as JSON.
Key = str


def key_of(what: int | str, floors: Mapping[int, float], chords: Mapping[Any, Any]) -> Key:
    """Name a solve."""
    points = sorted((list(name), list(amounts)) for name, amounts in chords.items())
    return json.dumps([what, sorted(floors.items()), points])


class KeptFile(NamedTuple):
    """A file of solves.

    Attributes:
        run: Identity of the run; lines of another one are passed over.
    """

    path: Path
    run: str


class KeptSolves:
    """The solves in a file; without one nothing is kept."""

    def __init__(self, file: KeptFile | None = None) -> None:
        self.file = file
        self._known: dict[Key, Solution | None] = {}
        if file is not None and file.path.is_file():
            for line in file.path.read_bytes().splitlines():
                with suppress(ValueError, TypeError, KeyError):
                    self._read(json.loads(line))

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, key: Key) -> bool:
        return key in self._known

    def get(self, key: Key) -> Solution | None:
        """The best plan of a solve with its bound; None if there is no plan or no solve."""
        return self._known.get(key)

    def add(self, key: Key, found: Solution | None) -> None:
        """Keep a solve; the file is written at once.

        Raises:
            RunError: It cannot be written.
        """
        self._known[key] = found
        if self.file is None:
            return
        path, run = self.file
        data = None
        if found is not None:
            data = {"design": found.design, "scores": found.scores, "bound": found.bound, "is_cut": found.is_cut}
        text = json.dumps({"run": run, "key": key, "found": data}) + "\n"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                os.write(file, text.encode())
            finally:
                os.close(file)
        except OSError as error:
            raise RunError(f"cannot write {path}: {error.strerror or error}") from None

    def _read(self, data: Mapping[str, Any]) -> None:
        if self.file is None or data["run"] != self.file.run:
            return
        found = data["found"]
        self._known[data["key"]] = (
            None
            if found is None
            else Solution(found["design"], tuple(found["scores"]), found["bound"], found["is_cut"])
        )
