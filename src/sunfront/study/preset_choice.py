"""A variable whose choices are presets: a chip, an array technology, a launcher.

It is a number from 0, with a label for each preset. What the presets set is computed from it by equations that read a
table, so that whoever evaluates the model needs to know of no more than a variable.
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
from sunfront.library.parameters import parameters
from sunfront.library.presets import check_beside, preset, without_superseded
from sunfront.problem.variables import Variable

if TYPE_CHECKING:
    from sunfront.library.architectures import Architecture, Setting

_NAME = re.compile(r"[a-z][a-z0-9_]*")


class Lookup(Equation):
    """A parameter that a category sets, as an equation of the preset's number."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return _lookup, (self.name, self.unit, self.inputs[0], self.function)

    @property
    def text(self) -> str:
        """The values that it chooses from."""
        assert isinstance(self.function, _Table)
        return "\n".join(f"{label}: {format_value(value, self.unit, 6)}" for label, value in self.function.rows)


@dataclass(frozen=True)
class _Table:
    """Pairs (label, value), callable with numbers of the rows."""

    rows: tuple[tuple[str, float], ...]

    def __call__(self, numbers: Any) -> Any:

        return np.array([value for _, value in self.rows])[np.rint(numbers).astype(int)]


def _lookup(name: str, unit: str, category: str, function: _Table) -> Lookup:
    return Lookup(
        name=name,
        unit=unit,
        inputs=(category,),
        summary=f"As {category} has it.",
        source="the presets",
        module=__name__,
        may_be_infinite=False,
        valid=MappingProxyType({}),
        unless_given=(),
        function=function,
    )


def lookups(arch: Architecture, variables: Sequence[Variable]) -> list[Lookup]:
    """The equations of what the categories among the variables set."""
    return [
        _lookup(
            name, architectures.quantity_unit(arch, name), v.name, _Table(tuple(zip(v.labels, values, strict=True)))
        )
        for v in variables
        for name, values in v.preset_values.items()
    ]


def category(
    arch: Architecture, presets: Sequence[str], settings: Mapping[str, Setting], name: str, labels: Sequence[str]
) -> Variable:
    """The variable whose choices are the presets of these names.

    A parameter that only some of them set keeps in the others the value that the study has without the variable.

    Args:
        presets: The study's, of which a choice of the same group must leave nothing.
        settings: What the model is given without it.

    Raises:
        UserError: A preset cannot be a choice, or the name is taken; with its path.
    """
    path = ("variables", name)
    if not _NAME.fullmatch(name):
        raise UserError(f"{name!r}: a variable is named in small letters, digits and _, as chip_model", path)
    if name in parameters() or name in arch.model or name in arch.model.inputs:
        raise UserError(f"{name} is a quantity already; give the choice of presets a name of its own", path)
    chosen = []
    for i, label in enumerate(labels):
        try:
            check_beside(label, without_superseded(label, presets))
            chosen.append(_values(arch, label))
        except UserError as error:
            raise error.under(*path, "presets", i) from None
    sets: dict[str, tuple[float, ...]] = {}
    for what in dict.fromkeys(key for values in chosen for key in values):
        kept = settings[what].value if what in settings else None
        column = [values.get(what, kept) for values in chosen]
        if None in column:
            lacking = column.index(None)
            raise UserError(
                f"{what} is computed with preset {labels[lacking]!r}, and given by another: no choice between the two; "
                "leave one out, and run a study with each",
                (*path, "presets", lacking),
            )
        sets[what] = tuple(column)  # type: ignore[arg-type]
    numbers = tuple(map(float, range(len(labels))))
    return Variable(name, "1", 0.0, numbers[-1], None, numbers, tuple(labels), sets)


def _values(arch: Architecture, name: str) -> dict[str, float]:
    """What a preset sets, if it can be a choice."""
    if preset(name).equations:
        raise UserError(f"preset {name!r} replaces equations, and is no choice beside others: run a study with each")
    values: dict[str, float] = {}
    for what, setting in architectures.made(arch, name).items():
        if setting is None or isinstance(setting.value, tuple):
            how = "has it computed" if setting is None else "gives the coefficients of a fit"
            raise UserError(f"preset {name!r} is no choice beside others: for {what} it {how}; run a study with each")
        values[what] = setting.value
    return values


def check_alone(variables: Sequence[Variable], given: Mapping[str, Any], uncertain: Mapping[str, Any]) -> None:
    """Raise UserError where something else decides what a category sets.

    Args:
        given: The study's own parameters.
    """
    deciding: dict[str, str] = {v.name: v.name for v in variables if not v.labels}
    for v in variables:
        for what in v.preset_values:
            if what in deciding:
                other = deciding[what]
                twice = f"{what} is a variable, and {v.name} sets it too" if other == what else None
                raise UserError(
                    f"{twice or f'{what} is set by {other} and by {v.name}'}; drop one", ("variables", v.name)
                )
            if what in given:
                raise UserError(
                    f"{what} is given, and the variable {v.name} sets it too; drop one, or fix {v.name}",
                    ("parameters", what),
                )
            if what in uncertain:
                raise UserError(
                    f"{what} is set by the variable {v.name}, and so it is not uncertain; drop one", ("uncertain", what)
                )
            deciding[what] = v.name


def base_choice(variable: Variable, settings: Mapping[str, Setting]) -> float | None:
    """The number of the preset whose values the base design has; None if it has those of none."""
    for number in range(len(variable.labels)):
        if all(
            what in settings and _same(settings[what].value, x[number]) for what, x in variable.preset_values.items()
        ):
            return float(number)
    return None


def _same(value: Any, other: float) -> bool:
    return not isinstance(value, tuple) and math.isclose(value, other, rel_tol=1e-12)
