"""Rows of the program for products whose design the plan chooses: units are shares of corners, of one region."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sunfront.arrays import Array
from sunfront.engines.plan.rows import linear
from sunfront.engines.plan.sizing import Sizing
from sunfront.errors import UserError
from sunfront.problem.variables import Variable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sunfront.engines.plan.coefficients import Coefficients


def add_sizing(m: Any, sizing: Sizing, most: Mapping[str, Array], count: int) -> None:
    """Tie the units of a product to the shares of its corners.

    All that is bought has the same values of the variables that are not sized, and of those that move in steps; what is
    bought in one period lies in one region.
    """
    name = sizing.product.name
    for t in range(count):
        shares = [(1.0, m.units[corner, t]) for corner in sizing.corners]
        m.rows.add(linear([*shares, (-1.0, m.units[name, t])]) == 0)
    for variable in sizing.stepped:
        _add_steps(m, sizing, variable, most, count)
    if len(sizing.regions) == 1:
        return
    options = sorted({region.option for region in sizing.regions})
    m.rows.add(linear([(1.0, m.choice[name, option]) for option in options]) == 1)
    for option in options:
        regions = sizing.of_option(option)
        for t in range(count):
            if len(regions) > 1:
                m.rows.add(
                    linear(
                        [*((1.0, m.choice[name, option, i, t]) for i in range(len(regions))),
                         (-1.0, m.choice[name, option])]
                    )
                    == 0
                )  # fmt: skip
            for i, region in enumerate(regions):
                chosen = m.choice[name, option, i, t] if len(regions) > 1 else m.choice[name, option]
                high = max(float(most[corner.name][t]) for corner in region.corners)
                shares = [(1.0 / max(high, 1e-300), m.units[corner.name, t]) for corner in region.corners]
                if high:
                    m.rows.add(linear([*shares, (-1.0, chosen)]) <= 0)


def _add_steps(m: Any, sizing: Sizing, variable: Variable, most: Mapping[str, Array], count: int) -> None:
    """Let an amount of one node, or the number of nodes, move in steps, with one value in the whole plan.

    The value is ``low`` and a whole number of steps, of which ``m.digit`` are the binary digits. What all nodes of a
    period have is this value times their number: for each digit the product of a binary variable and a number, which
    four rows state exactly.
    """
    name, steps = sizing.product.name, (variable.size or 1) - 1
    is_count = variable.name == sizing.counted
    digits = [m.digit[name, variable.name, k] for k in range(steps.bit_length())]
    if digits:
        m.rows.add(linear([(2.0**k, digit) for k, digit in enumerate(digits)]) <= steps)
    nodes = {corner.name: float(n) for r in sizing.regions for corner, n in zip(r.corners, r.nodes, strict=True)}
    totals = nodes if is_count else sizing.totals(variable.name)
    per = dict.fromkeys(nodes, 1.0) if is_count else nodes
    for t in range(count):
        largest = float(most[name][t]) * max(per.values())
        if not largest:
            continue
        parts = [m.digit_part[name, variable.name, k, t] for k in range(len(digits))]
        shares = [(x / largest, m.units[corner, t]) for corner, x in per.items()]
        for digit, part in zip(digits, parts, strict=True):
            m.rows.add(linear([(1.0, part), (-1.0, digit)]) <= 0)
            m.rows.add(linear([(1.0, part), *((-x, v) for x, v in shares)]) <= 0)
            m.rows.add(linear([(1.0, part), (-1.0, digit), *((-x, v) for x, v in shares)]) >= -1)
        size = largest * max(variable.last, 1e-300)
        of_steps = [(-(2.0**k) * (variable.step or 0.0) * largest / size, part) for k, part in enumerate(parts)]
        of_corners = [((total - variable.low * per[c]) / size, m.units[c, t]) for c, total in totals.items()]
        m.rows.add(linear([*of_corners, *of_steps]) == 0)


def check_prices(sizing: Sizing, c: Coefficients) -> None:
    """Raise UserError unless designs earn the same with a unit of power, so that tiers can take any of it.

    Those that differ in what has one value in the whole plan, such as a preset, are never sold beside each other.
    """
    shape = c.flows[sizing.product.name].power.shape
    for option in {region.option for region in sizing.regions}:
        low, high = np.full(shape, np.inf), np.full(shape, -np.inf)
        for corner in (corner for region in sizing.of_option(option) for corner in region.corners):
            flows = c.flows[corner.name]
            sells = flows.power > 0
            prices = flows.revenue[1] / np.where(sells, flows.power, 1.0)
            low = np.minimum(low, np.where(sells, prices, np.inf))
            high = np.maximum(high, np.where(sells, prices, -np.inf))
        if (high > low * (1 + 1e-9)).any():
            raise UserError(
                f"the price of compute depends on the design of {sizing.product.name}, which a market with tiers "
                "cannot weigh; give it a design",
                ("products", sizing.product.name, "variables"),
            )


def bought_designs(m: Any, sizing: Sizing, units: Array) -> dict[str, Array]:
    """The design that is bought in each period, of the solution that is loaded; arrays (periods,) by variable."""
    found = []
    for t, bought in enumerate(units):
        shares = {corner: float(m.units[corner, t].value or 0.0) for corner in sizing.corners} if bought else {}
        found.append(sizing.design(shares))
    return {name: np.array([design[name] for design in found]) for name in found[0]}


def sold_units(sizing: Sizing, c: Coefficients, m: Any, units: Array) -> dict[str, Array]:
    """Units of a product for each unit of a corner that is sold, by their power; arrays (vintages, all periods)."""
    power = {corner: c.flows[corner].power for corner in sizing.corners}
    total = np.zeros_like(next(iter(power.values())))
    for corner, each in power.items():
        shares = np.array([max(m.units[corner, v].value or 0.0, 0.0) for v in range(len(units))])
        total += shares[:, None] * each
    with np.errstate(divide="ignore", invalid="ignore"):
        return {corner: np.where(total > 0, each * units[:, None] / total, 0.0) for corner, each in power.items()}
