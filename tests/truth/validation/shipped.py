"""sunfront's values for comparison with the reference models, in SI."""

from __future__ import annotations

from typing import Any

import numpy as np

import sunfront
from sunfront.library.library import Library

LIBRARY = Library.shipped()


def known(name: str) -> bool:
    """Whether the installed sunfront has a parameter of that name."""
    return name in LIBRARY.parameters


def evaluate(altitude: float, **settings: str) -> dict[str, Any]:
    """Every quantity of the base design at ``altitude`` in km; settings unknown to sunfront are ignored."""
    given = {name: text for name, text in settings.items() if known(name)}
    return dict(sunfront.evaluate("starlink_bus", altitude=f"{altitude} km", **given))


def relative_error(found: Any, reference: Any) -> Any:
    """Relative deviation of the shipped value from the reference."""
    return np.asarray(found) / np.asarray(reference) - 1
