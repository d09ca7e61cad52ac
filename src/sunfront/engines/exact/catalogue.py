"""A problem as a catalogue: the coefficients of every row in the amounts of hardware, for all options at once.

An option is one combination of values of the variables that do not size hardware, such as an altitude shell with a
launch cadence. For given values of these, the equations are linear in the amounts of one stack, or quotients of two
linear forms. Two things need more than the values of the variables: a choice of presets that replace equations, and the
larger of two amounts. The options of each such choice are computed with its own equations, and those of each side of
``larger`` with that side, under a row that it is the larger. A convex broken line becomes an amount of its own that is
at least each of them, where a larger value is no advantage. A concave broken line makes options of each of its lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.engines.exact.affine import EXCESS, Affine, Ratio, Sides, envelope_name
from sunfront.engines.exact.envelopes import Envelope, is_safe, tightened
from sunfront.engines.exact.forms import Box, FormBuilder, LinearForm, ObjectiveForm, Quotient
from sunfront.engines.exact.narrowing import narrowed
from sunfront.engines.exact.options import (
    MAX_OPTIONS,
    axes_of,
    combinations,
    count_nodes,
    distinct_options,
    of_member,
    option_count,
)
from sunfront.engines.exact.ranges import Interval
from sunfront.engines.exact.reach import keep_reachable
from sunfront.engines.exact.solver_protocol import snap_to_domain
from sunfront.equation import Equation
from sunfront.errors import NonlinearEquation
from sunfront.library.formulas import explain
from sunfront.library.physical_range import fixed_range
from sunfront.problem.criteria import Constraint
from sunfront.problem.problem import Problem
from sunfront.problem.variables import Variable

#: Most options whose forms are read, with each side of ``larger``: 160 000 take 0.6 GB. Few are ever in one program.
MAX_READ = 10 * MAX_OPTIONS


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
        envelopes: Amounts that are the largest of several lines; their coefficients follow those of the amounts.
        rows: For each constraint the form that must not be negative.
        denominators: For each constraint on a quotient, the form by which it was multiplied.
        sides: Further forms that must not be negative: in each option, the side taken by ``larger`` is the larger, and
            the line taken of a concave broken line the smallest.
        spared: Forms of that kind that need no row, because no design gains by the wrong line.
        taken: For each option, which value each call of ``larger`` takes, as ``Sides`` assumes it; array (options,
            calls).
        objectives: In the order of the problem.
        notes: How continuous variables were split.
    """

    options: Mapping[str, Array]
    size: int
    scope: str
    count: Amount | Array
    amounts: tuple[Amount, ...]
    envelopes: tuple[Envelope, ...]
    rows: Mapping[Constraint, LinearForm]
    denominators: Mapping[Constraint, LinearForm]
    sides: tuple[LinearForm, ...]
    spared: tuple[LinearForm, ...]
    taken: NDArray[np.intp]
    objectives: tuple[ObjectiveForm, ...]
    notes: tuple[str, ...]

    @property
    def all_amounts(self) -> tuple[Amount, ...]:
        """The amounts in the order of a form's coefficients; the number of nodes is first, if it is an amount."""
        return ((self.count,) if isinstance(self.count, Amount) else ()) + self.amounts

    @property
    def columns(self) -> dict[str, float]:
        """The scale of each amount and envelope, in the order of a form's coefficients."""
        return {a.total: a.scale for a in self.all_amounts} | {e.total: e.scale for e in self.envelopes}

    def select(self, mask: NDArray[np.bool_]) -> Catalogue:
        """Return the catalogue with some of its options."""
        return replace(
            self._changed(lambda form: form.select(mask)),
            options={name: values[mask] for name, values in self.options.items()},
            size=int(mask.sum()),
            count=self.count if isinstance(self.count, Amount) else self.count[mask],
            taken=self.taken[mask],
        )

    def option_of(self, option: int, totals: Sequence[float]) -> int:
        """Return, of the options with the same values of the variables, the one whose lines hold for given amounts.

        Args:
            totals: In the order of a form's coefficients.
        """
        same = np.ones(self.size, dtype=bool)
        for values in (*self.options.values(), *(() if isinstance(self.count, Amount) else (self.count,))):
            same &= values == values[option]

        def least(o: int) -> float:
            return min(form.relative_value(o, totals) for form in (*self.sides, *self.spared))

        return max(np.flatnonzero(same).tolist(), key=least)

    def design(self, option: int, totals: Sequence[float]) -> dict[str, float]:
        """Return the value of each variable at given amounts, in one option.

        Args:
            totals: In the order of a form's coefficients.
        """
        found = {name: float(values[option]) for name, values in self.options.items()}
        if isinstance(self.count, Amount):
            nodes = found[self.count.variable.name] = snap_to_domain(self.count.variable, totals[0])
            totals = totals[1:]
        else:
            nodes = float(self.count[option])
        for a, total in zip(self.amounts, totals, strict=False):
            found[a.variable.name] = snap_to_domain(a.variable, total / nodes)
        return found

    def scores(self, option: int, totals: Sequence[float]) -> tuple[float, ...]:
        """Return the scores at given amounts, in one option; each envelope is at the largest of its lines.

        Args:
            totals: In the order of a form's coefficients.
        """
        if self.envelopes:
            totals = tightened(self.envelopes, option, totals)
            option = self.option_of(option, totals) if self.spared else option
        return tuple(
            o.scale
            * o.numerator.value(option, totals)
            / (o.denominator.value(option, totals) if o.denominator else 1.0)
            for o in self.objectives
        )

    def with_scales(self, scales: Mapping[str, float]) -> Catalogue:
        """Return the catalogue with smaller largest totals, by name, and the sizes of scores that they give."""
        if not scales:
            return self
        largest = [scales.get(name, scale) for name, scale in self.columns.items()]
        return replace(
            self,
            objectives=tuple(o.resized(largest) for o in self.objectives),
            amounts=tuple(replace(a, scale=scales.get(a.total, a.scale)) for a in self.amounts),
            envelopes=tuple(replace(e, scale=scales.get(e.total, e.scale)) for e in self.envelopes),
        )

    def widened(self, count: int) -> Catalogue:
        """Return the catalogue with further columns in every form, which depends on none of them."""
        return self._changed(lambda form: form.widened(count))

    def without_excess(self) -> Catalogue:
        """Return the catalogue without the column of ``EXCESS``, the last one of every form."""
        return self._changed(LinearForm.without_last)

    def _changed(self, change: Callable[[LinearForm], LinearForm]) -> Catalogue:
        return replace(
            self,
            envelopes=tuple(replace(e, lines=tuple(map(change, e.lines))) for e in self.envelopes),
            rows={c: change(form) for c, form in self.rows.items()},
            denominators={c: change(form) for c, form in self.denominators.items()},
            sides=tuple(map(change, self.sides)),
            spared=tuple(map(change, self.spared)),
            objectives=tuple(o.changed(change) for o in self.objectives),
        )


