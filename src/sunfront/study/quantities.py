"""Quantities that a study defines by expressions: equations like those of the library, with the study as source."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from keyword import iskeyword
from types import MappingProxyType
from typing import Any

from pydantic import Field, model_validator

from sunfront.equation import SIGNED, Equation
from sunfront.errors import UserError, shortened
from sunfront.library.architectures import Architecture
from sunfront.library.specs import Spec
from sunfront.study.dimensions import Dimension, dimension_of, dimension_text, display_unit
from sunfront.study.expressions import is_unit, parse_expression
from sunfront.study.specs import NAME
from sunfront.study.temperatures import temperature_kind
from sunfront.study.trees import (
    FUNCTIONS,
    Name,
    Number,
    Operation,
    Power,
    Tree,
    check_dimension,
    evaluate,
    names_in,
    unknown_quantity,
    with_known_names,
)
from sunfront.units import DIFFERENCE, unit, unit_label

#: What stands as the source of such a quantity.
SOURCE = "defined in this study"


#: Words of a criterion, and columns that a page or a table adds.
_RESERVED: tuple[str, ...] = ("mean", "std", "probability", "within", "maximize", "minimize", "maximise", "minimise")
_RESERVED += ("closeness_to_ideal", "hypervolume_contribution")
_STATISTIC = re.compile(r"(p|cvar)\d+")


class QuantitySpec(Spec):
    """A quantity as a study defines it.

    Attributes:
        expression: Expression of other quantities; ``is`` in the file.
        unit: Display unit; chosen by the dimension if it is empty.
        why: What it is, or why it is of interest.
    """

    @model_validator(mode="before")
    @classmethod
    def _accept_text(cls, value: object) -> object:
        return {"is": value} if isinstance(value, str) else value

    expression: str = Field(alias="is", description="An expression, such as annual_revenue / fleet_mass.")
    unit: str = Field("", description="Display unit, such as USD/kg.")
    why: str = Field("", description="What it is, or why it is of interest.")


@dataclass(frozen=True)
class Formula:
    """An expression as a function of the values of its names."""

    tree: Tree
    names: tuple[str, ...]

    def __call__(self, *values: Any) -> Any:
        return evaluate(self.tree, dict(zip(self.names, values, strict=True)))


class StudyEquation(Equation):
    """An equation that a study defines."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        values = {f.name: getattr(self, f.name) for f in fields(Equation) if f.name != "valid"}
        return _rebuild, (values,)

    @property
    def text(self) -> str:
        """The expression."""
        assert isinstance(self.function, Formula)
        return str(self.function.tree)


def _rebuild(values: Mapping[str, Any]) -> StudyEquation:
    return StudyEquation(**values, valid=MappingProxyType({}))


def known_units(arch: Architecture) -> dict[str, str]:
    """Return the display unit of each quantity that an expression may name; coefficients of fits are none."""
    parameters = arch.library.parameters.values()
    found = {p.name: p.unit for p in parameters if not isinstance(p.value, tuple)}
    return found | {eq.name: eq.unit for eq in arch.model}


def with_quantities(arch: Architecture, specs: Mapping[str, QuantitySpec]) -> Architecture:
    """Return the architecture with the quantities of a study; each may name the others, in any order.

    Raises:
        UserError: A name, an expression or a unit is wrong; with the path of the key.
    """
    trees: dict[str, Tree] = {}
    for name, spec in specs.items():
        try:
            check_new_name(arch, name)
            try:
                trees[name] = parse_expression(spec.expression)
            except UserError as error:
                raise error.under("is") from None
        except UserError as error:
            raise error.under("quantities", name) from None
    known = {*known_units(arch), *trees}
    trees = {name: with_known_names(tree, known) for name, tree in trees.items()}
    for name in _in_order(trees):
        try:
            eq = build_equation(arch, name, trees[name], specs[name].unit, specs[name].why)
        except UserError as error:
            raise error.under("quantities", name, *(() if error.path else ("is",))) from None
        arch = replace(arch, model=arch.model.with_equations(eq))
    return arch


