"""A catalogue as a mixed-integer linear program in Pyomo, kept by HiGHS between solves.

Exactly one option is active; the amounts of the others are zero (the hull of the disjunction). Products of two whole
numbers, nodes times accelerators a node, are linearised exactly by the binary digits of the number of nodes. A
quotient is maximized by Dinkelbach's method, its bound taken from the last solve's dual bound: with the denominator at
least 1, ``max(N - r D) <= u`` and ``u >= 0`` prove ``N / D <= r + u``.

Everything is scaled: amounts to [0, 1], rows to a largest coefficient of 1, quotients to a size near 1.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

from sunfront.engines.exact.catalogue import Amount, Catalogue, Form
from sunfront.engines.exact.solver import LOOSE, Solved, on_grid, row_name
from sunfront.errors import SolverFailure


class Program:
    """The Pyomo model of a catalogue, kept by the solver between solves.

    Args:
        catalogue: Not empty.
        gap: Relative distance of bound and value at which a quotient counts as solved.
    """

    def __init__(self, catalogue: Catalogue, gap: float) -> None:
        self.catalogue = catalogue
        self.gap = gap
        self.model = formulate(catalogue)
        self.solver = solver()
        update = self.solver.update_config
        for name in ("constraints", "vars", "params"):
            setattr(update, f"check_for_new_or_removed_{name}", False)
        update.update_constraints = update.update_vars = update.update_named_expressions = False
        update.treat_fixed_vars_as_params = False
        self.solver.set_instance(self.model)
        check_rows(self.model, self.solver)

    @property
    def objectives(self) -> int:
        """How many objectives there are."""
        return len(self.catalogue.targets)

    def maximize(self, index: int, floors: Mapping[int, float], deadline: float, start: float = 0.0) -> Solved | None:
        """As ``Exact.maximize``; a quotient spares its first solves when it starts from a score that is reached."""
        m, target = self.model, self.catalogue.targets[index]
        for i, other in enumerate(self.catalogue.targets):
            # Looser than asked, and so is the bound: a floor that a design meets exactly may cut it off by rounding.
            floor = floors[i] - LOOSE * abs(floors[i]) if i in floors else None
            m.floor[i] = other.least - 1.0 if floor is None else floor / other.unit
            m.weight[i] = 1.0 if i == index else 0.0
        ratio, best, bound = start / target.unit, None, math.inf
        for step in range(50):  # Dinkelbach converges superlinearly: three or four in practice
            m.ratio[0] = ratio if target.bottom is not None else 0.0
            tolerance = self.gap * max(abs(ratio), 1e-9) / 2 if target.bottom is not None else None
            try:
                status, found, upper = self._solve(tolerance, deadline)
            except TimeoutError:
                status, found, upper = "time", None, math.inf
            if status == "infeasible":
                return None
            if found is None and best is None:
                raise TimeoutError
            if found is None:
                break  # what the solves before proved stands
            value = found.scores[index] / target.unit
            if target.bottom is None:
                return Solved(found.design, found.scores, max(upper, value) * target.unit)
            best = found if best is None or value > best.scores[index] / target.unit else best
            # With the denominator at least 1, an excess u >= 0 of N - ratio D bounds the quotient by ratio + u. Where
            # u is below zero, the largest denominator bounds it.
            bound = min(bound, ratio + (upper if upper >= 0 else upper / target.most))
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
        return status, Solved(chosen_design(self.model, self.catalogue), self._scores(), upper), upper

    def _scores(self) -> tuple[float, ...]:
        m = self.model
        return tuple(
            t.unit * m.top[i].value / (m.bottom[i].value if t.bottom is not None else 1.0)
            for i, t in enumerate(self.catalogue.targets)
        )


def solver() -> Any:
    """HiGHS as the programs here need it: on one thread, exact, its solution left to be loaded."""
    from pyomo.contrib.appsi.solvers import Highs

    highs = Highs()
    highs.config.load_solution = False
    highs.highs_options = {"primal_feasibility_tolerance": 1e-9, "mip_feasibility_tolerance": 1e-9, "threads": 1}
    return highs


def chosen_design(m: Any, c: Catalogue) -> dict[str, float]:
    """The value of each variable in a solution that is loaded."""
    active = max(m.options, key=lambda o: m.chosen[o].value)
    design = {name: float(values[active]) for name, values in c.options.items()}
    if isinstance(c.count, Amount):
        nodes = on_grid(c.count.variable, m.amount[c.count.total, active].value * c.count.scale)
        design[c.count.variable.name] = nodes
    else:
        nodes = float(c.count[active])
    for a in c.amounts:
        design[a.variable.name] = on_grid(a.variable, m.amount[a.total, active].value * a.scale / nodes)
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

    scales = [a.scale for a in c.decided]

    def terms(form: Form, o: int) -> tuple[list[float], list[Any]]:
        coefficients = [float(k[o]) * s for k, s in zip(form.coefficients, scales, strict=True)]
        return [*coefficients, float(form.constant[o])], [*(m.amount[n, o] for n in names), m.chosen[o]]

    def at_least_zero(block: Any, coefficients: list[float], variables: list[Any]) -> None:
        largest = max(map(abs, coefficients))
        if largest > 0:
            block.add(_sum([k / largest for k in coefficients], variables) >= 0)

    for constraint, form in c.rows.items():
        block = pyo.ConstraintList(doc=str(constraint))
        m.add_component(row_name(m, constraint), block)
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
