"""Parse a study's objectives and constraints, and check their statistics.

Each side of a criterion is a quantity or an expression of quantities. An expression becomes an equation of the model,
whose name is its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

from sunfront.errors import RangeError, UnknownName, UserError, did_you_mean
from sunfront.library.architectures import quantity_unit
from sunfront.problem.criteria import Constraint, Objective, Sense
from sunfront.problem.statistics import Deviation, Mean, Percentile, Probability, Statistic, TailMean
from sunfront.problem.uncertainty import REPLICATES
from sunfront.study.dimensions import dimension_of, dimension_text, display_unit
from sunfront.study.expressions import (
    Name,
    Number,
    Operation,
    Tree,
    check_dimension,
    constant_value,
    names_in,
    parse_expression,
)
from sunfront.study.quantities import build_equation, known_units
from sunfront.units import is_bare, parse, unit, unit_label, written_unit

if TYPE_CHECKING:
    from sunfront.library.architectures import Architecture
    from sunfront.problem.problem import Problem

_SENSES: dict[str, Sense] = {
    **dict.fromkeys(("maximize", "maximise", "max"), "maximize"),
    **dict.fromkeys(("minimize", "minimise", "min"), "minimize"),
}
_PLAIN: dict[str, Statistic] = {"mean": Mean(), "std": Deviation()}
_OBJECTIVE = re.compile(r"(\S+)\s+(\S.*)", re.DOTALL)
_STATISTIC = re.compile(r"([A-Za-z]+)(\d+(?:\.\d+)?)?\s+(?=[\w(])(.+)", re.DOTALL)
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
    if match is None:
        raise UserError(
            f"objective {text!r} lacks a sense or a quantity; write 'maximize roi' or 'minimize compute_cost'"
        )
    sense = _SENSES.get(match[1].lower())
    if sense is None:
        raise UserError(
            f"objective {_shortened(text)!r}: {_shortened(match[1])!r} is neither maximize nor minimize"
            + did_you_mean(match[1], get_args(Sense))
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
    if not isinstance(term.tree, Name) and isinstance(limit, str) and (written := written_unit(limit)):
        shown = written
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
    if term.statistic is not None or other.statistic is not None:
        raise UserError(f"'{left} {sign} {right}': a statistic is limited by a number with its unit")
    return Term(Operation("-", (term.tree, other.tree))), sign, 0.0


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
    if len(sides) != 2 or match is None or _constant(match[1].strip()) is None:
        raise UserError(
            f"constraint {_shortened(text)!r}: no design meets an equality exactly; state a tolerance, such as "
            "'node_mass == 4000 kg +- 1 %' or 'node_mass == 4000 kg +- 40 kg'"
        )
    term = _read_term(arch, left, low_is_worst=True)
    shown = known_units(arch).get(term.quantity) or display_unit(
        check_dimension(term.tree, known_units(arch)), known_units(arch).values()
    )
    value, written = parse(match[1].strip(), shown, left), match[2].strip()
    relative = written_unit(written) == "%" and shown != "%"
    if relative:
        tolerance = abs(value) * parse(written, "1", "the tolerance")
    else:
        tolerance = parse(written, shown, "the tolerance") - (0.0 if is_bare(written) else unit(shown).to_si(0.0))
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
    if match is None:
        return Term(_known_names(arch, parse_expression(text)))
    word = match[1].lower()
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


def _read_probability(arch: Architecture, text: str) -> Term:
    opened = text.index("(")
    if not text.endswith(")"):
        raise UserError(f"{_shortened(text)!r} lacks a parenthesis; write probability(npv > 0 USD)")
    sides, operators = _split(text[opened + 1 : -1])
    if len(operators) != 1 or operators[0] not in _LIMITS or _constant(sides[1]) is None:
        raise UserError(f"{_shortened(text)!r} holds no comparison; write probability(npv > 0 USD)")
    tree = _known_names(arch, parse_expression(sides[0]))
    known = known_units(arch)
    limit = sides[1].strip()
    shown = known.get(str(tree)) or written_unit(limit) or display_unit(check_dimension(tree, known), known.values())
    if dimension_of(shown) != check_dimension(tree, known):
        raise UserError(
            f"{tree} is {dimension_text(check_dimension(tree, known))}, but the limit {limit} is in {unit_label(shown)}"
        )
    sense = {"=<": "<=", "=>": ">=", "≤": "<=", "≥": ">="}.get(operators[0], operators[0])
    return Term(tree, Probability(sense, parse(limit, shown, str(tree)), shown))  # type: ignore[arg-type]


def _known_names(arch: Architecture, tree: Tree) -> Tree:
    """Return the tree with names in another case as the quantities have them."""
    if isinstance(tree, Name) and tree.name not in arch.model and tree.name.lower() in arch.model:
        return Name(tree.name.lower())
    return tree


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
