"""Read a YAML file that a user wrote as nested dicts and lists of text, with the line number of every key.

Every scalar stays text, so that YAML guesses no date, octal number or ``no``; pydantic models parse the values.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sunfront.data import shipped
from sunfront.errors import Path as Keys
from sunfront.errors import StudyError, UserError, shortened, suggest

if TYPE_CHECKING:
    from ruamel.yaml.error import MarkedYAMLError, StreamMark

#: Largest file in bytes. A study fills a page; a larger file is a mistake.
LARGEST_FILE = 1 << 20

#: Longest text, in characters; a longer one is a mistake, and a message that shows it could not be read.
LONGEST_TEXT = 50_000

#: What a file of a kind must have, for messages.
_NEEDS = {"study": "; a study has at least architecture and objectives"}

_THOUSANDS, _THREE_DIGITS = re.compile(r"[-+]?[1-9]\d{0,2}"), re.compile(r"\d{3}(?!\d).*")

#: Open brackets at any point of a file; a study needs three.
MOST_BRACKETS = 100


@dataclass(frozen=True)
class YamlFile:
    """The content of a YAML file.

    Attributes:
        data: Dicts, lists and text.
        lines: Line number of every key and list item, by its path.
    """

    path: Path
    data: dict[str, Any]
    lines: Mapping[Keys, int]

    def error(self, reason: str, keys: Keys = (), cause: UserError | None = None) -> StudyError:
        """Create an error at the line of the deepest key of ``keys`` that the file has."""
        found = next(keys[:n] for n in range(len(keys), -1, -1) if keys[:n] in self.lines)
        error = StudyError(reason, self.path, self.lines[found], keys)
        error.cause = cause
        return error

    def placed(self, error: UserError, keys: Keys = ()) -> StudyError:
        """Return an error and its ``others`` at their lines.

        Args:
            keys: Keys in the file that lead to the entry to which the error's path belongs.
        """
        first, *others = (self.error(e.message, (*keys, *e.path), e) for e in (error, *error.others))
        first.others = others
        return first


def read_yaml_file(path: Path, kind: str = "study") -> YamlFile:
    """Read a YAML file that has keys at its top level.

    Args:
        kind: What the file holds, for messages: a study, a preset, parameters, an architecture.

    Raises:
        StudyError: The file cannot be read, is not valid YAML, or uses YAML that is not needed: aliases, or keys
            that are not plain words.
    """
    text = _read_text(path, kind)
    lines: dict[Keys, int] = {(): 1}
    data = _parse(path, text, lines)
    if not isinstance(data, dict):
        raise StudyError(f"write 'key: value' lines{_NEEDS.get(kind, '')}", path, 1)
    return YamlFile(path, data, lines)


def read_yaml_value(text: str) -> Any:
    """Read a value that stands alone, such as ``[maximize npv, minimize capex]``, as dicts, lists and text.

    Raises:
        UserError: It is not valid YAML, as a value in a file.
    """
    try:
        return _parse(Path(), text, {(): 1})
    except StudyError as error:
        raise UserError(error.reason) from None


def _parse(path: Path, text: str, lines: dict[Keys, int]) -> Any:
    """Return dicts, lists and text; record the line of every key and item in ``lines``."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning, YAMLError

    if _bracket_depth(text) > MOST_BRACKETS:  # the parser takes time quadratic in the depth
        raise StudyError("not valid YAML here: nested too deeply", path, 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ReusedAnchorWarning)  # aliases are refused anyway
            return _plain_data(path, YAML(typ="safe", pure=True).compose(text), (), lines, set())
    except MarkedYAMLError as error:
        problem, mark = _yaml_problem(error)
        raise StudyError(f"not valid YAML: {problem}", path, mark.line + 1 if mark else 1) from None
    except YAMLError as error:
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        raise StudyError(f"not valid YAML: {str(error).splitlines()[0]}", path, line) from None
    except RecursionError:
        raise StudyError("not valid YAML here: nested too deeply", path, 1) from None


def _yaml_problem(error: MarkedYAMLError) -> tuple[str, StreamMark | None]:
    """Return what is wrong, in words that do not presume the grammar of YAML, and the place to look at."""
    problem = " ".join(str(error.problem or error.context).split())
    opened, mark = error.context_mark, error.problem_mark or error.context_mark
    if "'\\t'" in problem:
        return "the line is indented with a tab; use spaces", mark
    if opened and error.context in ("while parsing a flow sequence", "while parsing a flow mapping"):
        bracket, closing = ("[", "]") if error.context.endswith("sequence") else ("{", "}")
        return f"the {bracket} at character {opened.column + 1} has no {closing}", opened
    if opened and error.context == "while scanning a quoted scalar":
        return f"the quotation mark at character {opened.column + 1} is not closed", opened
    if mark and mark.line == 0 and "<document start>" in problem:
        closing = mark.buffer[: mark.pointer].rstrip()[-1:]
        return f"text follows the closing {closing}; put the whole value into quotation marks", mark
    if mark and ("<document start>" in problem or "<block end>" in problem):
        return (
            f"what begins at character {mark.column + 1} does not continue what is above; check indentation",
            mark,
        )
    if "mapping values are not allowed here" in problem:
        return (
            "this ': ' begins no value; put a text that has one into quotation marks, and end the keys above with ':'",
            mark,
        )
    if "could not find expected ':'" in problem and opened:
        return "the line has no ': '; write 'key: value'", opened
    return problem, mark


