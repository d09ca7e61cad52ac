"""Parse a study's objectives and constraints, and check their statistics.

Each side of a criterion is a quantity or an expression of quantities. An expression becomes an equation of the model,
whose name is its text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, get_args

from sunfront.equation import Equation
from sunfront.errors import RangeError, UnknownName, UserError, did_you_mean, shortened
from sunfront.library.architectures import quantity_unit
from sunfront.problem.criteria import Constraint, Objective, Sense
from sunfront.problem.statistics import Deviation, Percentile, Probability, Statistic, TailMean
from sunfront.problem.uncertainty import REPLICATES
from sunfront.root import Extreme, Root
from sunfront.study.quantities import build_equation, known_units, shown_unit
from sunfront.study.temperatures import check_scale, temperature_kind
from sunfront.study.terms import (
    LIMITS,
    Side,
    Term,
    checked_length,
    constant_side,
    difference_of,
    limit_of,
    read_term,
    split_comparisons,
    unit_of_limit,
)
from sunfront.study.trees import (
    Name,
    Tree,
)
from sunfront.units import difference_unit, parse, unit_label
from sunfront.written import written_unit

if TYPE_CHECKING:
    from sunfront.library.architectures import Architecture
    from sunfront.problem.problem import Problem

_SENSES: dict[str, Sense] = {
    **dict.fromkeys(("maximize", "maximise", "max"), "maximize"),
    **dict.fromkeys(("minimize", "minimise", "min"), "minimize"),
}
_OBJECTIVE = re.compile(r"((?:max|min)imi[sz]e(?=\s*\()|\S+\s)\s*(\S.*)", re.DOTALL | re.IGNORECASE)
_TOLERANCE = re.compile(r"(.+?)(?:±|\+/-|\+-|\bwithin\b)(.+)", re.DOTALL)


def with_criteria(arch: Architecture, objectives: Sequence[str], constraints: Sequence[str]) -> Architecture:
    """Return the architecture with the expressions in objectives and constraints as equations of its model.

    Raises:
        UserError: A line is wrong; with the path of the key.
    """
    for key, lines in (("objectives", objectives), ("constraints", constraints)):
        for i, line in enumerate(lines):
            try:
                if key == "objectives":
                    terms = [read_objective(arch, line)[1]]
                else:
                    terms = [term for term, _, _ in read_constraint(arch, line)]
                for term in terms:
                    arch = with_expression(arch, term.tree)
            except UserError as error:
                raise error.under(key, i) from None
    return arch


def with_expression(arch: Architecture, tree: Tree) -> Architecture:
    """Return the architecture with an expression as an equation of its model."""
    if isinstance(tree, Name) or str(tree) in arch.model:
        return arch
    eq = build_equation(arch, str(tree), tree)
    return replace(arch, model=arch.model.with_equations(eq))


def parse_objective(arch: Architecture, text: str, variables: Iterable[str] = ()) -> Objective:
    """Parse a line such as ``maximize roi``, ``maximize p10 roi`` or ``minimize capex / fleet_it_power``.

    Args:
        arch: With the equation of each expression, see ``with_criteria``.
        variables: Decision variables, which an objective may name too.

    Raises:
        UserError: The line has another form, or its quantity is unknown or cannot be an objective.
    """
    sense, term = read_objective(arch, text)
    quantity, statistic = term.quantity, term.statistic
    if quantity not in arch.model and quantity not in variables and quantity in arch.model.inputs:
        raise UserError(
            f"{quantity} has a given value, so there is nothing to {sense}; make it a variable, or choose another "
            "objective"
        )
    if quantity not in arch.model and quantity not in variables:
        raise UnknownName(quantity, "metric", [*(eq.name for eq in arch.model), *variables])
    if quantity in arch.model and not _ranks(arch.model[quantity], statistic):
        raise UserError(
            f"objective {text!r}: {quantity} is infinite for every design without a profit, so it does not rank them; "
            f"use 'maximize roi', which ranks the others alike, or make {quantity} a constraint"
        )
    return Objective(sense, quantity, statistic)


def _ranks(eq: Equation, statistic: Statistic | None) -> bool:
    """Whether a quantity ranks designs; one that may be infinite does if infinity is the end of its scale."""
    if not eq.may_be_infinite or isinstance(statistic, Probability):
        return True
    return isinstance(eq, Root | Extreme) and (statistic is None or isinstance(statistic, Percentile))


def read_objective(arch: Architecture, text: str) -> tuple[Sense, Term]:
    """Read the sense and the term of a line.

    Raises:
        UserError: The line has another form.
    """
    text = checked_length(text)
    match = _OBJECTIVE.fullmatch(text)
    if match is None or re.match(r"(max|min)\(", text):
        raise UserError(
            f"objective {shortened(text)!r} lacks a sense or a quantity; write 'maximize roi' or 'minimize "
            "compute_cost'"
        )
    sense = _SENSES.get(match[1].strip().lower())
    if sense is None:
        raise UserError(
            f"objective {shortened(text)!r}: {shortened(match[1].strip())!r} is neither maximize nor minimize"
            + did_you_mean(match[1].strip(), get_args(Sense))
        )
    return sense, read_term(arch, match[2], low_is_worst=sense == "maximize")


def parse_constraints(arch: Architecture, text: str) -> list[Constraint]:
    """Parse a line such as ``node_mass <= 4000 kg``, ``p95 node_mass <= 4 t`` or ``500 km <= altitude <= 900 km``.

    Args:
        arch: With the equation of each expression, see ``with_criteria``.

    Returns:
        One constraint for each limit.

    Raises:
        UserError: The line has another form, or its quantity or unit is unknown.
    """
    found = [read_limit(arch, term, side, limit) for term, side, limit in read_constraint(arch, text)]
    least = max((c.limit for c in found if c.sense == ">="), default=-math.inf)
    most = min((c.limit for c in found if c.sense == "<="), default=math.inf)
    if least > most:
        raise UserError(f"constraint {text!r}: no value is at least the one and at most the other; swap the two limits")
    return found


def read_limit(arch: Architecture, term: Term, side: Side, limit: str | float) -> Constraint:
    """Return the constraint on a term.

    Args:
        arch: With the equation of the expression, see ``with_criteria``.
        limit: Text with a unit, or a number in SI and USD.

    Raises:
        UserError: The limit is wrong.
    """
    quantity, statistic = term.quantity, term.statistic
    shown = quantity_unit(arch, quantity)
    if not isinstance(term.tree, Name) and isinstance(limit, str):
        shown = unit_of_limit(term.tree, limit, shown, known_units(arch))
    if isinstance(statistic, Deviation) and quantity in arch.model and arch.model[quantity].may_be_infinite:
        raise UserError(
            f"{statistic.name(quantity)}: {quantity} may be infinite, and then has no standard deviation; "
            "constrain a percentile of it instead"
        )
    name, display = (
        (quantity, shown) if statistic is None else (statistic.name(quantity), statistic.display_unit(shown))
    )
    value = parse(limit, display, name) if isinstance(limit, str) else limit
    if isinstance(statistic, Probability) and not 0 <= value <= 1:
        raise RangeError(f"{name}: the limit is {limit}; a probability lies between 0 and 100 %", quantity=quantity)
    return Constraint(quantity, side, value, display, statistic)


def read_constraint(arch: Architecture, text: str) -> list[tuple[Term, Side, str | float]]:
    """Split a line into terms with their limits; a limit is text with a unit, or a number in SI and USD.

    Raises:
        UserError: The line has another form.
    """
    text = checked_length(text)
    sides, operators = split_comparisons(text)
    if not operators or "!=" in operators or not all(side.strip() for side in sides) or len(operators) > 2:
        raise UserError(
            f"constraint {shortened(text)!r} is not a comparison; write a quantity, <= or >=, and a limit, such as "
            "'node_mass <= 4000 kg', or '500 km <= altitude <= 900 km'"
        )
    if operators[0] in ("=", "=="):
        return _read_equality(arch, text, sides)
    if any(op in ("=", "==") for op in operators):
        raise UserError(f"constraint {shortened(text)!r}: write an equality on a line of its own")
    signs = [LIMITS[op] for op in operators]
    if len(signs) == 2:
        if signs[0] != signs[1]:
            raise UserError(f"constraint {shortened(text)!r}: both comparisons must point the same way")
        if constant_side(sides[0]) is None or constant_side(sides[2]) is None:
            raise UserError(f"constraint {shortened(text)!r}: the outer sides must be numbers with their units")
    return [_read_comparison(arch, sides[i].strip(), sign, sides[i + 1].strip()) for i, sign in enumerate(signs)]


def _read_comparison(arch: Architecture, left: str, sign: Side, right: str) -> tuple[Term, Side, str | float]:
    """Read one comparison; a constant side becomes the limit, and of two expressions their difference is limited."""
    if constant_side(left) is not None:
        if constant_side(right) is not None:
            raise UserError(f"'{left} {sign} {right}' names no quantity; write one, such as node_mass <= 4000 kg")
        return _read_comparison(arch, right, "<=" if sign == ">=" else ">=", left)
    term = read_term(arch, left, low_is_worst=sign == ">=")
    if (constant := constant_side(right)) is not None:
        return term, sign, limit_of(arch, term, right, constant)
    other = read_term(arch, right, low_is_worst=sign == ">=")
    return difference_of(arch, term, other, f"{left} {sign} {right}"), sign, 0.0


def _read_equality(arch: Architecture, text: str, sides: Sequence[str]) -> list[tuple[Term, Side, str | float]]:
    """Read ``node_mass == 4000 kg ± 1 %`` as two limits."""
    left, right = sides[0].strip(), sides[1].strip()
    match = _TOLERANCE.fullmatch(right)
    if len(sides) != 2 or match is None:
        raise UserError(
            f"constraint {shortened(text)!r}: no design meets an equality exactly; state a tolerance, such as "
            "'node_mass == 4000 kg +- 1 %' or 'node_mass == 4000 kg +- 40 kg'"
        )
    term, known = read_term(arch, left, low_is_worst=True), known_units(arch)
    middle, written = match[1].strip(), match[2].strip()
    value, is_percent = 0.0, False
    if (constant := constant_side(middle)) is None:
        term, middle = difference_of(arch, term, read_term(arch, middle, low_is_worst=True), text), ""
    shown = shown_unit(term.tree, known)
    if constant is not None:
        limit = limit_of(arch, term, middle, constant)
        check_scale(left, temperature_kind(term.tree, known), written_unit(limit))
        value, is_percent = _in_unit(limit, shown, left), written_unit(limit) == "%"
    tolerance = constant_side(written)
    if tolerance is None:
        raise UserError(f"{shortened(text)!r}: the tolerance {written} is no number with its unit")
    if isinstance(tolerance, str) and written_unit(tolerance) == "%":
        share = parse(tolerance, "1", "the tolerance")
        if is_percent or shown == "%":
            readings = [f"'{_percent(value - d)} <= {left} <= {_percent(value + d)}'" for d in (share, value * share)]
            raise UserError(
                f"{shortened(text)!r}: is {tolerance} a share of {_percent(value)}, or are these points? write "
                + (" or ".join(readings[::-1]) if value else readings[0])
            )
        if not value or temperature_kind(term.tree, known) == "temperature":
            raise UserError(f"{shortened(text)!r}: {tolerance} of what? write the tolerance in {unit_label(shown)}")
        width = abs(value) * share
    elif isinstance(tolerance, str):
        width = parse(tolerance, difference_unit(shown), "the tolerance")
    else:
        width = _in_unit(limit_of(arch, term, written, tolerance), shown, "the tolerance")
    if width <= 0:
        raise UserError(f"constraint {shortened(text)!r}: the tolerance must be positive")
    return [(term, ">=", value - width), (term, "<=", value + width)]


def _in_unit(limit: str | float, shown: str, name: str) -> float:
    return parse(limit, shown, name) if isinstance(limit, str) else limit


def _percent(value: float) -> str:
    return f"{100 * value:.6g} %"


def check_statistic(problem: Problem, criterion: Objective | Constraint) -> None:
    """Raise UserError if a criterion is a statistic of a certain quantity, or rests on too few samples."""
    uncertainty, name = problem.uncertainty, criterion.name
    if criterion.statistic is None:
        return
    if uncertainty is None:
        raise UserError(f"{name}: nothing is uncertain; add a line such as 'uncertain: [discount_rate]'")
    if not problem.is_uncertain(criterion.quantity):
        listed = ", ".join(p.name for p in uncertainty.parameters)
        raise UserError(
            f"{name}: {criterion.quantity} does not depend on any uncertain parameter ({listed}); drop the statistic, "
            "or add an uncertain parameter that matters"
        )
    if tail := _tail_share(criterion):
        least = 1 << (int(REPLICATES / tail * (1 - 1e-9))).bit_length()
        if uncertainty.samples < least:
            raise UserError(
                f"{name} is determined by less than one sample in each of {REPLICATES} parts of "
                f"{uncertainty.samples:,} samples; set uncertainty.samples to {least} or more"
            )


def _tail_share(criterion: Objective | Constraint) -> float:
    """Return the share of the samples that determine the statistic; 0 if all do, as for a probability of 100 %."""
    match criterion.statistic:
        case Percentile(share):
            return min(share, 1 - share)
        case TailMean(share, _):
            return share
        case Probability() if isinstance(criterion, Constraint):
            return min(criterion.limit, 1 - criterion.limit)
        case _:
            return 0.0
