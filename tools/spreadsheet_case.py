"""Write a project with a loan and tax as a spreadsheet, let LibreOffice evaluate its formulas, and store the values.

``python tools/spreadsheet_case.py tests/truth/spreadsheet_case.json [--keep case.xlsx]``

It needs openpyxl and LibreOffice (``soffice``); the test that compares the values with the model needs neither. The
formulas are those of a textbook, by year, with the spreadsheet's own functions for annuities, NPV and IRR. Nothing of
sunfront is imported.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

#: Name, value and unit of each input.
INPUTS: tuple[tuple[str, float, str], ...] = (
    ("accelerators", 120, "MUSD"),
    ("hall", 80, "MUSD"),
    ("building", 1, "year"),
    ("life", 5, "year"),
    ("power", 10, "MW"),
    ("price", 1.08, "USD/kWh"),
    ("hours", 8766, "hour/year"),
    ("operation", 12, "MUSD/year"),
    ("accelerator_residual", 0.1, "1"),
    ("hall_residual", 0.3, "1"),
    ("tax", 0.25, "1"),
    ("debt", 0.6, "1"),
    ("interest", 0.08, "1/year"),
    ("cost_of_equity", 0.12, "1/year"),
    # Five-year property, half-year convention: IRS Publication 946, table A-1.
    ("schedule_1", 0.2, "1"),
    ("schedule_2", 0.32, "1"),
    ("schedule_3", 0.192, "1"),
    ("schedule_4", 0.1152, "1"),
    ("schedule_5", 0.1152, "1"),
    ("schedule_6", 0.0576, "1"),
)

#: The columns: the decision, the ends of six years (the first builds, five earn), and the sale at the end of the last.
DATES = ("decision", "1", "2", "3", "4", "5", "6", "sale")
COLUMNS = "BCDEFGHI"

#: Row by row the formula at the decision, in a year of service, and at the sale; empty: zero. ``{c}`` is the column,
#: ``{p}`` the one before it, ``{k}`` the year of service, ``{n}`` the number of years since the decision.
ROWS: tuple[tuple[str, ...], ...] = (
    ("accelerators", "=-{accelerators}", "", ""),
    ("hall", "=-{hall}", "", ""),
    ("loan", "={debt}*({accelerators}+{hall})", "", ""),
    ("revenue", "", "={power}*{price}*{hours}/1000", ""),
    ("operation", "", "=-{operation}", ""),
    ("interest", "", "=IPMT({interest},{k},{life},{owed})", ""),
    ("principal", "", "=PPMT({interest},{k},{life},{owed})", ""),
    ("accelerators_sold", "", "", "={accelerators}*{accelerator_residual}"),
    ("hall_sold", "", "", "={hall}*{hall_residual}"),
    ("depreciation", "", "={book}*{schedule}", "={book}*{schedule_6}"),
    (
        "tax",
        "",
        "=-{tax}*({c}[revenue]+{c}[operation]+{c}[interest]-{c}[depreciation])",
        "=-{tax}*({c}[accelerators_sold]+{c}[hall_sold]-{c}[depreciation])",
    ),
    ("net", *["=SUM({c}[accelerators]:{c}[hall_sold])+{c}[tax]"] * 3),
    ("cumulative", "={c}[net]", *["={p}[cumulative]+{c}[net]"] * 2),
    ("factor", *["=(1+{cost_of_equity})^-{n}"] * 3),
    ("discounted", *["={c}[net]*{c}[factor]"] * 3),
    ("cover", "", "=({c}[revenue]+{c}[operation]+{c}[tax])/-({c}[interest]+{c}[principal])", ""),
    # For the spreadsheet's NPV and IRR, which take one flow for each date: the sale counts in the last year.
    ("at_dates", "={c}[net]", "={c}[net]", ""),
)

#: Sums, which the year of building has too.
SUMS = ("net", "cumulative", "factor", "discounted", "at_dates")

RESULTS: tuple[tuple[str, str], ...] = (
    ("npv", "=B[at_dates]+NPV({cost_of_equity},C[at_dates]:H[at_dates])"),
    ("irr", "=IRR(B[at_dates]:H[at_dates])"),
    ("equity", "=(1-{debt})*({accelerators}+{hall})"),
    ("roi", "=B[npv]/B[equity]"),
    ("moic", "=(B[equity]+SUM(B[net]:I[net]))/B[equity]"),
    ("ebitda_margin", "=SUM(B[revenue]:I[operation])/SUM(B[revenue]:I[revenue])"),
    ("owed_at_the_end", "={owed}+SUM(B[principal]:I[principal])"),
)


def build(path: Path) -> dict[str, str]:
    """Write the workbook; return the cell of each value by its name, ``row/date`` or the name of a result."""
    from openpyxl import Workbook

    book = Workbook()
    inputs, sheet = book.active, book.create_sheet("cash flow")
    inputs.title = "inputs"
    for line in INPUTS:
        inputs.append(line)
    names = {name: f"inputs!$B${i}" for i, (name, *_) in enumerate(INPUTS, 1)}
    capital = f"({names['accelerators']}+{names['hall']})"
    # Interest while the hall is built is added to the loan, and to what is depreciated.
    names["owed"] = f"({names['debt']}*{capital}*(1+{names['interest']})^{names['building']})"
    names["book"] = f"({capital}+{names['owed']}-{names['debt']}*{capital})"
    rows = {name: i for i, name in enumerate([*(name for name, *_ in ROWS), *(name for name, _ in RESULTS)], 2)}
    cells: dict[str, str] = {}

    def write(name: str, label: str, column: str, formula: str, **more: Any) -> None:
        text = formula.format(**names, c=column, **more)
        for row, number in rows.items():
            text = text.replace(f"[{row}]", str(number))
        cells[label] = f"{column}{rows[name]}"
        sheet[cells[label]] = text or 0

    sheet.append(("MUSD", *DATES))
    for name, *formulas in ROWS:
        sheet.cell(rows[name], 1, name)
        for i, (date, column) in enumerate(zip(DATES, COLUMNS, strict=True)):
            building = formulas[1] if name in SUMS else ""
            formula = {"decision": formulas[0], "1": building, "sale": formulas[2]}.get(date, formulas[1])
            schedule = names.get(f"schedule_{i - 1}", "0")
            write(
                name, f"{name}/{date}", column, formula, p=chr(ord(column) - 1), k=i - 1, n=min(i, 6), schedule=schedule
            )
    sheet[cells["at_dates/6"]] = f"{sheet[cells['at_dates/6']].value}+{cells['net/sale']}"
    for name, formula in RESULTS:
        sheet.cell(rows[name], 1, name)
        write(name, name, "B", formula)
    book.save(path)
    return cells


def evaluate(path: Path, folder: Path) -> Any:
    """Let LibreOffice compute a workbook anew; return its sheet of cash flows with values."""
    from openpyxl import load_workbook

    command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "xlsx"]
    subprocess.run([*command, "--outdir", str(folder / "out"), str(path)], check=True, capture_output=True)
    return load_workbook(folder / "out" / path.name, data_only=True)["cash flow"]


def main(arguments: list[str]) -> None:
    """Build, evaluate and store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path)
    parser.add_argument("--keep", type=Path, help="where to keep the spreadsheet with its formulas")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "case.xlsx"
        cells = build(path)
        values = evaluate(path, folder)
        from openpyxl import load_workbook

        formulas = load_workbook(path)["cash flow"]
        if options.keep:
            options.keep.write_bytes(path.read_bytes())
    found = {
        "inputs": {name: [value, unit] for name, value, unit in INPUTS},
        "cells": {
            name: {"cell": cell, "formula": formulas[cell].value, "value": values[cell].value}
            for name, cell in cells.items()
        },
    }
    options.output.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
