"""Whether an expression is a temperature or a difference of temperatures: only the first may be written in degC."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from sunfront.errors import UserError
from sunfront.study.dimensions import dimension_of
from sunfront.study.trees import Name, Number, Operation, Power, Tree, check_dimension
from sunfront.units import DIFFERENCE, unit

Kind = Literal["temperature", "difference", "other"]


def temperature_kind(tree: Tree, units: Mapping[str, str]) -> Kind:
    """Return what an expression is; ``other`` if it has another dimension, or is neither, as half a temperature.

    Args:
        units: Display unit of every known quantity.
    """
    if check_dimension(tree, units) != dimension_of("K"):
        return "other"
    match tree:
        case Name(name):
            return "difference" if units[name] == DIFFERENCE else "temperature"
        case Number():
            return "difference"
        case Power() | Operation("sqrt"):
            return "other"
        case Operation("*" | "/" as sign, (left, right)):
            scaled = left if sign == "/" or not check_dimension(right, units) else right
            return "difference" if temperature_kind(scaled, units) == "difference" else "other"
    kinds = [temperature_kind(operand, units) for operand in tree.operands]
    if all(kind == "difference" for kind in kinds):
        return "difference"
    numbers = [isinstance(operand, Number) for operand in tree.operands]
    match tree.operator, kinds:
        case "+", ["temperature", "difference"] | ["difference", "temperature"]:
            return "temperature"
        case "-", ["temperature", "temperature"]:
            return "difference"
        case "-", ["temperature", "difference"] if not numbers[1]:  # a number may be a temperature itself
            return "temperature"
        case "min" | "max", _ if all(k == "temperature" or n for k, n in zip(kinds, numbers, strict=True)):
            return "temperature"
    return "other"


def check_scale(name: str, kind: Kind, written: str | None) -> None:
    """Raise UserError if a value with an offset, such as 20 degC, is given for what is no temperature.

    Args:
        written: Unit of the value, as written.
    """
    if written is not None and kind != "temperature" and unit(written).offset:
        what = "a difference of temperatures" if kind == "difference" else "no temperature by itself"
        raise UserError(f"{name} is {what}, without a value on the {written} scale; write the limit in K")
