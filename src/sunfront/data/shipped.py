"""Names and files of what is shipped. Imports nothing heavy, so that a shell can complete names."""

from __future__ import annotations

from pathlib import Path

_DATA = Path(__file__).parent


def folder(kind: str) -> Path:
    """Return the folder of the shipped files of a kind: studies, plans, parameters, presets or architectures."""
    if kind == "plans":
        return folder("studies") / kind
    found = _DATA / kind
    if kind == "studies" and not found.is_dir():
        return _DATA.parents[2] / kind  # a checkout: the build puts them into the package
    return found


def names(kind: str) -> list[str]:
    """Return the names of the shipped files of a kind, in order."""
    return sorted(path.stem for path in folder(kind).glob("*.yaml"))


def file(kind: str, name: str) -> Path:
    """Return the path of a shipped file."""
    return folder(kind) / f"{name}.yaml"
