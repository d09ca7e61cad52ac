"""Find every value at which a function of one variable is zero: sample it on a grid, then refine each sign change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sunfront.arrays import Array

#: A function of one variable: takes an array of values, returns an array of the same shape.
Curve = Callable[[Array], Array]

#: Points of a search grid. Half are evenly spaced, half evenly spaced in the logarithm.
GRID_POINTS = 2048


@dataclass(frozen=True)
class Crossings:
    """Where a curve is zero or changes sign.

    Attributes:
        roots: Values at which the curve is zero, ascending.
        stretches: Intervals (low, high) on which it is zero throughout, ascending. Their ends are grid points.
        jumps: Values at which it changes sign without being zero, ascending.
        sides: Signs of the curve (1, -1) before, between and after roots, stretches and jumps. (0,) if it is zero on
            the whole grid, empty if it is NaN on the whole grid.
    """

    roots: tuple[float, ...]
    stretches: tuple[tuple[float, float], ...]
    jumps: tuple[float, ...]
    sides: tuple[int, ...]


def search_grid(low: float, high: float) -> Array:
    """Return ascending values from ``low`` to ``high`` that resolve both linear and logarithmic scales.

    A range that contains zero has no logarithm there: its logarithmic points start 1e-9 of the range away from zero.
    """
    smallest = (high - low) * 1e-9
    parts = [np.linspace(low, high, GRID_POINTS // 2)]
    if high > 0:
        parts.append(np.geomspace(max(low, smallest), high, GRID_POINTS // 2))
    if low < 0:
        parts.append(-np.geomspace(max(-high, smallest), -low, GRID_POINTS // 2))
    return np.unique(np.clip(np.concatenate(parts), low, high))


def find_crossings(curve: Curve, grid: Array) -> Crossings:
    """Find the zeros and sign changes of a curve.

    Args:
        grid: Ascending values. Two crossings between neighboring values are missed, as is a zero without sign change.
    """
    values = curve(grid)
    # Infinity has a sign, but no root can be bracketed beside it.
    signs = np.where(np.isnan(values), 0, np.sign(values)).astype(int)
    zeros = np.flatnonzero(values == 0)
    groups = np.split(grid[zeros], np.flatnonzero(np.diff(zeros) > 1) + 1)
    intervals = [(float(group[0]), float(group[-1])) for group in groups if len(group)]
    stretches = tuple((low, high) for low, high in intervals if low < high)
    roots = [low for low, high in intervals if low == high]
    jumps: list[float] = []
    finite = np.isfinite(values)
    for i in np.flatnonzero(finite[:-1] & finite[1:] & (signs[:-1] * signs[1:] < 0)):
        x, is_root = _refine(curve, float(grid[i]), float(grid[i + 1]), max(abs(values[i]), abs(values[i + 1])))
        if x is not None:
            (roots if is_root else jumps).append(x)
    nonzero = [int(sign) for sign in signs if sign]
    sides = tuple(sign for i, sign in enumerate(nonzero) if i == 0 or sign != nonzero[i - 1])
    return Crossings(
        tuple(sorted(roots)), stretches, tuple(sorted(jumps)), sides or ((0,) if roots or stretches else ())
    )


def _refine(curve: Curve, low: float, high: float, scale: float) -> tuple[float | None, bool]:
    """Locate a sign change between two values, and tell whether it is a root or a jump.

    Args:
        scale: Size of the curve at the two values. At a root the curve is below a millionth of it.

    Returns:
        None as the location if the curve is NaN somewhere between the two values.
    """
    from scipy.optimize import brentq

    def at(x: float) -> float:
        return float(curve(np.array([x]))[0])

    try:
        x = float(brentq(at, low, high, xtol=max((high - low) * 1e-13, 1e-300), rtol=1e-14))
    except ValueError:
        return None, False
    return x, abs(at(x)) <= 1e-6 * scale
