"""A table as CSV for people and spreadsheets, with its units in a second header row."""

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
        head.writerow([*names, *frame.columns])
        head.writerow([*("" for _ in names), *units])
        frame.to_csv(file, index=bool(names), header=False, float_format="%.9g", lineterminator="\n")
