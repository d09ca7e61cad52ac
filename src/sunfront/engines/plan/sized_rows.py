"""Rows of the program for products whose design the plan chooses: units are shares of corners, of one region."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sunfront.arrays import Array
from sunfront.engines.plan.rows import linear
from sunfront.engines.plan.sizing import Sizing
from sunfront.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sunfront.engines.plan.coefficients import Coefficients


def add_sizing(m: Any, sizing: Sizing, most: Mapping[str, Array], count: int) -> None:
    """Tie the units of a product to the shares of its corners.

    All that is bought has the same values of the variables that are not sized; what is bought in one period lies in one
    region.
    """
    name = sizing.product.name
    for t in range(count):
        shares = [(1.0, m.units[corner, t]) for corner in sizing.corners]
        m.rows.add(linear([*shares, (-1.0, m.units[name, t])]) == 0)
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


def check_prices(sizing: Sizing, c: Coefficients) -> None:
    """Raise UserError unless all designs earn the same with a unit of power, so that tiers can take any of it."""
    shape = c.flows[sizing.product.name].power.shape
    low, high = np.full(shape, np.inf), np.full(shape, -np.inf)
    for corner in sizing.corners:
        flows = c.flows[corner]
        sells = flows.power > 0
        prices = flows.revenue[1] / np.where(sells, flows.power, 1.0)
        low = np.minimum(low, np.where(sells, prices, np.inf))
        high = np.maximum(high, np.where(sells, prices, -np.inf))
    if (high > low * (1 + 1e-9)).any():
        raise UserError(
            f"the price of compute depends on the design of {sizing.product.name}, which a market with tiers cannot "
            "weigh; give it a design",
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
