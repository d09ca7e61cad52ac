"""Parse a study's objectives and constraints, and check their statistics.

Each side of a criterion is a quantity or an expression of quantities. An expression becomes an equation of the model,
whose name is its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

from sunfront.errors import RangeError, UnknownName, UserError, did_you_mean
from sunfront.library.architectures import quantity_unit
from sunfront.problem.criteria import Constraint, Objective, Sense
from sunfront.problem.statistics import Deviation, Mean, Percentile, Probability, Statistic, TailMean
from sunfront.problem.uncertainty import REPLICATES
from sunfront.study.dimensions import dimension_of, dimension_text
from sunfront.study.expressions import (
    FUNCTIONS,
    Name,
    Number,
    Operation,
    Tree,
    check_dimension,
    constant_value,
    names_in,
    parse_expression,
    with_names,
)
from sunfront.study.quantities import build_equation, known_units, shown_unit
from sunfront.study.temperatures import check_scale, temperature_kind
from sunfront.units import DIFFERENCE, difference_unit, parse, unit, unit_label, written_unit

if TYPE_CHECKING:
    from sunfront.library.architectures import Architecture
    from sunfront.problem.problem import Problem

_SENSES: dict[str, Sense] = {
    **dict.fromkeys(("maximize", "maximise", "max"), "maximize"),
    **dict.fromkeys(("minimize", "minimise", "min"), "minimize"),
}
_PLAIN: dict[str, Statistic] = {"mean": Mean(), "std": Deviation()}
_OBJECTIVE = re.compile(r"((?:max|min)imi[sz]e(?=\s*\()|\S+\s)\s*(\S.*)", re.DOTALL | re.IGNORECASE)
_STATISTIC = re.compile(r"([A-Za-z]+)(\d+(?:\.\d+)?)?(?:\s+(?=[\w(])|(?=\())(.+)", re.DOTALL)
_COMPARISON = re.compile(r"<=|>=|==|=<|=>|!=|[<>=≤≥]")
_TOLERANCE = re.compile(r"(.+?)(?:±|\+/-|\+-|\bwithin\b)(.+)", re.DOTALL)

Side = Literal["<=", ">="]
_LIMITS: dict[str, Side] = {"<": "<=", "<=": "<=", "=<": "<=", "≤": "<=", ">": ">=", ">=": ">=", "=>": ">=", "≥": ">="}

#: Longest criterion, in characters.
MOST_CHARACTERS = 2000

#: How statistics are written, for messages.
STATISTICS = "mean, std, p10, cvar10 before a quantity, or probability(npv > 0 USD)"


@dataclass(frozen=True)
class Term:
    """What an objective maximizes or a constraint limits: an expression, and a statistic of it if there is one."""

    tree: Tree
    statistic: Statistic | None = None

    @property
    def quantity(self) -> str:
        """Name of the quantity: a name, or the text of the expression."""
        return str(self.tree)


def with_criteria(arch: Architecture, objectives: Sequence[str], constraints: Sequence[str]) -> Architecture:
    """Return the architecture with the expressions in objectives and constraints as equations of its model.

    Raises:
        UserError: A line is wrong; with the path of the key.
    """
    for key, lines in (("objectives", objectives), ("constraints", constraints)):
        for i, line in enumerate(lines):
            try:
                terms = [_read_objective(arch, line)[1]] if key == "objectives" else _terms(arch, line)
                for term in terms:
                    arch = _with_expression(arch, term.tree)
            except UserError as error:
                raise error.under(key, i) from None
    return arch


def _with_expression(arch: Architecture, tree: Tree) -> Architecture:
    if isinstance(tree, Name) or str(tree) in arch.model:
        return arch
    eq = build_equation(arch, str(tree), tree)
    return replace(arch, model=arch.model.with_equations(eq))


def _terms(arch: Architecture, line: str) -> Iterable[Term]:
    for term, _, _ in _read_constraint(arch, line):
        yield term


def parse_objective(arch: Architecture, text: str, variables: Iterable[str] = ()) -> Objective:
    """Parse a line such as ``maximize roi``, ``maximize p10 roi`` or ``minimize capex / fleet_it_power``.

    Args:
        arch: With the equation of each expression, see ``with_criteria``.
        variables: Decision variables, which an objective may name too.

    Raises:
        UserError: The line has another form, or its quantity is unknown or cannot be an objective.
    """
    sense, term = _read_objective(arch, text)
    quantity, statistic = term.quantity, term.statistic
    if quantity not in arch.model and quantity not in variables and quantity in arch.model.inputs:
        raise UserError(
            f"{quantity} has a given value, so there is nothing to {sense}; make it a variable, or choose another "
            "objective"
        )
    if quantity not in arch.model and quantity not in variables:
        raise UnknownName(quantity, "metric", [*(eq.name for eq in arch.model), *variables])
    if quantity in arch.model and arch.model[quantity].may_be_infinite and not isinstance(statistic, Probability):
        raise UserError(
            f"objective {text!r}: {quantity} is infinite for every design without a profit, so it does not rank them; "
            f"use 'maximize roi', which ranks the others alike, or make {quantity} a constraint"
        )
    return Objective(sense, quantity, statistic)


def _read_objective(arch: Architecture, text: str) -> tuple[Sense, Term]:
    text = _checked_length(text)
    match = _OBJECTIVE.fullmatch(text)
    if match is None or re.match(r"(max|min)\(", text):
        raise UserError(
            f"objective {_shortened(text)!r} lacks a sense or a quantity; write 'maximize roi' or 'minimize "
            "compute_cost'"
        )
    sense = _SENSES.get(match[1].strip().lower())
    if sense is None:
        raise UserError(
            f"objective {_shortened(text)!r}: {_shortened(match[1].strip())!r} is neither maximize nor minimize"
            + did_you_mean(match[1].strip(), get_args(Sense))
        )
    return sense, _read_term(arch, match[2], low_is_worst=sense == "maximize")


def parse_constraints(arch: Architecture, text: str) -> list[Constraint]:
    """Parse a line such as ``node_mass <= 4000 kg``, ``p95 node_mass <= 4 t`` or ``500 km <= altitude <= 900 km``.

    Args:
        arch: With the equation of each expression, see ``with_criteria``.

    Returns:
        One constraint for each limit.

    Raises:
        UserError: The line has another form, or its quantity or unit is unknown.
    """
    return [_limited(arch, term, side, limit) for term, side, limit in _read_constraint(arch, text)]


def _limited(arch: Architecture, term: Term, side: Side, limit: str | float) -> Constraint:
    """Return the constraint on a term.

    Args:
        limit: Text with a unit, or a number in SI and USD.
    """
    quantity, statistic = term.quantity, term.statistic
    shown = quantity_unit(arch, quantity)
    if not isinstance(term.tree, Name) and isinstance(limit, str):
        shown = _unit_of_limit(term.tree, limit, shown, known_units(arch))
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


def _unit_of_limit(tree: Tree, limit: str, shown: str, known: Mapping[str, str]) -> str:
    """Return the unit in which an expression and its limit are shown: that of the limit, if it fits.

    Args:
        shown: Unit of the expression without a limit; ``units.parse`` refuses a limit that does not fit it.
        known: Display units of all quantities.
    """
    written = written_unit(limit)
    check_scale(str(tree), temperature_kind(tree, known), written)
    if written is None or unit(written).offset or dimension_of(written) != check_dimension(tree, known):
        return shown
    return DIFFERENCE if shown == DIFFERENCE else written


def _read_constraint(arch: Architecture, text: str) -> list[tuple[Term, Side, str | float]]:
    """Split a line into terms with their limits."""
    text = _checked_length(text)
    sides, operators = _split(text)
    if not operators or "!=" in operators or not all(side.strip() for side in sides) or len(operators) > 2:
        raise UserError(
            f"constraint {_shortened(text)!r} is not a comparison; write a quantity, <= or >=, and a limit, such as "
            "'node_mass <= 4000 kg', or '500 km <= altitude <= 900 km'"
        )
    if operators[0] in ("=", "=="):
        return _read_equality(arch, text, sides)
    if any(op in ("=", "==") for op in operators):
        raise UserError(f"constraint {_shortened(text)!r}: write an equality on a line of its own")
    signs = [_LIMITS[op] for op in operators]
    if len(signs) == 2:
        if signs[0] != signs[1]:
            raise UserError(f"constraint {_shortened(text)!r}: both comparisons must point the same way")
        if _constant(sides[0]) is None or _constant(sides[2]) is None:
            raise UserError(f"constraint {_shortened(text)!r}: the outer sides must be numbers with their units")
    return [_read_comparison(arch, sides[i].strip(), sign, sides[i + 1].strip()) for i, sign in enumerate(signs)]


def _read_comparison(arch: Architecture, left: str, sign: Side, right: str) -> tuple[Term, Side, str | float]:
    """Read one comparison; a constant side becomes the limit, and of two expressions their difference is limited."""
    if _constant(left) is not None:
        if _constant(right) is not None:
            raise UserError(f"'{left} {sign} {right}' names no quantity; write one, such as node_mass <= 4000 kg")
        return _read_comparison(arch, right, "<=" if sign == ">=" else ">=", left)
    term = _read_term(arch, left, low_is_worst=sign == ">=")
    if (constant := _constant(right)) is not None:
        return term, sign, _limit_of(arch, term, right, constant)
    other = _read_term(arch, right, low_is_worst=sign == ">=")
    return _difference(arch, term, other, f"{left} {sign} {right}"), sign, 0.0


def _difference(arch: Architecture, term: Term, other: Term, text: str) -> Term:
    """Return the difference of two terms that are compared."""
    if term.statistic is not None or other.statistic is not None:
        raise UserError(f"{text!r}: a statistic is limited by a number with its unit")
    kinds = {temperature_kind(tree, known_units(arch)) for tree in (term.tree, other.tree)}
    if kinds == {"temperature", "difference"}:
        raise UserError(f"{text!r} compares a temperature with a difference of temperatures")
    return Term(Operation("-", (term.tree, other.tree)))


def _limit_of(arch: Architecture, term: Term, text: str, constant: Tree | str) -> str | float:
    """Return a limit as text with a unit, or if it is an expression of numbers, in SI and USD."""
    if isinstance(constant, str):
        return text
    known = known_units(arch)
    ours, theirs = check_dimension(term.tree, known), check_dimension(constant, known)
    if ours != theirs:
        raise UserError(f"{term.quantity} is {dimension_text(ours)}, but the limit {text} is {dimension_text(theirs)}")
    value = constant_value(constant)
    if value is None:
        raise UserError(f"the limit {text} is not finite")
    return value


def _read_equality(arch: Architecture, text: str, sides: Sequence[str]) -> list[tuple[Term, Side, str | float]]:
    """Read ``node_mass == 4000 kg ± 1 %`` as two limits."""
    left, right = sides[0].strip(), sides[1].strip()
    match = _TOLERANCE.fullmatch(right)
    if len(sides) != 2 or match is None:
        raise UserError(
            f"constraint {_shortened(text)!r}: no design meets an equality exactly; state a tolerance, such as "
            "'node_mass == 4000 kg +- 1 %' or 'node_mass == 4000 kg +- 40 kg'"
        )
    term, known = _read_term(arch, left, low_is_worst=True), known_units(arch)
    middle, written, value = match[1].strip(), match[2].strip(), 0.0
    if (constant := _constant(middle)) is None:
        term, middle = _difference(arch, term, _read_term(arch, middle, low_is_worst=True), text), ""
    shown = shown_unit(term.tree, known)
    if middle:
        check_scale(left, temperature_kind(term.tree, known), written_unit(middle))
        limit = _limit_of(arch, term, middle, constant) if constant is not None else 0.0
        value = parse(limit, shown, left) if isinstance(limit, str) else limit
    if written_unit(written) == "%" and written_unit(middle) != "%":
        if shown == "%" or not value or temperature_kind(term.tree, known) == "temperature":
            raise UserError(f"{_shortened(text)!r}: {written} of what? write the tolerance in {unit_label(shown)}")
        tolerance = abs(value) * parse(written, "1", "the tolerance")
    else:
        tolerance = parse(written, difference_unit(shown), "the tolerance")
    if tolerance <= 0:
        raise UserError(f"constraint {_shortened(text)!r}: the tolerance must be positive")
    return [(term, ">=", value - tolerance), (term, "<=", value + tolerance)]


def _split(text: str) -> tuple[list[str], list[str]]:
    """Split at comparisons outside of parentheses."""
    sides, operators, start, depth = [], [], 0, 0
    for match in re.finditer(r"[()]|<=|>=|==|=<|=>|!=|[<>=≤≥]", text):
        if match[0] in "()":
            depth += 1 if match[0] == "(" else -1
        elif depth == 0:
            sides.append(text[start : match.start()])
            operators.append(match[0])
            start = match.end()
    return [*sides, text[start:]], operators


def _constant(text: str) -> Tree | str | None:
    """Return a side that names no quantity: as text if it is one number with its unit, else as an expression."""
    text = text.strip()
    try:
        tree = parse_expression(text)
    except UserError:
        # A number with something that is no unit, or with degrees Celsius: reading it as a limit tells.
        return text if re.match(r"[-+]?[\d.]", text) else None
    if names_in(tree):
        return None
    plain = tree.operands[0] if isinstance(tree, Operation) and tree.operator == "-" else tree
    return text if isinstance(plain, Number) else tree


def _read_term(arch: Architecture, text: str, low_is_worst: bool) -> Term:
    """Parse ``roi``, ``p10 roi``, ``capex / fleet_mass`` or ``probability(npv > 0 USD)``.

    Args:
        low_is_worst: Whether low values are the worst ones, for ``cvar10``.

    Raises:
        UserError: The text has another form.
    """
    text = text.strip()
    if re.match(r"probability\s*\(", text, re.IGNORECASE):
        return _read_probability(arch, text)
    match = _STATISTIC.fullmatch(text)
    word = match[1].lower() if match else ""
    if match is None or word in FUNCTIONS:
        return Term(_known_names(arch, parse_expression(text)))
    if match[3].startswith("("):
        if word not in (*_PLAIN, "p", "cvar"):
            return Term(_known_names(arch, parse_expression(text)))
        if not _is_bracketed(match[3]):
            statistic = text[: match.start(3)].strip()
            raise UserError(
                f"{_shortened(text)!r}: is {statistic} that of the brackets or of the whole? Write "
                f"'{statistic} ({match[3]})' for the whole"
            )
    tree = _known_names(arch, parse_expression(match[3]))
    if match[2] is None and word in _PLAIN:
        return Term(tree, _PLAIN[word])
    if match[2] is None or word not in ("p", "cvar"):
        written = match[1] + (match[2] or "")
        raise UserError(f"unknown statistic {written!r}{did_you_mean(written, _PLAIN)}; write {STATISTICS}")
    share = float(match[2]) / 100
    if not 0 < share < 1:
        raise RangeError(
            f"{match[1] + match[2]!r}: the percentage must lie between 0 and 100, as in p10 or cvar10",
            quantity=str(tree),
        )
    return Term(tree, Percentile(share) if word == "p" else TailMean(share, low_is_worst))


def _is_bracketed(text: str) -> bool:
    """Whether the bracket at the beginning closes at the end."""
    depth = 0
    for i, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0:
            return i == len(text) - 1
    return True  # it does not close: the expression tells


def _read_probability(arch: Architecture, text: str) -> Term:
    opened = text.index("(")
    if not text.endswith(")"):
        raise UserError(f"{_shortened(text)!r} lacks a parenthesis; write probability(npv > 0 USD)")
    sides, operators = _split(text[opened + 1 : -1])
    if len(operators) != 1 or operators[0] not in _LIMITS or not all(side.strip() for side in sides):
        raise UserError(f"{_shortened(text)!r} holds no comparison; write probability(npv > 0 USD)")
    sense = {"=<": "<=", "=>": ">=", "≤": "<=", "≥": ">="}.get(operators[0], operators[0])
    left, right = (side.strip() for side in sides)
    if _constant(left) is not None:
        left, right, sense = right, left, {"<": ">", "<=": ">=", ">": "<", ">=": "<="}[sense]
    known, term = known_units(arch), Term(_known_names(arch, parse_expression(left)))
    constant = _constant(right)
    limit: str | float = 0.0
    if constant is None:
        term = _difference(arch, term, Term(_known_names(arch, parse_expression(right))), text)
    else:
        limit = _limit_of(arch, term, right, constant)
    shown = shown_unit(term.tree, known)
    if isinstance(limit, str):
        if not isinstance(term.tree, Name):
            shown = _unit_of_limit(term.tree, limit, shown, known)
        limit = parse(limit, shown, term.quantity)
    return Term(term.tree, Probability(sense, limit, shown))  # type: ignore[arg-type]


def _known_names(arch: Architecture, tree: Tree) -> Tree:
    """Return the tree with names in another case as the quantities have them.

    Raises:
        UserError: It names no quantity at all.
    """
    if not names_in(tree):
        raise UserError(f"'{tree}' names no quantity, so that nothing depends on the design")
    known = known_units(arch)
    return with_names(tree, lambda name: name if name in known or name.lower() not in known else name.lower())


def _checked_length(text: str) -> str:
    if len(text) > MOST_CHARACTERS:
        raise UserError(f"the line has {len(text):,} characters; allowed are {MOST_CHARACTERS:,}")
    return text.strip()


def _shortened(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:77]}..."


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
