"""Rows of the program for what becomes cheaper with the number that a plan buys.

The cumulative cost is concave. It is written with chords, which lie below it: between the points of a broken line they
are the curve itself. A segment may be used only if all before it are full, which a binary variable says. The cost of a
smooth curve is at least that of the chords, and at most that of the tangents at their ends. So the true cost of every
plan is allowed, whatever it does to money at some date, and the program leaves no plan out.

Products that share a curve buy along it one after the other, period by period, and within a period in their order. So
each pays the difference of the cumulative cost before and after its purchase, which is linear whatever its taxes and
loans do to a dollar.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from sunfront.arrays import Array
from sunfront.cash_flow.learning import Curve
from sunfront.engines.plan.coefficients import Coefficients
from sunfront.engines.plan.retirement import add_retired_part, retired_until
from sunfront.engines.plan.rows import linear
from sunfront.problem.plan import Learned, Product

#: Most chords of a curve that is no broken line, and the distance from the curve at which there are enough, relative.
MOST_CHORDS, NEAR = 12, 1e-4

#: Step over which the slope of a curve is read, relative: the line through both ends is above the curve elsewhere.
STEP = 1e-6

#: Relative distance at which what two products pay for a dollar of a curve is the same.
SAME = 1e-10

#: Of each product that shares a curve, in their order: how much of it a unit takes, by period of purchase; of the
#: product, or of each corner of its designs.
Steps = Sequence[Mapping[str, Array]]

#: Period and number of the product after whose purchase the cumulative cost counts.
Points = Sequence[tuple[int, int]]


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


def purchase_points(c: Coefficients, kind: Learned, products: Sequence[Product]) -> list[tuple[int, int]]:
    """Purchases after which the cumulative cost of a curve counts.

    Of products that buy one after the other and pay the same for a dollar of the curve, the last stands for all.
    """
    tables = [c.flows[p.name].learned[kind] for p in products]

    def pays_alike(i: int, j: int, t: int) -> bool:
        one, two = tables[i][:, t], tables[j][:, t]
        is_same = np.abs(one - two).max() <= SAME * np.abs(one).max()
        return bool(is_same) and not (products[i].retires_early or products[j].retires_early)

    found = []
    for t in range(c.plan.horizon.count):
        can_buy = [i for i, p in enumerate(products) if p.available <= t]
        found += [(t, i) for i, j in pairwise(can_buy) if not pays_alike(i, j, t)]
        found.append((t, can_buy[-1] if can_buy else len(products) - 1))
    return found


def add_curve(
    m: Any,
    c: Coefficients,
    kind: Learned,
    products: Sequence[Product],
    most: Mapping[str, Array],
    least: float,
    more: Sequence[float],
    is_loose: bool,
    spend: Callable[..., None],
) -> None:
    """Add what products pay along a curve to a model, each for what it buys in each period.

    Args:
        most: Most units of each product and corner in each period.
        least, more: As of ``add_learning``.
        is_loose: A row of its own decides by how much ``at_most`` is missed.
        spend: Adds flows of money for one unit of a variable.
    """
    curve = Curve(products[0], kind)
    steps: Steps = [c.steps(p.name, kind) for p in products]
    each = np.array([np.max([taken * most[name] for name, taken in own.items()], axis=0) for own in steps])
    limits, together = each.cumsum(axis=1), np.full(each.shape[1], np.inf)
    if not is_loose:
        together = _most_together(c, steps).cumsum() * (1 + 1e-9)  # what is bought is rounded up by as much
        for own, p, limit in zip(steps, products, limits, strict=True):
            if np.isfinite(p.most):
                np.minimum(limit, max(taken.max() for taken in own.values()) * p.most, out=limit)
    points = purchase_points(c, kind, products)
    before = np.pad(limits, ((0, 0), (1, 0)))
    highs = np.array([min(limits[: i + 1, t].sum() + before[i + 1 :, t].sum(), together[t]) for t, i in points])
    costs, size = add_learning(m, curve, steps, points, highs, least, more)
    for n, (t, i) in enumerate(points):
        p = products[i]
        if t < p.available:
            continue
        table = c.flows[p.name].learned[kind][:, t] * size
        paid = [(1.0, costs[n]), *([(-1.0, costs[n - 1])] if n else [])]
        for sign, cost in paid:
            spend(table, cost, sign)
        retired = {r: m.learned_retired[p.name, kind, t, r] for r in retired_until(m, p.name, t, c.periods)}
        high = float(curve.total(each[i, t : t + 1])[0]) / size if retired and each[i, t] else 0.0
        add_retired_part(m, p.name, t, paid, high, retired)
        for r, variable in retired.items():
            spend(c.learned_saved(p.name, kind, t, r) * size, variable)


def _most_together(c: Coefficients, steps: Steps) -> Array:
    """Most of a curve that several products together can buy in each period, by the supplies that all of them need."""
    found = np.full(c.plan.horizon.count, np.inf)
    taken = {name: each for own in steps for name, each in own.items()}
    for supply in c.plan.supplies if len(steps) > 1 else ():
        if supply.per_time and taken.keys() <= {*supply.products}:
            with np.errstate(invalid="ignore"):  # what takes nothing may be bought without end
                each = [np.where(x > 0, x * c.most_by(name, supply.name), 0.0) for name, x in taken.items()]
            found = np.minimum(found, np.max(each, axis=0))
    return found


def add_learning(
    m: Any, curve: Curve, steps: Steps, points: Points, most: Array, least: float, more: Sequence[float]
) -> tuple[list[Any], float]:
    """Add the cumulative cost of a curve at some points to a model.

    Args:
        curve: Of the first product.
        most: Most of the curve that can be bought up to each point.
        least: Least number of units that is bought.
        more: Further points of the curve at which the chords are to be exact.

    Returns:
        A variable for each point, and the cost for which it counts one.
    """
    key = curve.product.name, curve.kind
    unit = _unit(steps)
    size = float(curve.total(np.array([unit]))[0])
    grid = chord_points(curve, least * unit, float(most[-1]), more)
    found: list[Any] = []
    for n, (t, i) in enumerate(points):
        cost = m.learned[*key, n]
        found.append(cost)
        if most[n] <= 0:
            cost.fix(0.0)
            continue
        ends = np.array([*grid[grid < most[n] * (1 - 1e-9)], most[n]])
        widths, slopes = np.diff(ends) / unit, np.diff(curve.total(ends)) / np.diff(ends) * unit / size
        parts = [m.part[*key, n, k] for k in range(len(widths))]
        bought = [
            (-float(each[v]) / unit, m.units[of, v])
            for j, own in enumerate(steps)
            for of, each in own.items()
            for v in range(t + (j <= i))
            if each[v]
        ]
        m.rows.add(linear([*((1.0, part) for part in parts), *bought]) == 0)
        chords = linear([*((float(x), part) for x, part in zip(slopes, parts, strict=True)), (-1.0, cost)])
        m.rows.add(chords == 0 if curve.is_broken_line else chords <= 0)
        for slope, at_zero in () if curve.is_broken_line else tangents(curve, ends):
            m.rows.add(linear([(1.0, cost), *((-slope * unit / size, part) for part in parts)]) <= at_zero / size)
        for k, part in enumerate(parts):
            part.setub(float(widths[k]))
            if not k:
                continue
            full = m.full[*key, n, k]
            m.rows.add(linear([(1.0, part), (-float(widths[k]), full)]) <= 0)
            m.rows.add(linear([(1.0, parts[k - 1]), (-float(widths[k - 1]), full)]) >= 0)
            if (*key, n - 1, k) in m.full:
                m.rows.add(linear([(1.0, full), (-1.0, m.full[*key, n - 1, k])]) >= 0)
    return found, size


def hold_segments(m: Any, curve: Curve, steps: Steps, bought: Array) -> None:
    """Fix which chords are used to those of a plan.

    Args:
        curve, steps: As of ``add_learning``.
        bought: How much of the curve is bought up to each point.
    """
    key = curve.product.name, curve.kind
    for n, amount in enumerate((bought / _unit(steps)).tolist()):
        k, begin = 1, 0.0
        while (*key, n, k) in m.full:
            begin += m.part[*key, n, k - 1].ub
            m.full[*key, n, k].fix(int(amount > begin * (1 + 1e-9)))
            k += 1


def _unit(steps: Steps) -> float:
    """What one counts in the rows: the least that a unit takes."""
    every = np.concatenate([each for own in steps for each in own.values()])
    return float(every[every > 0].min()) if (every > 0).any() else 1.0
