"""Why no design meets every constraint: the constraints to relax, and the variable bounds that would have to move."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sunfront.display import format_change, format_value
from sunfront.problem.criteria import Constraint
from sunfront.problem.problem import Problem, as_columns
from sunfront.problem.variables import TOLERANCE, Variable
from sunfront.units import unit


@dataclass(frozen=True)
class Violation:
    """A constraint that a design violates.

    Attributes:
        value: The constrained quantity, by the numpy model; SI and USD.
        shortfall: Distance of the value from the limit; positive.
    """

    constraint: Constraint
    value: float
    shortfall: float

    def __str__(self) -> str:
        return f"{self.constraint} is missed by {format_change(self.shortfall, self.constraint.unit, 3)}"


@dataclass(frozen=True)
class MovedBound:
    """A bound of a variable that would have to move for every constraint to hold.

    Attributes:
        end: The upper or the lower bound.
        bound: The bound in the study; SI.
        needed: The value that it would need; SI.
    """

    variable: str
    display_unit: str
    end: str
    bound: float
    needed: float

    @classmethod
    def of(cls, variable: Variable, upper: bool, needed: float) -> MovedBound:
        """The move of one bound of a variable to ``needed``."""
        end, bound = ("upper", variable.high) if upper else ("lower", variable.low)
        return cls(variable.name, variable.unit, end, bound, needed)

    def __str__(self) -> str:
        move = "raise" if self.end == "upper" else "lower"
        needed = format_value(_rounded_outward(self.needed, self.display_unit, self.end == "upper"), self.display_unit)
        bound = format_value(self.bound, self.display_unit)
        return f"{move} the {self.end} bound of {self.variable} from {bound} to {needed}"


@dataclass(frozen=True)
class Infeasibility:
    """Why there is no feasible design.

    Attributes:
        proved: An exact engine proved it. If not, ``design`` is only the best of the designs evaluated.
        design: The design nearest to feasible: proved, it violates the fewest constraints, by the least; else, of the
            designs evaluated, it has the least sum of violations in units of the constraints' scales.
        violations: The constraints that it violates.
        alternatives: Other sets of as many constraints, each of which could be relaxed instead.
        bounds: Bounds of variables; moving any one of them makes every constraint hold.
        not_considered: Constraints that were held, because their quantities are not bounded over all designs.
    """

    proved: bool
    design: Mapping[str, float]
    violations: tuple[Violation, ...]
    alternatives: tuple[tuple[Violation, ...], ...] = ()
    bounds: tuple[MovedBound, ...] = ()
    not_considered: tuple[Constraint, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for a reader."""
        nearest = f"nearest design: {', '.join(map(str, self.violations))}"
        if not self.proved:
            return (nearest,)
        count = len(self.violations)
        least = "one constraint" if count == 1 else f"{count} constraints together"
        left_out = ", ".join(map(str, self.not_considered))
        return (
            f"{least} would have to be relaxed; {nearest}",
            *(f"or relax instead: {', '.join(map(str, violations))}" for violations in self.alternatives),
            *(f"or keep every constraint and {bound}" for bound in self.bounds),
            *([f"not considered, because it may be infinite: {left_out}"] if left_out else []),
        )


def nearest_design(problem: Problem, design: Mapping[str, float]) -> Infeasibility:
    """The infeasibility of a search that found nothing; ``design`` came nearest."""
    return Infeasibility(False, design, violated(problem, design, problem.constraints))


def violated(
    problem: Problem, design: Mapping[str, float], exactly: Collection[Constraint] = ()
) -> tuple[Violation, ...]:
    """The constraints that a design violates, by the numpy model.

    Args:
        exactly: Constraints of which any violation counts; of the others, only one beyond a solver's tolerance.
    """
    found = problem.evaluate(as_columns(design), problem.criterion_names)
    violations = []
    for c in problem.constraints:
        value = float(found[c.name][0])
        shortfall = c.violation(value)
        if shortfall > (0.0 if c in exactly else max(TOLERANCE * problem.constraint_scales[c], c.rounding)):
            violations.append(Violation(c, value, shortfall))
    return tuple(violations)


def _rounded_outward(value: float, display_unit: str, upper: bool) -> float:
    """An SI value rounded to four digits of its unit, away from the range, so that the rounded value suffices."""
    of = unit(display_unit)
    number = of.from_si(value)
    if number == 0:
        return value
    digit = 10.0 ** (math.floor(math.log10(abs(number))) - 3)
    steps = number / digit
    # A value within rounding of a step is that step.
    whole = math.ceil(steps * (1 - 1e-9)) if upper else math.floor(steps * (1 + 1e-9))
    return float(of.to_si(whole * digit))
