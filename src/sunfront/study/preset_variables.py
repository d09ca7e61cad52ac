"""Preset variables, whose choices are presets: a chip, an array technology, a launcher, an orbit.

The value of a preset variable is an index from 0, with a label for each preset. What a choice means is what the study
means with that preset in its place: each is resolved by itself, and the quantities in which they differ become
equations that select by the index, so that engines need no special case for the evaluation.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

from sunfront.equation import Equation
from sunfront.errors import ModelError, UserError, shortened
from sunfront.library import architectures
from sunfront.library.presets import check_compatible, drop_superseded
from sunfront.problem.choices import Definition, choice_equation
from sunfront.problem.variables import Variable
from sunfront.study.specs import NAME

if TYPE_CHECKING:
    from sunfront.library.architectures import Architecture, Setting
    from sunfront.library.model import Model
    from sunfront.library.presets import Preset


@dataclass(frozen=True)
class PresetVariable:
    """A preset variable, and what its presets bring beside the quantities that it defines.

    Attributes:
        equations: Equations that some of the presets add, of quantities that the study does not have without them.
        lacking: Quantities that some of the presets do not have, each with these presets.
    """

    variable: Variable
    equations: tuple[Equation, ...]
    lacking: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class _Meaning:
    """An architecture with its settings: what each quantity is."""

    arch: Architecture
    settings: Mapping[str, Setting]

    def __getitem__(self, name: str) -> Definition | None:
        """What a quantity is: its value if it is given, else its equation; None if there is no such quantity."""
        if name in self.settings:
            value = self.settings[name].value
            return value if isinstance(value, tuple) else float(value)
        model = self.arch.model
        return model[name] if name in model else None  # noqa: SIM401  a Model is no dict

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*self.settings, *(eq.name for eq in self.arch.model)]))


def resolve_preset_variable(
    arch: Architecture, presets: Sequence[str], given: Mapping[str, Any], name: str, labels: Sequence[str]
) -> PresetVariable:
    """Resolve an entry under ``variables`` with presets.

    A quantity that only some of the presets set is, with the others, what it is without the variable.

    Args:
        arch: The architecture without any preset.
        presets: Presets of the study. A choice must replace all that those in its group set.
        given: The study's own parameters, as written.
        labels: Names of the presets to choose from.

    Raises:
        UserError: A preset cannot be a choice, or the variable's name is not allowed; with the path of the key.
    """
    path = ("variables", name)
    base = _meaning(arch, presets, given)
    if not NAME.fullmatch(name):
        raise UserError(
            f"{shortened(name)!r} cannot name a variable; use lower-case letters, digits and _, such as chip_model",
            path,
        )
    known = arch.library
    if name in known.parameters or name in base.arch.model or name in base.arch.model.inputs:
        raise UserError(f"{name} is already a quantity; give the preset variable a name of its own", path)
    choices: list[_Meaning] = []
    for i, label in enumerate(labels):
        try:
            preset = known.presets[label]
            kept = drop_superseded(preset, [known.presets[other] for other in presets], known.module)
            check_compatible(preset, kept)
            choices.append(_meaning(arch, [*(other.name for other in kept), label], given))
        except UserError as error:
            if error.path[:1] == ("parameters",):
                raise
            if error.path[:1] == ("presets",):  # of the list with the choice at its end
                error.path = error.path[2:]
            raise error.under(*path, "presets", i) from None
    named = [quantity for label in labels for quantity in known.presets[label].values]
    found: dict[str, tuple[Definition, ...]] = {}
    equations: dict[str, Equation] = {}
    lacking: dict[str, tuple[str, ...]] = {}
    for quantity in dict.fromkeys([*named, *(each for choice in choices for each in choice)]):
        column = [choice[quantity] for choice in choices]
        present = [definition for definition in column if definition is not None]
        if len(present) < len(column):
            lacking[quantity] = tuple(label for label, each in zip(labels, column, strict=True) if each is None)
        if not any(definition != base[quantity] for definition in present) and (
            quantity not in named or isinstance(present[0], Equation)
        ):
            continue
        if base[quantity] is None and quantity not in named and all(each == present[0] for each in present):
            if isinstance(present[0], Equation) and quantity not in known.parameters:
                equations[quantity] = present[0]
                continue
            if not isinstance(present[0], Equation):
                continue  # a parameter that only these presets use
        found[quantity] = tuple(column)
    indices = tuple(map(float, range(len(labels))))
    variable = Variable(name, "1", 0.0, indices[-1], None, indices, tuple(labels), found)
    return PresetVariable(variable, tuple(equations.values()), lacking)


def unlike_note(name: str, presets: Sequence[Preset]) -> str:
    """Say that choices of a variable share no quantity, as a chip and a launcher do not; an empty text if they do."""
    for first, other in combinations(presets, 2):
        is_other = first.group and other.group and first.group != other.group
        if is_other and not first.values.keys() & other.values.keys():
            return (
                f"{name}: {first.name} ({first.group}) and {other.name} ({other.group}) share no quantity; with each, "
                "what only the other sets is as without the variable"
            )
    return ""


def _meaning(arch: Architecture, presets: Sequence[str], given: Mapping[str, Any]) -> _Meaning:
    """Return what the quantities of a study are with these presets; values of unknown quantities are left out."""
    adapted = architectures.apply_presets(arch, presets)
    own = {name: text for name, text in given.items() if name in adapted.model or name in adapted.model.inputs}
    return _Meaning(adapted, architectures.resolve(adapted, presets, own))


def extended(arch: Architecture, found: Sequence[PresetVariable], quantities: Collection[str] = ()) -> Architecture:
    """Return the architecture with the equations of preset variables.

    Args:
        quantities: Names of the study's own quantities.

    Raises:
        UserError: The equations of two presets together make a quantity depend on itself, or a preset computes an own
            quantity of the study.
    """
    model = arch.model
    for each in found:
        v, labels = each.variable, each.variable.labels
        for name in (*v.preset_values, *(eq.name for eq in each.equations)):
            if name in quantities:
                raise UserError(
                    f"{name} is set by a choice of {v.name}; give the quantity of this study another name",
                    ("quantities", name),
                )
        try:
            model = _extended(arch, model, each, range(len(labels)))
        except ModelError as error:
            for i, j in combinations(range(len(labels)), 2):
                try:
                    _extended(arch, model, each, (i, j))
                except ModelError:
                    raise UserError(
                        f"presets {labels[i]!r} and {labels[j]!r} cannot be choices of one variable: with the "
                        f"equations of both, {error.message}; leave one of the two out, and run a study with each",
                        ("variables", v.name, "presets", j),
                    ) from None
            raise error.under("variables", v.name) from None
    return replace(arch, model=model)


def _extended(arch: Architecture, model: Model, found: PresetVariable, choices: Sequence[int]) -> Model:
    """Return the model with the equations of some of the choices of a preset variable."""
    v = found.variable
    labels = [v.labels[k] for k in choices]
    equations = list(found.equations)
    for name, column in v.preset_values.items():
        definitions = [column[k] for k in choices]
        if all(each is None for each in definitions):
            continue
        first = definitions[0]
        if isinstance(first, Equation) and all(each == first for each in definitions):
            equations.append(first)
            continue
        equations.append(choice_equation(name, _unit(arch, model, name, definitions), v.name, labels, definitions))
    return model.with_equations(*equations)


def _unit(arch: Architecture, model: Model, name: str, definitions: Sequence[Definition]) -> str:
    """Return the display unit of a quantity that a preset variable defines."""
    if name in model:
        return model[name].unit
    if name in arch.library.parameters:
        return arch.library.parameters[name].unit
    return next(each.unit for each in definitions if isinstance(each, Equation))


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


def base_choice(variable: Variable, arch: Architecture, settings: Mapping[str, Setting]) -> float | None:
    """Return the index of the preset whose definitions the base design has; None if it has those of none.

    Args:
        arch: The architecture without the variable's equations.
    """
    base = _Meaning(arch, settings)
    for index in range(len(variable.labels)):
        if all(_equal(base[name], column[index]) for name, column in variable.preset_values.items()):
            return float(index)
    return None


def _equal(one: Definition | None, other: Definition) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-12)
    return one == other
