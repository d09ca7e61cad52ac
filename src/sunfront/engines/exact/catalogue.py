"""A problem as a catalogue: the coefficients of every row in the amounts of hardware, for all options at once.

An option is one combination of values of the variables that do not size hardware, such as an altitude shell with a
launch cadence. For given values of these, the equations are linear in the amounts of one stack, or quotients of two
linear forms.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sunfront.arrays import Array
from sunfront.engines.exact.affine import Affine
from sunfront.engines.exact.forms import FormBuilder, LinearForm, ObjectiveForm
from sunfront.equation import Equation
from sunfront.errors import NonlinearEquation
from sunfront.problem.criteria import Constraint
from sunfront.problem.problem import Problem
from sunfront.problem.variables import Variable

#: With more options, building the program takes more than seconds and more than a gigabyte.
MAX_OPTIONS = 20_000


@dataclass(frozen=True)
class Amount:
    """A total over one stack that the program decides.

    Attributes:
        total: Name of the total, such as ``array_area``.
        variable: The variable of one node, or the number of nodes itself.
        scale: Largest total; the program's variable runs from 0 to 1.
    """

    total: str
    variable: Variable
    scale: float


@dataclass(frozen=True)
class Catalogue:
    """A problem as linear forms for each option; options that no design can use are left out.

    Attributes:
        options: For each variable that is not an amount, its value in each option; arrays (options,).
        size: Number of options.
        scope: What the catalogue covers, for people; counts the options left out too.
        count: The number of nodes of a stack: an amount, or a number for each option.
        amounts: The other amounts.
        rows: For each constraint the form that must not be negative.
        denominators: For each constraint on a quotient, the form by which it was multiplied.
        objectives: In the order of the problem.
        notes: How continuous variables were split.
    """

    options: Mapping[str, Array]
    size: int
    scope: str
    count: Amount | Array
    amounts: tuple[Amount, ...]
    rows: Mapping[Constraint, LinearForm]
    denominators: Mapping[Constraint, LinearForm]
    objectives: tuple[ObjectiveForm, ...]
    notes: tuple[str, ...]

    @property
    def all_amounts(self) -> tuple[Amount, ...]:
        """The amounts in the order of a form's coefficients; the number of nodes is first, if it is an amount."""
        return ((self.count,) if isinstance(self.count, Amount) else ()) + self.amounts


def build_catalogue(problem: Problem, shells: int) -> Catalogue:
    """Compute the linear forms of a problem for every option.

    Args:
        shells: Number of values into which a continuous variable that is not an amount is split.

    Raises:
        NonlinearEquation: An equation is neither linear in the amounts nor a quotient of two linear forms.
    """
    variables = {v.name: v for v in problem.variables}
    ((count_total, count_name),) = problem.count.items()
    per_node = {total: name for total, name in problem.amounts.items() if name in variables}
    amount_names = {
        name for name in (count_name, *per_node.values()) if name in variables and not variables[name].choices
    }
    options, size, notes = _list_options([v for v in problem.variables if v.name not in amount_names], shells)

    given: dict[str, Any] = {**problem.values, **options}
    nodes: Any
    if count_name in amount_names:
        v = variables[count_name]
        count: Amount | Array = Amount(count_total, v, v.high)
        nodes = given[count_total] = given[count_name] = Affine({count_total: 1.0})
        most = v.high
    else:
        # The model computes the count, since a study may fix it.
        nodes = np.broadcast_to(np.asarray(problem.model.evaluate(given, [count_total])[count_total], float), (size,))
        count, most = nodes, float(nodes.max())
    amounts = []
    for total, name in per_node.items():
        if name in amount_names:
            amounts.append(Amount(total, variables[name], max(variables[name].high * most, 1e-300)))
            given[total] = Affine({total: 1.0})
            given[name] = given[total] / nodes
    with np.errstate(all="ignore"):
        found = problem.model.evaluate(given, problem.criterion_names, _call)

    totals = [a.total for a in ((count,) if isinstance(count, Amount) else ())] + [a.total for a in amounts]
    low, high = _ranges(count, amounts, nodes)
    builder = FormBuilder(problem, size, totals, low, high)
    rows: dict[Constraint, LinearForm] = {}
    denominators: dict[Constraint, LinearForm] = {}
    possible = np.ones(size, dtype=bool)
    for c in problem.constraints:
        form, denominator = builder.constraint(c, found[c.quantity])
        best = form.upper_bound(low, high)
        # A constraint that the amounts do not affect is checked here, with the tolerance of the sweep. As a row, a
        # violation of 1e-16 would make the option infeasible.
        fixed = np.all([k == 0 for k in form.coefficients], axis=0) if form.coefficients else np.ones(size, dtype=bool)
        possible &= best >= np.where(fixed, -c.rounding, -1e-6 * problem.constraint_scales[c])
        rows[c] = LinearForm(form.coefficients, np.where(fixed, 0.0, form.constant))
        if denominator is not None:
            denominators[c] = denominator
    objectives = [builder.objective(o, found[o.quantity]) for o in problem.objectives]
    catalogue = Catalogue(
        options={name: values[possible] for name, values in options.items()},
        size=int(possible.sum()),
        scope=f"a catalogue of {size:,} combinations of {' and '.join(options)}"
        if options
        else f"a catalogue of {size:,} options",
        count=count if isinstance(count, Amount) else count[possible],
        amounts=tuple(amounts),
        rows={c: form.select(possible) for c, form in rows.items()},
        denominators={c: form.select(possible) for c, form in denominators.items()},
        objectives=tuple(o.select(possible) for o in objectives),
        notes=notes,
    )
    _check_integer_products(catalogue)
    return catalogue


