"""Commands that analyze a study: break-even values."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sunfront.cli import completion
from sunfront.cli.common import AsJson, OneStudy, Set, app, check_figure_format, print_table

if TYPE_CHECKING:
    from sunfront.analysis.breakeven import BreakEven, BreakEvenMap
    from sunfront.study.study import Study

#: Values of the second parameter at which break-even values are listed.
OVER_VALUES = 11

#: Sign of quantity minus target, in words.
SIDES = {1: "above", -1: "below", 0: "equal"}


@app.command()
def breakeven(
    study: OneStudy,
    parameter: Annotated[
        str,
        typer.Argument(
            metavar="PARAMETER", help="Parameter to vary, or computed quantity to override.", show_default=False
        ),
    ],
    quantity: Annotated[str, typer.Option(metavar="NAME", help="Quantity that must reach the target.")] = "npv",
    value: Annotated[
        str | None, typer.Option(metavar="VALUE", help="Target value with its unit.  [default: zero]")
    ] = None,
    equals: Annotated[
        Path | None,
        typer.Option(
            metavar="STUDY",
            help="Study whose value of the quantity is the target.",
            autocompletion=completion.studies,
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="VALUE", help="Low end of the search range, with its unit.  [default: lowest allowed]"
        ),
    ] = None,
    stop: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="VALUE", help="High end of the search range, with its unit.  [default: highest allowed]"
        ),
    ] = None,
    over: Annotated[
        str | None,
        typer.Option(metavar="NAME=LOW..HIGH", help="Second parameter and range: 'discount_rate=5..20 %/year'."),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="File for a map over both parameters: .svg, .pdf or .png. Needs --over.")
    ] = None,
    set_: Set = None,
    as_json: AsJson = False,
) -> None:
    """Find the values of a parameter at which a quantity breaks even.

    The base design breaks even where the quantity equals the target: zero, --value, or its value in the study --equals.
    All such values in the search range are found.
    """
    from sunfront.analysis.breakeven import Question
    from sunfront.errors import UserError
    from sunfront.library.architectures import quantity_unit, quantity_value
    from sunfront.study.study import Study
    from sunfront.units import parse

    if value is not None and equals is not None:
        raise UserError("--value and --equals exclude each other; give one of them")
    if plot is not None and over is None:
        raise UserError("--plot maps two parameters; name the second one with --over")
    if plot is not None:
        check_figure_format(plot)
    loaded = Study.load(study, set_ or [])
    target = 0.0 if value is None else parse(value, quantity_unit(loaded.arch, quantity), quantity)
    low, high = (None if text is None else quantity_value(loaded.arch, parameter, text) for text in (start, stop))
    other = None if equals is None else Study.load(equals)
    question = Question(loaded, parameter, quantity, target, other, low, high)
    other_name = "" if other is None else other.name
    if over is None:
        found = question.solve()
        if as_json:
            print(json.dumps(_as_json(found), indent=1, allow_nan=False))
        else:
            print("\n".join(_sentences(found, other_name)))
        return
    name, values = _parse_range(loaded, over)
    found_map = question.map(name, values)
    if as_json:
        rows = [{name: at, **_as_json(line)} for at, line in zip(found_map.values, found_map.lines, strict=True)]
        print(json.dumps(rows, indent=1, allow_nan=False))
    else:
        _print_map(found_map, other_name)
    if plot is not None:
        from sunfront.report.figures import save
        from sunfront.report.figures.breakeven import draw_map, map_data

        save(draw_map(map_data(found_map, other_name)), plot)


def _parse_range(study: Study, text: str) -> tuple[str, list[float]]:
    """Name and values, in SI and USD, of ``name=low..high unit``. The low end may have a unit of its own.

    Raises:
        UserError: The text has another form, the name or a unit is unknown, or the range is empty.
    """
    import numpy as np

    from sunfront.errors import UserError
    from sunfront.library.architectures import quantity_value

    name, equals, span = (part.strip() for part in text.partition("="))
    low, dots, high = (part.strip() for part in span.partition(".."))
    if not (equals and dots and name and low and high):
        raise UserError(f"--over {text!r}: give a name and a range, such as 'node_specific_mass=5..20 kg/kW'")
    if " " in high and " " not in low:
        low += " " + high.partition(" ")[2]
    ends = [quantity_value(study.arch, name, end) for end in (low, high)]
    if not ends[0] < ends[1]:
        raise UserError(f"--over {text!r}: the range is empty; give the lower end first")
    return name, np.linspace(ends[0], ends[1], OVER_VALUES).tolist()


def _as_json(found: BreakEven) -> dict[str, Any]:
    """Break-even values in SI and USD, with these units."""
    from sunfront.units import si_unit

    may_be_infinite = {"at_base", "target"}  # such as a payback time; JSON has no infinity
    data = {k: None if k in may_be_infinite and not math.isfinite(v) else v for k, v in asdict(found).items()}
    return data | {"unit": si_unit(found.unit), "quantity_unit": si_unit(found.quantity_unit)}


def _target(found: BreakEven, other_name: str) -> str:
    """The target: a value, or the study that gives it."""
    from sunfront.display import format_value

    return f"that of {other_name}" if other_name else format_value(found.target, found.quantity_unit, 6)


def _print_map(found: BreakEvenMap, other_name: str) -> None:
    """Print the break-even values for each value of the second parameter as a table."""
    from sunfront.display import format_number, format_range
    from sunfront.units import unit, unit_label

    def number(value: float, display_unit: str, digits: int = 4) -> str:
        return format_number(unit(display_unit).from_si(value), digits)

    def head(name: str, display_unit: str) -> str:
        return name if display_unit == "1" else f"{name} ({unit_label(display_unit)})"

    rows = []
    for value, line in zip(found.values, found.lines, strict=True):
        intervals = sorted([(x, x) for x in (*line.roots, *line.jumps)] + [*line.stretches])
        texts = [" to ".join(number(x, line.unit, 6) for x in dict.fromkeys(ends)) for ends in intervals]
        none = f"none ({SIDES[line.sides[0]]} throughout)"
        rows.append((number(value, found.over_unit), ", ".join(texts) or none))
    first = found.lines[0]
    span = format_range(first.low, first.high, first.unit)
    print(f"{first.quantity} equals {_target(first, other_name)} at these values of {first.parameter}, from {span}:")
    print_table("", [head(found.over, found.over_unit), head(first.parameter, first.unit)], rows, right={0, 1})


def _sentences(found: BreakEven, other_name: str) -> list[str]:
    """The break-even values as lines of text."""
    from sunfront.display import format_range, format_value

    def at(value: float) -> str:
        return f"{found.parameter} = {format_value(value, found.unit, 6)}"

    quantity, target = found.quantity, _target(found, other_name)
    span = f"from {format_range(found.low, found.high, found.unit)}"
    lines = [f"{quantity} equals {target} at {at(root)}" for root in found.roots]
    for low, high in found.stretches:
        lines.append(f"{quantity} equals {target} from {at(low)} to {format_value(high, found.unit, 6)}")
    lines += [f"{quantity} jumps across {target} at {at(jump)}" for jump in found.jumps]
    if not lines:
        lines.append(f"none: {quantity} is {SIDES[found.sides[0]]} {target} for every {found.parameter} {span}")
    elif any(found.sides):
        lines.append(f"{span}: {', then '.join(SIDES[side] for side in found.sides)}")
    now = f"base design: {at(found.base)}, {quantity} = {format_value(found.at_base, found.quantity_unit, 6)}"
    if other_name:
        now += f", {target} = {format_value(found.target, found.quantity_unit, 6)}"
    return [*lines, now]
