"""Physics and economics, each formula once. One module a subject; an architecture names the modules it takes."""

from __future__ import annotations

from importlib import import_module

from sunfront.equation import Equation


def module(name: str) -> list[Equation]:
    """The equations of ``sunfront.equations.<name>``, in the order they are written."""
    members = vars(import_module(f"sunfront.equations.{name}")).values()
    return [member for member in members if isinstance(member, Equation)]
