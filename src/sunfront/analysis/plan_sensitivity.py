"""Which parameters move a plan most: when each product is bought first, how much of it, and the net present value.

The parameters are what the plan calls uncertain, and those of the library that move its products most.
One parameter at a time is at the 10th and the 90th percentile of its sources, or of what the plan calls uncertain, and
the best plan is proved anew. A parameter that several products have with the same value moves in all of them; one with
a timeline is multiplied over the whole calendar.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from sunfront.arrays import Array
from sunfront.cash_flow.learning import CANCELS, SHAPE
from sunfront.engines.plan.claims import solve_and_simulate
from sunfront.engines.plan.coefficients import Coefficients
from sunfront.engines.plan.robustness import check_objective
from sunfront.engines.plan.simulator import Simulator
from sunfront.engines.plan.solver import PlanSolver
from sunfront.engines.sensitivity.methods import QUANTILES, tornado
from sunfront.errors import UserError
from sunfront.library.specs import DEFAULT
from sunfront.problem.findings import TornadoBar
from sunfront.problem.plan import Plan
from sunfront.problem.problem import as_columns
from sunfront.problem.scenarios import Factor, in_scenario
from sunfront.problem.uncertainty import UncertainParameter
from sunfront.study.plan_products import NO_TIMELINE
from sunfront.study.plan_study import PlanStudy
from sunfront.study.specs import DistributionSpec
from sunfront.study.uncertainty import resolve_uncertainty

#: Largest relative gap of a plan: a looser one would let dates move by chance.
GAP = 1e-4

#: Most parameters of the library that are moved: those that move npv and power of a product's own campaign most.
MOST = 20

#: Of what is in service, the IT power.
POWER = "fleet_it_power"


@dataclass(frozen=True)
class Moved:
    """A plan with one parameter at an end of its range.

    Attributes:
        npv: USD; None if no plan meets every constraint.
        first: Period of the first purchase of each product of the file; None if it is never bought.
        units: Units bought of each product of the file.
    """

    npv: float | None
    first: Mapping[str, int | None]
    units: Mapping[str, float]


@dataclass(frozen=True)
class Mover:
    """A parameter, and the plans at both ends of its range.

    Attributes:
        bar: The parameter with its range; of its quantity, the net present value.
    """

    bar: TornadoBar
    low: Moved
    high: Moved


def plan_movers(
    study: PlanStudy, product: str = "", progress: Callable[[float, float, str], None] = lambda *_: None
) -> tuple[Moved, tuple[Mover, ...]]:
    """Move each parameter of a plan.

    Args:
        product: Whose first purchase the parameters are ranked by, then its units; by net present value if empty.

    Returns:
        The plan as it is, and the parameters that move it most first.

    Raises:
        UserError: There is another objective or no such product, or the plan cannot be met as it is.
        TimeoutError: A proof took longer than the time limit of the plan.
    """
    plan, groups = study.plan, study.groups
    check_objective(plan, "as parameters move")
    if product and product not in groups:
        raise UserError(f"there is no product {product!r}; write one of {', '.join(groups)}")
    parameters = _parameters(study)
    coefficients = Coefficients(plan)
    simulator = Simulator(plan, coefficients.periods)

    def solve(changed: Plan) -> Moved:
        solver = PlanSolver(changed, min(study.engine.gap / 2, GAP), like=coefficients)
        own = Simulator(changed, solver.coefficients.periods, simulator)
        found = solve_and_simulate(solver, own, time.monotonic() + study.engine.time_limit)
        if found is None:
            return Moved(None, dict.fromkeys(groups), dict.fromkeys(groups, 0.0))
        if found.is_cut:
            raise TimeoutError
        done, units = found.simulation, found.decisions.units
        bought = {group: np.sum([units[name] for name in names], axis=0) for group, names in groups.items()}
        first = {group: int(x.nonzero()[0][0]) if x.any() else None for group, x in bought.items()}
        return Moved(done.npv, first, {group: float(x.sum()) for group, x in bought.items()})

    base = solve(plan)
    if base.npv is None:
        raise UserError(f"{study.title} cannot be met as it is; sunfront run tells what is short")
    found: list[Moved] = []

    def npv(values: Mapping[str, Array]) -> Array:
        for row in range(2 * len(parameters)):
            parameter, change = parameters[row // 2]
            progress(row, 2 * len(parameters), parameter.name)
            found.append(solve(change(plan, float(values[parameter.name][row]))))
        return np.array([np.nan if moved.npv is None else moved.npv for moved in found])

    bars = tornado(npv, [parameter for parameter, _ in parameters])
    place = {parameter.name: i for i, (parameter, _) in enumerate(parameters)}
    movers = [Mover(bar, *found[2 * place[bar.parameter] : 2 * place[bar.parameter] + 2]) for bar in bars]
    return base, tuple(sorted(movers, key=lambda mover: _rank(mover, product, plan.horizon.count)))


def _rank(mover: Mover, product: str, count: int) -> tuple[float, ...]:
    """The sort key of a parameter: what moves most comes first, and what makes a plan impossible before all."""
    ends = (mover.low, mover.high)
    hopeless = sum(moved.npv is None for moved in ends)
    worth = abs((mover.low.npv or 0.0) - (mover.high.npv or 0.0)) if not hopeless else 0.0
    if not product:
        return (-hopeless, -worth)
    dates = [count if (first := moved.first[product]) is None else first for moved in ends]
    return (-hopeless, -abs(dates[1] - dates[0]), -abs(ends[1].units[product] - ends[0].units[product]), -worth)


#: Changes a plan to one value of a parameter, SI and USD.
Change = Callable[[Plan, float], Plan]


def _parameters(study: PlanStudy) -> list[tuple[UncertainParameter, Change]]:
    """What is moved, with its distribution, and how the plan changes with its value."""
    found: list[tuple[UncertainParameter, Change]] = []
    factors = {f.name: replace(f, known=0) for f in study.factors if f.target != "available"}
    for name, factor in factors.items():
        uncertain = UncertainParameter(name, "1", factor.distribution, 1.0, "the plan")
        found.append((uncertain, partial(_multiplied, factor)))
    moved = {(product, f.parameter) for f in factors.values() for product in f.of}
    places: dict[tuple[str, float, str], list[str]] = {}
    own: dict[tuple[str, float, str], UncertainParameter] = {}
    for product, each in study.product_studies.items():
        names = [n for n in each.sensitivity_parameters if n not in NO_TIMELINE or n == "discount_rate"]
        specs = {n: DistributionSpec.model_validate(DEFAULT) for n in names if (product, n) not in moved}
        if not specs:
            continue
        for parameter in resolve_uncertainty(each.problem_arch, each.settings, specs, each.uncertainty, 0).parameters:
            key = parameter.name, parameter.nominal, str(parameter.distribution)
            places.setdefault(key, []).append(product)
            own[key] = parameter
    effects = {
        key: max(_effect(study, product, key[0], own[key]) for product in products) for key, products in places.items()
    }
    names = [name for name, *_ in places]
    for key in sorted((key for key in effects if effects[key]), key=lambda key: -effects[key])[:MOST]:
        products = places[key]
        label = key[0] if names.count(key[0]) == 1 else f"{'+'.join(products)}.{key[0]}"
        parameter = replace(own[key], name=label)
        if parameter.nominal or not any(key[0] in study.plan.product(p).values for p in products):
            found.append((parameter, partial(_set, key[0], tuple(products), parameter.nominal)))
    return found


def _effect(study: PlanStudy, product: str, name: str, parameter: UncertainParameter) -> float:
    """How much a parameter moves the net present value and the power of a product's own campaign, relative to them."""
    known = study.plan.product(product)
    dated = {each: float(column[0]) for each, column in known.values.items()}
    found = []
    for value in parameter.distribution.quantile(np.array(QUANTILES)).tolist():
        problem = replace(known.problem, values={**known.problem.values, **dated, name: value})
        found.append(problem.evaluate(as_columns(known.design), ["npv", "capex", POWER]))
    (low, high), scale = found, abs(float(found[0]["capex"][0]))
    npv, power = (float(abs(high[each][0] - low[each][0])) for each in ("npv", POWER))
    return npv / scale + power / float(low[POWER][0])


def _multiplied(factor: Factor, plan: Plan, value: float) -> Plan:
    return in_scenario(plan, [factor], np.array([value]))


def _set(name: str, products: tuple[str, ...], nominal: float, plan: Plan, value: float) -> Plan:
    """Give a parameter a value; a timeline is multiplied by its ratio to the nominal value.

    What shapes a curve of learning has it in all products that share the curve.
    """
    shaped = [{*names} for kind, names in plan.shared if name in SHAPE[kind] and name != CANCELS]
    products = tuple({*products}.union(*(names for names in shaped if not names.isdisjoint(products))))
    changed = []
    for product in plan.products:
        if product.name in products and name in product.values:
            column = product.values[name] * (value / nominal)
            changed.append(replace(product, values={**product.values, name: column}))
        elif product.name in products:
            values = {**product.problem.values, name: value}
            changed.append(replace(product, problem=replace(product.problem, values=values)))
        else:
            changed.append(product)
    rate = value if name == "discount_rate" else plan.discount_rate
    return replace(plan, products=tuple(changed), discount_rate=rate)
