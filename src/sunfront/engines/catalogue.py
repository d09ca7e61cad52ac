"""The design problem as a mixed-integer linear-fractional program over a catalogue of options.

An option is one combination of the variables that are no amounts of hardware: an altitude shell, a cadence tier.
For each, the equations are linear in the amounts of one stack, or quotients of two such forms (``affine``). Exactly
one option is active; the amounts of the others are zero (the hull of the disjunction). Products of two whole
numbers, nodes times accelerators a node, are linearised exactly by the binary digits of the number of nodes. A
quotient is maximized by Dinkelbach's method, its bound taken from the last solve's dual bound.

Everything is scaled: amounts to [0, 1], rows to a largest coefficient of 1, and each option's quotient so that its
denominator is at least 1. Then ``max(N - r D) <= u`` with ``u >= 0`` proves ``N / D <= r + u``.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunfront.engines.affine import Affine, Ratio
from sunfront.errors import NonlinearEquation, SolverFailure, UserError
from sunfront.problem import Problem, Variable

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Amount:
    """A total over one stack that the program decides.

    Attributes:
        total: Name of the total, as ``array_area``.
        variable: The variable of one node, or the count of nodes itself.
        scale: Largest total; the program's variable runs from 0 to 1.
    """

    total: str
    variable: Variable
    scale: float


@dataclass(frozen=True)
class Form:
    """``(sum of coefficients[k] x amount k + constant)`` for each option; arrays (options,)."""

    coefficients: tuple[Array, ...]
    constant: Array

    def scaled(self, factor: Array | float) -> Form:
        return Form(tuple(c * factor for c in self.coefficients), self.constant * factor)

    def minus(self, other: Form, factor: float) -> Form:
        pairs = zip(self.coefficients, other.coefficients, strict=True)
        return Form(tuple(a - factor * b for a, b in pairs), self.constant - factor * other.constant)

    def lowest(self, low: Sequence[float], high: Sequence[float]) -> Array:
        """A lower bound over the box of amounts, by interval arithmetic; array (options,)."""
        least = self.constant.copy()
        for c, a, b in zip(self.coefficients, low, high, strict=True):
            least = least + np.minimum(c * a, c * b)
        return least


@dataclass(frozen=True)
class Target:
    """An objective as a score to maximize: ``unit x top / bottom``, or ``unit x top`` where bottom is None.

    Attributes:
        unit: Size of the score, so that the quotient is near 1.
        least: No design scores below it, in units.
    """

    name: str
    unit: float
    top: Form
    bottom: Form | None
    least: float


@dataclass(frozen=True)
class Catalogue:
    """A problem read option by option.

    Attributes:
        options: For each variable that makes options, its value in each; arrays (options,).
        size: How many options are left.
        scope: What the catalogue covers, in words, those included that no design can meet.
        count: The nodes of a stack as an amount, or their number in each option.
        amounts: The other amounts.
        rows: Constraint name to a form that must not be negative.
        targets: One for each objective.
        notes: What the catalogue leaves out.
    """

    options: Mapping[str, Array]
    size: int
    scope: str
    count: Amount | Array
    amounts: tuple[Amount, ...]
    rows: Mapping[str, Form]
    targets: tuple[Target, ...]
    notes: tuple[str, ...]

    @property
    def decided(self) -> tuple[Amount, ...]:
        """The amounts in the order of a form's coefficients: the count first, if it is one."""
        return ((self.count,) if isinstance(self.count, Amount) else ()) + self.amounts


