"""Turn pydantic's validation errors into messages that say what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from sunfront.engines import ENGINES, setting_of
from sunfront.engines.installed import BROKEN
from sunfront.errors import Path, suggest
from sunfront.library.specs import FORMS, OwnPreset, ValueSpec
from sunfront.study.specs import VariableSpec, distribution_keys

#: Words for the limits of a number, by pydantic's type of the error, and the key of the limit.
_LIMITS = {
    "greater_than": ("above", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("below", "lt"),
    "less_than_equal": ("at most", "le"),
}

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
    # An unknown key explains the missing key beside it, so it comes first, and alone.
    items = sorted(error.errors(include_url=False), key=lambda e: e["type"] != "extra_forbidden")
    found: dict[Path, str] = {}
    unknown: set[Path] = set()
    for item in items:
        path, message = _describe(item, study_keys)
        if item["type"] == "extra_forbidden":
            unknown.add(path[:-1])
        if not (item["type"] == "missing" and path in unknown):
            found.setdefault(path, message)  # a value that fits no type of a union has an error for each of them
    return list(found.items())


def _describe(item: Any, study_keys: Iterable[str]) -> tuple[Path, str]:
    path = tuple(key for key in item["loc"] if key not in ENGINES and key not in ("float", "str", *FORMS))
    message = item["msg"].removeprefix("Value error, ")
    key = str(path[-1]) if path else ""
    if item["type"] == "extra_forbidden":
        allowed = _allowed_keys(path, item["loc"], study_keys)
        return path, f"unknown key {key!r}{suggest(key, allowed, len(allowed))}"
    if item["type"] == "missing":
        missing = f"item {item['loc'][-1] + 1}" if isinstance(item["loc"][-1], int) else f"the required key {key!r}"
        return path[:-1], f"{missing} is missing"
    if item["type"] == "model_attributes_type":
        word = str(item["input"])
        found = setting_of(word)
        written = _as_setting(word, *found) if found else f"{{name: {word if word in ENGINES else 'pyomo'}}}"
        return path, f"write engine as {written}, with its settings after the name"
    if item["type"] in ("union_tag_invalid", "union_tag_not_found"):
        name = item["input"].get("name")
        if name is None:
            return path, f"engine needs a name; known: {', '.join(ENGINES)}"
        if name in BROKEN:
            return (*path, "name"), f"engine {name!r} is installed but cannot be loaded: {BROKEN[name]}"
        known = re.findall(r"'(\w+)'", item["ctx"]["expected_tags"])
        if name in ENGINES:
            return (*path, "name"), f"engine {name!r} cannot be used here; write one of {', '.join(known)}"
        if found := setting_of(str(name)):
            engine, key = found
            hint = f": it is a {key} of the engine {engine}; write {_as_setting(str(name), engine, key)}"
            return (*path, "name"), f"unknown engine {name!r}{hint}"
        return (*path, "name"), f"unknown engine {name!r}{suggest(str(name), known)}"
    if item["type"] in _LIMITS:
        word, limit = _LIMITS[item["type"]]
        message = f"must be {word} {item['ctx'][limit]}"
    if item["type"] in ("int_parsing", "int_from_float", "int_type"):
        message = f"write a whole number, not {item['input']!r}"
    if item["type"] in ("float_parsing", "float_type"):
        message = f"write a number, not {item['input']!r}"
    if item["type"] in ("bool_parsing", "bool_type"):
        message = f"write true or false, not {item['input']!r}"
    if item["type"] == "literal_error":
        known = [text.strip("'") for text in re.split(r", | or ", item["ctx"]["expected"])]
        message = f"{item['input']!r} is not known{suggest(str(item['input']), known)}"
    if item["type"] in ("model_type", "dict_type", "mapping_type"):
        message = "write 'name: value' lines"
        if "presets" not in path:
            message = _ENTRY_FORMS.get(str(path[0]), message)
    if item["type"] == "too_short":
        message = "is empty; write at least one item"
    if item["type"] == "string_type" and "presets" in path[-2:]:
        message = "write the name of a preset, a file such as ./my_chip.yaml, or {name: ..., source: ..., values: ...}"
    elif item["type"] == "string_type" and item["input"] is None:
        message = "is empty; give a value, or remove the key"
    if item["type"] in ("tuple_type", "list_type"):
        message = "write a list, such as [first, second]"
    return path, message


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
    engines = [ENGINES[key] for key in location if key in ENGINES]
    return list(engines[0].model_fields) if engines else []
