"""Write the pages of the model: every equation as a formula, every preset and parameter with its source.

The build of the documentation calls it; ``python tools/model_page.py FOLDER`` writes the pages alone, as MyST Markdown.
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import sunfront.equation
from sunfront import equations
from sunfront.display import format_value
from sunfront.equation import FUNCTIONS, NOT_NEGATIVE, Equation, body_of
from sunfront.library.architectures import Setting
from sunfront.library.library import Library
from sunfront.library.parameters import TRUST, Parameter, data_names, load_data
from sunfront.library.presets import Preset
from sunfront.library.specs import ValueSpec
from sunfront.library.values import ranged_parameter
from sunfront.units import unit_label
from tools.equation_tex import NoFormula, tex

LIBRARY = Library.shipped()

#: Pages of equations: title and modules. A module that none names stands on the last page.
TOPICS = {
    "orbit": ("Orbit and its hazards", "orbit inclined_orbit drag solar_protons radiation debris hazards punctures"),
    "power": ("Power", "power cells battery pauses"),
    "heat": ("Heat", "thermal array_view level_radiator junction"),
    "spacecraft": (
        "Spacecraft",
        "node bus bus_by_size mass mass_margin given_specific_mass attitude propulsion gpu_on_panel formation cluster",
    ),
    "computing": ("Computing and communications", "compute communications"),
    "launch": ("Launch", "campaign launch_price launch rideshare direct_injection"),
    "moon-and-mars": ("Moon and Mars", "landed lunar mass_driver lunar_export mars"),
    "ground": ("Ground", "terrestrial gas_plant solar_plant rented_accelerators bought_tokens"),
    "cost": (
        "Cost of building and operation",
        "hardware_cost spacecraft_cost specific_cost learning development insurance upkeep operations boundary",
    ),
    "money": (
        "Revenue, finance and returns",
        "present_value revenue priced_by_hour finance financing cash returns levelized",
    ),
    "emissions": ("Emissions", "emissions flight_emissions site_emissions"),
    "more": ("More equations", ""),
}


def pages() -> dict[str, str]:
    """Return the pages as Markdown, by file name."""
    return {"index.md": _index(), **dict(_topics()), "presets.md": _presets(), "parameters.md": _parameters()}


def _index() -> str:
    parts = [
        "# The model\n\n"
        "These pages are written from the code at each build. A formula is drawn from the equation that numpy, HiGHS "
        "and SCIP compute with; there is no second copy. Formulas work in SI and USD. The unit in parentheses is the "
        "display unit, with the physical range, unless that is all that is not negative. A name links to where it "
        "comes from. `sunfront explain NAME` shows an equation with its values.\n",
        "```{toctree}\n:maxdepth: 1\n\n" + "\n".join([*dict(_topics()), "presets.md", "parameters.md"]) + "\n```\n",
        "## Architectures\n",
    ]
    for name in data_names("architectures"):
        arch, data = LIBRARY.architectures[name], load_data("architectures", name)
        own = data.get("own_equations", [])
        built = ", ".join(map(_module_link, data["equations"]))
        replaced = f"; replaced or supplemented by {', '.join(map(_module_link, own))}" if own else ""
        parts.append(f"### `{name}`: {arch.title}\n\n{arch.description}\n\nEquations: {built}{replaced}.\n")
    parts.append(
        "## Functions\n\nBeside arithmetic, logarithm, exponential, cosine and its inverse, a formula may call:\n\n"
        "| function | value |\n|---|---|"
    )
    for name in FUNCTIONS:
        about = (getattr(sunfront.equation, name).__doc__ or "").split("\n\n")[0]
        parts[-1] += f"\n| {name.replace('_', ' ')} | {_cell(about.replace('``', '`').removeprefix('Return '))} |"
    return "\n".join(parts) + "\n"


def _topics() -> Iterator[tuple[str, str]]:
    """The pages of equations by file name; what presets replace stands beside what it replaces."""
    by_preset = {module: p.name for p in LIBRARY.presets.values() for module in p.equations}
    placed = {module for _, listed in TOPICS.values() for module in listed.split()}
    for page, (title, listed) in TOPICS.items():
        here = [m for m in listed.split() if m in _modules()] or [m for m in _modules() if m not in placed]
        if here:
            sections = (_module(m, f" (preset `{by_preset[m]}`)" if m in by_preset else "") for m in here)
            yield f"{page}.md", f"# {title}\n\n" + "\n".join(sections)


def _presets() -> str:
    parts = ["# Presets\n\nA study takes at most one preset of a group. A member of a group sets all of:\n"]
    parts.append("| group | a whole member sets | always |\n|---|---|---|")
    for group in LIBRARY.groups.values():
        sets, relations = (", ".join(f"`{item}`" for item in items) for items in (group.sets, group.relations))
        parts[-1] += f"\n| {group.name} | {sets} | {relations} |"
    parts[-1] += "\n"
    parts.append("## All presets\n\n| preset | title | group | source |\n|---|---|---|---|")
    for p in LIBRARY.presets.values():
        source = "; ".join(_cell(text) for text in (p.source, p.note) if text)
        parts[-1] += f"\n| `{p.name}` | {p.title} | {p.group} | {source} |"
    parts.append(
        "\n## Ranges of their values\n\n"
        "| preset | quantity | value | range | trust | source |\n|---|---|---|---|---|---|"
    )
    parts[-1] += "".join("\n" + row for p in LIBRARY.presets.values() for row in _preset_rows(p))
    return "\n".join(parts) + "\n"


def _parameters() -> str:
    levels = "\n".join(f"- *{level}*: {meaning}" for level, meaning in TRUST.items())
    parts = [f"# Parameters\n\nTrust, how far a number may be relied on:\n\n{levels}\n"]
    for topic in data_names("parameters"):
        rows = "".join("\n" + _row(LIBRARY.parameters[name]) for name in load_data("parameters", topic))
        parts.append(
            f"## {topic.capitalize()}\n\n| parameter | value | range | trust | source |\n|---|---|---|---|---|{rows}\n"
        )
    return "\n".join(parts)


def _module(module: str, by: str = "") -> str:
    text = (sys.modules[f"sunfront.equations.{module}"].__doc__ if equations.module(module) else "") or ""
    title = module.replace("_", " ").capitalize() + by
    shown = "\n".join(_equation(module, eq) for eq in equations.module(module))
    return f"({_anchor(module)})=\n## {title}\n\n{_prose(text)}\n\n{shown}"


def _equation(module: str, eq: Equation) -> str:
    valid = "".join(f" Valid for `{name}` from {low} to {high}." for name, (low, high) in eq.valid.items())
    unit = "dimensionless" if eq.unit == "1" else unit_label(eq.unit)
    within = "" if eq.within == NOT_NEGATIVE else f", {eq.range_text or 'either sign'}"
    parts = [
        f"({_anchor(module, eq.name)})=\n**`{eq.name}`** ({unit}{within}): {_prose(eq.summary)}{valid}",
        _formula(eq),
    ]
    if about := _explanation(eq):
        parts.insert(1, about)
    parts += [_helper(function) for function in _helpers(eq)]
    if eq.inputs:
        parts.append("From " + ", ".join(_link(name, module) for name in eq.inputs) + ".")
    if not eq.source.startswith("definition"):
        parts.append(f"Source: {_prose(eq.source)}")
    return "\n\n".join(parts) + "\n"


def _explanation(eq: Equation) -> str:
    """What a docstring says between its first line and its source."""
    return _prose((inspect.getdoc(eq.function) or "").partition("\n")[2].partition("Source:")[0])


def _formula(eq: Equation) -> str:
    try:
        ast.parse(f"def formula():\n{textwrap.indent(eq.text, '    ')}")
    except SyntaxError:  # a sentence: a root, an extreme
        return f"The {eq.text}." if eq.text.startswith(("least", "largest")) else f"The value of {eq.text}."
    return _math(eq.name, eq.text)


def _math(name: str, text: str) -> str:
    """The formula of a function, or its code if it has none."""
    try:
        return "\n\n".join(f"```{{math}}\n{line}\n```" for line in tex(name, text))
    except NoFormula:
        return f"```python\n{text}\n```"


def _helpers(eq: Equation) -> list[Any]:
    """The functions of its own module that an equation calls, in the order of their names, without equations."""
    function = eq.function
    called = (function.__globals__.get(name) for name in sorted(function.__code__.co_names))
    return [f for f in called if callable(f) and getattr(f, "__module__", "") == function.__module__]


def _helper(function: Any) -> str:
    arguments = ", ".join(inspect.signature(function).parameters)
    about = _prose(inspect.getdoc(function) or "")
    return f"`{function.__name__}`: {about}\n\n{_math(f'{function.__name__}({arguments})', body_of(function))}"


def _link(name: str, module: str) -> str:
    """A name as a link to its equation, the one of the same module first, or to its parameter."""
    found = _modules_by_quantity().get(name)
    if found:
        return f"[`{name}`](#{_anchor(module if module in found else found[0], name)})"
    return f"[`{name}`](#{_parameter_anchor(name)})" if name in LIBRARY.parameters else f"`{name}`"


@cache
def _modules_by_quantity() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for module in _modules():
        for eq in equations.module(module):
            found.setdefault(eq.name, []).append(module)
    return found


@cache
def _modules() -> tuple[str, ...]:
    """The modules of equations that an architecture or a preset uses."""
    used: dict[str, None] = {}
    for name in data_names("architectures"):
        data = load_data("architectures", name)
        used |= dict.fromkeys([*data["equations"], *data.get("own_equations", [])])
    return tuple(used | dict.fromkeys(module for p in LIBRARY.presets.values() for module in p.equations))


def _parameter_anchor(name: str) -> str:
    return f"parameter-{name}".replace("_", "-")


def _module_link(module: str) -> str:
    return f"[{module.replace('_', ' ')}](#{_anchor(module)})"


def _anchor(module: str, name: str = "") -> str:
    return "-".join(["equations", module, name]).strip("-").replace("_", "-")


def _prose(text: str) -> str:
    """A docstring as Markdown."""
    return text.strip().replace("``", "`").replace("<", "\\<").replace("*", "\\*")


def _row(p: Parameter) -> str:
    span = ", ".join(format_value(choice, p.unit) for choice in p.choices) or p.range_text
    distribution = f"{p.distribution} if uncertain" if p.distribution != "triangular" else ""
    error = f"error {p.error}" if p.error else ""
    about = "; ".join(text for text in (p.source, p.note, error, distribution) if text)
    anchor = f"{{#{_parameter_anchor(p.name)}}}"
    return f"| `{p.name}`{anchor} | {Setting(p.name, p.value, p.unit, '', p)} | {span} | {p.trust} | {_cell(about)} |"


def _preset_rows(preset: Preset) -> list[str]:
    """A row for each value of a preset that has a range."""
    rows = []
    own = [(f"{name}` in `{arch}", name, v) for arch, vs in preset.in_architecture.items() for name, v in vs.items()]
    for label, name, written in [*((name, name, v) for name, v in preset.values.items()), *own]:
        if isinstance(written, ValueSpec):
            known, unit = LIBRARY.parameters.get(name), LIBRARY.units[name]
            p = ranged_parameter(name, written, unit, known, "as the preset")
            assert p.range_text
            value = Setting(name, p.value, unit, "", p)
            rows.append(f"| `{preset.name}` | `{label}` | {value} | {p.range_text} | {p.trust} | {_cell(p.source)} |")
    return rows


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for file, page in pages().items():
        (folder / file).write_text(page, "utf-8")
