"""What of a plan is uncertain until a date, and the plan as it becomes in one scenario.

Until a factor is known, its nominal value holds, for what is decided and for what is paid; from then on its draw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from sunfront.arrays import Array
from sunfront.library.distributions import Distribution
from sunfront.problem.plan import Plan, Product

#: Most scenarios; the range of a factor is checked at the quantiles of their first and last.
MOST_SCENARIOS = 1000

#: What a factor multiplies; that of a date is added to it.
Target = Literal["parameter", "available", "offered", "market"]


@dataclass(frozen=True)
class Factor:
    """Something that is uncertain until a period.

    Attributes:
        name: As written.
        target: "parameter" of products, "available" of a product, "offered" of a supply, or tiers of the "market".
        of: Names of the products or of the supply; none of the market.
        parameter: Name of the parameter.
        distribution: Of what the value is multiplied by; of "available", of the delay in seconds.
        known: Number of the period from whose start on it is known; later draws of one name multiply earlier ones.
    """

    name: str
    target: Target
    of: tuple[str, ...]
    parameter: str
    distribution: Distribution
    known: int


def draw(factors: Sequence[Factor], count: int, seed: int) -> Array:
    """Draw scenarios by Latin hypercube: each factor is at the middle of each of ``count`` equally likely parts once.

    Returns:
        Array (scenarios, factors).
    """
    from scipy.stats import qmc

    rng = np.random.default_rng([seed, count])
    shares = qmc.LatinHypercube(len(factors), scramble=False, rng=rng).random(count)
    return np.stack([factor.distribution.quantile(shares[:, i]) for i, factor in enumerate(factors)], axis=1)


def stages(factors: Sequence[Factor]) -> list[int]:
    """Periods at whose start something becomes known, ascending."""
    return sorted({factor.known for factor in factors})


def in_scenario(plan: Plan, factors: Sequence[Factor], draws: Array, until: int | None = None) -> Plan:
    """The plan as it is in one scenario.

    Args:
        draws: Value of each factor, array (factors,).
        until: What becomes known after this period is at its nominal value.
    """
    for factor, value in zip(factors, draws.tolist(), strict=True):
        if until is None or factor.known <= until:
            plan = _with_factor(plan, factor, value)
    return plan


def _with_factor(plan: Plan, factor: Factor, value: float) -> Plan:
    known = factor.known
    if factor.target in ("parameter", "available"):
        products = tuple(
            _changed(plan, product, factor, value) if product.name in factor.of else product
            for product in plan.products
        )
        return replace(plan, products=products)
    if factor.target == "offered":
        supplies = tuple(
            replace(supply, offered=_multiplied(supply.offered, known, value)) if supply.name in factor.of else supply
            for supply in plan.supplies
        )
        return replace(plan, supplies=supplies)
    count = plan.horizon.count
    tiers = tuple(
        replace(tier, limits=_multiplied(tier.most(count), known, value)) if np.isfinite(tier.limits).all() else tier
        for tier in plan.tiers
    )
    return replace(plan, tiers=tiers)


def _changed(plan: Plan, product: Product, factor: Factor, value: float) -> Product:
    if factor.target == "available":
        periods = int(np.ceil(value / plan.horizon.length - 1e-9))
        return replace(product, available=max(product.available + periods, factor.known))
    name = factor.parameter
    return replace(
        product,
        values={**product.values, name: _multiplied(over_time(product, name, plan.horizon.count), factor.known, value)},
    )


def over_time(product: Product, name: str, count: int) -> Array:
    """Nominal value of a parameter of a product in each period; array (periods,).

    Raises:
        KeyError: It is computed.
    """
    if name in product.values:
        return product.values[name]
    return np.full(count, float(product.problem.values[name]))


def _multiplied(values: Array, known: int, factor: float) -> Array:
    return np.where(np.arange(len(values)) >= known, values * factor, values)
