"""What a study states in a line: a variable, an objective, a constraint."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Self, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

from sunfront import architectures
from sunfront.errors import Path, RangeError, UnitError, UnknownName, UserError, nearest
from sunfront.parameters import parameters
from sunfront.problem import Constraint, Objective, Sense, Variable, comparison
from sunfront.units import is_bare, parse, show
from sunfront.units import unit as unit_of

if TYPE_CHECKING:
    from sunfront.architectures import Architecture

#: Values that a stepped variable may have.
MOST_STEPS = 100_000

_NAME = r"[a-z][a-z0-9_]*"
_OBJECTIVE = re.compile(rf"\s*(\S+)\s+({_NAME})\s*")


def _number_or_text(value: object) -> object:
    """A quantity as YAML gives it; ``true`` is no number."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(f"write a number with its unit, as '560 km'; got {value!r}")
    return value


Text = Annotated[float | str, BeforeValidator(_number_or_text)]


class VariableSpec(BaseModel):
    """A decision as written: ``low`` and ``high`` with units, or ``choices``.

    Attributes:
        low, high: Bounds, as ``400 km``.
        integer: Whole numbers only.
        step: Only low, low + step, low + 2 step ...
        choices: Only these.
        unit: Unit of bare numbers in the others.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    low: Text | None = None
    high: Text | None = None
    integer: bool = False
    step: Text | None = None
    choices: tuple[Text, ...] = ()
    unit: str | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.choices:
            if self.low is not None or self.high is not None or self.step is not None or self.integer:
                raise ValueError("give either choices, or low and high")
        elif self.low is None or self.high is None:
            raise ValueError("give low and high, or choices")
        elif self.integer and self.step is not None:
            raise ValueError("give either integer or step")
        return self


def variable(arch: Architecture, name: str, spec: VariableSpec) -> Variable:
    """The variable that a study's entry states.

    Raises:
        UserError: With the path of the culprit.
    """
    path = ("variables", name)
    if name not in arch.model.inputs or name not in parameters():
        known = [n for n in arch.model.inputs if n in parameters() and parameters()[n].allowed]
        raise UnknownName(name, "variable", known, path)
    known_parameter = parameters()[name]
    unit = known_parameter.unit

    if spec.unit is not None:
        written = [text for text in (spec.low, spec.high, spec.step, *spec.choices) if text is not None]
        if not any(map(is_bare, written)):
            raise UserError(
                f"unit {spec.unit!r} is for bare numbers, and here each has its own; drop it", (*path, "unit")
            )
        try:
            parse(f"0 {spec.unit}", unit, name)
        except UserError as error:
            raise error.under(*path, "unit") from None

    def value(text: float | str, key: str | int, *more: int) -> float:
        if spec.unit and is_bare(text):
            text = f"{text} {spec.unit}"
        try:
            return parse(text, unit, name)
        except UserError as error:
            raise error.under(*path, key, *more) from None

    def allowed(number: float, key: str | int, *more: int) -> float:
        try:
            known_parameter.check(number)
        except UserError as error:
            raise error.under(*path, key, *more) from None
        return number

    if spec.choices:
        choices = tuple(
            sorted({allowed(value(text, "choices", i), "choices", i) for i, text in enumerate(spec.choices)})
        )
        return Variable(name, unit, choices[0], choices[-1], None, choices)
    assert spec.low is not None
    assert spec.high is not None
    low, high = value(spec.low, "low"), value(spec.high, "high")
    if low > high:
        raise RangeError(
            f"{name}: low = {show(low, unit)} is above high = {show(high, unit)}",
            (*path, "low"),
        )
    allowed(low, "low")
    allowed(high, "high")
    if spec.integer:
        if unit_of(unit).dimension:
            raise UnitError(f"{name} is given in {unit}; only a pure number can be integer: use step", path)
        for key, bound in (("low", low), ("high", high)):
            if not bound.is_integer():
                raise RangeError(f"{name}: the bounds of an integer are whole numbers", (*path, key))
    if low == high:
        return Variable(name, unit, low, high, None, (low,))
    if known_parameter.choices:
        listed = ", ".join(show(choice, unit) for choice in known_parameter.choices)
        raise RangeError(f"{name} takes only {listed}: give them as choices", path)
    step = 1.0 if spec.integer else None
    if spec.step is not None:
        step = _difference(spec.step, spec.unit, unit, name, (*path, "step"))
    if step is not None and not 0 < step <= high - low:
        raise RangeError(f"{name}: step must be positive and at most high - low", (*path, "step"))
    found = Variable(name, unit, low, high, step)
    if found.size is not None and found.size > MOST_STEPS:
        raise RangeError(
            f"{name}: {found.size:,} values are more than the {MOST_STEPS:,} a grid may have; drop the step",
            (*path, "integer" if spec.integer else "step"),
        )
    return found


def objective(arch: Architecture, text: str) -> Objective:
    """The objective that a line like ``maximize roi`` states.

    Raises:
        UserError: It does not read so, or its quantity is unknown.
    """
    match = _OBJECTIVE.fullmatch(text)
    if match is None:
        raise UserError(f"objective {text!r}: write 'maximize roi' or 'minimize compute_cost'")
    sense, quantity = match[1], match[2]
    if sense not in get_args(Sense):
        raise UserError(
            f"objective {text!r}: {sense!r} is neither maximize nor minimize" + nearest(sense, get_args(Sense))
        )
    if quantity not in arch.model:
        raise UnknownName(quantity, "metric", (eq.name for eq in arch.model))
    if arch.model[quantity].never:
        raise UserError(
            f"objective {text!r}: {quantity} is infinite for a design without a profit and orders none of these; "
            "maximize roi, which orders the others alike, or write it as a constraint"
        )
    return Objective("maximize" if sense == "maximize" else "minimize", quantity)


def constraint(arch: Architecture, text: str) -> Constraint:
    """The constraint that a line like ``node_mass <= 4000 kg`` states.

    Raises:
        UserError: It does not read so, or its quantity or unit is unknown.
    """
    quantity, sense, limit = comparison(text)
    unit = architectures.quantity_unit(arch, quantity)
    return Constraint(quantity, sense, parse(limit, unit, quantity), unit)


def _difference(text: float | str, bare: str | None, unit: str, name: str, path: Path) -> float:
    """The SI value of a step: as a quantity, but without the offset of degrees Celsius."""
    if bare and is_bare(text):
        text = f"{text} {bare}"
    try:
        zero = parse(re.sub(r"[-+\d.eE]+", "0", str(text), count=1), unit, name)
        return parse(text, unit, name) - zero
    except UserError as error:
        raise error.under(*path) from None
