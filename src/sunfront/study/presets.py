"""Presets as a study writes them: a name of the library, a file beside the study, or a preset written out."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Tag, ValidationInfo

from sunfront.errors import Path as Keys
from sunfront.errors import StudyError, UserError, shortened, suggest
from sunfront.library.checks import check_preset
from sunfront.library.folder import build_preset, check_name, read_preset_file
from sunfront.library.library import Library
from sunfront.library.specs import OwnPreset
from sunfront.library.yaml_file import YamlFile

#: Key of pydantic's context for PresetFiles.
FILES = "preset_files"

#: The files of a study's own presets, as the study writes them; or the error of one that cannot be read.
PresetFiles = dict[str, YamlFile | StudyError]


def _read(value: object, info: ValidationInfo) -> object:
    """Replace the path of a file by the preset in it; leave names and presets as they are."""
    if not isinstance(value, (str, os.PathLike)) or not is_path(value):
        return value
    context = info.context or {}
    path = context.get("folder", Path()) / value
    if not os.path.isfile(path):  # noqa: PTH113  also answers for what cannot be a path
        near = [f"./{file.name}" for file in sorted(path.parent.glob("*.yaml"))] if os.path.isdir(path.parent) else []  # noqa: PTH112
        raise ValueError(f"no preset file {shortened(str(value))}{suggest(str(value), near)}")
    if FILES not in context:
        return read_preset_file(path)[0]
    try:
        preset, context[FILES][str(value)] = read_preset_file(path)
    except StudyError as error:
        context[FILES][str(value)] = error
        raise ValueError(str(error)) from None
    return preset


def is_path(value: str | os.PathLike[str]) -> bool:
    """Return whether an item of ``presets`` is a file, not the name of a preset."""
    return isinstance(value, os.PathLike) or "/" in value or "\\" in value or value.endswith((".yaml", ".yml"))


PresetItem = Annotated[
    Annotated[str, Tag("a name")] | Annotated[OwnPreset, Tag("an own preset")],
    Discriminator(lambda value: "an own preset" if isinstance(value, (Mapping, OwnPreset)) else "a name"),
    BeforeValidator(_read, json_schema_input_type=str | OwnPreset),
]


def preset_name(item: PresetItem) -> str:
    """The name of a preset, as the library knows it."""
    return item.name if isinstance(item, OwnPreset) else item


def with_own_presets(library: Library, items: Sequence[tuple[Keys, PresetItem]]) -> Library:
    """Return a library with the presets that a study writes out.

    Args:
        items: Presets as written, each with the path of its key.

    Raises:
        UserError: A preset is wrong or not whole, or its name is taken; with the path of the key.
    """
    own: dict[str, OwnPreset] = {}
    for keys, item in items:
        if not isinstance(item, OwnPreset) or own.get(item.name) == item:
            continue
        try:
            if item.name in own:
                raise UserError(f"two presets have the name {item.name!r}; rename one", ("name",))
            check_name(item.name)
            library = library.with_presets([build_preset(item.name, item)])
            own[item.name] = item
            check_preset(library, library.presets[item.name])
        except UserError as error:
            raise error.under(*keys) from None
    return library


def place_in_file(
    files: PresetFiles, study: Mapping[str, Any], path: Keys, reason: str, cause: UserError | None
) -> StudyError | None:
    """Return a mistake in a preset from a file at its place in that file; None if it is about something else.

    Args:
        study: The study as written.
        path: Keys in the study that lead to the mistake.
    """
    found: Any = study
    for n, key in enumerate(path):
        try:
            found = found[key]
        except (LookupError, TypeError):
            return None
        if isinstance(found, str) and found in files:
            place, rest = files[found], path[n + 1 :]
            keys = rest[1:] if rest[:1] == (0,) else rest  # one item stands for a list of one
            if isinstance(place, StudyError):
                return place
            # A mistake without a further key is in the study, which takes a preset that does not fit.
            return place.error(reason, keys, cause) if keys else None
    return None
