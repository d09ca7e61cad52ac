"""A table as CSV for people, spreadsheets and pandas: one header row, with the units in the names of the columns."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def write_csv_table(path: Path, frame: pd.DataFrame, units: Iterable[str], index: Iterable[str] = ()) -> None:
    """Write a table in display units.

    Args:
        units: Label of each column's unit.
        index: Names of the columns of the index; without them it is left out.
    """
    names = [*index]
    with path.open("w", encoding="utf-8", newline="") as file:
        head = csv.writer(file, lineterminator="\n")
        head.writerow([*names, *map(head_of, frame.columns, units)])
        frame.to_csv(file, index=bool(names), header=False, float_format="%.9g", lineterminator="\n")


def head_of(name: str, label: str) -> str:
    """Return the head of a column: its name, and the label of its unit in parentheses, if it has one."""
    return name if label in ("", "1") else f"{name} ({label})"
