"""Turn pydantic's validation errors into messages that say what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from sunfront.engines import ENGINES, setting_of
from sunfront.engines.installed import BROKEN
from sunfront.errors import Path, suggest
from sunfront.library.messages import describe, describe_each, unknown_key
from sunfront.library.specs import FORMS, OwnPreset, ValueSpec
from sunfront.study.calendar import shown_keys
from sunfront.study.specs import VariableSpec, distribution_keys

#: What an entry under these keys must look like.
_ENTRY_FORMS = {
    "variables": "write {low: ..., high: ...}, {choices: [...]} or {presets: [...]}",
    "uncertain": "write a distribution, such as {uniform: {low: ..., high: ...}}, or 'default' for the shipped one",
}


def describe_all(error: ValidationError, study_keys: Iterable[str]) -> list[tuple[Path, str]]:
    """Return the path of each mistake that pydantic found, and a message about it.

    Args:
        study_keys: Keys that a study may have at its top level.
    """
    return describe_each(error, lambda item: _describe(item, study_keys))


def _describe(item: Any, study_keys: Iterable[str]) -> tuple[Path, str]:
    is_engine = item["loc"][:1] == ("engine",)  # below, pydantic names the engine; elsewhere a name may be the same
    path = tuple(
        key
        for key in shown_keys(item["loc"])
        if not (is_engine and key in ENGINES) and key not in ("float", "str", *FORMS)
    )
    if item["type"] == "extra_forbidden":
        if path == ("values",):
            return path, "a preset has values, a study has none; name the file of a preset under 'presets:' of a study"
        if path == ("horizon",):
            return (
                path,
                "a plan over time has a horizon, and products in place of an architecture; a study has a date, at",
            )
        return path, unknown_key(path, _allowed_keys(path, item["loc"], study_keys))
    if item["type"] == "model_attributes_type":
        word = str(item["input"])
        found = setting_of(word)
        written = _as_setting(word, *found) if found else f"{{name: {word if word in ENGINES else 'pyomo'}}}"
        return path, f"write engine as {written}, with its settings after the name"
    if item["type"] in ("union_tag_invalid", "union_tag_not_found"):
        name = item["input"].get("name")
        if not isinstance(name, str):
            place = path if name is None else (*path, "name")
            return place, f"engine needs a name; known: {', '.join(ENGINES)}"
        if name in BROKEN:
            return (*path, "name"), f"engine {name!r} is installed but cannot be loaded: {BROKEN[name]}"
        known = re.findall(r"'(\w+)'", item["ctx"]["expected_tags"])
        if name in ENGINES:
            return (*path, "name"), f"engine {name!r} cannot be used here; write one of {', '.join(known)}"
        if found := setting_of(name):
            engine, key = found
            hint = f": it is a {key} of the engine {engine}; write {_as_setting(name, engine, key)}"
            return (*path, "name"), f"unknown engine {name!r}{hint}"
        return (*path, "name"), f"unknown engine {name!r}{suggest(name, known)}"
    is_mapping = item["type"] in ("model_type", "dict_type", "mapping_type")
    if is_mapping and "presets" not in path and str(path[0]) in _ENTRY_FORMS:
        return path, _ENTRY_FORMS[str(path[0])]
    if item["type"] == "string_type" and "presets" in path[-2:]:
        return (
            path,
            "write the name of a preset, a file such as ./my_chip.yaml, or {name: ..., source: ..., values: ...}",
        )
    return describe(item, path)


def _as_setting(word: str, engine: str, key: str) -> str:
    """Return an engine as a study writes it, with one setting."""
    return f"{{name: {engine}, {key}: {word}}}"


def _allowed_keys(path: Path, location: tuple[int | str, ...], study_keys: Iterable[str]) -> list[str]:
    """Return the keys that may stand beside an unknown one, for the hint on its spelling."""
    if len(path) == 1:
        return list(study_keys)
    if "presets" in path[:-1]:
        return list(ValueSpec.model_fields if "values" in path[:-1] else OwnPreset.model_fields)
    if path[0] == "parameters":
        return list(ValueSpec.model_fields)
    if path[0] == "variables":
        return list(VariableSpec.model_fields)
    if path[0] == "quantities":
        return ["is", "unit", "why"]
    if path[0] in ("uncertain", "uncertainty"):
        return distribution_keys(path)
    engines = [ENGINES[key] for key in location if path[0] == "engine" and key in ENGINES]
    return list(engines[0].model_fields) if engines else []