def read(problem: Problem, shells: int) -> Catalogue:
    """Read a problem as a catalogue.

    Args:
        shells: Values into which a continuous variable that is no amount is split.

    Raises:
        NonlinearEquation: An equation is not linear in the amounts, nor a quotient of two linear forms.
    """
    variables = {v.name: v for v in problem.variables}
    ((count_total, count_name),) = problem.count.items()
    per_node = {total: name for total, name in problem.amounts.items() if name in variables}
    decided = {name for name in (count_name, *per_node.values()) if name in variables and not variables[name].choices}
    chosen = [v for v in problem.variables if v.name not in decided]

    notes = []
    axes = []
    for v in chosen:
        values = v.values
        if values is None:
            values = tuple(np.linspace(v.low, v.high, shells))
            notes.append(f"{v.name} is continuous; the catalogue holds {shells} values of it from low to high")
        axes.append(np.array(values))
    mesh = np.meshgrid(*axes, indexing="ij") if axes else []
    options = {v.name: grid.ravel() for v, grid in zip(chosen, mesh, strict=True)}
    size = math.prod(len(a) for a in axes)

    given: dict[str, Any] = {**problem.values, **options}
    nodes: Any
    if count_name in decided:
        v = variables[count_name]
        count: Amount | Array = Amount(count_total, v, v.high)
        nodes = given[count_total] = given[count_name] = Affine({count_total: 1.0})
        most = v.high
    else:
        nodes = np.broadcast_to(np.asarray(given[count_name], float), (size,))
        count, most = nodes, float(nodes.max())
    amounts = []
    for total, name in per_node.items():
        if name in decided:
            amounts.append(Amount(total, variables[name], max(variables[name].high * most, 1e-300)))
            given[total] = Affine({total: 1.0})
            given[name] = given[total] / nodes
    found = _evaluate(problem, given)

    order = [a.total for a in ((count,) if isinstance(count, Amount) else ())] + [a.total for a in amounts]
    reading = _Reading(problem, size, order, _box(count, amounts, nodes))
    rows: dict[str, Form] = {}
    possible = np.ones(size, dtype=bool)
    for c in problem.constraints:
        form = reading.constraint(c.quantity, found[c.quantity], c.sign, c.limit)
        possible &= reading.best(form) >= -1e-6 * problem.scales[str(c)]
        rows[str(c)] = form
    targets = []
    for o in problem.objectives:
        target, positive = reading.target(o.quantity, found[o.quantity], o.sign)
        targets.append(target)
        if positive is not None:
            rows[f"{o.quantity} has a positive denominator"] = positive
            possible &= reading.best(positive) >= 0
    catalogue = Catalogue(
        options={n: x[possible] for n, x in options.items()},
        size=int(possible.sum()),
        scope=f"a catalogue of {size:,} options" + (f" of {', '.join(options)}" if options else ""),
        count=count if isinstance(count, Amount) else count[possible],
        amounts=tuple(amounts),
        rows={n: _part(f, possible) for n, f in rows.items()},
        targets=tuple(
            Target(t.name, t.unit, _part(t.top, possible), t.bottom and _part(t.bottom, possible), t.least)
            for t in targets
        ),
        notes=tuple(notes),
    )
    _check_whole_numbers(catalogue)
    return catalogue


def _evaluate(problem: Problem, given: dict[str, Any]) -> dict[str, Any]:
    problem.model.check(given, problem.needed)
    found = dict(given)
    with np.errstate(all="ignore"):
        for eq in problem.model.order(given, problem.needed):
            try:
                found[eq.name] = eq.function(*[found[name] for name in eq.inputs])
            except TypeError as error:
                raise NonlinearEquation(
                    f"the pyomo engine cannot represent {eq.name} (in {eq.module}): {error}. Give the quantities that "
                    "it multiplies as `choices`, or use `engine: {name: sweep}` or `{name: optuna}`"
                ) from None
    return found


def _box(count: Amount | Array, amounts: Sequence[Amount], nodes: Any) -> tuple[list[float], list[float]]:
    """Ranges of the amounts, for interval arithmetic."""
    if isinstance(count, Amount):
        low, high = [count.variable.low], [count.variable.high]
        fewest, most = low[0], high[0]
    else:
        low, high = [], []
        fewest, most = float(np.min(nodes)), float(np.max(nodes))
    low += [a.variable.low * fewest for a in amounts]
    high += [a.variable.high * most for a in amounts]
    return low, high


def _part(form: Form, mask: NDArray[np.bool_]) -> Form:
    return Form(tuple(c[mask] for c in form.coefficients), form.constant[mask])


