"""Evaluate one design, or many, without a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sunfront.errors import UserError
from sunfront.library import architectures
from sunfront.library.architectures import Architecture, Setting
from sunfront.library.groups import relations
from sunfront.library.library import Library
from sunfront.library.physical_range import check_given_together, find_outside
from sunfront.problem.problem import check_finite
from sunfront.root import Root

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


def split_values(values: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the values that are text, and those that are numbers or arrays."""
    texts = {name: value for name, value in values.items() if isinstance(value, str)}
    return texts, {name: value for name, value in values.items() if not isinstance(value, str)}


def architecture_design(
    library: Library, name: str, presets: Sequence[str], values: Mapping[str, Any]
) -> tuple[Architecture, Mapping[str, Setting], dict[str, Any]]:
    """Return the base design of an architecture with presets, and the numbers that replace some of its settings."""
    arch = architectures.apply_presets(library.architectures[name], presets)
    texts, numbers = split_values(values)
    return arch, architectures.resolve(arch, presets, texts), numbers


def evaluate_settings(
    arch: Architecture,
    settings: Mapping[str, Setting],
    numbers: Mapping[str, Any],
    *,
    wanted: Sequence[str] | None = None,
    hold: bool = True,
) -> Evaluation:
    """Evaluate the model with its settings, some of them replaced by numbers or arrays; SI and USD.

    Args:
        wanted: Quantities to compute, with all they depend on; all if None.
        hold: Hold computed values to the physical range of their quantity.

    Raises:
        UserError: A number is out of range, its name unknown, or the arrays do not broadcast.
        NotFinite: A quantity is NaN or infinite.
        NotPhysical: A computed quantity is outside its physical range.
    """
    given = {name: setting.value for name, setting in settings.items()}
    given |= {name: architectures.check_numbers(arch, name, value) for name, value in numbers.items()}
    _check_shapes({name: np.shape(given[name]) for name in numbers})
    for relation in relations(arch.library) if numbers else ():
        if all(name in given for name in relation.names):
            relation.check(given, architectures.quantity_unit(arch, relation.names[0]))
    with np.errstate(all="ignore"):  # NaN and infinity are reported below
        quantities = arch.model.evaluate(given, wanted)
    if numbers:
        check_given_together(arch.model, given)
    if hold and (outside := find_outside(arch.model, quantities)):  # often the cause of what is not finite
        raise outside[0].not_physical()
    for eq in arch.model.order(given, wanted):
        if not isinstance(eq, Root):  # a root may have no value: NaN
            check_finite(eq, quantities[eq.name])
    return Evaluation({name: value for name, value in quantities.items() if not isinstance(value, tuple)})


def _check_shapes(shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Raise UserError unless arrays of these shapes broadcast against each other."""
    try:
        np.broadcast_shapes(*shapes.values())
    except ValueError:
        listed = ", ".join(f"{name} {shape}" for name, shape in shapes.items() if shape)
        raise UserError(
            f"the arrays do not broadcast: {listed}; give arrays of one length, or add an axis with array[:, None]"
        ) from None
