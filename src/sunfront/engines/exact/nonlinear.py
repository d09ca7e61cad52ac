"""The problem as a nonlinear program in Pyomo, from the same equations, every variable free within its range.

The variables of the study, and the quantities that depend on them, are Pyomo variables with the same names, in units
of their size. Quantities that depend on no variable are numbers.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sunfront.arrays import Array
from sunfront.engines.exact.interval import SLACK, Symbol
from sunfront.engines.exact.parts import Parts, add_parts
from sunfront.engines.exact.solver_protocol import component_name, row_name
from sunfront.equation import CountedPeriods, Equation
from sunfront.errors import NonlinearEquation
from sunfront.library.formulas import explain
from sunfront.library.physical_range import fixed_range
from sunfront.problem.problem import Problem
from sunfront.problem.variables import Variable

#: Number of pieces into which the ranges of all option variables together are divided, to bound the quantities.
PIECES = 20_000

#: Most grid values of an option variable for which it is read as choices, so that what depends on it alone is linear.
MOST_CHOICES = 100


@dataclass
class Formulation:
    """A nonlinear program.

    Attributes:
        model: Pyomo model; its objective is ``score``, and ``floors`` is an empty list of constraints.
        variables: The symbol of each variable.
        quantities: The symbol of each quantity that depends on the variables: a variable of the model.
        scores: The symbol of each objective, to maximize.
        parts: Of the range of each continuous option variable.
        is_infeasible: A constraint that depends on no variable is violated.
    """

    model: Any
    problem: Problem
    variables: dict[str, Symbol]
    quantities: dict[str, Symbol]
    scores: list[Symbol]
    parts: list[Parts]
    is_infeasible: bool

    def set_values(self, design: Mapping[str, float]) -> None:
        """Set every variable of the model to its value in a design, computed with numpy."""
        import pyomo.environ as pyo

        m, given = self.model, {**self.problem.values, **design}
        for v in self.problem.variables:
            if v.choices:
                for i, binary in m.component(f"{v.name}_steps").items():
                    binary.set_value(int(v.choices[i] <= design[v.name]))
            elif v.step is not None:
                m.component(v.name).set_value(round((design[v.name] - v.low) / v.step))
            else:
                m.component(v.name).set_value(design[v.name] / self.variables[v.name].scale)
        for parts in self.parts:
            parts.set_values(design[parts.name])
        values = self.problem.model.evaluate(given, self.problem.criterion_names)
        for name, quantity in self.quantities.items():
            quantity.expression.set_value(float(values[name]) / quantity.scale, skip_validation=True)
        for i, angle in m.angle.items():
            angle.set_value(float(np.arccos(np.clip(pyo.value(m.cosine[i]), -1, 1))), skip_validation=True)
        for i, larger in m.larger.items():
            first, second = map(pyo.value, m.pair[i])
            larger.set_value(max(first, second), skip_validation=True)
            m.is_first[i].set_value(int(first >= second))


def formulate(problem: Problem) -> Formulation:
    """Build the nonlinear program of a problem; it maximizes the first objective.

    Args:
        problem: Without choices that replace equations, such as one of ``Problem.members``.

    Raises:
        NonlinearEquation: An equation uses an operation that symbols do not support.
    """
    import pyomo.environ as pyo

    assert not problem.equation_choices
    problem = replace(problem, variables=tuple(_as_choices(v, problem.hardware) for v in problem.variables))
    m = pyo.ConcreteModel(name="sunfront")
    m.angle, m.angle_equation, m.cosine = pyo.VarList(), pyo.ConstraintList(), {}
    m.larger, m.larger_equation, m.pair = pyo.VarList(), pyo.ConstraintList(), {}
    m.is_first = pyo.VarList(domain=pyo.Binary)
    options = [v for v in problem.variables if v.name not in problem.hardware and not v.choices]
    pieces = min(64, max(1, int(PIECES ** (1 / max(len(options), 1)))))
    variables: dict[str, Symbol] = {}
    tables: dict[str, _Table] = {}
    given: dict[str, Any] = dict(problem.values)
    parts: list[Parts] = []
    for axis, v in enumerate(problem.variables):
        shape = [1] * len(problem.variables)
        shape[axis] = -1
        if v.choices:
            binaries = _add_choice_binaries(m, v)
            for name, values in v.lookup_tables.items():
                tables[name] = _Table(binaries, tuple(shape), np.array(values))
                given[name] = tables[name].symbol(m)
        else:
            given[v.name] = _add_variable(m, v, pieces if v in options else 1, shape)
            if v in options and pieces > 1:
                parts.append(add_parts(m, v, given[v.name], pieces, axis))
        variables[v.name] = given[v.name]

    sizes = typical_sizes(problem)
    quantities: dict[str, Symbol] = {}

    def call(eq: Equation, found: dict[str, Any]) -> Any:
        if (table := _tabulate(eq, found, tables)) is not None:
            tables[eq.name] = table
            value = table.symbol(m)
        else:
            try:
                value = eq.function(*[found[name] for name in eq.inputs])
            except (TypeError, AttributeError) as error:
                raise NonlinearEquation(
                    f"the nonlinear solvers cannot represent {eq.name} (in {eq.place}): {explain(eq, error)}; use "
                    + remedy(error, "`engine: {name: sweep}` or `{name: optuna}`"),
                    quantity=eq.name,
                ) from None
        if isinstance(value, Symbol):
            # Interval arithmetic is blind to what the equation says of its result: an energy would go down to -2e14 J.
            value.low, value.high = (np.clip(end, *fixed_range(eq)) for end in (value.low, value.high))
            value = quantities[eq.name] = _add_quantity(m, eq.name, value, sizes[eq.name])
            for each in parts:
                each.bound(m, eq.name, value)
        return value

    found = problem.model.evaluate(given, problem.criterion_names, call)

    is_infeasible = False
    for c in problem.constraints:
        slack = c.slack(found[c.quantity])
        if isinstance(slack, Symbol):
            m.add_component(row_name(m, c), pyo.Constraint(expr=slack.scaled >= 0, doc=str(c)))
        else:
            is_infeasible |= bool(slack < -c.rounding)
    scores = []
    for o in problem.objectives:
        score = o.sign * found[o.quantity]
        if not isinstance(score, Symbol):
            score = Symbol(m, abs(score) or 1.0, np.sign(score), score, score)
        scores.append(score)
    m.score = pyo.Objective(expr=scores[0].scaled, sense=pyo.maximize)
    m.floors = pyo.ConstraintList()
    return Formulation(m, problem, variables, quantities, scores, parts, is_infeasible)


def _as_choices(v: Variable, hardware: Collection[str]) -> Variable:
    """Return an option variable with a coarse grid as one with choices; any other variable as it is."""
    if v.step is None or v.size is None or v.size > MOST_CHOICES or v.name in hardware:
        return v
    return replace(v, step=None, choices=v.values or ())


def remedy(error: Exception, usual: str) -> str:
    """What to use where an equation fails: HiGHS computes durations of a catalogue as plain numbers."""
    return "`solver: highs`, or `cash_flow_period: 0 year`" if isinstance(error, CountedPeriods) else usual


def typical_sizes(problem: Problem) -> dict[str, float]:
    """Return the median size of each quantity over fixed random designs; 0 if that is not finite."""
    with np.errstate(all="ignore"):
        found = problem.model.evaluate({**problem.values, **problem.random_designs(256)}, problem.criterion_names)
    sizes = {eq.name: float(np.median(np.abs(found[eq.name]))) for eq in problem.model if eq.name in found}
    return {name: size if np.isfinite(size) else 0.0 for name, size in sizes.items()}


def _add_choice_binaries(m: Any, v: Variable) -> Any:
    """Add a binary for each choice but the first: 1 if the variable has that choice or a later one."""
    import pyomo.environ as pyo

    binaries = pyo.Var(range(1, len(v.choices)), domain=pyo.Binary, initialize=0)
    m.add_component(f"{v.name}_steps", binaries)
    order = pyo.Constraint(range(2, len(v.choices)), rule=lambda m, i: binaries[i] <= binaries[i - 1])
    m.add_component(f"{v.name}_order", order)
    return binaries


@dataclass(frozen=True)
class _Table:
    """A quantity that depends on a single variable with choices.

    Attributes:
        binaries: The variable's binaries.
        shape: Shape of bounds along the variable's axis.
        values: The quantity for each choice.
    """

    binaries: Any
    shape: tuple[int, ...]
    values: Array

    def symbol(self, m: Any) -> Symbol:
        """Return the quantity, linear in the binaries."""
        size = float(np.abs(self.values).max()) or 1.0
        steps = (np.diff(self.values) / size).tolist()
        change = sum(step * binary for step, binary in zip(steps, self.binaries.values(), strict=True))
        at = self.values.reshape(self.shape)
        return Symbol(m, size, float(self.values[0]) / size + change, at, at)


def _tabulate(eq: Equation, found: Mapping[str, Any], tables: Mapping[str, _Table]) -> _Table | None:
    """Compute the equation for each choice with numpy, if it depends on one variable with choices and nothing else."""
    inputs = [tables.get(name) for name in eq.inputs if isinstance(found[name], Symbol)]
    first = inputs[0] if inputs else None
    if first is None or any(table is None or table.binaries is not first.binaries for table in inputs):
        return None
    with np.errstate(all="ignore"):
        values = eq.function(*[tables[name].values if name in tables else found[name] for name in eq.inputs])
    values = np.broadcast_to(np.asarray(values, float), first.values.shape)
    return _Table(first.binaries, first.shape, values) if np.isfinite(values).all() else None


def _add_variable(m: Any, v: Variable, pieces: int, shape: list[int]) -> Symbol:
    """Add a variable without choices: in units of its size, or counting the steps of its grid."""
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


def _add_quantity(m: Any, name: str, value: Symbol, size: float) -> Symbol:
    """Add a quantity as a variable in units of its size, with its equation and the bounds that follow from it."""
    import pyomo.environ as pyo

    size, (low, high) = size or value.size, value.bounds
    slack = SLACK * max(abs(low), abs(high)) if np.isfinite(low + high) else 0.0
    bounds = tuple(float(b / size) if np.isfinite(b) else None for b in (low - slack, high + slack))
    variable = pyo.Var(bounds=bounds, doc=f"in units of {size:.15g}")
    equation = pyo.Constraint(expr=variable == value.scale / size * value.expression)
    name = component_name(m, name)
    m.add_component(name, variable)
    m.add_component(component_name(m, f"{name}_equation"), equation)
    found = Symbol(m, size, variable, value.low, value.high)
    found.factors = value.factors
    return found