def amount_names(problem: Problem) -> set[str]:
    """Return the names of the variables that are amounts in a catalogue; the others make its options."""
    wanted = {*problem.count.values(), *problem.amounts.values()}
    return {v.name for v in problem.variables if v.name in wanted and not v.choices}


@dataclass(frozen=True)
class Read:
    """The equations of a problem, evaluated for options.

    Attributes:
        fewest, most: Number of nodes in any option.
        count: The number of nodes, if it is an amount.
        amounts: The other amounts.
        size: Number of options, without the sides of ``larger``.
        axes, notes: Of all options, as ``axes_of`` returns them.
    """

    parts: list[Part]
    fewest: float
    most: float
    count: Amount | None
    amounts: tuple[Amount, ...]
    size: int
    axes: Mapping[str, Array]
    notes: tuple[str, ...]


def build_catalogue(
    problem: Problem,
    shells: int,
    envelopes: bool = True,
    whole: bool = False,
    given: Mapping[str, Array] | None = None,
) -> Catalogue:
    """Compute the linear forms of a problem for every option.

    Args:
        shells: Number of values into which a continuous variable that is not an amount is split.
        envelopes: Whether a convex broken line may be an amount of its own. If not, each line makes options.
        whole: Whether options that no design can use are kept, with rows that show it.
        given: For each variable that is no amount its value in the only options that are read, arrays (options,); None
            for every combination of values.

    Raises:
        NonlinearEquation: An equation is neither linear in the amounts nor a quotient of two linear forms.
    """
    read = read_options(problem, shells, envelopes, given)
    catalogue = _join(problem, read, whole)
    if not is_safe(catalogue.envelopes, [*catalogue.rows.values(), *catalogue.sides], catalogue.objectives):
        return build_catalogue(problem, shells, False, whole, given)
    catalogue = catalogue.without_excess()
    if not whole:
        near, scales = narrowed(problem, catalogue)
        if near is not problem:
            return build_catalogue(near, shells, envelopes, given=given)
        catalogue = catalogue.with_scales(scales)
    varied = [name for name, values in read.axes.items() if len(values) > 1]
    scope = f"a catalogue of {read.size:,} combinations of {' and '.join(varied)}" if varied else scope_of_all(problem)
    catalogue = replace(catalogue, scope=scope, notes=read.notes)
    _check_integer_products(catalogue)
    return catalogue


