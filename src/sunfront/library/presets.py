"""Named sets of parameter values: a launcher, a chip, a published case."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sunfront.equation import Equation
from sunfront.errors import PresetError
from sunfront.library.specs import PresetValue


@dataclass(frozen=True)
class Preset:
    """A named set of values, written as in a study or with their ranges, with its source.

    Attributes:
        group: What kind of thing it is, such as ``launcher``; a study takes at most one preset of a group.
        equations: Modules whose equations replace those of the same names, for different physics.
        note: Caveats.
        in_architecture: By architecture, values in place of those of the same names: its part is another product.
    """

    name: str
    title: str
    source: str
    group: str = ""
    values: Mapping[str, PresetValue] = field(default_factory=dict)
    equations: tuple[str, ...] = ()
    note: str = ""
    in_architecture: Mapping[str, Mapping[str, PresetValue]] = field(default_factory=dict)

    def values_in(self, architecture: str) -> Mapping[str, PresetValue]:
        """The values in an architecture."""
        return {**self.values, **self.in_architecture.get(architecture, {})}


def check_compatible(new: Preset, others: Iterable[Preset]) -> None:
    """Raise PresetError if a preset cannot follow those before it.

    A later preset overrides values of an earlier one but never its equations, so an earlier preset with equations must
    not lose all its values.
    """
    for old in others:
        if old.group and old.group == new.group:
            raise PresetError(
                f"presets {old.name!r} and {new.name!r} both set the {old.group}; drop one",
                preset=new.name,
                other=old.name,
            )
        if old.equations and old.values and old.values.keys() <= new.values.keys():
            raise PresetError(
                f"preset {new.name!r} overrides the values of {old.name!r} but not its equations; list {old.name!r} "
                f"after {new.name!r}",
                preset=new.name,
                other=old.name,
            )


def drop_superseded(new: Preset, others: Iterable[Preset], module: Callable[[str], Sequence[Equation]]) -> list[Preset]:
    """Return the others without ``new`` itself, and without presets of its group that it replaces completely.

    It must define every quantity that the other defines, except those that only the other's equations use.

    Args:
        module: Returns the equations of a module.
    """

    def computed(by: Preset) -> list[Equation]:
        return [eq for name in by.equations for eq in module(name)]

    def defined(by: Preset) -> set[str]:
        return {*by.values, *(eq.name for eq in computed(by))}

    def is_superseded(old: Preset) -> bool:
        inner = {needed for eq in computed(old) for needed in eq.inputs}
        return old.name == new.name or (old.group == new.group != "" and defined(old) - inner <= defined(new))

    return [old for old in others if not is_superseded(old)]