def _check_whole_numbers(catalogue: Catalogue) -> None:
    stepped = [a.variable.name for a in catalogue.amounts if a.variable.step is not None]
    if stepped and isinstance(catalogue.count, Amount) and catalogue.count.variable.step is None:
        name = catalogue.count.variable.name
        raise NonlinearEquation(
            f"{stepped[0]} moves in steps while {name} is continuous, so that their product has no exact linear "
            f"form; make {name} an integer",
            path=("variables", name),
        )


class _Reading:
    """Turns what the equations returned into forms over all options."""

    def __init__(self, problem: Problem, size: int, order: Sequence[str], box: tuple[list[float], list[float]]) -> None:
        self.problem, self.size, self.order, self.box = problem, size, order, box

    def form(self, value: Any, name: str) -> Form:
        if not isinstance(value, Affine):
            value = Affine({}, value)
        full = [np.broadcast_to(np.asarray(value.terms.get(k, 0.0), float), (self.size,)) for k in self.order]
        form = Form(tuple(full), np.broadcast_to(np.asarray(value.constant, float), (self.size,)))
        if not all(np.isfinite(c).all() for c in (*form.coefficients, form.constant)):
            raise UserError(
                f"{name} is not finite in some options of the catalogue; narrow the ranges of the variables"
            )
        return form

    def best(self, form: Form) -> Array:
        """An upper bound of a form over the box; array (options,)."""
        highest: Array = -form.scaled(-1.0).lowest(*self.box)
        return highest

    def split(self, name: str, value: Any) -> tuple[Form, Form | None, Form | None]:
        """Numerator, denominator, and the form that must be kept positive for the denominator to be so."""
        if not isinstance(value, Ratio):
            return self.form(value, name), None, None
        top, bottom = self.form(value.numerator, name), self.form(value.denominator, name)
        if (bottom.lowest(*self.box) > 0).all():
            return top, bottom, None
        eq = self.problem.model[name]
        if not eq.never:
            raise NonlinearEquation(
                f"the pyomo engine cannot bound {name} (in {eq.module}): its denominator is not positive for every "
                "design; raise the lower bounds of the variables above zero, or use another engine"
            )
        # Infinite where the denominator is not positive: only designs where it is are of use.
        size = np.maximum(np.abs(bottom.lowest(*self.box)), self.best(bottom))
        room = Form(bottom.coefficients, bottom.constant - 1e-6 * size)
        return top, bottom, room

    def constraint(self, name: str, value: Any, sign: float, limit: float) -> Form:
        top, bottom, room = self.split(name, value)
        if room is not None:
            raise NonlinearEquation(f"the pyomo engine takes no constraint on {name}: it may be infinite")
        if bottom is None:
            return Form(top.coefficients, top.constant - limit).scaled(sign)
        return top.minus(bottom, limit).scaled(sign)

    def target(self, name: str, value: Any, sign: float) -> tuple[Target, Form | None]:
        top, bottom, room = self.split(name, value)
        top = top.scaled(sign)
        if bottom is not None:
            floor = bottom.lowest(*self.box)
            if room is not None:
                floor = np.maximum(floor, 1e-6 * np.maximum(np.abs(floor), self.best(bottom)))
            top, bottom = top.scaled(1 / floor), bottom.scaled(1 / floor)
        size = np.maximum(np.abs(self.best(top)), np.abs(top.lowest(*self.box)))
        if bottom is not None:
            size = size / np.maximum(self.best(bottom), 1.0)
        unit = float(np.median(size)) or 1.0
        top = top.scaled(1 / unit)
        least = min(float(top.lowest(*self.box).min()), 0.0)  # the denominator is at least 1
        return Target(name, unit, top, bottom, least), room


@dataclass(frozen=True)
class Solved:
    """A design that the program found, and what it proves.

    Attributes:
        design: Value of each variable.
        scores: What the program says its objectives score.
        bound: No design within the floors scores above it in the objective maximized.
    """

    design: dict[str, float]
    scores: tuple[float, ...]
    bound: float


