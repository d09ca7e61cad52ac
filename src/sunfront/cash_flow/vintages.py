"""The flows of money of one stack by the period in which it is bought: what a plan adds up.

What is bought in a period is a campaign of the model: its stacks are spread evenly over the period, and time to power
is the time from the start of the plan. So each flow is that of the cash-flow table, with the same equations. Prices
that depend on the size of an order, of launches and of nodes, are those of the product's own campaign, or given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from sunfront.arrays import Array
from sunfront.cash_flow.flows import (
    OWNERS,
    Element,
    Payment,
    Stream,
    depreciation,
    level,
    owners_elements,
    scaled,
    sold,
)
from sunfront.cash_flow.integration import integrate
from sunfront.cash_flow.table import SCHEDULE, add_up, check_closed_forms, design_elements, last_date
from sunfront.errors import UserError
from sunfront.problem.plan import Product
from sunfront.problem.problem import Problem, as_columns

#: Quantities that depend on the duration of the campaign and are no dates: they are those of the product's campaign.
OF_THE_CAMPAIGN = ("launches", "cumulative_launched_mass", "flights")

#: Elements of the cash flow that do not grow with the number of stacks.
OF_THE_PROGRAM = ("development", "fixed")

#: What is depreciated besides the rest of the capital.
OTHER_ASSETS = ("compute_capex", "refresh_capex", "expected_claim", "interest_during_construction")


@dataclass(frozen=True)
class Vintage:
    """What is bought in one period, all stacks of the product's own campaign; SI and USD.

    Attributes:
        values: Quantities of the model.
        elements: Flows that grow with the number of stacks. Tax is without that on revenue, which depends on what is
            sold, and at which price.
        deducted: What is deducted from taxed income of what all stacks cost; none without tax.
        development: What is spent before the first purchase, if this is the first, less the tax that it saves; None if
            nothing is.
        fixed: What is paid each year while the program lasts, whatever its size, less the tax that it saves.
    """

    values: Mapping[str, float]
    elements: tuple[Element, ...]
    deducted: tuple[Payment | Stream, ...]
    development: Element | None
    fixed: float

    @property
    def stacks(self) -> float:
        """Number of stacks of the campaign."""
        return self.values["stacks"]

    @property
    def income(self) -> tuple[Element, ...]:
        """What customers pay."""
        return tuple(element for element in self.elements if element.kind == "revenue")

    @property
    def costs(self) -> tuple[Element, ...]:
        """All elements but revenue."""
        return tuple(e for e in self.elements if e.kind != "revenue")

    @property
    def tax_rate(self) -> float:
        """Share of revenue that is paid as tax."""
        return self.values.get("tax_rate", 0.0)

    @property
    def begin(self) -> float:
        """Date at which its first stack enters service, in seconds from the start of the plan."""
        return self.values["time_to_power"] + self.values["deployment_delay"]

    @property
    def end(self) -> float:
        """Date at which its last stack leaves service."""
        return self.begin + self.values["campaign_duration"] + self.values["host_service"]

    @property
    def last_date(self) -> float:
        """Date of its last payment: its end, or later where a loan is paid back after that."""
        return last_date(self.values)

    def entered(self, date: Array | float) -> Array:
        """Share of its stacks that have entered service by a date, or by each of an array of dates."""
        found: Array = np.clip((np.asarray(date) - self.begin) / self.values["campaign_duration"], 0.0, 1.0)
        return found

    def in_service(self, date: Array | float) -> Array:
        """Share of its stacks that are in service at a date, or at each of an array of dates."""
        return self.entered(date) - self.entered(np.asarray(date) - self.values["host_service"])

    def may_retire(self, date: float) -> bool:
        """Whether all its stacks are in service at a date, so that they may retire early then."""
        first = self.begin + self.values["campaign_duration"]
        rounding = 1e-9 * self.values["host_service"]
        return first - rounding <= date < self.begin + self.values["host_service"] - rounding

    def brings(self, edges: Array) -> Array:
        """What it brings at that date that all stacks retire early as a period begins; array (periods,), USD.

        Nodes and the accelerators on board bring the residual values of the end of their service. What is owed of the
        loan is repaid. The residual values are taxed, and what is not yet deducted of the assets is deducted.
        """

        def left(flows: Iterable[Payment | Stream]) -> Array:
            """What flows pay from the begin of each period on."""
            total = np.zeros(len(edges) - 1)
            for flow in flows:
                total += integrate(flow, edges, 0.0, self.values["year"])[0]
            return total[::-1].cumsum()[::-1]

        def of(name: str) -> Array:
            return left(flow for e in self.elements if e.name == name for flow in e.flows)

        sold_for = sum(
            e.flows[-1].amount for e in self.elements if e.kind == "residual" and isinstance(e.flows[-1], Payment)
        )
        book = left(self.deducted) + of("refresh")  # what is exchanged later is deducted, but not bought either
        found: Array = sold_for + of("principal") - self.tax_rate * (sold_for - book)
        return found

    def integrated(self, elements: Iterable[Element], edges: Array) -> Array:
        """What elements pay in each period between ``edges``, and its value at the start; array (2, periods)."""
        total = np.zeros((2, len(edges) - 1))
        for element in elements:
            for flow in element.flows:
                total += integrate(flow, edges, self.values["discount_force"], self.values["year"])
        return total

    def saved(self, costs: Array, edges: Array, index: int, brings: float) -> Array:
        """What it changes that all stacks retire early, as a period begins: they cost nothing more, and are sold.

        Args:
            costs: What the stacks pay without it, as paid and discounted; array (2, periods).
            brings: As ``brings``, of that period.
        """
        force, year = self.values["discount_force"], self.values["year"]
        found = integrate(Payment(brings, float(edges[index]), 0.0), edges, force, year)
        found[:, index:] -= costs[:, index:]
        return found

    def sold_energy(self, edges: Array) -> Array:
        """IT energy that customers use of it in each period between ``edges``, J; array (periods,)."""
        v = self.values
        ramp = tuple(multiple * v["utilization_ramp_time"] for multiple in (4, 12, 28, 60))
        total = np.zeros(len(edges) - 1)
        for generation in range(round(v["accelerator_generations"])):
            begin = self.begin + generation * v["service_life"]
            stream = Stream(lambda age, _: sold(v, age), begin, v["service_life"], v["campaign_duration"], ramp)
            total += integrate(stream, edges, 0.0, v["year"])[0]
        return total

    def fixed_between(self, begin: float, end: float, edges: Array) -> Array:
        """What the program costs in each period from a date to another, as paid and discounted; array (2, periods)."""
        if not self.fixed or end <= begin:
            return np.zeros((2, len(edges) - 1))
        period = self.values["cash_flow_period"]
        stream = Stream(level(-self.fixed / self.values["year"]), begin, end - begin, 0.0, (), period)
        return integrate(stream, edges, self.values["discount_force"], self.values["year"])


def vintage_problem(product: Product, index: int, begin: float, length: float) -> Problem:
    """The product's problem as if it were bought in one period.

    Args:
        index: Number of the period.
        begin, length: Of the period, in seconds from the start of the plan.
    """
    problem, design = product.problem, dict(product.design)
    values = dict(problem.values) | {name: float(column[index]) for name, column in product.values.items()}
    problem = replace(problem, values={name: x for name, x in values.items() if name not in design})
    kept = [name for name in ("stacks", *OF_THE_CAMPAIGN) if name in problem.model and name not in values]
    own = {name: float(x[0]) for name, x in problem.evaluate(as_columns(design), kept).items()} if kept else {}
    dates = {"time_to_power": begin, "campaign_duration": length}
    return replace(problem, values={**problem.values, **own, **dates})


def buy(
    product: Product, index: int, begin: float, length: float, prices: Mapping[str, float] | None = None
) -> Vintage:
    """The campaign that is bought in one period; arguments as ``vintage_problem``.

    Args:
        prices: Quantities that are given in place of their equations; SI and USD.

    Raises:
        UserError: The model lacks what a cash flow needs.
        NotFinite: A quantity is NaN or infinite.
        Unverified: The flows do not add up to the closed forms of the model.
    """
    problem = _with_values(vintage_problem(product, index, begin, length), prices or {})
    values, elements = design_elements(problem, product.design, ("stacks",))
    _check(problem, values, elements)
    owned = {**values, SCHEDULE: problem.values.get(SCHEDULE)}
    tax_rate, cost = values.get("tax_rate", 0.0), values.get("development_cost", 0.0)
    development = next((e for e in elements if e.name == "development" and cost), None)
    if development is not None and tax_rate:
        written_off = depreciation({**owned, **dict.fromkeys(OTHER_ASSETS, 0.0), "capex": cost})
        saved = tuple(scaled(flow, tax_rate) for flow in written_off)
        development = replace(development, flows=(*development.flows, *saved))
    units = [e for e in elements if e.name not in OF_THE_PROGRAM and e.kind not in ("debt", "tax")]
    deducted: list[Payment | Stream] = []
    if values.keys() >= OWNERS - {SCHEDULE}:
        costs = [e for e in units if e.kind != "revenue"]
        own = {**owned, "capex": values["capex"] - cost}
        units += owners_elements(own, costs)
        deducted = depreciation(own) if tax_rate else []
    fixed = values.get("annual_fixed_cost", 0.0) * (1 - tax_rate)
    return Vintage(values, tuple(units), tuple(deducted), development, fixed)


def purchase_problem(
    product: Product, index: int, begin: float, length: float, prices: Mapping[str, float] | None = None
) -> Problem:
    """As ``vintage_problem``, without what the program costs; ``prices`` as of ``buy``."""
    problem = vintage_problem(product, index, begin, length)
    zero = {name: 0.0 for name in ("development_cost", "annual_fixed_cost") if name in problem.model}
    return _with_values(problem, {**zero, **(prices or {})})


def closed_npv(
    product: Product, index: int, begin: float, length: float, prices: Mapping[str, float] | None = None
) -> float:
    """Net present value of the campaign by the closed forms of the model, without what the program costs; USD.

    Args:
        prices: As ``buy``.
    """
    problem = purchase_problem(product, index, begin, length, prices)
    return float(problem.evaluate(as_columns(product.design), ["npv"])["npv"][0])


def owners_invest(product: Product, index: int, begin: float, length: float) -> tuple[float, float]:
    """Present value of what the owners invest: in one stack, and in the development of the product; USD.

    Raises:
        UserError: The model does not say it.
    """
    problem = vintage_problem(product, index, begin, length)
    names = ["present_value_of_equity", "development_cost", "development_discount", "stacks"]
    if names[0] not in problem.model:
        raise UserError(f"{names[0]} of {product.name} is not computed, so that a plan has no roi; maximize npv")
    found = problem.evaluate(as_columns(product.design), names)
    equity, cost, discount, stacks = (float(found[name][0]) for name in names)
    return (equity - cost * discount) / stacks, cost * discount


def _with_values(problem: Problem, values: Mapping[str, float]) -> Problem:
    return replace(problem, values={**problem.values, **values}) if values else problem


def _check(problem: Problem, values: Mapping[str, float], elements: list[Element]) -> None:
    """Hold the flows to the closed forms of the model, over years from the first purchase to the last payment."""
    begin = values["time_to_power"]
    count = int(np.ceil((last_date(values) - begin) / values["year"]))
    edges = np.concatenate([[0.0], begin + np.arange(count + 2.0) * values["year"]])
    check_closed_forms(problem, add_up(elements, dict(values), np.unique(edges)))


def payment(amount: float, begin: float, spread: float, edges: Array, force: float) -> Array:
    """What an amount spent evenly over a time costs in each period, and its value at the start; array (2, periods)."""
    return integrate(Payment(-amount, begin, spread), edges, force, spread)
