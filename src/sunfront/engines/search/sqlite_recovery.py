"""What is whole in a damaged SQLite file of Optuna's, saved into a new one in its place."""

from __future__ import annotations

import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from sunfront.errors import SunfrontWarning

#: Tables of a trial's parts; a trial of which a part was lost is dropped.
_PARTS = ("trial_params", "trial_values", "trial_user_attributes", "trial_system_attributes")


def recover(path: Path) -> None:
    """Check an SQLite file; replace a damaged one by what is whole, and say so. The damaged file is kept beside it.

    Raises:
        OSError: The file cannot be replaced.
        sqlite3.Error: Nothing can be saved.
    """
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as old:
        if _is_sound(old):
            return
        new, copy = path.with_name(f"{path.name}.saved"), path.with_name(f"{path.name}.damaged")
        new.unlink(missing_ok=True)
        try:
            with closing(sqlite3.connect(new)) as saved:
                _save(old, saved)
                saved.commit()
                (kept,) = saved.execute("SELECT count(*) FROM trials").fetchone()
            path.replace(copy)
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)
    warnings.warn(
        f"{path} is damaged; {kept:,} whole trials of it are used; the file as it was is kept as {copy.name}",
        SunfrontWarning,
        stacklevel=2,
    )


def _is_sound(file: sqlite3.Connection) -> bool:
    try:
        return bool(file.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    except sqlite3.OperationalError:  # in use, for one: Optuna says what is the matter
        return True
    except sqlite3.DatabaseError:
        return False


def _save(old: sqlite3.Connection, new: sqlite3.Connection) -> None:
    """Copy the tables, and drop the trials that are not whole."""
    for name, sql in old.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall():
        new.execute(sql)
        for row in _rows(old, name):
            with suppress(sqlite3.IntegrityError):  # a row that both directions reach
                new.execute(f"INSERT INTO {name} VALUES ({', '.join('?' * len(row))})", row)
    indices = old.execute("SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").fetchall()
    for (sql,) in indices:
        new.execute(sql)
    for part in ("trial_values", "trial_params"):  # a whole trial has as many as any other of its study
        new.execute(
            f"""WITH counts AS (
                SELECT t.trial_id, t.study_id, count(p.trial_id) AS n
                FROM trials t LEFT JOIN {part} p USING (trial_id) WHERE t.state = 'COMPLETE' GROUP BY t.trial_id)
            DELETE FROM trials WHERE trial_id IN (
                SELECT trial_id FROM counts c WHERE n < (SELECT max(n) FROM counts d WHERE d.study_id = c.study_id))"""
        )
    for part in _PARTS:
        new.execute(f"DELETE FROM {part} WHERE trial_id NOT IN (SELECT trial_id FROM trials)")


def _rows(file: sqlite3.Connection, table: str) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a table before the first damaged page and behind the last."""
    for order in ("ASC", "DESC"):
        try:
            yield from file.execute(f"SELECT * FROM {table} ORDER BY rowid {order}")
            return
        except sqlite3.DatabaseError:
            continue
