"""A library folder: parameters, presets, architectures and equations that somebody keeps outside of the package.

The layout is that of the shipped data: ``parameters/*.yaml``, ``presets/*.yaml``, ``architectures/*.yaml``,
``equations/*.py``, ``groups.yaml``. Each part may be missing.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sunfront.errors import StudyError, UserError
from sunfront.library.code import CodeFile, read_code_file
from sunfront.library.groups import FILE as GROUPS_FILE
from sunfront.library.groups import Group, build_group
from sunfront.library.parameters import Parameter
from sunfront.library.presets import Preset
from sunfront.library.specs import (
    ArchitectureSpec,
    GroupSpec,
    OwnPreset,
    ParameterSpec,
    PresetFields,
    PresetSpec,
    validated,
)
from sunfront.library.yaml_file import YamlFile, read_yaml_file
from sunfront.units import parse
from sunfront.units import unit as unit_of
from sunfront.written import is_bare, written_unit

PARTS = {"parameters": ".yaml", "presets": ".yaml", "architectures": ".yaml", "equations": ".py"}


@dataclass(frozen=True)
class Entry:
    """Where an entry stands: a file, and the keys in it."""

    file: YamlFile
    keys: tuple[str, ...] = ()
    replaces: bool = False

    def error(self, error: UserError) -> StudyError:
        """Return an error with its place in the file."""
        return self.file.placed(error, self.keys)


@dataclass(frozen=True)
class LibraryFolder:
    """The content of a library folder. Its Python files are read, not run.

    Attributes:
        entries: Where each parameter, preset, architecture and group stands, by part and name.
        code: The Python files with equations, by name of the module.
        content: Its files as they were read, by path relative to the folder: those that define entries, and whatever
            stands in ``equations/``, which the Python files may read.
    """

    path: Path
    parameters: Mapping[str, Parameter]
    presets: Mapping[str, Preset]
    architectures: Mapping[str, ArchitectureSpec]
    groups: Mapping[str, Group]
    code: Mapping[str, CodeFile]
    entries: Mapping[tuple[str, str], Entry] = field(repr=False, compare=False)
    content: Mapping[Path, bytes] = field(repr=False)

    @property
    def name(self) -> str:
        """Name of the folder."""
        return self.path.resolve().name

    @property
    def digest(self) -> str:
        """Hash of the content of its files and of their names."""
        return _hash(self.content)


def _hash(content: Mapping[Path, bytes]) -> str:
    found = hashlib.sha256()
    for path, data in content.items():
        found.update(f"{path.as_posix()} {len(data)}\n".encode() + data)
    return found.hexdigest()[:16]


def _read_content(folder: Path) -> dict[Path, bytes]:
    found = [path for part, suffix in PARTS.items() for path in (folder / part).glob(f"*{suffix}")]
    found += [*folder.glob(GROUPS_FILE), *(folder / "equations").rglob("*")]
    files = {path.relative_to(folder) for path in found if path.is_file() and path.parent.name != "__pycache__"}
    try:
        return {path: (folder / path).read_bytes() for path in sorted(files)}
    except OSError as error:
        raise UserError(f"{folder} cannot be read: {error}") from None


def read_folder(path: Path) -> LibraryFolder:
    """Read a library folder.

    Raises:
        StudyError: A file is wrong; with file, line and key.
        UserError: It is no library folder.
    """
    if not path.is_dir():
        raise UserError(f"no library folder {path}")
    if not any((path / part).is_dir() for part in PARTS):
        raise UserError(f"{path} is no library: it has none of the folders {', '.join(PARTS)}")
    entries: dict[tuple[str, str], Entry] = {}
    content = _read_content(path)
    beside = _hash({name: data for name, data in content.items() if name.parts[0] == "equations"})
    return LibraryFolder(
        path=path,
        parameters=_each_entry(path, "parameters/*.yaml", "parameters", entries, ParameterSpec, build_parameter),
        presets=_each_file(path, "presets", entries, PresetSpec, build_preset),
        architectures=_each_file(path, "architectures", entries, ArchitectureSpec, lambda name, spec: spec),
        groups=_each_entry(path, GROUPS_FILE, "groups", entries, GroupSpec, build_group),
        code={file.stem: read_code_file(file, beside) for file in sorted((path / "equations").glob("*.py"))},
        entries=entries,
        content=content,
    )


def build_preset(name: str, spec: PresetFields) -> Preset:
    """Turn an entry into a preset.

    Raises:
        UserError: A range is wrong; with the path of the key.
    """
    own = spec.in_architecture
    return Preset(name, spec.title or name, spec.source, spec.group, spec.values, spec.equations, spec.note, own)


def _each_file(
    folder: Path, part: str, entries: dict[tuple[str, str], Entry], spec: Any, build: Callable[[str, Any], Any]
) -> dict[str, Any]:
    found = {}
    for path in sorted((folder / part).glob("*.yaml")):
        file = read_yaml_file(path, part)
        try:
            check_name(path.stem)
            checked = validated(spec, file.data)
            found[path.stem] = build(path.stem, checked)
        except UserError as error:
            raise file.placed(error) from None
        entries[part, path.stem] = Entry(file, (), checked.replaces)
    return found


def _each_entry(
    folder: Path,
    files: str,
    part: str,
    entries: dict[tuple[str, str], Entry],
    spec: Any,
    build: Callable[[str, Any], Any],
) -> dict[str, Any]:
    """Read files that hold any number of entries each, by name."""
    found: dict[str, Any] = {}
    for path in sorted(folder.glob(files)):
        file = read_yaml_file(path, part)
        for name, data in file.data.items():
            try:
                if name in found:
                    raise UserError(f"{name} is in {entries[part, name].file.path} too; remove one of the two")
                checked = validated(spec, data)
                found[name] = build(name, checked)
            except UserError as error:
                raise file.placed(error, (name,)) from None
            entries[part, name] = Entry(file, (name,), checked.replaces)
    return found


def read_preset_file(path: Path) -> tuple[OwnPreset, YamlFile]:
    """Read a preset from a file; its name is that of the file unless it says ``name:``.

    Raises:
        StudyError: The file cannot be read, or its form is wrong; with file, line and key.
    """
    file = read_yaml_file(path, "preset")
    try:
        preset = validated(OwnPreset, {"name": path.stem, **file.data})
        check_name(preset.name)
    except UserError as error:
        raise file.placed(error) from None
    return preset, file


def check_name(name: str) -> None:
    """Raise UserError unless an entry may have a name."""
    if not name.isidentifier() or not name.isascii() or name != name.lower():
        raise UserError(f"{name!r} cannot be a name; use lower-case letters, digits and _, such as barge_mass")


def build_parameter(name: str, spec: ParameterSpec) -> Parameter:
    """Turn an entry into a parameter.

    Raises:
        UserError: A unit, or the order of the numbers, is wrong; with the path of the key.
    """
    check_name(name)
    unit = spec.unit or written_unit(spec.value)
    if unit is None:
        raise UserError("give the unit, such as 'unit: kg', or 'unit: 1' for a pure number")
    try:
        to_si = unit_of(unit).to_si
    except UserError as error:
        raise error.under("value" if spec.unit is None else "unit") from None

    def si(text: Any, *keys: str | int) -> float:
        try:
            value = parse(f"{text} {unit}" if is_bare(text) else text, unit, name)
        except UserError as error:
            raise error.under(*keys) from None
        if not math.isfinite(value):
            raise UserError(f"{text!r} is not finite", keys)
        return value

    if isinstance(spec.value, tuple):
        if not (spec.value and all(map(math.isfinite, spec.value))):
            raise UserError("coefficients must be finite numbers", ("value",))
        return Parameter(name, tuple(map(to_si, spec.value)), unit, spec.trust, spec.source, note=spec.note)
    value = si(spec.value, "value")
    low, high = (None if text is None else si(text, key) for key, text in (("low", spec.low), ("high", spec.high)))
    if (low is not None and low > value) or (high is not None and value > high):
        raise UserError("value must lie from low to high", ("value",))
    allowed = (-float("inf"), float("inf"))
    if spec.allowed is not None:
        allowed = (si(spec.allowed[0], "allowed", 0), si(spec.allowed[1], "allowed", 1))
        if not allowed[0] <= value <= allowed[1]:
            raise UserError("value must lie in the range that is allowed", ("allowed",))
    return Parameter(
        name=name,
        value=value,
        unit=unit,
        trust=spec.trust,
        source=spec.source,
        low=low,
        high=high,
        allowed=allowed,
        choices=tuple(si(text, "choices", i) for i, text in enumerate(spec.choices)),
        whole=spec.whole,
        distribution=spec.distribution,
        role=spec.role,
        note=spec.note,
        error=spec.error,
    )
