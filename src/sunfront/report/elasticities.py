"""Elasticities of the designs of a page, by derivatives: what one percent more of a value makes of the objective."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sunfront.arrays import Array
from sunfront.report.live import Input
from sunfront.tape.derivatives import gradient
from sunfront.tape.tape import Tape

#: Values that a page shows of a design.
SHOWN = 8

#: A front of more designs has stored derivatives of the suggested ones alone.
MAX_DESIGNS = 50


def elasticity_data(
    tape: Tape, given: Mapping[str, Any], designs: Mapping[int, Mapping[str, float]], inputs: Sequence[Input], aim: str
) -> dict[str, Any]:
    """Return, for each design, pairs of the number of an input and how much a change of it by itself changes ``aim``.

    Those of the largest size, first to last, from one sweep of the tape over all designs; SI and USD. Whole numbers,
    choices and zeros have none.

    Args:
        designs: By number of a design on the page, what differs by design.
    """
    rows = list(designs)
    columns = {name: np.array([designs[row][name] for row in rows]) for name in (designs[rows[0]] if rows else {})}
    values = {**given, **columns}
    slopes = gradient(tape, values, aim)
    smooth = [i for i, each in enumerate(inputs) if each.name in slopes and not each.is_whole and not each.choices]
    changes: Array = np.zeros((len(rows), len(smooth)))
    with np.errstate(invalid="ignore"):
        for k, i in enumerate(smooth):
            changes[:, k] = slopes[inputs[i].name] * np.asarray(values[inputs[i].name], float)
    changes[~np.isfinite(changes)] = 0.0
    found = {}
    for row, each in zip(rows, changes, strict=True):
        order = np.argsort(-np.abs(each), kind="stable")[:SHOWN]
        found[row] = [(smooth[k], float(f"{each[k]:.6g}")) for k in order if each[k]]
    return {"shown": SHOWN, "of": found}
