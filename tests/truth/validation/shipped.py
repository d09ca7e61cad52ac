"""What sunfront answers, for the tests to hold against the reference models. All values SI."""

from __future__ import annotations

from typing import Any

import numpy as np

import sunfront
from sunfront.library.parameters import parameters


def known(name: str) -> bool:
    """Whether the installed sunfront has a parameter of that name."""
    return name in parameters()


def evaluate(altitude: float, **settings: str) -> dict[str, Any]:
    """Every quantity of the base design at ``altitude`` in km; settings that sunfront does not know are left out."""
    given = {name: text for name, text in settings.items() if known(name)}
    return dict(sunfront.evaluate("starlink_bus", altitude=f"{altitude} km", **given))


def relative_error(found: Any, reference: Any) -> Any:
    """Shipped value over reference, less one."""
    return np.asarray(found) / np.asarray(reference) - 1
