"""The text of a study for another folder: relative paths in it lead to the same files as before."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sunfront.library.library import Library
from sunfront.library.yaml_file import read_yaml_file
from sunfront.study.library import library_folders
from sunfront.study.presets import is_path

if TYPE_CHECKING:
    from ruamel.yaml.nodes import Node, ScalarNode


def relocated(original: Path, folder: Path) -> str:
    """Return the text of a study file as it must stand in a folder; comments are kept.

    Raises:
        StudyError: The file cannot be read, or is not valid YAML.
    """
    from ruamel.yaml import YAML

    read_yaml_file(original)  # tells what is wrong with the file
    text = original.read_text("utf-8")
    if folder.resolve() == original.parent.resolve():
        return text
    root = YAML(typ="safe", pure=True).compose(text)
    for node in sorted(_paths(root, original.parent), key=lambda node: -node.start_mark.index):
        moved = _moved(original.parent / node.value, folder)
        written = moved if re.fullmatch(r"[\w./-]+", moved) else json.dumps(moved, ensure_ascii=False)
        text = text[: node.start_mark.index] + written + text[node.end_mark.index :]
    return text


def library_without_code(study: Path) -> tuple[Library, list[Path]]:
    """Return the library that a study names without running Python files of it, and the folders left out for them.

    Raises:
        UserError: A folder cannot be read.
    """
    written: Any = read_yaml_file(study).data.get("library") or []
    found, left_out = Library.shipped(), []
    for folder in library_folders([written] if isinstance(written, str) else written, study.parent):
        if any((folder / "equations").glob("*.py")):
            left_out.append(folder)
        else:
            found = found.with_folder(folder)
    return found, left_out


def _paths(root: Node, base: Path) -> Iterator[ScalarNode]:
    """The scalars of a study that are paths relative to it."""
    keys = _children(root)
    lists = [
        keys.get("presets"),
        *(_children(each).get("presets") for each in _children(keys.get("variables")).values()),
    ]
    yield from (item for node in lists for item in _items(node) if is_path(item.value))
    # The name of an installed library is no path.
    yield from (item for item in _items(keys.get("library")) if (base / item.value).is_dir())


def _children(node: Any) -> dict[str, Any]:
    from ruamel.yaml.nodes import MappingNode

    return {key.value: value for key, value in node.value} if isinstance(node, MappingNode) else {}


def _items(node: Any) -> list[ScalarNode]:
    """A scalar, or the scalars of a list."""
    from ruamel.yaml.nodes import ScalarNode, SequenceNode

    nodes = node.value if isinstance(node, SequenceNode) else [node]
    return [each for each in nodes if isinstance(each, ScalarNode)]


def _moved(path: Path, folder: Path) -> str:
    try:
        found = Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except ValueError:  # on another drive
        return path.resolve().as_posix()
    return found if found.startswith("..") else f"./{found}"
