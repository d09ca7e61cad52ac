"""Resolve what a plan can buy: each product with its dates, its timelines and its learning."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from sunfront.cash_flow.learning import check_curve, check_shape
from sunfront.engines.plan.sized_variables import check_variables
from sunfront.errors import UnknownName, UserError
from sunfront.library.architectures import check_numbers, quantity_unit
from sunfront.problem.horizon import Horizon
from sunfront.problem.plan import Product
from sunfront.study.calendar import TimelineSpec, read_date
from sunfront.study.plan_learning import learned
from sunfront.study.plan_limits import middles
from sunfront.study.plan_specs import PlanKeys, ProductSpec
from sunfront.study.plan_stores import resolve_store

if TYPE_CHECKING:
    from sunfront.study.study import Study

#: Parameters that a plan sets itself, or that the whole plan must share at all dates.
NO_TIMELINE = ("discount_rate", "time_to_power", "campaign_duration", "cash_flow_period", "year")


def resolve_product(keys: PlanKeys, name: str, spec: ProductSpec, study: Study, horizon: Horizon) -> Product:
    """Resolve a product of a plan from its study, whose base design it is.

    Raises:
        UserError: A date, name or value is wrong; with the path of the key.
    """
    path = ("products", name)
    problem = study.problem
    available = int(np.ceil(float(problem.values["time_to_power"]) / horizon.length - 1e-9))
    if spec.available is not None:
        try:
            months = read_date(spec.available) - horizon.start
        except UserError as error:
            raise error.under(*path, "available") from None
        available = max(available, -(-months // horizon.months))
    if available >= horizon.count:
        raise UserError(
            f"{name} is not available before the end of the plan, {keys.horizon.end}: its time to power, or its "
            "date, is later; end the plan later, or leave it out",
            path,
        )
    if problem.values["cash_flow_period"]:
        raise UserError("a plan counts money as it flows; set cash_flow_period to 0 year", path)
    values = {}
    given: dict[str, tuple[tuple[str, ...], TimelineSpec]] = {
        parameter: (("timelines", parameter), timeline)
        for parameter, timeline in keys.timelines.items()
        if parameter not in spec.parameters
    }
    for parameter, timeline in spec.timelines.items():
        if parameter in spec.parameters:
            raise UserError(
                f"{parameter} has a value under parameters too; remove one of the two",
                (*path, "timelines", parameter),
            )
        given[parameter] = (*path, "timelines", parameter), timeline
    for parameter, (place, timeline) in given.items():
        column = _timeline(keys, study, parameter, timeline, place, horizon)
        if column is not None:
            values[parameter] = column
    _check_trend(study, values, path)
    most = np.inf if spec.at_most is None else float(spec.at_most)
    learning = learned(keys, name, spec)
    if spec.variables:
        _check_sized(spec, values, path)
    first = {v.name: v.choices[0] for v in problem.variables if v.labels}  # the base may have none of the presets
    product = Product(
        name,
        problem,
        {**first, **problem.base},
        values,
        available,
        spec.whole,
        most,
        tuple(learning),
        retires_early=spec.early_retirement,
        is_sized=bool(problem.variables),
        store=resolve_store(keys, spec, path),
    )
    if product.is_sized:
        check_variables(product)
    for kind, place in learning.items():
        try:
            check_curve(product, kind)
            check_shape(product, kind)
        except UserError as error:
            raise error.under(*place) from None
    return product


def _check_sized(spec: ProductSpec, values: Mapping[str, np.ndarray], path: tuple[str, str]) -> None:
    """Refuse what goes with a fixed design only."""
    if dated := sorted(spec.variables.keys() & values.keys()):
        raise UserError(f"{dated[0]} is a variable and has a timeline; remove one of the two", (*path, "variables"))


def _timeline(
    keys: PlanKeys, study: Study, name: str, spec: TimelineSpec, path: tuple[str, ...], horizon: Horizon
) -> np.ndarray | None:
    """Values at the middle of each period; None if the product has no such parameter."""
    arch = study.arch
    inputs = {*arch.model.inputs, *(eq.name for eq in arch.model)}
    if name not in inputs:
        if path[0] == "products":
            raise UnknownName(name, "parameter", inputs, path)
        return None
    if name in NO_TIMELINE:
        raise UserError(f"{name} is the same at all dates of a plan; give it under parameters", path)
    if name in keys.parameters and path[0] == "timelines":
        raise UserError(f"{name} has a value under parameters too; remove one of the two", path)
    if isinstance(study.settings[name].value if name in study.settings else 0.0, tuple):
        raise UserError(f"{name} holds the coefficients of a fit, which have no timeline; remove it", path)
    try:
        timeline = spec.resolve(horizon.start, quantity_unit(arch, name), name, partial(check_numbers, arch, name))
    except UserError as error:
        raise error.under(*path) from None
    return timeline.at(middles(horizon))


def _check_trend(study: Study, values: Mapping[str, np.ndarray], path: tuple[str, ...]) -> None:
    """Refuse a timeline of prices beside a trend of prices, which would count twice."""
    trend = study.problem.values.get("new_compute_price_decline", 0.0)
    if not trend or not values:
        return
    model = study.problem.model
    leads = {*model.inputs_of(["compute_price"], {*study.problem.values}), "compute_price"}
    if found := sorted(leads & values.keys()):
        raise UserError(
            f"{found[0]} has a timeline, and new_compute_price_decline lets prices fall too; set "
            "new_compute_price_decline to 0 1/year",
            path,
        )
