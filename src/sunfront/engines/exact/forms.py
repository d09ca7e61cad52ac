"""Linear forms in the amounts of hardware, with coefficients for all options of a catalogue.

``FormBuilder`` turns the affine values that the equations return into these forms. It multiplies a constraint on a
quotient by the denominator, and scales the denominator of an objective to at least 1 in every option. The proof in
``highs`` relies on that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunfront.arrays import Array
from sunfront.engines.exact.affine import Affine, Ratio
from sunfront.errors import NonlinearEquation, UserError
from sunfront.problem.criteria import Constraint, Objective
from sunfront.problem.problem import Problem

#: An end of the range of each amount: a number, or an array (options,).
Ends = Sequence[float] | Sequence[Array] | Sequence[Array | float]


@dataclass(frozen=True)
class LinearForm:
    """``sum of coefficients[k] x amount k + constant`` for each option; all arrays are (options,)."""

    coefficients: tuple[Array, ...]
    constant: Array

    def scaled(self, factor: Array | float) -> LinearForm:
        """Return the form times a factor, a number or an array (options,)."""
        return LinearForm(tuple(c * factor for c in self.coefficients), self.constant * factor)

    def minus(self, other: LinearForm, factor: float) -> LinearForm:
        """Return the form minus ``factor`` times another."""
        pairs = zip(self.coefficients, other.coefficients, strict=True)
        return LinearForm(tuple(a - factor * b for a, b in pairs), self.constant - factor * other.constant)

    def select(self, mask: NDArray[np.bool_]) -> LinearForm:
        """Return the form for some of the options."""
        return LinearForm(tuple(c[mask] for c in self.coefficients), self.constant[mask])

    def widened(self, count: int) -> LinearForm:
        """Return the form with further amounts, on which it does not depend."""
        return LinearForm((*self.coefficients, *(np.zeros_like(self.constant),) * count), self.constant)

    def without_last(self) -> LinearForm:
        """Return the form without its last amount."""
        return LinearForm(self.coefficients[:-1], self.constant)

    @staticmethod
    def join(parts: Sequence[LinearForm]) -> LinearForm:
        """Return the form for the options of all parts, one part after the other."""
        columns = zip(*(part.coefficients for part in parts), strict=True)
        return LinearForm(tuple(map(np.concatenate, columns)), np.concatenate([part.constant for part in parts]))

    @staticmethod
    def number(value: float, amounts: int, size: int) -> LinearForm:
        """Return the form that is the same number in every option."""
        return LinearForm((np.zeros(size),) * amounts, np.full(size, value))

    @property
    def is_fixed(self) -> NDArray[np.bool_]:
        """In which options the amounts do not affect the form; array (options,)."""
        fixed = np.ones(len(self.constant), dtype=bool)
        for c in self.coefficients:
            fixed &= c == 0
        return fixed

    def without_constant_rows(self, options: NDArray[np.bool_] | bool = True) -> LinearForm:
        """Return the form with the constant 0 in those of the options that the amounts do not affect."""
        return LinearForm(self.coefficients, np.where(self.is_fixed & options, 0.0, self.constant))

    def value(self, option: int, totals: Sequence[float]) -> float:
        """Return the form at given amounts, in one option."""
        return float(self.constant[option]) + sum(
            float(c[option]) * x for c, x in zip(self.coefficients, totals, strict=True)
        )

    def relative_value(self, option: int, totals: Sequence[float]) -> float:
        """Return the form at given amounts, in one option, relative to its largest term."""
        terms = [float(self.constant[option])]
        terms += [float(c[option]) * x for c, x in zip(self.coefficients, totals, strict=True)]
        return sum(terms) / (max(map(abs, terms)) or 1.0)

    def magnitude(self, low: Sequence[float], high: Sequence[float]) -> Array:
        """Return the largest term of the form over a box of amounts; array (options,)."""
        terms = [np.abs(c) * max(abs(a), abs(b)) for c, a, b in zip(self.coefficients, low, high, strict=True)]
        largest: Array = np.maximum.reduce([np.abs(self.constant), *terms])
        return largest

    def lower_bound(self, low: Ends, high: Ends) -> Array:
        """Bound the form from below over a box of amounts, by interval arithmetic; array (options,)."""
        bound = self.constant.copy()
        for c, a, b in zip(self.coefficients, low, high, strict=True):
            bound = bound + np.minimum(c * a, c * b)
        return bound

    def upper_bound(self, low: Ends, high: Ends) -> Array:
        """Bound the form from above over a box of amounts; array (options,)."""
        bound: Array = -self.scaled(-1.0).lower_bound(low, high)
        return bound


def needed_rows(forms: Sequence[LinearForm]) -> NDArray[np.bool_]:
    """Return which forms, of those that must not be negative, no other form of the option implies.

    A form implies those that are nowhere smaller, times a factor: amounts are not negative.

    Returns:
        Array (forms, options).
    """
    if not forms:
        return np.ones((0, 0), dtype=bool)
    terms = np.array([[*form.coefficients, form.constant] for form in forms])
    sizes = -np.minimum(terms, 0.0).sum(axis=1)
    needed: NDArray[np.bool_] = sizes > 0
    terms /= np.where(needed, sizes, 1.0)[:, None]
    for i, own in enumerate(terms):
        implies = (own >= terms - 1e-13).all(axis=1) & needed
        implies[i] = False
        needed[i] &= ~implies.any(axis=0)
    return needed


@dataclass(frozen=True)
class Box:
    """The ranges of the number of nodes, and of the amounts of each node.

    Attributes:
        fewest, most: Number of nodes in each option; arrays (options,).
        counted: Whether the number of nodes is an amount; it is the first coefficient of a form then.
        low, high: Of one node, for each other amount; numbers, or arrays (options,).
    """

    fewest: Array
    most: Array
    counted: bool
    low: Sequence[Array | float]
    high: Sequence[Array | float]

    def upper_bound(self, form: LinearForm) -> Array:
        """Bound a form from above; tighter than over a box of totals, in which few nodes may have large totals.

        It is infinite where a form depends on envelopes.
        """
        first = 1 if self.counted else 0
        slope = form.coefficients[0].copy() if self.counted else np.zeros(len(form.constant))
        for c, a, b in zip(form.coefficients[first:], self.low, self.high, strict=False):
            slope = slope + np.maximum(c * a, c * b)
        others = form.coefficients[first + len(self.low) :]
        if any(c.any() for c in others):
            return np.full(len(form.constant), np.inf)
        return form.constant + np.maximum(slope * self.fewest, slope * self.most)

    def lower_bound(self, form: LinearForm) -> Array:
        """Bound a form from below, as ``upper_bound``."""
        bound: Array = -self.upper_bound(form.scaled(-1.0))
        return bound

    def tightened(self, row: LinearForm) -> Box:
        """Return the box with the range of the one amount of a node that a row limits, if it limits one."""
        first = 1 if self.counted else 0
        low, high = list(self.low), list(self.high)
        others = [k for k, c in enumerate(row.coefficients) if k >= first and c.any()]
        if not self.counted or len(others) != 1 or row.constant.any() or others[0] - first >= len(low):
            return self
        (k,) = others
        slope, i = row.coefficients[k], k - first
        with np.errstate(divide="ignore", invalid="ignore"):
            limit = -row.coefficients[0] / slope
        low[i] = np.where(slope > 0, np.maximum(low[i], limit), low[i])
        high[i] = np.where(slope < 0, np.minimum(high[i], limit), high[i])
        low[i] = np.minimum(low[i], high[i])  # an empty option is left to its rows
        return replace(self, low=tuple(low), high=tuple(high))


@dataclass(frozen=True)
class ObjectiveForm:
    """An objective as a score: ``scale x numerator / denominator``, or ``scale x numerator`` without a denominator.

    Attributes:
        scale: Size of the score, so that the quotient is near 1.
        lowest: Lower bound on the score of every design, in units of ``scale``.
        largest_denominator: Upper bound on the denominator of every design; 1 without a denominator.
        highest: Of boxes of options, the denominator at its upper end; ``denominator`` is at its lower end then.
    """

    name: str
    scale: float
    numerator: LinearForm
    denominator: LinearForm | None
    lowest: float
    largest_denominator: float = 1.0
    highest: LinearForm | None = None

    def denominator_at(self, score: float) -> LinearForm | None:
        """The denominator D with which ``N - r D`` bounds what is beyond a score r."""
        return self.denominator if self.highest is None or score >= 0 else self.highest

    def changed(self, change: Callable[[LinearForm], LinearForm]) -> ObjectiveForm:
        """Return the objective with each of its forms changed."""
        denominator, highest = (form and change(form) for form in (self.denominator, self.highest))
        return replace(self, numerator=change(self.numerator), denominator=denominator, highest=highest)

    def resized(self, largest: Sequence[float]) -> ObjectiveForm:
        """Return the objective with a smaller scale, if amounts up to the largest totals give smaller scores.

        A floor is lowered by a share of the scale, which must not be far beyond the score of any design.
        """
        factor = float(np.median(_size(self.numerator, self.denominator, [0.0] * len(largest), largest)))
        if not 0 < factor < 1:
            return self
        numerator = self.numerator.scaled(1 / factor)
        return replace(self, scale=self.scale * factor, numerator=numerator, lowest=self.lowest / factor)


@dataclass(frozen=True)
class Quotient:
    """A quantity for each option: ``numerator / denominator``, or ``numerator`` without a denominator."""

    numerator: LinearForm
    denominator: LinearForm | None

    @classmethod
    def of(cls, name: str, value: Any, totals: Sequence[str], size: int) -> Quotient:
        """Build it from the value that an equation returned.

        Args:
            totals: Names of the amounts, in the order of a form's coefficients.
            size: Number of options.

        Raises:
            UserError: A coefficient is not finite.
        """
        if not isinstance(value, Ratio):
            return cls(_form(name, value, totals, size), None)
        return cls(_form(name, value.numerator, totals, size), _form(name, value.denominator, totals, size))

    @staticmethod
    def join(parts: Sequence[Quotient]) -> Quotient:
        """Return the quotient for the options of all parts; it has a denominator if one of the parts has."""
        numerator = LinearForm.join([part.numerator for part in parts])
        if all(part.denominator is None for part in parts):
            return Quotient(numerator, None)
        denominators = []
        for part in parts:
            amounts, size = len(part.numerator.coefficients), len(part.numerator.constant)
            denominators.append(part.denominator or LinearForm.number(1.0, amounts, size))
        return Quotient(numerator, LinearForm.join(denominators))


def _form(name: str, value: Any, totals: Sequence[str], size: int) -> LinearForm:
    if not isinstance(value, Affine):
        value = Affine({}, value)
    full = [np.broadcast_to(np.asarray(value.terms.get(k, 0.0), float), (size,)) for k in totals]
    form = LinearForm(tuple(full), np.broadcast_to(np.asarray(value.constant, float), (size,)))
    if not all(np.isfinite(c).all() for c in (*form.coefficients, form.constant)):
        raise UserError(f"{name} is not finite in some options of the catalogue; narrow the ranges of the variables")
    return form


class FormBuilder:
    """Build the forms of constraints and objectives.

    Args:
        low, high: Ranges of the amounts.
        nodes: Ranges of the number of nodes, and of the amounts of each node.

    Attributes:
        possible: Options that a design may use; the others may have any form.
    """

    def __init__(self, problem: Problem, low: Ends, high: Ends, nodes: Box) -> None:
        self.problem = problem
        self.box = low, high
        self.nodes = nodes
        self.possible = np.ones(len(nodes.fewest), dtype=bool)

    def constraint(self, c: Constraint, value: Quotient) -> tuple[LinearForm, LinearForm | None]:
        """Build the form that must not be negative, and the denominator by which it was multiplied, if any.

        Raises:
            NonlinearEquation: The denominator may be zero or negative.
        """
        numerator, denominator = value.numerator, value.denominator
        if denominator is None:
            return LinearForm(numerator.coefficients, numerator.constant - c.limit).scaled(c.sign), None
        self.check_denominator(c, numerator, denominator)
        return numerator.minus(denominator, c.limit).scaled(c.sign), denominator

    def check_denominator(self, c: Constraint, numerator: LinearForm, denominator: LinearForm) -> None:
        """Raise NonlinearEquation if a row may not be multiplied by a denominator."""
        # The quantity is infinite where the denominator is not positive. With a positive numerator and limit, the
        # multiplied row excludes those designs too.
        model = self.problem.model
        excluded = (
            c.quantity in model and model[c.quantity].may_be_infinite and self._positive(numerator) and c.limit > 0
        )
        if not (self._positive(denominator) or excluded):
            raise self._unbounded(c.quantity)

    def smallest(self, o: Objective, denominator: LinearForm) -> Array:
        """Return the smallest value of the denominator of an objective in each option; array (options,).

        Raises:
            NonlinearEquation: It may be zero or negative.
        """
        if not self._positive(denominator):
            raise self._unbounded(o.quantity)
        return self._lower_bound(denominator)

    def objective(self, o: Objective, value: Quotient) -> ObjectiveForm:
        """Build the scaled form of an objective.

        Raises:
            NonlinearEquation: The denominator may be zero or negative.
        """
        numerator, denominator = value.numerator.scaled(o.sign), value.denominator
        if denominator is not None:
            smallest = self.smallest(o, denominator)
            numerator, denominator = numerator.scaled(1 / smallest), denominator.scaled(1 / smallest)
        used = self.possible if self.possible.any() else np.ones_like(self.possible)
        scale = float(np.median(_size(numerator, denominator, *self.box)[used])) or 1.0
        numerator = numerator.scaled(1 / scale)
        lowest = min(float(self._lower_bound(numerator).min()), 0.0)  # the denominator is at least 1
        largest = 1.0 if denominator is None else float(denominator.upper_bound(*self.box)[used].max())
        return ObjectiveForm(o.quantity, scale, numerator, denominator, lowest, largest)

    def side(self, value: Quotient) -> LinearForm:
        """Build the form that must not be negative so that the side taken by ``larger`` is the larger.

        Raises:
            NonlinearEquation: The denominator may be zero or negative.
        """
        if value.denominator is not None and not (value.denominator.lower_bound(*self.box) > 0).all():
            raise NonlinearEquation(
                "the pyomo engine cannot compare two quotients whose denominator is not positive for every design; "
                "raise the lower bounds of the variables above zero, or use another engine"
            )
        return value.numerator

    def _positive(self, form: LinearForm) -> bool:
        return bool((self._lower_bound(form) > 0).all())

    def _lower_bound(self, form: LinearForm) -> Array:
        bound = np.maximum(form.lower_bound(*self.box), self.nodes.lower_bound(form))
        return np.where(self.possible, bound, 1.0)

    def _unbounded(self, name: str) -> NonlinearEquation:
        module = f" (in {self.problem.model[name].place})" if name in self.problem.model else ""
        return NonlinearEquation(
            f"the pyomo engine cannot bound {name}{module}: its denominator is not "
            "positive for every design; raise the lower bounds of the variables above zero, or use another engine",
            quantity=name,
        )


def _size(numerator: LinearForm, denominator: LinearForm | None, low: Ends, high: Ends) -> Array:
    """Return the size of a quotient over a box of amounts, array (options,); its denominator is at least 1."""
    size = np.maximum(np.abs(numerator.upper_bound(low, high)), np.abs(numerator.lower_bound(low, high)))
    return size if denominator is None else size / np.maximum(denominator.upper_bound(low, high), 1.0)