class Program:
    """The Pyomo model of a catalogue, kept by the solver between solves.

    Args:
        catalogue: Not empty.
        gap: Relative distance of bound and value at which a quotient counts as solved.
    """

    def __init__(self, catalogue: Catalogue, gap: float) -> None:
        from pyomo.contrib.appsi.solvers import Highs

        self.catalogue = catalogue
        self.gap = gap
        self.model = formulate(catalogue)
        self.solver = Highs()
        self.solver.config.load_solution = False
        update = self.solver.update_config
        for name in ("constraints", "vars", "params"):
            setattr(update, f"check_for_new_or_removed_{name}", False)
        update.update_constraints = update.update_vars = update.update_named_expressions = False
        update.treat_fixed_vars_as_params = False
        self.solver.highs_options = {
            "primal_feasibility_tolerance": 1e-9,
            "mip_feasibility_tolerance": 1e-9,
            "threads": 1,
            "mip_rel_gap": 0.0,
        }
        self.solves = 0
        self.solver.set_instance(self.model)
        check_rows(self.model, self.solver)

    def maximize(self, index: int, floors: Mapping[int, float], deadline: float, start: float = 0.0) -> Solved | None:
        """The best score of objective ``index`` with the others at least their ``floors``.

        Args:
            start: A score known to be reached, which spares a quotient its first solves.
            deadline: Value of ``time.monotonic`` at which to give up.

        Returns:
            None if there is no such design.

        Raises:
            SolverFailure: The solver ended without a design or a bound.
            TimeoutError: The deadline came before the first design.
        """
        m, target = self.model, self.catalogue.targets[index]
        for i, other in enumerate(self.catalogue.targets):
            m.floor[i] = floors[i] / other.unit if i in floors else other.least - 1.0
        ratio, best, bound = start / target.unit, None, math.inf
        for step in range(50):  # Dinkelbach converges superlinearly: three or four in practice
            m.ratio[0] = ratio if target.bottom is not None else 0.0
            for i in range(len(self.catalogue.targets)):
                m.weight[i] = 1.0 if i == index else 0.0
            tolerance = self.gap * max(abs(ratio), 1e-9) / 2 if target.bottom is not None else None
            status, found, upper = self._solve(tolerance, deadline)
            if status == "infeasible":
                return None
            if found is None:
                raise TimeoutError
            value = found.scores[index] / target.unit
            if target.bottom is None:
                return Solved(found.design, found.scores, max(upper, value) * target.unit)
            best = found if best is None or value > best.scores[index] / target.unit else best
            # With the denominator at least 1, an excess u >= 0 of N - ratio D bounds the quotient by ratio + u.
            bound = min(bound, ratio + max(upper, 0.0))
            if bound - value <= self.gap * max(abs(value), 1e-12) or status == "time":
                break
            # Quotients rise from the first feasible one on; if not, the solver's tolerance is reached.
            if step > 0 and value <= ratio:
                break
            ratio = value
        assert best is not None
        return Solved(best.design, best.scores, max(bound * target.unit, best.scores[index]))

    def _solve(self, tolerance: float | None, deadline: float) -> tuple[str, Solved | None, float]:
        from pyomo.contrib.appsi.base import TerminationCondition

        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.solver.config.time_limit = left
        options = self.solver.highs_options
        options["mip_abs_gap"] = 1e-9 if tolerance is None else tolerance
        options["mip_rel_gap"] = self.gap / 2 if tolerance is None else 0.0
        result = self.solver.solve(self.model)
        self.solves += 1
        condition = result.termination_condition
        if condition == TerminationCondition.infeasible:
            return "infeasible", None, -math.inf
        if condition not in (TerminationCondition.optimal, TerminationCondition.maxTimeLimit):
            raise SolverFailure(f"HiGHS ended with {condition.name}")
        upper = result.best_objective_bound
        if result.best_feasible_objective is None or upper is None or not math.isfinite(upper):
            return "time", None, math.inf
        result.solution_loader.load_vars()
        status = "optimal" if condition == TerminationCondition.optimal else "time"
        return status, Solved(self._design(), self._scores(), upper), upper

    def _scores(self) -> tuple[float, ...]:
        m = self.model
        return tuple(
            t.unit * m.top[i].value / (m.bottom[i].value if t.bottom is not None else 1.0)
            for i, t in enumerate(self.catalogue.targets)
        )

    def _design(self) -> dict[str, float]:
        m, c = self.model, self.catalogue
        active = max(m.options, key=lambda o: m.chosen[o].value)
        design = {name: float(values[active]) for name, values in c.options.items()}
        if isinstance(c.count, Amount):
            nodes = _on_grid(c.count.variable, m.amount[c.count.total, active].value * c.count.scale)
            design[c.count.variable.name] = nodes
        else:
            nodes = float(c.count[active])
        for a in c.amounts:
            design[a.variable.name] = _on_grid(a.variable, m.amount[a.total, active].value * a.scale / nodes)
        return design


