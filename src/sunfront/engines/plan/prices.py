"""What one more of each supply is worth, by period: duals of the program with its whole decisions held.

The programs that are begun, the modules that are opened, the chords of learning and the values that a design chooses
stay as in the plan; units may be fractions, since with whole units a dual has no meaning. The net present value is
valued; other objectives are held at what was reached.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sunfront.arrays import Array
from sunfront.cash_flow.learning import Curve, spans
from sunfront.engines.exact.highs_run import create_highs, run_highs
from sunfront.engines.exact.solver_protocol import lowered
from sunfront.engines.plan.coefficients import Coefficients
from sunfront.engines.plan.learning import hold_segments, purchase_points
from sunfront.engines.plan.program import build, ends_of
from sunfront.engines.plan.sizing import Sizing
from sunfront.engines.plan.stores import hold_begun
from sunfront.errors import SolverFailure
from sunfront.problem.plan import Decisions, Plan, Supply, as_bought

#: Share of the largest price of a supply below which a price is rounding.
NOISE = 1e-7


@dataclass(frozen=True)
class PeriodPrice:
    """What one more unit of a supply in one period adds to the net present value.

    Attributes:
        supply: Name of the supply, or "capital"; or of a module, see ``module_of``.
        period: Number of the period.
        price: USD per SI unit of the supply's quantity; USD per USD of capital; USD per module that is opened in the
            period, less its cost, negative if it is worth less.
    """

    supply: str
    period: int
    price: float


def module_of(supply: str) -> str:
    """What one more module of a supply is called among the prices."""
    return f"{supply} module"


def _module_worth(supply: Supply, cost: Array, prices: Array, cash: Array) -> Array:
    """What one more module adds to the net present value, USD, by the period in which it is opened; array (periods,).

    Args:
        cost: What it pays, and that discounted; array (2, periods, all periods).
        prices: Of the supply, USD per SI unit; array (all periods,).
        cash: What one more USD in a period adds beyond itself, since the balance is limited; array (all periods,).
    """
    modules = supply.modules
    assert modules is not None
    ages = np.arange(len(prices)) - np.arange(cost.shape[1])[:, None]
    shares = np.array([[modules.share(age) for age in row] for row in ages.tolist()])
    found: Array = modules.capacity * shares @ prices + cost[1].sum(axis=1) + cost[0] @ cash
    return found


def _hold_regions(m: Any, plan: Plan, sizing: Sizing, decisions: Decisions) -> None:
    """Hold what is bought of a product to its regions; where nothing is bought, to the region before or the first.

    What moves in steps has the value of what is bought.
    """
    product = plan.product(sizing.product.name)
    bought = decisions.units[product.name].nonzero()[0].tolist()
    for variable in sizing.stepped if bought else ():
        value = float(decisions.designs[product.name][variable.name][bought[0]])
        for k, digit in enumerate(sizing.digits(variable, value)):
            m.digit[product.name, variable.name, k].fix(digit)
    if len(sizing.regions) == 1:
        return
    lies_in = {t: sizing.region_of(as_bought(product, decisions, t)) for t in bought}
    region = lies_in[bought[0]] if bought else sizing.regions[0]
    held = sizing.of_option(region.option)
    for option in {each.option for each in sizing.regions}:
        m.choice[product.name, option].fix(int(option == region.option))
    for t in range(plan.horizon.count) if len(held) > 1 else ():
        region = lies_in.get(t, region)
        for i, each in enumerate(held):
            m.choice[product.name, region.option, i, t].fix(int(each is region))


def _with_capital(plan: Plan) -> Plan:
    """A plan whose limit on peak funding, if it has one, is its capital: a USD more of it in a period has a worth."""
    limits = [x for x in plan.constraints if x.goal.kind == "peak_funding"]
    others = tuple(x for x in plan.constraints if x not in limits)
    return replace(plan, capital=min([plan.capital, *(x.limit for x in limits)]), constraints=others)


def period_prices(
    plan: Plan, c: Coefficients, decisions: Decisions, scores: Mapping[int, float], deadline: float
) -> tuple[PeriodPrice, ...]:
    """Value the supplies of a plan.

    Args:
        scores: Scores to hold, by number of the objective; that of the net present value is left out.

    Returns:
        Positive prices, and of the modules of supplies that have one; none if the time did not suffice.

    Raises:
        KeyboardInterrupt: It was interrupted.
    """
    import pyomo.environ as pyo

    plan = _with_capital(plan)
    program = build(plan, c, relaxed=True, most=c.loose())
    m = program.model
    for name, units in decisions.units.items():
        if c.flows[name].has_program:
            for t, (first, last) in enumerate(zip(*ends_of(units, 0.0), strict=True)):
                m.first[name, t].fix(int(first))
                m.last[name, t].fix(int(last))
    for kind, products in plan.curves:
        taken = np.zeros((len(products), plan.horizon.count))
        for i, product in enumerate(products):
            units = decisions.units[product.name]
            for t in units.nonzero()[0].tolist():
                curve = Curve(as_bought(product, decisions, t), kind)
                taken[i, t] = units[t] * curve.bought(t, plan.horizon.begin(t), plan.horizon.length)
        after = spans(taken)[1]
        amounts = np.array([after[i, t] for t, i in purchase_points(c, kind, products)])
        hold_segments(m, Curve(products[0], kind), [c.steps(p.name, kind) for p in products], amounts)
    hold_begun(m, decisions)
    for sizing in c.sizings.values():
        _hold_regions(m, plan, sizing, decisions)
    for (name, v, t), variable in m.gone.items():
        variable.fix(int(decisions.retired[name][v, t] > 0))
    for name, opened in decisions.modules.items():
        for t in range(plan.horizon.count):
            m.modules[name, t].fix(round(float(opened[t])))
    for variable in m.component_data_objects(pyo.Var):
        if not variable.is_continuous():
            low, high = variable.bounds
            variable.domain = pyo.Reals  # HiGHS gives duals to a program without whole numbers alone
            variable.setlb(low)
            variable.setub(high)
    for i, score in scores.items():
        if plan.objectives[i].goal.kind != "npv":
            expression, scale = program.scores[i]
            m.floors.add(expression >= lowered(score, scale) / scale)
    m.score.set_value(program.npv)
    solver = create_highs()
    try:
        end = run_highs(solver, m, min(deadline, time.monotonic() + 60.0))
    except (TimeoutError, SolverFailure):
        return ()
    if end.status == "interrupted":
        raise KeyboardInterrupt
    if end.status != "optimal":
        return ()
    solver.load_vars()
    duals = solver.get_duals()
    found = [
        PeriodPrice(name, t, abs(float(duals[row])) * program.money / scale)
        for (name, t), (row, scale) in program.supply_rows.items()
    ]
    found += [PeriodPrice("capital", t, abs(float(duals[row]))) for t, row in program.capital_rows.items()]
    largest = {name: max(p.price for p in found if p.supply == name) for name in {p.supply for p in found}}
    found = [p for p in found if p.price > max(NOISE * largest[p.supply], 1e-12)]
    cash = np.zeros(c.periods)
    for t, row in program.balance_rows.items():
        cash[t] = abs(float(duals[row]))
    for s in plan.supplies:
        prices = np.zeros(c.periods)
        for p in found:
            if p.supply == s.name:
                prices[p.period] = p.price
        if s.modules is not None and prices.any():
            worth = _module_worth(s, c.modules[s.name], prices, cash)
            found += [PeriodPrice(module_of(s.name), t, float(x)) for t, x in enumerate(worth)]
    return tuple(found)
