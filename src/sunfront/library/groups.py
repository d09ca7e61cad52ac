"""Groups of presets: what a whole launcher or chip must set, and what must hold between its values."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from sunfront.display import format_value
from sunfront.errors import RangeError, UnknownName, UserError
from sunfront.library.parameters import parse_yaml
from sunfront.library.specs import COMPUTED, DEFAULT, GroupSpec
from sunfront.library.values import read_value

if TYPE_CHECKING:
    from sunfront.library.architectures import Setting
    from sunfront.library.library import Library
    from sunfront.library.presets import Preset

#: A quantity, times a number or not.
_TERM = re.compile(r"\s*(?:(?P<factor>\d+(?:\.\d+)?)\s*\*\s*)?(?P<name>[a-z][a-z0-9_]*)\s*")
#: File of the shipped data, and of a library folder, that holds groups.
FILE = "groups.yaml"


@dataclass(frozen=True)
class Side:
    """One side of a relation: a sum of quantities, each times a number."""

    text: str
    terms: Mapping[str, float]

    def value(self, values: Mapping[str, Any]) -> Any:
        return sum(factor * np.asarray(values[name], float) for name, factor in self.terms.items())


@dataclass(frozen=True)
class Relation:
    """Two sides of which the first must not exceed the second."""

    small: Side
    large: Side

    @property
    def names(self) -> tuple[str, ...]:
        """The quantities of both sides, all of one dimension."""
        return (*self.small.terms, *self.large.terms)

    def __str__(self) -> str:
        return f"{self.small.text} <= {self.large.text}"

    def check(self, values: Mapping[str, Any], unit: str) -> None:
        """Raise RangeError if the relation does not hold; values are SI and USD, numbers or arrays.

        Args:
            unit: Display unit of the quantities.
        """
        if not all(name in values for name in self.names):
            return
        small, large = np.broadcast_arrays(self.small.value(values), self.large.value(values))
        broken = small > large + 1e-9 * np.abs(large)
        if broken.any():
            shown = [format_value(float(array[broken][0]), unit) for array in (small, large)]
            raise RangeError(
                f"{self.small.text} = {shown[0]} exceeds {self.large.text} = {shown[1]}; change them, so that {self}",
                quantity=self.names[0],
            )


@dataclass(frozen=True)
class Group:
    """A group of presets, of which a study takes at most one.

    Attributes:
        title: What a member is, with its article.
        sets: Quantities that a whole member sets: to a value, ``default`` or ``computed``, or with its equations.
        sets_if_used: The same, where the member's own equations use them.
        relations: What holds between values, whoever sets them.
    """

    name: str
    title: str
    sets: tuple[str, ...]
    sets_if_used: tuple[str, ...] = ()
    relations: tuple[Relation, ...] = ()


def build_group(name: str, spec: GroupSpec) -> Group:
    """Turn an entry into a group.

    Raises:
        UserError: A relation is wrong; with the path of the key.
    """
    relations = []
    for i, text in enumerate(spec.relations):
        sides = [_side(side) for side in text.split("<=")]
        if len(sides) != 2 or None in sides:
            raise UserError(
                f"{text!r}: write two quantities or sums, such as 'chip_power <= board_power' or 'a + b <= 0.5 * c'",
                ("relations", i),
            )
        relations.append(Relation(*sides))  # type: ignore[arg-type]
    return Group(name, spec.title, spec.sets, spec.sets_if_used, tuple(relations))


def _side(text: str) -> Side | None:
    """Read one side of a relation; None if it is not a sum of quantities, each times a number."""
    terms = {}
    for part in text.split("+"):
        match = _TERM.fullmatch(part)
        if match is None or match["name"] in terms:
            return None
        terms[match["name"]] = float(match["factor"] or 1)
    return Side(" ".join(text.split()), terms)


@cache
def shipped_groups() -> dict[str, Group]:
    """The groups of the package, by name."""
    entries = parse_yaml(files("sunfront.data").joinpath(FILE).read_text("utf-8"))
    return {name: build_group(name, GroupSpec.model_validate(entry)) for name, entry in entries.items()}


def check_group(library: Library, group: Group) -> None:
    """Raise UserError unless a group speaks of quantities of the library."""
    for key, names in (("sets", group.sets), ("sets_if_used", group.sets_if_used)):
        for i, name in enumerate(names):
            if name not in library.units:
                raise UnknownName(name, "quantity", library.units, (key, i))
    for i, relation in enumerate(group.relations):
        for name in relation.names:
            if name not in library.units:
                raise UnknownName(name, "quantity", library.units, ("relations", i))


def check_member(library: Library, preset: Preset) -> None:
    """Raise UserError unless a preset is a whole member of its group, and its values go together."""
    if preset.group:
        if preset.group not in library.groups:
            raise UnknownName(preset.group, "group of presets", library.groups, ("group",))
        group = library.groups[preset.group]
        own = [eq for module in preset.equations for eq in library.module(module)]
        computed, used = {eq.name for eq in own}, {name for eq in own for name in eq.inputs}
        wanted = [*group.sets, *(name for name in group.sets_if_used if name in used)]
        if missing := [name for name in wanted if name not in preset.values and name not in computed]:
            raise UserError(
                f"preset {preset.name!r} is incomplete: {group.title} also sets {', '.join(missing)}; give each a "
                f"value, or write '{DEFAULT}' for the sourced one of the library",
                ("values",),
            )
    values = _numbers(library, preset)
    for relation in relations(library):
        # A value that the preset leaves open is checked in the study.
        try:
            relation.check(values, library.units[relation.names[0]])
        except RangeError as error:
            culprits = [name for name in relation.names if name in preset.values]
            raise error.under("values", culprits[0] if culprits else relation.names[0]) from None


def check_settings(library: Library, settings: Mapping[str, Setting], given: Collection[str]) -> None:
    """Raise RangeError if values from different origins do not go together, at the one that a study gives."""
    values = {name: setting.value for name, setting in settings.items()}
    for relation in relations(library):
        try:
            first = relation.names[0]
            relation.check(values, settings[first].unit if first in settings else "1")
        except RangeError as error:
            culprits = [name for name in relation.names if name in given]
            raise error.under("parameters", culprits[0]) if culprits else error.under("presets") from None


def relations(library: Library) -> Iterable[Relation]:
    """The relations of all groups."""
    return (relation for group in library.groups.values() for relation in group.relations)


def _numbers(library: Library, preset: Preset) -> dict[str, float]:
    """The single numbers that a preset sets; SI and USD."""
    found: dict[str, float] = {}
    for name, written in preset.values.items():
        known = library.parameters.get(name)
        if written == DEFAULT:
            value: Any = known.value if known else None
        elif written == COMPUTED:
            continue
        else:
            value = read_value(name, written, library.units[name], known)
        if isinstance(value, float):
            found[name] = value
    return found