def check_rows(model: Any, solver: Any) -> None:
    """Raise SolverFailure unless HiGHS holds every row of the model.

    HiGHS drops a row with a coefficient beyond 1e15 and goes on to report "optimal". The scaling here keeps far
    from that; this makes sure.
    """
    import pyomo.environ as pyo

    meant = sum(1 for _ in model.component_data_objects(pyo.Constraint, active=True))
    held = solver._solver_model.getNumRow()  # appsi has no public way to ask
    if held != meant:
        raise SolverFailure(f"HiGHS dropped {meant - held} of {meant} rows; a coefficient is out of its range")


def _on_grid(variable: Variable, value: float) -> float:
    """The value within the variable's bounds, and on its grid if it has one."""
    value = min(max(value, variable.low), variable.high)
    if variable.step is None:
        return value
    return variable.low + round((value - variable.low) / variable.step) * variable.step


def formulate(catalogue: Catalogue) -> Any:
    """The Pyomo model: ``chosen[o]``, ``amount[total, o]``, a row for each constraint and option, and for each
    objective i its numerator ``top[i]`` and denominator ``bottom[i]``; maximizes ``top - ratio x bottom`` of the
    objective whose ``weight`` is 1, subject to ``floor[i]`` on every objective.
    """
    import pyomo.environ as pyo

    c = catalogue
    m = pyo.ConcreteModel(name="sunfront")
    m.options = pyo.RangeSet(0, c.size - 1)
    m.chosen = pyo.Var(m.options, domain=pyo.Binary)
    m.one_option = pyo.Constraint(expr=_sum([1.0] * c.size, list(m.chosen.values())) == 1)
    names = [a.total for a in c.decided]
    m.amount = pyo.Var(names, m.options, bounds=(0, 1))
    m.rows = pyo.ConstraintList()

    scales = [a.scale for a in c.decided]

    def terms(form: Form, o: int) -> tuple[list[float], list[Any]]:
        coefficients = [float(k[o]) * s for k, s in zip(form.coefficients, scales, strict=True)]
        return [*coefficients, float(form.constant[o])], [*(m.amount[n, o] for n in names), m.chosen[o]]

    def at_least_zero(block: Any, coefficients: list[float], variables: list[Any]) -> None:
        largest = max(map(abs, coefficients))
        if largest > 0:
            block.add(_sum([k / largest for k in coefficients], variables) >= 0)

    for index, (name, form) in enumerate(c.rows.items()):
        block = pyo.ConstraintList(doc=name)
        m.add_component(f"constraint_{index}", block)
        for o in m.options:
            at_least_zero(block, *terms(form, o))

    for a in c.decided:
        block = pyo.ConstraintList(doc=f"bounds of {a.variable.name}")
        m.add_component(f"bounds_{a.total}", block)
        for o in m.options:
            this = m.amount[a.total, o]
            if a is c.count or not isinstance(c.count, Amount):
                number = 1.0 if a is c.count else float(c.count[o])  # type: ignore[index]
                per, of = number, m.chosen[o]
            else:
                per, of = c.count.scale, m.amount[c.count.total, o]
            at_least_zero(block, [a.scale, -a.variable.low * per], [this, of])
            at_least_zero(block, [-a.scale, a.variable.high * per], [this, of])

    _whole_numbers(m, c)

    indices = list(range(len(c.targets)))
    m.top, m.bottom = pyo.Var(indices), pyo.Var(indices)
    m.ratio = pyo.Param([0], mutable=True, initialize=0.0)
    m.weight = pyo.Param(indices, mutable=True, initialize=0.0)
    m.floor = pyo.Param(indices, mutable=True, initialize={i: t.least - 1.0 for i, t in enumerate(c.targets)})
    m.sums, m.floors = pyo.ConstraintList(), pyo.ConstraintList()
    for i, target in enumerate(c.targets):
        sums = [(m.top[i], target.top)]
        if target.bottom is None:
            m.bottom[i].fix(1.0)
        else:
            sums.append((m.bottom[i], target.bottom))
        for var, form in sums:
            coefficients, variables = [-1.0], [var]
            for o in m.options:
                more, them = terms(form, o)
                coefficients += more
                variables += them
            m.sums.add(_sum(coefficients, variables) == 0)
        if target.bottom is None:
            m.floors.add(m.top[i] - m.floor[i] >= 0)
        else:
            m.floors.add(m.top[i] - m.floor[i] * m.bottom[i] >= 0)
    m.score = pyo.Objective(
        expr=sum(
            m.weight[i] * (m.top[i] - (m.ratio[0] * m.bottom[i] if t.bottom is not None else 0.0))
            for i, t in enumerate(c.targets)
        ),
        sense=pyo.maximize,
    )
    return m


