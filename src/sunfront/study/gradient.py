"""Derivatives of a quantity of one design with respect to everything that it is computed from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from sunfront.errors import NotFinite, UnknownName, UserError
from sunfront.library.architectures import Architecture, Setting
from sunfront.study.evaluation import evaluate_settings
from sunfront.tape.derivatives import gradient
from sunfront.tape.recording import record

if TYPE_CHECKING:
    import pandas as pd


class Gradient(dict[str, float]):
    """Derivatives of a quantity, by the name of what it depends on; SI and USD.

    Attributes:
        quantity: Its name.
        value: Of the quantity at the design.
        at: Values of the design, by the names of the derivatives.
    """

    def __init__(self, quantity: str, value: float, at: Mapping[str, float], slopes: Mapping[str, float]) -> None:
        super().__init__(slopes)
        self.quantity, self.value, self.at = quantity, value, dict(at)

    @property
    def elasticities(self) -> dict[str, float]:
        """By how many percent the quantity changes for each percent of a value; infinite or NaN if it is zero."""
        with np.errstate(all="ignore"):
            return {name: float(np.float64(slope * self.at[name]) / self.value) for name, slope in self.items()}

    def to_frame(self) -> pd.DataFrame:
        """Return a table with a row for each value, those with the largest elasticity first."""
        import pandas as pd

        table = pd.DataFrame({"value": self.at, "derivative": dict(self), "elasticity": self.elasticities})
        return table.sort_values("elasticity", key=np.abs, ascending=False, kind="stable")


def gradient_of(
    arch: Architecture, settings: Mapping[str, Setting], numbers: Mapping[str, Any], quantity: str
) -> Gradient:
    """Return the derivatives of a quantity of the design with these settings; see ``sunfront.gradient``."""
    if arrays := [name for name, value in numbers.items() if np.ndim(value)]:
        raise UserError(f"{arrays[0]} is an array; a gradient is that of one design")
    if quantity not in arch.model:
        raise UnknownName(quantity, "quantity", [eq.name for eq in arch.model])
    if quantity in settings or quantity in numbers:
        raise UserError(f"{quantity} is given in this design, not computed; it depends on nothing")
    values = evaluate_settings(arch, settings, numbers, wanted=[quantity])
    if not np.isfinite(values[quantity]):
        raise NotFinite(f"{quantity} is {values[quantity]} in this design; it has no derivative", quantity)
    given = {name: setting.value for name, setting in settings.items()} | dict(numbers)
    free = [name for name, value in given.items() if not isinstance(value, tuple)]
    tape = record(arch.model, given, free, [quantity])
    at = {name: float(values[name]) for name in tape.inputs}
    slopes = gradient(tape, at, quantity)
    return Gradient(quantity, float(values[quantity]), at, {name: float(slope) for name, slope in slopes.items()})
