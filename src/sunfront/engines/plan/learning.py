"""Rows of the program for what becomes cheaper with the number that a plan buys.

The cumulative cost is concave. It is written with chords, which lie below it: between the points of a broken line they
are the curve itself. A segment may be used only if all before it are full, which a binary variable says. The cost of a
smooth curve is at least that of the chords, and at most that of the tangents at their ends. So the true cost of every
plan is allowed, whatever it does to money at some date, and the program leaves no plan out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sunfront.arrays import Array
from sunfront.cash_flow.learning import Curve
from sunfront.engines.plan.rows import linear

#: Most chords of a curve that is no broken line, and the distance from the curve at which there are enough, relative.
MOST_CHORDS, NEAR = 12, 1e-4

#: Step over which the slope of a curve is read, relative: the line through both ends is above the curve elsewhere.
STEP = 1e-6


def chord_points(curve: Curve, first: float, last: float, more: Sequence[float] = ()) -> Array:
    """Amounts between which the cost is written as chords, ascending from zero to ``last``.

    Args:
        first: The least that is bought, from which on the chords of a broken line are exact.
        more: Further points, at which the chords are to be exact.
    """
    if last <= first:
        return np.array([0.0, last])
    points = [0.0, first, *(x for x in (*curve.corners, *more) if first < x < last), last]
    points = sorted(set(points))
    while not curve.is_broken_line and len(points) <= MOST_CHORDS + len(more):
        ends = np.array(points[1:])
        middles = (ends[1:] + ends[:-1]) / 2
        costs, between = curve.total(ends), curve.total(middles)
        share = (middles - ends[:-1]) / np.diff(ends)
        distance = between - (costs[:-1] + share * np.diff(costs))
        worst = int(np.argmax(distance))
        if distance[worst] <= NEAR * costs[-1]:
            break
        points = sorted({*points, float(middles[worst])})
    return np.array(points)


def tangents(curve: Curve, points: Array) -> list[tuple[float, float]]:
    """Slope, and value at zero, of lines above a concave curve that touch it at some points; zero is among them."""
    steps = STEP * np.maximum(points, points[1])
    costs = np.where(points > 0, curve.total(points), 0.0)
    slopes = (curve.total(points + steps) - costs) / steps
    return list(zip(slopes.tolist(), (costs - slopes * points).tolist(), strict=True))


def add_learning(
    m: Any, curve: Curve, steps: Mapping[str, Array], most: Array, least: float, more: Sequence[float]
) -> tuple[list[Any], float]:
    """Add the cumulative cost of a curve at the end of each period to a model.

    Args:
        steps: How much of the curve a unit takes, by period of purchase; of the product, or of each corner of its
            designs.
        most: Most of the curve that can be bought up to the end of each period.
        least: Least number of units that is bought.
        more: Further points at which the chords are to be exact.

    Returns:
        A variable for each period, and the cost for which it counts one.
    """
    name = curve.product.name
    key = name, curve.kind
    unit = _unit(steps)
    size = float(curve.total(np.array([unit]))[0])
    grid = chord_points(curve, least * unit, float(most[-1]), more)
    found: list[Any] = []
    for t in range(len(most)):
        cost = m.learned[*key, t]
        found.append(cost)
        if most[t] <= 0:
            cost.fix(0.0)
            continue
        points = np.array([*grid[grid < most[t] * (1 - 1e-9)], most[t]])
        widths, slopes = np.diff(points) / unit, np.diff(curve.total(points)) / np.diff(points) * unit / size
        parts = [m.part[*key, t, k] for k in range(len(widths))]
        bought = [
            (-float(each[v]) / unit, m.units[of, v]) for of, each in steps.items() for v in range(t + 1) if each[v]
        ]
        m.rows.add(linear([*((1.0, part) for part in parts), *bought]) == 0)
        chords = linear([*((float(x), part) for x, part in zip(slopes, parts, strict=True)), (-1.0, cost)])
        m.rows.add(chords == 0 if curve.is_broken_line else chords <= 0)
        for slope, at_zero in () if curve.is_broken_line else tangents(curve, points):
            m.rows.add(linear([(1.0, cost), *((-slope * unit / size, part) for part in parts)]) <= at_zero / size)
        for k, part in enumerate(parts):
            part.setub(float(widths[k]))
            if not k:
                continue
            full = m.full[*key, t, k]
            m.rows.add(linear([(1.0, part), (-float(widths[k]), full)]) <= 0)
            m.rows.add(linear([(1.0, parts[k - 1]), (-float(widths[k - 1]), full)]) >= 0)
            if (*key, t - 1, k) in m.full:
                m.rows.add(linear([(1.0, full), (-1.0, m.full[*key, t - 1, k])]) >= 0)
    return found, size


def hold_segments(m: Any, curve: Curve, steps: Mapping[str, Array], bought: Array) -> None:
    """Fix which chords are used to those of a plan.

    Args:
        steps: As ``add_learning``.
        bought: How much of the curve is bought in each period.
    """
    key = curve.product.name, curve.kind
    amounts = np.cumsum(bought) / _unit(steps)
    for t, amount in enumerate(amounts.tolist()):
        k, begin = 1, 0.0
        while (*key, t, k) in m.full:
            begin += m.part[*key, t, k - 1].ub
            m.full[*key, t, k].fix(int(amount > begin * (1 + 1e-9)))
            k += 1


def _unit(steps: Mapping[str, Array]) -> float:
    """What one counts in the rows: the least that a unit takes."""
    every = np.concatenate([*steps.values()])
    return float(every[every > 0].min()) if (every > 0).any() else 1.0
