"""A design of a finished run as the base design of a study, so that break-even and sensitivity can be asked of it."""

from __future__ import annotations

import numpy as np

from sunfront.display import format_value
from sunfront.errors import UserError
from sunfront.runs.results import Results
from sunfront.study.study import Study


def with_design_of(study: Study, results: Results, design: int | str | None = None) -> tuple[Study, list[str]]:
    """Put a design of a run's front into a study, as its base design.

    Args:
        design: Row in the front, from 0, or name: see ``Results.named``; None for the design to look at first.

    Returns:
        The study, and notes on values of the design that the study does not take.

    Raises:
        UserError: There is no such design, or the study cannot have it.
    """
    table = results.table
    try:
        row = table.row(design)
    except UserError as error:
        raise UserError(f"{results.folder}: {error.message}") from None
    values, notes = {}, []
    mine = {v.name: v for v in study.problem.variables}
    if missing := [name for name in mine if name not in table.variables]:
        raise UserError(f"{results.folder} has no {missing[0]}; its study has other variables")
    for name in table.variables:
        if (variable := mine.get(name)) is not None:
            value = table.column(variable)[[row]]
            if not variable.outside_domain(value).any():  # within a solver's tolerance
                value = np.clip(variable.snap(value), variable.low, variable.high)
            values[name] = float(value[0])
        elif name in study.given_values:
            theirs = _text(results, name, row)
            notes.append(f"{name} is {study.settings[name]} in the study; the design of the run has {theirs}")
        elif name in results.labels:
            notes.append(f"{name} is no variable of the study; the design of the run has {_text(results, name, row)}")
        else:
            values[name] = float(table.columns[name][row])
    return study.with_design(values), notes


def _text(results: Results, name: str, row: int) -> str:
    value = float(results.designs[name].iloc[row])
    return results.labels[name][round(value)] if name in results.labels else format_value(value, results.units[name])
