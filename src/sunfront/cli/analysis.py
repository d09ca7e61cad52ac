"""Break-even values on the command line."""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sunfront.cli import completion
from sunfront.cli.common import AsJson, Output, Set, app, check_figure_format, print_table, progress
from sunfront.cli.designs import OfRun, Row, Workers, study_at_design

if TYPE_CHECKING:
    from sunfront.analysis.breakeven_answer import BreakEven, BreakEvenMap
    from sunfront.analysis.reoptimized_answer import BestBreakEven
    from sunfront.study.study import Study

#: Values of the second parameter at which break-even values are listed.
OVER_VALUES = 11


@app.command()
def breakeven(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="[STUDY] PARAMETER",
            help="Study file or name, by default that of --run; parameter to vary, or computed quantity to override.",
            show_default=False,
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
    run: OfRun = None,
    row: Row = None,
    reoptimize: Annotated[
        bool, typer.Option("--reoptimize", help="Ask of the design that is best at each value, not of one design.")
    ] = False,
    sense: Annotated[
        str | None,
        typer.Option(metavar="SENSE", help="With --reoptimize, what the best design does: maximize or minimize."),
    ] = None,
    workers: Workers = 1,
    set_: Set = None,
    output: Output = Path("outputs"),
    as_json: AsJson = False,
) -> None:
    """Find values at which a design breaks even.

    The base design, or a design of a run, breaks even where the quantity equals the target: zero, --value, or its value
    in the study --equals. All such values in the search range are found.
    """
    from sunfront.analysis.breakeven import Question
    from sunfront.errors import UserError

    if value is not None and equals is not None:
        raise UserError("--value and --equals exclude each other; give one of them")
    if equals is not None and re.match(r"[-+.]?\d", str(equals)) and not equals.exists():
        raise UserError(f"--equals takes a study; give a number with its unit as --value '{equals}'")
    if plot is not None and over is None:
        raise UserError("--plot maps two parameters; name the second one with --over")
    if plot is not None:
        check_figure_format(plot)
    if len(names) not in (1, 2) or (len(names) == 1 and run is None):
        raise UserError(
            "give a study and a parameter, or --run and a parameter: `sunfront breakeven quickstart compute_price`"
        )
    if reoptimize and (over is not None or row is not None):
        other = "--row" if over is None else "--over"
        raise UserError(f"--reoptimize and {other} exclude each other; give one of them")
    if sense is not None and (not reoptimize or sense not in ("maximize", "minimize")):
        raise UserError("--sense is maximize or minimize, and goes with --reoptimize")
    if len(names) == 2:
        _check_order(*names)
    loaded = study_at_design(Path(names[0]) if len(names) == 2 else None, run, row, set_, output)
    target: float | str = 0.0 if value is None else value
    asked = (loaded, names[-1], quantity, target, equals, start, stop)
    if reoptimize:
        from sunfront.analysis.reoptimized import best_breakeven

        with progress(loaded.name) as bar:
            best = best_breakeven(*asked, sense, workers, bar)  # type: ignore[arg-type]  # checked above
        print(json.dumps(_in_si(best.as_data(), best), indent=1, allow_nan=False) if as_json else str(best))
        return
    question = Question.read(*asked)
    if over is None:
        found = question.solve()
        print(json.dumps(_as_json(found), indent=1, allow_nan=False) if as_json else str(found))
        return
    name, values = _parse_range(loaded, over)
    found_map = question.map(name, values)
    if as_json:
        rows = [{name: at, **_as_json(line)} for at, line in zip(found_map.values, found_map.lines, strict=True)]
        print(json.dumps(rows, indent=1, allow_nan=False))
    else:
        _print_map(found_map)
    if plot is not None:
        from sunfront.report.figures import save
        from sunfront.report.figures.breakeven import draw_map, map_data

        save(draw_map(map_data(found_map, found_map.lines[0].other)), plot)


def _check_order(study: str, parameter: str) -> None:
    """Raise UserError if study and parameter have changed places."""
    from sunfront.errors import StudyError, UserError
    from sunfront.study.find import find_study_file

    def is_study(name: str) -> bool:
        try:
            return find_study_file(name).is_file()
        except StudyError:
            return False

    if is_study(parameter) and not is_study(study):
        raise UserError(f"the study comes first: write `sunfront breakeven {parameter} {study}`")


def _parse_range(study: Study, text: str) -> tuple[str, list[float]]:
    """Name and values, in SI and USD, of ``name=low..high unit``. The low end may have a unit of its own.

    Raises:
        UserError: The text has another form, the name or a unit is unknown, or the range is empty.
    """
    import numpy as np

    from sunfront.errors import UserError
    from sunfront.library.architectures import quantity_value
    from sunfront.written import is_bare, written_unit

    name, equals, span = (part.strip() for part in text.partition("="))
    low, dots, high = (part.strip() for part in span.partition(".."))
    if not (equals and dots and name and low and high):
        raise UserError(f"--over {text!r}: give a name and a range, such as 'node_specific_mass=5..20 kg/kW'")
    if (shared := written_unit(high)) and is_bare(low):
        low += f" {shared}"
    ends = [quantity_value(study.arch, name, end) for end in (low, high)]
    if not ends[0] < ends[1]:
        raise UserError(f"--over {text!r}: the range is empty; give the lower end first")
    return name, np.linspace(ends[0], ends[1], OVER_VALUES).tolist()


def _as_json(found: BreakEven) -> dict[str, Any]:
    """Break-even values in SI and USD, with these units."""
    from sunfront.units import si_unit

    may_be_infinite = {"at_base", "target"}  # such as a payback time; JSON has no infinity
    data = {k: None if k in may_be_infinite and not math.isfinite(v) else v for k, v in asdict(found).items()}
    data["missed"] = [vars(miss) | {"unit": si_unit(miss.unit)} for miss in found.missed]
    return _in_si(data, found)


def _in_si(data: dict[str, Any], found: BreakEven | BestBreakEven) -> dict[str, Any]:
    """Data of an answer with the names of its units, which are those of SI and USD."""
    from sunfront.units import si_unit

    return data | {"unit": si_unit(found.unit), "quantity_unit": si_unit(found.quantity_unit)}


def _print_map(found: BreakEvenMap) -> None:
    """Print the break-even values for each value of the second parameter as a table."""
    from sunfront.analysis.breakeven_answer import SIDES, target_text
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
    print(f"{first.quantity} equals {target_text(first)} at these values of {first.parameter}, from {span}:")
    print_table("", [head(found.over, found.over_unit), head(first.parameter, first.unit)], rows, right={0, 1})
    missed: dict[str, list[str]] = {}
    for value, line in zip(found.values, found.lines, strict=True):
        for constraint in dict.fromkeys(miss.constraint for miss in line.missed if miss.at in line.answers):
            missed.setdefault(constraint, []).append(number(value, found.over_unit))
    for constraint, at in missed.items():
        print(f"the design misses {constraint} at {found.over} = {', '.join(at)}")
