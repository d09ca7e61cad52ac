"""The plan that the engine ``plan`` solves: what can be bought in which period, what limits it, and what is wanted.

A unit of a product is one stack of its architecture: the nodes of one launch, or the halls of one site.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from sunfront.arrays import Array
from sunfront.equations.present_value import discount_force
from sunfront.problem.horizon import MONTH, Horizon
from sunfront.problem.problem import Problem

#: What becomes cheaper with the number that a plan buys.
Learned = Literal["nodes", "launches"]

Kind = Literal["npv", "irr", "roi", "peak_funding", "sold_energy", "in service", "added", "date"]

#: Returns, which are found by trials of the net present value.
RETURNS = ("irr", "roi")


@dataclass(frozen=True)
class Store:
    """Where units of a product are kept between factory and launch.

    Attributes:
        building: Names of the supplies that count as a unit is built; all others count as it is launched.
        most: Most units in store at the end of a period; infinite if there is no limit.
        cost: Of a unit in store, USD/s.
    """

    building: tuple[str, ...]
    most: float = np.inf
    cost: float = 0.0

    def counts_building(self, supply: Supply) -> bool:
        """Whether a supply counts as a unit is built, not as it is launched."""
        return supply.name in self.building


@dataclass(frozen=True)
class Product:
    """Something that can be bought in any number of units.

    Attributes:
        problem: Its model and settings.
        design: A value for each variable of the problem, SI and USD.
        values: Values over the calendar, by name of the parameter; arrays (periods,), SI and USD.
        available: First period in which it can be bought.
        whole: Units are whole.
        most: Most units over all periods; infinite if there is no limit.
        learning: What is charged by the number that was bought before; else the price is that of the own campaign.
        retires_early: Units may be retired before the end of their service.
        is_sized: The plan chooses the design of what is bought in each period, within the variables of the problem.
        store: Keeps units between factory and launch; None if they are launched in the period in which they are built.
    """

    name: str
    problem: Problem
    design: Mapping[str, float]
    values: Mapping[str, Array]
    available: int
    whole: bool = True
    most: float = np.inf
    learning: tuple[Learned, ...] = ()
    retires_early: bool = False
    is_sized: bool = False
    store: Store | None = None

    @property
    def retires_whole(self) -> bool:
        """Whether units that are bought in one period retire together: their design and their price are one."""
        return self.retires_early and (self.is_sized or bool(self.learning))


@dataclass(frozen=True)
class Modules:
    """Capacity that the plan may open, in modules.

    Attributes:
        capacity: Of one module in one period, SI.
        cost: USD, spent evenly over the period in which a module is opened.
        lead: Periods from the opening of a module to its first output.
        ramp: Share of its capacity in the periods after the lead; the last share holds on.
        most: Most modules over all periods.
    """

    capacity: float
    cost: float
    lead: int
    ramp: tuple[float, ...]
    most: int

    def share(self, age: int) -> float:
        """Share of the capacity that a module has, a number of periods after it was opened."""
        return 0.0 if age < self.lead else self.ramp[min(age - self.lead, len(self.ramp) - 1)]


@dataclass(frozen=True)
class Supply:
    """A limit on a quantity of several products together.

    Attributes:
        quantity: What is limited; products whose model lacks it need none of it.
        products: Names of the products that share the supply.
        unit: Display unit of the quantity.
        per_time: What is bought in a period is limited; else what is in service at its end.
        offered: Array (periods,): the most that is bought in each period, or in service at its end; SI.
        trust, source: How far the number may be relied on, and whence it is.
    """

    name: str
    quantity: str
    products: tuple[str, ...]
    unit: str
    per_time: bool
    offered: Array
    modules: Modules | None = None
    trust: str = "assumed"
    source: str = ""


@dataclass(frozen=True)
class Tier:
    """A part of the market: power that finds customers at a price relative to that of the product.

    Attributes:
        limits: Array (periods,): most power that is sold at this price in each period; the last one holds on.
            Infinite if there is no limit.
    """

    price: float
    limits: Array

    def most(self, periods: int) -> Array:
        """Most power that is sold at this price; array (periods,)."""
        return self.limits[np.minimum(np.arange(periods), len(self.limits) - 1)]


@dataclass(frozen=True)
class Goal:
    """An objective, or the left side of a constraint, of a plan.

    Attributes:
        kind: ``in service`` is an amount at the end of a period; ``added`` is what was bought in the year up to it, per
            year; ``date`` is the first period at whose end an amount reaches a limit.
        quantity: Of the last three kinds.
        period: Number of the period, of ``in service`` and ``added``.
        per_time: Of a ``date``: the limit is on what is added.
        limit: Of a ``date``: what must be reached, SI.
        unit: Display unit.
        text: As written.
    """

    kind: Kind
    text: str
    unit: str
    quantity: str = ""
    period: int = 0
    per_time: bool = False
    limit: float = 0.0


@dataclass(frozen=True)
class PlanObjective:
    """A goal, and whether more of it is better."""

    goal: Goal
    sense: Literal["maximize", "minimize"]

    @property
    def sign(self) -> int:
        """1 if more is better, else -1."""
        return 1 if self.sense == "maximize" else -1

    @property
    def name(self) -> str:
        """The goal as written."""
        return self.goal.text


@dataclass(frozen=True)
class PlanConstraint:
    """A limit on a goal, SI and USD."""

    goal: Goal
    sense: Literal[">=", "<="]
    limit: float
    text: str


@dataclass(frozen=True)
class Plan:
    """A problem over time.

    Attributes:
        capital: Most money that may have been spent, net of what was earned, at the end of any period; USD.
        tiers: Parts of the market, from the best price on; empty if everything is sold at the price of the product.
        discount_rate: As of every product, 1/s.
        shared: What products learn together: the kind, and their names in the order in which they buy within a period.
    """

    horizon: Horizon
    products: tuple[Product, ...]
    supplies: tuple[Supply, ...]
    tiers: tuple[Tier, ...]
    capital: float
    objectives: tuple[PlanObjective, ...]
    constraints: tuple[PlanConstraint, ...]
    discount_rate: float
    shared: tuple[tuple[Learned, tuple[str, ...]], ...] = ()

    @property
    def curves(self) -> list[tuple[Learned, tuple[Product, ...]]]:
        """The learning curves, each with the products that buy along it; one product, unless they share it."""
        every = [(kind, self.learners(p.name, kind)) for p in self.products for kind in p.learning]
        return [*{(kind, learners[0].name): (kind, learners) for kind, learners in every}.values()]

    def learners(self, name: str, kind: Learned) -> tuple[Product, ...]:
        """Products that learn together with one, itself among them, in the order in which they buy within a period."""
        names = next((names for each, names in self.shared if each == kind and name in names), (name,))
        return tuple(map(self.product, names))

    @property
    def date_index(self) -> int | None:
        """Number of the first objective that is a date; None without one."""
        return next((i for i, o in enumerate(self.objectives) if o.goal.kind == "date"), None)

    @property
    def discount_force(self) -> float:
        """Continuous discount rate, 1/s."""
        return float(discount_force(self.discount_rate, 12 * MONTH))

    def product(self, name: str) -> Product:
        """The product of a name."""
        return next(product for product in self.products if product.name == name)


def at_rate(plan: Plan, discount_rate: float) -> Plan:
    """A plan at another discount rate, 1/s."""

    def changed(product: Product) -> Product:
        problem = product.problem
        return replace(product, problem=replace(problem, values={**problem.values, "discount_rate": discount_rate}))

    return replace(plan, products=tuple(map(changed, plan.products)), discount_rate=discount_rate)


def same_products(plan: Plan, other: Plan) -> list[str]:
    """Names of the products that two plans of one horizon have as the same objects."""
    theirs = {product.name: product for product in other.products}
    is_same = plan.horizon == other.horizon
    return [product.name for product in plan.products if is_same and theirs.get(product.name) is product]


@dataclass(frozen=True)
class Decisions:
    """What a plan does.

    Attributes:
        units: Units bought, by product; of a product with a store, units launched; arrays (periods,).
        modules: Modules opened, by supply; arrays (periods,).
        sales: By product, the units of each vintage whose power is sold in each tier; arrays (tiers, vintages, all
            periods). Empty if the market has no tiers.
        retired: By product whose units may be retired early, the units of each vintage that retire as a period begins;
            arrays (vintages, all periods).
        designs: By product that the plan sizes, the value of each variable in what is bought in each period; arrays
            (periods,). Without meaning where nothing is bought.
        stored: By product with a store, the units that are built in one period and launched in a later one; arrays
            (periods, periods).
    """

    units: Mapping[str, Array]
    modules: Mapping[str, Array]
    sales: Mapping[str, Array]
    retired: Mapping[str, Array] = field(default_factory=dict)
    designs: Mapping[str, Mapping[str, Array]] = field(default_factory=dict)
    stored: Mapping[str, Array] = field(default_factory=dict)

    @property
    def built(self) -> dict[str, Array]:
        """Units built, by product with a store; arrays (periods,)."""
        return {name: self.units[name] - x.sum(axis=0) + x.sum(axis=1) for name, x in self.stored.items()}

    @property
    def in_store(self) -> dict[str, Array]:
        """Units in store at the end of each period, by product with a store; arrays (periods,)."""
        return {name: (x.sum(axis=1) - x.sum(axis=0)).cumsum() for name, x in self.stored.items()}

    def kept(self, name: str, vintage: int, periods: int) -> Array:
        """Share of a vintage that has not been retired early, in each period; array (periods,)."""
        if name not in self.retired:
            return np.ones(periods)
        bought = float(self.units[name][vintage])
        share: Array = 1 - self.retired[name][vintage].cumsum() / (bought or 1.0)
        return share


def as_bought(product: Product, decisions: Decisions, index: int) -> Product:
    """A product with the design that a plan buys in a period."""
    if product.name not in decisions.designs:
        return product
    return replace(product, design={v: float(x[index]) for v, x in decisions.designs[product.name].items()})


def as_json(decisions: Decisions) -> dict[str, Any]:
    """Decisions as data of a JSON file; what a plan does not have is left out."""
    parts = {"units": decisions.units, "modules": decisions.modules, "sales": decisions.sales}
    parts |= {name: x for name, x in (("retired", decisions.retired), ("stored", decisions.stored)) if x}
    found: dict[str, Any] = {part: _lists(arrays) for part, arrays in parts.items()}
    if decisions.designs:
        found["designs"] = {name: _lists(arrays) for name, arrays in decisions.designs.items()}
    return found


def from_json(data: Mapping[str, Any]) -> Decisions:
    """Decisions from data of a JSON file."""
    units, modules, sales = (_arrays(data[part]) for part in ("units", "modules", "sales"))
    designs = {name: _arrays(values) for name, values in data.get("designs", {}).items()}
    retired, stored = (_arrays(data.get(part, {})) for part in ("retired", "stored"))
    return Decisions(units, modules, sales, retired, designs, stored)


def _lists(arrays: Mapping[str, Array]) -> dict[str, Any]:
    return {name: values.tolist() for name, values in arrays.items()}


def _arrays(lists: Mapping[str, Any]) -> dict[str, Array]:
    return {name: np.array(values, float) for name, values in lists.items()}
