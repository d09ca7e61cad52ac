"""Commands on the library: explain a quantity, list what is available."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sunfront.cli import completion
from sunfront.cli.common import AsJson, Set, app, console, print_table
from sunfront.errors import UnknownName, UserError

if TYPE_CHECKING:
    from rich.tree import Tree

    from sunfront.library.library import Library
    from sunfront.library.presets import Preset
    from sunfront.library.specs import PresetValue
    from sunfront.problem.variables import Variable
    from sunfront.study.study import Study

#: Headings, rows, and the columns to align right.
Table = tuple[list[str], Sequence[tuple[str, ...]], set[int]]

#: Names shown of each list in the overview.
OVERVIEW_NAMES = 8


@app.command()
def explain(
    quantity: Annotated[
        str,
        typer.Argument(
            metavar="QUANTITY",
            help="Quantity, parameter, preset, preset variable, architecture, or an expression as in an objective.",
            show_default=False,
        ),
    ],
    study: Annotated[
        Path | None,
        typer.Option(metavar="STUDY", help="Study whose base design is evaluated.", autocompletion=completion.studies),
    ] = None,
    architecture: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Architecture to evaluate if no study is given.  [default: starlink_bus]",
            autocompletion=completion.architectures,
        ),
    ] = None,
    depth: Annotated[int, typer.Option(min=1, help="Levels of inputs to show.")] = 3,
    set_: Set = None,
) -> None:
    """Show equation, value and inputs of a quantity, or a preset."""
    from sunfront.study.study import Study

    if study is not None and architecture is not None:
        raise UserError("--study and --architecture exclude each other; give one of them")
    if not quantity.strip():
        raise UserError("the name of the quantity is empty; `sunfront list equations` shows all")
    if study is None:
        loaded = Study.of_architecture(architecture or "starlink_bus").with_overrides(set_ or [])
    else:
        loaded = Study.load(study, set_ or [])
    for v in loaded.resolved_variables:
        if v.name == quantity and v.labels:
            _print_presets(loaded, v)
            return
    library = loaded.plain_arch.library
    if quantity in library.architectures:
        _print_architecture(library, quantity)
        return
    presets = library.presets
    if quantity in presets:
        _print_preset(presets[quantity])
        return
    loaded, quantity = _with_expression(loaded, quantity)
    model = loaded.arch.model
    if quantity not in model and quantity not in loaded.settings:
        known = {*loaded.settings, *(eq.name for eq in model), *presets, *library.architectures}
        raise UnknownName(quantity, "quantity", known)
    model.check(loaded.settings, [quantity])
    console().print(_explanation(loaded, quantity, loaded.base_evaluation, depth, set()))


@app.command("list")
def list_(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND",
            help=f"{', '.join(completion.KINDS[:-1])} or {completion.KINDS[-1]}.",
            autocompletion=completion.kinds,
        ),
    ] = "all",
    pattern: Annotated[
        str,
        typer.Argument(
            metavar="FILTER",
            help="List only what has this text in one of its columns; upper and lower case are alike.",
            show_default=False,
            autocompletion=completion.listed,
        ),
    ] = "",
    as_json: AsJson = False,
    library: Annotated[
        list[Path] | None, typer.Option(metavar="FOLDER", help="Folder with an own library; its Python files run.")
    ] = None,
) -> None:
    """List what there is: studies, presets, parameters and more.

    In a pipe each row is one line.
    """
    from sunfront.library.library import Library

    known = Library.shipped()
    for folder in library or ():
        known = known.with_folder(folder)
    functions = (_studies, _plans, _architectures, _presets, _groups, _parameters, _equations, _engines)
    tables = dict(zip(completion.KINDS, functions, strict=True))
    if kind not in (*tables, "all"):
        raise UnknownName(kind, "list", tables)
    found = {name: _filtered(table(known), pattern) for name, table in tables.items() if kind in (name, "all")}
    if as_json:
        data = {name: [_as_json(known, name, table[0], row) for row in table[1]] for name, table in found.items()}
        print(json.dumps(data if kind == "all" else data[kind], indent=1, ensure_ascii=False))
    elif kind == "all":
        for name, (_, rows, _) in found.items():
            more = " ..." if len(rows) > OVERVIEW_NAMES else ""
            print(f"{name} ({len(rows)}): {', '.join(row[0] for row in rows[:OVERVIEW_NAMES])}{more}".rstrip(": "))
        print("\nShow one list with its details: sunfront list parameters")
        print("Show a part of it: sunfront list parameters chip")
    elif found[kind][1]:
        print_table("", *found[kind])
    else:
        raise UserError(f"no {kind} with {pattern!r} in a column; `sunfront list {kind}` shows all")


def _filtered(table: Table, pattern: str) -> Table:
    """The rows that have a text in one of their columns."""
    heads, rows, right = table
    return heads, [row for row in rows if any(pattern.lower() in cell.lower() for cell in row)], right


def _as_json(library: Library, kind: str, heads: Sequence[str], row: Sequence[str]) -> dict[str, Any]:
    """A row as data: its columns; for a parameter its numbers too, in SI and USD."""
    from sunfront.units import si_unit

    data: dict[str, Any] = dict(zip(heads, row, strict=True))
    if kind == "parameters":
        p = library.parameters[row[0]]
        numbers = {"value": p.value, "low": p.low, "high": p.high, "allowed": p.allowed}
        data = {"name": p.name, **numbers, "unit": si_unit(p.unit), "trust": p.trust, "source": p.source}
    return data


def _with_expression(study: Study, text: str) -> tuple[Study, str]:
    """The study with a quantity for an expression, as ``npv / capex`` or ``maximize npv / capex``, and its name."""
    from sunfront.study.criteria import parse_objective

    plain = re.sub(r"^(max|min)[a-z]*\s+(?=\S)", "", text.strip())
    if re.fullmatch(r"\w+", plain) or plain in study.arch.model:
        return study, plain
    line = f"maximize {plain}"
    study = study.with_changes(objectives=(*study.combined.objectives, line), combine="front", prefer=())
    return study, parse_objective(study.arch, line).quantity


def _print_architecture(library: Library, name: str) -> None:
    """Print an architecture as the file that defines it, from which an own one can be copied."""
    from importlib.resources import files

    for folder in library.folders:
        if name in folder.architectures:
            print((folder.path / "architectures" / f"{name}.yaml").read_text("utf-8"), end="")
            return
    print(files("sunfront.data").joinpath("architectures", f"{name}.yaml").read_text("utf-8"), end="")


def _print_preset(preset: Preset) -> None:
    """Print what a preset is, where it comes from, and what it sets."""
    about = {"title": preset.title, "group": preset.group, "source": preset.source, "note": preset.note}
    about["equations"] = ", ".join(preset.equations)
    print_table("", ["preset", preset.name], [(key, text) for key, text in about.items() if text], set())
    if preset.values:
        rows = [_value_row(name, written) for name, written in preset.values.items()]
        print_table("sets", ["quantity", "value", "range", "source"], rows, {1})


def _value_row(name: str, written: PresetValue) -> tuple[str, ...]:
    from sunfront.library.specs import ValueSpec

    if isinstance(written, ValueSpec):
        span = "" if written.low is None else f"{written.low} to {written.high}"
        return name, str(written.value), span, written.source
    return name, ", ".join(map(str, written)) if isinstance(written, (list, tuple)) else str(written), "", ""


def _print_presets(study: Study, variable: Variable) -> None:
    """Print the parameters that a preset variable sets, a column for each preset."""
    from sunfront.equation import Equation
    from sunfront.library.architectures import quantity_unit
    from sunfront.problem.choices import definition_text

    heads = [variable.name, *variable.labels]
    rows = [
        (name, *(definition_text(value, quantity_unit(study.problem_arch, name)) for value in values))
        for name, values in variable.preset_values.items()
    ]
    print_table("", heads, rows, set(range(1, len(heads))))
    equations = (
        name for name, column in variable.preset_values.items() if any(isinstance(x, Equation) for x in column)
    )
    if (computed := next(equations, None)) is not None:
        choice = f"--set {variable.name}={variable.labels[-1]}"
        print(f"computed: an equation, which `sunfront explain {computed} {choice}` shows for that choice")


def _explanation(study: Study, name: str, values: Mapping[str, Any], depth: int, shown: set[str]) -> Tree:
    """A tree of a quantity and the inputs of its equation.

    Args:
        values: Values of all quantities, SI and USD.
        depth: Levels of inputs to add.
        shown: Quantities that the tree has already; extended.
    """
    from rich.markup import escape
    from rich.tree import Tree

    from sunfront.display import format_value

    setter = f"; set by {study.preset_variables[name].name}" if name in study.preset_variables else ""
    if name in study.settings:
        setting = study.settings[name]
        span = setting.range_text
        trust = f" [{', '.join(filter(None, (setting.trust, span)))}]" if setting.trust else ""
        return Tree(f"[bold]{name}[/bold] = {setting}   [dim]{escape(setting.source + trust + setter)}[/dim]")
    eq = study.arch.model[name]
    head = f"[bold]{name}[/bold] = {format_value(float(values[name]), eq.unit, 6)}"
    if name in shown:
        return Tree(f"{head}   [dim]shown above[/dim]")
    shown.add(name)
    within = f" Physical range: {eq.range_text}." if eq.range_text else ""
    lines = [
        head,
        f"  {escape(eq.summary + within)}",
        *(f"  [cyan]{escape(line)}[/cyan]" for line in eq.text.splitlines()),
        f"  [dim]{escape(eq.source + setter)}[/dim]",
    ]
    tree = Tree("\n".join(lines))
    if depth > 0:
        for needed in eq.inputs:
            tree.add(_explanation(study, needed, values, depth - 1, shown))
    elif eq.inputs:
        tree.add(f"[dim]from {', '.join(eq.inputs)}; raise --depth to show them[/dim]")
    return tree


def _studies(library: Library) -> Table:
    from sunfront.data import shipped
    from sunfront.library.parameters import parse_yaml

    found = {name: parse_yaml(shipped.file("studies", name).read_text("utf-8")) for name in shipped.names("studies")}
    rows = [(name, study["architecture"], " ".join(study["question"].split())) for name, study in found.items()]
    return ["name", "architecture", "question"], rows, set()


def _plans(library: Library) -> Table:
    from sunfront.data import shipped
    from sunfront.library.parameters import parse_yaml

    found = {name: parse_yaml(shipped.file("plans", name).read_text("utf-8")) for name in shipped.names("plans")}
    rows = [(name, ", ".join(plan["products"]), " ".join(plan["question"].split())) for name, plan in found.items()]
    return ["name", "products", "question"], rows, set()


def _architectures(library: Library) -> Table:
    found = library.architectures.values()
    return ["name", "title", "description"], [(a.name, a.title, a.description) for a in found], set()


def _presets(library: Library) -> Table:
    found = library.presets.values()
    return ["name", "title", "group", "source"], [(p.name, p.title, p.group, p.source) for p in found], set()


def _groups(library: Library) -> Table:
    members = [(group, [p.name for p in library.presets.values() if p.group == group]) for group in library.groups]
    rows = [(group, ", ".join(library.groups[group].sets), ", ".join(names)) for group, names in members]
    return ["group", "a whole member sets", "members"], rows, set()


def _parameters(library: Library) -> Table:
    from sunfront.library.architectures import Setting

    rows = [
        (p.name, str(Setting(p.name, p.value, p.unit, "", p)), p.range_text, p.trust, p.source)
        for p in library.parameters.values()
    ]
    return ["name", "value", "range of the sources", "trust", "source"], rows, {1}


def _equations(library: Library) -> Table:
    from sunfront.units import unit_label

    found = {eq.name: eq for arch in library.architectures.values() for eq in arch.model}
    rows = [(eq.name, unit_label(eq.unit), eq.summary, eq.source) for eq in found.values()]
    return ["name", "unit", "description", "source"], rows, set()


def _engines(library: Library) -> Table:
    from sunfront.engines import ENGINES

    rows = []
    for name, settings in ENGINES.items():
        fields = {k: f.get_default(call_default_factory=True) for k, f in settings.model_fields.items() if k != "name"}
        keys = ", ".join(f"{k} ({default})" for k, default in fields.items())
        rows.append((name, (settings.__doc__ or "").partition("\n")[0], keys))
    return ["name", "description", "settings (defaults)"], rows, set()
