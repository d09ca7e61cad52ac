"""Preset variables, whose choices are presets: a chip, an array technology, a launcher.

The value of a preset variable is an index from 0, with a label for each preset. The parameters that the presets set
become equations that look up the value by the index, so that engines need no special case for the evaluation.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from sunfront.display import format_value
from sunfront.equation import Equation
from sunfront.errors import UserError
from sunfront.library import architectures
from sunfront.library.presets import check_compatible, drop_superseded
from sunfront.problem.variables import Variable

if TYPE_CHECKING:
    from sunfront.library.architectures import Architecture, Setting

_NAME = re.compile(r"[a-z][a-z0-9_]*")


class LookupEquation(Equation):
    """An equation that looks up a parameter by the index of a preset variable."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return _lookup_equation, (self.name, self.unit, self.inputs[0], self.function)

    @property
    def text(self) -> str:
        """The table, one line per preset."""
        assert isinstance(self.function, _Table)
        return "\n".join(f"{label}: {format_value(value, self.unit, 6)}" for label, value in self.function.rows)


@dataclass(frozen=True)
class _Table:
    """Pairs (label, value); calling it with row indices returns the values."""

    rows: tuple[tuple[str, float], ...]

    def __call__(self, indices: Any) -> Any:
        return np.array([value for _, value in self.rows])[np.rint(indices).astype(int)]


def _lookup_equation(name: str, unit: str, variable: str, function: _Table) -> LookupEquation:
    return LookupEquation(
        name=name,
        unit=unit,
        inputs=(variable,),
        summary=f"Value set by the choice of {variable}.",
        source="the presets",
        module=__name__,
        may_be_infinite=False,
        valid=MappingProxyType({}),
        unless_given=(),
        function=function,
    )


def lookup_equations(arch: Architecture, variables: Sequence[Variable]) -> list[LookupEquation]:
    """Build the equations of all parameters that preset variables among the variables set."""
    return [
        _lookup_equation(
            name, architectures.quantity_unit(arch, name), v.name, _Table(tuple(zip(v.labels, values, strict=True)))
        )
        for v in variables
        for name, values in v.preset_values.items()
    ]


def resolve_preset_variable(
    arch: Architecture, presets: Sequence[str], settings: Mapping[str, Setting], name: str, labels: Sequence[str]
) -> Variable:
    """Resolve an entry under ``variables`` with presets.

    A parameter that only some of the presets set keeps, with the others, its value in ``settings``.

    Args:
        presets: Presets of the study. A choice must replace all values of those in its group.
        settings: Settings of the study without this variable.
        labels: Names of the presets to choose from.

    Raises:
        UserError: A preset cannot be a choice, or the variable's name is not allowed; with the path of the key.
    """
    path = ("variables", name)
    if not _NAME.fullmatch(name):
        raise UserError(
            f"{name!r} cannot name a variable; use lower-case letters, digits and _, such as chip_model", path
        )
    if name in arch.library.parameters or name in arch.model or name in arch.model.inputs:
        raise UserError(f"{name} is already a quantity; give the preset variable a name of its own", path)
    choices = []
    for i, label in enumerate(labels):
        try:
            preset = arch.library.presets[label]
            check_compatible(preset, drop_superseded(preset, [arch.library.presets[other] for other in presets]))
            choices.append(_values_set_by(arch, label))
        except UserError as error:
            raise error.under(*path, "presets", i) from None
    preset_values: dict[str, tuple[float, ...]] = {}
    for quantity in dict.fromkeys(key for values in choices for key in values):
        otherwise = settings[quantity].value if quantity in settings else None
        column = [values.get(quantity, otherwise) for values in choices]
        if None in column:
            lacking = column.index(None)
            raise UserError(
                f"{quantity} is computed with preset {labels[lacking]!r}, but set by another choice; leave one of the "
                "two out, and run a study with each",
                (*path, "presets", lacking),
            )
        preset_values[quantity] = tuple(column)  # type: ignore[arg-type]
    indices = tuple(map(float, range(len(labels))))
    return Variable(name, "1", 0.0, indices[-1], None, indices, tuple(labels), preset_values)


def _values_set_by(arch: Architecture, name: str) -> dict[str, float]:
    """Return the values that a preset sets; raise UserError if it cannot be a choice."""
    if arch.library.presets[name].equations:
        raise UserError(
            f"preset {name!r} replaces equations, so it cannot be a choice beside others; run a study with each"
        )
    values: dict[str, float] = {}
    for quantity, setting in architectures.preset_settings(arch, name).items():
        if setting is None or isinstance(setting.value, tuple):
            reason = f"makes {quantity} computed" if setting is None else f"sets the coefficients of a fit, {quantity}"
            raise UserError(f"preset {name!r} {reason}, so it cannot be a choice beside others; run a study with each")
        values[quantity] = setting.value
    return values


def check_conflicts(variables: Sequence[Variable], given: Mapping[str, Any], uncertain: Mapping[str, Any]) -> None:
    """Raise UserError if a preset variable sets a parameter that something else sets too.

    Args:
        given: The study's own parameters.
        uncertain: The study's uncertain parameters.
    """
    set_by: dict[str, str] = {v.name: v.name for v in variables if not v.labels}
    for v in variables:
        for name in v.preset_values:
            if (other := set_by.get(name)) is not None:
                conflict = (
                    f"{name} is a variable, and {v.name} sets it too"
                    if other == name
                    else f"{name} is set by {other} and by {v.name}"
                )
                raise UserError(f"{conflict}; remove one of the two", ("variables", v.name))
            if name in given:
                raise UserError(
                    f"{name} has a value, and the variable {v.name} sets it too; remove one, or fix {v.name}",
                    ("parameters", name),
                )
            if name in uncertain:
                raise UserError(
                    f"{name} is set by the variable {v.name}, so it cannot be uncertain; remove one of the two",
                    ("uncertain", name),
                )
            set_by[name] = v.name


def base_choice(variable: Variable, settings: Mapping[str, Setting]) -> float | None:
    """Return the index of the preset whose values the base design has; None if it has those of none."""
    for index in range(len(variable.labels)):
        values = {name: column[index] for name, column in variable.preset_values.items()}
        if all(name in settings and _equal(settings[name].value, value) for name, value in values.items()):
            return float(index)
    return None


def _equal(value: Any, other: float) -> bool:
    return not isinstance(value, tuple) and math.isclose(value, other, rel_tol=1e-12)
