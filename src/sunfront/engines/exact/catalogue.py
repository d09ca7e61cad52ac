"""The design problem read option by option, with the coefficients of every row in the amounts of hardware.

An option is one combination of the variables that are no amounts of hardware: an altitude shell, a cadence tier.
For each, the equations are linear in the amounts of one stack, or quotients of two such forms (``affine``). Each
option's quotient is scaled so that its denominator is at least 1, on which the proof in ``program`` rests.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.engines.exact.affine import Affine, Ratio
from sunfront.errors import NonlinearEquation, UserError
from sunfront.problem.criteria import Constraint
from sunfront.problem.problem import Problem
from sunfront.problem.variables import Variable

#: Options beyond which the program is no longer built in seconds and a gigabyte.
MOST_OPTIONS = 20_000


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
        most: No denominator is above it.
    """

    name: str
    unit: float
    top: Form
    bottom: Form | None
    least: float
    most: float = 1.0


@dataclass(frozen=True)
class Catalogue:
    """A problem read option by option.

    Attributes:
        options: For each variable that makes options, its value in each; arrays (options,).
        size: How many options are left.
        scope: What the catalogue covers, in words, those included that no design can meet.
        count: The nodes of a stack as an amount, or their number in each option.
        amounts: The other amounts.
        rows: Constraint to a form that must not be negative.
        denominators: Of the constraints on quotients, which the form has been multiplied by.
        targets: One for each objective.
        notes: What the catalogue leaves out.
    """

    options: Mapping[str, Array]
    size: int
    scope: str
    count: Amount | Array
    amounts: tuple[Amount, ...]
    rows: Mapping[Constraint, Form]
    denominators: Mapping[Constraint, Form]
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
    size = math.prod(len(a) for a in axes)
    if size > MOST_OPTIONS:
        listed = ", ".join(f"{len(a):,} of {v.name}" for v, a in zip(chosen, axes, strict=True))
        raise NonlinearEquation(
            f"a catalogue of {size:,} options ({listed}) is more than the {MOST_OPTIONS:,} that can be proved; "
            "give fewer `choices`, a wider `step`, a smaller engine.shells, or use `engine: {name: sweep}`"
        )
    mesh = np.meshgrid(*axes, indexing="ij") if axes else []
    options = {v.name: grid.ravel() for v, grid in zip(chosen, mesh, strict=True)}

    given: dict[str, Any] = {**problem.values, **options}
    nodes: Any
    if count_name in decided:
        v = variables[count_name]
        count: Amount | Array = Amount(count_total, v, v.high)
        nodes = given[count_total] = given[count_name] = Affine({count_total: 1.0})
        most = v.high
    else:
        # By its equation: a study may give the count itself.
        nodes = np.broadcast_to(np.asarray(problem.model.evaluate(given, [count_total])[count_total], float), (size,))
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
    rows: dict[Constraint, Form] = {}
    denominators: dict[Constraint, Form] = {}
    possible = np.ones(size, dtype=bool)
    for c in problem.constraints:
        form, bottom = reading.constraint(c.quantity, found[c.quantity], c.sign, c.limit)
        best = reading.best(form)
        # What the amounts do not touch is met or not, by the sweep's rule: a row would tell 1e-16 from zero.
        flat = np.all([k == 0 for k in form.coefficients], axis=0) if form.coefficients else np.ones(size, dtype=bool)
        possible &= best >= np.where(flat, -c.rounding, -1e-6 * problem.constraint_scales[c])
        rows[c] = Form(form.coefficients, np.where(flat, 0.0, form.constant))
        if bottom is not None:
            denominators[c] = bottom
    targets = [reading.target(o.quantity, found[o.quantity], o.sign) for o in problem.objectives]
    catalogue = Catalogue(
        options={n: x[possible] for n, x in options.items()},
        size=int(possible.sum()),
        scope=f"a catalogue of {size:,} options" + (f" of {', '.join(options)}" if options else ""),
        count=count if isinstance(count, Amount) else count[possible],
        amounts=tuple(amounts),
        rows={c: _part(f, possible) for c, f in rows.items()},
        denominators={c: _part(f, possible) for c, f in denominators.items()},
        targets=tuple(
            Target(t.name, t.unit, _part(t.top, possible), t.bottom and _part(t.bottom, possible), t.least, t.most)
            for t in targets
        ),
        notes=tuple(notes),
    )
    _check_whole_numbers(catalogue)
    return catalogue


def _evaluate(problem: Problem, given: dict[str, Any]) -> dict[str, Any]:
    problem.model.check(given, problem.criterion_names)
    found = dict(given)
    with np.errstate(all="ignore"):
        for eq in problem.model.order(given, problem.criterion_names):
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

    def split(self, name: str, value: Any) -> tuple[Form, Form | None]:
        """Numerator, and denominator if there is one."""
        if not isinstance(value, Ratio):
            return self.form(value, name), None
        return self.form(value.numerator, name), self.form(value.denominator, name)

    def positive(self, form: Form) -> bool:
        return bool((form.lowest(*self.box) > 0).all())

    def constraint(self, name: str, value: Any, sign: float, limit: float) -> tuple[Form, Form | None]:
        """What must not be negative, and what it was multiplied by."""
        top, bottom = self.split(name, value)
        if bottom is None:
            return Form(top.coefficients, top.constant - limit).scaled(sign), None
        # Infinite where the denominator is not positive: with a positive numerator and limit the row says the same.
        model = self.problem.model
        never = name in model and model[name].may_be_infinite and self.positive(top) and limit > 0
        if not (self.positive(bottom) or never):
            raise self._unbounded(name)
        return top.minus(bottom, limit).scaled(sign), bottom

    def target(self, name: str, value: Any, sign: float) -> Target:
        top, bottom = self.split(name, value)
        top = top.scaled(sign)
        if bottom is not None:
            if not self.positive(bottom):
                raise self._unbounded(name)
            least = bottom.lowest(*self.box)
            top, bottom = top.scaled(1 / least), bottom.scaled(1 / least)
        size = np.maximum(np.abs(self.best(top)), np.abs(top.lowest(*self.box)))
        if bottom is not None:
            size = size / np.maximum(self.best(bottom), 1.0)
        unit = float(np.median(size)) or 1.0
        top = top.scaled(1 / unit)
        least_score = min(float(top.lowest(*self.box).min()), 0.0)  # the denominator is at least 1
        most = 1.0 if bottom is None else float(self.best(bottom).max())
        return Target(name, unit, top, bottom, least_score, most)

    def _unbounded(self, name: str) -> NonlinearEquation:
        module = f" (in {self.problem.model[name].module})" if name in self.problem.model else ""
        return NonlinearEquation(
            f"the pyomo engine cannot bound {name}{module}: its denominator is not "
            "positive for every design; raise the lower bounds of the variables above zero, or use another engine"
        )
