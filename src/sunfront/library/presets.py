"""Named sets of values: a launcher, a chip, a published case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from sunfront.errors import UnknownName, UserError
from sunfront.library.parameters import names, read


@dataclass(frozen=True)
class Preset:
    """Values as a study writes them, with where they come from.

    Attributes:
        group: What it is a kind of; a study takes one of a group.
        equations: Modules whose equations take the place of those of the same names: other physics.
        note: What is doubtful about it.
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
    """The shipped preset of that name.

    Raises:
        UnknownName: There is none.
    """
    if name not in names("presets"):
        raise UnknownName(name, "preset", names("presets"))
    return Preset(name=name, **read("presets", name))


def check_beside(name: str, others: Iterable[str]) -> None:
    """Raise UserError where a preset does not go with those before it.

    A later preset overrides values of an earlier one, and never its equations: what it leaves must be whole.
    """
    new = preset(name)
    for old in map(preset, others):
        if old.group and old.group == new.group:
            raise UserError(f"presets {old.name!r} and {name!r} both set the {old.group}; drop one")
        if old.equations and old.values and old.values.keys() <= new.values.keys():
            raise UserError(
                f"preset {name!r} overrides the values of {old.name!r}, not its equations; put {old.name!r} after it"
            )


def without_superseded(name: str, others: Iterable[str]) -> list[str]:
    """The others but those of the preset's group of which it would leave nothing, as one chip's values of another's."""
    new = preset(name)
    return [
        other
        for other, old in ((other, preset(other)) for other in others)
        if not old.group or old.group != new.group or old.equations or not old.values.keys() <= new.values.keys()
    ]
