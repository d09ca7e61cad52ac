"""Walk through the periods of a plan with its decisions: every amount, cost and flow of money anew from the equations.

It reads no coefficient of the program, so that each holds the other to account.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property

import numpy as np

from sunfront.arrays import Array
from sunfront.cash_flow.learning import CHARGED, Curve, charged, spans
from sunfront.cash_flow.store import buy_from_store, closed_npv_from_store
from sunfront.cash_flow.vintages import (
    Vintage,
    buy,
    closed_npv,
    owners_invest,
    payment,
    vintage_problem,
)
from sunfront.engines.plan.amounts import per_unit
from sunfront.errors import Unverified
from sunfront.problem.horizon import MONTH
from sunfront.problem.plan import (
    Decisions,
    Goal,
    Learned,
    Plan,
    Product,
    Supply,
    as_bought,
    as_json,
    at_rate,
    same_products,
)
from sunfront.problem.problem import as_columns

#: Relative tolerance of limits, and of money relative to all that is paid and received.
TOLERANCE = 1e-6

YEAR = 12 * MONTH

#: Discount rates between which the rate of return is looked for, 1/year.
RATES = (0.0, 0.03, 0.1, 0.3, 1.0, 10.0)

#: Relative distance from its estimate within which the rate of return is sought first.
NEAR = 0.005


@dataclass(frozen=True)
class Simulation:
    """What becomes of a plan. Money in USD, amounts in SI; arrays (all periods,) unless stated otherwise.

    Attributes:
        paid, earned: Money that leaves and that comes in each period; both positive.
        npv: Of all flows, after the horizon too.
        turnover: Sum of all discounted amounts without their signs: the size that money is compared with.
        power: Mean power that customers use, by product; arrays (all periods,).
        scores: Value of each objective.
        used, offered: Of each supply by period; arrays (periods,) or (all periods,).
    """

    paid: Array
    earned: Array
    npv: float
    turnover: float
    power: Mapping[str, Array]
    scores: tuple[float, ...]
    used: Mapping[str, Array]
    offered: Mapping[str, Array]

    @cached_property
    def balance(self) -> Array:
        """Money at the end of each period, from none at the start."""
        found: Array = (self.earned - self.paid).cumsum()
        return found

    @property
    def peak_funding(self) -> float:
        """Most money that has been spent net of what was earned."""
        return max(0.0, -float(self.balance.min()))


@dataclass(frozen=True)
class _Campaign:
    """What a period's purchase brings, all stacks of the product's own campaign.

    Attributes:
        prices: What learning leaves of prices, by quantity of the model; SI and USD. Empty without learning.
        closed: Net present value by the closed forms of the model.
        costs, income: As paid and discounted, without the tax on income; arrays (2, all periods).
        power: Mean power that customers use, array (all periods,).
        edges: Ends of all periods.
    """

    vintage: Vintage
    prices: Mapping[str, float]
    closed: float
    costs: Array
    income: Array
    power: Array
    edges: Array

    @cached_property
    def brings(self) -> Array:
        """As ``Vintage.brings``."""
        return self.vintage.brings(self.edges)


@dataclass
class _Money:
    """Money that adds up while a plan is walked through; as in ``Simulation``."""

    paid: Array
    earned: Array
    npv: float = 0.0
    turnover: float = 0.0

    def pay(self, costs: Array) -> None:
        """Add costs, negative, as paid and discounted; array (2, all periods)."""
        self.paid = self.paid - costs[0]
        self.npv += float(costs[1].sum())
        self.turnover += float(np.abs(costs[1]).sum())

    def earn(self, income: Array, share: Array) -> None:
        """Add a share of an income in each period; arrays (2, all periods) and (all periods,)."""
        self.earned = self.earned + income[0] * share
        self.npv += float(income[1] @ share)
        self.turnover += float(np.abs(income[1]).sum())


@dataclass
class _Known:
    """What was computed of a product; simulators share it whose product is the same.

    Attributes:
        campaigns, invested, steps: By period of purchase; steps by kind of learning too.
        from_store: By period of building and of launch.
        programs: By first period of building, first and last period of purchase.
        amounts: By quantity, in what is bought in each period.
        learned: By period, what was bought before, and what is bought.
        designs: The same, of a product whose design a plan chooses, by the design.
        feasible: Periods in which a design that a plan chose is known to meet its constraints.
    """

    campaigns: dict[int, _Campaign] = field(default_factory=dict)
    from_store: dict[tuple[int, int], _Campaign] = field(default_factory=dict)
    programs: dict[tuple[int, int, int], Array] = field(default_factory=dict)
    amounts: dict[str, Array] = field(default_factory=dict)
    designs: dict[tuple[float, ...], _Known] = field(default_factory=dict)
    invested: dict[int, tuple[float, float]] = field(default_factory=dict)
    steps: dict[tuple[Learned, int], float] = field(default_factory=dict)
    learned: dict[tuple[object, ...], _Campaign] = field(default_factory=dict)
    feasible: set[int] = field(default_factory=set)


class Simulator:
    """Simulates plans of one problem; what is bought in a period is computed once.

    Args:
        periods: Number of all periods, up to the end of service of what is bought last.
        like: Of a plan with the same horizon; what it has computed of products that are the same objects is used.
    """

    def __init__(self, plan: Plan, periods: int, like: Simulator | None = None) -> None:
        self.plan, self.periods = plan, periods
        self.edges: Array = np.arange(periods + 1.0) * plan.horizon.length
        self._known: dict[str, _Known] = {p.name: _Known() for p in plan.products}
        self._at_rates: dict[float, Simulator] = {}
        self._rates: dict[str, float] = {}  # rates of return, by decisions
        if like is not None and like.periods == periods:
            self._known |= {name: like._known[name] for name in same_products(plan, like.plan)}

    def simulate(self, decisions: Decisions) -> Simulation:
        """Walk through all periods.

        Raises:
            Unverified: The decisions break a limit of the plan, or its money does not add up to the closed forms.
        """
        plan = self.plan
        money = _Money(np.zeros(self.periods), np.zeros(self.periods))
        power = {p.name: self._operate(p.name, decisions, money) for p in plan.products}
        self._check_sales(decisions)
        self._open_modules(decisions, money)
        used, offered = self._supplies(decisions)
        plain = Simulation(money.paid, money.earned, money.npv, money.turnover, power, (), used, offered)
        if plain.peak_funding > plan.capital + TOLERANCE * max(plain.turnover, 1.0):
            raise Unverified("the plan spends more than the capital", "capital")
        for constraint in plan.constraints:
            value = self.value(constraint.goal, plain, decisions)
            slack = (value - constraint.limit) * (1 if constraint.sense == ">=" else -1)
            size = plain.turnover if constraint.goal.kind in ("npv", "peak_funding") else abs(constraint.limit)
            if slack < -TOLERANCE * max(size, 1e-300):
                raise Unverified(f"the plan does not meet {constraint.text}", constraint.text)
        return replace(plain, scores=tuple(self.value(o.goal, plain, decisions) for o in plan.objectives))

    def _operate(self, name: str, decisions: Decisions, money: _Money) -> Array:
        """Pay for and earn with what is bought of a product; return the power that customers use."""
        units = decisions.units[name]
        self._check_units(name, units)
        self._check_designs(name, decisions)
        self._check_store(name, decisions)
        power, closed, added = np.zeros(self.periods), 0.0, 0.0
        bought = np.flatnonzero(units > 0).tolist()
        learned = self._learn(name, decisions)
        for t in bought:
            campaign = learned.get(t) or self._campaign(self._bought(name, decisions, t), t)
            kept = share = sold = decisions.kept(name, t, self.periods)
            if self.plan.tiers:
                shares = decisions.sales[name][:, t] / units[t]
                sold = shares.sum(axis=0)
                if (shares < -TOLERANCE).any() or (sold > kept + TOLERANCE).any():
                    raise Unverified(f"the plan sells more of {name} of {self.plan.horizon.label(t)} than it has", name)
                share = np.array([tier.price for tier in self.plan.tiers]) @ shares
            built = self._built(name, decisions, t, campaign)
            for each, number in built:
                money.pay(number / each.vintage.stacks * each.costs)
            for r, gone in self._retired(name, decisions, t, campaign.vintage):
                saved = campaign.vintage.saved(campaign.costs, self.edges, r, campaign.brings[r])
                money.pay(gone / campaign.vintage.stacks * saved)
            for each, number in built:
                n, tax_rate = number / each.vintage.stacks, each.vintage.tax_rate
                money.earn(n * each.income, share)
                money.pay(-n * tax_rate * each.income * share)
                closed += n * each.closed
                added += n * float(each.costs[1].sum() + (1 - tax_rate) * each.income[1].sum())
                power += n * each.power * sold
        if abs(added - closed) > TOLERANCE * max(money.turnover, 1.0):
            raise Unverified(f"the flows of {name} do not add up to the net present value of the model", "npv")
        if bought:
            money.pay(self._program(name, bought, decisions))
        return power

    def _built(self, name: str, decisions: Decisions, index: int, campaign: _Campaign) -> list[tuple[_Campaign, float]]:
        """What is launched in a period, by when it was built: campaigns with their units.

        Args:
            campaign: Of what is built in the period itself.
        """
        if name not in decisions.stored:
            return [(campaign, float(decisions.units[name][index]))]
        product, stored = self.plan.product(name), decisions.stored[name][:, index]
        early = [(self._from_store(product, b, index), float(stored[b])) for b in np.flatnonzero(stored).tolist()]
        return [(campaign, float(decisions.units[name][index] - stored.sum())), *early]

    def _check_store(self, name: str, decisions: Decisions) -> None:
        product = self.plan.product(name)
        if product.store is None:
            if name in decisions.stored:
                raise Unverified(f"the plan stores {name}, which has no store", name)
            return
        stored = decisions.stored[name]
        is_over = (decisions.in_store[name] > product.store.most).any()
        is_early = np.tril(stored).any() or stored[: product.available].any()
        if is_over or is_early or (stored < 0).any() or (stored.sum(axis=0) > decisions.units[name]).any():
            raise Unverified(f"the plan stores {name} as it cannot", name)
        if (stored != np.round(stored)).any():
            raise Unverified(f"the plan stores a part of a unit of {name}", name)

    def _retired(self, name: str, decisions: Decisions, index: int, vintage: Vintage) -> list[tuple[int, float]]:
        """Units of a vintage that retire early, with the period as which begins they do."""
        if name not in decisions.retired:
            return []
        product, retired = self.plan.product(name), decisions.retired[name][index]
        found = [(int(r), float(retired[r])) for r in np.flatnonzero(retired)]
        may = product.retires_early and all(n > 0 and vintage.may_retire(float(self.edges[r])) for r, n in found)
        if not may or retired.sum() > decisions.units[name][index] * (1 + TOLERANCE):
            raise Unverified(f"the plan retires units of {name} that it cannot retire", name)
        if product.whole and (retired != np.round(retired)).any():
            raise Unverified(f"the plan retires a part of a unit of {name}", name)
        if product.retires_whole and any(n != decisions.units[name][index] for _, n in found):
            raise Unverified(f"the plan retires a part of what it bought of {name} in one period", name)
        return found

    def _check_sales(self, decisions: Decisions) -> None:
        for k, tier in enumerate(self.plan.tiers):
            sold = np.zeros(self.periods)
            for name, sales in decisions.sales.items():
                for t in np.flatnonzero(decisions.units[name] > 0).tolist():
                    campaign = self._campaign(self._bought(name, decisions, t), t)
                    sold += campaign.power / campaign.vintage.stacks * sales[k, t]
            if (sold > tier.most(self.periods) * (1 + TOLERANCE) + TOLERANCE).any():
                raise Unverified(f"the plan sells more than the market takes in its tier {k + 1}")

    def _open_modules(self, decisions: Decisions, money: _Money) -> None:
        horizon, force = self.plan.horizon, self.plan.discount_force
        for supply in self.plan.supplies:
            if supply.modules is None:
                continue
            opened = decisions.modules[supply.name]
            if opened.sum() > supply.modules.most or (opened < 0).any() or (opened != np.round(opened)).any():
                raise Unverified(f"the plan opens modules of {supply.name} that it cannot have", supply.name)
            for t in np.flatnonzero(opened).tolist():
                cost = payment(supply.modules.cost, horizon.begin(t), horizon.length, self.edges, force)
                money.pay(opened[t] * cost)

    def value(self, goal: Goal, found: Simulation, decisions: Decisions) -> float:
        """Value of a goal, SI and USD; of a date, the number of the period, infinite if it is never reached."""
        if goal.kind == "npv":
            return found.npv
        if goal.kind == "irr":
            key = json.dumps(as_json(decisions))
            if key not in self._rates:
                self._rates[key] = self._rate_of_return(found, decisions)
            return self._rates[key]
        if goal.kind == "roi":
            invested = self.invested(decisions)
            return found.npv / invested if invested > 0 else -np.inf
        if goal.kind == "peak_funding":
            return found.peak_funding
        if goal.kind == "sold_energy":
            count = self.plan.horizon.count
            return float(sum(power[:count].sum() for power in found.power.values()) * self.plan.horizon.length)
        if goal.kind == "date":
            reached = [
                self.amount(decisions, goal.quantity, t, goal.per_time) >= goal.limit * (1 - TOLERANCE)
                for t in range(self.plan.horizon.count)
            ]
            return float(reached.index(True)) if True in reached else np.inf
        return self.amount(decisions, goal.quantity, goal.period, goal.kind == "added")

    def _rate_of_return(self, found: Simulation, decisions: Decisions) -> float:
        """The discount rate at which a plan has no net present value, 1/s.

        Minus infinity if it has none from a rate of zero on; infinite if it has some at the largest rate; NaN if there
        are several.
        """
        from scipy.optimize import brentq

        plain = replace(self.plan, objectives=(), constraints=(), capital=np.inf)

        @cache
        def npv(rate: float) -> float:
            simulator = self._at_rates.get(rate) or Simulator(at_rate(plain, rate), self.periods)
            return simulator.simulate(decisions).npv

        rates = [rate / YEAR for rate in RATES]
        if not self._at_rates:
            self._at_rates = {rate: Simulator(at_rate(plain, rate), self.periods) for rate in rates}
        signs = [npv(rate) > 0 for rate in rates]
        changes = np.flatnonzero(np.diff(signs))
        if len(changes) > 1 or (len(changes) and not signs[0]):
            return np.nan
        if not len(changes):
            return np.inf if signs[0] else -np.inf
        low, high = rates[changes[0] : changes[0] + 2]

        def estimate(rate: float) -> float:
            """Net present value as if the money of a period were paid in its middle."""
            dates = (self.edges[:-1] + self.edges[1:]) / 2
            return float((found.earned - found.paid) @ (1 + rate * YEAR) ** (-dates / YEAR))

        if estimate(low) > 0 > estimate(high):  # the root is near that of the estimate, which costs nothing
            near = float(brentq(estimate, low, high))
            low, high = max(low, near * (1 - NEAR)), min(high, near * (1 + NEAR))
            if not npv(low) > 0 > npv(high):
                low, high = rates[changes[0] : changes[0] + 2]
        return float(brentq(npv, low, high, xtol=1e-9 / YEAR, rtol=1e-12))

    def invested(self, decisions: Decisions) -> float:
        """Present value of what the owners invest; USD."""
        total, horizon = 0.0, self.plan.horizon
        for product in self.plan.products:
            units = decisions.units[product.name]
            for i, t in enumerate(np.flatnonzero(units > 0).tolist()):
                bought = self._bought(product.name, decisions, t)
                known = self._of(bought).invested
                if t not in known:
                    known[t] = owners_invest(bought, t, horizon.begin(t), horizon.length)
                each, development = known[t]
                total += units[t] * each + (development if i == 0 else 0.0)
        money = _Money(np.zeros(self.periods), np.zeros(self.periods))
        self._open_modules(decisions, money)
        return float(total - money.npv)

    def amount(self, decisions: Decisions, quantity: str, index: int, per_time: bool = False) -> float:
        """Amount in service at the end of a period; or what entered service in the year up to it, per second."""
        date, total = (index + 1) * self.plan.horizon.length, 0.0
        for product in self.plan.products:
            units = decisions.units[product.name]
            for t in np.flatnonzero(units > 0).tolist():
                bought = self._bought(product.name, decisions, t)
                vintage = self._campaign(bought, t).vintage
                share = (vintage.entered(date) - vintage.entered(date - YEAR)) / YEAR
                if not per_time:
                    share = vintage.in_service(date) * decisions.kept(product.name, t, self.periods)[index]
                total += units[t] * share * self._per_unit(bought, quantity)[t]
        return float(total)

    def in_service(self, name: str, decisions: Decisions, quantity: str) -> Array:
        """Amount of a product in service at the end of each period, by purchase; array (vintages, all periods)."""
        units = decisions.units[name]
        found = np.zeros((len(units), self.periods))
        for t in np.flatnonzero(units > 0).tolist():
            bought = self._bought(name, decisions, t)
            vintage = self._campaign(bought, t).vintage
            shares = vintage.in_service(self.edges[1:]) * decisions.kept(name, t, self.periods)
            found[t] = units[t] * self._per_unit(bought, quantity)[t] * shares
        return found

    def _supplies(self, decisions: Decisions) -> tuple[dict[str, Array], dict[str, Array]]:
        """What is used of each supply, and what there is, by period."""
        used, offered = {}, {}
        for supply in self.plan.supplies:
            count = len(supply.offered) if supply.per_time else self.periods
            have = np.array([self._offered(supply, decisions, t) for t in range(count)])
            need = np.zeros(count)
            if supply.per_time:
                for name in supply.products:
                    store = self.plan.product(name).store
                    is_built = store is not None and store.counts_building(supply)
                    units = decisions.built[name] if is_built else decisions.units[name]
                    for t in np.flatnonzero(units > 0).tolist():
                        each = self._per_unit(self._bought(name, decisions, t), supply.quantity)[t]
                        need[t] += units[t] * each
            else:
                for name in supply.products:
                    need += self.in_service(name, decisions, supply.quantity).sum(axis=0)
            size = max(float(have.max(initial=0.0)), 1e-300)
            if (need > have + TOLERANCE * size).any():
                when = self.plan.horizon.label(int(np.argmax(need - have)))
                raise Unverified(f"the plan uses more of {supply.name} in {when} than there is", supply.name)
            used[supply.name], offered[supply.name] = need, have
        return used, offered

    def _offered(self, supply: Supply, decisions: Decisions, index: int) -> float:
        offered = float(supply.offered[min(index, len(supply.offered) - 1)])
        if supply.modules is not None:
            opened = decisions.modules[supply.name]
            for t in np.flatnonzero(opened[: index + 1]).tolist():
                offered += opened[t] * supply.modules.capacity * supply.modules.share(index - t)
        return offered

    def _check_units(self, name: str, units: Array) -> None:
        product = self.plan.product(name)
        if (units < 0).any() or units[: product.available].any() or units.sum() > product.most * (1 + TOLERANCE):
            raise Unverified(f"the plan buys {name} that it cannot have", name)
        if product.whole and (units != np.round(units)).any():
            raise Unverified(f"the plan buys a part of a unit of {name}", name)

    def _check_designs(self, name: str, decisions: Decisions) -> None:
        """Raise Unverified unless each design that is bought is within the variables and meets every constraint."""
        product, horizon = self.plan.product(name), self.plan.horizon
        if not product.is_sized:
            return
        problem, first = product.problem, None
        for t in np.flatnonzero(decisions.units[name] > 0).tolist():
            bought = self._bought(name, decisions, t)
            given = tuple(bought.design[v.name] for v in problem.variables if v.values is not None)
            first = given if first is None else first
            outside = [v.name for v in problem.variables if v.outside_domain(np.array([bought.design[v.name]])).any()]
            if outside or given != first:
                raise Unverified(f"the plan buys {name} with a design that it cannot have: {outside or given}", name)
            if t in (feasible := self._of(bought).feasible):
                continue
            at = vintage_problem(bought, t, horizon.begin(t), horizon.length)
            found = at.evaluate(as_columns(bought.design), [c.name for c in problem.constraints])
            missed = problem.violations(found)[0] > TOLERANCE
            if missed.any():
                raise Unverified(
                    f"{name} of {horizon.label(t)} misses {problem.constraints[int(np.argmax(missed))]}", name
                )
            feasible.add(t)

    def _bought(self, name: str, decisions: Decisions, index: int) -> Product:
        """A product as it is bought in a period."""
        return as_bought(self.plan.product(name), decisions, index)

    def _of(self, product: Product) -> _Known:
        """What was computed of a product as it is bought."""
        known = self._known[product.name]
        return known.designs.setdefault(tuple(product.design.values()), _Known()) if product.is_sized else known

    def _program(self, name: str, bought: list[int], decisions: Decisions) -> Array:
        """What a product costs whatever its number: development, and the years from first service to last."""
        ends = [self._bought(name, decisions, t) for t in (bought[0], bought[-1])]
        built = np.flatnonzero(decisions.built[name]).tolist() if name in decisions.stored else bought
        known, key = self._of(ends[0]).programs, (built[0], bought[0], bought[-1])
        if key not in known:
            known[key] = self._standing(ends, *key)
        return known[key]

    def _standing(self, ends: list[Product], built: int, begun: int, ended: int) -> Array:
        first, last = (self._campaign(p, t).vintage for p, t in zip(ends, (begun, ended), strict=True))
        development = self._campaign(ends[0], built).vintage.development
        standing = self._campaign(ends[0], ends[0].available).vintage
        total = standing.fixed_between(first.begin, last.end, self.edges)
        if development is not None:
            total = total + first.integrated((development,), self.edges)
        return total

    def learned_prices(self, name: str, decisions: Decisions) -> dict[int, Mapping[str, float]]:
        """Quantities at the prices that learning leaves, by period in which a product is bought; SI and USD."""
        return {t: campaign.prices for t, campaign in self._learn(name, decisions).items()}

    def _learn(self, name: str, decisions: Decisions) -> dict[int, _Campaign]:
        """What is bought in each period, at the prices that learning leaves; empty for a product without learning."""
        product, units = self.plan.product(name), decisions.units[name]
        found: dict[int, _Campaign] = {}
        along = {kind: self._span(name, kind, decisions) for kind in product.learning}
        for t in np.flatnonzero(units > 0).tolist() if along else ():
            bought = self._bought(name, decisions, t)
            known = self._of(bought)
            state = (t, *(float(before[t]) for before, _ in along.values()), float(units[t]))
            stacks, prices = self._campaign(bought, t).vintage.stacks, {}
            for kind, (before, after) in along.items():
                curve = Curve(bought, kind)
                start, end = curve.total(np.array([before[t], after[t]]))
                prices[CHARGED[kind]] = charged(curve, float(end - start), float(units[t]), stacks)
            if state not in known.learned:
                known.learned[state] = self._buy(bought, t, prices)
            found[t] = known.learned[state]
        return found

    def _span(self, name: str, kind: Learned, decisions: Decisions) -> tuple[Array, Array]:
        """How much of a curve is bought before and after what a product buys in each period; arrays (periods,)."""
        learners, horizon = self.plan.learners(name, kind), self.plan.horizon
        taken = np.zeros((len(learners), horizon.count))
        for own, product in zip(taken, learners, strict=True):
            units = decisions.units[product.name]
            for t in np.flatnonzero(units > 0).tolist():
                bought = self._bought(product.name, decisions, t)
                steps = self._of(bought).steps
                if (kind, t) not in steps:
                    steps[kind, t] = Curve(bought, kind).bought(t, horizon.begin(t), horizon.length)
                own[t] = float(units[t]) * steps[kind, t]
        before, after = spans(taken)
        i = [p.name for p in learners].index(name)
        return before[i], after[i]

    def _campaign(self, product: Product, index: int) -> _Campaign:
        known = self._of(product).campaigns
        if index not in known:
            known[index] = self._buy(product, index, {})
        return known[index]

    def _from_store(self, product: Product, built: int, index: int) -> _Campaign:
        known = self._of(product).from_store
        if (built, index) not in known:
            first = self._campaign(product, built).vintage
            dates = index, self.plan.horizon.begin(index), self.plan.horizon.length
            vintage = buy_from_store(product, first, *dates)
            known[built, index] = self._integrated(vintage, {}, closed_npv_from_store(product, first, *dates))
        return known[built, index]

    def _buy(self, product: Product, index: int, prices: Mapping[str, float]) -> _Campaign:
        dates = index, self.plan.horizon.begin(index), self.plan.horizon.length
        return self._integrated(buy(product, *dates, prices), prices, closed_npv(product, *dates, prices))

    def _integrated(self, vintage: Vintage, prices: Mapping[str, float], closed: float) -> _Campaign:
        paid, earned = (vintage.integrated(each, self.edges) for each in (vintage.costs, vintage.income))
        power = vintage.sold_energy(self.edges) / self.plan.horizon.length
        return _Campaign(vintage, prices, closed, paid, earned, power, self.edges)

    def _per_unit(self, product: Product, quantity: str) -> Array:
        known = self._of(product).amounts
        if quantity not in known:
            known[quantity] = per_unit(product, quantity, self.plan.horizon)
        return known[quantity]
