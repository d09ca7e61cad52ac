"""The cash flows of the suggested designs of a run, and the file that holds them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sunfront.cash_flow.table import COVER, CashFlow, Period
from sunfront.errors import Unverified, UserError
from sunfront.runs.csv_table import write_csv_table
from sunfront.runs.files import CASH_FLOWS, replacing
from sunfront.runs.run import Run
from sunfront.units import unit, unit_label

if TYPE_CHECKING:
    import pandas as pd


def suggested_cash_flows(run: Run, period: Period = "year") -> dict[int, CashFlow]:
    """Cash flows of the suggested designs, by row in the front.

    None if the model of the study lacks the flows, or gives a sum that they should add up to.
    """
    rows = dict.fromkeys(run.results.suggestions.values())
    try:
        return {row: run.cash_flow(row, period) for row in rows}
    except (Unverified, UserError):
        return {}


def write_cash_flows(run: Run) -> None:
    """Write ``cashflow.csv`` into the folder of a run: the suggested designs by year, in display units."""
    flows = suggested_cash_flows(run)
    if not flows:
        (run.folder / CASH_FLOWS).unlink(missing_ok=True)
        return
    named = {f"{row}: {', '.join(run.results.reasons_for(row))}": flow for row, flow in flows.items()}
    write_csv(run.folder / CASH_FLOWS, named)


def write_csv(path: Path, flows: Mapping[str, CashFlow]) -> None:
    """Write cash flows of designs in display units, which the heads of the columns name.

    Args:
        flows: By description of the design.
    """
    import pandas as pd

    frames = [flow.to_frame() for flow in flows.values()]
    units = {name: text for frame in frames for name, text in frame.attrs["units"].items()}
    joined = pd.concat([_displayed(frame) for frame in frames], keys=flows, names=["design"])[[*units]]
    joined = joined.fillna(dict.fromkeys((name for name in units if name != COVER), 0.0))
    with replacing(path) as new:
        write_csv_table(new, joined, map(unit_label, units.values()), joined.index.names)


def _displayed(frame: pd.DataFrame) -> pd.DataFrame:
    shown = frame.copy()
    for name, text in frame.attrs["units"].items():
        shown[name] = unit(text).from_si(shown[name])
    shown.attrs = {}
    return shown
