"""Engines that other packages bring, through the entry points ``sunfront.engines``.

Each entry point names a subclass of ``EngineSettings`` whose field ``name`` is ``Literal[<name of the entry point>]``;
its ``module`` has the function ``run(problem, settings, context) -> Answer``.
"""

from __future__ import annotations

from collections.abc import Collection
from importlib.metadata import EntryPoint, entry_points
from typing import get_args

from sunfront.engines.base_settings import EngineSettings

GROUP = "sunfront.engines"

#: Why an installed engine cannot be used, by name.
BROKEN: dict[str, str] = {}


def installed_engines(known: Collection[str]) -> dict[str, type[EngineSettings]]:
    """Load the settings of all installed engines; what cannot be loaded goes to BROKEN.

    Args:
        known: Names that sunfront's own engines have.
    """
    found: dict[str, type[EngineSettings]] = {}
    for point in entry_points(group=GROUP):
        try:
            found[point.name] = _load(point, {*known, *found})
        except Exception as error:  # whatever another package raises must not stop sunfront
            BROKEN[point.name] = f"{type(error).__name__}: {error}"
    return found


def _load(point: EntryPoint, known: Collection[str]) -> type[EngineSettings]:
    if point.name in known:
        raise ValueError(f"there is an engine {point.name} already")
    settings = point.load()
    if not (isinstance(settings, type) and issubclass(settings, EngineSettings)):
        raise TypeError(f"{point.value} is no subclass of sunfront.engines.base_settings.EngineSettings")
    field = settings.model_fields.get("name")
    if field is None or get_args(field.annotation) != (point.name,):
        raise TypeError(f"{point.value} needs the field name: Literal[{point.name!r}] = {point.name!r}")
    return settings


def package_version(name: str) -> dict[str, str]:
    """Return the package that brings an engine and its version; empty for sunfront's own engines."""
    points = [point for point in entry_points(group=GROUP) if point.name == name and point.dist is not None]
    return {point.dist.name: point.dist.version for point in points if point.dist is not None}
