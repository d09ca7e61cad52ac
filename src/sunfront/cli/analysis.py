"""The command that finds break-even values."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sunfront.cli.common import AsJson, OneStudy, Set, app, check_figure, print_table

if TYPE_CHECKING:
    from sunfront.analysis.breakeven import BreakEven, BreakEvenMap
    from sunfront.study.study import Study

#: Values of a second parameter for which break-even values are listed.
LINES = 11


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
    over: Annotated[
        str | None,
        typer.Option(metavar="NAME=LOW..HIGH", help="A second parameter: its range, as 'discount_rate=5..20 1/year'."),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="With --over: file for a map of both, which ends in .png, .svg or .pdf.")
    ] = None,
    set_: Set = None,
    as_json: AsJson = False,
) -> None:
    """Find the values of a parameter at which a quantity is zero, meets a value, or equals that of another study.

    All values in the range allowed for the parameter are found, for the base design; --set changes it.
    """
    from sunfront.analysis import breakeven as solver
    from sunfront.errors import UserError
    from sunfront.library.architectures import quantity_unit, quantity_value
    from sunfront.study.study import Study
    from sunfront.units import parse

    if value is not None and equals is not None:
        raise UserError("give --value or --equals, not both")
    if plot is not None and over is None:
        raise UserError("--plot draws a map of two parameters: give the second with --over")
    if plot is not None:
        check_figure(plot)
    loaded = Study.load(study, set_ or [])
    target = 0.0 if value is None else parse(value, quantity_unit(loaded.arch, quantity), quantity)
    ends = [None if text is None else quantity_value(loaded.arch, parameter, text) for text in (start, stop)]
    other = None if equals is None else Study.load(equals)
    whose = "" if other is None else f" of {other.name}"
    if over is None:
        found = solver.breakeven(loaded, parameter, quantity, target, other, *ends)
        print(json.dumps(_record(found), indent=1, allow_nan=False) if as_json else "\n".join(_told(found, whose)))
        return
    name, values = _values(loaded, over)
    plane = solver.breakeven_map(loaded, parameter, name, values, quantity, target, other, *ends)
    if as_json:
        rows = [{name: at, **_record(line)} for at, line in zip(plane.values, plane.lines, strict=True)]
        print(json.dumps(rows, indent=1, allow_nan=False))
    else:
        _print_lines(plane, whose)
    if plot is not None:
        from sunfront.report.figures import save
        from sunfront.report.figures.breakeven import draw_plane, plane_data

        save(draw_plane(plane_data(plane, "" if other is None else other.name)), plot)


def _values(study: Study, text: str) -> tuple[str, list[float]]:
    """Name and values of ``name=low..high unit``, low with or without a unit of its own; SI and USD."""
    import numpy as np

    from sunfront.errors import UserError
    from sunfront.library.architectures import quantity_value

    name, equals, span = (part.strip() for part in text.partition("="))
    low, dots, high = (part.strip() for part in span.partition(".."))
    if not (equals and dots and name and low and high):
        raise UserError(f"--over {text!r}: write a name and its range, as 'node_specific_mass=5..20 kg/kW'")
    if " " in high and " " not in low:
        low += " " + high.partition(" ")[2]
    ends = [quantity_value(study.arch, name, end) for end in (low, high)]
    if not ends[0] < ends[1]:
        raise UserError(f"--over {text!r}: the first value must be the lower one")
    return name, np.linspace(ends[0], ends[1], LINES).tolist()


def _record(found: BreakEven) -> dict[str, Any]:
    """For JSON: SI and USD, with these units."""
    from sunfront.units import si_unit

    never = {"at_base", "target"}  # a time that never comes is infinite
    told = {k: None if k in never and not math.isfinite(v) else v for k, v in asdict(found).items()}
    return told | {"unit": si_unit(found.unit), "quantity_unit": si_unit(found.quantity_unit)}


def _print_lines(plane: BreakEvenMap, whose: str) -> None:
    """A table: for each value of the second parameter the break-even values of the first."""
    from sunfront.display import format_range, format_value

    words = {1: "above", -1: "below", 0: "equal to"}
    rows = []
    for at, line in zip(plane.values, plane.lines, strict=True):
        found = ", ".join(
            " to ".join(format_value(x, line.unit, 6) for x in ends)
            for ends in sorted([(x,) for x in (*line.roots, *line.jumps)] + [*line.stretches])
        )
        rows.append((format_value(at, plane.over_unit), found or f"none: {words[line.sides[0]]} it all over"))
    first = plane.lines[0]
    target = f"that{whose}" if whose else format_value(first.target, first.quantity_unit, 6)
    span = f"from {format_range(first.low, first.high, first.unit)}"
    print(f"{first.quantity} equals {target} at {first.parameter}, {span}:")
    print_table("", [plane.over, first.parameter], rows, right={0, 1})


def _told(found: BreakEven, whose: str) -> list[str]:
    """The answer in sentences."""
    from sunfront.display import format_range, format_value

    def at(number: float) -> str:
        return f"{found.parameter} = {format_value(number, found.unit, 6)}"

    target = format_value(found.target, found.quantity_unit, 6)
    aim = f"that{whose} (there {target})" if whose else target
    lines = [f"{found.quantity} equals {aim} at {at(root)}" for root in found.roots]
    lines += [
        f"{found.quantity} equals {aim} from {at(low)} to {format_value(high, found.unit, 6)}"
        for low, high in found.stretches
    ]
    lines += [f"{found.quantity} leaps across {aim} at {at(jump)}" for jump in found.jumps]
    words = {1: "above", -1: "below", 0: "equal to"}
    span = f"from {format_range(found.low, found.high, found.unit)}"
    if not lines:
        lines.append(f"none: {found.quantity} is {words[found.sides[0]]} {aim} for all {found.parameter} {span}")
    elif any(found.sides):
        lines.append(f"{span} it lies " + ", then ".join(words[side] for side in found.sides))
    lines.append(f"in use: {at(found.base)}, {found.quantity} {format_value(found.at_base, found.quantity_unit, 6)}")
    return lines
