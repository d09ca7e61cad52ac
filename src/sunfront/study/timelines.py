"""Values over the calendar in a study of one design: what they are at the date that the study asks about."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from sunfront.errors import UnknownName, UserError
from sunfront.library.architectures import check_numbers, quantity_unit
from sunfront.study.calendar import read_date
from sunfront.units import si_unit

if TYPE_CHECKING:
    from sunfront.study.resolved import ResolvedStudy


def values_at_date(study: ResolvedStudy) -> dict[str, str]:
    """Values of the timelines of a study at its date, by name: texts with units, as under ``parameters``.

    Raises:
        UserError: A name, date, unit or value is wrong; with the path of the key.
    """
    if study.at is None:
        if study.timelines:
            raise UserError("a design is of one date; write it, such as at: 2029-06, beside timelines", ("timelines",))
        return {}
    try:
        date = read_date(study.at)
    except UserError as error:
        raise error.under("at") from None
    if not study.timelines:
        raise UserError("at has no effect: nothing has a timeline; add timelines, or remove at", ("at",))
    arch, found = study.arch, {}
    known = arch.library.parameters
    for name, spec in study.timelines.items():
        path = ("timelines", name)
        if name in study.parameters:
            raise UserError(f"{name} has a value under parameters too; remove one of the two", path)
        names = {*arch.model.inputs, *(eq.name for eq in arch.model)}
        if name not in names:
            raise UnknownName(name, "parameter", names, path)
        unit = quantity_unit(arch, name)
        if name in known and isinstance(known[name].value, tuple):
            raise UserError(f"{name} holds the coefficients of a fit, which have no timeline; remove it", path)
        try:
            timeline = spec.resolve(None, unit, name, partial(check_numbers, arch, name))
        except UserError as error:
            raise error.under(*path) from None
        found[name] = f"{float(timeline.at(np.array([date]))[0])!r} {si_unit(unit)}"
    return found
