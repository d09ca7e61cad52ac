"""Named sets of values: a launcher, a chip, a published case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from sunfront.errors import UnknownName
from sunfront.parameters import names, read


@dataclass(frozen=True)
class Preset:
    """Values as a study writes them, with where they come from."""

    name: str
    title: str
    source: str
    values: Mapping[str, str | float]


@cache
def preset(name: str) -> Preset:
    """The shipped preset of that name.

    Raises:
        UnknownName: There is none.
    """
    if name not in names("presets"):
        raise UnknownName(name, "preset", names("presets"))
    return Preset(name=name, **read("presets", name))
