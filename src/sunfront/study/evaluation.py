"""Evaluate one design, or many, without a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sunfront.library import architectures
from sunfront.library.architectures import Architecture, Setting
from sunfront.library.groups import relations
from sunfront.library.library import Library
from sunfront.problem.problem import check_finite

if TYPE_CHECKING:
    import pandas as pd


class Evaluation(dict[str, Any]):
    """Quantities by name, given and computed: numbers or arrays that broadcast; SI and USD.

    Coefficients of fits are left out.
    """

    def to_frame(self) -> pd.DataFrame:
        """Return a table with a row for each design; arrays are broadcast against each other and flattened."""
        import pandas as pd

        shape = np.broadcast_shapes(*(np.shape(value) for value in self.values()))
        return pd.DataFrame({name: np.broadcast_to(value, shape).ravel() for name, value in self.items()})


def evaluate_architecture(library: Library, name: str, presets: Sequence[str], values: Mapping[str, Any]) -> Evaluation:
    """Evaluate the base design of an architecture with presets; see ``sunfront.evaluate``."""
    arch = architectures.apply_presets(library.architectures[name], presets)
    texts = {name: value for name, value in values.items() if isinstance(value, str)}
    numbers = {name: value for name, value in values.items() if not isinstance(value, str)}
    return evaluate_settings(arch, architectures.resolve(arch, presets, texts), numbers)


def evaluate_settings(arch: Architecture, settings: Mapping[str, Setting], numbers: Mapping[str, Any]) -> Evaluation:
    """Evaluate the model with its settings, some of them replaced by numbers or arrays; SI and USD.

    Raises:
        UserError: A number is out of range, or its name unknown.
        NotFinite: A quantity is NaN or infinite.
    """
    given = {name: setting.value for name, setting in settings.items()}
    given |= {name: architectures.check_numbers(arch, name, value) for name, value in numbers.items()}
    for relation in relations(arch.library) if numbers else ():
        if relation.small in given:
            relation.check(given, architectures.quantity_unit(arch, relation.small))
    with np.errstate(all="ignore"):  # NaN and infinity are reported below
        quantities = arch.model.evaluate(given)
    for eq in arch.model.order(given):
        check_finite(eq, quantities[eq.name])
    return Evaluation({name: value for name, value in quantities.items() if not isinstance(value, tuple)})
