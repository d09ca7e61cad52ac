"""Values that are set on the command line, each as ``name=value``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sunfront.errors import UserError, shortened
from sunfront.library.yaml_file import read_yaml_value

#: Keys whose value may be a list of lines.
LISTS = ("objectives", "constraints", "prefer")


def split_overrides(overrides: Sequence[str], example: str) -> list[tuple[str, str]]:
    """Return the name and the value of each text.

    Args:
        example: What to write, for messages.

    Raises:
        UserError: A text is no name with a value, or a name is given twice.
    """
    found: dict[str, str] = {}
    for text in [overrides] if isinstance(overrides, str) else overrides:
        name, equals, value = (part.strip() for part in text.partition("="))
        if name.endswith(("<", ">", "!")) or value.startswith("="):
            raise UserError(
                f"--set {shortened(text)!r} is a comparison, but --set gives a value, such as --set {example!r}; write "
                "limits under constraints in the study"
            )
        if not equals or not name or not value:
            raise UserError(f"--set {shortened(text)!r}: write name=value, such as --set {example!r}")
        if name in found:
            raise given_twice(name, found[name], name, value)
        found[name] = value
    return [*found.items()]


def given_twice(name: str, value: str, other: str, other_value: str) -> UserError:
    """Return the error that two texts set one value."""
    texts = " and ".join(f"--set {shortened(f'{n}={v}')!r}" for n, v in ((name, value), (other, other_value)))
    lines = ", ".join(each.removeprefix("[").removesuffix("]") for each in (value, other_value))
    both = f", or write both in a list, as --set '{name}=[{lines}]'" if name in LISTS else ""
    return UserError(f"{texts} set the same value; keep one of the two{both}")


def value_of(name: str, text: str) -> Any:
    """Return what a text is in a study: a list in brackets, a mapping in braces, a text in quotation marks or plain.

    Raises:
        UserError: A bracket or quotation mark is not closed.
    """
    if not text.startswith(("[", "{", "'", '"')):
        return text
    try:
        return read_yaml_value(text)
    except UserError as error:
        raise UserError(f"--set {name}: {error.message}") from None


def text_or_list(name: str, text: str) -> str | list[str]:
    """Return a value that is a text or a list of texts.

    Raises:
        UserError: It is another one.
    """
    value = value_of(name, text)
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, str):
            raise UserError(
                f"--set {name}: {shortened(str(item))} is no single value; write {name}=... or {name}=[..., ...], and "
                "put an item that has a comma, bracket or colon into quotation marks"
            )
    return value  # type: ignore[no-any-return]
