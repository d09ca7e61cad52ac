"""A record in a JSON file, with a seal by which a later change is noticed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from sunfront.errors import UserError

#: What to do about a folder whose files are damaged.
REPAIR = "run its study again with --force"

#: The key with the hash of all others.
_SEAL = "seal"

_Record = TypeVar("_Record", bound=BaseModel)


def write_sealed(path: Path, record: BaseModel) -> None:
    """Write a record with its seal.

    Raises:
        ValueError: A number is NaN or infinite.
    """
    stored = record.model_dump(mode="json")
    text = json.dumps({**stored, _SEAL: _seal(stored)}, indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", "utf-8")


def read_stored(path: Path) -> dict[str, Any]:
    """Read what a file of a record holds.

    Raises:
        UserError: It is not there, or cannot be read.
    """
    try:
        stored = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path.parent} is no finished run: {path.name} is missing") from None
    except (ValueError, OSError, RecursionError) as error:
        raise UserError(f"{path} cannot be read: {error}; {REPAIR}") from None
    if not isinstance(stored, dict):
        raise UserError(f"{path} is damaged: it holds no record; {REPAIR}")
    return stored


def read_sealed(path: Path, kind: type[_Record], current: int) -> _Record:
    """Read a record.

    Args:
        kind: Of the record.
        current: Its format number.

    Raises:
        UserError: It is not there, cannot be read, was changed, or is of another format.
    """
    stored = read_stored(path)
    if (found := format_of(stored)) != current:
        other, next_step = ("a newer", "update sunfront") if found > current else ("an older", "run its study again")
        raise UserError(
            f"{path.parent} was written by {other} version of sunfront (run format {found}; this version reads "
            f"{current}): {next_step}"
        )
    seal = stored.pop(_SEAL, None)
    try:
        record = kind.model_validate(stored)
    except (ValidationError, UserError, RecursionError) as error:
        reason = str(error)
        if isinstance(error, ValidationError):
            first = error.errors()[0]
            reason = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise UserError(f"{path} is damaged: {reason}; {REPAIR}") from None
    if seal != _seal(stored):
        raise UserError(f"{path} was changed after the run was stored; {REPAIR}")
    return record


def format_of(stored: Mapping[str, Any]) -> int:
    """The format number of what a file of a record holds."""
    found = stored.get("format", 1)
    return found if isinstance(found, int) and not isinstance(found, bool) else 1


def _seal(stored: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(stored, sort_keys=True).encode()).hexdigest()
