"""JSON Schema of the models of a study, with the texts of their docstrings."""

from __future__ import annotations

import inspect
import re
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from sunfront.engines.base_settings import EngineSettings
from sunfront.library.parameters import DISTRIBUTIONS, TRUST

_ENTRY = re.compile(r"^    (\w+(?:, \w+)*): (.*(?:\n {5,}.*)*)", re.MULTILINE)
_MEMBER = re.compile(r"``(\w+)`` \(([^)]+)\)")


class Generator(GenerateJsonSchema):
    """Describes each model by the first lines of its docstring, and each key by the text under ``Attributes``."""

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        cls = schema["cls"]
        found = super().model_schema(schema)
        found.pop("title", None)
        found["description"] = summary(cls)
        texts = attributes(cls)
        for key, entry in found["properties"].items():
            text = texts.get(key, "")
            if members := entry.get("enum"):
                meanings = {**TRUST, **DISTRIBUTIONS, **dict(_MEMBER.findall(text))}
                entry["enumDescriptions"] = [meanings.get(member, "") for member in members]
            if described := " ".join(filter(None, (_plain(text), entry.get("description")))):
                entry["description"] = described
            if isinstance(entry.get("default"), (dict, list)):
                del entry["default"]  # an editor would write it out
        if issubclass(cls, EngineSettings):
            found["required"] = ["name"]
            found["properties"]["name"]["description"] = summary(cls)
        return found

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        found = super().default_schema(schema)
        if "default" in found and found["default"] is None:
            del found["default"]
        return found

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def summary(cls: type) -> str:
    """Return the first paragraph of a docstring as one line."""
    return _plain(inspect.cleandoc(cls.__doc__ or "").partition("\n\n")[0])


def attributes(cls: type) -> dict[str, str]:
    """Return the texts under ``Attributes`` of the docstrings of a class and its bases, by name."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        section = inspect.cleandoc(base.__doc__ or "").partition("Attributes:\n")[2].partition("\n\n")[0]
        for names, text in _ENTRY.findall(section):
            found |= dict.fromkeys(names.split(", "), " ".join(text.split()))
    return found


def _plain(text: str) -> str:
    """Return a text of a docstring without its marks of code."""
    return " ".join(text.replace("``", "'").split())
