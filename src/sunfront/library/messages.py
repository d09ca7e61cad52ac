"""Turn pydantic's validation errors into messages that say what to write instead, for studies and library files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from pydantic import ValidationError

from sunfront.errors import Path, did_you_mean, suggest

#: Words for the limits of a number, by pydantic's type of the error, and the key of the limit.
_LIMITS = {
    "greater_than": ("above", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("below", "lt"),
    "less_than_equal": ("at most", "le"),
}


def describe_each(error: ValidationError, describe_item: Callable[[Any], tuple[Path, str]]) -> list[tuple[Path, str]]:
    """Return the path of each mistake that pydantic found, and a message about it."""
    # An unknown key explains the missing key beside it, so it comes first, and alone.
    items = sorted(error.errors(include_url=False), key=lambda e: e["type"] != "extra_forbidden")
    found: dict[Path, str] = {}
    unknown: set[Path] = set()
    for item in items:
        path, message = describe_item(item)
        if item["type"] == "extra_forbidden":
            unknown.add(path[:-1])
        if not (item["type"] == "missing" and path in unknown):
            found.setdefault(path, message)  # a value that fits no type of a union has an error for each of them
    return list(found.items())


def unknown_key(path: Path, allowed: Iterable[str]) -> str:
    """Return the message about a key that may not stand where it stands."""
    known = list(allowed)
    key = str(path[-1])
    if key[:1].isdigit() and not key.isdigit():  # {low: 400,5 km}
        return (
            f"a comma separates entries here, so that {key!r} is a key; write decimals with a point, such as 400.5 km"
        )
    return f"unknown key {key!r}{suggest(key, known, len(known))}"


def describe(item: Any, path: Path) -> tuple[Path, str]:
    """Return the path and the message of one of pydantic's errors."""
    kind, value, key = item["type"], item["input"], str(path[-1]) if path else ""
    message = item["msg"].removeprefix("Value error, ")
    if kind == "missing":
        missing = f"item {item['loc'][-1] + 1}" if isinstance(item["loc"][-1], int) else f"the required key {key!r}"
        return path[:-1], f"{missing} is missing"
    if kind in _LIMITS:
        word, limit = _LIMITS[kind]
        message = f"must be {word} {item['ctx'][limit]}"
    if kind in ("int_parsing", "int_from_float", "int_type"):
        message = f"write a whole number, not {value!r}"
    if kind in ("float_parsing", "float_type"):
        message = f"write a number, not {value!r}"
    if kind in ("bool_parsing", "bool_type"):
        message = f"write true or false, not {value!r}"
    if kind == "literal_error":
        known = [text.strip("'") for text in re.split(r", | or ", item["ctx"]["expected"])]
        message = f"{value!r} is not known{did_you_mean(str(value), known)}; write {item['ctx']['expected']}"
    if kind in ("model_type", "dict_type", "mapping_type"):
        message = "write 'name: value' lines"
    if kind == "too_short":
        message = "is empty; write at least one item"
    if kind in ("tuple_type", "list_type"):
        message = "write a list, such as [first, second]"
    if kind == "string_type":
        message = "is empty; give a value, or remove the key" if value is None else "write a text"
    if key == "source" and not value:
        message = "is empty; say whence the number is"
    return path, message
