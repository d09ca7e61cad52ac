"""The cash of a design in a page that computes it itself: over time, and its present values by kind of flow."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from sunfront.cash_flow.table import CLOSED_FORMS, LAST, PERIODS, SIGNS, TOLERANCE
from sunfront.errors import Unverified, UserError
from sunfront.runs.run import Run
from sunfront.tape.recording import record
from sunfront.tape.tape import Tape

#: Closed forms of all cash up to a date, as paid and valued at the decision; and the date.
CURVES = ("cumulative_cash", "cumulative_discounted_cash")
OVER = "cash_horizon"

#: Without it the second curve is the first, so the page has the second alone.
FORCE = "discount_force"


def cash_quantities(run: Run, row: int, given: Mapping[str, Any]) -> list[str]:
    """Quantities that the page needs to compute the cash of a design; none if it cannot.

    It cannot where the closed forms are not the table by quarter, as where flows count at the end of each period.

    Args:
        row: That of a design in the front.
        given: Its values.
    """
    model = run.study.problem.model
    if OVER not in given or any(name not in model for name in CURVES):
        return []
    try:
        flow = run.cash_flow(row, "quarter")
    except (Unverified, UserError):
        return []
    dates = _quarter(given) * (np.arange(len(flow.net)) + 1.0)
    found = model.evaluate({**given, OVER: dates}, CURVES)
    for name, values in zip(CURVES, (flow.net, flow.net_discounted), strict=True):
        table = values.cumsum()
        if not np.allclose(found[name], table, rtol=0, atol=TOLERANCE * float(np.abs(table).max())):
            return []
    named = [*LAST, *(each for durations in LAST.values() for each in durations), *CLOSED_FORMS.values()]
    named += [each for name in CURVES for each in model[name].inputs]
    return [name for name in dict.fromkeys(named) if name in model]


def cash_tape(run: Run, quantities: Sequence[str], given: Mapping[str, Any], moved: Iterable[str]) -> Tape:
    """Read the second curve as a program of quantities and what is moved; its last input is the date."""
    model = run.study.problem.model
    free = dict.fromkeys([*quantities, *moved])
    free.pop(OVER, None)
    return record(model, given, [*free, OVER], CURVES[1:] if quantities else ())


def cash_data(
    quantities: Sequence[str], given: Mapping[str, Any], moved: Collection[str], tape: Tape
) -> dict[str, Any] | None:
    """Return what the scripts of the page need besides the curves as JavaScript; None without the quantities.

    Args:
        moved: What the page moves.
        tape: That of the curves.
    """
    if not quantities:
        return None
    known = {*quantities, *moved}
    needed = {name for name, durations in LAST.items() for name in (name, *durations)}
    return {
        "quarter": _quarter(given),
        "inputs": tape.inputs[:-1],
        "force": FORCE,
        "last": dict(LAST),
        "constants": {name: float(given.get(name, 0.0)) for name in sorted(needed - known)},
        "steps": [[name, SIGNS.get(kind, 1)] for kind, name in CLOSED_FORMS.items() if name in known],
    }


def _quarter(given: Mapping[str, Any]) -> float:
    """Length of a quarter; s."""
    return float(given["year"]) * PERIODS["quarter"]
