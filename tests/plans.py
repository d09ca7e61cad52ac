"""Plans that several test files share: small ones that can be enumerated, and how to write one as a file."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import numpy as np

from sunfront.engines.plan.coefficients import Coefficients
from sunfront.engines.plan.simulator import Simulation, Simulator
from sunfront.errors import Unverified
from sunfront.problem.plan import Decisions, Plan, Product
from sunfront.study.plan_study import PlanStudy

#: A satellite that earns money, and a hall; costs of the program for the satellite.
SMALL = """\
horizon: {{start: 2027-01, end: {end}, period: half-year}}
parameters: {{discount_rate: 8 %/year}}
products:
  bus:
    architecture: starlink_bus
    presets: [claimed_2026, ai1_satellite, launch_at_cost]
    parameters: {{compute_price: 25 USD/kWh, node_learning_rate: 0, launch_cadence: 4 1/year}}
  hall: {{architecture: terrestrial, parameters: {{nodes_per_site: 1, time_to_power: 0.5 year}}}}
supply:
  launches: {{limits: launches, offered: {launches}, source: test}}
  grid: {{limits: facility_load, offered: {grid}, source: test}}
objectives: [{objectives}]
"""


def load_small(
    folder: Path,
    objectives: str = "maximize npv",
    more: str = "",
    end: str = "2029-01",
    launches: str = "{2027-01: 2 1/year, 2029-01: 6 1/year}",
    grid: str = "{2027-01: 12 MW, 2029-01: 26 MW}",
    overrides: tuple[str, ...] = (),
) -> PlanStudy:
    """Write and load a plan of two products over four half-years."""
    path = folder / "small.yaml"
    path.write_text(SMALL.format(objectives=objectives, end=end, launches=launches, grid=grid) + more, "utf-8")
    return PlanStudy.load(path, overrides)


#: Values to try of variables, by name; of those that are not continuous all are tried if left out.
Tried = Mapping[str, Sequence[float]]

NONE: Tried = MappingProxyType({})


@dataclass(frozen=True)
class Bought:
    """What may be bought of a product in a period.

    Attributes:
        retires: As which periods begin each unit retires; None for the end of its service.
        design: Values of the continuous variables.
        early: Of a product with a store, how many of the units were built in each earlier period.
    """

    units: int
    retires: tuple[int | None, ...] = ()
    design: tuple[float, ...] = ()
    early: tuple[int, ...] = ()


class Choices:
    """What each product may be in each period: whole units, when they retire, which design they have.

    Attributes:
        count: Number of plans; with stores, no fewer than there are.
    """

    def __init__(self, plan: Plan, c: Coefficients, tried: Tried = NONE) -> None:
        self.plan, self.tried = plan, tried
        self.most = {p.name: [int(x) for x in c.most[p.name]] for p in plan.products}
        self.dates = {
            p.name: [
                [t for t in range(c.periods) if vintage is not None and vintage.may_retire(float(c.edges[t]))]
                for vintage in c.flows[p.name].vintages
            ]
            if p.retires_early
            else [[]] * plan.horizon.count
            for p in plan.products
        }
        self.early = {p.name: [int(x) for x in c.built_most(p)] for p in plan.products if p.store}
        self.built = [s for s in plan.supplies if s.modules is not None]
        self.count = math.prod(self._count(p) for p in plan.products) * math.prod(
            (s.modules.most + 1) ** plan.horizon.count for s in self.built
        )

    def _count(self, p: Product) -> int:
        designs = math.prod(len(self.tried[name]) for name in sized(p))
        each = [
            1
            + sum(
                designs * math.comb(len(dates) + n, n) * math.prod(map(len, self._stored(p, n, t)))
                for n in range(1, most + 1)
            )
            for t, (most, dates) in enumerate(zip(self.most[p.name], self.dates[p.name], strict=True))
        ]
        return math.prod(each) * math.prod(len(values) for values in self.chosen(p).values())

    def _stored(self, p: Product, units: int, index: int) -> list[range]:
        """How many of the units of a period may have been built in each earlier one."""
        return [range(min(most, units) + 1) for most in self.early[p.name][:index]] if p.store else []

    def chosen(self, product: Product) -> dict[str, Sequence[float]]:
        """Values of the variables that have one value in the whole plan."""
        variables = product.problem.variables if product.is_sized else ()
        return {v.name: self.tried.get(v.name, v.values) for v in variables if not v.is_continuous}

    def of(self, p: Product) -> Iterator[tuple[dict[str, float], tuple[Bought, ...]]]:
        """Values that hold in the whole plan, with what is bought in each period."""
        designs = list(itertools.product(*(self.tried[name] for name in sized(p))))
        each = [
            [Bought(0)]
            + [
                Bought(n, when, design, early)
                for n in range(1, most + 1)
                for when in itertools.combinations_with_replacement([None, *dates], n)
                for design in designs
                for early in itertools.product(*self._stored(p, n, t))
                if sum(early) <= n
            ]
            for t, (most, dates) in enumerate(zip(self.most[p.name], self.dates[p.name], strict=True))
        ]
        values = self.chosen(p)
        for given in itertools.product(*values.values()):
            for bought in itertools.product(*each):
                if sum(b.units for b in bought) <= p.most:
                    yield dict(zip(values, given, strict=True)), bought

    def modules(self) -> Iterator[dict[str, np.ndarray]]:
        """Modules that are opened in each period, by supply."""
        ranges = [range(s.modules.most + 1) for s in self.built for _ in range(self.plan.horizon.count)]
        for numbers in itertools.product(*ranges):
            rows = np.array(numbers, float).reshape(len(self.built), self.plan.horizon.count)
            yield {s.name: row for s, row in zip(self.built, rows, strict=True)}


def sized(product: Product) -> list[str]:
    """The continuous variables of a product that the plan sizes."""
    return [v.name for v in product.problem.variables if v.is_continuous] if product.is_sized else []


def enumerate_plans(plan: Plan, tried: Tried = NONE) -> list[tuple[tuple[float, ...], float, Decisions]]:
    """Simulate every combination of whole units and modules; return scores and npv of those that meet every limit.

    In a market with tiers the power that pays best after tax is sold first, which earns most in every period.
    """
    return [(done.scores, done.npv, decisions) for decisions, done in enumerate_simulations(plan, tried)]


def enumerate_simulations(plan: Plan, tried: Tried = NONE) -> list[tuple[Decisions, Simulation]]:
    """As ``enumerate_plans``."""
    c = Coefficients(plan)
    simulator, choices, found = Simulator(plan, c.periods), Choices(plan, c, tried), []
    assert choices.count < 2e5
    products = [list(choices.of(p)) for p in plan.products]
    for modules in choices.modules():
        for each in itertools.product(*products):
            decisions = _decide(plan, each, modules, c.periods)
            try:
                done = simulator.simulate(_sell(plan, simulator, decisions))
            except Unverified:
                continue
            if all(np.isfinite(done.scores)):
                found.append((decisions, done))
    return found


def _decide(
    plan: Plan,
    each: Sequence[tuple[dict[str, float], tuple[Bought, ...]]],
    modules: dict[str, np.ndarray],
    periods: int,
) -> Decisions:
    units, retired, designs, stored = {}, {}, {}, {}
    for p, (given, bought) in zip(plan.products, each, strict=True):
        units[p.name] = np.array([b.units for b in bought], float)
        if p.retires_early:
            gone = retired[p.name] = np.zeros((len(bought), periods))
            for v, b in enumerate(bought):
                for t in b.retires:
                    gone[v, slice(0) if t is None else t] += 1
        if p.store:
            stored[p.name] = np.array([[*b.early, *[0] * (len(bought) - len(b.early))] for b in bought], float).T
        if p.is_sized:
            own = [{**p.design, **given, **dict(zip(sized(p), b.design, strict=bool(b.units)))} for b in bought]
            designs[p.name] = {v.name: np.array([d[v.name] for d in own]) for v in p.problem.variables}
    return Decisions(units, modules, {}, retired, designs, stored)


def _sell(plan: Plan, simulator: Simulator, decisions: Decisions) -> Decisions:
    """Decisions with the sales that earn most in every period."""
    if not plan.tiers:
        return decisions
    sales = {p.name: np.zeros((len(plan.tiers), plan.horizon.count, simulator.periods)) for p in plan.products}
    sellers = []
    for p in plan.products:
        for v in np.flatnonzero(decisions.units[p.name]).tolist():
            campaign = simulator._campaign(simulator._bought(p.name, decisions, v), v)
            kept = decisions.units[p.name][v] * decisions.kept(p.name, v, simulator.periods)
            stacks = campaign.vintage.stacks
            income = (1 - campaign.vintage.tax_rate) * campaign.income[0]
            sellers.append((p.name, v, kept, campaign.power / stacks, income / stacks))
    left = np.array([tier.most(simulator.periods) for tier in plan.tiers])
    for t in range(simulator.periods):
        able = [s for s in sellers if s[3][t] > 0]
        for name, v, kept, power, _ in sorted(able, key=lambda s: -s[4][t] / s[3][t]):
            rest = kept[t]
            for k in range(len(plan.tiers)):
                sold = min(rest, max(left[k, t], 0.0) / power[t])
                sales[name][k, v, t] = sold
                left[k, t] -= sold * power[t]
                rest -= sold
    return replace(decisions, sales=sales)
