"""The sides of a criterion: a quantity or an expression, with a statistic of it, or a limit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sunfront.errors import RangeError, UserError, nearest_name, shortened
from sunfront.problem.statistics import Deviation, Mean, Percentile, Probability, Statistic, TailMean
from sunfront.study.dimensions import dimension_of, dimension_text
from sunfront.study.expressions import parse_expression
from sunfront.study.quantities import known_units, shown_unit
from sunfront.study.temperatures import check_scale, temperature_kind
from sunfront.study.trees import (
    FUNCTIONS,
    Name,
    Number,
    Operation,
    Tree,
    check_dimension,
    constant_value,
    names_in,
    with_known_names,
)
from sunfront.units import DIFFERENCE, is_shipped_unit, parse, unit
from sunfront.written import dollars, split, written_unit

if TYPE_CHECKING:
    from sunfront.library.architectures import Architecture

Side = Literal["<=", ">="]
LIMITS: dict[str, Side] = {"<": "<=", "<=": "<=", "=<": "<=", "≤": "<=", ">": ">=", ">=": ">=", "=>": ">=", "≥": ">="}

#: What a number with its unit does not have.
_HAS_OPERATOR = re.compile(r"(?<![\^*(eE])[-+]\s*[\d.]|\s[-+*]\s|[()]")

_PLAIN: dict[str, Statistic] = {"mean": Mean(), "std": Deviation()}
_STATISTIC = re.compile(r"([A-Za-z]+)(\d+(?:\.\d+)?)?(?:\s+(?=[\w(])|(?=\())(.+)", re.DOTALL)

#: A function of a comparison, of which there is one: probability.
_OF_COMPARISON = re.compile(r"(\w+)\s*\(.*(?:[<>≤≥=]).*\)", re.DOTALL)

#: What to write for statistics that people name in other ways.
_INSTEAD = {"median": "p50", "average": "mean", "expected": "mean", "sigma": "std"}

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


def split_comparisons(text: str) -> tuple[list[str], list[str]]:
    """Split at comparisons outside of parentheses.

    Raises:
        UserError: Two comparisons are joined by a word.
    """
    if word := re.search(r"\s(and|or|&&?|\|\|?)\s.*[<>=≤≥]", text, re.IGNORECASE):
        raise UserError(
            f"{shortened(text)!r}: {word[1]!r} joins no comparisons; write each on a line of its own, or [..., ...]"
        )
    sides, operators, start, depth = [], [], 0, 0
    for match in re.finditer(r"[()]|<=|>=|==|=<|=>|!=|[<>=≤≥]", text):
        if match[0] in "()":
            depth += 1 if match[0] == "(" else -1
        elif depth == 0:
            sides.append(text[start : match.start()])
            operators.append(match[0])
            start = match.end()
    return [*sides, text[start:]], operators


def constant_side(text: str) -> Tree | str | None:
    """Return a side that names no quantity: as text if it is one number with its unit, else as an expression."""
    text = text.strip()
    try:
        tree = parse_expression(text)
    except UserError:
        # A number with something that is no unit, or with degrees Celsius: reading it as a limit tells.
        if split(text) is None and dollars(text) is None:
            return None
        if _HAS_OPERATOR.search(text):
            raise
        return text
    if names_in(tree):
        return None
    match tree:
        case Number(text=written):
            return written
        case Operation("-", (Number(text=written),)):
            return f"-{written}"
    return tree


def read_term(arch: Architecture, text: str, low_is_worst: bool) -> Term:
    """Parse ``roi``, ``p10 roi``, ``capex / fleet_mass`` or ``probability(npv > 0 USD)``.

    Args:
        low_is_worst: Whether low values are the worst ones, for ``cvar10``.

    Raises:
        UserError: The text has another form.
    """
    text = text.strip()
    if re.match(r"probability\s*\(", text, re.IGNORECASE):
        return _read_probability(arch, text)
    if (other := _OF_COMPARISON.fullmatch(text)) and other[1].lower() not in FUNCTIONS:
        raise UserError(f"{other[1]!r} takes no comparison; did you mean 'probability'?; write {STATISTICS}")
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
                f"{shortened(text)!r}: is {statistic} that of the brackets or of the whole? Write "
                f"'{statistic} ({match[3]})' for the whole"
            )
    tree = _known_names(arch, parse_expression(match[3]))
    if match[2] is None and word in _PLAIN:
        return Term(tree, _PLAIN[word])
    if match[2] is None or word not in ("p", "cvar"):
        written = match[1] + (match[2] or "")
        known = [*_PLAIN, f"p{match[2] or 10}", f"cvar{match[2] or 10}"]
        instead = _INSTEAD.get(word) or nearest_name(written, known)
        hint = f"; did you mean {instead!r}?" if instead else ""
        if is_shipped_unit(match[3]):
            raise UserError(f"{text!r} is no number with its unit; write digits, such as '100 {match[3]}'")
        raise UserError(f"unknown statistic {written!r}{hint}; write {STATISTICS}")
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
        raise UserError(f"{shortened(text)!r} lacks a parenthesis; write probability(npv > 0 USD)")
    sides, operators = split_comparisons(text[opened + 1 : -1])
    if len(operators) != 1 or operators[0] not in LIMITS or not all(side.strip() for side in sides):
        raise UserError(f"{shortened(text)!r} holds no comparison; write probability(npv > 0 USD)")
    sense = {"=<": "<=", "=>": ">=", "≤": "<=", "≥": ">="}.get(operators[0], operators[0])
    left, right = (side.strip() for side in sides)
    if constant_side(left) is not None:
        left, right, sense = right, left, {"<": ">", "<=": ">=", ">": "<", ">=": "<="}[sense]
    known, term = known_units(arch), Term(_known_names(arch, parse_expression(left)))
    constant = constant_side(right)
    limit: str | float = 0.0
    if constant is None:
        term = difference_of(arch, term, Term(_known_names(arch, parse_expression(right))), text)
    else:
        limit = limit_of(arch, term, right, constant)
    shown = shown_unit(term.tree, known)
    if isinstance(limit, str):
        if not isinstance(term.tree, Name):
            shown = unit_of_limit(term.tree, limit, shown, known)
        limit = parse(limit, shown, term.quantity)
    return Term(term.tree, Probability(sense, limit, shown))  # type: ignore[arg-type]


def _known_names(arch: Architecture, tree: Tree) -> Tree:
    """Return the tree with names in another case as the quantities have them.

    Raises:
        UserError: It names no quantity at all.
    """
    if not names_in(tree):
        raise UserError(f"'{tree}' names no quantity, so that nothing depends on the design")
    return with_known_names(tree, known_units(arch))


def checked_length(text: str) -> str:
    if len(text) > MOST_CHARACTERS:
        raise UserError(f"the line has {len(text):,} characters; allowed are {MOST_CHARACTERS:,}")
    return text.strip()


def unit_of_limit(tree: Tree, limit: str, shown: str, known: Mapping[str, str]) -> str:
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


def difference_of(arch: Architecture, term: Term, other: Term, text: str) -> Term:
    """Return the difference of two terms that are compared."""
    if term.statistic is not None or other.statistic is not None:
        raise UserError(f"{text!r}: a statistic is limited by a number with its unit")
    kinds = {temperature_kind(tree, known_units(arch)) for tree in (term.tree, other.tree)}
    if kinds == {"temperature", "difference"}:
        raise UserError(f"{text!r} compares a temperature with a difference of temperatures")
    return Term(Operation("-", (term.tree, other.tree)))


def limit_of(arch: Architecture, term: Term, text: str, constant: Tree | str) -> str | float:
    """Return a limit as text with a unit, or if it is an expression of numbers, in SI and USD."""
    if isinstance(constant, str):
        return constant
    known = known_units(arch)
    ours, theirs = check_dimension(term.tree, known), check_dimension(constant, known)
    if ours != theirs:
        raise UserError(f"{term.quantity} is {dimension_text(ours)}, but the limit {text} is {dimension_text(theirs)}")
    value = constant_value(constant)
    if value is None:
        raise UserError(f"the limit {text} is not finite")
    if shown_unit(term.tree, known) == "%" and "%" not in text and abs(value) >= 1:
        raise UserError(f"the limit {text} may mean {value:g} % or {100 * value:g} %; write the one that is meant")
    return value
