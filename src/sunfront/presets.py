"""Named sets of values: a launcher, a chip, a published case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from sunfront.errors import UnknownName
from sunfront.parameters import names, read


@dataclass(frozen=True)
class Preset:
    """Values as a study writes them, with where they come from.

    Attributes:
        equations: Modules whose equations take the place of those of the same names: other physics.
        note: What is doubtful about it.
    """

    name: str
    title: str
    source: str
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
