"""The text of a new study: an architecture's design variables with their ranges, and examples to uncomment."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from sunfront.display import as_written, format_value, words
from sunfront.engines import ENGINES
from sunfront.errors import UserError
from sunfront.library import architectures
from sunfront.library.architectures import Architecture, Setting
from sunfront.library.library import Library
from sunfront.library.parameters import Parameter, load_data
from sunfront.library.presets import Preset
from sunfront.units import unit

#: Name of the file beside a study that holds the JSON Schema, for editors.
SCHEMA_FILE = ".sunfront-schema.json"

#: The first line of a study; editors with the YAML language server read it.
SCHEMA_LINE = f"# yaml-language-server: $schema={SCHEMA_FILE}\n"

#: Parameters that most studies ask about.
PARAMETERS = ("service_life", "discount_rate", "utilization", "compute_price", "accelerator_price", "launch_markup")

#: Parameters of the base design that are no choice of a designer.
NOT_CHOSEN = ("solar_flux_index",)

#: Factors on the value of an architecture that bound a variable if the value lies outside the range of the sources.
AROUND_VALUE = (0.25, 2.0)

_WIDTH = 110


def with_schema_line(text: str) -> str:
    """Return the text of a study with the line for editors first."""
    return SCHEMA_LINE + text.removeprefix(SCHEMA_LINE)


def template(architecture: str) -> str:
    """Return the commented text of a study of an architecture; it runs as it is.

    A comment begins with ``# ``; a line that begins with ``#`` and another character is an example to uncomment.

    Raises:
        UnknownName: There is no such architecture.
    """
    arch = Library.shipped().architectures[architecture]
    return SCHEMA_LINE + "\n".join([*_head(arch), *_values(arch), *_criteria(arch), *_engine()]) + "\n"


def _head(arch: Architecture) -> Iterator[str]:
    yield from _prose("A study. The lines that begin with # and no space are examples: remove the # to use them.")
    yield ""
    yield "question: >-"
    yield "  With which sizes of its parts does this architecture earn the highest return on investment?"
    yield ""
    others = ", ".join(name for name in Library.shipped().architectures if name != arch.name)
    yield from _prose(f"{arch.title}. {arch.description} Other architectures: {others}.")
    yield f"architecture: {arch.name}"
    yield ""
    yield from _prose(
        "Presets: sets of values with a source, one of a group, the later before the earlier. `sunfront list presets` "
        "shows all."
    )
    yield "#presets:"
    for example in _fitting_presets(arch):
        yield f"#  - {example.name}  # {example.group + ': ' if example.group else ''}{example.title}"
    yield ""


def _values(arch: Architecture) -> Iterator[str]:
    known, settings = arch.library.parameters, architectures.resolve(arch)
    yield from _prose(
        "Parameters: write a value with a unit in place of `default`, the value of the sources. "
        "`sunfront list parameters` shows all."
    )
    yield "parameters:"
    for name in PARAMETERS:
        if name in settings and name not in arch.values:
            yield from _entry(known[name], settings[name], "default")
    if "launch_specific_price" in arch.model:
        yield from _prose(f"{arch.model['launch_specific_price'].summary} It is computed unless a value is given.", 2)
        yield "#  launch_specific_price: 500 USD/kg"
    yield ""
    yield from _prose(
        "Variables: what the engine chooses, between low and high, or among choices. The comments give the value in "
        "the base design, which `sunfront evaluate` prints."
    )
    yield "variables:"
    amounts = [*arch.amounts.values(), *arch.count.values()]
    for name in amounts:
        yield from _entry(known[name], settings[name], _bounds(known[name], settings[name]))
    for name in load_data("parameters", "design"):
        p = known[name]
        if name in arch.model.inputs and name not in (*amounts, *NOT_CHOSEN) and (p.choices or p.has_range):
            yield from _entry(p, settings[name], _bounds(p, settings[name]), mark="#")
    yield ""


def _criteria(arch: Architecture) -> Iterator[str]:
    yield from _prose(
        "Objectives: one has an optimum; several have a Pareto front. `sunfront list equations` shows all quantities."
    )
    yield "objectives:"
    yield from _prose(arch.model["roi"].summary, 2)
    yield "  - maximize roi"
    for objective in ("maximize fleet_it_power", "minimize compute_cost"):
        yield from _prose(arch.model[objective.split()[1]].summary, 2)
        yield f"#  - {objective}"
    yield ""
    yield from _prose(f"Constraints, in addition to those of the architecture: {'; '.join(arch.constraints)}.")
    yield "#constraints:"
    for constraint in ("node_mass <= 4000 kg", "capex <= 1 GUSD", "payback_time <= 5 year"):
        if (name := constraint.split()[0]) in arch.model:
            yield from _prose(arch.model[name].summary, 2)
            yield f"#  - {constraint}"
    yield ""
    yield from _prose(
        "Uncertain parameters, each with the distribution of its sources. A statistic such as `maximize p10 roi` then "
        "makes the answer robust."
    )
    yield "#uncertain: [utilization, compute_price]"
    yield ""


def _engine() -> Iterator[str]:
    for name, settings in ENGINES.items():
        yield from _prose(f"{name}: {(settings.__doc__ or '').partition(chr(10))[0]}")
    yield from _prose("Settings: `sunfront list engines`.")
    yield "engine: {name: pyomo, gap: 0.5 %}"


def _prose(text: str, indent: int = 0) -> list[str]:
    """A comment, wrapped."""
    return textwrap.wrap(text, _WIDTH, initial_indent=" " * indent + "# ", subsequent_indent=" " * indent + "# ")


def _entry(p: Parameter, setting: Setting, value: str, mark: str = "") -> Iterator[str]:
    """The line of a parameter or variable, after a comment on what it is; ``mark`` makes it an example."""
    span = f"; sources: {p.range_text}" if p.range_text else ""
    yield from _prose(f"{words(p.name)}: {format_value(_number(setting), p.unit)}{span}. {p.source}", 2)
    yield f"{mark}  {p.name}: {value}"


def _bounds(p: Parameter, setting: Setting) -> str:
    """A variable in a study's notation: over the range of its sources, or around the value of the architecture."""
    if p.choices:
        shown = ", ".join(as_written(choice, p.unit) for choice in p.choices)
        return f"{{choices: [{shown}]}}"
    value = _number(setting)
    low, high = p.low, p.high
    if low is None or high is None or not low <= value <= high:
        low, high = (_rounded(value * factor, p) for factor in AROUND_VALUE)
    return f"{{low: {as_written(low, p.unit)}, high: {as_written(high, p.unit)}{', integer: true' if p.whole else ''}}}"


def _rounded(value: float, p: Parameter) -> float:
    """A value with two significant digits in its display unit, or a whole number from 1, within the allowed range."""
    shown = float(f"{unit(p.unit).from_si(value):.2g}")
    value = unit(p.unit).to_si(max(round(shown), 1) if p.whole else shown)
    return value if p.allowed is None else min(max(value, p.allowed[0]), p.allowed[1])


def _number(setting: Setting) -> float:
    assert not isinstance(setting.value, tuple), "a design has no coefficients of a fit"
    return setting.value


def _fitting_presets(arch: Architecture) -> Iterator[Preset]:
    """The first preset of each group that fits the architecture, and those without a group."""
    groups: set[str] = set()
    for found in arch.library.presets.values():
        if found.group and found.group in groups:
            continue
        try:
            architectures.resolve(architectures.apply_presets(arch, [found.name]), [found.name])
        except UserError:
            continue
        groups.add(found.group)
        yield found
