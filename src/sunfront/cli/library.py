"""Commands that show what is there: a base design, an equation, a list, the schema."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sunfront.cli.common import AsJson, OneStudy, Set, app, console, print_table
from sunfront.errors import UnknownName

if TYPE_CHECKING:
    from rich.tree import Tree

    from sunfront.study.study import Study


@app.command()
def evaluate(study: OneStudy, set_: Set = None, as_json: AsJson = False) -> None:
    """Evaluate the base design of a study: every quantity with its unit; as JSON in SI and USD."""
    import numpy as np

    from sunfront.display import format_number, format_value
    from sunfront.runs.runner import extrapolation_notes
    from sunfront.study.study import Study
    from sunfront.units import si_unit

    loaded = Study.load(study, set_ or [])
    found = loaded.evaluate()
    shown = [eq for eq in loaded.arch.model if eq.name in found]
    if as_json:
        table = {}
        for eq in shown:
            value = float(found[eq.name])
            table[eq.name] = {"value": None if value == float("inf") else value, "unit": si_unit(eq.unit)}
        rate = loaded.internal_rate_of_return()
        table["internal_rate_of_return"] = {"value": rate, "unit": "1/year"}
        print(json.dumps(table, indent=1, allow_nan=False))
        return
    rows = []
    for eq in shown:
        given = loaded.settings.get(eq.name)
        what = f"{eq.summary} Given: {given.origin}." if given else eq.summary
        rows.append((eq.name, format_value(float(found[eq.name]), eq.unit, 5), what))
    problem = loaded.problem
    # Of a category what it sets: the base design may have none of its choices.
    base = {name: np.array([found[name]], float) for v in problem.variables for name in v.preset_values or (v.name,)}
    stated = problem.evaluate(base, [c.name for c in problem.constraints])
    for c in problem.constraints:
        value = float(stated[c.name][0])
        if c.sign * (value - c.limit) < 0:
            print(f"violated: {c}; the base design has {format_value(value, c.unit)}")
    for note in (*loaded.range_notes, *extrapolation_notes(loaded, base)):
        print(f"note: {note}")
    for v in problem.variables:
        if v.labels:
            has = v.text(problem.base[v.name]) if v.name in problem.base else f"none of {', '.join(v.labels)}"
            print(f"{v.name}: the base design has {has}; --set {v.name}={v.labels[0]} evaluates a choice")
    rate = loaded.internal_rate_of_return()
    said = "none" if rate is None else f"{format_number(100 * rate)} %/year"
    rows.append(("internal_rate_of_return", said, "Discount rate at which the net present value is zero."))
    print_table(f"{loaded.name}: base design", ["quantity", "value", "what it is"], rows, right={1})


@app.command()
def explain(
    quantity: Annotated[str, typer.Argument(help="Name of a quantity or parameter.", show_default=False)],
    study: Annotated[Path | None, typer.Option(help="Values of this study's base design.")] = None,
    architecture: Annotated[str, typer.Option(help="Architecture, where no study is given.")] = "starlink_bus",
    depth: Annotated[int, typer.Option(min=1, help="Levels of inputs shown.")] = 3,
    set_: Set = None,
) -> None:
    """Explain a quantity: its equation, inputs, values and sources, recursively."""
    from sunfront.display import format_value
    from sunfront.library.architectures import quantity_unit
    from sunfront.study.study import Study

    if study is None:
        loaded = Study(name=architecture, architecture=architecture, objectives=("maximize roi",))
        loaded = loaded.with_overrides(set_ or [])
    else:
        loaded = Study.load(study, set_ or [])
    model = loaded.arch.model
    for v in loaded.resolved_variables:
        if v.name == quantity:
            heads = [v.name, *v.labels]
            rows = [
                (name, *(format_value(value, quantity_unit(loaded.arch, name), 6) for value in values))
                for name, values in v.preset_values.items()
            ]
            print_table("", heads, rows, set(range(1, len(heads))))
            return
    if quantity not in model and quantity not in loaded.settings:
        raise UnknownName(quantity, "quantity", [*loaded.settings, *(eq.name for eq in model)])
    model.check(loaded.settings, [quantity])
    console().print(_explained(loaded, quantity, loaded.evaluate(), depth, set()))


@app.command("list")
def list_(
    what: Annotated[str, typer.Argument(help="architectures, presets, parameters, equations, or engines.")] = "all",
) -> None:
    """List architectures, presets, parameters, equations, engines."""
    shown = {
        "architectures": _architectures,
        "presets": _presets,
        "parameters": _parameters,
        "equations": _equations,
        "engines": _engines,
    }
    if what not in shown and what != "all":
        raise UnknownName(what, "list", shown)
    for name, rows in shown.items():
        if what == name:
            print_table(name, *rows())
        elif what == "all":
            _, body, _ = rows()
            print(f"{name} ({len(body)}): " + ", ".join(row[0] for row in body[:8]) + (" ..." if len(body) > 8 else ""))
    if what == "all":
        print("\nmore with `sunfront list parameters` and so on")


@app.command()
def schema() -> None:
    """Print the JSON Schema of a study, for editors."""
    from sunfront.study.study import Study

    print(json.dumps(Study.model_json_schema(), indent=1))


def _explained(study: Study, name: str, values: dict[str, Any], depth: int, seen: set[str]) -> Tree:
    from rich.markup import escape
    from rich.tree import Tree

    from sunfront.display import format_value
    from sunfront.library.architectures import SHIPPED

    model = study.arch.model
    if name in study.settings:
        setting = study.settings[name]
        doubt = f" [{setting.parameter.trust}]" if setting.parameter and setting.origin == SHIPPED else ""
        by = f"; set by {study.preset_variables[name].name}" if name in study.preset_variables else ""
        text = f"[bold]{name}[/bold] = {setting}   [dim]{escape(setting.source + doubt + by)}[/dim]"
        return Tree(text)
    eq = model[name]
    lines = [
        f"[bold]{name}[/bold] = {format_value(float(values[name]), eq.unit, 6)}",
        f"  {escape(eq.summary)}",
        *(f"  [cyan]{escape(line)}[/cyan]" for line in eq.text.splitlines()),
        f"  [dim]{escape(eq.source)}[/dim]",
    ]
    tree = Tree("\n".join(lines))
    if name in seen:
        return Tree(f"[bold]{name}[/bold] = {format_value(float(values[name]), eq.unit, 6)}   [dim]shown above[/dim]")
    seen.add(name)
    if depth > 0:
        for needed in eq.inputs:
            tree.add(_explained(study, needed, values, depth - 1, seen))
    elif eq.inputs:
        tree.add(f"[dim]from {', '.join(eq.inputs)}; --depth shows more[/dim]")
    return tree


Rows = tuple[list[str], Sequence[tuple[str, ...]], set[int]]


def _architectures() -> Rows:
    from sunfront.library.architectures import architecture
    from sunfront.library.parameters import data_names

    found = [architecture(name) for name in data_names("architectures")]
    return ["name", "title", "description"], [(a.name, a.title, a.description) for a in found], set()


def _presets() -> Rows:
    from sunfront.library.parameters import data_names
    from sunfront.library.presets import preset

    found = [preset(name) for name in data_names("presets")]
    return ["name", "title", "sets the", "source"], [(p.name, p.title, p.group, p.source) for p in found], set()


def _parameters() -> Rows:
    from sunfront.display import format_range
    from sunfront.library.architectures import Setting
    from sunfront.library.parameters import parameters

    rows = []
    for p in parameters().values():
        span = "" if p.low is None or p.high is None else format_range(p.low, p.high, p.unit)
        rows.append((p.name, str(Setting(p.name, p.value, p.unit, "", p)), span, p.trust, p.source))
    return ["name", "value", "range of the sources", "trust", "source"], rows, {1}


def _equations() -> Rows:
    from sunfront.library.architectures import architecture
    from sunfront.library.parameters import data_names
    from sunfront.units import unit_label

    found = {eq.name: eq for name in data_names("architectures") for eq in architecture(name).model}
    rows = [(eq.name, unit_label(eq.unit), eq.summary, eq.source) for eq in found.values()]
    return ["name", "unit", "what it is", "source"], rows, set()


def _engines() -> Rows:
    from sunfront.engines import ENGINES

    rows = []
    for name, settings in ENGINES.items():
        keys = ", ".join(f"{k} ({f.default})" for k, f in settings.model_fields.items() if k != "name")
        rows.append((name, (settings.__doc__ or "").partition("\n")[0], keys))
    return ["name", "what it does", "settings (defaults)"], rows, set()
