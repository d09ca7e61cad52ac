"""Resolve a study's variable entries, with bounds or choices, into variables of the problem."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np

from sunfront.display import format_range, format_value
from sunfront.errors import RangeError, UnitError, UnknownName, UserError
from sunfront.library.parameters import Parameter, without_noise
from sunfront.library.physical_range import check_given
from sunfront.problem.variables import Variable
from sunfront.study.quantities import StudyEquation
from sunfront.study.specs import VariableSpec
from sunfront.units import difference_unit, parse
from sunfront.units import unit as unit_of
from sunfront.written import is_bare

if TYPE_CHECKING:
    from sunfront.library.architectures import Architecture

#: Largest number of values of a variable with a step; of whole numbers there may be more.
MOST_STEPS = 100_000


def resolve_variable(arch: Architecture, name: str, spec: VariableSpec) -> Variable:
    """Resolve an entry under ``variables`` that has no presets.

    Raises:
        UserError: A name, unit or value is wrong; with the path of the key.
    """
    path = ("variables", name)
    parameters = arch.library.parameters
    if name not in arch.model and (name not in arch.model.inputs or name not in parameters):
        known = [n for n in arch.model.inputs if n in parameters and parameters[n].allowed]
        raise UnknownName(name, "variable", [*known, *(eq.name for eq in arch.model)], path)
    if name in arch.model and isinstance(arch.model[name], StudyEquation):
        raise UserError(f"{name} is a quantity that the study defines; remove one of the two", path)
    try:
        found = _resolve(spec, parameter_of(arch, name))
        if name in arch.model:
            for key, bound in (("low", found.low), ("high", found.high)):
                try:
                    check_given(arch.model[name], bound)
                except UserError as error:
                    raise error.under("choices" if found.choices else key) from None
        return found
    except UserError as error:
        raise error.under(*path) from None


def parameter_of(arch: Architecture, name: str) -> Parameter:
    """Return the parameter that a variable varies; of a computed quantity, one whose value replaces the equation."""
    if name in arch.library.parameters:
        return arch.library.parameters[name]
    unit = arch.model[name].unit
    return Parameter(name, math.nan, unit, "assumed", "the study's variable", allowed=(-math.inf, math.inf))


def resolve_base_value(
    arch: Architecture, variable: Variable, text: float | str, bare_unit: str | None = None
) -> float:
    """Parse the value of a variable in the base design, and check it against the parameter and the variable.

    Args:
        bare_unit: Unit of a number that is written without one.

    Returns:
        SI and USD; of a preset variable, the number of the preset.

    Raises:
        UserError: The unit is wrong, or the variable does not have this value.
    """
    if variable.labels:
        if text not in variable.labels:
            raise UnknownName(str(text), f"choice of {variable.name}", variable.labels)
        return float(variable.labels.index(str(text)))
    parameter = parameter_of(arch, variable.name)
    bare = bare_unit and is_bare(text)
    value = parameter.rounded(parse(f"{text} {bare_unit}" if bare else text, parameter.unit, parameter.name))
    parameter.check(value)
    if variable.outside_domain(np.array([value])).any():
        near = format_value(float(variable.snap(np.clip([value], variable.low, variable.high))[0]), variable.unit)
        span = format_range(variable.low, variable.high, variable.unit)
        reason = f"outside its range, {span}" if not variable.low <= value <= variable.high else "not on its grid"
        raise RangeError(
            f"{variable.name} = {format_value(value, variable.unit)} is none of the variable's values: it is {reason}; "
            f"the nearest is {near}",
            quantity=variable.name,
        )
    return value


def parse_difference(text: float | str, bare_unit: str | None, unit: str, name: str) -> float:
    """Parse a step or a standard deviation: like a quantity, but without the offset of degrees Celsius.

    Args:
        bare_unit: Unit of a number that is written without one.
        unit: Display unit of the quantity.

    Returns:
        SI and USD.
    """
    if bare_unit and is_bare(text):
        text = f"{text} {bare_unit}"
    zero = parse(re.sub(r"[-+\d.eE]+", "0", str(text), count=1), unit, name)
    return parse(text, unit, name) - zero


def uneven_step_note(variable: Variable) -> str:
    """Say that the steps of a variable do not reach its upper bound; an empty text if they do."""
    if variable.step is None or variable.size is None or variable.choices:
        return ""
    last = float(variable.at(np.array(variable.size - 1)))
    if last >= variable.high - 1e-6 * variable.step:
        return ""
    unit = variable.unit
    step = format_value(variable.step, difference_unit(unit), 6)
    low, last_text, high = (format_value(value, unit, 6) for value in (variable.low, last, variable.high))
    return f"{variable.name}: steps of {step} from {low} go up to {last_text}; {high} is never reached"


def _resolve(spec: VariableSpec, parameter: Parameter) -> Variable:
    name, unit = parameter.name, parameter.unit
    _check_unit(spec, parameter)
    if spec.choices:
        values = [_parse_value(spec, parameter, text, "choices", i) for i, text in enumerate(spec.choices)]
        if repeated := next((i for i, value in enumerate(values) if value in values[:i]), None):
            raise UserError(f"{spec.choices[repeated]} is listed twice; remove one", ("choices", repeated))
        choices = sorted(values)
        return Variable(name, unit, choices[0], choices[-1], None, tuple(choices))
    low, high = _parse_bounds(spec, parameter)
    if spec.integer:
        if unit_of(unit).dimension:
            raise UnitError(
                f"{name} has the unit {unit}, and only a pure number can be an integer; use step instead",
                quantity=name,
                unit=unit,
            )
        for key, bound in (("low", low), ("high", high)):
            if not bound.is_integer():
                raise RangeError(
                    f"{name}: the bounds of an integer must be whole numbers, not {bound:g}", (key,), quantity=name
                )
    if low == high:
        return Variable(name, unit, low, high, None, (low,))
    if parameter.choices:
        listed = ", ".join(format_value(choice, unit) for choice in parameter.choices)
        raise RangeError(f"{name} takes only the values {listed}; list those you want as choices", quantity=name)
    if spec.log and unit_of(unit).from_si(low) <= 0:
        raise RangeError(
            f"{name}: a logarithmic range needs positive bounds, not {format_range(low, high, unit)}",
            ("log",),
            quantity=name,
        )
    variable = Variable(name, unit, low, high, _parse_step(spec, parameter, high - low), log=spec.log)
    if variable.size is not None and variable.size > MOST_STEPS and not spec.integer:
        raise RangeError(
            f"{name} has {variable.size:,} values, more than the {MOST_STEPS:,} of a grid; remove the step, or make it "
            "larger",
            ("step",),
            quantity=name,
        )
    return variable


def _check_unit(spec: VariableSpec, parameter: Parameter) -> None:
    """Raise UserError if the entry's ``unit`` is wrong, or no number needs it."""
    if spec.unit is None:
        return
    written = [text for text in (spec.low, spec.high, spec.step, spec.base, *spec.choices) if text is not None]
    try:
        if not any(map(is_bare, written)):
            raise UserError(
                f"unit {spec.unit!r} is for numbers without a unit, and all numbers here have one; remove it"
            )
        parse(f"0 {spec.unit}", parameter.unit, parameter.name)
    except UserError as error:
        raise error.under("unit") from None


