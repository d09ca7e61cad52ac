"""The command that finds break-even values."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sunfront.cli.common import AsJson, OneStudy, Set, app

if TYPE_CHECKING:
    from sunfront.breakeven import BreakEven


@app.command()
def breakeven(
    study: OneStudy,
    parameter: Annotated[
        str,
        typer.Argument(help="A parameter, or a quantity that is then given, not computed.", show_default=False),
    ],
    quantity: Annotated[str, typer.Option(help="The quantity that shall meet its target.")] = "npv",
    value: Annotated[str | None, typer.Option(help="Its target, with a unit.  [default: zero]")] = None,
    equals: Annotated[
        Path | None,
        typer.Option(metavar="STUDY", help="A study whose quantity of that name is the target."),
    ] = None,
    start: Annotated[str | None, typer.Option("--from", help="Lowest value searched, with a unit.")] = None,
    stop: Annotated[str | None, typer.Option("--to", help="Highest value searched, with a unit.")] = None,
    set_: Set = None,
    as_json: AsJson = False,
) -> None:
    """Find the values of a parameter at which a quantity is zero, meets a value, or equals that of another study.

    All values in the range allowed for the parameter are found, for the base design; --set changes it.
    """
    from sunfront import breakeven as solver
    from sunfront.architectures import quantity_unit, quantity_value
    from sunfront.errors import UserError
    from sunfront.study import Study
    from sunfront.units import parse

    if value is not None and equals is not None:
        raise UserError("give --value or --equals, not both")
    loaded = Study.load(study, set_ or [])
    target = 0.0 if value is None else parse(value, quantity_unit(loaded.arch, quantity), quantity)
    ends = [None if text is None else quantity_value(loaded.arch, parameter, text) for text in (start, stop)]
    other = None if equals is None else Study.load(equals)
    found = solver.breakeven(loaded, parameter, quantity, target, other, *ends)
    if as_json:
        never = {"at_base", "target"}  # a time that never comes is infinite
        table = {k: None if k in never and not math.isfinite(v) else v for k, v in asdict(found).items()}
        print(json.dumps(table, indent=1, allow_nan=False))
    else:
        print("\n".join(_told(found, "" if other is None else f" of {other.name}")))


def _told(found: BreakEven, whose: str) -> list[str]:
    """The answer in sentences."""
    from sunfront.units import show

    def at(number: float) -> str:
        return f"{found.parameter} = {show(number, found.unit, 6)}"

    target = show(found.target, found.quantity_unit, 6)
    aim = f"that{whose} (there {target})" if whose else target
    lines = [f"{found.quantity} equals {aim} at {at(root)}" for root in found.roots]
    lines += [f"{found.quantity} leaps across {aim} at {at(jump)}" for jump in found.jumps]
    words = {1: "above", -1: "below", 0: "equal to"}
    span = f"from {show(found.low, found.unit)} to {show(found.high, found.unit)}"
    if lines:
        lines.append(f"{span} it lies " + ", then ".join(words[side] for side in found.sides))
    else:
        lines.append(f"none: {found.quantity} is {words[found.sides[0]]} {aim} for all {found.parameter} {span}")
    lines.append(f"in use: {at(found.base)}, {found.quantity} {show(found.at_base, found.quantity_unit, 6)}")
    return lines
