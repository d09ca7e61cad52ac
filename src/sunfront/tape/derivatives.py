"""Derivatives of a tape by the reverse mode: of one quantity with respect to every input, in one sweep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sunfront.tape.tape import SEARCHES, Tape

#: Arguments below which the derivative of ``mean_decay`` is computed by its series.
NEAR_ZERO = 0.01


def gradient(tape: Tape, values: Mapping[str, Any], quantity: str) -> dict[str, Any]:
    """Return the derivative of a quantity with respect to each input; SI and USD.

    At a corner, such as that of ``larger``, it is the derivative on one side. A root that is no finite number has none:
    NaN.

    Args:
        values: For each input a number or an array that broadcasts.
    """
    found = tape.trace(values)
    with np.errstate(all="ignore"):
        slopes = _sweep(tape, found, {tape.outputs[quantity]: 1.0}, range(len(tape.steps)))
    inputs = {step.data: number for number, step in enumerate(tape.steps) if step.operation == "input"}
    return {name: slopes.get(inputs[name], 0.0) for name in tape.inputs}


def _sweep(tape: Tape, found: Sequence[Any], slopes: dict[int, Any], numbers: Sequence[int]) -> dict[int, Any]:
    """Carry the slopes of the last steps back to the first."""
    for number in reversed(numbers):
        step, slope = tape.steps[number], slopes.get(number)
        if slope is None:
            continue
        for i, partial in zip(*_partials(tape, number, found), strict=True):
            # What a choice or a corner does not use counts nothing, even if its own derivative is infinite.
            part = np.where(np.equal(slope, 0) | np.equal(partial, 0), 0.0, slope * partial)[()]
            slopes[i] = slopes[i] + part if i in slopes else part
        if step.operation != "input":
            del slopes[number]
    return slopes


def _partials(tape: Tape, number: int, found: Sequence[Any]) -> tuple[Sequence[int], Sequence[Any]]:
    """Return what a step depends on, and its derivative with respect to each."""
    step = tape.steps[number]
    if step.operation in SEARCHES:
        return tape.way(number)[1], slopes_of_root(tape, number, found)[0]
    return step.of, partials(step.operation, [found[i] for i in step.of], found[number])


def slopes_of_root(tape: Tape, number: int, found: Sequence[Any]) -> tuple[list[Any], Any]:
    """Return the derivative of a root with respect to what its way needs, and that of its quantity at the root.

    As the quantity stays zero, it is minus the derivative of the quantity, over that with respect to the value tried.
    That of an extreme is the derivative of its quantity, at the value tried that it is found at.
    """
    at, end = tape.steps[number].of
    inner, needed = tape.way(number)
    slopes = _sweep(tape, found, {end: 1.0}, inner)
    rise = slopes.pop(at, 0.0)
    if tape.steps[number].operation == "extreme":
        return [slopes.get(i, 0.0) for i in needed], 1.0
    factor = np.where(np.isfinite(found[number]), -1.0, np.nan) / rise
    return [slopes.get(i, 0.0) * factor for i in needed], rise


def partials(operation: str, values: Sequence[Any], result: Any) -> Sequence[Any]:
    """Return the derivative of an operation with respect to each of its values."""
    if operation in ("input", "number"):
        return ()
    a, b = values[0], values[-1]
    match operation:
        case "add":
            return 1.0, 1.0
        case "subtract":
            return 1.0, -1.0
        case "multiply":
            return b, a
        case "divide":
            return 1 / b, -result / b
        case "quotient_or_infinity":
            return np.where(b > 0, 1 / b, 0.0), np.where(b > 0, -result / b, 0.0)
        case "power":
            return b * np.power(a, b - 1), np.where(a > 0, result * np.log(a), 0.0)
        case "negative":
            return (-1.0,)
        case "exp":
            return (result,)
        case "log":
            return (1 / a,)
        case "cos":
            return (-np.sin(a),)
        case "arccos":
            return (-1 / np.sqrt(1 - a * a),)
        case "larger":
            return np.where(a >= b, 1.0, 0.0), np.where(a >= b, 0.0, 1.0)
        case "mean_decay":
            return (_slope_of_mean_decay(a),)
        case "whole_periods":
            return np.where(b > 0, 0.0, 1.0), np.where(b > 0, np.rint(result / np.where(b > 0, b, 1.0)), 0.0)
        case "choose":
            index = np.rint(a).astype(int)
            return (0.0, *(np.where(index == k, 1.0, 0.0) for k in range(len(values) - 1)))
    raise ValueError(operation)


def _slope_of_mean_decay(x: Any) -> Any:
    small = np.abs(x) < NEAR_ZERO
    safe = np.where(small, 1.0, x)
    series = -1 / 2 + x * (1 / 3 + x * (-1 / 8 + x * (1 / 30 + x * (-1 / 144 + x / 840))))
    return np.where(small, series, (np.exp(-safe) + np.expm1(-safe) / safe) / safe)[()]
