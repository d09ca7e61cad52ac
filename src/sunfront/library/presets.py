"""Named sets of parameter values: a launcher, a chip, a published case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from sunfront.errors import PresetError, UnknownName
from sunfront.library.parameters import data_names, load_data


@dataclass(frozen=True)
class Preset:
    """A named set of values, written as in a study, with its source.

    Attributes:
        group: What kind of thing it is, such as ``launcher``; a study takes at most one preset of a group.
        equations: Modules whose equations replace those of the same names, for different physics.
        note: Caveats.
    """

    name: str
    title: str
    source: str
    group: str = ""
    values: Mapping[str, str | float | list[float]] = field(default_factory=dict)
    equations: tuple[str, ...] = ()
    note: str = ""


@cache
def preset(name: str) -> Preset:
    """Return the shipped preset of that name.

    Raises:
        UnknownName: There is none.
    """
    if name not in data_names("presets"):
        raise UnknownName(name, "preset", data_names("presets"))
    return Preset(name=name, **load_data("presets", name))


def check_compatible(name: str, others: Iterable[str]) -> None:
    """Raise PresetError if a preset cannot follow those before it.

    A later preset overrides values of an earlier one but never its equations, so an earlier preset with equations must
    not lose all its values.
    """
    new = preset(name)
    for old in map(preset, others):
        if old.group and old.group == new.group:
            raise PresetError(
                f"presets {old.name!r} and {name!r} both set the {old.group}; drop one", preset=name, other=old.name
            )
        if old.equations and old.values and old.values.keys() <= new.values.keys():
            raise PresetError(
                f"preset {name!r} overrides the values of {old.name!r} but not its equations; list {old.name!r} after "
                f"{name!r}",
                preset=name,
                other=old.name,
            )


def drop_superseded(name: str, others: Iterable[str]) -> list[str]:
    """Return the others without presets of the same group whose values ``name`` overrides completely."""
    new = preset(name)
    return [
        other
        for other, old in ((other, preset(other)) for other in others)
        if not old.group or old.group != new.group or old.equations or not old.values.keys() <= new.values.keys()
    ]
