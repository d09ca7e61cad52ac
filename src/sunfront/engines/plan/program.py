"""A plan as a mixed-integer linear program in Pyomo.

Money is in units of ``Program.money``; a row on an amount is divided by its largest coefficient. Variables are
``units[product, period]``, ``modules[supply, period]``, ``first`` and ``last[product, period]`` (the periods of the
first and the last purchase of a product that costs something whatever its number), ``total`` of these three kinds up to
a period, ``learned``, ``part`` and ``full`` of learning curves, ``choice``, ``digit`` and ``digit_part`` of what a plan
sizes, ``retired[product, vintage, period]``, ``gone`` with the same keys and ``learned_retired`` where a purchase
retires as a whole, ``sales[product, tier, vintage, period]`` and ``reached[objective, period]``; of a product with a
store, ``built[product, period]``, ``stored[product, period of building, of launch]`` and ``begun[product, period]``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from sunfront.arrays import Array
from sunfront.engines.plan.coefficients import Coefficients
from sunfront.engines.plan.goals import add_constraint, express
from sunfront.engines.plan.learning import add_curve
from sunfront.engines.plan.retirement import (
    add_retirement,
    retired_units,
    retired_until,
    with_retired,
)
from sunfront.engines.plan.rows import Terms, add_total, linear, merged, within
from sunfront.engines.plan.sized_rows import add_sizing, bought_designs, check_prices, sold_units
from sunfront.engines.plan.stores import add_begun, add_store, stored_units, supply_terms
from sunfront.problem.plan import Decisions, Goal, Learned, Plan, Supply

#: Points of learning curves, by the first product of each and kind.
Chords = Mapping[tuple[str, Learned], Sequence[float]]

#: Least units that begin or end a program whose units need not be whole.
LEAST = 1e-3

#: Units below which none are bought: a share of the most units of a period, and a number, the tolerance of a solver.
NOISE, NONE = 1e-6, 1e-9


@dataclass
class Program:
    """The model, and what its expressions mean.

    Attributes:
        money: USD for each unit of money in the model.
        scores: Expression of each objective, more is better, each with its scale.
        npv: Expression of the net present value.
        npv_terms: Its terms.
        supply_rows: The rows of each supply, by name and period, each with its scale: amount per unit of the row.
        balance_rows: The rows that add up the money of each period; empty if nothing depends on the balance.
        extra: Variable that each supply, constraint and the capital may be missed by; fixed at zero.
    """

    plan: Plan
    coefficients: Coefficients
    model: Any
    money: float
    scores: list[tuple[Any, float]]
    npv: Any
    npv_terms: Terms
    supply_rows: dict[tuple[str, int], tuple[Any, float]]
    capital_rows: dict[int, Any]
    balance_rows: dict[int, Any]
    extra: dict[str, list[tuple[Any, float]]]

    @cached_property
    def decided(self) -> dict[str, Any]:
        """The variables that decisions are read from, by name; Pyomo takes long to tell a name."""
        m = self.model
        return {v.name: v for kind in (m.units, m.modules, m.sales, m.retired, m.gone, m.stored) for v in kind.values()}

    @cached_property
    def programs(self) -> dict[str, Array]:
        """The products that cost something whatever their number, with ``least_units`` of each period."""
        units = self.model.units
        return {
            name: np.array([least_units(not units[name, t].is_continuous(), units[name, t].ub) for t in periods])
            for periods in [range(self.plan.horizon.count)]
            for name in dict.fromkeys(name for name, _ in self.model.first)
        }

    def ends(self, name: str, bought: Array) -> tuple[Array, Array]:
        """Mark the periods of the first and the last purchase of a product of ``programs``, as ``ends_of``."""
        return ends_of(bought, self.programs[name])

    def decisions(self) -> Decisions:
        """Read the solution that is loaded in the model; whole numbers are rounded."""
        m, plan = self.model, self.plan
        count, periods = plan.horizon.count, self.coefficients.periods

        def column(variables: Any, name: str, whole: bool) -> Array:
            found = np.array([max(variables[name, t].value or 0.0, 0.0) for t in range(count)])
            if whole:
                return np.round(found)
            if name in self.programs:  # before its first purchase and after its last there is but noise
                first, last = self.ends(name, found)
                found = np.where(first.cumsum() + last[::-1].cumsum()[::-1] > 1, found, 0.0)
            return np.where(found < max(NOISE * min(found.max(initial=0.0), 1.0), NONE), 0.0, found)

        sizings = self.coefficients.sizings
        corners = {corner for sizing in sizings.values() for corner in sizing.corners}
        units = {p.name: column(m.units, p.name, p.whole) for p in plan.products if p.name not in corners}
        designs = {name: bought_designs(m, sizing, units[name]) for name, sizing in sizings.items()}
        modules = {s.name: column(m.modules, s.name, True) for s in plan.supplies if s.modules is not None}
        early = {
            p.name: retired_units(m, p, units[p.name], periods)
            for p in plan.products
            if p.retires_early and p.name not in corners
        }
        sales = {}
        for name in units if plan.tiers else ():
            found = np.zeros((len(plan.tiers), count, periods))
            one = {name: np.ones((count, periods))}
            parts = sold_units(sizings[name], self.coefficients, m, units[name]) if name in sizings else one
            for (each, k, v, t), variable in m.sales.items():
                if each in parts:
                    found[k, v, t] += max(variable.value or 0.0, 0.0) * parts[each][v, t]
            gone = early[name].cumsum(axis=1) if name in early else 0.0
            sales[name] = within(found, units[name][:, None] - gone, 0)
        stored = {p.name: stored_units(m, p, count) for p in plan.products if p.store is not None}
        return Decisions(units, modules, sales, early, designs, stored)


def build(
    plan: Plan,
    c: Coefficients,
    relaxed: bool = False,
    most: Mapping[str, Array] | None = None,
    chords: Chords = MappingProxyType({}),
) -> Program:
    """Build the program of a plan.

    Args:
        relaxed: Units may be fractions.
        most: Most units of each product in each period; what its supplies allow if None.
        chords: Further points at which learning is exact, by product and kind.
    """
    import pyomo.environ as pyo

    is_loose, most = most is not None, c.most if most is None else most
    plan = c.with_corners(plan)
    periods, count = range(c.periods), plan.horizon.count
    m = pyo.ConcreteModel(name="plan")
    names = [p.name for p in plan.products]
    m.units = pyo.Var(names, range(count), domain=pyo.NonNegativeReals)
    for p in plan.products:
        for t in range(count):
            variable = m.units[p.name, t]
            variable.setub(float(most[p.name][t]))
            if p.whole and not relaxed:
                variable.domain = pyo.NonNegativeIntegers
    m.rows = pyo.ConstraintList()
    programs = [p.name for p in plan.products if c.flows[p.name].has_program]
    m.first = pyo.Var(programs, range(count), domain=pyo.NonNegativeReals)
    m.last = pyo.Var(programs, range(count), domain=pyo.NonNegativeReals)
    m.total = pyo.Var(pyo.Any, domain=pyo.NonNegativeIntegers, dense=False)
    whole = {p.name: p.whole for p in plan.products}
    for name in programs:
        _add_program(m, name, most[name], whole[name] and not relaxed)
    for kind in ("built", "stored", "begun"):
        m.add_component(kind, pyo.Var(pyo.Any, domain=pyo.NonNegativeReals, dense=False))
    for p in plan.products:
        if p.store is not None:
            built_most = most[p.name] if is_loose else c.built_most(p)
            add_store(m, p, most[p.name], built_most, p.whole and not relaxed)
            if p.name in programs:
                add_begun(m, p.name, built_most)
    m.retired = pyo.Var(pyo.Any, domain=pyo.NonNegativeReals, dense=False)
    m.gone = pyo.Var(pyo.Any, domain=pyo.Binary, dense=False)
    corners = {corner for sizing in c.sizings.values() for corner in sizing.corners}
    for p in plan.products:
        if p.retires_early and p.name not in corners:
            add_retirement(m, c, p, most, p.whole and not relaxed)
    m.choice = pyo.Var(pyo.Any, domain=pyo.Binary, dense=False)
    m.digit = pyo.Var(pyo.Any, domain=pyo.Binary, dense=False)
    m.digit_part = pyo.Var(pyo.Any, domain=pyo.NonNegativeReals, dense=False)
    for sizing in c.sizings.values():
        add_sizing(m, sizing, most, count)
        if plan.tiers:
            check_prices(sizing, c)
    m.learned = pyo.Var(pyo.Any, domain=pyo.NonNegativeReals, dense=False)
    m.part = pyo.Var(pyo.Any, domain=pyo.NonNegativeReals, dense=False)
    m.full = pyo.Var(pyo.Any, domain=pyo.Binary, dense=False)
    m.learned_retired = pyo.Var(pyo.Any, domain=pyo.NonNegativeReals, dense=False)
    built = [s for s in plan.supplies if s.modules is not None]
    m.modules = pyo.Var([s.name for s in built], range(count), domain=pyo.NonNegativeReals)
    for s in built:
        assert s.modules is not None
        add_total(m, "modules", s.name, count, s.modules.most)

    extra: dict[str, list[tuple[Any, float]]] = {}
    supply_rows = {}
    m.extra = pyo.VarList(domain=pyo.NonNegativeReals)

    def missing(key: str, scale: float) -> Any:
        variable = m.extra.add()
        variable.fix(0.0)
        extra.setdefault(key, []).append((variable, scale))
        return variable

    for p in plan.products:
        if np.isfinite(p.most):
            bought = [(1.0, m.units[p.name, t]) for t in range(count)]
            m.rows.add(linear([*bought, (-1.0, missing(f"at_most {p.name}", 1.0))]) <= p.most)
    for s in plan.supplies:
        shared = None if s.per_time else missing(f"supply {s.name}", _supply_scale(c, s))
        for t in range(count if s.per_time else c.periods):
            row = _supply_row(m, c, s, t)
            if row is None:
                continue
            terms, offered, scale = row
            variable = missing(f"supply {s.name}", scale) if shared is None else shared
            size = scale / _supply_scale(c, s) if shared is not None else 1.0
            supply_rows[s.name, t] = m.rows.add(linear([*terms, (-1.0 / size, variable)]) <= offered), scale

    # Money in each period: [paid, discounted], as terms.
    flows: list[list[Terms]] = [[[] for _ in periods] for _ in range(2)]

    def spend(table: Array, variable: Any, sign: float = 1.0) -> None:
        for kind in range(2):
            for t in np.flatnonzero(table[kind]):
                flows[kind][t].append((sign * float(table[kind, t]), variable))

    m.sales = pyo.Var(pyo.Any, domain=pyo.NonNegativeReals, dense=False)
    for p in plan.products:
        found = c.flows[p.name]
        for v in range(count):
            if found.vintages[v] is None:
                continue
            variable = m.units[p.name, v]
            spend(found.other[:, v], variable)
            if not plan.tiers:
                spend(found.revenue[:, v], variable)
            if p.name in programs:
                if p.store is None:
                    spend(found.development[:, v] + found.fixed_from[:, v], m.first[p.name, v])
                else:
                    spend(found.development[:, v], m.begun[p.name, v])
                    spend(found.fixed_from[:, v], m.first[p.name, v])
                spend(found.fixed_after[:, v], m.last[p.name, v], -1.0)
            for t in retired_until(m, p.name, v, c.periods):
                spend(c.saved(p.name, v, t), m.retired[p.name, v, t])
    for (name, b, t), variable in m.stored.items():
        spend(c.stored(name)[b, t], variable)
    for name, table in c.modules.items():
        for t in range(count):
            spend(table[:, t], m.modules[name, t])
    for learned, products in plan.curves:
        least = min(least_units(p.whole and not relaxed, 1.0) for p in products)
        more = chords.get((products[0].name, learned), ())
        add_curve(m, c, learned, products, most, least, more, is_loose, spend)
    if plan.tiers:
        _add_sales(m, plan, c, flows)

    money = max((abs(x) for kind in flows for terms in kind for x, _ in terms), default=1.0) or 1.0
    total = merged((x / money, variable) for terms in flows[1] for x, variable in terms)
    m.npv = pyo.Var()
    m.rows.add(linear([*total, (-1.0, m.npv)]) == 0)

    capital_rows, balance_rows = {}, {}
    needs_balance = np.isfinite(plan.capital) or any(g.kind == "peak_funding" for g in _goals(plan))
    if needs_balance:
        m.balance = pyo.Var(periods)
        for t in periods:
            before = [(1.0, m.balance[t - 1])] if t else []
            paid = [(x / money, variable) for x, variable in merged(flows[0][t])]
            balance_rows[t] = m.rows.add(linear([*before, *paid, (-1.0, m.balance[t])]) == 0)
        m.depth = pyo.Var(domain=pyo.NonNegativeReals)
        for t in periods:
            m.rows.add(m.depth + m.balance[t] >= 0)
        if np.isfinite(plan.capital):
            variable = missing("capital", money)
            for t in periods:
                capital_rows[t] = m.rows.add(m.balance[t] + variable >= -plan.capital / money)

    m.reached = pyo.Var(pyo.Any, domain=pyo.Binary, dense=False)
    program = Program(plan, c, m, money, [], m.npv, total, supply_rows, capital_rows, balance_rows, extra)
    expressions = {id(goal): express(program, goal, missing) for goal in _goals(plan)}
    for constraint in plan.constraints:
        add_constraint(program, constraint, *expressions[id(constraint.goal)], missing)
    for objective in plan.objectives:
        expression, scale = expressions[id(objective.goal)]
        program.scores.append((objective.sign * expression, scale))
    m.floors = pyo.ConstraintList()
    m.score = pyo.Objective(expr=m.npv, sense=pyo.maximize)
    return program


def least_units(whole: bool, most: float) -> float:
    """Least units of a period that are a purchase, where there may be some most units."""
    return min(1.0 if whole else LEAST, most)


def ends_of(bought: Array, least: Array | float) -> tuple[Array, Array]:
    """Mark the periods of the first and the last purchase among units by period; arrays as ``bought``, 0 or 1.

    Args:
        least: ``least_units`` of each period.
    """
    first, last = np.zeros(len(bought)), np.zeros(len(bought))
    if len(periods := np.flatnonzero(bought > np.asarray(least) / 2)):
        first[periods[0]] = last[periods[-1]] = 1.0
    return first, last


def _goals(plan: Plan) -> list[Goal]:
    return [o.goal for o in plan.objectives] + [c.goal for c in plan.constraints]


def _add_program(m: Any, name: str, most: Array, whole: bool) -> None:
    """Tie the periods of the first and the last purchase of a product to its units."""
    count = len(most)
    begun, ended = (add_total(m, kind, name, count, 1) for kind in ("first", "last"))
    m.rows.add(begun[-1] == ended[-1])
    for t in range(count):
        units, first, last, high = m.units[name, t], m.first[name, t], m.last[name, t], float(most[t])
        if not high:
            first.fix(0)
            last.fix(0)
            continue
        least = least_units(whole, high)
        before = [(1.0, ended[t - 1])] if t else []
        m.rows.add(linear([(1.0 / high, units), (-1.0, begun[t])]) <= 0)
        m.rows.add(linear([(1.0 / high, units), (-1.0, ended[-1]), *before]) <= 0)
        m.rows.add(linear([(1.0, units), (-least, first)]) >= 0)
        m.rows.add(linear([(1.0, units), (-least, last)]) >= 0)


def _supply_scale(c: Coefficients, s: Supply) -> float:
    """Typical amount of a supply's quantity in one unit."""
    return max((float(c.amounts(name, s.quantity).max(initial=0.0)) for name in s.products), default=0.0) or 1.0


