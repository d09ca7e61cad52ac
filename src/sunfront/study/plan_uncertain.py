"""Resolve what of a plan is uncertain until a date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from sunfront.cash_flow.learning import check_curve
from sunfront.engines.plan.sized_variables import check_variables
from sunfront.errors import UnknownName, UserError
from sunfront.library.architectures import check_numbers
from sunfront.problem.plan import Plan, Product
from sunfront.problem.scenarios import MOST_SCENARIOS, Factor, Target, over_time
from sunfront.study.calendar import read_date
from sunfront.study.plan_products import NO_TIMELINE
from sunfront.study.plan_specs import FactorSpec
from sunfront.study.study import Study
from sunfront.study.uncertainty import parse_distribution

#: Probabilities between which all draws lie.
FIRST, LAST = 0.5 / MOST_SCENARIOS, 1 - 0.5 / MOST_SCENARIOS


def resolve_factors(
    specs: Mapping[str, FactorSpec], plan: Plan, studies: Mapping[str, Study], groups: Mapping[str, tuple[str, ...]]
) -> tuple[Factor, ...]:
    """Resolve the key ``uncertain`` of a plan: a factor for each name and date.

    Args:
        groups: Products by the name in the file, of which one may stand for several designs.

    Raises:
        UserError: A name, date, unit or value is wrong; with the path of the key.
    """
    found: list[Factor] = []
    for name, spec in specs.items():
        try:
            found += _resolve(name, spec, plan, studies, groups)
        except UserError as error:
            raise error.under("uncertain", name) from None
    return tuple(found)


def _resolve(
    name: str, spec: FactorSpec, plan: Plan, studies: Mapping[str, Study], groups: Mapping[str, tuple[str, ...]]
) -> list[Factor]:
    target, of, parameter = _target(name, plan, studies, groups)
    unit = "year" if target == "available" else "1"
    distribution = parse_distribution(spec.distribution, "the delay" if unit == "year" else "the factor", unit)
    lowest, highest = (float(x) for x in distribution.quantile(np.array([FIRST, LAST])))
    if target != "available" and lowest < 0:
        raise UserError("a factor is negative; write what the value is multiplied by, such as 80 % to 130 %")
    factors = [
        Factor(name, target, of, parameter, distribution, _period(plan, text, i))
        for i, text in enumerate(spec.known or ("",))
    ]
    if repeated := [f.known for i, f in enumerate(factors) if f.known in [g.known for g in factors[:i]]]:
        raise UserError(f"two dates lie in {plan.horizon.label(repeated[0])}; remove one", ("known",))
    times = len(factors)
    for product in plan.products if target in ("parameter", "available") else ():
        if product.name not in of:
            continue
        if target == "available":
            _check_date(plan, product, max(factor.known for factor in factors))
            continue
        for factor in (lowest**times, highest**times):
            _check_values(plan, product, studies[product.name], parameter, factor)
    return factors


def _target(
    name: str, plan: Plan, studies: Mapping[str, Study], products: Mapping[str, tuple[str, ...]]
) -> tuple[Target, tuple[str, ...], str]:
    """What a name means: the target, the products or the supply, and the parameter."""
    supplies = {s.name: s for s in plan.supplies}
    first, dot, rest = name.partition(".")
    inputs = {p: {*study.arch.model.inputs, *(eq.name for eq in study.arch.model)} for p, study in studies.items()}
    known = {*products, *supplies, "market", *(each for names in inputs.values() for each in names)}
    if not dot:
        if name == "market":
            if not any(np.isfinite(tier.limits).all() for tier in plan.tiers):
                raise UserError("the market has no tier with up_to, so that demand has no limit; give it one")
            return "market", (), ""
        if name in products or name in supplies:
            key = "available" if name in products else "offered"
            raise UserError(f"write what of {name} is uncertain, such as {name}.{key}")
        of = tuple(p for p in inputs if name in inputs[p])
        if not of:
            raise UnknownName(name, "parameter, product, supply or market", known)
        return "parameter", of, name
    if first in supplies and rest == "offered":
        return "offered", (first,), ""
    if first in products and rest == "available":
        return "available", products[first], ""
    if first in products:
        names = inputs[products[first][0]]
        if rest not in names:
            raise UnknownName(rest, f"parameter of {first}", {*names, "available"})
        return "parameter", products[first], rest
    if first in supplies:
        raise UnknownName(rest, f"uncertain part of {first}", {"offered"})
    raise UnknownName(first, "product or supply", {*products, *supplies})


def _period(plan: Plan, text: float | str, index: int) -> int:
    """Number of the period from whose start on a factor is known."""
    horizon = plan.horizon
    if text == "":
        known = -(-12 // horizon.months)
        if known >= horizon.count:
            raise UserError("the plan ends within its first year; say from which date on this is known, under known")
        return known
    try:
        months = read_date(text) - horizon.start
    except UserError as error:
        raise error.under("known", index) from None
    known = -(-months // horizon.months)
    if not 0 < known < horizon.count:
        span = f"{horizon.label(1)} to {horizon.label(horizon.count - 1)}"
        raise UserError(
            f"{text}: something is decided before it is known, and something after; write a date in {span}",
            ("known", index),
        )
    return known


def _check_date(plan: Plan, product: Product, known: int) -> None:
    if product.available < known:
        label = plan.horizon.label
        raise UserError(
            f"{product.name} is available from {label(product.available)} on, before its delay is known, "
            f"{label(known)}; give an earlier date under known, or a later one under available"
        )


def _check_values(plan: Plan, product: Product, study: Study, name: str, factor: float) -> None:
    """Raise UserError unless a factor of a parameter leaves a product that can be."""
    if name in NO_TIMELINE:
        raise UserError(f"{name} is the same at all dates of a plan, and cannot become known later; remove it")
    if name in study.settings and isinstance(study.settings[name].value, tuple):
        raise UserError(f"{name} holds the coefficients of a fit, which cannot be uncertain; remove it")
    try:
        values = over_time(product, name, plan.horizon.count) * factor
    except KeyError:
        inputs = ", ".join(study.arch.model[name].inputs)
        raise UserError(
            f"{name} of {product.name} is computed, from {inputs}; make these uncertain, or give it a timeline"
        ) from None
    check_numbers(study.arch, name, values)
    changed = replace(product, values={**product.values, name: values})
    if product.is_sized:
        check_variables(changed)
    for kind in product.learning:
        check_curve(changed, kind)