def read_options(
    problem: Problem, shells: int, envelopes: bool = True, given: Mapping[str, Array | Interval] | None = None
) -> Read:
    """Evaluate the equations for every option; arguments as of ``build_catalogue``.

    Args:
        given: Intervals of a continuous variable stand for all values in a box of options.
    """
    variables = {v.name: v for v in problem.variables}
    ((count_total, count_name),) = problem.count.items()
    per_node = {total: name for total, name in problem.amounts.items() if name in variables}
    sizing = amount_names(problem)
    axes, notes = ({}, ()) if given else axes_of([v for v in problem.variables if v.name not in sizing], shells)
    counted = variables[count_name] if count_name in sizing else None
    split = (
        (member, distinct_options(member, of_member(given, member) if given else combinations(axes, member), sizing))
        for member in problem.members()
    )
    filled = [(member, options) for member, options in split if option_count(options)]
    if counted is None:
        numbers = [count_nodes(member, count_total, options) for member, options in filled]
        fewest, most = min(float(n.min()) for n in numbers), max(float(n.max()) for n in numbers)
        nodes: list[Array | None] = [*numbers]
        count = None
    else:
        nodes = [None] * len(filled)
        fewest, most = counted.low, counted.high
        count = Amount(count_total, counted, counted.high)
    amounts = tuple(
        Amount(total, variables[name], max(variables[name].high * most, 1e-300))
        for total, name in per_node.items()
        if name in sizing
    )
    parts = [
        part
        for (member, options), number in zip(filled, nodes, strict=True)
        for part in _parts(member, options, number, count, amounts, envelopes)
    ]
    size = sum(option_count(options) for _, options in filled)
    return Read(parts, fewest, most, count, amounts, size, axes, notes)


def scope_of_all(problem: Problem) -> str:
    """Say that a proof covers all values of the variables."""
    return f"all values of {', '.join(v.name for v in problem.variables)}" if problem.variables else "the base design"


@dataclass(frozen=True)
class Part:
    """Options that share their equations and the sides of ``larger``.

    Attributes:
        nodes: The number of nodes in each option, unless it is an amount.
        found: The quantities of the criteria as the equations return them, by name.
        sides: For each side taken by ``larger``, the side minus the other; of a concave broken line, the lines beside
            the one that is taken minus it.
        spared: Those of a concave broken line that need no row where a larger value is no advantage.
        taken: Which value each call of ``larger`` takes.
        envelopes: The lines of each amount that is the largest of several lines.
    """

    options: Mapping[str, Array]
    size: int
    nodes: Array | None
    found: Mapping[str, Any]
    sides: Sequence[Any]
    spared: Sequence[Any]
    taken: Sequence[int]
    envelopes: Sequence[Sequence[Affine]]


