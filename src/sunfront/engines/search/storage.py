"""Optuna's storages: opened, named without their password, and recovered if a file of them is damaged."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from sunfront.engines.search.sqlite_recovery import recover
from sunfront.errors import RunError, SunfrontWarning, UserError

if TYPE_CHECKING:
    import optuna

#: Seconds after which the lock of a journal to which nothing is written is taken for that of a killed process.
LOCK_GRACE = 5

#: Attempts to open a database.
ATTEMPTS = 5

#: Environment variable with the password of a storage whose URL has none; with ``_FILE`` appended, the file of it.
PASSWORD = "SUNFRONT_STORAGE_PASSWORD"

#: Length of a password below which it may be a part of other words.
SHORT = 5


class StorageFailure(RunError):
    """A storage that cannot be read or written any more."""


def public_name(url: str) -> str:
    """The storage without its password, a file by its absolute path."""
    url = re.sub(r"(?i)((?:password|passwd|pwd)\s*=\s*)[^&\s]*", r"\1***", url)
    if not _is_url(url):
        return str(Path(url).absolute())
    scheme, _, rest = url.partition("://")
    if scheme.startswith("sqlite") and (rest.startswith("/") or "@" not in rest):
        path, mark, query = rest.removeprefix("/").partition("?")
        return f"{scheme}:///{Path(path).absolute()}{mark}{query}" if path else url
    place, at, host = rest.rpartition("@")
    user = place.partition(":")[0]
    return f"{scheme}://{user}{at}{host}"


def open_storage(url: str) -> optuna.storages.BaseStorage:
    """Open an Optuna storage: a database by its URL, or a journal by the path of its file.

    Raises:
        UserError: The storage cannot be opened. The message does not contain its password.
    """
    import optuna

    if not _is_url(url):
        return _journal(url)
    from sqlalchemy import make_url
    from sqlalchemy.exc import SQLAlchemyError

    place = re.split(r"\?[\w.-]+=", url.partition("://")[2])[0].rpartition("@")[0]  # a query may hold an @ too
    if not url.startswith("sqlite") and re.search("[@/:?#]", place.partition(":")[2]):
        raise UserError(
            f"--storage: {public_name(url)}: write @ / : ? # of a password as %40 %2F %3A %3F %23, or put it into "
            f"{PASSWORD}"
        )
    secret = ""
    try:
        full, secret = _with_password(url)
        if full.startswith("sqlite") and (file := make_url(full).database) and Path(file).is_file():
            recover(Path(file).absolute())
        return _database(full)
    except (SQLAlchemyError, sqlite3.Error, optuna.exceptions.OptunaError, ImportError, OSError, ValueError) as error:
        reason = _without(str(error).partition("\n")[0], secret)
        hint = "give sqlite:///FILE or the path of a journal"
        if isinstance(error, sqlite3.Error):
            hint = "it is damaged, and nothing can be saved: name another file"
        raise UserError(f"--storage: cannot open {public_name(url)}: {reason}; {hint}") from None


@contextmanager
def storage_errors(url: str) -> Iterator[None]:
    """Raise what goes wrong while a storage is read or written as StorageFailure, without its password."""
    import optuna
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except optuna.exceptions.DuplicatedStudyError:
        raise
    except (
        SQLAlchemyError,
        optuna.exceptions.OptunaError,
        OSError,
        ValueError,
        TypeError,
        LookupError,
        AssertionError,
    ) as error:
        reason = _without(f"{type(error).__name__}: {error}".partition("\n")[0], _with_password(url)[1])
        raise StorageFailure(f"the storage {public_name(url)} failed: {reason}") from None


def _is_url(url: str) -> bool:
    return "://" in url


def _with_password(url: str) -> tuple[str, str]:
    """The URL with the password of the environment, if it names a user alone; and the password, empty if none."""
    if not _is_url(url):
        return url, ""
    from sqlalchemy import make_url

    parsed = make_url(url)
    secret = os.environ.get(PASSWORD, "")
    if file := os.environ.get(f"{PASSWORD}_FILE"):
        secret = Path(file).read_text("utf-8").rstrip("\n")
    if parsed.password is not None or not parsed.username or not secret:
        return url, str(parsed.password or "")
    return parsed.set(password=secret).render_as_string(hide_password=False), secret


def _without(text: str, secret: str) -> str:
    if 0 < len(secret) < SHORT and secret in text:
        return "its own message might tell the password"  # letters replaced everywhere tell it too
    return text.replace(secret, "***") if secret else text


def _with_driver(url: str) -> str:
    """Name the driver of PostgreSQL that is installed: which one SQLAlchemy takes depends on its version."""
    scheme, _, rest = url.partition("://")
    driver = next((name for name in ("psycopg", "psycopg2") if find_spec(name)), None)
    if scheme not in ("postgresql", "postgres"):
        return url
    if driver is None:
        raise UserError("--storage: PostgreSQL needs a driver: pip install 'sunfront[postgresql]'")
    return f"postgresql+{driver}://{rest}"


def _database(url: str) -> optuna.storages.RDBStorage:
    """Open a database; try again if it fails because another process creates the same tables."""
    import optuna
    from sqlalchemy.exc import IntegrityError, OperationalError

    url = _with_driver(url)
    for _ in range(ATTEMPTS - 1):
        try:
            return optuna.storages.RDBStorage(url)
        except (IntegrityError, OperationalError):
            time.sleep(0.2)
    return optuna.storages.RDBStorage(url)


def _journal(name: str) -> optuna.storages.JournalStorage:
    import optuna
    from optuna.storages import journal

    if re.match(r"[^@]*:[^@]*@", name) or re.search(r"(?i)\b(password|passwd|pwd)\s*=", name):
        raise UserError("--storage: a database needs its scheme, as in postgresql://USER@HOST/NAME")
    # With a relative path the lock would be a broken link, and the lock of a killed process would never expire.
    path = Path(name).absolute()
    lock = journal.JournalFileSymlinkLock(str(path), grace_period=LOCK_GRACE)
    try:
        if path.exists():
            lock.acquire()
            try:
                _recover(path)
            finally:
                lock.release()
        return optuna.storages.JournalStorage(journal.JournalFileBackend(str(path), lock))
    except UserError:
        raise
    except OSError as error:
        raise UserError(f"--storage: cannot open {path}: {error.strerror}") from None
    except Exception as error:  # whatever a damaged entry makes of Optuna's replay
        raise UserError(f"--storage: {path} is damaged: {type(error).__name__}: {error}; name another file") from None


def _recover(path: Path) -> None:
    """Cut off what follows the last whole line of a journal, and say so; what is cut off is kept beside it.

    Entries refer to earlier ones by their order, so that none behind a damaged one can be used.

    Raises:
        UserError: The file is no journal.
    """
    data = path.read_bytes()
    whole = 0
    for line in data.splitlines(keepends=True):
        if not (line.endswith(b"\n") and _is_entry(line)):
            break
        whole += len(line)
    if whole == len(data):
        return
    if not whole and not data.startswith(b'{"op_code"'):
        raise UserError(f"--storage: {path} is no Optuna journal; name another file")
    copy = path.with_name(f"{path.name}.damaged")
    shutil.copyfile(path, copy)
    os.truncate(path, whole)
    kept = data.count(b"\n", 0, whole)
    warnings.warn(
        f"{path} is damaged after {kept:,} lines, which are used; the file as it was is kept as {copy.name}",
        SunfrontWarning,
        stacklevel=2,
    )


def _is_entry(line: bytes) -> bool:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(entry, dict) and "op_code" in entry
