"""The cash flow of a design as a table of text: a row for each element, a column for each period."""

from __future__ import annotations

from dataclasses import dataclass

from sunfront.cash_flow.table import COVER, CashFlow
from sunfront.display import best_scale, format_number, words
from sunfront.units import unit


@dataclass(frozen=True)
class CashTable:
    """A cash flow as text.

    Attributes:
        money: Unit of all amounts, such as ``"GUSD"``.
        heads: Name of a period, the numbers of all periods, and two heads for the sums.
        rows: Cells in the order of the heads; the last two are the total and the present value.
    """

    money: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def cash_table(found: CashFlow) -> CashTable:
    """Write a cash flow as text, elements that are zero throughout left out."""
    frame = found.to_frame()
    frame = frame.loc[:, (frame != 0).any()]
    amounts = frame.drop(columns=COVER, errors="ignore")
    money, factor = best_scale(unit("MUSD").from_si(float(amounts.abs().to_numpy().max(initial=0.0))), "MUSD")
    scale = unit("MUSD").from_si(factor)
    present = {**found.present_values, "net": found.npv}

    def number(value: float) -> str:
        return format_number(value * scale) if value else "-"

    rows = []
    for name in amounts:
        ends = (number(float(frame[name].sum())), number(present[name])) if name in present else ("", "")
        rows.append((words(name), *map(number, frame[name]), *ends))
    if COVER in frame:
        rows.append((words(COVER), *(format_number(x, 3) if x == x else "-" for x in frame[COVER]), "", ""))
    return CashTable(money, (found.period, *map(str, frame.index), "total", "present value"), tuple(rows))