def _list_options(variables: Sequence[Variable], shells: int) -> tuple[dict[str, Array], int, tuple[str, ...]]:
    """Return every combination of the variables' values, the number of combinations, and notes on the splits."""
    notes = []
    axes = []
    for v in variables:
        values = v.values
        if values is None:
            values = tuple(np.linspace(v.low, v.high, shells))
            notes.append(f"{v.name} is continuous; the catalogue holds {shells} values of it from low to high")
        axes.append(np.array(values))
    size = math.prod(len(a) for a in axes)
    if size > MAX_OPTIONS:
        listed = ", ".join(f"{len(a):,} of {v.name}" for v, a in zip(variables, axes, strict=True))
        raise NonlinearEquation(
            f"a catalogue of {size:,} options ({listed}) exceeds the maximum of {MAX_OPTIONS:,}; give fewer `choices`, "
            "a wider `step`, a smaller engine.shells, or use `engine: {name: sweep}`"
        )
    mesh = np.meshgrid(*axes, indexing="ij") if axes else []
    return {v.name: grid.ravel() for v, grid in zip(variables, mesh, strict=True)}, size, tuple(notes)


def _call(eq: Equation, found: dict[str, Any]) -> Any:
    """Call an equation with affine forms."""
    try:
        return eq.function(*[found[name] for name in eq.inputs])
    except TypeError as error:
        raise NonlinearEquation(
            f"the pyomo engine cannot represent {eq.name} (in {eq.module}): {error}. Give the quantities that "
            "it multiplies as `choices`, or use `engine: {name: sweep}` or `{name: optuna}`",
            quantity=eq.name,
        ) from None


def _ranges(count: Amount | Array, amounts: Sequence[Amount], nodes: Any) -> tuple[list[float], list[float]]:
    """Return the lowest and the highest value of each amount, for interval arithmetic."""
    if isinstance(count, Amount):
        low, high = [count.variable.low], [count.variable.high]
        fewest, most = low[0], high[0]
    else:
        low, high = [], []
        fewest, most = float(np.min(nodes)), float(np.max(nodes))
    low += [a.variable.low * fewest for a in amounts]
    high += [a.variable.high * most for a in amounts]
    return low, high


def _check_integer_products(catalogue: Catalogue) -> None:
    """Raise NonlinearEquation if an amount per node moves in steps while the number of nodes is continuous."""
    stepped = [a.variable.name for a in catalogue.amounts if a.variable.step is not None]
    if stepped and isinstance(catalogue.count, Amount) and catalogue.count.variable.step is None:
        name = catalogue.count.variable.name
        raise NonlinearEquation(
            f"{stepped[0]} moves in steps while {name} is continuous, so that their product has no exact linear "
            f"form; make {name} an integer",
            path=("variables", name),
        )
