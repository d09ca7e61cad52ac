"""Physics and economics: each formula once, one module per subject. An architecture lists the modules it uses."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from sunfront.equation import Equation


def module(name: str) -> list[Equation]:
    """Return the equations of ``sunfront.equations.<name>`` in source order."""
    members = vars(import_module(f"sunfront.equations.{name}")).values()
    return [member for member in members if isinstance(member, Equation)]


@cache
def names() -> tuple[str, ...]:
    """Return the names of the modules."""
    return tuple(sorted(found.name for found in iter_modules(__path__)))
