"""The JSON Schema of a study, for editors: keys and forms from the models, names and meanings from a library."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sunfront.display import as_written, format_value, words
from sunfront.equation import Equation
from sunfront.library.library import Library
from sunfront.library.parameters import Parameter
from sunfront.library.presets import Preset
from sunfront.library.specs import COMPUTED, DEFAULT
from sunfront.root import Extreme, Root
from sunfront.study.schema_models import Generator
from sunfront.study.study import Study
from sunfront.units import unit_label, unit_meanings

_Schema = dict[str, Any]

#: A text that begins like a number, and one in which a unit follows.
_NUMBER = r"^\s*[-+]?\.?\d"
_NUMBER_AND_UNIT = r"^\s*[-+]?\.?\d[\d.,]*([eE][-+]?\d+)?(\s+\S|[^\d\s.,])"

_SENSES = ("maximize", "minimize")
_SENSE = r"\s*([Mm]ax|[Mm]in|MAX|MIN)(imi[sz]e|IMI[SZ]E)?\s+"
_STATISTIC = r"(([Mm]ean|[Ss]td|[Pp][\d.]+|[Cc][Vv][Aa][Rr][\d.]+)\s+)?"
_COMPARISON = "[<>=≤≥]"
#: A name with capitals, which mean the same as small letters.
_CAPITALS = r"\w*[A-Z]\w*"

_OBJECTIVE = "write maximize or minimize, and a quantity that is finite for every design"
_CONSTRAINT = "write a quantity, <= or >=, and a value with its unit"

#: What to do about a name that the schema does not know.
_ALL = "; `sunfront list {}` shows all; for those of your own library: `sunfront schema --library FOLDER`"


def _reference(definition: str) -> _Schema:
    return {"$ref": f"#/$defs/{definition}"}


#: Forms of keys that hold names, wherever they stand.
_NAMES: dict[str, _Schema] = {
    "unit": _reference("Unit"),
    "quantity": _reference("Quantity"),
    "values": {"type": "object", "allOf": [_reference("Values")], "propertyNames": _reference("KnownName")},
}


@dataclass(frozen=True)
class _Quantity:
    """What a schema says about a computed quantity."""

    equation: Equation
    places: tuple[str, ...]  # the architectures and presets that compute it, unless all do

    @property
    def meaning(self) -> str:
        only = f" Only {', '.join(self.places)}." if self.places else ""
        return f"{self.equation.summary} Unit: {unit_label(self.equation.unit)}.{only}"


def schema_text(library: Library) -> str:
    """Return the JSON Schema of a study as text."""
    return json.dumps(study_schema(library), indent=1, ensure_ascii=False) + "\n"


def study_schema(library: Library) -> _Schema:
    """Return the JSON Schema of a study file.

    What depends on the architecture, on dimensions or on values is left to ``validate``. Keywords beside those of the
    standard are for editors, and others pass over them: ``defaultSnippets``, ``enumDescriptions``, ``errorMessage``,
    ``doNotSuggest``.
    """
    schema = Study.model_json_schema(schema_generator=Generator)
    keys, definitions = schema["properties"], schema["$defs"]
    del keys["name"]  # the name of the file
    known, quantities = library.parameters, _quantities(library)
    for form in definitions.values():
        entries = form.get("properties", {})
        for key in entries.keys() & _NAMES.keys():
            entries[key] = _named(entries[key], _NAMES[key])
    _name_variables(definitions, known)
    definitions |= _values(quantities, known, keys["parameters"]["additionalProperties"])
    definitions |= _lines(quantities, known)
    definitions["Unit"] = {"anyOf": [{"type": ["string", "integer"], "minLength": 1}, *_constants(unit_meanings())]}
    definitions["Quantity"] = {
        "anyOf": [{"type": "string"}, *_constants({name: q.meaning for name, q in quantities.items()})]
    }
    definitions["Preset"] = _preset(library.presets, keys["presets"]["items"])
    architectures = library.architectures
    keys["architecture"] |= {
        "enum": [*architectures],
        "enumDescriptions": [f"{arch.title}. {arch.description}" for arch in architectures.values()],
    }
    lines = {"objectives": "Objective", "prefer": "Constraint", "constraints": "Constraint"}
    for key, item in {"presets": "Preset", **lines}.items():
        keys[key] |= {"type": ["array", "string"], "items": _reference(item)}  # a single item need not be a list
    keys["presets"]["type"].append("object")
    forms: dict[str, _Schema] = {
        "parameters": _NAMES["values"],
        "variables": {"type": "object", "allOf": [_reference("Variables")]},
        "quantities": {
            "type": "object",
            "additionalProperties": {"anyOf": [{"type": "string"}, keys["quantities"]["additionalProperties"]]},
        },
        "design": {"type": "object", "allOf": [_reference("Values")]},  # and preset variables, of any name
        "uncertain": _uncertain(quantities, known),
    }
    for key in forms.keys() & keys.keys():
        keys[key] = _named(keys[key], forms[key])
    keys["timelines"] |= {"propertyNames": _reference("KnownName")}
    keys["engine"]["type"] = "object"
    # A study that defines quantities may use names that nobody else knows.
    return schema | {"if": {"required": ["quantities"]}, "then": _items("Own"), "else": _items("Known")}


def _items(kind: str) -> _Schema:
    """Further conditions on objectives and constraints; an editor completes from the first ones."""

    def items(**kinds: str) -> _Schema:
        refined = {key: {"items": _reference(f"{kind}{item}"), "doNotSuggest": True} for key, item in kinds.items()}
        return {"properties": refined}

    goals = {"required": ["combine"], "properties": {"combine": {"const": "goals"}}}
    return {
        **items(prefer="Constraint", constraints="Constraint"),
        "if": goals,
        "then": items(objectives="Constraint"),
        "else": items(objectives="Objective"),
    }


def _named(entry: _Schema, form: _Schema) -> _Schema:
    """A form that knows names, with the description of the entry that it replaces."""
    return {"description": entry.get("description", ""), **form}


def _constants(meanings: Mapping[str, str]) -> list[_Schema]:
    """A schema for each name; an editor completes the name and explains it."""
    return [{"const": name, "description": meaning} for name, meaning in meanings.items()]


def _either(names: Iterable[str]) -> str:
    return "|".join(sorted(set(names)))


def _objects(schema: _Schema) -> list[_Schema]:
    """The alternatives of a schema that are models."""
    inner = schema.get("anyOf") or schema.get("oneOf")
    return [form for part in inner for form in _objects(part)] if inner else [schema] * ("$ref" in schema)


def _quantities(library: Library) -> dict[str, _Quantity]:
    """Every quantity that an architecture or a preset computes."""
    found: dict[str, tuple[Equation, list[str]]] = {}
    for arch in library.architectures.values():
        for eq in arch.model:
            found.setdefault(eq.name, (eq, []))[1].append(arch.name)
    for preset in library.presets.values():
        for eq in (eq for module in preset.equations for eq in library.module(module)):
            found.setdefault(eq.name, (eq, []))[1].append(f"with preset {preset.name}")
    everywhere = set(library.architectures)
    return {
        name: _Quantity(eq, () if everywhere <= set(places) else tuple(places))
        for name, (eq, places) in sorted(found.items())
    }


def _values(quantities: Mapping[str, _Quantity], known: Mapping[str, Parameter], given: _Schema) -> _Schema:
    """Definitions of values by name, of the value of a quantity, and of a name."""
    objects = _objects(given)
    entries = {
        name: {"description": f"{q.meaning} Computed, unless a value is given.", **_value_of(q.equation.unit)}
        for name, q in quantities.items()
    }
    return {
        "Values": {"type": "object", "properties": entries | {name: _parameter(p) for name, p in known.items()}},
        "KnownName": {
            "pattern": rf"^({_either([*quantities, *known])})$",
            "errorMessage": "unknown parameter" + _ALL.format("parameters"),
        },
        # A list of one type: the YAML language server then shows the message, not the names of the types.
        "Value": _value({"type": ["string"], "pattern": _NUMBER_AND_UNIT}, "with its unit, such as 560 km", objects),
        "PureNumber": _value({"type": ["number", "string"], "pattern": _NUMBER}, "such as 0.5", objects),
        "Fit": {"anyOf": [{"const": DEFAULT}, {"type": "array", "items": {"type": "number"}}]},
    }


def _value(form: _Schema, what: str, objects: list[_Schema]) -> _Schema:
    own = {
        DEFAULT: "The value of the sources, in place of that of the architecture or of a preset.",
        COMPUTED: "The result of the equation, in place of a given value.",
    }
    message = f"write a number {what}; or {DEFAULT}, or {COMPUTED}"
    return {"anyOf": [{**form, "errorMessage": message}, *_constants(own), *objects]}


def _value_of(display_unit: str) -> _Schema:
    return _reference("PureNumber" if display_unit in ("1", "%") else "Value")


def _parameter(p: Parameter) -> _Schema:
    if isinstance(p.value, tuple):
        return {"description": _described(p), **_reference("Fit")}
    examples = [as_written(value, p.unit) for value in p.choices or (p.value,)]
    return {"description": _described(p), "examples": examples, **_value_of(p.unit)}


def _described(p: Parameter) -> str:
    """Value, unit, range and source of a parameter."""
    value = "coefficients of a fit" if isinstance(p.value, tuple) else format_value(p.value, p.unit, 6)
    span = f"; sources: {p.range_text}" if p.range_text else ""
    note = f" {p.note}." if p.note else ""
    return f"{words(p.name)}: {value}{span}. {p.source} ({p.trust}).{note}"


def _lines(quantities: Mapping[str, _Quantity], known: Mapping[str, Parameter]) -> _Schema:
    """Definitions of objectives and constraints: what an editor completes, and what is accepted."""
    meanings = {name: _described(p) for name, p in known.items()} | {name: q.meaning for name, q in quantities.items()}
    ranked = [
        name
        for name, q in quantities.items()
        if isinstance(q.equation, Root | Extreme) or not q.equation.may_be_infinite
    ]
    objectives = {f"{sense} {name}": meanings[name] for sense in _SENSES for name in ranked}
    display_units = {name: p.unit for name, p in known.items()}
    display_units |= {name: q.equation.unit for name, q in quantities.items()}
    limits = [
        {"label": name, "description": meanings[name], "bodyText": f"{name} <= ${{1:1}} {unit}".removesuffix(" 1")}
        for name, unit in sorted(display_units.items())
    ]
    any_name, any_ranked = _either([*display_units, _CAPITALS]), _either([*ranked, *known, _CAPITALS])
    # A number, an operator or a parenthesis on the left begins an expression.
    left = rf"\s*{_STATISTIC}({any_name})\s*|\s*[-+.\d(].*|[^<>=≤≥]*[-+*/(].*"
    return {
        "Objective": {"anyOf": [{"type": "string"}, *_constants(objectives)]},
        "OwnObjective": {"pattern": f"^{_SENSE}", "errorMessage": _OBJECTIVE},
        "KnownObjective": {
            "pattern": rf"^{_SENSE}({_STATISTIC}({any_ranked})\s*(,.*)?$|.*[-+*/(])",
            "errorMessage": _OBJECTIVE + _ALL.format("equations"),
        },
        "Constraint": {"type": "string", "defaultSnippets": limits},
        "OwnConstraint": {"pattern": _COMPARISON, "errorMessage": _CONSTRAINT},
        "KnownConstraint": {
            "pattern": f"^({left}){_COMPARISON}",
            "errorMessage": _CONSTRAINT + _ALL.format("equations"),
        },
    }


def _preset(presets: Mapping[str, Preset], item: _Schema) -> _Schema:
    """An item of a list of presets: a name, a file, or what else the model takes."""
    meanings = {name: f"{p.title}. {f'Group: {p.group}. ' if p.group else ''}{p.source}" for name, p in presets.items()}
    name = {
        "type": "string",
        "pattern": rf"^({_either(presets)})$|[/\\]|\.ya?ml$",
        "errorMessage": "no preset of this name" + _ALL.format("presets"),
    }
    return {"anyOf": [name, *_constants(meanings), *_objects(item)]}


def _name_variables(definitions: _Schema, known: Mapping[str, Parameter]) -> None:
    """Part the variables that are parameters from those that choose among presets, which have names of their own."""
    form = definitions.pop("VariableSpec")
    entries = form["properties"]
    presets = _named(entries.pop("presets"), {"type": "array", "items": _reference("Preset")})
    del form["description"]  # that of the parameter is shown
    definitions["Variable"] = form
    definitions["PresetVariable"] = {
        "type": "object",
        "properties": {"presets": presets, **{key: entries[key] for key in entries.keys() & {"base"}}},
        # Not `required`: a misspelt parameter, or key, would be told to lack `presets`.
        "minProperties": 1,
        "additionalProperties": False,
        "errorMessage": "no parameter of this name; a variable with a name of its own needs {presets: [...]}",
    }
    definitions["Variables"] = {
        "type": "object",
        "properties": {name: _variable(p) for name, p in known.items() if p.allowed},
        "additionalProperties": _reference("PresetVariable"),
    }


def _variable(p: Parameter) -> _Schema:
    # Not `$ref` beside other keys: the YAML language server would overlook the snippet.
    schema = {"type": "object", "description": _described(p), "allOf": [_reference("Variable")]}
    if p.choices:
        body: _Schema = {"choices": [as_written(choice, p.unit) for choice in p.choices]}
    elif p.low is not None and p.high is not None:
        body = {"low": as_written(p.low, p.unit), "high": as_written(p.high, p.unit)}
    else:
        return schema
    return {**schema, "defaultSnippets": [{"label": "range of the sources", "body": body}]}


def _uncertain(quantities: Mapping[str, _Quantity], known: Mapping[str, Parameter]) -> _Schema:
    """A list of parameters that have a distribution, or quantities with their distributions."""
    shipped = {name: _described(p) for name, p in known.items() if p.has_range}
    message = f"no parameter with a range of its sources; write a distribution{_ALL.format('parameters')}"
    name = {"type": "string", "pattern": rf"^({_either(shipped)})$", "errorMessage": message}
    default = {"const": DEFAULT, "description": "The distribution over the range of the sources."}
    form = {"anyOf": [_reference("DistributionSpec"), default]}
    entries = {name: {"description": q.meaning, **form} for name, q in quantities.items()}
    entries |= {name: {"description": _described(p), **form} for name, p in known.items() if p.allowed}
    return {
        "anyOf": [
            {"type": "array", "items": {"anyOf": [name, *_constants(shipped)]}},
            {"type": "object", "properties": entries, "additionalProperties": False},
        ]
    }
