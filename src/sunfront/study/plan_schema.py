"""The JSON Schema of a plan, for editors: keys from the models, names and meanings from that of a study."""

from __future__ import annotations

import json
from typing import Any

from sunfront.library.library import Library
from sunfront.study.plan_study import PlanStudy
from sunfront.study.schema import study_schema
from sunfront.study.schema_models import Generator

#: The file of the schema beside a plan.
PLAN_SCHEMA_FILE = ".sunfront-plan-schema.json"


def plan_schema_text(library: Library) -> str:
    """Return the JSON Schema of a plan as text."""
    return json.dumps(plan_schema(library), indent=1, ensure_ascii=False) + "\n"


def plan_schema(library: Library) -> dict[str, Any]:
    """Return the JSON Schema of the file of a plan; what depends on dates and values is left to ``validate``."""
    study = study_schema(library)
    schema = PlanStudy.model_json_schema(schema_generator=Generator)
    keys, own = schema["properties"], schema["$defs"]
    del keys["name"]  # the name of the file
    shared = study["$defs"]
    values = study["properties"]["parameters"]
    known = {"propertyNames": {"$ref": "#/$defs/KnownName"}}
    product, supply = own["ProductSpec"]["properties"], own["SupplySpec"]["properties"]
    for place in (keys, product):
        place["parameters"] = {**values, "description": place["parameters"]["description"]}
        place["timelines"] |= known
    product["presets"] = study["properties"]["presets"]
    product["variables"] = {**study["properties"]["variables"], "description": product["variables"]["description"]}
    each = product["learning"]["items"]
    product["learning"] = {
        "anyOf": [each, {"type": "array", "items": each}],
        "description": product["learning"]["description"],
    }
    names = {"type": ["array", "string"], "items": {"type": "string"}, "minItems": 1}
    for entry in own["LearningSpec"]["properties"].values():
        entry["items"] = names
        entry["type"] = names["type"]
    factor = own["FactorSpec"]["properties"]
    for name, entry in factor.items():
        if name != "known":  # a distribution is given or left out, never null
            factor[name] = next(each for each in entry["anyOf"] if each.get("type") != "null")
    dates = factor["known"]
    factor["known"] = {"anyOf": [dates["items"], {"type": "array", "items": dates["items"]}]} | {
        "description": dates["description"]
    }
    product["architecture"] = study["properties"]["architecture"]
    supply["limits"] = {"$ref": "#/$defs/Quantity", "description": supply["limits"]["description"]}
    lists = ((supply, "products"), (keys, "objectives"), (keys, "constraints"))
    for place, key in (*lists, (own["StoreSpec"]["properties"], "building")):
        items = {name: entry for name, entry in place[key].items() if name != "anyOf"}
        place[key] = items | {"type": ["array", "string"], "items": {"type": "string"}}
    used = (
        *("Values", "KnownName", "Value", "PureNumber", "Fit", "Quantity", "Preset", "Unit", "OwnPreset", "ValueSpec"),
        *("Variables", "Variable", "PresetVariable"),
    )
    own.pop("VariableSpec")  # as a study's, whose names and units an editor knows
    schema["$defs"] = own | {name: shared[name] for name in used if name in shared}
    return schema
