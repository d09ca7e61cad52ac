"""A problem as a catalogue: the coefficients of every row in the amounts of hardware, for all options at once.

An option is one combination of values of the variables that do not size hardware, such as an altitude shell with a
launch cadence. For given values of these, the equations are linear in the amounts of one stack, or quotients of two
linear forms. Two things need more than the values of the variables: a choice of presets that replace equations, and the
larger of two amounts. The options of each such choice are computed with its own equations, and those of each side of
``larger`` with that side, under a row that it is the larger.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.engines.exact.affine import Affine, Sides
from sunfront.engines.exact.forms import FormBuilder, LinearForm, ObjectiveForm, Quotient
from sunfront.equation import Equation
from sunfront.errors import NonlinearEquation
from sunfront.library.formulas import explain
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
        options: For each variable that is not an amount, its value in each option; arrays (options,). Options that
            differ in the side of ``larger`` alone have the same values.
        size: Number of options.
        scope: What the catalogue covers, for people; counts the combinations left out too.
        count: The number of nodes of a stack: an amount, or a number for each option.
        amounts: The other amounts.
        rows: For each constraint the form that must not be negative.
        denominators: For each constraint on a quotient, the form by which it was multiplied.
        sides: Further forms that must not be negative: in each option, the side taken by ``larger`` is the larger.
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
    sides: tuple[LinearForm, ...]
    objectives: tuple[ObjectiveForm, ...]
    notes: tuple[str, ...]

    @property
    def all_amounts(self) -> tuple[Amount, ...]:
        """The amounts in the order of a form's coefficients; the number of nodes is first, if it is an amount."""
        return ((self.count,) if isinstance(self.count, Amount) else ()) + self.amounts

    def select(self, mask: NDArray[np.bool_]) -> Catalogue:
        """Return the catalogue with some of its options."""
        return replace(
            self,
            options={name: values[mask] for name, values in self.options.items()},
            size=int(mask.sum()),
            count=self.count if isinstance(self.count, Amount) else self.count[mask],
            rows={c: form.select(mask) for c, form in self.rows.items()},
            denominators={c: form.select(mask) for c, form in self.denominators.items()},
            sides=tuple(form.select(mask) for form in self.sides),
            objectives=tuple(o.select(mask) for o in self.objectives),
        )


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
    axes, notes = _axes([v for v in problem.variables if v.name not in amount_names], shells)
    counted = variables[count_name] if count_name in amount_names else None
    members = list(problem.members())
    options = [_combinations(axes, member) for member in members]
    if counted is None:
        numbers = [_count_nodes(member, count_total, given) for member, given in zip(members, options, strict=True)]
        fewest, most = min(float(n.min()) for n in numbers), max(float(n.max()) for n in numbers)
        nodes: list[Array | None] = [*numbers]
        count = None
    else:
        nodes = [None] * len(members)
        fewest, most = counted.low, counted.high
        count = Amount(count_total, counted, counted.high)
    amounts = tuple(
        Amount(total, variables[name], max(variables[name].high * most, 1e-300))
        for total, name in per_node.items()
        if name in amount_names
    )
    parts = [
        part
        for member, given, number in zip(members, options, nodes, strict=True)
        for part in _parts(member, given, number, count, amounts)
    ]
    low = [*([count.variable.low] if count else []), *(a.variable.low * fewest for a in amounts)]
    high = [*([count.variable.high] if count else []), *(a.variable.high * most for a in amounts)]
    catalogue = _join(problem, parts, FormBuilder(problem, low, high), count, amounts)
    size = math.prod(map(len, axes.values()))
    split = [name for name, values in axes.items() if len(values) > 1]
    scope = f"a catalogue of {size:,} combinations of {' and '.join(split)}" if split else scope_of_all(problem)
    catalogue = replace(catalogue, scope=scope, notes=notes)
    _check_integer_products(catalogue)
    return catalogue


def scope_of_all(problem: Problem) -> str:
    """Say that a proof covers all values of the variables."""
    return f"all values of {', '.join(v.name for v in problem.variables)}" if problem.variables else "the base design"


@dataclass(frozen=True)
class _Part:
    """Options that share their equations and the sides of ``larger``.

    Attributes:
        nodes: The number of nodes in each option, unless it is an amount.
        found: The quantities of the criteria, by name.
        sides: For each call of ``larger`` on amounts, the side taken minus the other.
    """

    options: Mapping[str, Array]
    size: int
    nodes: Array | None
    found: Mapping[str, Quotient]
    sides: tuple[Quotient, ...]


def _parts(
    problem: Problem, options: Mapping[str, Array], nodes: Array | None, count: Amount | None, amounts: Sequence[Amount]
) -> Iterator[_Part]:
    """Evaluate the equations for the options of a problem without choices of equations, once for each side."""
    given: dict[str, Any] = {**problem.values, **options}
    number: Any = nodes
    if count is not None:
        number = given[count.total] = given[count.variable.name] = Affine({count.total: 1.0})
    for a in amounts:
        given[a.total] = Affine({a.total: 1.0})
        given[a.variable.name] = given[a.total] / number
    totals = [a.total for a in ([count] if count else [])] + [a.total for a in amounts]
    size = len(next(iter(options.values()))) if options else 1
    assumed: tuple[bool, ...] | None = ()
    while assumed is not None:
        sides = Sides(assumed)
        with np.errstate(all="ignore"), sides.used():
            found = problem.model.evaluate(given, problem.criterion_names, _call)
        yield _Part(
            options,
            size,
            nodes,
            {name: Quotient.of(name, found[name], totals, size) for name in problem.criterion_names},
            tuple(Quotient.of("larger", difference, totals, size) for difference in sides.differences),
        )
        assumed = sides.next


