"""What a study states in a line: a variable, an objective, a constraint."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Self, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

from sunfront.display import format_value
from sunfront.errors import Path, RangeError, UnitError, UnknownName, UserError, nearest
from sunfront.library import architectures
from sunfront.library.parameters import parameters
from sunfront.problem.criteria import Constraint, Objective, Sense, split_comparison
from sunfront.problem.statistics import Deviation, Mean, Percentile, Probability, Statistic, TailMean
from sunfront.problem.variables import Variable
from sunfront.units import is_bare, parse
from sunfront.units import unit as unit_of

if TYPE_CHECKING:
    from sunfront.library.architectures import Architecture

#: Values that a stepped variable may have.
MOST_STEPS = 100_000

_NAME = r"[a-z][a-z0-9_]*"
_OBJECTIVE = re.compile(r"\s*(\S+)\s+(\S.*?)\s*")
_PROBABILITY = re.compile(rf"probability\s*\(\s*({_NAME})\s*(<=|>=|<|>)\s*(.+?)\s*\)")
_SHARED = re.compile(r"(p|cvar)(\d+(?:\.\d+)?)")

#: How a statistic is written.
STATISTICS = "mean, std, p10, cvar10 before a quantity, or probability(npv > 0 USD)"


def _number_or_text(value: object) -> object:
    """A quantity as YAML gives it; ``true`` is no number."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(f"write a number with its unit, as '560 km'; got {value!r}")
    return value


Text = Annotated[float | str, BeforeValidator(_number_or_text)]


class VariableSpec(BaseModel):
    """A decision as written: ``low`` and ``high`` with units, or ``choices``, or ``presets``.

    Attributes:
        low, high: Bounds, as ``400 km``.
        integer: Whole numbers only.
        step: Only low, low + step, low + 2 step ...
        choices: Only these.
        unit: Unit of bare numbers in the others.
        presets: One of these sets of values; the variable has a name of its own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    low: Text | None = None
    high: Text | None = None
    integer: bool = False
    step: Text | None = None
    choices: tuple[Text, ...] = ()
    unit: str | None = None
    presets: tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.presets is not None:
            if len(self.model_fields_set) > 1:
                raise ValueError("give either presets, or choices, or low and high")
            if not self.presets:
                raise ValueError("presets is empty; name those to choose from, as {presets: [h100, b200]}")
            if twice := [name for i, name in enumerate(self.presets) if name in self.presets[:i]]:
                raise ValueError(f"{twice[0]} is listed twice")
        elif self.choices:
            if self.low is not None or self.high is not None or self.step is not None or self.integer:
                raise ValueError("give either choices, or low and high")
        elif self.low is None or self.high is None:
            raise ValueError("give low and high, or choices, or presets")
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
            f"{name}: low = {format_value(low, unit)} is above high = {format_value(high, unit)}",
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
        listed = ", ".join(format_value(choice, unit) for choice in known_parameter.choices)
        raise RangeError(f"{name} takes only {listed}: give them as choices", path)
    step = 1.0 if spec.integer else None
    if spec.step is not None:
        step = difference(spec.step, spec.unit, unit, name, (*path, "step"))
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
    """The objective that a line like ``maximize roi`` or ``maximize p10 roi`` states.

    Raises:
        UserError: It does not read so, or its quantity is unknown.
    """
    match = _OBJECTIVE.fullmatch(text)
    if match is None:
        raise UserError(f"objective {text!r}: write 'maximize roi' or 'minimize compute_cost'")
    sense = match[1]
    if sense not in get_args(Sense):
        raise UserError(
            f"objective {text!r}: {sense!r} is neither maximize nor minimize" + nearest(sense, get_args(Sense))
        )
    quantity, statistic = measured(arch, match[2], lower=sense == "maximize")
    if quantity not in arch.model:
        raise UnknownName(quantity, "metric", (eq.name for eq in arch.model))
    if arch.model[quantity].may_be_infinite and not isinstance(statistic, Probability):
        raise UserError(
            f"objective {text!r}: {quantity} is infinite for a design without a profit and orders none of these; "
            "maximize roi, which orders the others alike, or write it as a constraint"
        )
    return Objective("maximize" if sense == "maximize" else "minimize", quantity, statistic)


def constraint(arch: Architecture, text: str) -> Constraint:
    """The constraint that a line like ``node_mass <= 4000 kg`` or ``p95 node_mass <= 4000 kg`` states.

    Raises:
        UserError: It does not read so, or its quantity or unit is unknown.
    """
    left, sense, limit = split_comparison(text)
    quantity, statistic = measured(arch, left, lower=sense == ">=")
    unit = architectures.quantity_unit(arch, quantity)
    if statistic is None:
        return Constraint(quantity, sense, parse(limit, unit, quantity), unit)
    if isinstance(statistic, Deviation) and quantity in arch.model and arch.model[quantity].may_be_infinite:
        raise UserError(f"{statistic.name(quantity)}: {quantity} may be infinite, and then has no deviation")
    read = statistic.display_unit(unit)
    value = parse(limit, read, left)
    if isinstance(statistic, Probability) and not 0 <= value <= 1:
        raise RangeError(f"{left}: a probability lies between 0 and 100 %")
    return Constraint(quantity, sense, value, read, statistic)


def measured(arch: Architecture, text: str, lower: bool) -> tuple[str, Statistic | None]:
    """The quantity, and the statistic of it, that ``roi``, ``p10 roi`` or ``probability(npv > 0 USD)`` states.

    Args:
        lower: Low values are the worst, for ``cvar10``.

    Raises:
        UserError: It does not read so.
    """
    match = _PROBABILITY.fullmatch(text)
    if match is not None:
        quantity, sense, limit = match[1], match[2], match[3]
        unit = architectures.quantity_unit(arch, quantity)
        return quantity, Probability(sense, parse(limit, unit, quantity), unit)  # type: ignore[arg-type]
    words = text.split()
    if len(words) > 2 or not re.fullmatch(_NAME, words[-1]):
        raise UserError(f"{text!r} is no quantity; write its name, and if you like a statistic: {STATISTICS}")
    quantity = words[-1]
    if len(words) == 1:
        return quantity, None
    plain: dict[str, Statistic] = {"mean": Mean(), "std": Deviation()}
    if words[0] in plain:
        return quantity, plain[words[0]]
    shared = _SHARED.fullmatch(words[0])
    if shared is None:
        raise UserError(f"unknown statistic {words[0]!r}{nearest(words[0], plain)}; write {STATISTICS}")
    share = float(shared[2]) / 100
    if not 0 < share < 1:
        raise RangeError(f"{words[0]!r}: the percentage lies between 0 and 100, as in p10 or cvar10")
    return quantity, Percentile(share) if shared[1] == "p" else TailMean(share, lower)


def difference(text: float | str, bare: str | None, unit: str, name: str, path: Path) -> float:
    """The SI value of a step or a spread: as a quantity, but without the offset of degrees Celsius."""
    if bare and is_bare(text):
        text = f"{text} {bare}"
    try:
        zero = parse(re.sub(r"[-+\d.eE]+", "0", str(text), count=1), unit, name)
        return parse(text, unit, name) - zero
    except UserError as error:
        raise error.under(*path) from None