def _sum(coefficients: list[float], variables: list[Any]) -> Any:
    """A linear expression, without the cost of adding it up term by term."""
    from pyomo.core.expr import LinearExpression

    return LinearExpression(constant=0, linear_coefs=coefficients, linear_vars=variables)


def _whole_numbers(m: Any, c: Catalogue) -> None:
    """Tie the stack's totals to whole numbers: of nodes, and of steps of each stepped amount a node."""
    import pyomo.environ as pyo

    def total(a: Amount) -> Any:
        return a.scale * sum(m.amount[a.total, o] for o in m.options)

    m.whole = pyo.ConstraintList()
    # The number of nodes as a sum of (weight, binary), and a constant.
    constant, digits = 0.0, []
    if isinstance(c.count, Amount):
        v = c.count.variable
        if v.step is None:
            return
        assert v.size is not None
        m.digit = pyo.Var(range((v.size - 1).bit_length()), domain=pyo.Binary)
        constant = v.low
        digits = [(v.step * 2**b, m.digit[b]) for b in m.digit]
        m.whole.add(total(c.count) == constant + sum(w * z for w, z in digits))
    else:
        for number in sorted(set(c.count.tolist())):
            digits.append((number, sum(m.chosen[o] for o in m.options if c.count[o] == number)))
    stepped = [a for a in c.amounts if a.variable.step is not None]
    m.steps = pyo.Var([a.total for a in stepped], domain=pyo.NonNegativeIntegers)
    m.product = pyo.Var([a.total for a in stepped], range(len(digits)), domain=pyo.NonNegativeReals)
    for a in stepped:
        v = a.variable
        assert v.size is not None
        assert v.step is not None
        most, k = v.size - 1, m.steps[a.total]
        k.setub(most)
        products = []
        for i, (weight, z) in enumerate(digits):
            w = m.product[a.total, i]  # equals z k exactly where z is 0 or 1
            w.setub(most)
            m.whole.add(w <= most * z)
            m.whole.add(w <= k)
            m.whole.add(w >= k - most * (1 - z))
            products.append((weight, w))
        nodes = constant + sum(weight * z for weight, z in digits)
        steps = constant * k + sum(weight * w for weight, w in products)
        m.whole.add((total(a) - v.low * nodes - v.step * steps) / a.scale == 0)