def _plain_data(path: Path, node: Any, keys: Keys, lines: dict[Keys, int], seen: set[int]) -> Any:
    """Convert a YAML node to dicts, lists and text; record the line of every key and item in ``lines``."""
    from ruamel.yaml.nodes import MappingNode, SequenceNode

    if id(node) in seen:
        raise StudyError("aliases (*) are not allowed; write the value out", path, lines[keys], keys)
    seen.add(id(node))
    if isinstance(node, MappingNode):
        data: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if isinstance(key, (MappingNode, SequenceNode)):
                raise StudyError("a key must be a plain word, not a list or a mapping", path, line)
            if key.value in data:
                raise StudyError(f"duplicate key {key.value!r}; remove one of the two", path, line)
            lines[(*keys, key.value)] = line
            data[key.value] = _plain_data(path, value, (*keys, key.value), lines, seen)
        return data
    if isinstance(node, SequenceNode):
        _check_commas(path, node, lines[keys], keys)
        items = []
        for i, value in enumerate(node.value):
            lines[(*keys, i)] = value.start_mark.line + 1
            items.append(_plain_data(path, value, (*keys, i), lines, seen))
        return items
    if node is not None and not node.value.isprintable() and any("\ud800" <= c <= "\udfff" for c in node.value):
        raise StudyError("the text contains half of a surrogate pair; remove it", path, node.start_mark.line + 1)
    if node is not None and len(node.value) > LONGEST_TEXT:
        reason = f"the text has {len(node.value):,} characters; allowed are {LONGEST_TEXT:,}"
        raise StudyError(reason, path, node.start_mark.line + 1, keys)
    empty = node is None or (not node.value and node.style is None)
    return None if empty else str(node.value)


def _check_commas(path: Path, node: Any, line: int, keys: Keys) -> None:
    """Raise StudyError if a comma in a list may divide thousands, as in ``[1,500, 2,000]``."""
    from ruamel.yaml.nodes import ScalarNode

    joined = []
    for one, other in pairwise(node.value):
        plain = all(isinstance(item, ScalarNode) and not item.style for item in (one, other))
        adjoins = other.start_mark.index == one.end_mark.index + 1
        if plain and adjoins and _THOUSANDS.fullmatch(one.value) and _THREE_DIGITS.fullmatch(other.value):
            joined.append((one.value, other.value))
    zeros = [pair for pair in joined if pair[1].startswith("0")]
    # A list without a blank after any comma is a list of small numbers, unless a number begins with a zero.
    blanks = any(other.start_mark.index > one.end_mark.index + 1 for one, other in pairwise(node.value))
    for one, other in zeros or (joined if blanks else []):
        raise StudyError(
            f"'{one},{other}' may be one number or two; write {one}{other}, or a blank after the comma",
            path,
            line,
            keys,
        )


def _read_text(path: Path, kind: str) -> str:
    try:
        if path.is_dir():
            raise StudyError(f"is a directory; name a study file in it, such as {path / 'quickstart.yaml'}", path)
        if path.exists() and not path.is_file():  # a pipe, which may wait for a writer for ever
            raise StudyError("is not a file on a disk; write the study to one", path)
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            size = max(path.stat().st_size, len(content)) / 1e6
            raise StudyError(f"the file has {size:.1f} MB; allowed are {LARGEST_FILE >> 20} MB", path, 1)
        text = content.decode("utf-8")
    except FileNotFoundError:
        near = sorted(p.name for p in path.parent.glob("*.yaml")) if path.parent.is_dir() else []
        hint = suggest(path.name, near)
        if kind == "study" and path.suffix == ".yaml" and path.stem in shipped.names("studies"):
            hint = f"; to take the shipped study, give its name alone: {path.stem}"
        raise StudyError(f"no such file{hint}", path) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise StudyError(f"not text: byte {error.start} is not UTF-8; save the file as UTF-8", path, line) from None
    except OSError as error:
        raise StudyError(f"cannot be read: {error.strerror}", shortened(str(path))) from None
    except ValueError:  # NUL, or half of a surrogate pair
        raise StudyError("is no name of a file", shortened(ascii(str(path)))) from None
    if not text.strip():
        raise StudyError(f"the file is empty{_NEEDS.get(kind, '')}", path, 1)
    return text


def _bracket_depth(text: str) -> int:
    """The largest number of brackets open at once, outside of quotes and comments."""
    depth = most = 0
    for match in re.finditer(r"""[\[{\]}]|"(?:[^"\\]|\\.)*"|'[^']*'|(?<!\S)#.*""", text):
        if match[0] not in "[]{}":
            continue
        depth = depth + 1 if match[0] in "[{" else max(depth - 1, 0)
        most = max(most, depth)
    return most
