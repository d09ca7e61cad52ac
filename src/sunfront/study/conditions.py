"""Resolve ``when`` of a study's variables: a comparison of a quantity with a limit, or of a choice with a preset."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sunfront.errors import UnknownName, UserError
from sunfront.library.architectures import quantity_unit, quantity_value
from sunfront.problem.conditions import Comparison, Condition
from sunfront.problem.variables import Variable
from sunfront.study.base_design import design_texts
from sunfront.study.criteria import with_expression
from sunfront.study.terms import LIMITS, constant_side, limit_of, read_term, split_comparisons
from sunfront.units import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sunfront.library.architectures import Architecture
    from sunfront.study.resolved import ResolvedStudy
    from sunfront.study.specs import VariableSpec
    from sunfront.study.terms import Term

#: A value that a study is given in place of its own: a text with a unit, the name of a preset, or a list.
Fixed = str | tuple[float, ...]

_COMPARISONS: Mapping[str, Comparison] = {**LIMITS, "<": "<", ">": ">", "=": "==", "==": "==", "!=": "!="}
_FLIPPED: Mapping[str, Comparison] = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def split_condition(text: str) -> tuple[str, Comparison, str]:
    """Split ``altitude > 600 km`` into left side, comparison and right side, as written.

    Raises:
        UserError: The text is not one comparison.
    """
    sides, operators = split_comparisons(text)
    if len(operators) != 1 or not all(side.strip() for side in sides):
        raise UserError(
            f"{text!r} is not one comparison; write a quantity and a limit, such as 'eclipse_fraction > 0', or a "
            "variable of presets and one of them, such as 'chip == h100'"
        )
    return sides[0].strip(), _COMPARISONS[operators[0]], sides[1].strip()


def with_conditions(arch: Architecture, variables: Mapping[str, VariableSpec]) -> Architecture:
    """Return the architecture with the expressions in ``when`` of variables as equations of its model.

    Raises:
        UserError: A comparison is wrong; with the path of the key.
    """
    for name, spec in variables.items():
        if spec.when is None:
            continue
        try:
            other = variables.get(split_condition(spec.when)[0])
            if other is None or other.presets is None:
                arch = with_expression(arch, _read_comparison(arch, spec.when)[0].tree)
        except UserError as error:
            raise error.under("variables", name, "when") from None
    return arch


def settled(study: ResolvedStudy, values: Mapping[str, Fixed]) -> tuple[dict[str, VariableSpec], dict[str, Fixed]]:
    """Settle the conditions on quantities that get fixed values.

    Returns:
        The variables, those whose condition holds without it; and the values, with one for each variable whose
        condition does not hold.
    """
    variables, found = dict(study.variables), dict(values)
    for c in study.problem.conditions if any(spec.when is not None for spec in variables.values()) else ():
        if c.quantity not in found or c.variable in found:
            continue
        other, text = study.variables.get(c.quantity), str(found[c.quantity])  # no condition is on a list
        if other is not None and other.presets is not None:
            value = float(other.preset_names.index(text)) if text in other.preset_names else math.nan
        else:
            value = quantity_value(study.problem_arch, c.quantity, text)
        if c.holds(np.array(value)):
            variables[c.variable] = variables[c.variable].model_copy(update={"when": None})
        else:
            found |= design_texts(study, {c.variable: c.otherwise})
    return variables, found


def _read_comparison(arch: Architecture, text: str) -> tuple[Term, Comparison, str]:
    """Read a comparison of a quantity with a number and its unit, on whichever side the number is."""
    left, comparison, right = split_condition(text)
    if constant_side(left) is not None and constant_side(right) is None:
        left, comparison, right = right, _FLIPPED.get(comparison, comparison), left
    if constant_side(right) is None:
        raise UserError(f"{text!r}: {right} is no number with its unit; compare a quantity with a limit")
    term = read_term(arch, left, low_is_worst=True)
    if term.statistic is not None:
        raise UserError(f"{text!r}: a variable cannot depend on a statistic; name the quantity alone")
    return term, comparison, right


def resolve_conditions(study: ResolvedStudy, base: Mapping[str, float]) -> tuple[Condition, ...]:
    """Resolve ``when`` of all variables, each after those that it depends on.

    Raises:
        UserError: A comparison is wrong, or a variable depends on itself; with the path of the key.
    """
    variables = {v.name: v for v in study.resolved_variables}
    found: dict[str, Condition] = {}
    for name, spec in study.variables.items():
        if spec.when is not None:
            try:
                found[name] = _resolve(study, variables, variables[name], spec.when, base)
            except UserError as error:
                raise error.under("variables", name, "when") from None
    model = study.problem_arch.model
    supplied = {*study.settings, *variables}
    needs = {name: {c.quantity, *model.inputs_of([c.quantity], supplied)} & found.keys() for name, c in found.items()}
    ordered: dict[str, Condition] = {}
    while len(ordered) < len(found):
        ready = [name for name in found if name not in ordered and needs[name] <= ordered.keys()]
        if not ready:
            name = next(name for name in found if name not in ordered)
            others = ", ".join(sorted(needs[name] - ordered.keys() - {name}))
            through = "itself" if name in needs[name] else f"{others}, and that on {name}"
            raise UserError(
                f"whether {name} has a meaning depends on {through}; compare a quantity that does not depend on it",
                ("variables", name, "when"),
            )
        ordered |= {name: found[name] for name in ready}
    return tuple(ordered.values())


def _resolve(
    study: ResolvedStudy, variables: Mapping[str, Variable], variable: Variable, text: str, base: Mapping[str, float]
) -> Condition:
    left, comparison, right = split_condition(text)
    other = variables.get(left)
    if other is not None and other.labels:
        if comparison not in ("==", "!="):
            raise UserError(f"{text!r}: the choices of {left} have no order; write '{left} == {other.labels[0]}'")
        if right not in other.labels:
            raise UnknownName(right, f"choice of {left}", other.labels)
        quantity, limit = left, float(other.labels.index(right))
    else:
        arch = study.problem_arch
        term, comparison, right = _read_comparison(arch, text)
        quantity, constant = term.quantity, constant_side(right)
        assert constant is not None
        read = limit_of(arch, term, right, constant)
        limit = parse(read, quantity_unit(arch, quantity), quantity) if isinstance(read, str) else read
    if quantity in study.settings and quantity not in variables:
        raise UserError(
            f"{quantity} has a given value, so {variable.name} has a meaning in all designs or in none; remove `when`, "
            "or the variable"
        )
    start = min(max(base.get(variable.name, variable.low), variable.low), variable.high)
    otherwise = float(variable.snap(np.array([start]))[0])
    return Condition(variable.name, quantity, comparison, limit, otherwise, text)
