"""What pydantic finds wrong with a study, in words that say what to write instead."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import ValidationError

from sunfront.engines import ENGINES
from sunfront.errors import Path, suggest
from sunfront.study.statements import VariableSpec
from sunfront.study.uncertainty import known_keys


def first(error: ValidationError, keys: Iterable[str]) -> tuple[Path, str]:
    """Path and message of the first thing that pydantic found.

    Args:
        keys: Those that a study may have.
    """
    # A key that is not known explains the missing one beside it.
    item = min(error.errors(include_url=False), key=lambda e: e["type"] != "extra_forbidden")
    path = tuple(key for key in item["loc"] if key not in ENGINES and key not in ("float", "str"))
    message = item["msg"].removeprefix("Value error, ")
    key = str(path[-1]) if path else ""
    if item["type"] == "extra_forbidden":
        return path, f"unknown key {key!r}{suggest(key, _known_keys(path, item['loc'], keys))}"
    if item["type"] == "missing":
        return path[:-1], f"the key {key!r} is missing"
    if item["type"] == "model_attributes_type":
        return path, "engine is written as {name: pyomo}, with its settings beside the name"
    if item["type"] in ("union_tag_invalid", "union_tag_not_found"):
        given = item["input"].get("name")
        if given is None:
            return path, f"engine needs a name; known: {', '.join(ENGINES)}"
        return (*path, "name"), f"unknown engine {given!r}{suggest(str(given), ENGINES)}"
    if item["type"] in ("model_type", "dict_type", "mapping_type"):
        written = {
            "variables": "write {low: ..., high: ...}, {choices: [...]} or {presets: [...]}",
            "uncertain": "write a distribution, as {uniform: {low: ..., high: ...}}, or 'default' for the shipped one",
        }
        message = written.get(str(path[0]), "write 'name: value' lines")
    if item["type"] == "string_type" and item["input"] is None:
        message = "is empty; give a value or drop the key"
    if item["type"] in ("tuple_type", "list_type"):
        message = "write a list, as [one, another]"
    return path, message


def _known_keys(path: Path, location: tuple[int | str, ...], keys: Iterable[str]) -> list[str]:
    if len(path) == 1:
        return list(keys)
    if path[0] == "variables":
        return list(VariableSpec.model_fields)
    if path[0] in ("uncertain", "uncertainty"):
        return known_keys(path)
    engines = [ENGINES[key] for key in location if key in ENGINES]
    return list(engines[0].model_fields) if engines else []