def build_equation(arch: Architecture, name: str, tree: Tree, unit_text: str = "", why: str = "") -> StudyEquation:
    """Turn an expression into an equation.

    Args:
        unit_text: Display unit; chosen by the dimension if it is empty.

    Raises:
        UserError: Names or dimensions are wrong; with the path of the key, if it is that of the unit.
    """
    known = known_units(arch)
    dimension = check_dimension(tree, known)
    names = names_in(tree)
    return StudyEquation(
        name=name,
        unit=_checked_unit(name, unit_text, dimension, known) if unit_text else shown_unit(tree, known),
        inputs=names,
        summary=why or f"{tree}.",
        source=SOURCE,
        module="this study",
        may_be_infinite=_may_be_infinite(arch, tree),
        within=SIGNED,
        valid=MappingProxyType({}),
        unless_given=(),
        function=Formula(tree, names),
    )


def shown_unit(tree: Tree, known: Mapping[str, str]) -> str:
    """Return the unit in which an expression is shown: that of its quantity, or one that suits its dimension.

    Raises:
        UnknownName: It names no quantity.
    """
    if isinstance(tree, Name):
        if tree.name not in known:
            raise unknown_quantity(tree.name, known)
        return known[tree.name]
    dimension = check_dimension(tree, known)
    if _is_percent(tree, known):
        return "%"
    return DIFFERENCE if temperature_kind(tree, known) == "difference" else display_unit(dimension, known.values())


def _is_percent(tree: Tree, known: Mapping[str, str]) -> bool:
    """Whether an expression is read in percent: a quantity that is, a multiple of it, or a sum with it."""
    match tree:
        case Name(name):
            return known[name] == "%"
        case Operation("*" | "/" as sign, (left, right)):
            if sign == "*" and not names_in(left):
                return _is_percent(right, known)
            return not names_in(right) and _is_percent(left, known)
        case Operation("+" | "-" | "min" | "max", operands):
            return any(_is_percent(operand, known) for operand in operands)
    return False


def _may_be_infinite(arch: Architecture, tree: Tree) -> bool:
    """Whether plus infinity is a valid value: a quotient by an infinite quantity is zero."""
    match tree:
        case Name(name):
            return name in arch.model and arch.model[name].may_be_infinite
        case Number():
            return False
        case Power(base, exponent):
            return exponent > 0 and _may_be_infinite(arch, base)
        case Operation("/", (numerator, _)):
            return _may_be_infinite(arch, numerator)
        case Operation("min", operands):
            return all(_may_be_infinite(arch, operand) for operand in operands)
    return any(_may_be_infinite(arch, operand) for operand in tree.operands)


def _checked_unit(name: str, text: str, dimension: Dimension, known: Mapping[str, str]) -> str:
    try:
        given = unit(text)
    except UserError as error:
        raise error.under("unit") from None
    if dimension_of(text) != dimension:
        raise UserError(
            f"{name} is {dimension_text(dimension)}, but {unit_label(text)} is {dimension_text(dimension_of(text))}; "
            f"write a unit such as {unit_label(display_unit(dimension, known.values()))}",
            ("unit",),
        )
    if given.offset:
        raise UserError(f"{name}: {text} has an offset; write K", ("unit",))
    return text


def check_new_name(arch: Architecture, name: str) -> None:
    """Raise UserError if a study cannot give this name to a quantity of its own."""
    if not NAME.fullmatch(name):
        raise UserError(f"{shortened(name)!r} cannot name a quantity; use lower-case letters, digits and _")
    if name in arch.model or name in arch.model.inputs or name in arch.library.parameters:
        raise UserError(f"there is a quantity {name} already; give yours another name")
    if name in FUNCTIONS or is_unit(name):
        raise UserError(f"{name!r} is a {'function' if name in FUNCTIONS else 'unit'}; give the quantity another name")
    if name in _RESERVED or _STATISTIC.fullmatch(name) or iskeyword(name):
        raise UserError(f"{name!r} has another meaning in a study or its table; give the quantity another name")


def _in_order(trees: Mapping[str, Tree]) -> list[str]:
    """Return the names, each after those that its expression names.

    Raises:
        UserError: A quantity depends on itself.
    """
    done: list[str] = []

    def visit(name: str, trail: tuple[str, ...]) -> None:
        if name in trail:
            ring = [*trail[trail.index(name) :], name]
            raise UserError(f"a quantity depends on itself: {' <- '.join(ring)}", ("quantities", name, "is"))
        if name in trees and name not in done:
            for needed in names_in(trees[name]):
                visit(needed, (*trail, name))
            done.append(name)

    for name in trees:
        visit(name, ())
    return done
