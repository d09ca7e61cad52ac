"""Shadow prices: what relaxing each constraint is worth at a design, from a linear program in its amounts.

The options of the design, its altitude and cadence, and its whole numbers are fixed, and each other objective is held
at its value. The rest is linear in the other amounts. A quotient N / D is the program ``max N - r D`` with r the
optimum; its dual values divided by D are those of the quotient. A constraint on a quotient was multiplied by its
denominator, and so its price is the dual value of the row times the denominator.

A price is the derivative: what the objective gains per unit when the limit begins to move. If more constraints are
active at the optimum than there are amounts, the dual values are not unique; then a constraint's smallest dual value
is the gain, and it is reported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from sunfront.arrays import Array
from sunfront.engines.exact.catalogue import Amount, Catalogue, amount_names, build_catalogue
from sunfront.engines.exact.envelopes import tightened
from sunfront.engines.exact.forms import LinearForm
from sunfront.engines.exact.roots import has_root_objective, with_rows
from sunfront.errors import NonlinearEquation, SolverFailure
from sunfront.problem.criteria import Constraint
from sunfront.problem.findings import ShadowPrice
from sunfront.problem.front import non_dominated
from sunfront.problem.problem import Problem
from sunfront.units import difference_unit

#: Share of its value by which another objective may be worse, for rounding.
OBJECTIVE_TOLERANCE = 1e-9

#: A row with a smaller value is active; its largest coefficient is 1. At the end of a front a solver may leave this
#: much slack; such a row counts as active, so that its price holds beyond that slack.
ACTIVE_TOLERANCE = 1e-4

#: Relative distance within which two sides of ``larger`` count as equal at a design.
TIE_TOLERANCE = 1e-6

NOTE = (
    "shadow prices keep the options of each design, such as altitude and cadence, and its whole numbers fixed, and "
    "hold the other objectives"
)


@dataclass(frozen=True)
class Row:
    """A linear form of the scaled amounts that must not be negative; the last item of an array is its constant.

    Attributes:
        kind: The row is a constraint, holds another objective at its value, or bounds a variable.
        name: The constraint as text, such as ``node_mass <= 4,000 kg``.
        unit: Display unit of the distance from the limit.
        terms: Coefficients of the form.
        gain: Coefficients of what the form gains when the limit is relaxed by one SI unit.
        slack: Distance of the design from the limit; SI units and USD.
    """

    kind: Literal["constraint", "objective", "bound"]
    name: str
    unit: str
    terms: Array
    gain: Array
    slack: float


def shadow_prices_and_notes(
    problem: Problem, designs: Mapping[str, Array]
) -> tuple[tuple[ShadowPrice, ...], tuple[str, ...], bool]:
    """Call ``compute_shadow_prices``; return its result, empty if it fails, notes, and whether it was interrupted."""
    if has_root_objective(problem):
        return (), ("no shadow prices: an objective is a root",), False
    try:
        found = compute_shadow_prices(with_rows(problem), designs)
        return found, (NOTE,) if found else (), False
    except (NonlinearEquation, SolverFailure) as error:  # SCIP solves problems that have no catalogue
        return (), (f"no shadow prices: {error}",), False
    except KeyboardInterrupt:
        return (), ("interrupted before the shadow prices were known; the same command goes on",), True


def compute_shadow_prices(problem: Problem, designs: Mapping[str, Array]) -> tuple[ShadowPrice, ...]:
    """Compute the shadow prices of the designs on the front.

    Args:
        designs: For every variable an array (designs,); the designs are feasible.

    Returns:
        A price for each design of the front, objective and constraint; for bounds of variables only if they are active.

    Raises:
        NonlinearEquation: The problem has no catalogue.
        SolverFailure: The linear program of a design has no optimum.
    """
    free = {v.name for v in problem.variables if v.name in amount_names(problem) and v.step is None}
    found: list[ShadowPrice] = []
    if not free:  # nothing is left to decide, so that no constraint has a price
        return ()
    quantities = problem.evaluate(designs)
    rows = np.flatnonzero(non_dominated(problem.scores(quantities)))
    fixed = problem.canonical({name: column[rows] for name, column in designs.items() if name not in free})
    catalogue = _read(problem, fixed)
    for i, row in enumerate(rows.tolist()):
        design = {name: float(column[row]) for name, column in designs.items()}
        values = {name: float(column[row]) for name, column in quantities.items()}
        own = np.ones(catalogue.size, dtype=bool)
        for name, column in fixed.items():
            own &= catalogue.options[name] == column[i]
        programs = _local_programs(problem, catalogue.select(own), design, values)
        for index in range(len(problem.objectives)):
            found += _shadow_prices(programs, row, index)
    return tuple(found)


def _read(problem: Problem, fixed: Mapping[str, Array]) -> Catalogue:
    """Return the catalogue in which only the amounts that are not fixed are free, with the options of designs alone.

    Args:
        fixed: Values of the other variables, arrays (designs,).
    """
    variables = tuple(
        replace(v, choices=tuple(np.unique(fixed[v.name]).tolist())) if v.name in fixed else v
        for v in problem.variables
    )
    if not fixed:
        return build_catalogue(replace(problem, variables=variables), 2)
    options = np.unique(np.stack(list(fixed.values()), axis=1), axis=0)
    return build_catalogue(
        replace(problem, variables=variables), 2, given=dict(zip(fixed, options.T.copy(), strict=True))
    )


def _local_programs(
    problem: Problem, catalogue: Catalogue, design: Mapping[str, float], values: Mapping[str, float]
) -> list[_LocalProgram]:
    """Return the linear programs around a design: one for each side of ``larger`` that holds there.

    Args:
        catalogue: The options of the design.
    """
    if catalogue.size == 0 or (catalogue.size > 1 and not (catalogue.sides or catalogue.spared)):
        raise SolverFailure(f"the catalogue excludes a design that the solver found: {dict(design)}")
    slack = np.zeros(catalogue.size)
    for option in range(catalogue.size):
        program = _LocalProgram(problem, catalogue.select(np.arange(catalogue.size) == option), design, values)
        conditions = [*program.sides, *program.spared]
        slack[option] = min((program.relative_slack(condition) for condition in conditions), default=0.0)
    holds = slack >= min(-TIE_TOLERANCE, slack.max())
    return [
        _LocalProgram(problem, catalogue.select(np.arange(catalogue.size) == option), design, values)
        for option in np.flatnonzero(holds).tolist()
    ]


def _shadow_prices(programs: Sequence[_LocalProgram], design: int, index: int) -> list[ShadowPrice]:
    """Return the prices in one objective; in a tie of sides, of each constraint the largest, which is the gain."""
    found = [program.shadow_prices(design, index) for program in programs]
    best: dict[int, ShadowPrice] = {}
    for prices in found:
        for number, price in prices.items():
            if number not in best or abs(price.price) > abs(best[number].price):
                best[number] = price
    return [best[number] for number in sorted(best)]


class _LocalProgram:
    """The linear program in the amounts around one design.

    Args:
        catalogue: Of one option, that of the design.
        design: Value of each variable.
        values: Value of each objective and constrained quantity.
    """

    def __init__(
        self, problem: Problem, catalogue: Catalogue, design: Mapping[str, float], values: Mapping[str, float]
    ) -> None:
        self.problem, self.catalogue, self.design = problem, catalogue, design
        self.scales = np.array([*catalogue.columns.values(), 1.0])
        self.one = np.append(np.zeros(len(catalogue.columns)), 1.0)
        self.constraints = [
            Row(
                "constraint",
                str(c),
                difference_unit(c.unit),
                self._terms(form),
                self._terms(catalogue.denominators.get(c)),
                c.slack(values[c.name]),
            )
            for c, form in catalogue.rows.items()
        ]
        self.numerators = [o.scale * self._terms(o.numerator) for o in catalogue.objectives]
        self.denominators = [self._terms(o.denominator) for o in catalogue.objectives]
        self.floors = []
        for o, numerator, denominator in zip(problem.objectives, self.numerators, self.denominators, strict=True):
            value, display_unit = values[o.name], problem.unit(o.name)
            name = str(o.as_constraint(value, display_unit))
            floor = o.sign * value - OBJECTIVE_TOLERANCE * abs(value)
            terms = numerator - floor * denominator
            self.floors.append(Row("objective", name, difference_unit(display_unit), terms, denominator, 0.0))
        self.sides = [self._terms(form) for form in catalogue.sides]
        self.spared = [self._terms(form) for form in catalogue.spared]
        self.lines = [
            self._column(envelope.total) - self._terms(line)
            for envelope in catalogue.envelopes
            for line in envelope.lines
        ]
        self.bounds = [row for k in range(len(catalogue.all_amounts)) for row in self._bounds(k, design)]

    def _terms(self, form: LinearForm | None) -> Array:
        """Return the coefficients of the scaled amounts, and the constant; None is the form that equals 1."""
        if form is None:
            return self.one
        terms: Array = np.array([*(float(k[0]) for k in form.coefficients), float(form.constant[0])]) * self.scales
        return terms

    def _column(self, total: str) -> Array:
        """Return the coefficients of the form that equals an amount."""
        column = np.zeros(len(self.one))
        number = list(self.catalogue.columns).index(total)
        column[number] = self.scales[number]
        return column

    def relative_slack(self, terms: Array) -> float:
        """Return the value of a form at the design, relative to its largest term."""
        count = self.catalogue.count
        nodes = self.design[count.variable.name] if isinstance(count, Amount) else float(count[0])
        amounts = self.catalogue.all_amounts
        totals = [self.design[a.variable.name] * (1.0 if a is count else nodes) for a in amounts]
        totals = tightened(self.catalogue.envelopes, 0, [*totals, *(0.0 for _ in self.catalogue.envelopes)])
        each = terms * np.array([*totals, 1.0]) / self.scales
        return float(each.sum() / (np.abs(each).max() or 1.0))

    def _bounds(self, k: int, design: Mapping[str, float]) -> list[Row]:
        """Return the bounds on the variable of amount k; those on a variable per node are multiplied by the nodes."""
        amount, count = self.catalogue.all_amounts[k], self.catalogue.count
        v, nodes, total = amount.variable, self.one, np.zeros(len(self.one))
        total[k] = amount.scale
        if not isinstance(count, Amount):
            nodes = float(count[0]) * self.one
        elif k > 0:
            nodes = np.zeros(len(self.one))
            nodes[0] = count.scale
        bounds = (Constraint(v.name, ">=", v.low, v.unit), Constraint(v.name, "<=", v.high, v.unit))
        return [
            Row(
                "bound",
                str(bound),
                difference_unit(v.unit),
                bound.sign * (total - bound.limit * nodes),
                nodes,
                bound.slack(design[v.name]),
            )
            for bound in bounds
        ]

    def shadow_prices(self, design: int, index: int) -> dict[int, ShadowPrice]:
        """Return the prices in one objective, by number of the row, for the design in a row of the table of designs."""
        objective = self.problem.objectives[index]
        rows = [*self.constraints, *(floor for i, floor in enumerate(self.floors) if i != index), *self.bounds]
        denominator = self.denominators[index]
        terms = [*(row.terms for row in rows), *self.sides, *self.lines]
        x, duals = solve_quotient(self.numerators[index], denominator, terms)
        prices = {}
        for number, (row, dual) in enumerate(zip(rows, duals[: len(rows)], strict=True)):
            gain = float(row.gain @ x)
            if row.kind != "bound" or dual > 0:
                prices[number] = ShadowPrice(
                    design=design,
                    objective=objective.name,
                    kind=row.kind,
                    constraint=row.name,
                    slack=row.slack,
                    price=objective.sign * float(dual) * gain / float(denominator @ x) + 0.0,  # no "-0"
                    display_unit=row.unit,
                    scale=float(np.abs(row.terms * x).max()) / gain,
                )
        return prices


def solve_quotient(numerator: Array, denominator: Array, rows: Sequence[Array]) -> tuple[Array, Array]:
    """Maximize ``numerator @ x / denominator @ x`` subject to ``row @ x >= 0`` for every row; the last item of x is 1.

    Returns:
        x, and for each row its dual value in ``max (numerator - r denominator) @ x``, with r the optimum.

    Raises:
        SolverFailure: There is no optimum.
    """
    from scipy.optimize import linprog

    sizes = np.array([np.abs(row).max() or 1.0 for row in rows])
    matrix = np.array(rows) / sizes[:, None]
    ratio = 0.0
    for _ in range(50):  # Dinkelbach's method
        goal = numerator - ratio * denominator
        size = float(np.abs(goal[:-1]).max()) or 1.0
        found = linprog(
            -goal[:-1] / size, A_ub=-matrix[:, :-1], b_ub=matrix[:, -1], bounds=(None, None), method="highs-ds"
        )
        if found.status != 0:
            raise SolverFailure(f"the linear program of a design: {found.message}")
        x = np.append(found.x, 1.0)
        former, ratio = ratio, float(numerator @ x) / float(denominator @ x)
        if abs(ratio - former) <= 1e-12 * abs(ratio) or not denominator[:-1].any():
            break
    duals = np.maximum(-found.ineqlin.marginals, 0.0)
    active = (matrix @ x <= ACTIVE_TOLERANCE) & matrix[:, :-1].any(axis=1)
    if active.sum() > len(x) - 1:
        duals[active] = _smallest_duals(matrix[active, :-1], goal[:-1] / size, duals[active])
    return x, duals * size / sizes


def _smallest_duals(normals: Array, goal: Array, duals: Array) -> Array:
    """Return the smallest dual value of each active row, over all solutions of ``duals @ normals = -goal``."""
    from scipy.optimize import linprog

    smallest = duals.copy()
    for i in np.flatnonzero(duals > 0):
        found = linprog(np.eye(len(duals))[i], A_eq=normals.T, b_eq=-goal, bounds=(0, None), method="highs-ds")
        if found.status == 0:
            smallest[i] = found.x[i]
    return smallest