def taken_by(parts: Sequence[Part]) -> NDArray[np.intp]:
    """Return which value each call of ``larger`` takes, zero after a part's last one; array (options, calls)."""
    calls = max(len(part.taken) for part in parts)
    rows = [np.pad(np.array(part.taken, dtype=np.intp), (0, calls - len(part.taken))) for part in parts]
    return np.repeat(rows, [part.size for part in parts], axis=0)


def _parts(
    problem: Problem,
    options: Mapping[str, Array],
    nodes: Array | None,
    count: Amount | None,
    amounts: Sequence[Amount],
    envelopes: bool,
) -> Iterator[Part]:
    """Evaluate the equations for the options of a problem without choices of equations, once for each side."""
    given = given_amounts(problem, options, nodes, count, amounts)
    size = option_count(options)
    assumed: tuple[int, ...] | None = ()
    # What does not depend on the amounts is the same for all sides.
    known = {name: value for name, value in given.items() if not isinstance(value, (Affine, Ratio))}

    def call_once(eq: Equation, found: dict[str, Any]) -> Any:
        if eq.name in known:
            return known[eq.name]
        value = call(eq, found)
        if known.keys() >= set(eq.inputs):
            known[eq.name] = value
        return value

    while assumed is not None:
        sides = Sides(assumed, envelopes)
        with np.errstate(all="ignore"), sides.used():
            found = problem.model.evaluate(given, problem.criterion_names, call_once)
        wanted = {name: found[name] for name in problem.criterion_names}
        taken = [index for index, _ in sides.taken]
        yield Part(options, size, nodes, wanted, sides.differences, sides.spared, taken, sides.envelopes)
        assumed = sides.next


def given_amounts(
    problem: Problem,
    options: Mapping[str, Array],
    nodes: Array | None,
    count: Amount | None,
    amounts: Sequence[Amount],
) -> dict[str, Any]:
    """Return what the equations are given: values, options as numbers, amounts as affine forms.

    Args:
        nodes: The number of nodes in each option, unless it is an amount, ``count``.
    """
    given: dict[str, Any] = {**problem.values, **options}
    number: Any = nodes
    if count is not None:
        number = given[count.total] = given[count.variable.name] = Affine({count.total: 1.0})
    for a in amounts:
        given[a.total] = Affine({a.total: 1.0})
        given[a.variable.name] = given[a.total] / number
    return given