def _supply_row(m: Any, c: Coefficients, s: Supply, t: int) -> tuple[Terms, float, float] | None:
    """Terms of what is used less what modules offer; what is offered; their scale. None if nothing is used."""
    terms: Terms = []
    count = len(s.offered)
    for name in s.products:
        if s.per_time:
            terms += supply_terms(m, c.plan, s, name, t, float(c.amounts(name, s.quantity)[t]))
        else:
            terms += with_retired(m, name, t, c.in_service(name, s.quantity, t))
    terms = [(x, variable) for x, variable in terms if x]
    if not terms:
        return None
    if (modules := s.modules) is not None:
        opened = range(min(t + 1, count))
        terms += [
            (-modules.capacity * modules.share(t - u), m.modules[s.name, u]) for u in opened if modules.share(t - u)
        ]
    scale = max(abs(x) for x, _ in terms)
    offered = float(s.offered[min(t, count - 1)])
    return [(x / scale, variable) for x, variable in terms], offered / scale, scale


def _add_sales(m: Any, plan: Plan, c: Coefficients, flows: list[list[Terms]]) -> None:
    """Sell the power of each vintage in the tiers of the market."""
    most = [tier.most(c.periods) for tier in plan.tiers]
    for t in range(c.periods):
        used: list[Terms] = [[] for _ in plan.tiers]
        for p in plan.products:
            found = c.flows[p.name]
            for v in np.flatnonzero(found.power[:, t] > 0).tolist():
                sold = []
                for k, tier in enumerate(plan.tiers):
                    variable = m.sales[p.name, k, v, t]
                    sold.append((1.0, variable))
                    used[k].append((float(found.power[v, t]), variable))
                    for kind in range(2):
                        flows[kind][t].append((tier.price * float(found.revenue[kind, v, t]), variable))
                gone = [(1.0, m.retired[p.name, v, r]) for r in retired_until(m, p.name, v, t)]
                m.rows.add(linear([*sold, *gone, (-1.0, m.units[p.name, v])]) <= 0)
        for k in range(len(plan.tiers)):
            if used[k] and np.isfinite(most[k][t]):
                scale = max(x for x, _ in used[k])
                m.rows.add(linear([(x / scale, variable) for x, variable in used[k]]) <= most[k][t] / scale)
