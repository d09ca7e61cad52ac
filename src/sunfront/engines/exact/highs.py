"""A catalogue as a mixed-integer linear program, built in Pyomo and solved by HiGHS or a solver that the user brings.

Exactly one option is active; the amounts of the others are zero (hull reformulation of the disjunction). Products of
two integers, nodes times accelerators per node, are linearized exactly by the binary digits of the number of nodes. A
quotient is maximized by Dinkelbach's method. Its bound comes from the last solve's dual bound: the denominator is at
least 1, so ``max(N - r D) <= u`` with ``u >= 0`` proves ``N / D <= r + u``.

Everything is scaled: amounts to [0, 1], rows to a largest coefficient of 1, quotients to a size near 1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from sunfront.engines.exact.catalogue import Amount, Catalogue, check_size
from sunfront.engines.exact.forms import LinearForm, needed_rows
from sunfront.engines.exact.mip import FEASIBILITY_TOLERANCE, BuildMip, HighsMip
from sunfront.engines.exact.options import MAX_OPTIONS
from sunfront.engines.exact.solver_protocol import Solution, lowered, raised_bound, row_name


class HighsSolver:
    """A catalogue's program, held by HiGHS between solves.

    Args:
        catalogue: With at least one option.
        gap: Relative distance between bound and value at which a quotient counts as solved.
        build: Gives the program to a solver.
    """

    def __init__(self, catalogue: Catalogue, gap: float, build: BuildMip = HighsMip) -> None:
        self.catalogue = catalogue
        self.gap = gap
        self.model = formulate(catalogue)
        self.is_interrupted = False
        self.mip = build(self.model)

    @property
    def objectives(self) -> int:
        """Number of objectives."""
        return len(self.catalogue.objectives)

    def maximize(self, index: int, floors: Mapping[int, float], deadline: float, start: float = 0.0) -> Solution | None:
        """Maximize as ``ExactSolver.maximize``; a quotient needs fewer solves if it starts from a reached score."""
        m, objective = self.model, self.catalogue.objectives[index]
        for i, other in enumerate(self.catalogue.objectives):
            # Rounding may cut off a design that meets a floor exactly, so the floor is lowered; the bound stays valid.
            m.floor[i] = lowered(floors[i], other.scale) / other.scale if i in floors else other.lowest - 1.0
            m.weight[i] = 1.0 if i == index else 0.0
        is_quotient = objective.denominator is not None
        ratio, best, bound = start / objective.scale, None, math.inf
        for step in range(50):  # Dinkelbach converges superlinearly: three or four steps in practice
            m.ratio[0] = ratio if is_quotient else 0.0
            tolerance = self.gap * max(abs(ratio), 1e-9) / 2 if is_quotient else None
            try:
                status, found, upper = self._solve(tolerance, deadline)
            except TimeoutError:
                status, found, upper = "time", None, math.inf
            except KeyboardInterrupt:
                self.is_interrupted, (status, found, upper) = True, ("interrupted", None, math.inf)
            if status == "infeasible":
                return None
            is_cut = status in ("time", "interrupted")
            if found is None and best is None:
                raise KeyboardInterrupt if status == "interrupted" else TimeoutError
            if found is None:
                break  # the bound of the earlier solves remains valid
            value = found.scores[index] / objective.scale
            if not is_quotient:
                return self._bounded(found, upper, index, is_cut)
            best = found if best is None or value > best.scores[index] / objective.scale else best
            # The denominator D is at least 1. If the bound u on N - ratio D is not negative, the quotient is at most
            # ratio + u; if it is negative, divide by the largest denominator.
            bound = min(bound, ratio + (upper if upper >= 0 else upper / objective.largest_denominator))
            if bound - value <= self.gap * max(abs(value), 1e-12) or is_cut:
                break
            # From the first feasible ratio on, ratios rise; if not, the solver's tolerance is reached.
            if step > 0 and value <= ratio:
                break
            ratio = value
        assert best is not None
        return self._bounded(best, bound, index, is_cut)

    def _bounded(self, best: Solution, bound: float, index: int, is_cut: bool) -> Solution:
        """The design with a bound in units of the score's size, raised by the tolerance of the solver."""
        scale = self.catalogue.objectives[index].scale
        raised = raised_bound(bound * scale, scale, FEASIBILITY_TOLERANCE)
        return Solution(best.design, best.scores, max(raised, best.scores[index]), is_cut)

    def _solve(self, tolerance: float | None, deadline: float) -> tuple[str, Solution | None, float]:
        """Solve once; return status, solution and dual bound.

        Args:
            tolerance: Absolute gap at which to stop; a relative one if None.
        """
        if self.is_interrupted:
            raise KeyboardInterrupt
        end = self.mip.run(self.gap / 2 if tolerance is None else tolerance, tolerance is None, deadline)
        self.is_interrupted = end.status == "interrupted"
        if end.status == "infeasible":
            return "infeasible", None, -math.inf
        if end.found is None or not math.isfinite(end.bound):
            return ("interrupted" if self.is_interrupted else "time"), None, math.inf
        return end.status, Solution(extract_design(self.model, self.catalogue), self._scores(), end.bound), end.bound

    def _scores(self) -> tuple[float, ...]:
        # A floor may leave an envelope above its lines, or a broken line at a wrong one.
        return self.catalogue.scores(*_active(self.model, self.catalogue))


def extract_design(m: Any, c: Catalogue) -> dict[str, float]:
    """Return the value of each variable in the solution that is loaded in a model."""
    return c.design(*_active(m, c))


def _active(m: Any, c: Catalogue) -> tuple[int, list[float]]:
    """Return the option of the solution that is loaded in a model, and its totals."""
    active = max(m.options, key=lambda o: m.chosen[o].value)
    return active, [scale * m.amount[name, active].value for name, scale in c.columns.items()]


