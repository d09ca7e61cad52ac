"""Quantities whose definition depends on the choice of a preset variable: a number, a fit, or an equation for each.

With numpy such a quantity is one equation that selects by the index of the preset. The exact engines take the problem
apart instead, into one problem for each choice (``Problem.members``), so that each solver reads plain equations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from sunfront.display import format_value
from sunfront.equation import SIGNED, Equation

#: What a quantity is with one preset: a number or the coefficients of a fit, in SI and USD, or an equation. None if
#: there is no such quantity with that preset; then no equation of the preset uses it.
Definition = float | tuple[float, ...] | Equation | None

#: Text of a definition that is an equation, where its formula has no room.
COMPUTED = "computed"


def definition_text(definition: Definition, unit: str) -> str:
    """Format a definition for people, on one line."""
    if definition is None:
        return "-"
    if isinstance(definition, Equation):
        return COMPUTED
    values = definition if isinstance(definition, tuple) else (definition,)
    return ", ".join(format_value(value, unit, 6) for value in values)


def definition_data(definition: Definition) -> Any:
    """Return a definition as JSON has it: numbers in SI and USD, or the name of the module of its equation."""
    if isinstance(definition, Equation):
        return f"{COMPUTED} in {definition.module}"
    return list(definition) if isinstance(definition, tuple) else definition


class ChoiceEquation(Equation):
    """An equation that selects the definition of a quantity by the index of a preset variable."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        selection = self.function
        assert isinstance(selection, _Selection)
        return choice_equation, (self.name, self.unit, self.inputs[0], selection.labels, selection.definitions)

    @property
    def text(self) -> str:
        """What the quantity is with each preset."""
        selection = self.function
        assert isinstance(selection, _Selection)
        lines = []
        for label, definition in zip(selection.labels, selection.definitions, strict=True):
            if isinstance(definition, Equation):
                lines += [f"{label}:", *(f"  {line}" for line in definition.text.splitlines())]
            else:
                lines.append(f"{label}: {definition_text(definition, self.unit)}")
        return "\n".join(lines)


@dataclass(frozen=True)
class _Selection:
    """The function of a ChoiceEquation: called with indices of presets, and the inputs of all definitions."""

    labels: tuple[str, ...]
    definitions: tuple[Definition, ...]
    inputs: tuple[str, ...]

    def __call__(self, indices: Any, *values: Any) -> Any:
        given = dict(zip(self.inputs, values, strict=True))
        if hasattr(indices, "one_of"):
            return indices.one_of([self._value(k, given) for k in range(len(self.definitions))])
        index = np.rint(indices).astype(int)
        if all(isinstance(definition, float) for definition in self.definitions):
            return np.array(self.definitions)[index]
        with np.errstate(all="ignore"):  # a definition need not hold for the designs of other choices
            found = {k: self._value(k, given) for k in np.unique(index).tolist()}
        return _select(index, found)

    def _value(self, number: int, given: Mapping[str, Any]) -> Any:
        """Return what the quantity is with a preset; NaN if there is none."""
        definition = self.definitions[number]
        if isinstance(definition, Equation):
            return definition.function(*(given[name] for name in definition.inputs))
        if definition is None:
            lengths = {len(each) for each in self.definitions if isinstance(each, tuple)}
            return (np.nan,) * lengths.pop() if lengths else np.nan
        return definition


def _select(index: Any, found: Mapping[int, Any]) -> Any:
    """Return for each index the value of that number; of coefficients, each coefficient by itself."""
    values = list(found.values())
    if isinstance(values[0], tuple):
        return tuple(_select(index, dict(zip(found, each, strict=True))) for each in zip(*values, strict=True))
    selected = values[0]
    for k, value in list(found.items())[1:]:
        selected = np.where(index == k, value, selected)
    return selected


def choice_equation(
    name: str, unit: str, variable: str, labels: Sequence[str], definitions: Sequence[Definition]
) -> ChoiceEquation:
    """Build the equation of a quantity that a preset variable defines.

    Args:
        unit: Display unit of the quantity.
        labels, definitions: By index of the preset.
    """
    equations = [each for each in definitions if isinstance(each, Equation)]
    inputs = tuple(dict.fromkeys(needed for eq in equations for needed in eq.inputs))
    summary = f"Set by the choice of {variable}."
    if equations:
        summary = f"{equations[0].summary} By the choice of {variable}."
    sources = dict.fromkeys(
        [*(["the presets"] if len(equations) < len(definitions) else []), *(eq.source for eq in equations)]
    )
    return ChoiceEquation(
        name=name,
        unit=unit,
        inputs=(variable, *inputs),
        summary=summary,
        source="; ".join(sources),
        module=__name__,
        may_be_infinite=any(eq.may_be_infinite for eq in equations),
        within=equations[0].within if len({eq.within for eq in equations}) == 1 else SIGNED,
        valid=MappingProxyType({}),  # a run tells of each choice by itself
        unless_given=(),
        function=_Selection(tuple(labels), tuple(definitions), inputs),
    )
