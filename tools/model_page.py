"""Write the page of the model: every equation in source order, every preset and parameter with its source.

``python tools/model_page.py docs/model.md`` writes it; a test checks that the page is up to date.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sunfront import equations
from sunfront.display import format_value
from sunfront.equation import NOT_NEGATIVE, Equation
from sunfront.library.architectures import Setting
from sunfront.library.library import Library
from sunfront.library.parameters import TRUST, Parameter, data_names, load_data
from sunfront.library.presets import Preset
from sunfront.library.specs import ValueSpec
from sunfront.library.values import ranged_parameter
from sunfront.units import unit_label

LIBRARY = Library.shipped()


def page() -> str:
    """Return the page as Markdown."""
    parts = [
        "# The model\n\n"
        "Generated from the code by `python tools/model_page.py docs/model.md`. The formulas work in SI and USD; the "
        "unit in parentheses is the display unit, with the physical range, "
        "unless that is all that is not negative. `sunfront explain NAME` shows an equation with values.\n"
    ]
    modules: dict[str, None] = {}
    for name in data_names("architectures"):
        arch = LIBRARY.architectures[name]
        data = load_data("architectures", name)
        own = data.get("own_equations", [])
        modules |= dict.fromkeys([*data["equations"], *own])
        built = ", ".join(data["equations"]) + (f"; replaced or supplemented by {', '.join(own)}" if own else "")
        parts.append(f"## Architecture `{name}`: {arch.title}\n\n{arch.description}\n\nEquations: {built}.\n")
    parts.append("## Equations\n")
    parts += [_module(module) for module in modules]
    replacing = {module: p for p in LIBRARY.presets.values() for module in p.equations}
    parts.append("## Equations of presets\n")
    parts += [_module(module, f" (preset `{p.name}`)") for module, p in replacing.items()]
    parts.append("## Presets\n\nA study takes at most one preset of a group. A member of a group sets all of:\n")
    parts.append("| group | a whole member sets | always |\n|---|---|---|")
    for group in LIBRARY.groups.values():
        sets, relations = (", ".join(f"`{item}`" for item in items) for items in (group.sets, group.relations))
        parts[-1] += f"\n| {group.name} | {sets} | {relations} |"
    parts[-1] += "\n"
    parts.append("| preset | title | group | source |\n|---|---|---|---|")
    for p in LIBRARY.presets.values():
        source = "; ".join(_cell(text) for text in (p.source, p.note) if text)
        parts[-1] += f"\n| `{p.name}` | {p.title} | {p.group} | {source} |"
    parts.append(
        "\n### Ranges of their values\n\n"
        "| preset | quantity | value | range | trust | source |\n|---|---|---|---|---|---|"
    )
    parts[-1] += "".join("\n" + row for p in LIBRARY.presets.values() for row in _preset_rows(p))
    trust = "; ".join(f"*{level}*: {meaning}" for level, meaning in TRUST.items())
    parts.append(f"\n## Parameters\n\nTrust, how far a number may be relied on: {trust}.\n")
    for topic in data_names("parameters"):
        parts.append(
            f"### {topic.capitalize()}\n\n| parameter | value | range | trust | source |\n|---|---|---|---|---|"
        )
        parts[-1] += "".join("\n" + _row(LIBRARY.parameters[name]) for name in load_data("parameters", topic)) + "\n"
    return "\n".join(parts)


def _module(module: str, by: str = "") -> str:
    text = sys.modules[f"sunfront.equations.{module}"].__doc__ if equations.module(module) else ""
    head, _, rest = (text or "").strip().partition("\n")
    return "\n".join(
        [
            f"### {module.replace('_', ' ').capitalize()}{by}\n\n{head}\n{rest}\n",
            *map(_equation, equations.module(module)),
        ]
    )


def _equation(eq: Equation) -> str:
    valid = "".join(f" Valid for `{name}` from {low} to {high}." for name, (low, high) in eq.valid.items())
    unit = "dimensionless" if eq.unit == "1" else unit_label(eq.unit)
    within = "" if eq.within == NOT_NEGATIVE else f", {eq.range_text or 'either sign'}"
    source = "" if eq.source.startswith("definition") else f"\n\nSource: {eq.source}"
    return f"**`{eq.name}`** ({unit}{within}): {eq.summary}{valid}\n\n```python\n{eq.text}\n```{source}\n"


def _row(p: Parameter) -> str:
    span = ", ".join(format_value(choice, p.unit) for choice in p.choices) or p.range_text
    distribution = f"{p.distribution} if uncertain" if p.distribution != "triangular" else ""
    error = f"error {p.error}" if p.error else ""
    about = "; ".join(text for text in (p.source, p.note, error, distribution) if text)
    return f"| `{p.name}` | {Setting(p.name, p.value, p.unit, '', p)} | {span} | {p.trust} | {_cell(about)} |"


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
    Path(sys.argv[1]).write_text(page(), "utf-8")
