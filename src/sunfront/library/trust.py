"""Whether the Python files of a run's own library may run: a run may come from somebody else.

They may if this process has run the same content before, if the caller says so, or if the user has run it on this
machine with ``sunfront run``. Hashes of that are kept in a file of the user, never in a run folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from sunfront.errors import UserError
from sunfront.library.code import CodeFile

_trusts_all = False


def trust_all() -> None:
    """Let this process run every Python file that a run's own library holds."""
    global _trusts_all
    _trusts_all = True


def require_trust(files: Iterable[CodeFile]) -> None:
    """Raise UserError if a file is there that neither this process nor ``sunfront run`` has run before."""
    for file in untrusted(files):
        raise UserError(
            f"{file.path} holds Python code that would run, and `sunfront run` has not run it on this machine; "
            "read it, and if you trust it, add --trust-code to the command (in Python, trust_code=True)"
        )


def untrusted(files: Iterable[CodeFile]) -> list[CodeFile]:
    """Those of the files that may not run."""
    new = [file for file in files if not (_trusts_all or file.has_run)]
    known = _remembered() if new else set()
    return [file for file in new if file.digest not in known]


def remember(files: Iterable[CodeFile]) -> None:
    """Note that the user has run these files; where nothing can be written, nothing is noted."""
    with suppress(OSError, RuntimeError):
        if new := {file.digest for file in files} - _remembered():
            path = _record()
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a", encoding="ascii") as record:
                record.writelines(f"{digest}\n" for digest in sorted(new))


def _remembered() -> set[str]:
    try:
        return set(_record().read_text("ascii").split())
    except (OSError, RuntimeError, UnicodeDecodeError):
        return set()


def _record() -> Path:
    """The user's file of hashes; RuntimeError if the user has no home."""
    state = os.environ.get("XDG_STATE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(state) if state else Path.home() / ".local" / "state") / "sunfront" / "trusted_code"
