"""Objectives that are combined: in an order with tolerances, as a weighted sum, or as deviations from goals.

A weighted sum and a sum of deviations are quantities defined by expressions, which every engine reads as it reads any
other quantity. An order is a choice among the designs of a front.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING, Literal

from sunfront.display import as_written, format_value
from sunfront.equation import NOT_NEGATIVE
from sunfront.errors import UserError, did_you_mean, each_of, shortened
from sunfront.library.architectures import quantity_unit
from sunfront.problem.criteria import Objective
from sunfront.problem.preference import Order, Region, Tolerance
from sunfront.study.criteria import read_constraint, read_limit, read_objective, with_expression
from sunfront.study.quantities import build_equation, check_new_name
from sunfront.study.terms import Term, constant_side, read_term, split_comparisons
from sunfront.study.trees import Number, Operation, Tree
from sunfront.units import DIFFERENCE, difference_unit, parse, unit
from sunfront.written import written_unit

if TYPE_CHECKING:
    from sunfront.library.architectures import Architecture

Combine = Literal["front", "lexicographic", "weighted", "goals"]

#: What may follow an objective after a comma, by how objectives are combined.
_OPTIONS: Mapping[Combine, tuple[str, ...]] = {
    "front": (),
    "lexicographic": ("tolerance",),
    "weighted": ("scale", "weight"),
    "goals": ("scale", "weight"),
}

#: Name of the quantity that is optimized, and its sense.
_SUMS: Mapping[Combine, tuple[str, str]] = {
    "weighted": ("weighted_sum", "maximize"),
    "goals": ("deviation_from_goals", "minimize"),
}

_OPTION = re.compile(r"([A-Za-z]\w*)\s*:?\s+(.+)", re.DOTALL)


@dataclass(frozen=True)
class Line:
    """An objective or a goal, and what follows it.

    Attributes:
        text: Without the options.
        options: As written, by name.
    """

    text: str
    options: Mapping[str, str]


@dataclass(frozen=True)
class Combined:
    """What a study's objectives mean together.

    Attributes:
        arch: With the equation of the quantity that stands for all, if there is one.
        objectives: Lines as of a front.
        parts: Quantities that are combined into another one.
    """

    arch: Architecture
    objectives: tuple[str, ...]
    parts: tuple[str, ...] = ()


def combine_objectives(arch: Architecture, combine: Combine, lines: Sequence[str]) -> Combined:
    """Return the objectives that an engine gets.

    Raises:
        UserError: A line is wrong; with the path of the key.
    """
    split = each_of("objectives", lines, lambda line: split_options(combine, line))
    if combine in ("front", "lexicographic"):
        return Combined(arch, tuple(line.text for line in split))
    read = _read_weighted if combine == "weighted" else _read_goal
    terms = [part for parts in each_of("objectives", split, lambda line: read(arch, line)) for part in parts]
    name, sense = _SUMS[combine]
    try:
        check_new_name(arch, name)
    except UserError as error:
        raise error.under("combine") from None
    parts = []
    for term, _ in terms:
        arch = with_expression(arch, term)
        parts.append(str(term))
    total = reduce(lambda one, other: Operation("+", (one, other)), [tree for _, tree in terms])
    why = f"{'Weighted sum' if combine == 'weighted' else 'Sum of the deviations'}: {total}."
    eq = build_equation(arch, name, total, "1", why)
    if combine == "goals":
        eq = replace(eq, within=NOT_NEGATIVE)
    model = arch.model.with_equations(eq)
    return Combined(replace(arch, model=model), (f"{sense} {name}",), tuple(dict.fromkeys(parts)))


def split_options(combine: Combine, text: str) -> Line:
    """Split ``maximize roi, tolerance 1 %`` into the objective and what follows it.

    Raises:
        UserError: What follows is not known, or is given twice.
    """
    first, *others = re.split(r",(?![^(]*\))", text)
    known = _OPTIONS[combine]
    for part in (first, *(other.strip().partition(" ")[2] for other in others)):
        if known and (word := _WITHOUT_COMMA.search(part)):
            raise UserError(f"{shortened(text)!r}: write a comma before {word[1]}")
    if not known and not (others and (match := _OPTION.fullmatch(others[0].strip())) and match[1] in _ALL_OPTIONS):
        return Line(text, {})  # what is wrong with it is told where it is read
    options: dict[str, str] = {}
    for other in others:
        match = _OPTION.fullmatch(other.strip())
        name = match[1].lower() if match else ""
        if match is None or name not in known:
            if name in _ALL_OPTIONS:
                fitting = " or ".join(c for c, names in _OPTIONS.items() if name in names)
                instead = "; a goal may be a band, such as '9 % <= roi <= 11 %'" if combine == "goals" else ""
                raise UserError(f"{shortened(text)!r}: {name} is for `combine: {fitting}`, not {combine}{instead}")
            raise UserError(
                f"{shortened(text)!r}: after the comma write {' or '.join(known)} with its value"
                + did_you_mean(name, known)
            )
        if name in options:
            raise UserError(f"{shortened(text)!r}: {name} is given twice")
        options[name] = match[2].strip()
    return Line(first.strip(), options)


_ALL_OPTIONS = frozenset(name for names in _OPTIONS.values() for name in names)
_WITHOUT_COMMA = re.compile(rf"\s({'|'.join(sorted(_ALL_OPTIONS))})\s*:?\s+[-+\d.]")


def resolve_order(arch: Architecture, lines: Sequence[str], objectives: Sequence[Objective]) -> Order:
    """Return the order of lexicographic objectives, with their tolerances.

    Raises:
        UserError: A tolerance is wrong; with the path of the key.
    """
    if len(lines) < 2:
        raise UserError("an order has two objectives or more; remove `combine`, or add an objective", ("combine",))
    split = [split_options("lexicographic", line) for line in lines]
    plain = [(o.statistic, quantity_unit(arch, o.quantity)) for o in objectives]
    shown = [own if statistic is None else statistic.display_unit(own) for statistic, own in plain]
    pairs = list(zip(split, shown, strict=True))
    tolerances = each_of("objectives", pairs, lambda pair: _read_tolerance(*pair))
    if "tolerance" in split[-1].options:
        raise UserError(
            "the last objective has no other after it to which a tolerance could give way; remove it",
            ("objectives", len(lines) - 1),
        )
    return Order(tuple(tolerances))


def resolve_region(arch: Architecture, lines: Sequence[str], objectives: Sequence[Objective]) -> Region:
    """Return the region of the front in which a study wants designs.

    Raises:
        UserError: A line is wrong; with the path of the key.
    """
    names = {o.name: i for i, o in enumerate(objectives)}
    if len(objectives) < 2:
        raise UserError(
            "one objective has no front of which a part could be preferred; make this a constraint", ("prefer",)
        )
    low, high = ([*ends] for ends in (Region.everywhere(len(objectives)).low, Region.everywhere(len(objectives)).high))
    for k, line in enumerate(lines):
        try:
            for term, side, limit in read_constraint(arch, line):
                name = term.statistic.name(term.quantity) if term.statistic else term.quantity
                if name not in names:
                    quantity_unit(with_expression(arch, term.tree), term.quantity)  # refuses an unknown quantity
                    raise UserError(
                        f"{name} is no objective of the study ({', '.join(names)}){did_you_mean(name, names)}; make it "
                        "a constraint, or an objective too"
                    )
                i, c = names[name], read_limit(arch, term, side, limit)
                sign = objectives[i].sign
                if c.sign == sign:
                    low[i] = max(low[i], sign * c.limit)
                else:
                    high[i] = min(high[i], sign * c.limit)
                if low[i] >= high[i]:
                    raise UserError(f"{shortened(line)!r}: with the other lines no {c.name} is left")
        except UserError as error:
            raise error.under("prefer", k) from None
    return Region(tuple(low), tuple(high))


def _read_weighted(arch: Architecture, line: Line) -> list[tuple[Tree, Tree]]:
    """Return quantity and share of the sum."""
    sense, term = read_objective(arch, line.text)
    _refuse_statistic(term, line.text)
    shown = quantity_unit(with_expression(arch, term.tree), term.quantity)
    if "scale" in line.options:
        part: Tree = Operation("/", (term.tree, _scale(line, shown)))
    elif shown in ("1", "%"):
        part = term.tree
    else:
        raise UserError(
            f"{shortened(line.text)!r}: quantities of different units cannot be added; write the scale on which "
            f"{term.quantity} counts as one, such as '{line.text}, scale {_example(shown)}'"
        )
    weight = _weight(line)
    part = part if weight == 1.0 else Operation("*", (Number(weight, f"{weight:g}"), part))
    return [(term.tree, part if sense == "maximize" else Operation("-", (part,)))]


def _read_goal(arch: Architecture, line: Line) -> list[tuple[Tree, Tree]]:
    """Return for each limit the quantity, and the deviation from it as a share of the sum."""
    found = []
    for term, side, text in _goal_limits(arch, line.text):
        _refuse_statistic(term, line.text)
        own = with_expression(arch, term.tree)
        shown = quantity_unit(own, term.quantity)
        limit = read_limit(own, term, "<=" if side == "==" else side, text).limit
        given = unit(shown)
        in_kelvin = "K" if given.offset else shown
        aim = Number(limit, as_written(limit, in_kelvin), "" if in_kelvin == "1" else in_kelvin)
        if "scale" in line.options:
            scale = _scale(line, shown)
        elif limit and not given.offset:
            scale = Number(abs(limit), as_written(abs(limit), in_kelvin), aim.unit)
        else:
            raise UserError(
                f"{shortened(line.text)!r}: write the scale on which a deviation counts as one, such as "
                f"'{line.text}, scale {_example(shown)}'"
            )
        over = Operation("/", (Operation("-", (term.tree, aim)), scale))
        under = Operation("/", (Operation("-", (aim, term.tree)), scale))
        none: Tree = Number(0.0, "0")
        missed: dict[str, tuple[Tree, Tree]] = {"<=": (none, over), ">=": (none, under), "==": (over, under)}
        part: Tree = Operation("max", missed[side])
        if (weight := _weight(line)) != 1.0:
            part = Operation("*", (Number(weight, f"{weight:g}"), part))
        found.append((term.tree, part))
    return found


def _goal_limits(arch: Architecture, text: str) -> list[tuple[Term, Literal["<=", ">=", "=="], str | float]]:
    sides, operators = split_comparisons(text)
    if operators and operators[0] in ("=", "==") and len(sides) == 2:
        left, right = (side.strip() for side in sides)
        if constant_side(left) is not None:
            left, right = right, left
        if not left or constant_side(right) is None:
            raise UserError(f"goal {shortened(text)!r}: write a quantity, == and a number with its unit")
        return [(read_term(arch, left, low_is_worst=True), "==", right)]
    found: list[tuple[Term, Literal["<=", ">=", "=="], str | float]] = []
    found += read_constraint(arch, text)
    return found


def _refuse_statistic(term: Term, text: str) -> None:
    if term.statistic is not None:
        raise UserError(
            f"{shortened(text)!r}: a statistic is no part of a sum; combine plain quantities, or use `combine: "
            "lexicographic`"
        )


def _scale(line: Line, shown: str) -> Number:
    text = line.options["scale"]
    step = difference_unit(shown)
    value = parse(text, step, "the scale")
    if not value > 0:
        raise UserError(f"{shortened(line.text)!r}: the scale must be positive")
    plain = "K" if step == DIFFERENCE else step
    return Number(value, as_written(value, plain), "" if plain == "1" else plain)


def _weight(line: Line) -> float:
    text = line.options.get("weight", "1")
    weight = parse(text, "1", "the weight")
    if not weight > 0:
        raise UserError(f"{shortened(line.text)!r}: the weight must be positive; maximize or minimize gives the sign")
    return weight


def _read_tolerance(line: Line, shown: str) -> Tolerance:
    """Read ``1 %``, ``10 MUSD``, ``1 % relative`` or ``1 % absolute``."""
    written = line.options.get("tolerance", "0")
    match = re.fullmatch(r"(.+?)\s+(relative|absolute)", written)
    text, kind = (match[1], match[2]) if match else (written, "")
    is_percent = written_unit(text) == "%"
    if is_percent and shown == "%" and not kind:
        raise UserError(
            f"{shortened(line.text)!r}: is {text} a share of the best value, or are these points? write 'tolerance "
            f"{text} relative' or 'tolerance {text} absolute'"
        )
    relative = kind == "relative" or (is_percent and not kind and shown != "%")
    amount = parse(text, "1" if relative else difference_unit(shown), "the tolerance") if text != "0" else 0.0
    if amount < 0 or (relative and amount >= 1):
        raise UserError(f"{shortened(line.text)!r}: the tolerance must not be negative, nor 100 % or more")
    return Tolerance(amount, relative)


def _example(shown: str) -> str:
    return format_value(unit(difference_unit(shown)).to_si(1.0), difference_unit(shown))