def _parse_value(
    spec: VariableSpec, parameter: Parameter, text: float | str, *keys: str | int, checked: bool = True
) -> float:
    """Parse a bound or choice, and check that the parameter allows it."""
    try:
        bare = spec.unit and is_bare(text)
        value = parse(f"{text} {spec.unit}" if bare else text, parameter.unit, parameter.name)
        value = without_noise(value) if spec.integer else parameter.rounded(value)
        if checked:
            parameter.check(value)
    except UserError as error:
        raise error.under(*keys) from None
    return value


def _parse_bounds(spec: VariableSpec, parameter: Parameter) -> tuple[float, float]:
    assert spec.low is not None
    assert spec.high is not None
    low = _parse_value(spec, parameter, spec.low, "low", checked=False)
    high = _parse_value(spec, parameter, spec.high, "high", checked=False)
    if low > high:
        unit = parameter.unit
        raise RangeError(
            f"{parameter.name}: low = {format_value(low, unit)} is above high = {format_value(high, unit)}; swap them",
            ("low",),
            quantity=parameter.name,
        )
    for key, bound in (("low", low), ("high", high)):
        try:
            parameter.check(bound)
        except UserError as error:
            raise error.under(key) from None
    return low, high


def _parse_step(spec: VariableSpec, parameter: Parameter, width: float) -> float | None:
    """Return the step between the values, at most the width of the range; None if the variable is continuous."""
    step = 1.0 if spec.integer else None
    try:
        if spec.step is not None:
            step = parse_difference(spec.step, spec.unit, parameter.unit, parameter.name)
        if step is not None and not 0 < step <= width:
            raise RangeError(
                f"{parameter.name}: the step must be positive and at most high - low", quantity=parameter.name
            )
    except UserError as error:
        raise error.under("step") from None
    return step
