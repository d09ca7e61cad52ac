"""A study file as text with positions: what each key holds, and the line on which it stands.

Every scalar stays text, so that no date, octal number or ``no`` is guessed; the study says what it must be.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sunfront.errors import Path as Keys
from sunfront.errors import StudyError, suggest

#: A study is a page, not a book; what is larger is a mistake.
LARGEST_FILE = 1 << 20


@dataclass(frozen=True)
class Source:
    """A file as read.

    Attributes:
        data: Dicts, lists and text.
        lines: Line of every key and item, by its path.
    """

    path: Path
    data: dict[str, Any]
    lines: Mapping[Keys, int]

    def error(self, message: str, keys: Keys = ()) -> StudyError:
        """The error with the file, and the line of the deepest key of its path that the file has."""
        found = next(keys[:n] for n in range(len(keys), -1, -1) if keys[:n] in self.lines)
        where = f"{'.'.join(map(str, keys))}: " if keys else ""
        return StudyError(f"{self.path}:{self.lines[found]}: {where}{message}", keys)


def read(path: Path) -> Source:
    """Read a YAML file whose top level has keys.

    Raises:
        StudyError: It cannot be read, is no YAML, or uses what a page of settings does not need: aliases, keys that
            are no plain words.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning, YAMLError

    text = _text(path)
    lines: dict[Keys, int] = {(): 1}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ReusedAnchorWarning)  # aliases are refused anyway
            data = _plain(path, YAML(typ="safe", pure=True).compose(text), (), lines, set())
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = " ".join(str(error.problem or error.context).split())
        if "'\\t'" in problem:
            problem = "a tab; YAML is indented with spaces"
        raise StudyError(f"{path}:{mark.line + 1 if mark else 1}: no valid YAML: {problem}") from None
    except YAMLError as error:
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        raise StudyError(f"{path}:{line}: no valid YAML: {str(error).splitlines()[0]}") from None
    except RecursionError:
        raise StudyError(f"{path}:1: no valid YAML for a study: nested too deeply") from None
    if not isinstance(data, dict):
        raise StudyError(f"{path}:1: a study has lines 'key: value', with at least architecture and objectives")
    return Source(path, data, lines)


def _plain(path: Path, node: Any, at: Keys, lines: dict[Keys, int], seen: set[int]) -> Any:
    """The node as dicts, lists and text; fills in the line of every key and item."""
    from ruamel.yaml.nodes import MappingNode, SequenceNode

    if id(node) in seen:
        raise StudyError(f"{path}:{lines[at]}: {'.'.join(map(str, at))}: no aliases (*); write the value out")
    seen.add(id(node))
    if isinstance(node, MappingNode):
        found: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if isinstance(key, (MappingNode, SequenceNode)):
                raise StudyError(f"{path}:{line}: a key is a plain word")
            if key.value in found:
                raise StudyError(f"{path}:{line}: duplicate key {key.value!r}")
            lines[(*at, key.value)] = line
            found[key.value] = _plain(path, value, (*at, key.value), lines, seen)
        return found
    if isinstance(node, SequenceNode):
        items = []
        for i, value in enumerate(node.value):
            lines[(*at, i)] = value.start_mark.line + 1
            items.append(_plain(path, value, (*at, i), lines, seen))
        return items
    if node is not None and not node.value.isprintable() and any("\ud800" <= c <= "\udfff" for c in node.value):
        raise StudyError(f"{path}:{node.start_mark.line + 1}: text with half a surrogate pair")
    empty = node is None or (not node.value and node.style is None)
    return None if empty else str(node.value)


def _text(path: Path) -> str:
    try:
        if path.is_dir():
            raise StudyError(f"{path} is a directory; name a study file in it, as {path / 'quickstart.yaml'}")
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            size = max(path.stat().st_size, len(content)) / 1e6
            raise StudyError(f"{path}:1: the file has {size:.1f} MB; a study has at most {LARGEST_FILE >> 20} MB")
        text = content.decode("utf-8")
    except FileNotFoundError:
        near = sorted(p.name for p in path.parent.glob("*.yaml")) if path.parent.is_dir() else []
        raise StudyError(f"{path}: no such file{suggest(path.name, near)}") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise StudyError(f"{path}:{line}: no text: byte {error.start} is not UTF-8") from None
    except OSError as error:
        raise StudyError(f"{path}: cannot be read: {error.strerror}") from None
    if not text.strip():
        raise StudyError(f"{path}:1: the file is empty; a study has at least architecture and objectives")
    return text