def formulate(catalogue: Catalogue) -> Any:
    """Build the Pyomo model of a catalogue.

    Variables are ``chosen[option]``, ``amount[total, option]``, and for each objective ``numerator[i]`` and
    ``denominator[i]``. Every constraint has a row for each option in which no other constraint implies it. The model
    maximizes ``numerator - ratio x denominator`` of the objective whose ``weight`` is 1; every objective is at least
    its ``floor[i]``.

    Raises:
        NonlinearEquation: There are too many options for one program.
    """
    import pyomo.environ as pyo

    c = catalogue
    check_size(c.size, MAX_OPTIONS)
    m = pyo.ConcreteModel(name="sunfront")
    m.options = pyo.RangeSet(0, c.size - 1)
    m.chosen = pyo.Var(m.options, domain=pyo.Binary)
    m.one_option = pyo.Constraint(expr=_linear([1.0] * c.size, list(m.chosen.values())) == 1)
    names, scales = list(c.columns), list(c.columns.values())
    m.amount = pyo.Var(names, m.options, bounds=(0, 1))

    def terms(form: LinearForm, o: int) -> tuple[list[float], list[Any]]:
        coefficients = [float(k[o]) * s for k, s in zip(form.coefficients, scales, strict=True)]
        return [*coefficients, float(form.constant[o])], [*(m.amount[n, o] for n in names), m.chosen[o]]

    def at_least_zero(block: Any, coefficients: list[float], variables: list[Any]) -> None:
        largest = max(map(abs, coefficients))
        if largest > 0:
            block.add(_linear([k / largest for k in coefficients], variables) >= 0)

    needed = needed_rows(list(c.rows.values()))
    for (constraint, form), is_needed in zip(c.rows.items(), needed, strict=True):
        block = pyo.ConstraintList(doc=str(constraint))
        m.add_component(row_name(m, constraint), block)
        for o in np.flatnonzero(is_needed).tolist():
            at_least_zero(block, *terms(form, o))

    m.sides = pyo.ConstraintList(doc="the side that an option takes of `larger` is the larger")
    for form in c.sides:
        for o in m.options:
            at_least_zero(m.sides, *terms(form, o))

    for a in c.all_amounts:
        block = pyo.ConstraintList(doc=f"bounds of {a.variable.name}")
        m.add_component(f"bounds_{a.total}", block)
        for o in m.options:
            # The total lies between the bounds of the variable times ``factor x nodes``.
            if a is c.count or not isinstance(c.count, Amount):
                factor, nodes = (1.0 if a is c.count else float(c.count[o])), m.chosen[o]  # type: ignore[index]
            else:
                factor, nodes = c.count.scale, m.amount[c.count.total, o]
            at_least_zero(block, [a.scale, -a.variable.low * factor], [m.amount[a.total, o], nodes])
            at_least_zero(block, [-a.scale, a.variable.high * factor], [m.amount[a.total, o], nodes])

    m.envelopes = pyo.ConstraintList(doc="an amount that is the largest of several lines is at least each of them")
    for envelope in c.envelopes:
        for o in m.options:
            amount = m.amount[envelope.total, o]
            at_least_zero(m.envelopes, [1.0, -1.0], [m.chosen[o], amount])
            for line in envelope.lines:
                coefficients, variables = terms(line.scaled(-1.0), o)
                at_least_zero(m.envelopes, [*coefficients, envelope.scale], [*variables, amount])

    _add_integers(m, c)

    indices = list(range(len(c.objectives)))
    m.numerator, m.denominator = pyo.Var(indices), pyo.Var(indices)
    m.ratio = pyo.Param([0], mutable=True, initialize=0.0)
    m.weight = pyo.Param(indices, mutable=True, initialize=0.0)
    m.floor = pyo.Param(indices, mutable=True, initialize={i: t.lowest - 1.0 for i, t in enumerate(c.objectives)})
    m.sums, m.floors = pyo.ConstraintList(), pyo.ConstraintList()
    for i, objective in enumerate(c.objectives):
        sums = [(m.numerator[i], objective.numerator)]
        if objective.denominator is None:
            m.denominator[i].fix(1.0)
        else:
            sums.append((m.denominator[i], objective.denominator))
        for variable, form in sums:
            coefficients, variables = [-1.0], [variable]
            for o in m.options:
                more_coefficients, more_variables = terms(form, o)
                coefficients += more_coefficients
                variables += more_variables
            m.sums.add(_linear(coefficients, variables) == 0)
        if objective.denominator is None:
            m.floors.add(m.numerator[i] - m.floor[i] >= 0)
        else:
            m.floors.add(m.numerator[i] - m.floor[i] * m.denominator[i] >= 0)
    m.score = pyo.Objective(
        expr=sum(
            m.weight[i] * (m.numerator[i] - (m.ratio[0] * m.denominator[i] if o.denominator is not None else 0.0))
            for i, o in enumerate(c.objectives)
        ),
        sense=pyo.maximize,
    )
    return m


def _linear(coefficients: list[float], variables: list[Any]) -> Any:
    """Build a linear expression directly; a sum of terms would take longer."""
    from pyomo.core.expr import LinearExpression

    return LinearExpression(constant=0, linear_coefs=coefficients, linear_vars=variables)


def _add_integers(m: Any, c: Catalogue) -> None:
    """Add integers to the model: the number of nodes, and the steps per node of each amount that moves in steps."""
    import pyomo.environ as pyo

    def total(a: Amount) -> Any:
        return a.scale * sum(m.amount[a.total, o] for o in m.options)

    m.whole = pyo.ConstraintList()
    # The number of nodes is a constant plus a sum of weights times binaries.
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
