"""The design problem as a nonlinear program in Pyomo, every variable free within its range, from the same equations.

Variables, and the quantities that depend on them, are Pyomo variables of their names, in units of their size. What no
variable reaches stays a number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sunfront.engines.exact import row_name
from sunfront.engines.symbol import Symbol
from sunfront.errors import NonlinearEquation
from sunfront.problem import Problem
from sunfront.variable import Variable

#: Pieces into which the ranges of all option variables together are cut, for bounds.
PIECES = 20_000


@dataclass
class Formulation:
    """A nonlinear program.

    Attributes:
        model: Of Pyomo; its objective is ``score``.
        variables: What each variable is.
        scores: Of the objectives, to maximize.
        impossible: A constraint that no variable reaches is violated.
    """

    model: Any
    variables: dict[str, Symbol]
    scores: list[Symbol]
    impossible: bool


def formulate(problem: Problem) -> Formulation:
    """Write a problem as a nonlinear program; it maximizes the first objective.

    Raises:
        NonlinearEquation: An equation uses what has no symbolic reading.
    """
    import pyomo.environ as pyo

    m = pyo.ConcreteModel(name="sunfront")
    m.angle, m.angle_equation = pyo.VarList(), pyo.ConstraintList()
    options = [v for v in problem.variables if v.name not in problem.hardware and not v.choices]
    pieces = min(64, max(1, int(PIECES ** (1 / max(len(options), 1)))))
    variables = {}
    given: dict[str, Any] = dict(problem.values)
    for axis, v in enumerate(problem.variables):
        shape = [1] * len(problem.variables)
        shape[axis] = -1
        if v.choices:
            sets = {what: [x[round(choice)] for choice in v.choices] for what, x in v.sets.items()}
            given |= _chosen(m, v, {v.name: v.choices, **sets}, shape)
        else:
            given[v.name] = _variable(m, v, pieces if v in options else 1, shape)
        variables[v.name] = given[v.name]

    problem.model.check(given, problem.needed)
    sizes = sizes_of(problem)
    found = dict(given)
    for eq in problem.model.order(given, problem.needed):
        try:
            value = eq.function(*[found[name] for name in eq.inputs])
        except (TypeError, AttributeError) as error:
            raise NonlinearEquation(
                f"{eq.name} (in {eq.module}) has no symbolic reading: {error}; use `engine: {{name: sweep}}` or "
                "`{name: optuna}`"
            ) from None
        found[eq.name] = _quantity(m, eq.name, value, sizes[eq.name])

    impossible = False
    for c in problem.constraints:
        distance = c.sign * (found[c.quantity] - c.limit)
        if isinstance(distance, Symbol):
            m.add_component(row_name(m, c), pyo.Constraint(expr=distance.scaled >= 0, doc=str(c)))
        else:
            impossible |= bool(distance < -c.rounding)
    scores = []
    for o in problem.objectives:
        score = o.sign * found[o.quantity]
        if not isinstance(score, Symbol):
            score = Symbol(m, abs(score) or 1.0, np.sign(score), score, score)
        scores.append(score)
    m.score = pyo.Objective(expr=scores[0].scaled, sense=pyo.maximize)
    m.floors = pyo.ConstraintList()
    return Formulation(m, variables, scores, impossible)


def _chosen(m: Any, v: Variable, columns: Mapping[str, Sequence[float]], shape: list[int]) -> dict[str, Symbol]:
    """Quantities by their values with each choice of a variable, itself among them."""
    import pyomo.environ as pyo

    # Each binary stands for one step up the ladder of choices; they are climbed in order.
    rungs = range(1, len(v.choices))
    climbed = pyo.Var(rungs, domain=pyo.Binary, initialize=0)
    m.add_component(f"{v.name}_rungs", climbed)
    order = pyo.Constraint(range(2, len(v.choices)), rule=lambda m, i: climbed[i] <= climbed[i - 1])
    m.add_component(f"{v.name}_order", order)
    found = {}
    for name, values in columns.items():
        size = max(map(abs, values)) or 1.0
        climb = sum((values[i] - values[i - 1]) / size * climbed[i] for i in rungs)
        at = np.array(values).reshape(shape)
        found[name] = Symbol(m, size, values[0] / size + climb, at, at)
    return found


def _variable(m: Any, v: Variable, pieces: int, shape: list[int]) -> Symbol:
    import pyomo.environ as pyo

    if v.step is not None:
        assert v.size is not None
        x = pyo.Var(
            domain=pyo.Integers, bounds=(0, v.size - 1), initialize=0, doc=f"steps of {v.step:g} above {v.low:g}"
        )
        size = max(abs(v.low), abs(v.high))
        expression = v.low / size + v.step / size * x
    else:
        size = max(abs(v.low), abs(v.high)) or 1.0
        x = pyo.Var(bounds=(v.low / size, v.high / size), initialize=v.low / size, doc=f"in units of {size:.15g}")
        expression = x
    m.add_component(v.name, x)
    cuts = np.linspace(v.low, v.high, pieces + 1)
    return Symbol(m, size, expression, cuts[:-1].reshape(shape), cuts[1:].reshape(shape))


def sizes_of(problem: Problem) -> dict[str, float]:
    """Typical sizes of the quantities: medians over a fixed sample of designs; 0 where that is nothing."""
    with np.errstate(all="ignore"):
        found = problem.model.evaluate({**problem.values, **problem.sample(256)}, problem.needed)
    sizes = {eq.name: float(np.median(np.abs(found[eq.name]))) for eq in problem.model if eq.name in found}
    return {name: size if np.isfinite(size) else 0.0 for name, size in sizes.items()}


def _quantity(m: Any, name: str, value: Any, size: float) -> Any:
    """A quantity as a variable of its own, in units of its size, within the bounds that its equation gives."""
    import pyomo.environ as pyo

    if not isinstance(value, Symbol):
        return value
    size, (low, high) = size or value.size, value.bounds
    # Bounds are from rounded arithmetic.
    slack = 1e-9 * max(abs(low), abs(high)) if np.isfinite(low + high) else 0.0
    bounds = tuple(float(b / size) if np.isfinite(b) else None for b in (low - slack, high + slack))
    variable = pyo.Var(bounds=bounds, doc=f"in units of {size:.15g}")
    m.add_component(name, variable)
    m.add_component(f"{name}_equation", pyo.Constraint(expr=variable == value.scale / size * value.expression))
    return Symbol(m, size, variable, value.low, value.high)