def _join(problem: Problem, read: Read, whole: bool) -> Catalogue:
    """Build the forms of all options; leave out those that no design can use, unless ``whole``."""
    parts, fewest, most, count, amounts = read.parts, read.fewest, read.most, read.count, read.amounts
    size = sum(part.size for part in parts)
    check_size(size, MAX_READ)
    counts = np.concatenate([np.empty(0), *(part.nodes for part in parts if part.nodes is not None)])
    box = Box(
        np.full(size, fewest) if count else counts,
        np.full(size, most) if count else counts,
        count is not None,
        [a.variable.low for a in amounts],
        [a.variable.high for a in amounts],
    )
    totals = [a.total for a in ([count] if count else [])] + [a.total for a in amounts]
    names = [envelope_name(i) for i in range(max(len(part.envelopes) for part in parts))]
    totals += [*names, EXCESS]

    def quotient(name: str, value: Any, part: Part) -> Quotient:
        return Quotient.of(name, value, totals, part.size)

    envelopes = []
    for i, name in enumerate(names):
        longest = max(len(part.envelopes[i]) for part in parts if i < len(part.envelopes))
        lines = [
            LinearForm.join([quotient(name, _line(part.envelopes, i, j), part).numerator for part in parts])
            for j in range(longest)
        ]
        envelopes.append(Envelope.of(name, lines, box))
    low = [*([fewest] if count else []), *(a.variable.low * fewest for a in amounts)]
    low += [*(e.lowest for e in envelopes), 0.0]
    high = [*([most] if count else []), *(a.variable.high * most for a in amounts)]
    high += [*(e.scale for e in envelopes), 0.0]
    builder = FormBuilder(problem, low, high, box)
    possible = builder.possible

    def side_forms(differences: Sequence[Sequence[Any]]) -> list[LinearForm]:
        """Return the forms of all parts; a part without a call that others have gets a form that always holds."""
        return [
            LinearForm.join(
                [
                    builder.side(quotient("larger", own[i], part))
                    if i < len(own)
                    else LinearForm.number(0.0, len(low), part.size)
                    for part, own in zip(parts, differences, strict=True)
                ]
            )
            for i in range(max(map(len, differences)))
        ]

    sides, spared = side_forms([part.sides for part in parts]), side_forms([part.spared for part in parts])
    for form in sides:
        # A side that is never the larger is left out; one that is equal within rounding is not.
        largest = np.maximum(form.magnitude(low, high), 1e-300)
        possible &= np.minimum(form.upper_bound(low, high), box.upper_bound(form)) >= -1e-9 * largest
        builder.nodes = builder.nodes.tightened(form)
    found = {
        name: Quotient.join([quotient(name, part.found[name], part) for part in parts])
        for name in problem.criterion_names
    }
    rows: dict[Constraint, LinearForm] = {}
    denominators: dict[Constraint, LinearForm] = {}
    for c in problem.constraints:
        form, denominator = builder.constraint(c, found[c.quantity])
        best = form.upper_bound(low, high)
        # A constraint that the amounts do not affect is checked here, with the tolerance of the sweep. As a row, a
        # violation of 1e-16 would make the option infeasible.
        possible &= best >= np.where(form.is_fixed, -c.rounding, -1e-6 * problem.constraint_scales[c])
        rows[c] = form
        if denominator is not None:
            denominators[c] = denominator
    keep_reachable(possible, rows.values(), [*sides, *spared], box, envelopes, low, high)
    # A constant row of an option in use holds within rounding; that of another one may show that no design can use it.
    rows = {c: form.without_constant_rows(possible) for c, form in rows.items()}
    names = list(parts[0].options)
    catalogue = Catalogue(
        options={name: np.concatenate([part.options[name] for part in parts]) for name in names},
        size=size,
        scope="",
        count=counts if count is None else count,
        amounts=amounts,
        envelopes=tuple(envelopes),
        rows=rows,
        denominators=denominators,
        sides=tuple(form.without_constant_rows(possible) for form in sides),
        spared=tuple(spared),
        taken=taken_by(parts),
        objectives=tuple(builder.objective(o, found[o.quantity]) for o in problem.objectives),
        notes=(),
    )
    return catalogue if whole else catalogue.select(possible)


def check_size(size: int, most: int) -> None:
    """Raise NonlinearEquation if there are too many options."""
    if size > most:
        raise NonlinearEquation(
            f"with each side of `larger`, a catalogue of {size:,} options exceeds the maximum of {most:,}; give "
            "fewer `choices`, a wider `step`, a smaller engine.shells, or use `engine: {name: sweep}`"
        )


def _line(envelopes: Sequence[Sequence[Affine]], i: int, j: int) -> Affine:
    """Return a line of an envelope; a part that has fewer repeats its last one, a part without it has zero."""
    return envelopes[i][min(j, len(envelopes[i]) - 1)] if i < len(envelopes) else Affine({})


def call(eq: Equation, found: dict[str, Any]) -> Any:
    """Call an equation with affine forms."""
    try:
        value = eq.function(*[found[name] for name in eq.inputs])
        # Interval arithmetic is blind to what the equation says of its result.
        return value.clipped(*fixed_range(eq)) if isinstance(value, Interval) else value
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
