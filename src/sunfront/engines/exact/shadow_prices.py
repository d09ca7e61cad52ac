"""What each limit costs at a design: shadow prices of the linear program in its amounts of hardware.

The design's options, its altitude and cadence, are fixed, whole numbers relaxed, and each other objective held at its
value. What is left is linear in the amounts, and a quotient N / D is the program ``max N - r D`` at its optimum r, the
duals of which divided by D are those of the quotient. A limit on a quotient was multiplied by its denominator, by which
the dual of the row is the price of the limit.

A price says what the first bit brings by which the limit gives way. Where more limits meet in the optimum than there
are amounts, the duals are not unique; the least of a limit's duals is what giving way brings, and is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from sunfront.arrays import Array
from sunfront.display import format_value
from sunfront.engines.exact.catalogue import Amount, Form, read
from sunfront.errors import NonlinearEquation, SolverFailure
from sunfront.problem.findings import ShadowPrice
from sunfront.problem.front import non_dominated
from sunfront.problem.problem import Problem
from sunfront.units import difference_unit

#: By this share of its value another objective may be worse, for rounding.
ROOM = 1e-9

#: A row this near to zero, its largest coefficient being 1, binds. A solver stops that far from the end of a front,
#: where one objective cannot be improved any more; a price should hold for steps larger than what it left undone.
BINDS = 1e-4

NOTE = (
    "shadow prices hold for the options of each design, as altitude and cadence, with whole numbers relaxed and the "
    "other objectives held"
)


@dataclass(frozen=True)
class Row:
    """``terms`` that must not be negative: coefficients of the amounts, in units of their scales, and a constant.

    Attributes:
        kind: Of the limit: of a constraint, of the value of another objective, of the bound of a variable.
        name: Of the limit, as ``node_mass <= 4,000 kg``.
        unit: In which people read the limit.
        gain: What the row gains when the limit gives way by one SI unit, as terms.
        slack: Of the limit, at the design.
    """

    kind: Literal["constraint", "objective", "bound"]

    name: str
    unit: str
    terms: Array
    gain: Array
    slack: float


def explain(problem: Problem, designs: Mapping[str, Array]) -> tuple[tuple[ShadowPrice, ...], tuple[str, ...]]:
    """The shadow prices of an answer, and its notes; see ``prices``."""
    try:
        found = prices(problem, designs)
        return found, (NOTE,) if found else ()
    except (NonlinearEquation, SolverFailure) as error:  # SCIP takes studies that no catalogue can hold
        return (), (f"no shadow prices: {error}",)
    except KeyboardInterrupt:
        return (), ("interrupted before the shadow prices were known",)


def prices(problem: Problem, designs: Mapping[str, Array]) -> tuple[ShadowPrice, ...]:
    """The shadow prices of the designs on the front.

    Args:
        designs: For every variable an array (designs,); they meet every constraint.

    Returns:
        For each design of the front, objective and constraint; of the bounds of variables only those that bind.

    Raises:
        NonlinearEquation: The study is not representable.
    """
    quantities = problem.evaluate(designs)
    # Without constraints nothing is ruled out; how continuous options are split does not matter.
    decided = {a.variable.name for a in read(replace(problem, constraints=()), 2).decided}
    found: list[ShadowPrice] = []
    if not decided:  # no amount of hardware is free, so that no limit has a price
        return ()
    for design in np.flatnonzero(non_dominated(problem.scores(quantities))).tolist():
        at = {name: float(column[design]) for name, column in designs.items()}
        values = {name: float(column[design]) for name, column in quantities.items()}
        fixed = tuple(v if v.name in decided else replace(v, choices=(at[v.name],)) for v in problem.variables)
        local = _Local(replace(problem, variables=fixed), at, values)
        for index in range(len(problem.objectives)):
            found += local.priced(design, index)
    return tuple(found)


class _Local:
    """The linear program around one design.

    Args:
        problem: With every option fixed.
        design: Value of each variable.
        values: Of each objective and constrained quantity.
    """

    def __init__(self, problem: Problem, design: Mapping[str, float], values: Mapping[str, float]) -> None:
        self.problem = problem
        c = self.catalogue = read(problem, 2)
        if c.size != 1:
            raise SolverFailure(f"the catalogue rules out a design that the solver found: {dict(design)}")
        self.scales = np.array([*(a.scale for a in c.decided), 1.0])
        self.one = np.append(np.zeros(len(c.decided)), 1.0)
        self.limits = [
            Row(
                "constraint",
                str(limit),
                difference_unit(limit.unit),
                self._terms(form),
                self._terms(c.denominators.get(limit)),
                limit.sign * (values[limit.name] - limit.limit),
            )
            for limit, form in c.rows.items()
        ]
        self.tops = [t.unit * self._terms(t.top) for t in c.targets]
        self.bottoms = [self._terms(t.bottom) for t in c.targets]
        self.floors = []
        for o, top, bottom in zip(problem.objectives, self.tops, self.bottoms, strict=True):
            value, display_unit = values[o.name], problem.unit(o.name)
            name = f"{o.name} {'>=' if o.sign > 0 else '<='} {format_value(value, display_unit)}"
            floor = o.sign * value - ROOM * abs(value)
            self.floors.append(Row("objective", name, difference_unit(display_unit), top - floor * bottom, bottom, 0.0))
        self.bounds = [row for k in range(len(c.decided)) for row in self._bounds(k, design)]

    def _terms(self, form: Form | None) -> Array:
        """Coefficients of the scaled amounts, and the constant; of no form those of 1."""
        if form is None:
            return self.one
        terms: Array = np.array([*(float(k[0]) for k in form.coefficients), float(form.constant[0])]) * self.scales
        return terms

    def _bounds(self, k: int, design: Mapping[str, float]) -> list[Row]:
        """The bounds of the variable of amount k, multiplied by the nodes where it is one of each node."""
        amount, count = self.catalogue.decided[k], self.catalogue.count
        v, nodes, total = amount.variable, self.one, np.zeros(len(self.one))
        total[k] = amount.scale
        if not isinstance(count, Amount):
            nodes = float(count[0]) * self.one
        elif k > 0:
            nodes = np.zeros(len(self.one))
            nodes[0] = count.scale
        return [
            Row(
                "bound",
                f"{v.name} {sense} {format_value(bound, v.unit)}",
                difference_unit(v.unit),
                sign * (total - bound * nodes),
                nodes,
                sign * (design[v.name] - bound),
            )
            for sign, sense, bound in ((1.0, ">=", v.low), (-1.0, "<=", v.high))
        ]

    def priced(self, design: int, index: int) -> list[ShadowPrice]:
        """Prices in one objective, of the design in that row of the table."""
        objective = self.problem.objectives[index]
        rows = [*self.limits, *(floor for i, floor in enumerate(self.floors) if i != index), *self.bounds]
        x, duals = optimum(self.tops[index], self.bottoms[index], [row.terms for row in rows])
        told = []
        for row, dual in zip(rows, duals, strict=True):
            gain = float(row.gain @ x)
            if row.kind != "bound" or dual > 0:
                told.append(
                    ShadowPrice(
                        design=design,
                        objective=objective.name,
                        kind=row.kind,
                        constraint=row.name,
                        slack=row.slack,
                        price=objective.sign * float(dual) * gain / float(self.bottoms[index] @ x) + 0.0,  # no "-0"
                        display_unit=row.unit,
                        scale=float(np.abs(row.terms * x).max()) / gain,
                    )
                )
        return told


def optimum(top: Array, bottom: Array, rows: Sequence[Array]) -> tuple[Array, Array]:
    """Maximize ``top @ x / bottom @ x`` where every ``row @ x >= 0``, the last of x being 1.

    Returns:
        x, and for each row its dual in ``max top - r bottom``, r the optimum: what that gains for one that the row
        gains, at first.

    Raises:
        SolverFailure: There is no optimum.
    """
    from scipy.optimize import linprog

    sizes = np.array([np.abs(row).max() or 1.0 for row in rows])
    matrix = np.array(rows) / sizes[:, None]
    ratio = 0.0
    for _ in range(50):  # Dinkelbach
        goal = top - ratio * bottom
        size = float(np.abs(goal[:-1]).max()) or 1.0
        found = linprog(
            -goal[:-1] / size, A_ub=-matrix[:, :-1], b_ub=matrix[:, -1], bounds=(None, None), method="highs-ds"
        )
        if found.status != 0:
            raise SolverFailure(f"the linear program of a design: {found.message}")
        x = np.append(found.x, 1.0)
        former, ratio = ratio, float(top @ x) / float(bottom @ x)
        if abs(ratio - former) <= 1e-12 * abs(ratio) or not bottom[:-1].any():
            break
    duals = np.maximum(-found.ineqlin.marginals, 0.0)
    active = (matrix @ x <= BINDS) & matrix[:, :-1].any(axis=1)
    if active.sum() > len(x) - 1:
        duals[active] = _least(matrix[active, :-1], goal[:-1] / size, duals[active])
    return x, duals * size / sizes


def _least(normals: Array, goal: Array, duals: Array) -> Array:
    """The least dual of each row that binds, of all duals that explain the goal: ``duals @ normals = -goal``."""
    from scipy.optimize import linprog

    least = duals.copy()
    for i in np.flatnonzero(duals > 0):
        found = linprog(np.eye(len(duals))[i], A_eq=normals.T, b_eq=-goal, bounds=(0, None), method="highs-ds")
        if found.status == 0:
            least[i] = found.x[i]
    return least