def _join(
    problem: Problem, parts: Sequence[_Part], builder: FormBuilder, count: Amount | None, amounts: tuple[Amount, ...]
) -> Catalogue:
    """Build the forms of all options; leave out those that no design can use."""
    low, high = builder.box
    size = sum(part.size for part in parts)
    if size > MAX_OPTIONS:
        raise NonlinearEquation(
            f"with each side of `larger`, a catalogue of {size:,} options exceeds the maximum of {MAX_OPTIONS:,}; give "
            "fewer `choices`, a wider `step`, a smaller engine.shells, or use `engine: {name: sweep}`"
        )
    possible = np.ones(size, dtype=bool)
    # A part without a call of ``larger`` that others have gets a row that always holds.
    most = max(len(part.sides) for part in parts)
    sides = []
    for i in range(most):
        forms = []
        for part in parts:
            if i < len(part.sides):
                forms.append(builder.side(part.sides[i]))
            else:
                forms.append(LinearForm.number(0.0, len(low), part.size))
        form = LinearForm.join(forms)
        # A side that is never the larger is left out; one that is equal within rounding is not.
        largest = np.maximum(form.magnitude(low, high), 1e-300)
        possible &= form.upper_bound(low, high) >= -1e-9 * largest
        sides.append(form.without_constant_rows())
    found = {name: Quotient.join([part.found[name] for part in parts]) for name in problem.criterion_names}
    rows: dict[Constraint, LinearForm] = {}
    denominators: dict[Constraint, LinearForm] = {}
    for c in problem.constraints:
        form, denominator = builder.constraint(c, found[c.quantity])
        best = form.upper_bound(low, high)
        # A constraint that the amounts do not affect is checked here, with the tolerance of the sweep. As a row, a
        # violation of 1e-16 would make the option infeasible.
        possible &= best >= np.where(form.is_fixed, -c.rounding, -1e-6 * problem.constraint_scales[c])
        rows[c] = form.without_constant_rows()
        if denominator is not None:
            denominators[c] = denominator
    names = list(parts[0].options)
    catalogue = Catalogue(
        options={name: np.concatenate([part.options[name] for part in parts]) for name in names},
        size=size,
        scope="",
        count=count if count is not None else np.concatenate([part.nodes for part in parts if part.nodes is not None]),
        amounts=amounts,
        rows=rows,
        denominators=denominators,
        sides=tuple(sides),
        objectives=tuple(builder.objective(o, found[o.quantity]) for o in problem.objectives),
        notes=(),
    )
    return catalogue.select(possible)


def _axes(variables: Sequence[Variable], shells: int) -> tuple[dict[str, Array], tuple[str, ...]]:
    """Return the values of each variable in the catalogue, and notes on the splits."""
    notes = []
    axes = {}
    for v in variables:
        values = v.values
        if values is None:
            values = tuple(np.linspace(v.low, v.high, shells))
            notes.append(f"{v.name} is continuous; the catalogue holds {shells} values of it from low to high")
        axes[v.name] = np.array(values)
    size = math.prod(map(len, axes.values()))
    if size > MAX_OPTIONS:
        listed = ", ".join(f"{len(values):,} of {name}" for name, values in axes.items())
        raise NonlinearEquation(
            f"a catalogue of {size:,} options ({listed}) exceeds the maximum of {MAX_OPTIONS:,}; give fewer `choices`, "
            "a wider `step`, a smaller engine.shells, or use `engine: {name: sweep}`"
        )
    return axes, tuple(notes)


def _combinations(axes: Mapping[str, Array], member: Problem) -> dict[str, Array]:
    """Return every combination of the values, with the choices of the member; arrays (options,)."""
    chosen = {v.name: v.choices for v in member.variables if v.labels}
    values = [np.array(chosen.get(name, axis)) for name, axis in axes.items()]
    mesh = np.meshgrid(*values, indexing="ij") if values else []
    return {name: grid.ravel() for name, grid in zip(axes, mesh, strict=True)}


def _count_nodes(problem: Problem, total: str, options: Mapping[str, Array]) -> Array:
    """Return the number of nodes in each option; the model computes it, since a study may fix it."""
    size = len(next(iter(options.values()))) if options else 1
    found = problem.model.evaluate({**problem.values, **options}, [total])[total]
    return np.broadcast_to(np.asarray(found, float), (size,))


def _call(eq: Equation, found: dict[str, Any]) -> Any:
    """Call an equation with affine forms."""
    try:
        return eq.function(*[found[name] for name in eq.inputs])
    except TypeError as error:
        raise NonlinearEquation(
            f"the pyomo engine cannot represent {eq.name} (in {eq.place}): {explain(eq, error)}. Give the quantities "
            "that it multiplies as `choices`, or use `engine: {name: sweep}` or `{name: optuna}`",
            quantity=eq.name,
        ) from None


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
