"""The design problem as a nonlinear program in Pyomo, every variable free within its range, from the same equations.

Variables, and the quantities that depend on them, are Pyomo variables of their names, in units of their size. What no
variable reaches stays a number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunfront.engines.exact.interval import SLACK, Symbol
from sunfront.engines.exact.solver import row_name
from sunfront.equation import Equation
from sunfront.errors import NonlinearEquation
from sunfront.problem.problem import Problem
from sunfront.problem.variables import Variable

#: Pieces into which the ranges of all option variables together are cut, for bounds.
PIECES = 20_000


@dataclass
class Formulation:
    """A nonlinear program.

    Attributes:
        model: Of Pyomo; its objective is ``score``.
        problem: What it is of.
        variables: What each variable is.
        quantities: What each quantity is that the variables reach: a variable of the model.
        scores: Of the objectives, to maximize.
        impossible: A constraint that no variable reaches is violated.
    """

    model: Any
    problem: Problem
    variables: dict[str, Symbol]
    quantities: dict[str, Symbol]
    scores: list[Symbol]
    impossible: bool

    def place(self, design: Mapping[str, float]) -> None:
        """Give every variable of the model its value in a design, by numpy."""
        import pyomo.environ as pyo

        m, given = self.model, {**self.problem.values, **design}
        for v in self.problem.variables:
            if v.choices:
                for i, rung in m.component(f"{v.name}_rungs").items():
                    rung.set_value(int(v.choices[i] <= design[v.name]))
            elif v.step is not None:
                m.component(v.name).set_value(round((design[v.name] - v.low) / v.step))
            else:
                m.component(v.name).set_value(design[v.name] / self.variables[v.name].scale)
        values = self.problem.model.evaluate(given, self.problem.criterion_names)
        for name, quantity in self.quantities.items():
            quantity.expression.set_value(float(values[name]) / quantity.scale, skip_validation=True)
        for i, angle in m.angle.items():
            angle.set_value(float(np.arccos(np.clip(pyo.value(m.cosine[i]), -1, 1))), skip_validation=True)


def formulate(problem: Problem) -> Formulation:
    """Write a problem as a nonlinear program; it maximizes the first objective.

    Raises:
        NonlinearEquation: An equation uses what has no symbolic reading.
    """
    import pyomo.environ as pyo

    m = pyo.ConcreteModel(name="sunfront")
    m.angle, m.angle_equation, m.cosine = pyo.VarList(), pyo.ConstraintList(), {}
    options = [v for v in problem.variables if v.name not in problem.hardware and not v.choices]
    pieces = min(64, max(1, int(PIECES ** (1 / max(len(options), 1)))))
    variables: dict[str, Symbol] = {}
    tables: dict[str, _Table] = {}
    given: dict[str, Any] = dict(problem.values)
    for axis, v in enumerate(problem.variables):
        shape = [1] * len(problem.variables)
        shape[axis] = -1
        if v.choices:
            ladder = _ladder(m, v)
            for name, values in v.lookup_tables.items():
                tables[name] = _Table(ladder, tuple(shape), np.array(values))
                given[name] = tables[name].symbol(m)
        else:
            given[v.name] = _variable(m, v, pieces if v in options else 1, shape)
        variables[v.name] = given[v.name]

    problem.model.check(given, problem.criterion_names)
    sizes = sizes_of(problem)
    found = dict(given)
    order = problem.model.order(given, problem.criterion_names)
    for eq in order:
        if (table := _tabulated(eq, found, tables)) is not None:
            tables[eq.name] = table
            found[eq.name] = _quantity(m, eq.name, table.symbol(m), sizes[eq.name])
            continue
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
    quantities = {eq.name: found[eq.name] for eq in order if isinstance(found[eq.name], Symbol)}
    return Formulation(m, problem, variables, quantities, scores, impossible)


def _ladder(m: Any, v: Variable) -> Any:
    """Binaries of a variable's choices: each stands for one step up, and they are climbed in order."""
    import pyomo.environ as pyo

    climbed = pyo.Var(range(1, len(v.choices)), domain=pyo.Binary, initialize=0)
    m.add_component(f"{v.name}_rungs", climbed)
    order = pyo.Constraint(range(2, len(v.choices)), rule=lambda m, i: climbed[i] <= climbed[i - 1])
    m.add_component(f"{v.name}_order", order)
    return climbed


@dataclass(frozen=True)
class _Table:
    """A quantity that one variable with choices decides alone.

    Attributes:
        ladder: The variable's binaries.
        shape: Of bounds along the variable's axis.
        values: Of the quantity, with each choice.
    """

    ladder: Any
    shape: tuple[int, ...]
    values: NDArray[np.float64]

    def symbol(self, m: Any) -> Symbol:
        """The quantity, linear in the ladder."""
        size = float(np.abs(self.values).max()) or 1.0
        steps = (np.diff(self.values) / size).tolist()
        climb = sum(step * rung for step, rung in zip(steps, self.ladder.values(), strict=True))
        at = self.values.reshape(self.shape)
        return Symbol(m, size, float(self.values[0]) / size + climb, at, at)


def _tabulated(eq: Equation, found: Mapping[str, Any], tables: Mapping[str, _Table]) -> _Table | None:
    """The equation's values, by numpy, if it depends on one variable with choices and on nothing else."""
    reached = [tables.get(name) for name in eq.inputs if isinstance(found[name], Symbol)]
    first = reached[0] if reached else None
    if first is None or any(table is None or table.ladder is not first.ladder for table in reached):
        return None
    with np.errstate(all="ignore"):
        values = eq.function(*[tables[name].values if name in tables else found[name] for name in eq.inputs])
    values = np.broadcast_to(np.asarray(values, float), first.values.shape)
    return _Table(first.ladder, first.shape, values) if np.isfinite(values).all() else None


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
        found = problem.model.evaluate({**problem.values, **problem.random_designs(256)}, problem.criterion_names)
    sizes = {eq.name: float(np.median(np.abs(found[eq.name]))) for eq in problem.model if eq.name in found}
    return {name: size if np.isfinite(size) else 0.0 for name, size in sizes.items()}


def _quantity(m: Any, name: str, value: Any, size: float) -> Any:
    """A quantity as a variable of its own, in units of its size, within the bounds that its equation gives."""
    import pyomo.environ as pyo

    if not isinstance(value, Symbol):
        return value
    size, (low, high) = size or value.size, value.bounds
    slack = SLACK * max(abs(low), abs(high)) if np.isfinite(low + high) else 0.0
    bounds = tuple(float(b / size) if np.isfinite(b) else None for b in (low - slack, high + slack))
    variable = pyo.Var(bounds=bounds, doc=f"in units of {size:.15g}")
    m.add_component(name, variable)
    m.add_component(f"{name}_equation", pyo.Constraint(expr=variable == value.scale / size * value.expression))
    return Symbol(m, size, variable, value.low, value.high)
