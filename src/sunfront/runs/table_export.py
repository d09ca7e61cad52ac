"""Write the designs of a finished run as a table for other programs, in display units that the table names."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sunfront.errors import UserError
from sunfront.runs.csv_table import head_of, write_csv_table
from sunfront.runs.files import check_can_write, replacing
from sunfront.runs.results import Results
from sunfront.units import unit_label

if TYPE_CHECKING:
    import pandas as pd

#: The column that says which designs are on the front.
FRONT = "on_front"

#: Rows that a sheet of a workbook can hold.
MOST_ROWS = 1_048_576


def write_designs(results: Results, path: Path) -> None:
    """Write all designs of a run, with a column that says which are on its front; see ``write_table``."""
    write_table(results, results.designs, path, {FRONT: results.on_front})


def write_table(results: Results, designs: pd.DataFrame, path: Path, marks: Mapping[str, Any] | None = None) -> None:
    """Write designs in display units; the suffix of the path names the format.

    ``.csv`` and ``.xlsx`` have the units in the heads of the columns, ``.parquet`` in the metadata of each field,
    ``.json`` beside the designs. What means nothing in a design is empty.

    Args:
        results: The run whose units and labels they have.
        designs: In SI and USD.
        marks: Columns without a unit that come first.

    Raises:
        UserError: The format is unknown, needs a package that is missing, or cannot hold so many designs.
    """
    check_can_write(path)
    if path.suffix not in _WRITERS:
        raise UserError(f"{path}: unknown format of a table; end the name in {', '.join(_WRITERS)}")
    shown = results.readable(designs)
    units = {name: "" if name in results.labels else unit_label(results.units[name]) for name in designs}
    for place, (name, column) in enumerate((marks or {}).items()):
        shown.insert(place, name, column)
    with replacing(path) as new:
        _WRITERS[path.suffix](shown, dict.fromkeys(marks or {}, "") | units, new)


def _csv(shown: pd.DataFrame, units: Mapping[str, str], path: Path) -> None:
    write_csv_table(path, shown, units.values())


def _xlsx(shown: pd.DataFrame, units: Mapping[str, str], path: Path) -> None:
    try:
        from openpyxl import Workbook
    except ImportError:
        raise UserError("a workbook needs openpyxl; run pip install 'sunfront[xlsx]'") from None
    if len(shown) >= MOST_ROWS:
        raise UserError(f"a workbook cannot hold {len(shown):,} designs; write .parquet or .csv")
    book = Workbook(write_only=True)
    sheet = book.create_sheet("designs")
    sheet.append([head_of(name, text) for name, text in units.items()])
    for row in shown.itertuples(index=False):
        sheet.append([_cell(value) for value in row])
    with path.open("wb") as file:
        book.save(file)


def _parquet(shown: pd.DataFrame, units: Mapping[str, str], path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(shown, preserve_index=False)
    fields = [field.with_metadata({"unit": units[field.name]}) for field in table.schema]
    with path.open("wb") as file:
        pq.write_table(table.cast(pa.schema(fields, metadata=table.schema.metadata)), file)


def _json(shown: pd.DataFrame, units: Mapping[str, str], path: Path) -> None:
    designs = [dict(zip(units, map(_cell, row), strict=True)) for row in shown.itertuples(index=False)]
    path.write_text(
        json.dumps({"units": dict(units), "designs": designs}, ensure_ascii=False, indent=1) + "\n", "utf-8"
    )


def _cell(value: Any) -> Any:
    """A value as a workbook and JSON can hold it: no NaN, and infinity as text."""
    plain = value.item() if hasattr(value, "item") else value
    if isinstance(plain, float) and not math.isfinite(plain):
        return None if math.isnan(plain) else str(plain)
    return plain


_WRITERS: Mapping[str, Callable[[pd.DataFrame, Mapping[str, str], Path], None]] = {
    ".csv": _csv,
    ".xlsx": _xlsx,
    ".parquet": _parquet,
    ".json": _json,
}
